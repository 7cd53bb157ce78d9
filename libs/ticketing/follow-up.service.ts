import { Injectable } from '@nestjs/common';
import type { InboundEdit, InboundReaction, InboundUnsend } from '#channels';
import { Feed } from '#realtime';
import type { Taking } from './arrival.js';
import { identityOf, lockContact, nameOf } from './contact.js';
import { noteControl } from './control.js';
import { refreshPreview } from './conversation.js';
import { awaitingMessage, type FollowUp, keepEarly, lockAwaited } from './early-event.js';
import type { ConversationId, MessageId } from './ids.js';
import { addEdit } from './message-version.js';

/** A reaction that is there no more. */
const TAKEN_BACK = '';

/** The message that something happens to. */
interface Named {
  id: MessageId;
  conversationId: ConversationId;
  kind: string;
}

/**
 * What happens to a message after it was said: it is edited, taken back, hidden, or somebody reacts to it. Every column it touches keeps
 * the newest word by the vendor's time, so events may come in any order and more than once.
 */
@Injectable()
export class FollowUpService {
  constructor(private readonly feed: Feed) {}

  async edit(taking: Taking, { externalId, text, editNumber, editedAt }: InboundEdit): Promise<void> {
    const recorded = taking.policies.recorder.record({ text }, taking.arrival.channel);
    const edit = { text: recorded.text, withheld: recorded.withheld, editNumber, at: editedAt };
    await this.toMessage(taking, externalId, { type: 'edit', ...edit });
  }

  async unsend(taking: Taking, { externalId, unsentAt }: InboundUnsend): Promise<void> {
    await this.toMessage(taking, externalId, { type: 'unsend', at: unsentAt });
  }

  async reaction(taking: Taking, { externalId, emoji, reactedAt, personId, routeId, isStandby }: InboundReaction): Promise<void> {
    if (personId === routeId) {
      // The page itself likes what somebody commented.
      await this.toMessage(taking, externalId, { type: 'liked', at: reactedAt, liked: emoji !== null });
      return;
    }
    const recorded = emoji === null ? null : taking.policies.recorder.record({ text: emoji }, taking.arrival.channel).text;
    await this.toMessage(taking, externalId, { type: 'reaction', at: reactedAt, personId, emoji: recorded, isStandby });
  }

  /** Let it happen to the message, or wait until that comes. */
  async toMessage(taking: Taking, externalId: string, followUp: FollowUp): Promise<void> {
    if (await this.toKnown(taking, externalId, followUp)) return;
    const waitsFor = awaitingMessage(externalId);
    await lockAwaited(taking.tx, taking.arrival.connectionId, waitsFor);
    // The message may have come while we waited for its name.
    if (!(await this.toKnown(taking, externalId, followUp))) await keepEarly(taking, waitsFor, followUp);
  }

  /** Let it happen to the message. False when we do not have it. */
  async toKnown(taking: Taking, externalId: string, followUp: FollowUp): Promise<boolean> {
    const named = await this.find(taking, externalId);
    if (named !== null) await this.apply(taking, named, followUp);
    return named !== null;
  }

  private async apply(taking: Taking, named: Named, followUp: FollowUp): Promise<void> {
    const { tx } = taking;
    await this.change(taking, named, followUp);
    if (followUp.type === 'edit' || followUp.type === 'unsend') await refreshPreview(tx, named.conversationId);
    this.feed.append(tx, { type: 'message_changed', conversationId: named.conversationId, messageId: named.id });
  }

  private async change(taking: Taking, named: Named, followUp: FollowUp): Promise<void> {
    const { tx, now } = taking;
    const { id } = named;
    switch (followUp.type) {
      case 'edit':
        await addEdit(tx, id, { ...followUp, number: followUp.editNumber });
        return;
      case 'unsend':
        await tx.query('update message set unsent_at = least(unsent_at, $2) where id = $1', [id, followUp.at]);
        return;
      case 'shown':
        await tx.query(
          'update message set hidden = $2, hidden_at = $3 where id = $1 and (hidden_at is null or hidden_at < $3 or (hidden_at = $3 and $2))',
          [id, followUp.hidden, followUp.at],
        );
        return;
      case 'liked':
        await tx.query(
          'update message set liked = $2, liked_at = $3 where id = $1 and (liked_at is null or liked_at < $3 or (liked_at = $3 and $2))',
          [id, followUp.liked, followUp.at],
        );
        return;
      case 'delivered':
        await tx.query("update message set delivery_state = 'delivered', delivery_at = $2 where id = $1 and delivery_state = 'sent'", [
          id,
          now,
        ]);
        return;
      case 'reaction':
        await this.react(taking, named, followUp);
        return;
      default:
        throw new Error(`unreachable: ${followUp satisfies never}`);
    }
  }

  private async react(taking: Taking, named: Named, { personId, emoji, at, isStandby }: FollowUp & { type: 'reaction' }): Promise<void> {
    const { tx, arrival, now } = taking;
    const identity = identityOf(arrival.channel, arrival.connectionId, personId);
    const contact = await lockContact(tx, identity, nameOf(personId, null, now), now);
    await tx.query(
      `insert into reaction (tenant_id, message_id, contact_id, emoji, reacted_at) values ($1, $2, $3, $4, $5)
       on conflict (tenant_id, message_id, contact_id) do update set emoji = excluded.emoji, reacted_at = excluded.reacted_at
       where (reaction.reacted_at, reaction.emoji) < (excluded.reacted_at, excluded.emoji)`,
      [tx.tenantId, named.id, contact.id, emoji ?? TAKEN_BACK, at],
    );
    // One below a comment is nothing said to us.
    if (named.kind === 'comment') return;
    if (await noteControl(tx, named.conversationId, { isOther: isStandby, at, isAct: emoji !== null })) {
      this.feed.append(tx, { type: 'conversation_changed', conversationId: named.conversationId });
    }
  }

  private async find({ tx, arrival }: Taking, externalId: string): Promise<Named | null> {
    const [named] = await tx.query<Named>(
      'select id, conversation_id as "conversationId", kind from message where connection_id = $1 and external_id = $2',
      [arrival.connectionId, externalId],
    );
    return named ?? null;
  }
}
