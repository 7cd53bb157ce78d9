import { Injectable } from '@nestjs/common';
import type { DeliveryState } from '#contract';
import type { ChannelError, InboundMessage, Sent } from '#channels';
import { Jobs } from '#jobs';
import { Clock, type TenantTx } from '#platform';
import { Feed } from '#realtime';
import type { Arrival } from './arrival.js';
import { identityOf, joinFormer, type KnownContact, lockContact, nameOf } from './contact.js';
import type { ConversationId, MessageId } from './ids.js';
import { Outbox } from './outbox.js';
import { orderSending } from './send-order.js';

/** The code of a part that was not tried because one before it failed. */
export const PART_BEFORE_FAILED = 'part_before_failed';

interface Changed {
  id: MessageId;
  conversation_id: ConversationId;
}

/**
 * What became of the messages we sent. States only move forward: queued, sending, sent, delivered, read. `unknown` and `failed` give way
 * to proof that the message arrived after all, and to an agent's word.
 */
@Injectable()
export class OutboundStateService {
  constructor(
    private readonly clock: Clock,
    private readonly feed: Feed,
    private readonly jobs: Jobs,
    private readonly outbox: Outbox,
  ) {}

  /** The vendor is being called: from here on the message may have arrived. */
  async sending(tx: TenantTx, messageId: MessageId): Promise<void> {
    this.announce(
      tx,
      await tx.query<Changed>(
        "update message set delivery_state = 'sending', delivery_at = $2 where id = $1 returning id, conversation_id",
        [messageId, this.clock.now()],
      ),
    );
  }

  /** The vendor took it and named it. The echo may have been faster; then there is nothing left to say. */
  async sent(tx: TenantTx, messageId: MessageId, { externalId, problem, personId, humanAgent }: Sent): Promise<void> {
    await this.forgetTwin(tx, messageId, externalId);
    const changed = await tx.query<Changed & { was: DeliveryState }>(
      `with before as (select id, delivery_state as was, delivery_state = 'failed' and coalesce(delivery_code like 'bounced_%', false) as is_back
         from message where id = $1 for update)
       update message set external_id = $2, human_agent = human_agent or $3, delivery_at = $4, delivery_code = $5, delivery_reason = $6,
         delivery_state = case when was in ('queued', 'sending', 'unknown', 'failed') then 'sent' else was end, delivery_remedy = null
       from before where message.id = before.id and (was in ('queued', 'sending', 'unknown', 'failed') or external_id is null)
         -- It came back while the mail server was still saying that it took it.
         and not is_back
       returning message.id, conversation_id, was`,
      [messageId, externalId, humanAgent ?? false, this.clock.now(), problem?.code ?? null, problem?.reason ?? null],
    );
    if (personId !== undefined) await this.nameAuthor(tx, messageId, personId);
    const [one] = changed;
    if (one?.was === 'unknown' || one?.was === 'failed') await this.wakeLaterParts(tx, one);
    await this.outbox.forget(tx, messageId);
    this.announce(tx, changed);
  }

  /** It will be tried again by itself. */
  async queuedAgain(tx: TenantTx, messageId: MessageId, reason: ChannelError): Promise<void> {
    await this.note(tx, [messageId], { state: 'queued', reason });
  }

  /** The same, and so soon that people need not be told. */
  async queuedUntold(tx: TenantTx, messageId: MessageId): Promise<void> {
    this.announce(
      tx,
      await tx.query<Changed>(
        `update message set delivery_state = 'queued', delivery_at = $2, delivery_code = null, delivery_reason = null, delivery_remedy = null
         where id = $1 and delivery_state in ('queued', 'sending') returning id, conversation_id`,
        [messageId, this.clock.now()],
      ),
    );
  }

  /** Nothing of this conversation can go out now, and no try is spent on it: all that waits says why. */
  async park(tx: TenantTx, conversationId: ConversationId, reason: ChannelError): Promise<void> {
    const waiting = await tx.query<{ id: MessageId }>(
      "select id from message where conversation_id = $1 and direction = 'out' and delivery_state in ('queued', 'sending')",
      [conversationId],
    );
    await this.note(
      tx,
      waiting.map(({ id }) => id),
      { state: 'queued', reason },
    );
  }

