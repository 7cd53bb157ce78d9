import { Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { defineJob, Jobs } from '#jobs';
import { Database, type TenantId } from '#platform';
import { VendorFiles } from './vendor-files.js';

const SweepVendorFiles = defineJob({ name: 'sweep-vendor-files', payload: z.undefined(), cron: '23 3 * * *', attemptTimeoutMs: 600_000 });

@Injectable()
export class SweepVendorFilesJob implements OnModuleInit {
  constructor(
    private readonly jobs: Jobs,
    private readonly db: Database,
    private readonly files: VendorFiles,
  ) {}

  onModuleInit(): void {
    this.jobs.bind(SweepVendorFiles, async () => {
      for (const { id } of await this.db.query<{ id: TenantId }>('select tenant_ids() as id')) await this.files.sweep(id);
    });
  }
}
