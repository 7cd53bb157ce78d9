import { Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { defineJob, Jobs } from '#jobs';
import { Clock, Database, DAY_MS, type TenantId } from '#platform';
import { EARLY_EVENT_DAYS_MAX, sweepEarly } from './early-event.js';
import { RAW_KEEP_DAYS_MAX, sweepRaw } from './raw-event.js';

/** Each night what has waited in vain goes, and what was kept as it came. */
const SweepEvents = defineJob({ name: 'sweep-events', payload: z.undefined(), cron: '17 3 * * *', attemptTimeoutMs: 600_000 });

@Injectable()
export class SweepEventsJob implements OnModuleInit {
  constructor(
    private readonly jobs: Jobs,
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.jobs.bind(SweepEvents, async () => {
      for (const { id } of await this.db.query<{ id: TenantId }>('select tenant_ids() as id')) await this.sweep(id);
    });
  }

  /** End what is too old, of one tenant. */
  async sweep(tenantId: TenantId): Promise<void> {
    const before = (days: number) => new Date(this.clock.now().getTime() - days * DAY_MS);
    await this.db.inTenant(tenantId, async (tx) => {
      await sweepEarly(tx, before(EARLY_EVENT_DAYS_MAX));
      await sweepRaw(tx, before(RAW_KEEP_DAYS_MAX));
    });
  }
}
