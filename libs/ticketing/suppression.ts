import type { Suppression } from '#contract';
import { Refusal, type TenantTx } from '#platform';

/** Why mail is not sent to an address, as the table has it. */
export interface SuppressionRow extends Omit<Suppression, 'since'> {
  since: Date;
}

export const SUPPRESSION_COLUMNS = 'id, address, stream, reason, code, since';

/** Why no answer is sent to this address, or null when it can be written to. Any spelling of the address will do. */
export async function suppressionOf(tx: TenantTx, address: string): Promise<Suppression | null> {
  const rows = await suppressionsOf(tx, [address]);
  return rows[0] ?? null;
}

/** Those of the addresses that no answer is sent to. */
export async function suppressionsOf(tx: TenantTx, addresses: readonly string[]): Promise<Suppression[]> {
  if (addresses.length === 0) return [];
  const rows = await tx.query<SuppressionRow>(
    `select ${SUPPRESSION_COLUMNS} from suppression where address = any($1) and stream = 'replies' order by address`,
    [addresses.map((address) => address.toLowerCase())],
  );
  return rows.map(describeSuppression);
}

/** Errors: unprocessable `address_suppressed` when mail does not reach one of them; it names the first. */
export async function demandReachable(tx: TenantTx, addresses: readonly string[]): Promise<void> {
  const [suppression] = await suppressionsOf(tx, addresses);
  if (!suppression) return;
  const why = suppression.reason === 'soft_bounces' ? 'has come back several times' : 'came back for good';
  throw new Refusal(
    'unprocessable',
    'address_suppressed',
    `Mail to ${suppression.address} ${why}, so nothing is sent there. If the address is right, take it off the list of unreachable addresses and send again.`,
  );
}

/**
 * Somebody wrote from this address, so it lives: what was suppressed because mail came back is so no longer, and nothing is counted
 * against it. An objection stays one. For mail from a person whose verdict is not `fail`.
 */
export async function liftByMail(tx: TenantTx, address: string): Promise<void> {
  await tx.queryPrepared(
    'lift-suppression-by-mail',
    `with gone as (
       delete from suppression where address = $1 and stream = 'replies' and reason in ('hard_bounce', 'soft_bounces') returning address_digest
     )
     update mail_recipient set soft_at = null from gone
     where mail_recipient.address_digest = gone.address_digest and mail_recipient.soft_at is not null`,
    [address.toLowerCase()],
  );
}

/** A row as people see it. */
export function describeSuppression(row: SuppressionRow): Suppression {
  return { ...row, since: row.since.toISOString() };
}
