import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ChannelError, type ConnectionId, ConnectionService, type OpenConnection, PageArchive, StartSweep } from '#channels';
import { Jobs } from '#jobs';
import { Clock, Database, DAY_MS, MINUTE_MS, SECOND_MS, type TenantId, type TenantTx } from '#platform';
import { Feed } from '#realtime';
import { firstPlace, lockSweep, type SweepId, SweepPlace, type SweepRow, type SweepTally } from './sweep.js';
import { SweepPage, SweepService } from './sweep.service.js';
import { SweepThread } from './sweep-thread.service.js';

/** How long one step works before it writes down where it is. */
const STEP_MS_MAX = 30 * SECOND_MS;
/** A busy page moves in its list all the time; what moves after this was heard as it happened. */
const PASSES_MAX = 3;
/** Meta's clock and ours need not agree. */
const CLOCK_SKEW_MS_MAX = MINUTE_MS;
const WAIT_MS_DEFAULT = MINUTE_MS;
/** Meta has not let us finish in this time: somebody should look. */
const LIFE_MS_MAX = DAY_MS;

/** What the queue tells an attempt. */
interface Attempt {
  isLastAttempt: boolean;
  signal: AbortSignal;
}

interface Step {
  sweep: SweepRow;
  place: SweepPlace;
  connection: OpenConnection;
}

/**
 * A sweep goes from one page of threads to the next, one page in each job. Each message that is missing is taken in by itself, and can be
 * taken in again without doubling it; where the sweep is, is written after the page. So a job that is killed anywhere begins its page
 * again and finds done what it had done.
 */
