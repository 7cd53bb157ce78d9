import { Injectable } from '@nestjs/common';
import type { AttachmentKind, MessageKind } from '#contract';
import type { Actor } from '#accounts';
import { Channels, ConnectionService, type OpenConnection, type OutboundPlace } from '#channels';
import { Jobs } from '#jobs';
import { Clock, newId, Refusal, type TenantTx } from '#platform';
import { type PoliciesInForce, PolicyService, type Recordable, type RecordableAttachment, type Recorded } from '#policies';
import { Feed } from '#realtime';
import { type LockedConversation, touch } from './conversation.js';
import type { AttachmentId, MessageId } from './ids.js';
import { addMessage, previewOf } from './message.js';
import { Outbox, type OutboxContent, type OutboxFile } from './outbox.js';
import { orderSending } from './send-order.js';

/** Who says it: an agent, at a desk or by mail. */
export type Author = Pick<Actor, 'agentId' | 'signature' | 'locale'>;

/** Something an agent says to somebody outside, checked and ready to be stored. */
export interface Outgoing {
  conversation: LockedConversation;
  place: OutboundPlace;
  text: string;
  cc: string[];
  quickReplies: string[];
  files: OutboxFile[];
  /** Only where the channel has such things. */
  mail?: OutgoingMail;
  /** The message it quotes, by the vendor's id. */
  replyToExternalId: string | null;
  /** The same key from the same agent stores and sends once. */
  idempotencyKey: string | null;
  /** What was asked for under that key. */
  requestDigest: Buffer;
}

/** What only a mail has. */
export interface OutgoingMail {
  /** Whom it answers. */
  to: string | null;
  bcc: string[];
  /** Tidied; its pictures by the content ids of files. */
  html: string | null;
  forward: OutboxContent['forward'];
}

/** One of the messages that it becomes. */
interface Part {
  id: MessageId;
  position: number;
  text: string;
  files: OutboxFile[];
  isLast: boolean;
}

/** Stores what agents say to the outside, as the messages that the channel can carry, and has it sent. */
@Injectable()
export class OutgoingService {
  constructor(
    private readonly clock: Clock,
    private readonly channels: Channels,
    private readonly connections: ConnectionService,
    private readonly policies: PolicyService,
    private readonly feed: Feed,
    private readonly jobs: Jobs,
    private readonly outbox: Outbox,
  ) {}

  /**
   * Store it and have it sent, in the order of its parts. The first part's id.
   *
   * Errors   unprocessable `attachment_too_large`
   */
  async queue(tx: TenantTx, actor: Author, outgoing: Outgoing): Promise<MessageId> {
    const { conversation } = outgoing;
    const now = this.clock.now();
    const parts = this.partsOf(outgoing, now);
    const policies = await this.policies.inForce(tx);
    for (const part of parts) await this.store(tx, actor, { outgoing, part, replyId: parts[0]!.id, policies, now });
    await tx.query('update message set request_digest = $2 where id = $1', [parts[0]!.id, outgoing.requestDigest]);
    await orderSending(this.jobs, tx, conversation.id);
    return parts[0]!.id;
  }

