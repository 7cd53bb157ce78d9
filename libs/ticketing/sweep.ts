import { z } from 'zod';
import type { ConnectionId } from '#channels';
import type { Sweep } from '#contract';
import type { Branded, TenantTx } from '#platform';
import { readSweepProblem } from './sweep-words.js';

export type SweepId = Branded<'SweepId'>;

/**
 * Where a sweep is. A list of threads moves while it is read: whoever is written to in the meantime jumps to its front, to where we have
 * been. So a sweep that needed more than one look at the list goes over it again, down to those that moved since it began.
 */
export const SweepPlace = z.object({
  pass: z.number(),
  /** When this pass began, and how far back it goes. */
  beganMs: z.number(),
  floorMs: z.number(),
  looks: z.number(),
  /** Where the page of threads begins that is being read, and which of its threads are done. */
  after: z.string().nullable(),
  done: z.array(z.string()),
  /** How far the thread is done that is being read: what was said before that instant is. */
  thread: z.object({ id: z.string(), atMs: z.number() }).nullable(),
});
export type SweepPlace = z.infer<typeof SweepPlace>;

/** What a step did. */
export interface SweepTally {
  threads: number;
  seen: number;
  untold: number;
  /** Every message that was looked at, by the vendor's id. */
  externalIds: string[];
}

export interface SweepRow {
  id: SweepId;
  connection_id: ConnectionId;
  kind: Sweep['kind'];
  cause: Sweep['cause'];
  state: Sweep['state'];
  since: Date;
  place: unknown;
  step_began_at: Date | null;
  threads_done: number;
  messages_seen: number;
  messages_added: number;
  messages_untold: number;
  problem: string | null;
  started_at: Date;
  ended_at: Date | null;
}

export function describeSweep(row: SweepRow): Sweep {
  const problem = row.problem === null ? null : readSweepProblem(row.problem);
  return {
    id: row.id,
    kind: row.kind,
    cause: row.cause,
    state: row.state,
    since: row.since.toISOString(),
    threadsDone: row.threads_done,
    messagesSeen: row.messages_seen,
    messagesAdded: row.messages_added,
    problem: problem?.sentence ?? null,
    problemCode: problem?.code ?? null,
    problemNames: problem?.names ?? [],
    startedAt: row.started_at.toISOString(),
    endedAt: row.ended_at?.toISOString() ?? null,
  };
}

/** Where a sweep begins that has not begun. */
export function firstPlace(since: Date, now: Date): SweepPlace {
  return { pass: 1, beganMs: now.getTime(), floorMs: since.getTime(), looks: 0, after: null, done: [], thread: null };
}

/** Lock a sweep for a step, or null when it is not one to be worked on. */
export async function lockSweep(tx: TenantTx, id: SweepId): Promise<SweepRow | null> {
  const [row] = await tx.query<SweepRow>("select * from sweep where id = $1 and state in ('waiting', 'running') for update", [id]);
  return row ?? null;
}
