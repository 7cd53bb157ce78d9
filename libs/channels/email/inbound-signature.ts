import { createHmac, timingSafeEqual } from 'node:crypto';

/** How far the sender's clock and ours may be apart; also how long a captured request could be replayed. */
export const SIGNATURE_WINDOW_MS = 5 * 60 * 1000;

/** One mail as posted to `/webhooks/email/{mailboxKey}`, with the two headers that vouch for it. */
export interface SignedMail {
  /** The exact bytes of the body. */
  rawBody: Buffer;
  /** `X-Omnidesk-Timestamp`: whole seconds since 1970. */
  timestamp: string | undefined;
  /** `X-Omnidesk-Signature`: `sha256=` and the HMAC-SHA-256 of "timestamp.body" in lower-case hex. */
  signature: string | undefined;
}

/**
 * Was this mail signed with the mailbox's inbound secret, within five minutes of `now`?
 *
 * Errors   none: whatever is absent, malformed or of another length is not signed
 */
export function isSignedInbound(mail: SignedMail, secret: string, now: Date): boolean {
  // An empty key would make anyone's signature good.
  if (secret === '' || mail.timestamp === undefined || mail.signature === undefined) return false;
  if (!/^\d{1,12}$/.test(mail.timestamp) || !/^sha256=[0-9a-f]{64}$/.test(mail.signature)) return false;
  if (Math.abs(now.getTime() - Number(mail.timestamp) * 1000) > SIGNATURE_WINDOW_MS) return false;
  const expected = Buffer.from(signInbound(mail.rawBody, secret, mail.timestamp), 'latin1');
  return timingSafeEqual(expected, Buffer.from(mail.signature, 'latin1'));
}

/** The value of `X-Omnidesk-Signature` for these bytes at that time (whole seconds since 1970, as sent in `X-Omnidesk-Timestamp`). */
export function signInbound(rawBody: Buffer, secret: string, timestamp: string): string {
  const mac = createHmac('sha256', secret).update(`${timestamp}.`).update(rawBody).digest('hex');
  return `sha256=${mac}`;
}
