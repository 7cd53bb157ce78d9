import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import { Database, MINUTE_MS, MovableClock, SECOND_MS } from '#platform';
import { KeptLog } from '../../test/kept-log.js';
import { createTestDatabase, type TestDatabase } from '../../test/test-database.js';
import { defineJob, type JobDefinition } from './job-definition.js';
import { DEAD_AFTER_MS, HEARTBEAT_EVERY_MS, JobWorker } from './job-worker.service.js';
import { Jobs } from './jobs.service.js';

const WAIT_MS_MAX = 20_000;
const KILLED_WORKER = join(import.meta.dirname, '../../test/killed-worker.js');
const Numbered = z.object({ n: z.number().int() });
type Numbered = z.infer<typeof Numbered>;

describe('jobs', () => {
  let database: TestDatabase;
  let db: Database;
  let clock: MovableClock;
  let log: KeptLog;
  let jobs: Jobs;
  let worker: JobWorker;
  const running: (() => Promise<unknown>)[] = [];

  beforeEach(async () => {
    database = await createTestDatabase();
    db = new Database(await new DataSource({ type: 'postgres', url: database.urls.app }).initialize());
    clock = new MovableClock();
    log = new KeptLog();
    jobs = new Jobs(clock);
    worker = workerOf(jobs);
  });
  afterEach(async () => {
    for (const stop of running.splice(0)) await stop();
    await db.close();
    await database.drop();
  });

  function workerOf(of: Jobs): JobWorker {
    const made = new JobWorker(of, clock, log, database.urls);
    running.push(() => made.beforeApplicationShutdown());
    return made;
  }
  const note = (more: Partial<JobDefinition<Numbered>> = {}) => defineJob({ name: 'note-number', payload: Numbered, ...more });
  const enqueue = (job: JobDefinition<Numbered>, n: number, options: { runAt?: Date; onceKey?: string } = {}) =>
    db.inInstallation((tx) => jobs.enqueue(tx, job, { n }, options));
  const queued = async () =>
    (
      await database.owner.query<{ attempts: number; text: string }>(
        'select attempts, row_to_json(j)::text as text from graphile_worker._private_jobs j order by id',
      )
    ).rows;
  const until = async (holds: () => unknown) => {
    const giveUpAt = performance.now() + WAIT_MS_MAX;
    while (!(await holds())) {
      if (performance.now() > giveUpAt) throw new Error(`waited in vain: ${holds.toString()}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };

  it('exist if and only if the transaction that enqueued them committed', async () => {
    const done: number[] = [];
    const job = note();
    jobs.bind(job, ({ n }) => Promise.resolve(void done.push(n)));
    await enqueue(job, 1);
    await expect(
      db.inInstallation(async (tx) => {
        await jobs.enqueue(tx, job, { n: 2 });
        throw new Error('rolled back');
      }),
    ).rejects.toThrow('rolled back');
    await db.inInstallation(async (tx) => {
      await jobs.enqueue(tx, job, { n: 3 });
      await worker.drain();
      expect(done).toEqual([1]);
    });
    await worker.drain();
    expect(done).toEqual([1, 3]);
    expect(await queued()).toEqual([]);
  });

  it('wait for their time', async () => {
    const done: number[] = [];
    const job = note();
    jobs.bind(job, ({ n }) => Promise.resolve(void done.push(n)));
    await enqueue(job, 1, { runAt: new Date(clock.now().getTime() + 10 * MINUTE_MS) });
    await worker.drain();
    clock.advance({ minutes: 9 });
    await worker.drain();
    expect(done).toEqual([]);
    clock.advance({ minutes: 2 });
    await worker.drain();
    expect(done).toEqual([1]);
  });

  it('are tried again when they throw, and told which try it is and whether it is the last', async () => {
    const tries: { attempt: number; isLastAttempt: boolean }[] = [];
    const job = note({ attemptsMax: 3 });
    jobs.bind(job, (_, { attempt, isLastAttempt }) => {
      tries.push({ attempt, isLastAttempt });
      return Promise.reject(new Error('not yet'));
    });
    await enqueue(job, 1);
    for (let n = 0; n < 5; n++) {
      await worker.drain();
      clock.advance({ hours: 1 });
    }
    expect(tries).toEqual([
      { attempt: 1, isLastAttempt: false },
      { attempt: 2, isLastAttempt: false },
      { attempt: 3, isLastAttempt: true },
    ]);
  });

  it('pause before they are tried again', async () => {
    let tries = 0;
    const job = note();
    jobs.bind(job, () => Promise.reject(new Error(`try ${String(++tries)}`)));
    await enqueue(job, 1);
    await worker.drain();
    await worker.drain();
    expect(tries).toBe(1);
  });

  it('leave no word of an error in the queue or in the log, because an error may quote what it was about', async () => {
    class ReadingFailed extends Error {}
    const job = note();
    jobs.bind(job, () => Promise.reject(new ReadingFailed('canary: what a customer wrote', { cause: new Error('canary cause') })));
    await enqueue(job, 1);
    await worker.drain();
    const [row] = await queued();
    expect(row).toMatchObject({ attempts: 1 });
    expect(row!.text).toContain('ReadingFailed');
    expect(log.has('job_failed', { errorName: 'ReadingFailed', job: job.name, attempt: 1 })).toBe(true);
    for (const kept of [row!.text, ...log.lines]) expect(kept).not.toContain('canary');
  });

  it('hold of their payload only what they declared, and refuse what does not fit before it is stored', async () => {
    const job = note();
    const withMore = { n: 1, text: 'canary' } as Numbered;
    await db.inInstallation((tx) => jobs.enqueue(tx, job, withMore));
    expect((await queued())[0]!.text).not.toContain('canary');
    for (const wrong of [{}, { n: '1' }, { n: 1.5 }, null, 'n']) {
      await expect(db.inInstallation((tx) => jobs.enqueue(tx, job, wrong as Numbered))).rejects.toThrow();
    }
    expect(await queued()).toHaveLength(1);
  });

  it('of one queue run one after the other, in the order they were enqueued; others do not wait for them', async () => {
    const order: string[] = [];
    const atWork = new Map<string, number>();
    let sameTimeMax = 0;
    const Letter = z.object({ queue: z.string(), n: z.number() });
    const job = defineJob({ name: 'note-letter', payload: Letter, queueOf: ({ queue }) => queue });
    jobs.bind(job, async ({ queue, n }) => {
      atWork.set(queue, (atWork.get(queue) ?? 0) + 1);
      expect(atWork.get(queue)).toBe(1);
      sameTimeMax = Math.max(
        sameTimeMax,
        [...atWork.values()].reduce((sum, count) => sum + count, 0),
      );
      order.push(`${queue}${String(n)}`);
      await new Promise((resolve) => setImmediate(resolve));
      atWork.set(queue, atWork.get(queue)! - 1);
    });
    for (let n = 0; n < 10; n++) {
      for (const queue of ['a', 'b']) await db.inInstallation((tx) => jobs.enqueue(tx, job, { queue, n }));
    }
    await worker.drain();
    for (const queue of ['a', 'b']) {
      expect(order.filter((one) => one.startsWith(queue))).toEqual(Array.from({ length: 10 }, (_, n) => `${queue}${String(n)}`));
    }
  });

  it('with one key wait once, as they were last enqueued; a started one is not replaced', async () => {
    const done: number[] = [];
    const job = note();
    jobs.bind(job, async ({ n }) => {
      done.push(n);
      if (n === 2) await enqueue(job, 3, { onceKey: 'one' });
    });
    await enqueue(job, 1, { onceKey: 'one' });
    await enqueue(job, 2, { onceKey: 'one' });
    await enqueue(job, 7, { onceKey: 'other' });
    await worker.drain();
    expect(done.sort()).toEqual([2, 3, 7]);
  });

  it('that take too long are told to stop, and tried again', async () => {
    let isTold = false;
    const job = note({ attemptTimeoutMs: 30 });
    jobs.bind(job, (_, { signal, attempt }) => {
      if (attempt > 1) return Promise.resolve();
      signal.addEventListener('abort', () => (isTold = true));
      return new Promise(() => undefined);
    });
    await enqueue(job, 1);
    await worker.drain();
    expect(isTold).toBe(true);
    expect(await queued()).toMatchObject([{ attempts: 1 }]);
    clock.advance({ minutes: 1 });
    await worker.drain();
    expect(await queued()).toEqual([]);
  });

  it('are bound once: a second meaning for a name is a mistake', () => {
    jobs.bind(note(), () => Promise.resolve());
    expect(() => jobs.bind(note(), () => Promise.resolve())).toThrow(/bound twice/);
  });

  it('by the clock need a time that can be read', async () => {
    jobs.bind(defineJob({ name: 'every-hour', payload: z.undefined(), cron: '17 * * * *' }), () => Promise.resolve());
    await worker.start();
    const others = new Jobs(clock);
    others.bind(defineJob({ name: 'never', payload: z.undefined(), cron: 'now and then' }), () => Promise.resolve());
    await expect(workerOf(others).start()).rejects.toThrow();
  });

  it('are added by the serving role and neither read nor changed by it', async () => {
    await enqueue(note(), 1);
    for (const statement of [
      'select * from graphile_worker._private_jobs',
      'delete from graphile_worker._private_jobs',
      "select graphile_worker.add_job('note-number')",
      'select * from job_worker',
    ]) {
      await expect(db.inInstallation((tx) => tx.query(statement))).rejects.toThrow(/permission denied/);
    }
    expect(await queued()).toHaveLength(1);
  });

  describe('of a worker that was killed', () => {
    async function killAtWork(job: JobDefinition<Numbered>): Promise<void> {
      const child: ChildProcess = spawn(process.execPath, [KILLED_WORKER, database.urls.jobs, job.name], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      running.push(() => Promise.resolve(child.kill('SIGKILL')));
      const gone = once(child, 'exit');
      const [said] = (await once(child.stdout!, 'data')) as [Buffer];
      expect(said.toString()).toContain('running');
      child.kill('SIGKILL');
      await gone;
    }
    /** As if that much time had gone by since the last sign of life. */
    const silentFor = (ms: number) =>
      database.owner.query(
        `with beats as (update job_worker set beat_at = beat_at - make_interval(secs => $1))
         , locks as (update graphile_worker._private_job_queues set locked_at = locked_at - make_interval(secs => $1) where locked_by is not null)
         update graphile_worker._private_jobs set locked_at = locked_at - make_interval(secs => $1) where locked_by is not null`,
        [ms / SECOND_MS],
      );

    it.each([
      ['without a queue', null],
      ['of a queue, with those behind it', 'a queue'],
    ])('run again: %s', async (_, queue) => {
      const done: number[] = [];
      const job = note({ queueOf: () => queue });
      jobs.bind(job, ({ n }) => Promise.resolve(void done.push(n)));
      await enqueue(job, 1);
      await killAtWork(job);
      await enqueue(job, 2);
      await silentFor(DEAD_AFTER_MS + SECOND_MS);
      await worker.start();
      await until(() => done.length === 2);
      expect(done.sort()).toEqual([1, 2]);
      expect(log.has('jobs_of_dead_workers_freed', { count: 1 })).toBe(true);
    });

    it('run again when it was killed before it had said that it lives', async () => {
      const done: number[] = [];
      const job = note();
      jobs.bind(job, ({ n }) => Promise.resolve(void done.push(n)));
      await enqueue(job, 1);
      await killAtWork(job);
      await database.owner.query('delete from job_worker');
      await silentFor(DEAD_AFTER_MS + SECOND_MS);
      await worker.start();
      await until(() => done.length === 1);
    });

    it('run again within a minute, by the numbers: silence until it counts as dead, then one beat of another', () => {
      expect(DEAD_AFTER_MS + HEARTBEAT_EVERY_MS).toBeLessThan(MINUTE_MS);
      expect(DEAD_AFTER_MS).toBeGreaterThan(3 * HEARTBEAT_EVERY_MS);
    });
  });

  it('of a worker that lives are left to it, however long they take', async () => {
    const started: string[] = [];
    let finish = () => {};
    const finished = new Promise<void>((resolve) => (finish = resolve));
    const job = note();
    const bindTo = (to: Jobs, who: string) =>
      to.bind(job, () => {
        started.push(who);
        return finished;
      });
    const others = new Jobs(clock);
    bindTo(jobs, 'first');
    bindTo(others, 'second');
    await worker.start();
    await enqueue(job, 1);
    await until(() => started.length === 1);
    // It took the job long ago, and says that it lives.
    await database.owner.query("update graphile_worker._private_jobs set locked_at = locked_at - interval '1 hour'");
    await workerOf(others).start();
    expect(log.has('jobs_of_dead_workers_freed')).toBe(false);
    expect(started).toEqual(['first']);
    finish();
    await until(async () => (await queued()).length === 0);
  });

  it('worker leaves nothing behind when it stops', async () => {
    await worker.start();
    await until(async () => (await database.owner.query('select 1 from job_worker')).rowCount! > 0);
    await worker.beforeApplicationShutdown();
    expect((await database.owner.query('select 1 from job_worker')).rowCount).toBe(0);
  });
});
