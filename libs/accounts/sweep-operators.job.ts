import { Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { defineJob, Jobs } from '#jobs';
import { Clock, Database } from '#platform';

const SweepOperators = defineJob({ name: 'sweep-operators', payload: z.undefined(), cron: '23 * * * *' });

const GONE = [
  'delete from operator_nonce where forget_at < $1',
  'delete from operator_challenge where expires_at < $1',
  'delete from operator_enrolment where expires_at < $1',
  'delete from operator_session where expires_at < $1',
];

/** Removes what can open nothing any more, and the numbers of signatures that have run out. */
@Injectable()
export class SweepOperatorsJob implements OnModuleInit {
  constructor(
    private readonly jobs: Jobs,
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.jobs.bind(SweepOperators, () => this.sweep());
  }

  async sweep(): Promise<void> {
    for (const statement of GONE) await this.db.query(statement, [this.clock.now()]);
  }
}
