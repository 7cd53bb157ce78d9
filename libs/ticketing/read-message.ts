import type {
  AttachedMail,
  Attachment,
  AttachmentKind,
  CommentState,
  DeliveryState,
  Message,
  MessageAuthor,
  MessageDelivery,
  MessageKind,
} from '#contract';
import { DAY_MS } from '#platform';
import type { ContactId, ConversationId, MessageId } from './ids.js';
import type { Names } from './read-conversation.js';
import { isShownInline } from './inline-image.js';
import { EARLIER_TEXTS } from './message-version.js';
import { describeMail, MAIL_COLUMNS, type MailRow } from './read-mail.js';

const QUOTE_LENGTH_MAX = 200;

/**
 * How long after a comment its author may be answered in private.
 *
 * Source   Meta's private replies
 */
export const PRIVATE_REPLY_WITHIN_MS = 7 * DAY_MS;

/** A message with what it answers. */
export const MESSAGE_SOURCE = `message left join message quoted on quoted.tenant_id = message.tenant_id
  and quoted.connection_id = message.connection_id and quoted.external_id = message.reply_to_external_id`;

/** What a message in a thread is made of: the row, its attachments and reactions, and what it answers. */
export const MESSAGE_COLUMNS = `
  message.id, message.conversation_id as "conversationId", message.direction, message.kind, message.author_kind as "authorKind",
  message.author_contact_id as "authorContactId", message.author_agent_id as "authorAgentId",
  (select name from contact where contact.id = message.author_contact_id) as "contactName",
  message.text, message.full_text as "fullText", message.html is not null as "hasHtml", message.subject, message.detail, message.cc,
  message.edited, message.withheld, message.from_stranger as "fromStranger", message.delivery_state as "deliveryState",
  message.delivery_at as "deliveryAt", message.delivery_code as "deliveryCode", message.delivery_reason as "deliveryReason",
  message.delivery_remedy as "deliveryRemedy", message.sent_at as "sentAt",
  (select next_attempt_at from outbox where outbox.message_id = message.id and message.delivery_state = 'queued' and given_up_at is null) as "nextTryAt",
  message.unsent_at as "unsentAt", message.quick_replies as "quickReplies", message.human_agent as "humanAgent", message.hidden, message.liked,
  message.private_reply_at as "privateReplyAt", case when message.edited then ${EARLIER_TEXTS} end as "earlierTexts",
  quoted.id as "replyToId", case when quoted.unsent_at is null then left(quoted.text, ${String(QUOTE_LENGTH_MAX)}) end as "replyToText", quoted.author_agent_id as "replyToAgentId",
  (select name from contact where contact.id = quoted.author_contact_id) as "replyToContactName",
  (select json_agg(json_build_object('id', id, 'kind', kind, 'name', name, 'mediaType', media_type, 'sizeBytes', size_bytes, 'state', state,
     'hasBytes', blob is not null, 'link', case when kind = 'link' then source_url end, 'contentId', content_id, 'mail', summary)
     order by position)
   from attachment where attachment.message_id = message.id) as attachments,
  (select json_agg(json_build_object('emoji', emoji, 'by', (select name from contact where contact.id = reaction.contact_id)))
   from reaction where reaction.message_id = message.id and reaction.emoji <> '') as reactions,
  ${MAIL_COLUMNS}`;

export interface MessageRow extends MailRow {
  id: MessageId;
  conversationId: ConversationId;
  kind: MessageKind;
  authorKind: MessageAuthor['kind'];
  authorContactId: ContactId | null;
  authorAgentId: string | null;
  contactName: string | null;
  text: string;
  fullText: string | null;
  hasHtml: boolean;
  subject: string | null;
  detail: string | null;
  cc: string[];
  edited: boolean;
  withheld: boolean;
  fromStranger: boolean;
  deliveryState: DeliveryState | null;
  deliveryAt: Date | null;
  deliveryCode: string | null;
  deliveryReason: string | null;
  deliveryRemedy: MessageDelivery['remedy'];
  nextTryAt: Date | null;
  sentAt: Date;
  unsentAt: Date | null;
  quickReplies: string[];
  humanAgent: boolean;
  hidden: boolean;
  liked: boolean;
  privateReplyAt: Date | null;
  earlierTexts: { text: string; at: string }[] | null;
  replyToId: string | null;
  replyToText: string | null;
  replyToAgentId: string | null;
  replyToContactName: string | null;
  attachments: AttachmentRow[] | null;
  reactions: { emoji: string; by: string }[] | null;
}

