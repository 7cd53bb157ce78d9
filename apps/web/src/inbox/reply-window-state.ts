import type { ReplyWindow } from '#contract';

const HOUR_MS = 60 * 60 * 1_000;
const DAY_MS = 24 * HOUR_MS;
/** Source: Meta's standard messaging window, https://developers.facebook.com/docs/messenger-platform/policy/policy-overview */
export const STANDARD_WINDOW_MS = DAY_MS;
/** Source: Meta's Human Agent feature, https://developers.facebook.com/docs/messenger-platform/send-messages/message-tags */
export const HUMAN_AGENT_WINDOW_MS = 7 * DAY_MS;

/**
 * A reply window as it stands at an instant: the server said how it was when it was asked, and windows close while one looks.
 *
 * Without the permission to answer late the server names no such time, and the want of it is why the window closes after a day.
 */
export function windowAt(window: ReplyWindow, atMs: number): ReplyWindow {
  if (window.state === 'always' || window.state === 'closed' || Date.parse(window.closesAt) > atMs) return window;
  if (window.state === 'open' && window.humanAgentUntil !== null)
    return windowAt({ state: 'human_agent', closesAt: window.humanAgentUntil }, atMs);
  return { state: 'closed', closedAt: window.closesAt, reason: window.state === 'open' ? 'human_agent_missing' : 'over' };
}

/**
 * Until when a person could have answered, had the page the permission; null when that time is over too, or was never counted.
 * A window that was closed for want of the permission closed a day after the contact's last word.
 */
export function couldAnswerUntilMs(window: ReplyWindow, atMs: number): number | null {
  if (window.state !== 'closed' || window.reason !== 'human_agent_missing' || window.closedAt === null) return null;
  const untilMs = Date.parse(window.closedAt) - STANDARD_WINDOW_MS + HUMAN_AGENT_WINDOW_MS;
  return untilMs > atMs ? untilMs : null;
}
