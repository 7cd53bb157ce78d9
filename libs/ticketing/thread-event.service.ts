import { Injectable } from '@nestjs/common';
import type { InboundControl, InboundFact, InboundReceipt, InboundReferral } from '#channels';
import { newId } from '#platform';
import { Feed } from '#realtime';
import type { Taking } from './arrival.js';
import { findAndLock, type Identity, identityOf } from './contact.js';
import { noteControl, noteHolder, noteRequest } from './control.js';
import { findCurrent } from './conversation.js';
import { awaitingMessage, awaitingPerson, keepEarly, type ThreadEvent } from './early-event.js';
import type { ConversationId, MessageId } from './ids.js';
import { addMessage, type NewMessage, PLAIN } from './message.js';
import { keepRaw } from './raw-event.js';
import { advance, advanceNamed, type Changed, isBelievable } from './receipt.js';
import { addReferral, recordReferral } from './referral.js';

/**
 * What is about a person's thread as a whole: receipts, who may answer in it, how the person came, what the person agreed to. Nothing of
 * it opens a conversation; before the person's first word it waits for that.
 */
@Injectable()
export class ThreadEventService {
  constructor(private readonly feed: Feed) {}

  async receipt(taking: Taking, { state, watermarkAt, externalIds, personId }: InboundReceipt): Promise<void> {
    if (!isBelievable(taking, { watermarkAt })) return;
    await this.toThread(taking, personId, { type: 'receipt', at: watermarkAt, state });
    if (externalIds.length === 0) return;
    const { changed, unknown } = await advanceNamed(taking, externalIds);
    this.announce(taking, changed);
    for (const externalId of unknown) await keepEarly(taking, awaitingMessage(externalId), { type: 'delivered', at: watermarkAt });
  }

  async control(taking: Taking, { change, appId, changedAt, personId }: InboundControl): Promise<void> {
    await this.toThread(taking, personId, { type: 'control', at: changedAt, change, appId });
  }

  async referral(taking: Taking, { referral, cameAt, personId }: InboundReferral): Promise<void> {
    await this.toThread(taking, personId, { type: 'referral', at: cameAt, facts: recordReferral(taking, referral) });
  }

  async fact(taking: Taking, { kind, externalId, happenedAt, content, raw, personId }: InboundFact): Promise<void> {
    await keepRaw(taking, raw, null);
    const recorded = taking.policies.recorder.record(content, taking.arrival.channel);
    await this.toThread(taking, personId, { type: 'fact', at: happenedAt, kind, externalId, content: recorded });
  }

  /** Let it happen to the person's thread. False when there is none yet. */
  async apply(taking: Taking, personId: string, event: ThreadEvent): Promise<boolean> {
    const identity = identityOf(taking.arrival.channel, taking.arrival.connectionId, personId);
    if (event.type === 'receipt') {
      const changed = await advance(taking, identity, event);
      this.announce(taking, changed ?? []);
      return changed !== null;
    }
    const conversationId = await this.threadOf(taking, identity, event.at);
    if (conversationId === null) return false;
    await this.change(taking, conversationId, { event, personId });
    return true;
  }

  private async toThread(taking: Taking, personId: string, event: ThreadEvent): Promise<void> {
    if (!(await this.apply(taking, personId, event))) await keepEarly(taking, awaitingPerson(personId), event);
  }

  private async change(
    taking: Taking,
    conversationId: ConversationId,
    { event, personId }: { event: Exclude<ThreadEvent, { type: 'receipt' }>; personId: string },
  ): Promise<void> {
    switch (event.type) {
      case 'control':
        await this.controlled(taking, conversationId, { event, personId });
        return;
      case 'referral':
        await this.referred(taking, conversationId, { event, personId });
        return;
      case 'fact':
        await this.line(taking, conversationId, { ...event, fact: undefined });
        return;
      default:
        throw new Error(`unreachable: ${event satisfies never}`);
    }
  }

  private async controlled(
    taking: Taking,
    conversationId: ConversationId,
    { event, personId }: { event: ThreadEvent & { type: 'control' }; personId: string },
  ): Promise<void> {
    const { tx, policies, arrival } = taking;
    const { change, appId, at } = event;
    if (change === 'requested') await noteRequest(tx, conversationId, at);
    else await noteControl(tx, conversationId, { isOther: change === 'other_app', at });
    if (change === 'other_app') await noteHolder(tx, conversationId, appId, at);
    const externalId = `control:${personId}:${String(at.getTime())}:${change}:${appId ?? ''}`;
    const content = policies.recorder.record({ text: '' }, arrival.channel);
    await this.line(taking, conversationId, { kind: 'control_changed', externalId, at, content, fact: change });
    this.feed.append(tx, { type: 'conversation_changed', conversationId });
  }

  // An advertisement or a link that leads back into the thread renews the time in which we may answer.
  private async referred(
    taking: Taking,
    conversationId: ConversationId,
    { event, personId }: { event: ThreadEvent & { type: 'referral' }; personId: string },
  ): Promise<void> {
    const { tx } = taking;
    await addReferral(taking, { conversationId, personId, ...event });
    await tx.query('update conversation set last_inbound_at = greatest(last_inbound_at, $2) where id = $1', [conversationId, event.at]);
    this.feed.append(tx, { type: 'conversation_changed', conversationId });
  }

  private async line(
    { tx, arrival, now }: Taking,
    conversationId: ConversationId,
    { kind, externalId, at, content, fact }: Line,
  ): Promise<void> {
    const id = newId<MessageId>(now);
    const line: NewMessage = {
      ...PLAIN,
      id,
      conversationId,
      connectionId: arrival.connectionId,
      direction: 'system',
      kind,
      author: { kind: 'system' },
      externalId,
      sentAt: at,
      ...(fact === undefined ? {} : { fact }),
    };
    if (await addMessage(tx, line, content, now)) this.feed.append(tx, { type: 'message_added', conversationId, messageId: id });
  }

  private async threadOf({ tx, arrival }: Taking, identity: Identity, at: Date): Promise<ConversationId | null> {
    const contact = await findAndLock(tx, identity);
    if (!contact) return null;
    const current = await findCurrent(tx, { connectionId: arrival.connectionId, contactId: contact.id, at });
    return current?.id ?? null;
  }

  private announce({ tx }: Taking, changed: Changed[]): void {
    for (const { id, conversationId } of changed) this.feed.append(tx, { type: 'message_changed', conversationId, messageId: id });
  }
}

interface Line extends Pick<NewMessage, 'kind'> {
  externalId: string;
  at: Date;
  content: Parameters<typeof addMessage>[2];
  fact: string | undefined;
}
