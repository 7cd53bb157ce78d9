import type { ChannelKind, ConversationKind, DeliveryState, MessageDirection } from '#contract';
import type { ConnectionId } from '#channels';
import type { TenantTx } from '#platform';
import type { ConversationId, MessageId } from './ids.js';
import { INLINE_IMAGE_TYPES } from './inline-image.js';
import type { OutboxFile } from './outbox.js';

const THREAD_IDS_MAX = 100;
/** Pictures of one mail that a quotation shows again. */
const QUOTED_IMAGES_MAX = 20;

/** A message that has not left yet, and what is needed to send it. */
export interface Waiting {
  id: MessageId;
  state: Extract<DeliveryState, 'queued' | 'sending'>;
  /** Why it has waited already, as far as people were told; null: they were not. */
  code: string | null;
  channel: ChannelKind;
  kind: ConversationKind;
  connectionId: ConnectionId;
  lastInboundAt: Date | null;
  to: string;
  toName: string;
  agentId: string | null;
  subject: string;
  /** How it is known outside, where that is certain beforehand. */
  externalId: string | null;
  createdAt: Date;
  attempts: number;
  nextAttemptAt: Date | null;
  /** When it was first put off. */
  firstFailedAt: Date | null;
}

/**
 * Where an answer in a conversation goes: where its contact last wanted answers, else where he or she is known. Never to a stranger, nor to
 * whoever else takes part since another conversation was merged into it.
 */
const ANSWER_ADDRESS = `coalesce(
  (select reply_address from message answered where answered.tenant_id = conversation.tenant_id
     and answered.conversation_id = conversation.id and answered.direction = 'in' and not answered.from_stranger
     and answered.author_contact_id = conversation.contact_id and answered.reply_address is not null order by answered.sent_at desc limit 1),
  (select external_id from contact_identity known where known.tenant_id = conversation.tenant_id
     and known.contact_id = conversation.contact_id and known.channel = conversation.channel
     and known.scope in ('', conversation.connection_id::text) order by known.external_id like '%:%' limit 1))`;

/** Where an answer written now goes; null where there is no address. */
export async function answerAddress(tx: TenantTx, id: ConversationId): Promise<string | null> {
  const [row] = await tx.query<{ to: string | null }>(`select ${ANSWER_ADDRESS} as "to" from conversation where id = $1`, [id]);
  return row?.to ?? null;
}

/**
 * The message of a conversation whose turn it is to be sent, locked: the oldest, or what was passed on to somebody else, which neither waits
 * for what the person gets nor holds it up. One that has to wait comes last. A part of a reply waits for those before it: while of one of
 * them nobody knows whether it arrived, the parts behind it are passed over.
 */
export async function oldestWaiting(tx: TenantTx, conversationId: ConversationId, now: Date): Promise<Waiting | null> {
  const [row] = await tx.query<Waiting>(
    `with turn as (
       select message.id, row_number() over (
           partition by case when message.kind = 'forward' then message.id end order by message.created_at, message.id) as place,
         coalesce(outbox.attempts, 0) as attempts, outbox.next_attempt_at, outbox.first_failed_at
       from message left join outbox on outbox.tenant_id = message.tenant_id and outbox.message_id = message.id
       where message.conversation_id = $1 and message.direction = 'out' and message.delivery_state in ('queued', 'sending')
         and not exists (
           select 1 from outbox earlier join message before on before.tenant_id = earlier.tenant_id and before.id = earlier.message_id
           where earlier.tenant_id = outbox.tenant_id and earlier.reply_id = outbox.reply_id and earlier.position < outbox.position
             and before.delivery_state = 'unknown')
     )
     select message.id, message.delivery_state as state, message.delivery_code as code, conversation.channel, conversation.kind,
       message.connection_id as "connectionId", conversation.last_inbound_at as "lastInboundAt", conversation.subject,
       message.external_id as "externalId", message.created_at as "createdAt", message.author_agent_id as "agentId", contact.name as "toName", turn.attempts,
       turn.next_attempt_at as "nextAttemptAt", turn.first_failed_at as "firstFailedAt", ${ANSWER_ADDRESS} as "to"
     from turn
     join message on message.id = turn.id
     join conversation on conversation.tenant_id = message.tenant_id and conversation.id = message.conversation_id
     join contact on contact.tenant_id = conversation.tenant_id and contact.id = conversation.contact_id
     where turn.place = 1
     order by case when turn.next_attempt_at > $2 then turn.next_attempt_at end nulls first, message.created_at, message.id
     limit 1 for update of message`,
    [conversationId, now],
  );
  return row ?? null;
}

