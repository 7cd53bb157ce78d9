import { createHash, createHmac, createSign, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import type { FactorAdded, NewTotp, PasskeyRequest } from '#contract';
import { ApiClient } from './api-client.js';
import type { World } from './world.js';

/*
 * What people hold in their hands, written from the standards without the libraries that the server uses: an app with one-time codes
 * (RFC 4226, RFC 6238) and a passkey (Web Authentication, level 3).
 */

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const STEP_MS = 30_000;

/** The code that an app shows for `key` at an instant, or some steps beside it. */
export function codeOf(key: string, at: Date, steps = 0): string {
  const bits = [...key].map((letter) => LETTERS.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const secret = Buffer.from(bits.match(/.{8}/g)!.map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at.getTime() / STEP_MS) + steps));
  const digest = createHmac('sha1', secret).update(counter).digest();
  const from = digest.at(-1)! & 0x0f;
  return String((digest.readUInt32BE(from) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/** Set up an app for whoever is signed in; gives back its key and the recovery codes, if they were the first. */
export async function enrolTotp(
  world: World,
  client: ApiClient,
  password: string,
): Promise<{ key: string; recoveryCodes: string[] | null }> {
  await client.confirm(password);
  const begun = await client.post<NewTotp>('/api/factors/totp', {});
  const { key } = begun.body;
  const added = await client.post<FactorAdded>('/api/factors/totp/confirm', { code: codeOf(key, world.clock.now()) });
  if (added.status !== 200) throw new Error(`setting up an app answered ${String(added.status)}`);
  // A code opens once: whoever comes next comes with the next one.
  world.advance({ seconds: 30 });
  return { key, recoveryCodes: added.body.recoveryCodes };
}

/** A browser at the name that passkeys need, on one's own machine. */
export function atLocalhost(world: World): ApiClient {
  return new ApiClient(world.server.url.replace('127.0.0.1', 'localhost'));
}

interface Asked {
  challenge: string;
  rp?: { id: string };
  rpId?: string;
  user?: { id: string };
}

const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest();
const text = (bytes: Buffer) => bytes.toString('base64url');
const PRESENT = 0x01;
const VERIFIED = 0x04;
const HAS_KEY = 0x40;

/** One passkey in a pocket. It signs whatever it is asked to, where it is told to be: also what an honest one would not. */
export class TestPasskey {
  private readonly keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  readonly id = randomBytes(32);
  handle = '';
  counter = 0;

  constructor(private readonly origin: string) {}

  /** What a browser answers when a new passkey is made. */
  made({ attempt, options }: PasskeyRequest, changes: { origin?: string; isVerified?: boolean } = {}) {
    const asked = options as unknown as Asked;
    this.handle = asked.user!.id;
    const length = Buffer.alloc(2);
    length.writeUInt16BE(this.id.length);
    const credential = Buffer.concat([Buffer.alloc(16), length, this.id, coseKey(this.keys.publicKey)]);
    const authData = Buffer.concat([this.authData(asked.rp!.id, HAS_KEY, changes.isVerified), credential]);
    const response = {
      clientDataJSON: text(this.clientData('webauthn.create', asked.challenge, changes.origin)),
      attestationObject: text(attestation(authData)),
      transports: ['internal'],
    };
    return { attempt, answer: { ...this.credential(), response } };
  }

  /** What a browser answers when it is used. */
  signed({ attempt, options }: PasskeyRequest, changes: { origin?: string; isVerified?: boolean; type?: string; handle?: string } = {}) {
    const asked = options as unknown as Asked;
    const authData = this.authData(asked.rpId!, 0, changes.isVerified);
    const clientData = this.clientData(changes.type ?? 'webauthn.get', asked.challenge, changes.origin);
    const signature = createSign('sha256')
      .update(Buffer.concat([authData, sha256(clientData)]))
      .sign(this.keys.privateKey);
    const response = {
      clientDataJSON: text(clientData),
      authenticatorData: text(authData),
      signature: text(signature),
      userHandle: changes.handle ?? this.handle,
    };
    return { attempt, answer: { ...this.credential(), response } };
  }

  private credential() {
    return { id: text(this.id), rawId: text(this.id), type: 'public-key' as const, clientExtensionResults: {} };
  }

  private clientData(type: string, challenge: string, origin = this.origin): Buffer {
    return Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }));
  }

  private authData(rpId: string, more: number, isVerified = true): Buffer {
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(++this.counter);
    return Buffer.concat([sha256(rpId), Buffer.of(PRESENT | (isVerified ? VERIFIED : 0) | more), counter]);
  }
}

// Two maps in CBOR (RFC 8949), small enough to be written by hand.
function attestation(authData: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(authData.length);
  const name = (word: string) => Buffer.concat([Buffer.of(0x60 | word.length), Buffer.from(word)]);
  const head = [Buffer.of(0xa3), name('fmt'), name('none'), name('attStmt'), Buffer.of(0xa0), name('authData'), Buffer.of(0x59), length];
  return Buffer.concat([...head, authData]);
}

function coseKey(publicKey: KeyObject): Buffer {
  const { x, y } = publicKey.export({ format: 'jwk' });
  const point = (letter: string) => Buffer.concat([Buffer.of(0x58, 0x20), Buffer.from(letter, 'base64url')]);
  return Buffer.concat([Buffer.of(0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21), point(x!), Buffer.of(0x22), point(y!)]);
}

/** Make a passkey for whoever is signed in. */
export async function enrolPasskey(client: ApiClient, name = 'A passkey'): Promise<TestPasskey> {
  const passkey = new TestPasskey(new URL(client.url).origin);
  const asked = await client.post<PasskeyRequest>('/api/factors/passkeys/options', {});
  const added = await client.post('/api/factors/passkeys', { name, ...passkey.made(asked.body) });
  if (added.status !== 201) throw new Error(`adding a passkey answered ${String(added.status)}`);
  return passkey;
}
