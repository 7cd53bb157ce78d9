import { createHash, type KeyObject, randomBytes, sign } from 'node:crypto';
import { MINUTE_MS, SECOND_MS } from '../clock.js';

/*
 * Requests signed by programs: HTTP Message Signatures with one algorithm, one label and one form. What is signed is the method, the
 * address with its question, and the body by its digest; when it was signed, until when it counts, and a number that counts once. The form
 * is fixed to the letter, so that there is one way to write a signature and one way to read it.
 *
 * Source   RFC 9421 (signatures), RFC 9530 (content-digest), RFC 8032 (Ed25519)
 */

export const SIGNATURE_LABEL = 'omnidesk';
/** How long a signature counts, and how far two clocks may be apart. */
export const SIGNATURE_LIFE_MS = MINUTE_MS;
const NONCE_BYTES = 16;

export interface SignedParts {
  method: string;
  /** Host and, where it is not the scheme's own, port. */
  authority: string;
  path: string;
  /** From the question mark on; `?` alone when nothing is asked. */
  query: string;
  body: Buffer | null;
}

/**
 * The headers that make a request one of this key's.
 *
 * Shape    keyId: as the server knows the key
 * Repeats  never the same twice: each signature is good for one request
 */
export function signRequest(
  { method, url, body }: { method: string; url: URL; body: Buffer | null },
  { keyId, privateKey }: { keyId: string; privateKey: KeyObject },
  now: Date,
): Record<string, string> {
  const parts = { method, authority: url.host, path: url.pathname, query: url.search || '?', body };
  const created = Math.floor(now.getTime() / SECOND_MS);
  const expires = created + SIGNATURE_LIFE_MS / SECOND_MS;
  const nonce = randomBytes(NONCE_BYTES).toString('base64url');
  const params =
    `(${coveredNames(parts)});created=${String(created)};expires=${String(expires)};nonce="${nonce}"` + `;keyid="${keyId}";alg="ed25519"`;
  const signature = sign(null, Buffer.from(signatureBase(coveredParts(parts), params)), privateKey);
  return {
    ...(body === null ? {} : { 'content-digest': digestHeader(body) }),
    'signature-input': `${SIGNATURE_LABEL}=${params}`,
    signature: `${SIGNATURE_LABEL}=:${signature.toString('base64')}:`,
  };
}

/** What is signed of a request, in the one order. A body is always among it, and nothing is when there is none. */
export function coveredParts({ method, authority, path, query, body }: SignedParts): [name: string, value: string][] {
  return [
    ['@method', method],
    ['@authority', authority.toLowerCase()],
    ['@path', path],
    ['@query', query],
    ...(body === null ? [] : ([['content-digest', digestHeader(body)]] satisfies [string, string][])),
  ];
}

export function coveredNames(parts: SignedParts): string {
  return coveredParts(parts)
    .map(([name]) => `"${name}"`)
    .join(' ');
}

/** The bytes under a signature. Source: RFC 9421, section 2.5 */
export function signatureBase(covered: readonly (readonly [name: string, value: string])[], params: string): string {
  return [...covered.map(([name, value]) => `"${name}": ${value}`), `"@signature-params": ${params}`].join('\n');
}

export function digestHeader(body: Buffer): string {
  return `sha-256=:${createHash('sha256').update(body).digest('base64')}:`;
}
