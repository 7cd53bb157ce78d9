import { createPublicKey, type KeyObject, timingSafeEqual, verify } from 'node:crypto';
import { SECOND_MS } from '../clock.js';
import {
  coveredNames,
  coveredParts,
  digestHeader,
  SIGNATURE_LABEL,
  SIGNATURE_LIFE_MS,
  signatureBase,
  type SignedParts,
} from './sign-request.js';

/*
 * Checking what sign-request.ts makes. A signature is read by one expression that knows one form: anything that is missing, doubled, in
 * another order or written in another way is not a signature at all. Nothing in the request chooses how it is checked.
 */

const INPUT = new RegExp(
  `^${SIGNATURE_LABEL}=(\\(([^()]{1,200})\\);created=(\\d{10});expires=(\\d{10});nonce="([A-Za-z0-9_-]{21}[AQgw])";keyid="([A-Za-z0-9_-]{43})";alg="ed25519")$`,
);
const SIGNATURE = new RegExp(`^${SIGNATURE_LABEL}=:([A-Za-z0-9+/]{86}==):$`);
/** What stands before the 32 bytes of an Ed25519 key in its DER form. Source: RFC 8410 */
const DER_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
const KEY_BYTES = 32;

export interface SignatureHeaders {
  input: string | undefined;
  signature: string | undefined;
  contentDigest: string | undefined;
}

/** A signature that is written as one, and counts now. It is not checked yet. */
export interface ReadSignature {
  keyId: string;
  nonce: string;
  /** After this the nonce need not be remembered: the signature counts no more, even by the slowest clock that is believed. */
  forgetAt: Date;
  params: string;
  signature: Buffer;
}

/** Null for anything that is not one well-formed signature over exactly these parts, made within the clock window. */
export function readSignature(headers: SignatureHeaders, parts: SignedParts, now: Date): ReadSignature | null {
  const input = INPUT.exec(headers.input ?? '');
  const signature = canonicalBytes(SIGNATURE.exec(headers.signature ?? '')?.[1]);
  if (!input || !signature) return null;
  const [, params, names, created, expires, nonce, keyId] = input as unknown as string[];
  if (names !== coveredNames(parts)) return null;
  if (headers.contentDigest !== (parts.body === null ? undefined : digestHeader(parts.body))) return null;
  const [createdAt, expiresAt] = [Number(created) * SECOND_MS, Number(expires) * SECOND_MS];
  const lifeMs = expiresAt - createdAt;
  const isInTime = Math.abs(now.getTime() - createdAt) <= SIGNATURE_LIFE_MS && expiresAt > now.getTime();
  if (lifeMs <= 0 || lifeMs > SIGNATURE_LIFE_MS || !isInTime) return null;
  return { keyId: keyId!, nonce: nonce!, forgetAt: new Date(expiresAt + SIGNATURE_LIFE_MS), params: params!, signature };
}

/** Whether this key made the signature over these parts. Shape: publicKey: the 32 bytes */
export function isSignedBy(publicKey: Buffer, { params, signature }: ReadSignature, parts: SignedParts): boolean {
  return verify(null, Buffer.from(signatureBase(coveredParts(parts), params)), ed25519Key(publicKey), signature);
}

/** Errors: throws when these are not the 32 bytes of a key. */
export function ed25519Key(publicKey: Buffer): KeyObject {
  if (publicKey.length !== KEY_BYTES) throw new RangeError('an Ed25519 key is 32 bytes');
  return createPublicKey({ key: Buffer.concat([DER_PREFIX, publicKey]), format: 'der', type: 'spki' });
}

/** The bytes of a text that is their only way to be written; null for any other. */
function canonicalBytes(text: string | undefined): Buffer | null {
  if (text === undefined) return null;
  const bytes = Buffer.from(text, 'base64');
  const again = Buffer.from(bytes.toString('base64'));
  return again.length === text.length && timingSafeEqual(again, Buffer.from(text)) ? bytes : null;
}