  /** It was not sent, or nobody knows, and nothing will be tried by itself any more. With a part that failed fail those behind it. */
  async failed(tx: TenantTx, messageId: MessageId, reason: ChannelError): Promise<void> {
    const state = reason.remedy === 'unknown' ? 'unknown' : 'failed';
    await this.note(tx, [messageId], { state, reason });
    await this.outbox.giveUp(tx, messageId, this.clock.now());
    if (state === 'unknown') return;
    const later = await tx.query<Changed>(
      `update message set delivery_state = 'failed', delivery_at = $2, delivery_code = '${PART_BEFORE_FAILED}', delivery_remedy = 'give_up',
         delivery_reason = 'The part before this one could not be sent, so this one was not tried.'
       from outbox mine join outbox later on later.tenant_id = mine.tenant_id and later.reply_id = mine.reply_id and later.position > mine.position
       where mine.message_id = $1 and message.id = later.message_id and message.delivery_state = 'queued'
       returning message.id, message.conversation_id`,
      [messageId, this.clock.now()],
    );
    for (const { id } of later) await this.outbox.giveUp(tx, id, this.clock.now());
    this.announce(tx, later);
  }

  /** What an agent said did not get out, after a while in which nobody looked: the conversation is open and unread again. */
  async comeBack(tx: TenantTx, conversationId: ConversationId): Promise<void> {
    await tx.query("update conversation set unread = true, status = 'open', closed_at = null where id = $1", [conversationId]);
    this.feed.append(tx, { type: 'conversation_changed', conversationId });
  }

  /** By an agent's word: the message did arrive. False when nobody doubts it. */
  async arrived(tx: TenantTx, messageId: MessageId): Promise<boolean> {
    const changed = await tx.query<Changed>(
      `update message set delivery_state = 'sent', delivery_at = $2, delivery_code = null, delivery_reason = null, delivery_remedy = null
       where id = $1 and direction = 'out' and delivery_state = 'unknown' returning id, conversation_id`,
      [messageId, this.clock.now()],
    );
    const [one] = changed;
    if (!one) return false;
    await this.wakeLaterParts(tx, one);
    await this.outbox.forget(tx, messageId);
    this.announce(tx, changed);
    return true;
  }

  /** By an agent's word: send it again, and what failed behind it. What it says must be in the outbox. */
  async again(tx: TenantTx, messageId: MessageId): Promise<void> {
    const changed = await tx.query<Changed>(
      `update message set delivery_state = 'queued', delivery_at = $2, delivery_code = null, delivery_reason = null, delivery_remedy = null
       where id = $1 and delivery_state in ('failed', 'unknown') returning id, conversation_id`,
      [messageId, this.clock.now()],
    );
    const [one] = changed;
    if (!one) return;
    await this.wakeLaterParts(tx, one);
    await orderSending(this.jobs, tx, one.conversation_id);
    this.announce(tx, changed);
  }

  /**
   * The echo of a message that carries our own mark. True when it is ours: then the row is brought up to date instead of doubled. One that
   * has another id already was sent twice by an agent's word: the second is there too, so it is shown.
   */
  async echo(
    tx: TenantTx,
    { arrival, contact, event, messageId }: { arrival: Arrival; contact: KnownContact; event: InboundMessage; messageId: MessageId },
  ): Promise<boolean> {
    const rows = await tx.query(
      "select 1 from message where id = $1 and connection_id = $2 and direction = 'out' and (external_id is null or external_id = $3)",
      [messageId, arrival.connectionId, event.externalId],
    );
    if (rows.length === 0) return false;
    await this.sent(tx, messageId, { externalId: event.externalId, personId: event.personId });
    await this.confirm(tx, { arrival, contact, event });
    return true;
  }

  /** Note when the vendor says that it sent a message of ours; only its own times can be compared with its watermarks. */
  async confirm(
    tx: TenantTx,
    { arrival, contact, event }: { arrival: Arrival; contact: KnownContact; event: InboundMessage },
  ): Promise<void> {
    // A receipt may have come before it could be told which messages it is about.
    const changed = await tx.query<Changed>(
      `update message set vendor_sent_at = $3,
         delivery_at = case when $4::timestamptz >= $3 or $5::timestamptz >= $3 then greatest($4, $5) else delivery_at end,
         delivery_state = case when delivery_state <> 'sent' then delivery_state when $5::timestamptz >= $3 then 'read'
           when $4::timestamptz >= $3 then 'delivered' else delivery_state end
       where connection_id = $1 and external_id = $2 and direction = 'out' and vendor_sent_at is null returning id, conversation_id`,
      [arrival.connectionId, event.externalId, event.sentAt, contact.deliveredWatermarkAt, contact.readWatermarkAt],
    );
    this.announce(tx, changed);
  }

