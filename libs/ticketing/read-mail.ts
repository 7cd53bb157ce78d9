import type { ChannelKind, MailCalendar, MailClass, MailFacts, MailFlag, MailPerson, MailVerdict, MessageDirection } from '#contract';
import type { TenantTx } from '#platform';
import type { ConversationId } from './ids.js';
import { answerAddress } from './waiting-message.js';

/** What a message has beside every other when it is a mail. */
export const MAIL_COLUMNS = `
  (select channel from conversation where conversation.id = message.conversation_id) as channel, message.mail_class as "mailClass",
  message.auth_verdict as verdict, message.auth_by as "verdictBy", message.auth_domain as "verdictDomain", message.mail_flags as "mailFlags",
  message.mail_headers as "mailHeaders", message.calendar, message.bcc,
  (select array_agg(connection_id order by received_at) from message_mailbox where message_mailbox.message_id = message.id) as "alsoIn"`;

export interface MailRow {
  channel: ChannelKind;
  direction: MessageDirection;
  mailClass: MailClass | null;
  verdict: MailVerdict | null;
  verdictBy: 'dkim' | 'dmarc' | 'spf' | 'arc' | null;
  verdictDomain: string | null;
  mailFlags: MailFlag[];
  mailHeaders: { from?: MailPerson | null; to?: MailPerson[]; forwardedBy?: MailPerson | null } | null;
  calendar: MailCalendar | null;
  bcc: string[];
  alsoIn: string[] | null;
}

/** The facts of a mail; null for what is none. */
export function describeMail(row: MailRow, connections: ReadonlyMap<string, string>): MailFacts | null {
  const { channel, direction, mailHeaders, verdictBy: by, verdictDomain: domain } = row;
  if (channel !== 'email' || (direction !== 'in' && direction !== 'out')) return null;
  return {
    // What was taken in before the classes were kept came from people, as far as anybody knew.
    class: row.mailClass ?? 'human',
    authentication: direction === 'in' ? { verdict: row.verdict ?? 'none', by, domain } : null,
    from: mailHeaders?.from ?? null,
    to: mailHeaders?.to ?? [],
    bcc: row.bcc,
    forwardedBy: mailHeaders?.forwardedBy ?? null,
    calendar: row.calendar,
    flags: row.mailFlags,
    alsoReceivedIn: (row.alsoIn ?? []).map((id) => ({ id, name: connections.get(id) ?? '' })),
  };
}

const OTHERS_MAX = 50;

/**
 * Where an answer in a conversation goes, and who else got its contact's newest mail or takes part since a conversation of theirs was merged
 * into it; those at one of `own` are left out, because they are us.
 */
export async function addressesOf(
  tx: TenantTx,
  id: ConversationId,
  own: ReadonlySet<string>,
): Promise<{ replyAddress: string; others: string[] }> {
  const replyAddress = (await answerAddress(tx, id)) ?? '';
  const [row] = await tx.query<{ from: string | null; cc: string[]; to: MailPerson[] | null }>(
    `select mail_headers -> 'from' ->> 'address' as "from", cc, mail_headers -> 'to' as "to" from message
     where conversation_id = $1 and direction = 'in' and not from_stranger and coalesce(mail_class, 'human') in ('human', 'calendar')
       and author_contact_id = (select contact_id from conversation where id = $1)
     order by auth_verdict is not distinct from 'fail', sent_at desc, id desc limit 1`,
    [id],
  );
  const isUs = (address: string) => own.has(address) || own.has(address.replace(/\+[^@]*(?=@)/, ''));
  const seen = new Set([replyAddress.toLowerCase(), row?.from?.toLowerCase() ?? '']);
  const others: string[] = [];
  for (const address of [...(row?.to ?? []).map((person) => person.address), ...(row?.cc ?? []), ...(await mergedAddresses(tx, id))]) {
    const folded = address.toLowerCase();
    if (seen.has(folded) || isUs(folded) || others.length === OTHERS_MAX) continue;
    seen.add(folded);
    others.push(address);
  }
  return { replyAddress, others };
}

/** Where the people want answers whose conversations were merged into this one. */
async function mergedAddresses(tx: TenantTx, id: ConversationId): Promise<string[]> {
  const rows = await tx.query<{ address: string }>(
    `select distinct on (author_contact_id) reply_address as address from message
     where conversation_id = $1 and exists (select 1 from conversation where merged_into_id = $1)
       and direction = 'in' and not from_stranger and reply_address is not null
       and author_contact_id <> (select contact_id from conversation where id = $1)
     order by author_contact_id, sent_at desc limit $2`,
    [id, OTHERS_MAX],
  );
  return rows.map(({ address }) => address);
}
