import { Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { AuditHeads, AuditPersonal } from '#audit';
import { defineJob, Jobs } from '#jobs';
import { Database, type TenantId } from '#platform';

const RecordAuditHeads = defineJob({ name: 'record-audit-heads', payload: z.undefined(), cron: '23 2 * * *', attemptTimeoutMs: 600_000 });

/** Once a day: how far the chains of the audit have come, and the end of what is too old beside them. */
@Injectable()
export class RecordAuditHeadsJob implements OnModuleInit {
  constructor(
    private readonly jobs: Jobs,
    private readonly db: Database,
    private readonly heads: AuditHeads,
    private readonly personal: AuditPersonal,
  ) {}

  onModuleInit(): void {
    this.jobs.bind(RecordAuditHeads, async () => {
      const tenants = await this.db.query<{ id: TenantId }>('select tenant_ids() as id');
      const ids = tenants.map(({ id }) => id);
      for (const chain of ['installation', ...ids] as const) await this.personal.sweep(chain);
      await this.heads.recordAll(ids);
    });
  }
}