@Injectable()
export class SweepPageJob implements OnModuleInit {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly connections: ConnectionService,
    private readonly archive: PageArchive,
    private readonly threads: SweepThread,
    private readonly sweeps: SweepService,
    private readonly feed: Feed,
    private readonly jobs: Jobs,
  ) {}

  onModuleInit(): void {
    this.jobs.bind(SweepPage, ({ tenantId, sweepId }, run) => this.run(tenantId as TenantId, sweepId as SweepId, run));
    this.jobs.bind(StartSweep, async ({ tenantId, connectionId, sinceMs, cause }) => {
      await this.db.inTenant(tenantId as TenantId, (tx) =>
        this.sweeps.start(tx, { connectionId: connectionId as ConnectionId, kind: 'gap', cause, since: new Date(sinceMs) }),
      );
    });
  }

  private async run(tenantId: TenantId, id: SweepId, run: Attempt): Promise<void> {
    const step = await this.db.inTenant(tenantId, (tx) => this.begin(tx, id));
    if (!step) return;
    const tally: SweepTally = { threads: 0, seen: 0, untold: 0, externalIds: [] };
    try {
      const place = await this.step(tenantId, step, { tally, signal: run.signal });
      await this.db.inTenant(tenantId, (tx) => this.advance(tx, step.sweep, place, tally));
    } catch (error) {
      if (error instanceof ChannelError) await this.db.inTenant(tenantId, (tx) => this.refused(tx, step.sweep, error));
      else {
        if (run.isLastAttempt) await this.db.inTenant(tenantId, (tx) => this.end(tx, step.sweep, 'our_fault'));
        throw error;
      }
    }
  }

  /** Null when there is nothing to do: it is over, or another one of this connection runs and will call it. */
  private async begin(tx: TenantTx, id: SweepId): Promise<Step | null> {
    const sweep = await lockSweep(tx, id);
    if (!sweep) return null;
    const others = await tx.query("select 1 from sweep where connection_id = $1 and state = 'running' and id <> $2", [
      sweep.connection_id,
      id,
    ]);
    if (others.length > 0) return null;
    const now = this.clock.now();
    const connection = await this.connections.open(tx, sweep.connection_id);
    if (connection.secrets['pageToken'] === undefined) {
      await this.end(tx, sweep, 'connection_gone');
      return null;
    }
    const place = sweep.place === null ? firstPlace(sweep.since, now) : SweepPlace.parse(sweep.place);
    // A step that is begun again keeps its beginning: what its first try added is its own.
    await tx.query("update sweep set state = 'running', place = $2, step_began_at = coalesce(step_began_at, $3) where id = $1", [
      id,
      JSON.stringify(place),
      now,
    ]);
    return { sweep, place, connection };
  }

  /** One page of threads. Gives back where to go on; null at the end. */
  private async step(
    tenantId: TenantId,
    { sweep, place, connection }: Step,
    { tally, signal }: { tally: SweepTally; signal: AbortSignal },
  ): Promise<SweepPlace | null> {
    const startedMs = performance.now();
    const isTimeUp = () => {
      signal.throwIfAborted();
      return performance.now() - startedMs > STEP_MS_MAX;
    };
    const arrival = { tenantId, connectionId: sweep.connection_id, channel: 'messenger' as const };
    const { threads, after } = await this.archive.threads(connection, { after: place.after, since: sweep.since });
    const here = { ...place, looks: place.looks + 1, done: [...place.done] };
    const wanted = threads.filter((thread) => thread.updatedAt.getTime() + SECOND_MS > place.floorMs);
    for (const thread of wanted.filter(({ id }) => !place.done.includes(id))) {
      if (tally.threads > 0 && isTimeUp()) return { ...here, thread: null };
      const fromMs = place.thread?.id === thread.id ? place.thread.atMs : 0;
      const atMs = await this.threads.visit({ sweep, arrival, connection, thread, fromMs, isTimeUp, tally });
      if (atMs !== null) return { ...here, thread: { id: thread.id, atMs } };
      here.done.push(thread.id);
      tally.threads++;
    }
    const isOver = after === null || (threads.length > 0 && wanted.length === 0);
    return isOver ? this.nextPass(here) : { ...here, after, done: [], thread: null };
  }

  private nextPass({ pass, looks, beganMs }: SweepPlace): SweepPlace | null {
    if (looks === 1 || pass === PASSES_MAX) return null;
    const now = this.clock.now();
    return { ...firstPlace(new Date(beganMs - CLOCK_SKEW_MS_MAX), now), pass: pass + 1 };
  }

  /** The page is done: say so, and go on, all or nothing. */
  private async advance(tx: TenantTx, { id, connection_id }: SweepRow, place: SweepPlace | null, tally: SweepTally): Promise<void> {
    const sweep = await lockSweep(tx, id);
    if (!sweep) return;
    const isFirstPass = SweepPlace.parse(sweep.place).pass === 1;
    const [added] = await tx.query<{ count: string }>(
      'select count(*) as count from message where connection_id = $1 and external_id = any($2) and created_at >= $3',
      [connection_id, tally.externalIds, sweep.step_began_at],
    );
    await tx.query(
      `update sweep set place = $2, step_began_at = null, threads_done = threads_done + $3, messages_seen = messages_seen + $4,
         messages_added = messages_added + $5, messages_untold = messages_untold + $6 where id = $1`,
      [
        id,
        place === null ? null : JSON.stringify(place),
        // What is gone over again was counted the first time.
        isFirstPass ? tally.threads : 0,
        isFirstPass ? tally.seen : 0,
        Number(added!.count),
        isFirstPass ? tally.untold : 0,
      ],
    );
    this.feed.append(tx, { type: 'connection_changed', connectionId: connection_id });
    if (place !== null) return this.sweeps.enqueue(tx, sweep, this.clock.now());
    const untold = sweep.messages_untold + (isFirstPass ? tally.untold : 0);
    await this.end(tx, sweep, untold === 0 ? null : `untold ${String(untold)}`, 'done');
  }

  /** Meta said no: for now, or for good. */
  private async refused(tx: TenantTx, { id }: SweepRow, error: ChannelError): Promise<void> {
    const sweep = await lockSweep(tx, id);
    if (!sweep) return;
    const now = this.clock.now();
    const isForNow = error.remedy === 'try_later' || error.remedy === 'unknown';
    if (!isForNow || now.getTime() - sweep.started_at.getTime() > LIFE_MS_MAX)
      return this.end(tx, sweep, error.code === 'not_accepted' ? 'archive_refused' : error.code);
    return this.sweeps.enqueue(tx, sweep, new Date(now.getTime() + (error.retryAfterMs ?? WAIT_MS_DEFAULT)));
  }

  /** It is over; the next one of this connection, if one waits, begins. `problem`: as `sweep-words.ts` reads it. */
  private async end(tx: TenantTx, sweep: SweepRow, problem: string | null, state: 'done' | 'failed' = 'failed'): Promise<void> {
    const now = this.clock.now();
    await tx.query('update sweep set state = $2, problem = $3, ended_at = $4, place = null, step_began_at = null where id = $1', [
      sweep.id,
      state,
      problem,
      now,
    ]);
    this.feed.append(tx, { type: 'connection_changed', connectionId: sweep.connection_id });
    const [next] = await tx.query<Pick<SweepRow, 'id' | 'connection_id'>>(
      "select id, connection_id from sweep where connection_id = $1 and state = 'waiting' order by started_at, id limit 1",
      [sweep.connection_id],
    );
    if (next) await this.sweeps.enqueue(tx, next, now);
  }
}
