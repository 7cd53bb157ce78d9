import { createHmac, timingSafeEqual } from 'node:crypto';

const HEADER = /^sha256=([0-9a-f]{64})$/;

/**
 * True only when `header` is the signature of exactly these bytes by one of the app's secrets.
 *
 * Shape    secrets: one, or two while rotating; with none nothing is ever signed
 * Source   https://developers.facebook.com/docs/messenger-platform/webhooks#validate-payloads
 */
export function isSignedByMeta(rawBody: Buffer, header: string | undefined, secrets: readonly string[]): boolean {
  const given = HEADER.exec(header ?? '')?.[1];
  if (given === undefined) return false;
  const signature = Buffer.from(given, 'hex');
  // Over the raw bytes: re-serialised JSON differs in spacing and escapes, and would never match.
  return secrets.some((secret) => secret !== '' && timingSafeEqual(createHmac('sha256', secret).update(rawBody).digest(), signature));
}
