import { Injectable, type OnModuleInit } from '@nestjs/common';
import { type ConnectionId, ReleaseParked } from '#channels';
import { Jobs } from '#jobs';
import { Database, type TenantId, type TenantTx } from '#platform';
import type { ConversationId } from './ids.js';
import { orderSending } from './send-order.js';

/** A connection works again: everything that waits for it is looked at. What is still in time goes; the rest comes back to the agents. */
export async function releaseParked(jobs: Jobs, tx: TenantTx, connectionId: ConnectionId): Promise<void> {
  await tx.query(
    `update outbox set next_attempt_at = null from message
     where message.id = outbox.message_id and message.connection_id = $1 and message.delivery_state = 'queued'`,
    [connectionId],
  );
  const waiting = await tx.query<{ id: ConversationId }>(
    "select distinct conversation_id as id from message where connection_id = $1 and direction = 'out' and delivery_state = 'queued'",
    [connectionId],
  );
  for (const { id } of waiting) await orderSending(jobs, tx, id);
}

@Injectable()
export class ReleaseParkedJob implements OnModuleInit {
  constructor(
    private readonly db: Database,
    private readonly jobs: Jobs,
  ) {}

  onModuleInit(): void {
    this.jobs.bind(ReleaseParked, ({ tenantId, connectionId }) =>
      this.db.inTenant(tenantId as TenantId, (tx) => releaseParked(this.jobs, tx, connectionId as ConnectionId)),
    );
  }
}
