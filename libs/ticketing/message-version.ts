import type { TenantTx } from '#platform';
import type { MessageId } from './ids.js';

/*
 * What a message said, from its first words to its newest. The first words take their place when the first edit comes; an edit is known by
 * its number where the vendor counts, else by its instant. So every order of coming gives the same list, and its last entry is what the
 * message says now.
 */

export interface Edit {
  text: string;
  withheld: boolean;
  /** 1 for the first edit; null where the vendor does not count. */
  number: number | null;
  at: Date;
}

const FIRST_WORDS = 'first words';

/** Oldest first. */
const IN_ORDER = `edit_key <> '${FIRST_WORDS}', edit_number, said_at, text`;
const NEWEST_FIRST = `edit_key <> '${FIRST_WORDS}' desc, edit_number desc, said_at desc, text desc`;

/** Add what a message was changed to, and let it say its newest words. Repeats: the same edit is there once. */
export async function addEdit(tx: TenantTx, id: MessageId, { text, withheld, number, at }: Edit): Promise<void> {
  await tx.query(
    `with first as (
       insert into message_version (tenant_id, message_id, edit_key, edit_number, said_at, text)
       select tenant_id, id, '${FIRST_WORDS}', 0, sent_at, text from message where id = $2 on conflict do nothing
     )
     insert into message_version (tenant_id, message_id, edit_key, edit_number, said_at, text) values ($1, $2, $3, $4, $5, $6)
     on conflict (tenant_id, message_id, edit_key) do update set said_at = excluded.said_at, text = excluded.text
     where (message_version.said_at, message_version.text) < (excluded.said_at, excluded.text)`,
    [tx.tenantId, id, number === null ? `at ${at.toISOString()}` : `edit ${String(number)}`, number ?? 0, at, text],
  );
  await tx.query(
    `update message set edited = true, withheld = withheld or $2,
       text = (select text from message_version where message_id = $1 order by ${NEWEST_FIRST} limit 1)
     where id = $1`,
    [id, withheld],
  );
}

/** What a message said before it said what it says now, as a column of a query over `message`. */
export const EARLIER_TEXTS = `
  (select json_agg(json_build_object('text', text, 'at', said_at) order by ${IN_ORDER}) from (
     select * from message_version where message_version.message_id = message.id order by ${NEWEST_FIRST} offset 1
   ) earlier)`;
