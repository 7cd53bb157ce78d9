import { Injectable } from '@nestjs/common';
import type { InboundEdit, InboundReaction } from '#channels';
import type { TenantTx } from '#platform';
import { PolicyService } from '#policies';
import { Feed } from '#realtime';
import type { Arrival } from './arrival.js';
import { findAndLock, type Identity } from './contact.js';
import type { ConversationId, MessageId } from './ids.js';

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

  async edit(tx: TenantTx, { connectionId, channel }: Arrival, { externalId, text }: InboundEdit): Promise<void> {
    const { recorder } = await this.policies.inForce(tx);
    const recorded = recorder.record({ text }, channel);
    const changed = await tx.query<Named>(
      `update message set text = $3, edited = true, withheld = withheld or $4
       where connection_id = $1 and external_id = $2 and direction = 'in' and text <> $3 returning id, conversation_id`,
      [connectionId, externalId, recorded.text, recorded.withheld],
    );
    this.announce(tx, changed);
  }

  async reaction(tx: TenantTx, { connectionId }: Arrival, identity: Identity, reaction: InboundReaction): Promise<void> {
    const { externalId, emoji, reactedAt } = reaction;
    const named = await tx.query<Named>('select id, conversation_id from message where connection_id = $1 and external_id = $2', [
      connectionId,
      externalId,
    ]);
    const contact = await findAndLock(tx, identity);
    if (!named[0] || !contact) return;
    if (emoji === null) {
      await tx.query('delete from reaction where message_id = $1 and contact_id = $2 and reacted_at <= $3', [
        named[0].id,
        contact.id,
        reactedAt,
      ]);
    } else {
      await tx.query(
        `insert into reaction (tenant_id, message_id, contact_id, emoji, reacted_at) values ($1, $2, $3, $4, $5)
         on conflict (tenant_id, message_id, contact_id) do update set emoji = excluded.emoji, reacted_at = excluded.reacted_at
         where reaction.reacted_at <= excluded.reacted_at`,
        [tx.tenantId, named[0].id, contact.id, emoji, reactedAt],
      );
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
