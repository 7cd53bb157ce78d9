import { Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { defineJob, Jobs } from '#jobs';
import { Clock, Database, DAY_MS, type TenantId } from '#platform';
import { Outbox } from './outbox.js';
import { UploadService } from './upload.service.js';

/** How long what could not be sent is kept, so that an agent can still send it. */
const GIVEN_UP_KEPT_MS = 7 * DAY_MS;

const SweepOutgoing = defineJob({ name: 'sweep-outgoing', payload: z.undefined(), cron: '29 * * * *', attemptTimeoutMs: 600_000 });

/** Every hour: files that no reply used, and what was given up long ago. */
@Injectable()
export class SweepOutgoingJob implements OnModuleInit {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly jobs: Jobs,
    private readonly outbox: Outbox,
    private readonly uploads: UploadService,
  ) {}

  onModuleInit(): void {
    this.jobs.bind(SweepOutgoing, () => this.sweep());
  }

  async sweep(): Promise<void> {
    const before = new Date(this.clock.now().getTime() - GIVEN_UP_KEPT_MS);
    for (const { id } of await this.db.query<{ id: TenantId }>('select tenant_ids() as id')) {
      await this.db.inTenant(id, async (tx) => {
        await this.outbox.sweep(tx, before);
        await this.uploads.sweep(tx);
      });
    }
  }
}
