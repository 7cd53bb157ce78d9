import { createHmac, timingSafeEqual } from 'node:crypto';
import type { TokenSeal } from './mail-token.js';

/*
 * What a test mail is known by when it comes back:
 *
 *   t{p|b}{12}{20}     to the plus address or to the bare one, the test's number (6 bytes), HMAC (10)     34 characters
 *
 * It stands in the address, the Message-ID and the subject, because each of them is rewritten by somebody's server.
 */

/** Which of the two mails of a test it is. */
export type TestAddress = 'plus' | 'bare';

export interface TestToken {
  sentTo: TestAddress;
  nonce: Buffer;
}

/** What of a mail is searched. */
export interface TestMailBearer {
  messageId: string;
  subject: string;
  to: readonly { address: string }[];
  deliveredTo: readonly string[];
}

export const TEST_NONCE_BYTES = 6;
const MAC_BYTES = 10;
const TOKEN = /(?<![a-z0-9])t([pb])([0-9a-f]{12})([0-9a-f]{20})(?![a-z0-9])/gi;
const LOOKED_AT_MAX = 30;
const TEXT_CHARS_MAX = 1_000;

export function mintTestToken(seal: TokenSeal, { sentTo, nonce }: TestToken): string {
  return `t${sentTo[0]!}${nonce.toString('hex')}${macOf(seal, { sentTo, nonce }).toString('hex')}`;
}

/** The token of one of our own test mails, if it was minted for this mailbox; null for any other mail. */
export function findTestToken(seal: TokenSeal, { messageId, subject, to, deliveredTo }: TestMailBearer): TestToken | null {
  const places = [subject, messageId, ...to.map(({ address }) => address), ...deliveredTo].slice(0, LOOKED_AT_MAX);
  for (const place of places) {
    for (const [, letter = '', number = '', mac = ''] of place.slice(0, TEXT_CHARS_MAX).matchAll(TOKEN)) {
      const token: TestToken = { sentTo: letter.toLowerCase() === 'p' ? 'plus' : 'bare', nonce: Buffer.from(number, 'hex') };
      if (timingSafeEqual(macOf(seal, token), Buffer.from(mac, 'hex'))) return token;
    }
  }
  return null;
}

function macOf(seal: TokenSeal, { sentTo, nonce }: TestToken): Buffer {
  const scope = `omnidesk-mail-test|${seal.tenantId}|${seal.mailboxId}|${sentTo}|`;
  return createHmac('sha256', seal.key).update(scope).update(nonce).digest().subarray(0, MAC_BYTES);
}
