import assert from 'node:assert/strict';
import { Injectable } from '@nestjs/common';
import { Clock, type Tx } from '#platform';
import type { JobDefinition } from './job-definition.js';

/** What a running job is told beside its payload. */
export interface JobRun {
  /** 1 for the first try. */
  attempt: number;
  isLastAttempt: boolean;
  /** Aborted when the attempt has taken too long or the process is stopping. */
  signal: AbortSignal;
}

export interface BoundJob {
  definition: JobDefinition<unknown>;
  run: (payload: unknown, run: JobRun) => Promise<void>;
}

/** Where rooms put work for later, and say what doing it means. */
@Injectable()
export class Jobs {
  private readonly bound = new Map<string, BoundJob>();

  constructor(private readonly clock: Clock) {}

  /**
   * Do this later, if `tx` commits.
   *
   * Shape    onceKey: a job with the same key that has not started yet is replaced instead of doubled
   */
  async enqueue<Payload>(
    tx: Tx,
    job: JobDefinition<Payload>,
    payload: Payload,
    options: { runAt?: Date; onceKey?: string } = {},
  ): Promise<void> {
    await tx.query('select enqueue_job($1, $2, $3, $4, $5, $6)', [
      job.name,
      JSON.stringify(job.payload.parse(payload)),
      job.queueOf(payload),
      options.runAt ?? this.clock.now(),
      job.attemptsMax,
      options.onceKey ?? null,
    ]);
  }

  /** Say what doing a kind of job means. Throwing is how a job asks to be tried again. */
  bind<Payload>(definition: JobDefinition<Payload>, run: (payload: Payload, run: JobRun) => Promise<void>): void {
    assert(!this.bound.has(definition.name), `the job ${definition.name} is bound twice`);
    this.bound.set(definition.name, { definition: definition as JobDefinition<unknown>, run: run as BoundJob['run'] });
  }

  /** @internal */
  all(): BoundJob[] {
    return [...this.bound.values()];
  }
}