interface AttachmentRow {
  id: string;
  kind: AttachmentKind;
  name: string;
  mediaType: string | null;
  sizeBytes: number | null;
  state: Attachment['state'];
  hasBytes: boolean;
  link: string | null;
  contentId: string | null;
  mail: AttachedMail | null;
}

/** A message as the thread shows it. What its author took back is left out, wherever it stood. */
export function describeMessage(row: MessageRow, { agents, connections }: Names, now: Date): Message {
  const isThere = row.unsentAt === null;
  return {
    id: row.id,
    conversationId: row.conversationId,
    direction: row.direction,
    kind: row.kind,
    author: {
      kind: row.authorKind,
      id: row.authorContactId ?? row.authorAgentId,
      name: row.contactName ?? agents.get(row.authorAgentId ?? '') ?? '',
    },
    text: isThere ? row.text : '',
    fullText: isThere ? row.fullText : null,
    htmlUrl: isThere && row.hasHtml ? `/api/messages/${row.id}/html` : null,
    subject: isThere ? row.subject : null,
    detail: isThere ? row.detail : null,
    cc: row.cc,
    replyTo:
      row.replyToId === null
        ? null
        : {
            id: row.replyToId,
            authorName: row.replyToContactName ?? agents.get(row.replyToAgentId ?? '') ?? '',
            text: row.replyToText ?? '',
          },
    attachments: isThere ? (row.attachments ?? []).map((attachment) => describeAttachment(attachment, row.hasHtml)) : [],
    reactions: row.reactions ?? [],
    edited: row.edited,
    earlierTexts: isThere ? (row.earlierTexts ?? []).map(({ text, at }) => ({ text, at: new Date(at).toISOString() })) : [],
    unsentAt: row.unsentAt?.toISOString() ?? null,
    quickReplies: isThere ? row.quickReplies : [],
    humanAgent: row.humanAgent,
    comment: row.kind === 'comment' ? describeComment(row, now) : null,
    withheld: row.withheld,
    fromStranger: row.fromStranger,
    mail: describeMail(row, connections),
    delivery:
      row.deliveryState === null
        ? null
        : {
            state: row.deliveryState,
            at: row.deliveryAt!.toISOString(),
            reason: row.deliveryReason,
            code: row.deliveryCode,
            remedy: row.deliveryRemedy,
            nextTryAt: row.nextTryAt?.toISOString() ?? null,
          },
    sentAt: row.sentAt.toISOString(),
  };
}

function describeComment({ hidden, liked, privateReplyAt, sentAt, direction, unsentAt }: MessageRow, now: Date): CommentState {
  const until = new Date(sentAt.getTime() + PRIVATE_REPLY_WITHIN_MS);
  // The page cannot write to itself, nor about what is no longer there.
  const isOver = direction !== 'in' || unsentAt !== null || until <= now;
  const privateReply = privateReplyAt !== null ? 'used' : isOver ? 'over' : 'possible';
  return { hidden, liked, privateReply, privateReplyUntil: privateReply === 'possible' ? until.toISOString() : null };
}

function describeAttachment(row: AttachmentRow, hasHtml: boolean): Attachment {
  const { id, kind, name, mediaType, sizeBytes, state, hasBytes, link, mail } = row;
  const isHere = state === 'stored' && hasBytes;
  const url = kind === 'link' ? link : isHere ? `/api/attachments/${id}` : null;
  return { id, kind, name, mediaType, sizeBytes, state, url, mail, inline: hasHtml && isHere && isShownInline(row) };
}
