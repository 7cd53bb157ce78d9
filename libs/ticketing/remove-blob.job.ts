import { Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { defineJob, Jobs } from '#jobs';
import { BlobStore, Database, type TenantId } from '#platform';

/** End a file that the last row to name it has let go. As a job, because the file may only go once that has committed. */
export const RemoveBlob = defineJob({ name: 'remove-blob', payload: z.object({ tenantId: z.uuid(), blob: z.string().max(100) }) });

@Injectable()
export class RemoveBlobJob implements OnModuleInit {
  constructor(
    private readonly db: Database,
    private readonly blobs: BlobStore,
    private readonly jobs: Jobs,
  ) {}

  onModuleInit(): void {
    this.jobs.bind(RemoveBlob, async ({ tenantId, blob }) => {
      const named = await this.db.inTenant(tenantId as TenantId, (tx) =>
        tx.query(
          `select 1 from attachment where blob = $1 union all select 1 from upload where blob = $1
           union all select 1 from outbox where $1 = any(blobs) limit 1`,
          [blob],
        ),
      );
      if (named.length === 0) await this.blobs.remove(blob);
    });
  }
}
