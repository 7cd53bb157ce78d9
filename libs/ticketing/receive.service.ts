import { Injectable } from '@nestjs/common';
import { type ConnectionId, ConnectionService, type InboundEvent, type InboundMessage } from '#channels';
import { Jobs } from '#jobs';
import { BlobStore, Clock, Database, newId, type TenantTx } from '#platform';
import { type PoliciesInForce, PolicyService, type Recordable, type Recorded } from '#policies';
import { Feed } from '#realtime';
import type { Arrival } from './arrival.js';
import { type Identity, identityOf, type KnownContact, lockContact } from './contact.js';
import { findCurrent, type OpenConversation, openConversation, touch } from './conversation.js';
import { FetchMedia } from './fetch-media.job.js';
import { FetchProfile } from './fetch-profile.job.js';
import { FollowUpService } from './follow-up.service.js';
import type { MessageId } from './ids.js';
import { findMailThread, isParticipant, rememberReferences } from './mail-thread.js';
import { addAttachments, addMessage, dropFiles, keepFiles, previewOf, type StoredAttachment } from './message.js';
import { OutboundStateService } from './outbound-state.service.js';

/** The last digits tell nameless people apart without saying who they are. */
const FALLBACK_DIGITS = 4;

/** An inbound event becomes contact, conversation, message and feed lines, in one transaction. */
@Injectable()
export class ReceiveService {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly blobs: BlobStore,
    private readonly policies: PolicyService,
    private readonly connections: ConnectionService,
    private readonly feed: Feed,
    private readonly jobs: Jobs,
    private readonly outbound: OutboundStateService,
    private readonly followUps: FollowUpService,
  ) {}

  /**
   * Take in one event.
   *
   * Repeats  the same event twice changes nothing the second time
   */
  async event(arrival: Arrival, event: InboundEvent): Promise<void> {
    const files = event.type === 'message' ? await this.files(arrival, event.content) : [];
    const isNamed = await this.db.inTenant(arrival.tenantId, (tx) => this.take(tx, arrival, event, files));
    // A copy of what we have: no row names these bytes, so nothing would ever end them. After an error they stay, because a commit whose
    // answer was lost may have named them.
    if (!isNamed) await dropFiles(this.blobs, files);
  }

  /** True when a new message now names the files. */
  private async take(tx: TenantTx, arrival: Arrival, event: InboundEvent, files: StoredAttachment[]): Promise<boolean> {
    await this.connections.markReceived(tx, arrival.connectionId, this.clock.now());
    const identity = identityOf(arrival.channel, arrival.connectionId, event.personId);
    switch (event.type) {
      case 'message':
        return this.message(tx, arrival, { event, identity, files });
      case 'receipt':
        await this.outbound.receipt(tx, arrival, identity, event);
        return false;
      case 'edit':
        await this.followUps.edit(tx, arrival, event);
        return false;
      case 'reaction':
        await this.followUps.reaction(tx, arrival, identity, event);
        return false;
      default:
        throw new Error(`unreachable: ${event satisfies never}`);
    }
  }

  // The bytes that came with a mail go to disk before the transaction: it must not wait for a disk while others wait for it.
  private async files({ tenantId, channel }: Arrival, content: Recordable): Promise<StoredAttachment[]> {
    if (!content.attachments?.some((attachment) => attachment.content !== null)) return [];
    const { recorder } = await this.db.inTenant(tenantId, (tx) => this.policies.inForce(tx));
    return keepFiles(this.blobs, tenantId, recorder.record(content, channel));
  }

  private async message(
    tx: TenantTx,
    arrival: Arrival,
    { event, identity, files }: { event: InboundMessage; identity: Identity; files: StoredAttachment[] },
  ): Promise<boolean> {
    const now = this.clock.now();
    const policies = await this.policies.inForce(tx);
    const { recorder } = policies;
    const whole = recorder.record(
      { ...event.content, text: event.content.fullText ?? event.content.text, fullText: null },
      arrival.channel,
    );
    const contact = await lockContact(tx, identity, whole.senderName ?? fallbackName(event.personId), now);
    if (await isStored(tx, arrival.connectionId, event.externalId)) {
      await this.again(tx, arrival, contact, event);
      return false;
    }
    const messageId = event.ownMessageId as MessageId | null;
    if (messageId !== null && (await this.outbound.echo(tx, { arrival, contact, event, messageId }))) return false;

    const found = await this.conversationOf(tx, arrival, contact, { event, subject: whole.subject ?? '', policies });
    // The first mail of a conversation is never cut: what looks quoted there is what the person wants to show.
    const content = found.conversation.isNew ? whole : recorder.record(event.content, arrival.channel);
    const id = newId<MessageId>(now);
    const isAdded = await addMessage(tx, this.asMessage(id, arrival, contact, { event, ...found }), content, now);
    if (!isAdded) return false;
    await this.attach(tx, id, { content, files });
    if (event.mail) await rememberReferences(tx, found.conversation.id, [event.externalId, ...event.mail.references]);
    const isPersonSpeaking = event.direction === 'in' && event.kind !== 'unsupported' && event.mail?.isAutomatic !== true;
    await touch(tx, found.conversation, policies, {
      direction: event.direction,
      preview: previewOf(content),
      at: event.sentAt,
      isPersonSpeaking,
      opensWindow: isPersonSpeaking,
    });
    // An address has no profile to ask for, and has no business in a queue.
    if (contact.isNew && identity.scope !== '') await this.jobs.enqueue(tx, FetchProfile, { tenantId: tx.tenantId, ...identity });
    this.announce(tx, contact, found.conversation, id);
    return true;
  }

  private asMessage(
    id: MessageId,
    { connectionId }: Arrival,
    contact: KnownContact,
    { event, conversation, isFromStranger }: { event: InboundMessage; conversation: OpenConversation; isFromStranger: boolean },
  ) {
    return {
      id,
      conversationId: conversation.id,
      connectionId,
      direction: event.direction,
      kind: event.kind,
      author: event.direction === 'in' ? { kind: 'contact' as const, contactId: contact.id } : { kind: 'outside' as const },
      externalId: event.externalId,
      replyToExternalId: event.replyToExternalId,
      replyAddress: event.mail?.replyAddress ?? null,
      isFromStranger,
      idempotencyKey: null,
      delivery: event.direction === 'out' ? ('sent' as const) : null,
      vendorSentAt: event.direction === 'out' ? event.sentAt : null,
      sentAt: event.sentAt,
    };
  }

  private async conversationOf(
    tx: TenantTx,
    { channel, connectionId }: Arrival,
    contact: KnownContact,
    { event, subject, policies }: { event: InboundMessage; subject: string; policies: PoliciesInForce },
  ): Promise<{ conversation: OpenConversation; isFromStranger: boolean }> {
    const place = { channel, connectionId, contactId: contact.id, at: event.sentAt };
    const found = event.mail ? await findMailThread(tx, contact.id, event.mail) : await findCurrent(tx, place);
    if (found) return { conversation: found, isFromStranger: event.mail !== null && !(await isParticipant(tx, found.id, contact.id)) };
    const opened = { ...place, subject, rule: policies.governingRule() };
    return { conversation: await openConversation(tx, opened, this.clock.now()), isFromStranger: false };
  }

  private async attach(tx: TenantTx, id: MessageId, { content, files }: { content: Recorded; files: StoredAttachment[] }): Promise<void> {
    const attachments = files.length > 0 ? files : content.attachments.map((attachment) => ({ ...attachment, blob: null }));
    const toFetch = await addAttachments(tx, id, attachments, this.clock.now());
    for (const attachmentId of toFetch) await this.jobs.enqueue(tx, FetchMedia, { tenantId: tx.tenantId, attachmentId });
  }

  // The second copy of an echo may be the first that says when the vendor sent it.
  private async again(tx: TenantTx, arrival: Arrival, contact: KnownContact, event: InboundMessage): Promise<void> {
    if (event.direction === 'out') await this.outbound.confirm(tx, { arrival, contact, event });
  }

  private announce(tx: TenantTx, contact: KnownContact, conversation: OpenConversation, messageId: MessageId): void {
    const conversationId = conversation.id;
    if (conversation.isNew) this.feed.append(tx, { type: 'conversation_opened', conversationId, contactId: contact.id });
    this.feed.append(tx, { type: 'message_added', conversationId, messageId });
  }
}

async function isStored(tx: TenantTx, connectionId: ConnectionId, externalId: string): Promise<boolean> {
  const rows = await tx.query('select 1 from message where connection_id = $1 and external_id = $2', [connectionId, externalId]);
  return rows.length > 0;
}

function fallbackName(personId: string): string {
  return personId.includes('@') ? personId : `Facebook user ${personId.slice(-FALLBACK_DIGITS)}`;
}
