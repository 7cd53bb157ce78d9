import { timingSafeEqual } from 'node:crypto';
import type { MailEnvelope } from '../delivery-log.service.js';

export type MailProvider = 'postmark' | 'mailgun' | 'sendgrid' | 'ses';

/** A provider's request, as it came. Header names in lower case. */
export interface ProviderRequest {
  body: Buffer;
  headers: Readonly<Record<string, string | undefined>>;
}

/** A mail that a provider brought. */
export interface BroughtMail {
  raw: Buffer;
  envelope: MailEnvelope;
}

/** What a request is worth. `forged`: it does not prove to be the provider's. `once`: its proof says nothing of the body, so it counts once. */
export type Checked = { is: 'forged' } | { is: 'genuine'; once?: string };

/** The same text, compared in a time that tells nothing of where they differ. */
export function isSameSecret(given: string, wanted: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(wanted)];
  return wanted !== '' && one.length === other.length && timingSafeEqual(one, other);
}

const MINUTE_MS = 60_000;
/** A clock of theirs that goes before ours. */
const AHEAD_MS_MAX = 5 * MINUTE_MS;

/** Whether a time in whole seconds since 1970 lies at most so long before `now`. */
export function isRecent(seconds: string, now: Date, agoMsMax: number): boolean {
  if (!/^\d{1,12}$/.test(seconds)) return false;
  const agoMs = now.getTime() - Number(seconds) * 1000;
  return agoMs <= agoMsMax && agoMs >= -AHEAD_MS_MAX;
}
