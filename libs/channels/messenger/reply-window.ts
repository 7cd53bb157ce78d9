import type { ReplyWindow } from '#contract';
import { DAY_MS, HOUR_MS, SECOND_MS } from '#platform';
import type { WindowQuestion } from '../channel.js';

/** Source: Meta's standard messaging window, https://developers.facebook.com/docs/messenger-platform/policy/policy-overview */
const STANDARD_WINDOW_MS = 24 * HOUR_MS;
/** Source: Meta's Human Agent tag, https://developers.facebook.com/docs/messenger-platform/send-messages/message-tags */
const HUMAN_AGENT_WINDOW_MS = 7 * DAY_MS;
/** A call that leaves in the last moment arrives too late. Meta's own answer stays the truth, so this covers the way there and no more. */
const MARGIN_MS = 30 * SECOND_MS;

type WindowFacts = Omit<WindowQuestion, 'place'>;

/** Until when a page may answer somebody who last wrote, pressed or reacted at `lastInboundAt`. Nobody may be written to first. */
export function messengerReplyWindow({ lastInboundAt, now, writtenBy, humanAgent }: WindowFacts): ReplyWindow {
  if (lastInboundAt === null) return { state: 'closed', closedAt: null, reason: 'never_wrote' };
  const standardEnd = endOf(lastInboundAt, STANDARD_WINDOW_MS);
  const humanEnd = endOf(lastInboundAt, HUMAN_AGENT_WINDOW_MS);
  const mayUseTag = humanAgent && writtenBy === 'human';
  if (now < standardEnd) {
    return { state: 'open', closesAt: standardEnd.toISOString(), humanAgentUntil: mayUseTag ? humanEnd.toISOString() : null };
  }
  if (mayUseTag && now < humanEnd) return { state: 'human_agent', closesAt: humanEnd.toISOString() };
  const couldUseTag = writtenBy === 'human' && !humanAgent && now < humanEnd;
  return {
    state: 'closed',
    closedAt: (mayUseTag ? humanEnd : standardEnd).toISOString(),
    reason: couldUseTag ? 'human_agent_missing' : 'over',
  };
}

/** What Meta has to be told about why a message is allowed. */
export type MessagingType = { messaging_type: 'RESPONSE' } | { messaging_type: 'MESSAGE_TAG'; tag: 'HUMAN_AGENT' };

export const RESPONSE: MessagingType = { messaging_type: 'RESPONSE' };
export const HUMAN_AGENT: MessagingType = { messaging_type: 'MESSAGE_TAG', tag: 'HUMAN_AGENT' };

/** The messaging type under which a message may go out now; null: it may not. */
export function messagingTypeFor(facts: WindowFacts): MessagingType | null {
  switch (messengerReplyWindow(facts).state) {
    case 'open':
      return RESPONSE;
    case 'human_agent':
      return HUMAN_AGENT;
    default:
      return null;
  }
}

/** Whether the tag would still do where Meta says that the standard window is closed. */
export function mayTryHumanAgent({ lastInboundAt, now, writtenBy, humanAgent }: WindowFacts): boolean {
  return humanAgent && writtenBy === 'human' && lastInboundAt !== null && now < endOf(lastInboundAt, HUMAN_AGENT_WINDOW_MS);
}

function endOf(from: Date, windowMs: number): Date {
  return new Date(from.getTime() + windowMs - MARGIN_MS);
}
