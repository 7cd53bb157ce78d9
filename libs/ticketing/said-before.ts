import type { Actor } from '#accounts';
import { Refusal, type SecretBox, type TenantTx } from '#platform';
import type { MessageId } from './ids.js';

/** A keyed digest of what was asked for, so that a repeat is known even where the policy kept nothing of it. */
export function requestDigest(secrets: SecretBox, request: unknown): Buffer {
  return secrets.digest('request of an agent', JSON.stringify(request));
}

/**
 * The message that the same key stored before; null when it is new, or there is no key.
 *
 * Errors   conflict `idempotency_conflict` when the key was used for something else
 */
export async function saidBefore(
  tx: TenantTx,
  { agentId }: Actor,
  { idempotencyKey, digest }: { idempotencyKey: string | null; digest: Buffer },
): Promise<MessageId | null> {
  if (idempotencyKey === null) return null;
  const [row] = await tx.query<{ id: MessageId; same: boolean }>(
    'select id, coalesce(request_digest = $3, false) as same from message where author_agent_id = $1 and idempotency_key = $2',
    [agentId, idempotencyKey, digest],
  );
  if (!row) return null;
  if (!row.same) throw new Refusal('conflict', 'idempotency_conflict', 'This key was used for something else.');
  return row.id;
}
