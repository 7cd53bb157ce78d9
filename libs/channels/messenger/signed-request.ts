import { createHmac, timingSafeEqual } from 'node:crypto';
import { object, readJson } from './vendor-json.js';

/** Real ones have some two hundred characters. */
const SIGNED_REQUEST_CHARS_MAX = 8 * 1024;
const SHAPE = /^([A-Za-z0-9_-]{43}={0,1})\.([A-Za-z0-9_-]+={0,2})$/;
const PERSON = /^[0-9]{1,32}$/;

/**
 * The person of whom Meta's server tells us something, or null when Meta did not sign exactly this.
 *
 * Shape    text: `signature.payload`, both base64url; secrets: one, or two while rotating
 * Source   https://developers.facebook.com/docs/development/create-an-app/app-dashboard/data-deletion-callback
 */
export function readSignedRequest(text: string, secrets: readonly string[]): { personId: string } | null {
  if (text.length > SIGNED_REQUEST_CHARS_MAX) return null;
  const [, given, payload] = SHAPE.exec(text) ?? [];
  if (given === undefined || payload === undefined) return null;
  const signature = Buffer.from(given, 'base64url');
  // Over the encoded text as it came, not over what it says.
  const isSigned = secrets.some((secret) => secret !== '' && isSame(createHmac('sha256', secret).update(payload).digest(), signature));
  if (!isSigned) return null;
  const { algorithm, user_id: user } = object(readJson(Buffer.from(payload, 'base64url')));
  // A payload that names another algorithm was made to be checked in another way.
  if (algorithm !== 'HMAC-SHA256') return null;
  const personId = typeof user === 'string' || typeof user === 'number' ? String(user) : '';
  return PERSON.test(personId) ? { personId } : null;
}

function isSame(expected: Buffer, given: Buffer): boolean {
  return expected.length === given.length && timingSafeEqual(expected, given);
}
