import { Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { defineJob, Jobs } from '#jobs';
import { Clock, Database, DAY_MS, type TenantId } from '#platform';
import { AUTOMATIC_MAIL_COUNTED_MS } from './automatic-mail.js';
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
      await this.sweepCounts();
    });
  }

  /** End what is no longer counted, of all tenants. */
  async sweepCounts(): Promise<void> {
    await this.db.query('delete from automatic_mail where at < $1', [new Date(this.clock.now().getTime() - AUTOMATIC_MAIL_COUNTED_MS)]);
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
