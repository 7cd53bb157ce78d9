import type { z } from 'zod';

const ATTEMPTS_MAX = 12;
const ATTEMPT_TIMEOUT_MS = 60_000;

/** A kind of job: its name and what it is told. Enqueued by whoever has work, run by the room that bound a function to it. */
export interface JobDefinition<Payload> {
  name: string;
  /** Ids only. A payload lies in the queue's table and in its logs, where no policy reaches. */
  payload: z.ZodType<Payload>;
  attemptsMax: number;
  attemptTimeoutMs: number;
  /** Jobs of one queue run one after the other; null: at once. */
  queueOf: (payload: Payload) => string | null;
  /** `minute hour day month weekday` in UTC; such a job has no payload. */
  cron: string | null;
}

export function defineJob<Payload>(
  job: Pick<JobDefinition<Payload>, 'name' | 'payload'> & Partial<JobDefinition<Payload>>,
): JobDefinition<Payload> {
  return { attemptsMax: ATTEMPTS_MAX, attemptTimeoutMs: ATTEMPT_TIMEOUT_MS, queueOf: () => null, cron: null, ...job };
}
