import { MINUTE_MS } from '#platform';

/** What an event without a time of its own is dated by. */
export interface Arrived {
  /** When the vendor says it made the entry. */
  entryAt: Date;
  receivedAt: Date;
}

/** Below this a number of the year 2000 or later is seconds. */
const SECONDS_MAX = 100_000_000_000;

/** Beyond this JavaScript has no date. */
const INSTANT_MS_MAX = 8_640_000_000_000_000;

/** A vendor's clock may run a little ahead of ours. */
const CLOCK_SKEW_MS_MAX = 5 * MINUTE_MS;

/** Meta's times: milliseconds, seconds, either of them as text, or ISO 8601. Null for anything else. */
export function instant(value: unknown): Date | null {
  const number = typeof value === 'number' ? value : typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : null;
  if (number !== null) {
    const ms = number < SECONDS_MAX ? number * 1000 : number;
    return ms > 0 && ms <= INSTANT_MS_MAX ? new Date(ms) : null;
  }
  const parsed = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(parsed) ? null : new Date(parsed);
}

/** When something was said. An instant in the future would keep a conversation, and the right to answer in it, for as long. */
export function saidAt(value: unknown, { entryAt, receivedAt }: Arrived): Date {
  const at = instant(value) ?? entryAt;
  return at.getTime() > receivedAt.getTime() + CLOCK_SKEW_MS_MAX ? receivedAt : at;
}
