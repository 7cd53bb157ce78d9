import { EventEmitter } from 'node:events';
import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import {
  type CronItem,
  Logger,
  parseCronItems,
  run,
  type Runner,
  type RunnerOptions,
  runOnce,
  type TaskList,
  type WorkerEvents,
} from 'graphile-worker';
import { Pool } from 'pg';
import { Clock, DATABASE_URLS, type DatabaseUrls, Log, SECOND_MS } from '#platform';
import { Jobs, type BoundJob } from './jobs.service.js';

const CONCURRENCY = 8;
const POOL_CONNECTIONS_MAX = CONCURRENCY + 4;
const POLL_INTERVAL_MS = 1000;
export const HEARTBEAT_EVERY_MS = 5 * SECOND_MS;
/** Six missed beats. A killed worker's jobs are free again after this and at most one more beat: well within a minute. */
export const DEAD_AFTER_MS = 30 * SECOND_MS;

export interface JobFigures {
  waiting: number;
  failed: number;
  lagSeconds: number;
}

/** Runs the jobs that rooms have bound. The queue library shows its face nowhere else. */
@Injectable()
export class JobWorker implements BeforeApplicationShutdown {
  private runner: Runner | undefined;
  private pool: Pool | undefined;
  private beat: NodeJS.Timeout | undefined;
  private readonly poolIds = new Set<string>();

  constructor(
    private readonly jobs: Jobs,
    private readonly clock: Clock,
    private readonly log: Log,
    @Inject(DATABASE_URLS) private readonly urls: DatabaseUrls,
  ) {}

  /** Run jobs from now on, until the application shuts down. */
  async start(): Promise<void> {
    const events: WorkerEvents = new EventEmitter();
    // Jobs are locked in the name of the pool, not of the worker in it that runs them.
    events.on('pool:create', ({ workerPool }) => this.poolIds.add(workerPool.id));
    this.runner = await run({ ...this.options(), events, parsedCronItems: parseCronItems(this.cronItems()) });
    await this.keepAlive();
    this.beat = setInterval(() => void this.keepAlive(), HEARTBEAT_EVERY_MS);
  }

  /** Run every job that is due by the clock, and those they lead to, until none is left. For tests, where the clock moves. */
  async drain(): Promise<void> {
    for (;;) {
      const due = await this.database().query<{ count: string }>(
        `with due as (
           update graphile_worker._private_jobs set run_at = least(run_at, now()) where run_at <= $1 and attempts < max_attempts returning id
         ) select count(*) from due`,
        [this.clock.now()],
      );
      if (Number(due.rows[0]!.count) === 0) return;
      await runOnce(this.options());
    }
  }

  /** How much is due and waits, how much was given up, and for how long the oldest has waited. */
  async figures(): Promise<JobFigures> {
    const { rows } = await this.database().query<JobFigures>(
      `select count(*) filter (where attempts < max_attempts and run_at <= $1)::int as waiting,
         count(*) filter (where attempts >= max_attempts)::int as failed,
         coalesce(greatest(0, extract(epoch from $1 - min(run_at) filter (where attempts < max_attempts and run_at <= $1))), 0)::float8 as "lagSeconds"
       from graphile_worker._private_jobs`,
      [this.clock.now()],
    );
    return rows[0]!;
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.beat);
    const { runner } = this;
    this.runner = undefined;
    await runner?.stop();
    if (this.pool && this.poolIds.size > 0) await this.pool.query('delete from job_worker where id = any($1)', [[...this.poolIds]]);
    await this.pool?.end();
    this.pool = undefined;
  }

  private database(): Pool {
    if (!this.pool) {
      this.pool = new Pool({ connectionString: this.urls.jobs, max: POOL_CONNECTIONS_MAX, application_name: 'omnidesk-jobs' });
      const onError = (error: Error) => {
        this.log.error('job_connection_lost', error);
      };
      // On each connection too: the pool tells only of those that are idle.
      this.pool.on('error', onError).on('connect', (client) => client.on('error', onError));
    }
    return this.pool;
  }

  private options(): RunnerOptions {
    return {
      pgPool: this.database(),
      concurrency: CONCURRENCY,
      pollInterval: POLL_INTERVAL_MS,
      noHandleSignals: true,
      taskList: Object.fromEntries(this.jobs.all().map((job) => [job.definition.name, this.task(job)])),
      logger: new Logger(() => () => undefined),
    };
  }

  private task({ definition, run: work }: BoundJob): TaskList[string] {
    return async (raw, { job, abortSignal }) => {
      const payload = definition.cron === null ? definition.payload.parse(raw) : undefined;
      const timeout = AbortSignal.timeout(definition.attemptTimeoutMs);
      const signal = abortSignal ? AbortSignal.any([abortSignal, timeout]) : timeout;
      try {
        await endBy(signal, work(payload, { attempt: job.attempts, isLastAttempt: job.attempts >= job.max_attempts, signal }));
      } catch (error) {
        this.log.error('job_failed', error, { job: definition.name, jobId: job.id, attempt: job.attempts });
        // The queue keeps the message of what is thrown, and an error's message may quote content.
        throw new Error(error instanceof Error ? error.constructor.name : 'failed');
      }
    };
  }

  private cronItems(): CronItem[] {
    return this.jobs
      .all()
      .filter((job) => job.definition.cron !== null)
      .map((job) => ({ task: job.definition.name, match: job.definition.cron!, options: { backfillPeriod: 0 } }));
  }

  /** Say that these workers live, and free the jobs of those that no longer say so. */
  private async keepAlive(): Promise<void> {
    try {
      await this.database().query(
        `insert into job_worker (id, beat_at) select unnest($1::text[]), now() on conflict (id) do update set beat_at = excluded.beat_at`,
        [[...this.poolIds]],
      );
      const dead = await this.database().query<{ worker: string }>(DEAD_WORKERS, [DEAD_AFTER_MS / SECOND_MS]);
      if (dead.rows.length === 0) return;
      const ids = dead.rows.map((row) => row.worker);
      this.log.warn('jobs_of_dead_workers_freed', { count: ids.length });
      await this.database().query('select graphile_worker.force_unlock_workers($1)', [ids]);
      await this.database().query('delete from job_worker where id = any($1)', [ids]);
    } catch (error) {
      this.log.error('job_heartbeat_failed', error);
    }
  }
}

// Locked by somebody who has not said "I live" for that long, or who was killed before saying it once.
const DEAD_WORKERS = `
  select distinct locked.worker from (
    select locked_by as worker, locked_at from graphile_worker._private_jobs where locked_by is not null
    union all
    select locked_by, locked_at from graphile_worker._private_job_queues where locked_by is not null
  ) locked
  left join job_worker on job_worker.id = locked.worker
  where coalesce(job_worker.beat_at, locked.locked_at) < now() - make_interval(secs => $1)`;

async function endBy(signal: AbortSignal, work: Promise<void>): Promise<void> {
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => {
      reject(new Error('aborted'));
    };
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    await Promise.race([work, aborted]);
  } finally {
    if (onAbort) signal.removeEventListener('abort', onAbort);
  }
}
