import assert from 'node:assert/strict';
import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto';

/**
 * Envelope encryption. Every sealed value has a data key of its own; that key is wrapped by the installation's key, whose id stands in
 * front. Rotating the installation's key means wrapping 32 bytes anew, and a value that was moved to another tenant or purpose does not
 * open, because both are authenticated with it.
 *
 * Layout   version 1 | key id 8 | wrap nonce 12 | wrapped key 32 | wrap tag 16 | nonce 12 | tag 16 | ciphertext
 * Source   NIST SP 800-38D (AES-GCM)
 */
const VERSION = 1;
const KEY_ID_BYTES = 8;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
const HEADER_BYTES = 1 + KEY_ID_BYTES + NONCE_BYTES + KEY_BYTES + TAG_BYTES + NONCE_BYTES + TAG_BYTES;

/** What a secret is for and whose it is, e.g. `{ owner: tenantId, purpose: 'page-token' }`. */
export interface SecretContext {
  owner: string;
  purpose: string;
}

export class SecretBox {
  private readonly keys: Map<string, Buffer>;
  private readonly newestKeyId: Buffer;
  private readonly newestKey: Buffer;

  /** `keys`: base64 of 32 bytes each, newest first; older ones still open what they sealed. */
  constructor(keys: string[]) {
    assert(keys.length > 0, 'a secret box needs a key');
    const decoded = keys.map((key) => Buffer.from(key, 'base64'));
    for (const key of decoded) assert.equal(key.length, KEY_BYTES, 'a secret key is 32 bytes');
    this.keys = new Map(decoded.map((key) => [keyId(key).toString('hex'), key]));
    this.newestKey = decoded[0]!;
    this.newestKeyId = keyId(this.newestKey);
  }

  seal(plain: Buffer | string, context: SecretContext): Buffer {
    const dataKey = randomBytes(KEY_BYTES);
    const wrapped = encrypt(this.newestKey, dataKey, context);
    const sealed = encrypt(dataKey, Buffer.isBuffer(plain) ? plain : Buffer.from(plain), context);
    return Buffer.concat([
      Buffer.of(VERSION),
      this.newestKeyId,
      wrapped.nonce,
      wrapped.ciphertext,
      wrapped.tag,
      sealed.nonce,
      sealed.tag,
      sealed.ciphertext,
    ]);
  }

  /** Errors: throws when the bytes were changed, were sealed for another context, or by a key that is not here. */
  open(sealed: Buffer, context: SecretContext): Buffer {
    const dataKey = this.dataKeyOf(sealed, context);
    const at = HEADER_BYTES - NONCE_BYTES - TAG_BYTES;
    const nonce = sealed.subarray(at, at + NONCE_BYTES);
    return decrypt(
      dataKey,
      { nonce, tag: sealed.subarray(at + NONCE_BYTES, HEADER_BYTES), ciphertext: sealed.subarray(HEADER_BYTES) },
      context,
    );
  }

  /** Whether a value was sealed with the newest key. */
  isNewest(sealed: Buffer): boolean {
    return sealed.subarray(1, 1 + KEY_ID_BYTES).equals(this.newestKeyId);
  }

  /** What the first bytes of everything sealed with the newest key are: for finding the rest. */
  get newestMark(): Buffer {
    return Buffer.concat([Buffer.of(VERSION), this.newestKeyId]);
  }

  /** The same value, wrapped by the newest key. What was sealed stays as it is. Errors: as `open`. */
  reseal(sealed: Buffer, context: SecretContext): Buffer {
    const dataKey = this.dataKeyOf(sealed, context);
    const wrapped = encrypt(this.newestKey, dataKey, context);
    const rest = sealed.subarray(1 + KEY_ID_BYTES + NONCE_BYTES + KEY_BYTES + TAG_BYTES);
    return Buffer.concat([this.newestMark, wrapped.nonce, wrapped.ciphertext, wrapped.tag, rest]);
  }

  /** A key for one purpose (signing tokens, say), the same as long as the installation keeps its oldest key. */
  derive(purpose: string): Buffer {
    const oldest = [...this.keys.values()].at(-1)!;
    return Buffer.from(hkdfSync('sha256', oldest, '', purpose, KEY_BYTES));
  }

  /** A keyed digest: compares and counts values (addresses in an attempt counter) without keeping them. */
  digest(purpose: string, value: string): Buffer {
    return createHmac('sha256', this.derive(purpose)).update(value).digest();
  }

  private dataKeyOf(sealed: Buffer, context: SecretContext): Buffer {
    assert(sealed.length >= HEADER_BYTES && sealed[0] === VERSION, 'not a sealed value');
    let at = 1;
    const take = (bytes: number) => sealed.subarray(at, (at += bytes));
    const key = this.keys.get(take(KEY_ID_BYTES).toString('hex'));
    assert(key, 'sealed by a key that this installation does not have');
    return decrypt(key, { nonce: take(NONCE_BYTES), ciphertext: take(KEY_BYTES), tag: take(TAG_BYTES) }, context);
  }
}

interface Encrypted {
  nonce: Buffer;
  ciphertext: Buffer;
  tag: Buffer;
}

function encrypt(key: Buffer, plain: Buffer, context: SecretContext): Encrypted {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(authenticated(context));
  const ciphertext = Buffer.concat([cipher.update(plain), cipher.final()]);
  return { nonce, ciphertext, tag: cipher.getAuthTag() };
}

function decrypt(key: Buffer, { nonce, ciphertext, tag }: Encrypted, context: SecretContext): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES }).setAAD(authenticated(context)).setAuthTag(tag);
  return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
}

function authenticated(context: SecretContext): Buffer {
  return Buffer.from(JSON.stringify([context.owner, context.purpose]));
}

function keyId(key: Buffer): Buffer {
  return createHash('sha256').update('key-id').update(key).digest().subarray(0, KEY_ID_BYTES);
}
