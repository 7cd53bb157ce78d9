import { Injectable } from '@nestjs/common';
import type { InboundMessage } from '#channels';
import { Jobs } from '#jobs';
import { newId } from '#platform';
import type { Recorded } from '#policies';
import { Feed } from '#realtime';
import type { Taking } from './arrival.js';
import {
  hasProfile,
  type Identity,
  identityOf,
  joinFormer,
  type KnownContact,
  lockContact,
  lockPerson,
  nameOf,
  rename,
} from './contact.js';
import { findCurrent, type OpenConversation, openConversation, touch, touchImported } from './conversation.js';
import { awaitingMessage, awaitingPerson, isFollowUp, isThreadEvent, settle } from './early-event.js';
import { FetchMedia } from './fetch-media.job.js';
import { FetchProfile } from './fetch-profile.job.js';
import { FollowUpService } from './follow-up.service.js';
import type { MessageId } from './ids.js';
import { addAttachments, addMessage, type NewMessage, previewOf, type StoredAttachment } from './message.js';
import { OutboundStateService } from './outbound-state.service.js';
import { keepRaw } from './raw-event.js';
import { addReferral, recordReferral } from './referral.js';
import { lookUp, type Standing } from './standing.js';
import { ThreadEventService } from './thread-event.service.js';

/** A message on its way into the tables: who said it, where it belongs, what of it is kept. */
interface Taken {
  event: InboundMessage;
  contact: KnownContact;
  conversation: OpenConversation;
  content: Recorded;
}

/** What was said over a messenger becomes contact, conversation, message and feed lines. Mail has rules of its own: MailIntakeService. */
@Injectable()
export class MessageIntakeService {
  constructor(
    private readonly feed: Feed,
    private readonly jobs: Jobs,
    private readonly outbound: OutboundStateService,
    private readonly followUps: FollowUpService,
    private readonly threads: ThreadEventService,
  ) {}

  /**
   * Take in a message, with the files that came with it. True when it is a new one, which now names the files.
   *
   * Repeats  the same message is stored once
   */
  async message(taking: Taking, event: InboundMessage, files: StoredAttachment[]): Promise<boolean> {
    const { tx, arrival, policies } = taking;
    const identity = identityOf(arrival.channel, arrival.connectionId, event.personId);
    await lockPerson(tx, identity);
    const standing = await lookUp(taking, identity, { externalId: event.externalId, at: event.sentAt });
    const content = policies.recorder.record(event.content, arrival.channel);
    const contact = await this.contact(taking, identity, { event, standing, senderName: content.senderName });
    if (await this.isKnown(taking, contact, { event, standing })) {
      if (standing.isAwaited || event.formerPersonId !== null) await this.settle(taking, event);
      return false;
    }
    const conversation = await this.conversationOf(taking, contact, { event, standing, subject: content.subject ?? '' });
    const id = newId<MessageId>(taking.now);
    const taken = { event, contact, content, conversation };
    if (!(await addMessage(tx, asMessage(taking, id, taken), content, taking.now))) return false;
    await this.attach(taking, id, { content, files });
    await this.touch(taking, taken);
    if (event.referral) {
      const referral = { personId: event.personId, facts: recordReferral(taking, event.referral), at: event.sentAt };
      await addReferral(taking, { conversationId: conversation.id, ...referral });
    }
    await keepRaw(taking, event.raw, id);
    if (contact.isNew && hasProfile(identity)) await this.jobs.enqueue(tx, FetchProfile, { tenantId: tx.tenantId, ...identity });
    this.announce(taking, id, { ...taken, standing });
    if (standing.isAwaited || event.formerPersonId !== null) await this.settle(taking, event);
    return true;
  }

  private async contact(
    { tx, now }: Taking,
    identity: Identity,
    { event, standing, senderName }: { event: InboundMessage; standing: Standing; senderName: string | null },
  ): Promise<KnownContact> {
    const said = nameOf(event.personId, event.direction === 'in' ? senderName : null, event.sentAt);
    const contact = standing.contact ?? (await lockContact(tx, identity, said, now));
    if (standing.contact && (await rename(tx, contact, said))) {
      this.feed.append(tx, { type: 'contact_changed', contactId: contact.id });
    }
    if (event.formerPersonId !== null && (await joinFormer(tx, { ...identity, externalId: event.formerPersonId }, contact))) {
      this.feed.append(tx, { type: 'contact_changed', contactId: contact.id });
      // What the person said as a guest is this contact's now, and so is the conversation it stands in.
      standing.current = null;
    }
    return contact;
  }

