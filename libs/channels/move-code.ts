import { createHash, randomBytes } from 'node:crypto';
import { DAY_MS, Refusal, type TenantTx } from '#platform';
import type { ConnectionId } from './connection-id.js';

const CODE_BYTES = 16;
const MOVE_CODE_LIFE_MS = DAY_MS;

/** Make the code with which another business may connect what this tenant has connected. An earlier one opens nothing any more. */
export async function mintMoveCode(tx: TenantTx, id: ConnectionId, now: Date): Promise<{ code: string; expiresAt: Date }> {
  const code = randomBytes(CODE_BYTES).toString('base64url');
  const expiresAt = new Date(now.getTime() + MOVE_CODE_LIFE_MS);
  await tx.query(
    `insert into move_code (tenant_id, connection_id, code_digest, expires_at) values ($1, $2, $3, $4)
     on conflict (tenant_id, connection_id) do update set code_digest = excluded.code_digest, expires_at = excluded.expires_at`,
    [tx.tenantId, id, digestOf(code), expiresAt],
  );
  return { code, expiresAt };
}

export async function cancelMoveCode(tx: TenantTx, id: ConnectionId): Promise<void> {
  await tx.query('delete from move_code where connection_id = $1', [id]);
}

/**
 * Use up the consent of the tenant whose transaction this is.
 *
 * Errors   unprocessable `move_code_wrong`, the same for one that is too old, used or cancelled
 */
export async function redeemMoveCode(tx: TenantTx, id: ConnectionId, { code, now }: { code: string; now: Date }): Promise<void> {
  const used = await tx.query(
    'delete from move_code where connection_id = $1 and code_digest = $2 and expires_at > $3 returning connection_id',
    [id, digestOf(code), now],
  );
  if (used.length > 0) return;
  throw new Refusal('unprocessable', 'move_code_wrong', 'This code is not right, has been used or is too old. Ask for a new one.');
}

// 128 random bits need no slow hash: they cannot be guessed.
function digestOf(code: string): Buffer {
  return createHash('sha256').update(code).digest();
}