  private async note(
    tx: TenantTx,
    ids: MessageId[],
    { state, reason }: { state: 'queued' | 'failed' | 'unknown'; reason: ChannelError },
  ): Promise<void> {
    const changed = await tx.query<Changed>(
      `update message set delivery_state = $2, delivery_at = $3, delivery_code = $4, delivery_reason = $5, delivery_remedy = $6
       where id = any($1) and delivery_state in ('queued', 'sending') and (delivery_state, delivery_code) is distinct from ($2::text, $4::text)
       returning id, conversation_id`,
      [ids, state, this.clock.now(), reason.code, reason.reason, reason.remedy],
    );
    this.announce(tx, changed);
  }

  /** What a part held up, or took along when it failed, may go now. */
  private async wakeLaterParts(tx: TenantTx, { id, conversation_id }: Changed): Promise<void> {
    const later = await tx.query<Changed>(
      `update message set delivery_state = 'queued', delivery_at = $2, delivery_code = null, delivery_reason = null, delivery_remedy = null
       from outbox mine join outbox later on later.tenant_id = mine.tenant_id and later.reply_id = mine.reply_id and later.position > mine.position
       where mine.message_id = $1 and message.id = later.message_id and message.delivery_code = '${PART_BEFORE_FAILED}'
       returning message.id, message.conversation_id`,
      [id, this.clock.now()],
    );
    await tx.query('update outbox set given_up_at = null, attempts = 0, next_attempt_at = null where message_id = any($1)', [
      later.map((part) => part.id),
    ]);
    this.announce(tx, later);
    await orderSending(this.jobs, tx, conversation_id);
  }

  /** Whoever wrote a comment that the vendor did not name is known once we have answered in private. */
  private async nameAuthor(tx: TenantTx, messageId: MessageId, personId: string): Promise<void> {
    const [unnamed] = await tx.query<{ connectionId: Arrival['connectionId']; externalId: string; name: string }>(
      `select message.connection_id as "connectionId", known.external_id as "externalId", contact.name
       from message
       join conversation on conversation.tenant_id = message.tenant_id and conversation.id = message.conversation_id
       join contact on contact.tenant_id = conversation.tenant_id and contact.id = conversation.contact_id
       join contact_identity known on known.tenant_id = contact.tenant_id and known.contact_id = contact.id
       where message.id = $1 and conversation.channel = 'messenger' and known.external_id like 'comment:%'
         and not exists (select 1 from contact_identity named where named.contact_id = contact.id and named.external_id = $2) limit 1`,
      [messageId, personId],
    );
    if (!unnamed) return;
    const now = this.clock.now();
    const identity = identityOf('messenger', unnamed.connectionId, personId);
    const contact = await lockContact(tx, identity, nameOf(personId, null, now), now);
    await joinFormer(tx, { ...identity, externalId: unnamed.externalId }, contact);
    this.feed.append(tx, { type: 'contact_changed', contactId: contact.id });
  }

  // An echo whose mark was lost on the way has been stored as somebody else's message: it is the same one.
  private async forgetTwin(tx: TenantTx, messageId: MessageId, externalId: string): Promise<void> {
    const twins = await tx.query<Changed>(
      `delete from message twin using message own
       where own.id = $1 and twin.tenant_id = own.tenant_id and twin.connection_id = own.connection_id and twin.external_id = $2
         and twin.id <> own.id and twin.author_kind = 'outside'
       returning twin.id, twin.conversation_id`,
      [messageId, externalId],
    );
    this.announce(tx, twins);
  }

  private announce(tx: TenantTx, changed: Changed[]): void {
    for (const { id, conversation_id } of changed) {
      this.feed.append(tx, { type: 'message_changed', conversationId: conversation_id, messageId: id });
    }
  }
}
