import { z } from 'zod';
import type { ConnectionId, ConnectionService } from '#channels';
import { defineJob, type Jobs } from '#jobs';
import type { TenantTx } from '#platform';
import type { ConversationId, MessageId } from './ids.js';

/** Tell an agent by mail what was said in a conversation of his. */
export const NotifyAgent = defineJob({
  name: 'notify-agent',
  payload: z.object({
    tenantId: z.uuid(),
    messageId: z.uuid(),
    agentId: z.uuid(),
    why: z.enum(['said', 'assigned']),
    /** Only of one that had to wait. */
    giveUpAt: z.iso.datetime().optional(),
  }),
  attemptTimeoutMs: 900_000,
});
export type Notice = z.infer<typeof NotifyAgent.payload>;

/** By what a notification is ordered. */
export interface NoticeMeans {
  jobs: Jobs;
  connections: ConnectionService;
}

/** A person said something: whose conversation it is hears of it, if `tx` commits. For what a human wrote, live, outside quarantine. */
export async function noticeOfWords(
  tx: TenantTx,
  means: NoticeMeans,
  { conversationId, messageId }: { conversationId: ConversationId; messageId: MessageId },
): Promise<void> {
  const [conversation] = await tx.queryPrepared<{ assigneeId: string | null; connectionId: ConnectionId }>(
    'notify-agent-assignee',
    `select assignee_id as "assigneeId", connection_id as "connectionId" from conversation where id = $1 and channel = 'email'`,
    [conversationId],
  );
  if (!conversation || conversation.assigneeId === null) return;
  await order(tx, means, { connectionId: conversation.connectionId, messageId, agentId: conversation.assigneeId, why: 'said' });
}

/** Somebody else gave a conversation to an agent: he hears what the person said last, if `tx` commits. */
export async function noticeOfAssignment(
  tx: TenantTx,
  means: NoticeMeans,
  { conversationId, agentId }: { conversationId: ConversationId; agentId: string },
): Promise<void> {
  const [last] = await tx.query<{ messageId: MessageId; connectionId: ConnectionId }>(
    `select message.id as "messageId", conversation.connection_id as "connectionId"
     from message join conversation on conversation.tenant_id = message.tenant_id and conversation.id = message.conversation_id
     where message.conversation_id = $1 and conversation.channel = 'email' and message.direction = 'in'
     order by message.sent_at desc, message.id desc limit 1`,
    [conversationId],
  );
  if (last) await order(tx, means, { ...last, agentId, why: 'assigned' });
}

// Asked before anything is ordered: where nobody wants such mail, which is most everywhere, it costs no job.
async function order(
  tx: TenantTx,
  { jobs, connections }: NoticeMeans,
  { connectionId, messageId, agentId, why }: Omit<Notice, 'tenantId'> & { connectionId: ConnectionId },
): Promise<void> {
  const { mailbox } = await connections.open(tx, connectionId);
  if (mailbox?.settings.agentMail !== true) return;
  await jobs.enqueue(tx, NotifyAgent, { tenantId: tx.tenantId, messageId, agentId, why }, { onceKey: onceKeyOf({ messageId, agentId }) });
}

/** Its mail has to wait until then. As a job of its own, because waiting for one's turn is no failed try. */
export async function orderAgain(tx: TenantTx, jobs: Jobs, notice: Required<Notice>, runAt: Date): Promise<void> {
  await jobs.enqueue(tx, NotifyAgent, notice, { runAt, onceKey: onceKeyOf(notice) });
}

function onceKeyOf({ messageId, agentId }: Pick<Notice, 'messageId' | 'agentId'>): string {
  return `notify-agent:${messageId}:${agentId}`;
}