  // The second copy of an echo may be the first that says when the vendor sent it.
  private async isKnown(
    { tx, arrival }: Taking,
    contact: KnownContact,
    { event, standing }: { event: InboundMessage; standing: Standing },
  ): Promise<boolean> {
    if (standing.isStored) {
      if (event.direction === 'out') await this.outbound.confirm(tx, { arrival, contact, event });
      return true;
    }
    const messageId = event.ownMessageId as MessageId | null;
    return messageId !== null && (await this.outbound.echo(tx, { arrival, contact, event, messageId }));
  }

  private async conversationOf(
    { tx, arrival, policies, now }: Taking,
    contact: KnownContact,
    { event, standing, subject }: { event: InboundMessage; standing: Standing; subject: string },
  ): Promise<OpenConversation> {
    const { channel, connectionId } = arrival;
    const place = { channel, connectionId, contactId: contact.id, at: event.sentAt };
    const current = standing.current ?? (await findCurrent(tx, place));
    if (current) return current;
    return openConversation(tx, { ...place, subject, rule: policies.governingRule(), origin: event.origin }, now);
  }

  private async attach(
    { tx, now }: Taking,
    id: MessageId,
    { content, files }: { content: Recorded; files: StoredAttachment[] },
  ): Promise<void> {
    const attachments = files.length > 0 ? files : content.attachments.map((attachment) => ({ ...attachment, blob: null }));
    const toFetch = await addAttachments(tx, id, attachments, now);
    for (const attachmentId of toFetch) await this.jobs.enqueue(tx, FetchMedia, { tenantId: tx.tenantId, attachmentId });
  }

  private async touch({ tx, policies, now }: Taking, { event, conversation, content }: Taken): Promise<void> {
    const isPersonSpeaking = event.direction === 'in' && event.kind !== 'unsupported';
    const said = { direction: event.direction, preview: previewOf(content), at: event.sentAt, opensWindow: isPersonSpeaking };
    if (event.origin === 'import') {
      await touchImported(tx, conversation, policies, { ...said, now });
      return;
    }
    await touch(tx, conversation, policies, { ...said, isPersonSpeaking, origin: event.origin, control: controlSign(event) });
  }

  private announce({ tx }: Taking, messageId: MessageId, { event, contact, conversation, standing }: Taken & { standing: Standing }): void {
    const conversationId = conversation.id;
    const quiet = event.origin === 'live' ? {} : { quiet: true };
    if (conversation.isNew) this.feed.append(tx, { type: 'conversation_opened', conversationId, contactId: contact.id, ...quiet });
    const isControlNews = (standing.current?.controlledByOther ?? false) !== event.isStandby && controlSign(event) !== null;
    if (isControlNews) this.feed.append(tx, { type: 'conversation_changed', conversationId, ...quiet });
    this.feed.append(tx, { type: 'message_added', conversationId, messageId, ...quiet });
  }

  /** Let happen what waited for this message, and for this person's first word under either name. */
  private async settle(taking: Taking, { externalId, personId, formerPersonId }: InboundMessage): Promise<void> {
    await settle(taking, [awaitingMessage(externalId)], async (early) =>
      isFollowUp(early) ? this.followUps.toKnown(taking, externalId, early) : false,
    );
    for (const name of [personId, formerPersonId].filter((one) => one !== null)) {
      await settle(taking, [awaitingPerson(name)], async (early) =>
        isThreadEvent(early) ? this.threads.apply(taking, name, early) : false,
      );
    }
  }
}

/** What a message shows of who has the thread: one that we overhear is another app's, one that the person says to us is ours. */
function controlSign({ isStandby, direction, origin, sentAt }: InboundMessage): { isOther: boolean; at: Date } | null {
  if (origin !== 'live' || (!isStandby && direction === 'out')) return null;
  return { isOther: isStandby, at: sentAt };
}

function asMessage({ arrival }: Taking, id: MessageId, { event, contact, conversation }: Taken): NewMessage {
  const isOut = event.direction === 'out';
  return {
    id,
    conversationId: conversation.id,
    connectionId: arrival.connectionId,
    direction: event.direction,
    kind: event.kind,
    author: isOut ? { kind: 'outside' } : { kind: 'contact', contactId: contact.id },
    externalId: event.externalId,
    replyToExternalId: event.replyToExternalId,
    replyAddress: null,
    isFromStranger: false,
    idempotencyKey: null,
    delivery: isOut ? deliveryOf(contact, event.sentAt) : null,
    vendorSentAt: isOut ? event.sentAt : null,
    sentAt: event.sentAt,
    appId: event.appId,
  };
}

/** The receipt may have come before the message it is about. */
function deliveryOf({ readWatermarkAt, deliveredWatermarkAt }: KnownContact, sentAt: Date): 'sent' | 'delivered' | 'read' {
  if (readWatermarkAt !== null && sentAt <= readWatermarkAt) return 'read';
  return deliveredWatermarkAt !== null && sentAt <= deliveredWatermarkAt ? 'delivered' : 'sent';
}
