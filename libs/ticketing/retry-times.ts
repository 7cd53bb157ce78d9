import type { ChannelKind } from '#contract';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '#platform';

/** When something that was put off is tried again, and how long that goes on. */
interface RetryTimes {
  /** The pause after each failure, the last one after all further ones. */
  pausesMs: readonly number[];
  /** How often it is tried again at most. */
  timesMax: number;
  /** From the first failure on; then it has failed. */
  forMs: number;
  /** Failures that people are not told of: most mail servers are in a better mood a few minutes later. */
  untold: number;
}

const MESSENGER_PAUSES_MS = [10 * SECOND_MS, 30 * SECOND_MS, 2 * MINUTE_MS, 10 * MINUTE_MS, 30 * MINUTE_MS];

export const RETRY_TIMES: Record<ChannelKind, RetryTimes> = {
  messenger: { pausesMs: MESSENGER_PAUSES_MS, timesMax: MESSENGER_PAUSES_MS.length, forMs: Infinity, untold: 0 },
  email: { pausesMs: [MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS, HOUR_MS], timesMax: Infinity, forMs: 48 * HOUR_MS, untold: 2 },
};

export interface Tried {
  channel: ChannelKind;
  /** Failures before this one. */
  attempts: number;
  firstFailedAt: Date | null;
}

/** How long to wait before the next try; null: it was tried long and often enough. */
export function pauseBeforeRetryMs({ channel, attempts, firstFailedAt }: Tried, now: Date): number | null {
  const { pausesMs, timesMax } = RETRY_TIMES[channel];
  if (attempts >= timesMax || isTooOld({ channel, firstFailedAt }, now)) return null;
  return pausesMs[Math.min(attempts, pausesMs.length - 1)] ?? null;
}

/** It was put off so long ago for the first time that it has failed, whoever kept it waiting. */
export function isTooOld({ channel, firstFailedAt }: Pick<Tried, 'channel' | 'firstFailedAt'>, now: Date): boolean {
  return firstFailedAt !== null && now.getTime() - firstFailedAt.getTime() >= RETRY_TIMES[channel].forMs;
}
