import { Injectable, type OnModuleInit } from '@nestjs/common';
import { TenantResumed } from '#accounts';
import type { ConnectionId } from '#channels';
import { Jobs } from '#jobs';
import { Database, type TenantId } from '#platform';
import { AgentMailReturnJob } from './agent-mail-return.job.js';
import { releaseParked } from './release-parked.job.js';

/** A tenant may act again: what waited is looked at. What is still in time goes; the rest comes back to the agents. */
@Injectable()
export class TenantResumedJob implements OnModuleInit {
  constructor(
    private readonly jobs: Jobs,
    private readonly db: Database,
    private readonly returns: AgentMailReturnJob,
  ) {}

  onModuleInit(): void {
    this.jobs.bind(TenantResumed, ({ tenantId }) =>
      this.db.inTenant(tenantId as TenantId, async (tx) => {
        const waiting = await tx.query<{ id: ConnectionId }>(
          "select distinct connection_id as id from message where direction = 'out' and delivery_state = 'queued'",
        );
        for (const { id } of waiting) await releaseParked(this.jobs, tx, id);
        await this.returns.orderAll(tx);
      }),
    );
  }
}
