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
const DERIVED_KEPT_MAX = 200;
/** The data key, as it stands in front of what it sealed. */
const WRAP_BYTES = 1 + KEY_ID_BYTES + NONCE_BYTES + KEY_BYTES + TAG_BYTES;
/** What stands in front of every sealed value; the rest is as long as what was sealed. */
export const SEALED_HEAD_BYTES = WRAP_BYTES + NONCE_BYTES + TAG_BYTES;

/** What a secret is for and whose it is, e.g. `{ owner: tenantId, purpose: 'page-token' }`. */
export interface SecretContext {
  owner: string;
  purpose: string;
}

export class SecretBox {
  private readonly keys: Map<string, Buffer>;
  private readonly derived = new Map<string, Buffer>();
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
    const sealing = this.sealing(context);
    const ciphertext = sealing.piece(Buffer.isBuffer(plain) ? plain : Buffer.from(plain));
    return Buffer.concat([sealing.head(), ciphertext]);
  }

  /** Errors: throws when the bytes were changed, were sealed for another context, or by a key that is not here. */
  open(sealed: Buffer, context: SecretContext): Buffer {
    const opening = this.opening(sealed.subarray(0, SEALED_HEAD_BYTES), context);
    const plain = opening.piece(sealed.subarray(SEALED_HEAD_BYTES));
    opening.end();
    return plain;
  }

  /** The same as `seal` for what is too large to be held twice: the pieces in order, and then the head that stands in front of them. */
  sealing(context: SecretContext): Sealing {
    const dataKey = randomBytes(KEY_BYTES);
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = cipherFor(dataKey, nonce, context);
    return {
      piece: (plain) => cipher.update(plain),
      head: () => {
        cipher.final();
        return Buffer.concat([this.wrap(dataKey, context), nonce, cipher.getAuthTag()]);
      },
    };
  }

  /** The same as `open`, piece by piece. Nothing that it gives is to be believed before `end` has passed. Errors: as `open`. */
  opening(head: Buffer, context: SecretContext): Opening {
    const dataKey = this.unwrap(head, context);
    const nonce = head.subarray(WRAP_BYTES, WRAP_BYTES + NONCE_BYTES);
    const decipher = decipherFor(dataKey, { nonce, tag: head.subarray(WRAP_BYTES + NONCE_BYTES, SEALED_HEAD_BYTES) }, context);
    return {
      piece: (sealed) => decipher.update(sealed),
      end: () => {
        decipher.final();
      },
    };
  }

  /** Whether a value was sealed with the newest key. */
  isNewest(sealed: Buffer): boolean {
    return sealed.subarray(1, 1 + KEY_ID_BYTES).equals(this.newestKeyId);
  }

  /** What the first bytes of everything sealed with the newest key are: for finding the rest. */
  get newestMark(): Buffer {
    return Buffer.concat([Buffer.of(VERSION), this.newestKeyId]);
  }

  /**
   * The same value, wrapped by the newest key. What was sealed stays as it is, so of something large the head is enough.
   *
   * Errors   as `open`, but for changes behind the head
   */
  reseal(sealed: Buffer, context: SecretContext): Buffer {
    return Buffer.concat([this.wrap(this.unwrap(sealed, context), context), sealed.subarray(WRAP_BYTES)]);
  }

  /** A key for one purpose (signing tokens, say), the same as long as the installation keeps its oldest key. */
  derive(purpose: string): Buffer {
    let key = this.derived.get(purpose);
    if (key === undefined) {
      const oldest = [...this.keys.values()].at(-1)!;
      key = Buffer.from(hkdfSync('sha256', oldest, '', purpose, KEY_BYTES));
      // Some are derived for every mail; a purpose that names one thing of many must not fill the memory.
      if (this.derived.size >= DERIVED_KEPT_MAX) this.derived.clear();
      this.derived.set(purpose, key);
    }
    return Buffer.from(key);
  }

  /** A keyed digest: compares and counts values (addresses in an attempt counter) without keeping them. */
  digest(purpose: string, value: string): Buffer {
    return createHmac('sha256', this.derive(purpose)).update(value).digest();
  }

  private wrap(dataKey: Buffer, context: SecretContext): Buffer {
    const nonce = randomBytes(NONCE_BYTES);
    const wrapping = cipherFor(this.newestKey, nonce, context);
    const wrapped = Buffer.concat([wrapping.update(dataKey), wrapping.final()]);
    return Buffer.concat([this.newestMark, nonce, wrapped, wrapping.getAuthTag()]);
  }

  private unwrap(sealed: Buffer, context: SecretContext): Buffer {
    assert(sealed.length >= SEALED_HEAD_BYTES && sealed[0] === VERSION, 'not a sealed value');
    let at = 1;
    const take = (bytes: number) => sealed.subarray(at, (at += bytes));
    const key = this.keys.get(take(KEY_ID_BYTES).toString('hex'));
    assert(key, 'sealed by a key that this installation does not have');
    const wrap = { nonce: take(NONCE_BYTES), wrapped: take(KEY_BYTES), tag: take(TAG_BYTES) };
    const unwrapping = decipherFor(key, wrap, context);
    return Buffer.concat([unwrapping.update(wrap.wrapped), unwrapping.final()]);
  }
}

/** A value on its way into its sealed form: as many bytes come out as go in. */
export interface Sealing {
  piece(plain: Buffer): Buffer;
  /** Once, after the last piece. */
  head(): Buffer;
}

export interface Opening {
  piece(sealed: Buffer): Buffer;
  /** Errors: throws when the bytes were changed. */
  end(): void;
}

function cipherFor(key: Buffer, nonce: Buffer, context: SecretContext) {
  return createCipheriv('aes-256-gcm', key, nonce).setAAD(authenticated(context));
}

function decipherFor(key: Buffer, { nonce, tag }: { nonce: Buffer; tag: Buffer }, context: SecretContext) {
  return createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES }).setAAD(authenticated(context)).setAuthTag(tag);
}

function authenticated(context: SecretContext): Buffer {
  return Buffer.from(JSON.stringify([context.owner, context.purpose]));
}

function keyId(key: Buffer): Buffer {
  return createHash('sha256').update('key-id').update(key).digest().subarray(0, KEY_ID_BYTES);
}
