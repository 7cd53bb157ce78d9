import { Injectable } from '@nestjs/common';
import type { InboundEdit, InboundReaction } from '#channels';
import type { TenantTx } from '#platform';
import { PolicyService } from '#policies';
import { Feed } from '#realtime';
import type { Arrival } from './arrival.js';
import { findAndLock, type Identity } from './contact.js';
import { showEdited } from './conversation.js';
import type { ConversationId, MessageId } from './ids.js';
import { previewOf } from './message.js';

/** A reaction that is there no more. */
const TAKEN_BACK = '';

interface Named {
  id: MessageId;
  conversation_id: ConversationId;
}

/** What happens to a message after it was said: it is edited, or somebody reacts to it. One that we do not have cannot be changed. */
@Injectable()
export class FollowUpService {
  constructor(
    private readonly policies: PolicyService,
    private readonly feed: Feed,
  ) {}

  /** Repeats: an edit that comes again, or late, does not bring back what was said before a newer one. */
  async edit(tx: TenantTx, { connectionId, channel }: Arrival, { externalId, text, editedAt }: InboundEdit): Promise<void> {
    const { recorder } = await this.policies.inForce(tx);
    const recorded = recorder.record({ text }, channel);
    const changed = await tx.query<Named & { sent_at: Date }>(
      `update message set text = $3, edited = true, withheld = withheld or $4, vendor_sent_at = $5
       where connection_id = $1 and external_id = $2 and direction = 'in' and kind = 'text'
         and (vendor_sent_at is null or vendor_sent_at < $5) returning id, conversation_id, sent_at`,
      [connectionId, externalId, recorded.text, recorded.withheld, editedAt],
    );
    for (const { conversation_id, sent_at } of changed) await showEdited(tx, conversation_id, sent_at, previewOf(recorded));
    this.announce(tx, changed);
  }

  /** Repeats: the newest word counts, in whichever order they come; that a reaction was taken back is remembered for that. */
  async reaction(tx: TenantTx, { connectionId, channel }: Arrival, identity: Identity, reaction: InboundReaction): Promise<void> {
    const { externalId, emoji, reactedAt } = reaction;
    const named = await tx.query<Named>('select id, conversation_id from message where connection_id = $1 and external_id = $2', [
      connectionId,
      externalId,
    ]);
    const contact = await findAndLock(tx, identity);
    if (!named[0] || !contact) return;
    const { recorder } = await this.policies.inForce(tx);
    await tx.query(
      `insert into reaction (tenant_id, message_id, contact_id, emoji, reacted_at) values ($1, $2, $3, $4, $5)
       on conflict (tenant_id, message_id, contact_id) do update set emoji = excluded.emoji, reacted_at = excluded.reacted_at
       where reaction.reacted_at <= excluded.reacted_at`,
      [tx.tenantId, named[0].id, contact.id, emoji === null ? TAKEN_BACK : recorder.record({ text: emoji }, channel).text, reactedAt],
    );
    if (emoji !== null) {
      // A reaction is an act of the person: it renews the time in which we may answer.
      await tx.query('update conversation set last_inbound_at = greatest(last_inbound_at, $2) where id = $1', [
        named[0].conversation_id,
        reactedAt,
      ]);
    }
    this.announce(tx, named);
  }

  private announce(tx: TenantTx, changed: Named[]): void {
    for (const { id, conversation_id } of changed) {
      this.feed.append(tx, { type: 'message_changed', conversationId: conversation_id, messageId: id });
    }
  }
}