/** Of a mail: it is by the contact, or was sent to the contact and not to somebody whose conversation was merged into this one. */
const IS_WITH_CONTACT = `case direction
  when 'in' then author_contact_id = (select contact_id from conversation where conversation.id = message.conversation_id)
  else not exists (
    select 1 from conversation_merge merge join conversation part on part.tenant_id = merge.tenant_id and part.id = merge.conversation_id
      join conversation whole on whole.tenant_id = merge.tenant_id and whole.id = part.merged_into_id
    where part.merged_into_id = message.conversation_id and part.contact_id <> whole.contact_id and message.id = any(merge.message_ids)) end`;

/** What an answer continues. */
export interface ThreadBefore {
  earlierExternalIds: string[];
  answersExternalId: string | null;
  answered: { authorName: string; sentAt: Date; text: string; html: string | null; files: OutboxFile[] } | null;
  outlookThread: { index: string | null; topic: string | null };
}

/**
 * The ids of the conversation before this message, as the vendor knows them, and what the contact said last. A stranger's part stays out of
 * what the contact gets, and so does what was passed on to others, or said by and to somebody else in a conversation that was merged.
 */
export async function threadBefore(tx: TenantTx, conversationId: ConversationId, messageId: MessageId): Promise<ThreadBefore> {
  const earlier = await tx.query<{ external_id: string; direction: MessageDirection }>(
    `select external_id, direction from (
       select external_id, direction, sent_at, id from message
       where conversation_id = $1 and id <> $2 and external_id is not null and direction in ('in', 'out') and not from_stranger
         and ${IS_WITH_CONTACT} and kind <> 'forward' and created_at < (select created_at from message where id = $2)
       order by sent_at desc, id desc limit $3
     ) newest order by sent_at, id`,
    [conversationId, messageId, THREAD_IDS_MAX],
  );
  const [answered] = await tx.query<Answered>(
    `select message.id, contact.name as "authorName", message.sent_at as "sentAt", message.text, message.html,
       message.mail_headers ->> 'threadIndex' as index, message.mail_headers ->> 'threadTopic' as topic
     from message
     join contact on contact.tenant_id = message.tenant_id and contact.id = message.author_contact_id
     join conversation on conversation.tenant_id = message.tenant_id and conversation.id = message.conversation_id
       and conversation.contact_id = message.author_contact_id
     where message.conversation_id = $1 and message.direction = 'in' and message.kind = 'text' and message.text <> ''
       and not message.from_stranger and message.unsent_at is null
     order by message.sent_at desc limit 1`,
    [conversationId],
  );
  return {
    earlierExternalIds: earlier.map(({ external_id }) => external_id),
    answersExternalId: earlier.findLast(({ direction }) => direction === 'in')?.external_id ?? null,
    answered: answered ? await quotable(tx, answered) : null,
    outlookThread: { index: answered?.index ?? null, topic: answered?.topic ?? null },
  };
}

interface Answered {
  id: MessageId;
  authorName: string;
  sentAt: Date;
  text: string;
  html: string | null;
  index: string | null;
  topic: string | null;
}

async function quotable(tx: TenantTx, { id, authorName, sentAt, text, html }: Answered): Promise<ThreadBefore['answered']> {
  return { authorName, sentAt, text, html, files: html === null ? [] : await inlineFilesOf(tx, id) };
}

/** The pictures that a message's HTML shows in their place. */
export async function inlineFilesOf(tx: TenantTx, id: MessageId): Promise<OutboxFile[]> {
  const rows = await tx.query<OutboxFile & { sizeBytes: string }>(
    `select blob, name, media_type as "mediaType", size_bytes as "sizeBytes", content_id as "contentId" from attachment
     where message_id = $1 and content_id is not null and blob is not null and state = 'stored' and size_bytes is not null
       and media_type = any($2) order by position limit $3`,
    [id, [...INLINE_IMAGE_TYPES], QUOTED_IMAGES_MAX],
  );
  return rows.map((row) => ({ ...row, sizeBytes: Number(row.sizeBytes) }));
}
