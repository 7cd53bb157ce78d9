import type { ChannelKind, ConversationKind, DeliveryState, MessageDirection } from '#contract';
import type { ConnectionId } from '#channels';
import type { TenantTx } from '#platform';
import type { ConversationId, MessageId } from './ids.js';

const THREAD_IDS_MAX = 100;

/** A message that has not left yet, and what is needed to send it. */
export interface Waiting {
  id: MessageId;
  state: Extract<DeliveryState, 'queued' | 'sending'>;
  /** Why it has waited already; null: it has not. */
  code: string | null;
  channel: ChannelKind;
  kind: ConversationKind;
  connectionId: ConnectionId;
  lastInboundAt: Date | null;
  to: string;
  toName: string;
  agentId: string | null;
  subject: string;
  createdAt: Date;
  attempts: number;
  nextAttemptAt: Date | null;
}

/**
 * The oldest message of a conversation that waits to be sent, locked. A part of a reply waits for those before it: while of one of them
 * nobody knows whether it arrived, the parts behind it are passed over.
 */
export async function oldestWaiting(tx: TenantTx, conversationId: ConversationId): Promise<Waiting | null> {
  const [row] = await tx.query<Waiting>(
    `select message.id, message.delivery_state as state, message.delivery_code as code, conversation.channel, conversation.kind,
       message.connection_id as "connectionId", conversation.last_inbound_at as "lastInboundAt", conversation.subject,
       message.created_at as "createdAt", message.author_agent_id as "agentId", contact.name as "toName",
       coalesce(outbox.attempts, 0) as attempts, outbox.next_attempt_at as "nextAttemptAt",
       coalesce(
         (select reply_address from message answered where answered.tenant_id = message.tenant_id
            and answered.conversation_id = conversation.id and answered.direction = 'in' and not answered.from_stranger
            and answered.reply_address is not null order by answered.sent_at desc limit 1),
         (select external_id from contact_identity known where known.tenant_id = message.tenant_id
            and known.contact_id = conversation.contact_id and known.channel = conversation.channel
            and known.scope in ('', message.connection_id::text) order by known.external_id like '%:%' limit 1)
       ) as "to"
     from message
     join conversation on conversation.tenant_id = message.tenant_id and conversation.id = message.conversation_id
     join contact on contact.tenant_id = conversation.tenant_id and contact.id = conversation.contact_id
     left join outbox on outbox.tenant_id = message.tenant_id and outbox.message_id = message.id
     where message.conversation_id = $1 and message.direction = 'out' and message.delivery_state in ('queued', 'sending')
       and not exists (
         select 1 from outbox earlier join message before on before.tenant_id = earlier.tenant_id and before.id = earlier.message_id
         where earlier.tenant_id = outbox.tenant_id and earlier.reply_id = outbox.reply_id and earlier.position < outbox.position
           and before.delivery_state = 'unknown')
     order by message.created_at, message.id limit 1 for update of message`,
    [conversationId],
  );
  return row ?? null;
}

/** The ids of the conversation before this message, as the vendor knows them, and what the contact said last. A stranger's part stays out of what the contact gets. */
export async function threadBefore(tx: TenantTx, conversationId: ConversationId, messageId: MessageId) {
  const earlier = await tx.query<{ external_id: string; direction: MessageDirection }>(
    `select external_id, direction from (
       select external_id, direction, sent_at, id from message
       where conversation_id = $1 and id <> $2 and external_id is not null and direction in ('in', 'out') and not from_stranger
         and created_at < (select created_at from message where id = $2)
       order by sent_at desc, id desc limit $3
     ) newest order by sent_at, id`,
    [conversationId, messageId, THREAD_IDS_MAX],
  );
  const [answered] = await tx.query<{ authorName: string; sentAt: Date; text: string }>(
    `select contact.name as "authorName", message.sent_at as "sentAt", message.text from message
     join contact on contact.tenant_id = message.tenant_id and contact.id = message.author_contact_id
     where message.conversation_id = $1 and message.direction = 'in' and message.kind = 'text' and message.text <> ''
       and not message.from_stranger
     order by message.sent_at desc limit 1`,
    [conversationId],
  );
  return {
    earlierExternalIds: earlier.map(({ external_id }) => external_id),
    answersExternalId: earlier.findLast(({ direction }) => direction === 'in')?.external_id ?? null,
    answered: answered ? { ...answered, html: null } : null,
  };
}
