import { Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { defineJob, Jobs } from '#jobs';
import { Clock, Database, DAY_MS, type TenantId } from '#platform';
import { Feed } from './feed.service.js';

const LINE_LIFE_MS = 7 * DAY_MS;
const SweepFeed = defineJob({ name: 'sweep-feed', payload: z.undefined(), cron: '41 3 * * *', attemptTimeoutMs: 600_000 });

@Injectable()
export class SweepFeedJob implements OnModuleInit {
  constructor(
    private readonly jobs: Jobs,
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly feed: Feed,
  ) {}

  onModuleInit(): void {
    this.jobs.bind(SweepFeed, async () => {
      const before = new Date(this.clock.now().getTime() - LINE_LIFE_MS);
      for (const { id } of await this.db.query<{ id: TenantId }>('select tenant_ids() as id')) await this.feed.sweep(id, before);
    });
  }
}
