import { createHash, randomBytes } from 'node:crypto';
import { type TenantId, uuidFromBytes, uuidToBytes } from '#platform';

const SECRET_BYTES = 32;
const TOKEN_BYTES = 16 + SECRET_BYTES;
const TOKEN = /^[A-Za-z0-9_-]{64}$/;

/**
 * A secret that opens something of one tenant: a session, an invitation. It names its tenant, so it is looked up inside that tenant and
 * nowhere else; only its digest is stored.
 */
export interface Token {
  tenantId: TenantId;
  digest: Buffer;
}

export function mintToken(tenantId: TenantId): { text: string; digest: Buffer } {
  const bytes = Buffer.concat([uuidToBytes(tenantId), randomBytes(SECRET_BYTES)]);
  return { text: bytes.toString('base64url'), digest: digestOf(bytes) };
}

/** Null for anything that is not exactly one token. */
export function readToken(text: string): Token | null {
  if (!TOKEN.test(text)) return null;
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.length !== TOKEN_BYTES) return null;
  return { tenantId: uuidFromBytes(bytes.subarray(0, 16)) as TenantId, digest: digestOf(bytes) };
}

// 256 random bits need no slow hash: they cannot be guessed.
function digestOf(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}
