import { z } from 'zod';
import { defineJob, type Jobs } from '#jobs';
import type { TenantTx } from '#platform';
import type { ConversationId } from './ids.js';

/** Send what waits in one conversation, oldest first. */
export const SendOutbox = defineJob({
  name: 'send-outbox',
  payload: z.object({ tenantId: z.uuid(), conversationId: z.uuid() }),
  queueOf: ({ conversationId }) => `outbox ${conversationId}`,
  attemptTimeoutMs: 900_000,
});

/** Have a conversation's outbox looked at, now or then. One order at a time waits: the newest word on when. */
export async function orderSending(jobs: Jobs, tx: TenantTx, conversationId: ConversationId, runAt?: Date): Promise<void> {
  const when = runAt === undefined ? {} : { runAt };
  await jobs.enqueue(tx, SendOutbox, { tenantId: tx.tenantId, conversationId }, { ...when, onceKey: `outbox ${conversationId}` });
}
