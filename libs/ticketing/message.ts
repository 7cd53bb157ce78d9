import type { MailClass, MailFlag, MessageDirection, MessageKind } from '#contract';
import type { ConnectionId, MailThreading } from '#channels';
import { type BlobStore, newId, type TenantTx } from '#platform';
import type { Recorded, RecordedContent } from '#policies';
import { firstWords } from './conversation.js';
import type { AttachmentId, ContactId, ConversationId, MessageId } from './ids.js';

export interface NewMessage {
  id: MessageId;
  conversationId: ConversationId;
  connectionId: ConnectionId;
  direction: MessageDirection;
  kind: MessageKind;
  author:
    | { kind: 'contact'; contactId: ContactId }
    | { kind: 'agent'; agentId: string }
    | { kind: 'outside' }
    | { kind: 'system'; agentId?: string };
  externalId: string | null;
  replyToExternalId: string | null;
  replyAddress: string | null;
  isFromStranger: boolean;
  idempotencyKey: string | null;
  delivery: 'queued' | 'sent' | 'delivered' | 'read' | null;
  vendorSentAt: Date | null;
  sentAt: Date;
  /** The app that sent it from our side. */
  appId?: string | null;
  /** What a system line says beside its kind: a word of ours, nobody's content. */
  fact?: string;
  quickReplies?: string[];
  /** Only of a mail; what it says of people comes with the content. */
  mail?: { class: MailClass; authentication: MailThreading['authentication'] | null; flags: readonly MailFlag[] };
  /** Of a mail that goes out: who gets it unseen by the others, as far as the policy lets that be kept. */
  bcc?: readonly string[];
}

/**
 * Store one message. What it says can only be what the recording policy let through.
 *
 * Repeats  false, and nothing stored, when the connection has a message with this external id already
 */
export async function addMessage(tx: TenantTx, message: NewMessage, content: Recorded, now: Date): Promise<boolean> {
  const { author } = message;
  const added = await tx.queryPrepared(
    'add-message',
    `insert into message (tenant_id, id, conversation_id, connection_id, direction, kind, author_kind, author_contact_id, author_agent_id,
       text, full_text, html, subject, detail, cc, reply_address, withheld, from_stranger, recording_version, external_id,
       reply_to_external_id, vendor_sent_at, delivery_state, delivery_at, idempotency_key, sent_at, created_at, app_id, quick_replies,
       mail_class, auth_verdict, auth_by, auth_domain, mail_flags, mail_headers, calendar, bcc)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
       case when $23::text is null then null else $26::timestamptz end, $24, $25, $26, $27, $28,
       $29, $30, $31, $32, $33, $34, $35, $36)
     on conflict (tenant_id, connection_id, external_id) do nothing returning id`,
    [
      tx.tenantId,
      message.id,
      message.conversationId,
      message.connectionId,
      message.direction,
      message.kind,
      author.kind,
      author.kind === 'contact' ? author.contactId : null,
      author.kind === 'agent' || author.kind === 'system' ? (author.agentId ?? null) : null,
      content.text,
      content.fullText,
      content.html,
      content.subject,
      message.fact ?? content.detail,
      content.cc,
      message.replyAddress,
      content.withheld,
      message.isFromStranger,
      content.recordingVersion,
      message.externalId,
      message.replyToExternalId,
      message.vendorSentAt,
      message.delivery,
      message.idempotencyKey,
      message.sentAt,
      now,
      message.appId ?? null,
      message.quickReplies ?? [],
      ...mailColumns(message, content),
    ],
  );
  return added.length > 0;
}

function mailColumns({ mail, bcc = [] }: NewMessage, { mailHeaders, calendar }: Recorded): unknown[] {
  const { verdict = null, by = null, domain = null } = mail?.authentication ?? {};
  return [mail?.class ?? null, verdict, by, domain, [...(mail?.flags ?? [])], mailHeaders, calendar, [...bcc]];
}

/** Files of one mail that are written to disk at the same moment. */
const FILES_AT_ONCE = 8;

export type StoredAttachment = RecordedContent['attachments'][number] & { blob: string | null };

/** Put what came with the mail itself into blobs, before the transaction: a write to disk must not hold locks. */
export async function keepFiles(blobs: BlobStore, tenantId: string, content: Recorded): Promise<StoredAttachment[]> {
  const kept: StoredAttachment[] = [];
  // Sealing keeps the whole process busy: a mail of a thousand files must not do it a thousand times in one go.
  for (let at = 0; at < content.attachments.length; at += FILES_AT_ONCE) {
    const some = content.attachments.slice(at, at + FILES_AT_ONCE).map(async (attachment) => ({
      ...attachment,
      blob: attachment.content && attachment.isRecorded ? await blobs.put(tenantId, attachment.content) : null,
    }));
    kept.push(...(await Promise.all(some)));
  }
  return kept;
}

/** Remove what `keepFiles` kept, where no message came to name it. */
export async function dropFiles(blobs: BlobStore, files: StoredAttachment[]): Promise<void> {
  for (const { blob } of files) if (blob !== null) await blobs.remove(blob);
}

/** Store the attachments of a message. Gives back those whose bytes the vendor still has and which are to be fetched. */
export async function addAttachments(
  tx: TenantTx,
  messageId: MessageId,
  attachments: StoredAttachment[],
  now: Date,
): Promise<AttachmentId[]> {
  const toFetch: AttachmentId[] = [];
  for (const [position, attachment] of attachments.entries()) {
    const id = newId<AttachmentId>(now);
    const state = stateOf(attachment);
    if (state === 'fetching') toFetch.push(id);
    await tx.query(
      `insert into attachment (tenant_id, id, message_id, position, kind, name, media_type, size_bytes, state, blob, content_id, source_url,
         summary)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
      [
        tx.tenantId,
        id,
        messageId,
        position,
        attachment.kind,
        attachment.name,
        attachment.mediaType,
        attachment.content?.length ?? null,
        state,
        attachment.blob,
        attachment.contentId,
        attachment.sourceUrl,
        attachment.summary ?? null,
      ],
    );
  }
  return toFetch;
}

const FETCHED_KINDS = ['image', 'video', 'audio', 'file', 'sticker'];

function stateOf(attachment: StoredAttachment): 'stored' | 'fetching' | 'not_recorded' {
  if (!attachment.isRecorded) return 'not_recorded';
  return attachment.sourceUrl !== null && FETCHED_KINDS.includes(attachment.kind) ? 'fetching' : 'stored';
}

/** The one line that a list shows of a message. */
export function previewOf(content: Recorded): string {
  return firstWords(
    content.text,
    content.attachments.map(({ name }) => name),
  );
}

/** What a message has that has no sender, no answer and no way to be sent: a line in the thread, or something said in public. */
export const PLAIN = {
  replyToExternalId: null,
  replyAddress: null,
  isFromStranger: false,
  idempotencyKey: null,
  delivery: null,
  vendorSentAt: null,
} as const;
