import type { ReplyWindow } from '#contract';
import { HOUR_MS, MINUTE_MS } from '#platform';

/** Source: Meta's standard messaging window, https://developers.facebook.com/docs/messenger-platform/policy/policy-overview */
const STANDARD_WINDOW_HOURS = 24;
/** A reply written in the last minutes would arrive too late; Meta's own answer stays the truth. */
const MARGIN_MS = 5 * MINUTE_MS;

/** Until when a page may answer somebody who last wrote, pressed or reacted at `lastActAt`. Nobody may be written to first. */
export function messengerReplyWindow(lastActAt: Date | null, now: Date): ReplyWindow {
  if (lastActAt === null) return { state: 'closed', closedAt: null };
  const closesAt = new Date(lastActAt.getTime() + STANDARD_WINDOW_HOURS * HOUR_MS - MARGIN_MS);
  if (now.getTime() < closesAt.getTime()) return { state: 'open', closesAt: closesAt.toISOString() };
  return { state: 'closed', closedAt: closesAt.toISOString() };
}
