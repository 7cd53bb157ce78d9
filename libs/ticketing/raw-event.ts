import { createHash } from 'node:crypto';
import { newId, type TenantTx } from '#platform';
import type { Taking } from './arrival.js';
import type { MessageId } from './ids.js';

/** How long an event as it came is kept at most. */
export const RAW_KEEP_DAYS_MAX = 30;

/**
 * Keep an event as it came, where the tenant wants that.
 *
 * Shape    messageId: the message it became; null for what became none
 * Repeats  the same event is kept once
 */
export async function keepRaw({ tx, arrival, policies, now }: Taking, raw: string | null, messageId: MessageId | null): Promise<void> {
  if (raw === null || !policies.recorder.may('raw_deliveries', arrival.channel)) return;
  const body = Buffer.from(raw);
  await tx.query(
    `insert into raw_event (tenant_id, id, connection_id, message_id, digest, body, received_at) values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (tenant_id, connection_id, digest) do nothing`,
    [tx.tenantId, newId(now), arrival.connectionId, messageId, createHash('sha256').update(body).digest(), body, now],
  );
}

/** End what was kept long enough. */
export async function sweepRaw(tx: TenantTx, before: Date): Promise<void> {
  await tx.query('delete from raw_event where received_at < $1', [before]);
}