  private partsOf({ conversation, text, files }: Outgoing, now: Date): Part[] {
    const channel = this.channels.of(conversation.channel);
    const bytesMax = channel.limits(conversation.kind).attachmentBytesMax;
    return channel.split({ text, fileCount: files.length }, conversation.kind).map((part, position) => {
      const own = part.files.map((at) => files[at]!);
      if (own.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) > bytesMax) {
        const most = String(Math.floor(bytesMax / 1024 / 1024));
        throw new Refusal('unprocessable', 'attachment_too_large', `This channel carries at most ${most} MB at once.`);
      }
      // All ids of one moment are made in one go, so that they sort as the parts do.
      return { id: newId<MessageId>(now), position, text: part.text, files: own, isLast: part.isLast };
    });
  }

  private async store(
    tx: TenantTx,
    actor: Author,
    {
      outgoing,
      part,
      replyId,
      policies,
      now,
    }: { outgoing: Outgoing; part: Part; replyId: MessageId; policies: PoliciesInForce; now: Date },
  ): Promise<void> {
    const { conversation, place, cc } = outgoing;
    const { id, text, files, isLast } = part;
    const quickReplies = isLast ? outgoing.quickReplies : [];
    const replyToExternalId = isLast ? outgoing.replyToExternalId : null;
    const connection = await this.connections.open(tx, conversation.connectionId);
    const mail = outgoing.mail && this.mailOf(actor, outgoing.mail, { connection, text });
    const content = { text, cc, attachments: files.map(asRecordable), ...mail?.recordable };
    const recorded = policies.recorder.record(content, conversation.channel);
    await addMessage(
      tx,
      {
        id,
        conversationId: conversation.id,
        connectionId: conversation.connectionId,
        direction: 'out',
        kind: outgoing.mail?.forward ? 'forward' : kindOf(conversation),
        author: { kind: 'agent', agentId: actor.agentId },
        externalId: this.channels.of(conversation.channel).externalIdOf(connection, { messageId: id, conversationId: conversation.id }),
        replyToExternalId,
        replyAddress: null,
        isFromStranger: false,
        idempotencyKey: part.position === 0 ? outgoing.idempotencyKey : null,
        delivery: 'queued',
        vendorSentAt: null,
        sentAt: now,
        quickReplies: policies.recorder.may('message_text', conversation.channel) ? quickReplies : [],
        bcc: policies.recorder.may('mail_headers', conversation.channel) ? (outgoing.mail?.bcc ?? []) : [],
      },
      recorded,
      now,
    );
    const unrecorded = await attach(tx, id, { files, recorded, now });
    const waiting = { text, cc, files, quickReplies, place, replyToExternalId, writtenBy: 'human' as const, ...mail?.waiting };
    await this.outbox.put(tx, id, { content: waiting, reply: { id: replyId, position: part.position }, blobs: unrecorded }, now);
    const shown = { direction: 'out' as const, preview: previewOf(recorded), at: now, isPersonSpeaking: false, opensWindow: false };
    await touch(tx, conversation, policies, shown);
    this.feed.append(tx, { type: 'message_added', conversationId: conversation.id, messageId: id });
  }

  /** What a mail adds to what is stored, and to what waits. The signature is that of the moment in which it was written. */
  private mailOf(
    { signature: own, locale: language }: Author,
    { to, bcc, html, forward }: OutgoingMail,
    { connection, text }: { connection: OpenConnection; text: string },
  ): { recordable: Partial<Recordable>; waiting: Partial<OutboxContent> } {
    const signature = [own, connection.mailbox?.settings.signature ?? ''].filter((part) => part.trim() !== '').join('\n\n');
    const said = this.channels.of('email').spell?.({ text, html, signature, forward, language });
    const named = (forward?.to ?? (to === null ? [] : [to])).map((address) => ({ address, name: null }));
    return {
      recordable: {
        html: said?.html ?? null,
        fullText: said !== undefined && said.fullText !== text ? said.fullText : null,
        mailHeaders: { from: null, to: named, forwardedBy: null },
      },
      waiting: { to, bcc, html, forward, signature, language },
    };
  }
}

function kindOf({ kind }: LockedConversation): MessageKind {
  return kind === 'comments' ? 'comment' : 'text';
}

function asRecordable({ name, mediaType, contentId }: OutboxFile): RecordableAttachment {
  return { kind: attachmentKind(mediaType), name, mediaType, sourceUrl: null, content: null, contentId: contentId ?? null };
}

function attachmentKind(mediaType: string): AttachmentKind {
  const [family] = mediaType.split('/');
  return family === 'image' || family === 'video' || family === 'audio' ? family : 'file';
}

/** Store what the policy lets be kept of the files. The blobs that nothing stored may name are given back. */
async function attach(
  tx: TenantTx,
  messageId: MessageId,
  { files, recorded, now }: { files: OutboxFile[]; recorded: Recorded; now: Date },
): Promise<string[]> {
  const unrecorded: string[] = [];
  for (const [position, { isRecorded, kind, name, mediaType, contentId }] of recorded.attachments.entries()) {
    const { blob, sizeBytes } = files[position]!;
    if (!isRecorded) unrecorded.push(blob);
    await tx.query(
      `insert into attachment (tenant_id, id, message_id, position, kind, name, media_type, size_bytes, state, blob, content_id)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
      [
        tx.tenantId,
        newId<AttachmentId>(now),
        messageId,
        position,
        kind,
        name,
        mediaType,
        isRecorded ? sizeBytes : null,
        isRecorded ? 'stored' : 'not_recorded',
        isRecorded ? blob : null,
        contentId,
      ],
    );
  }
  return unrecorded;
}
