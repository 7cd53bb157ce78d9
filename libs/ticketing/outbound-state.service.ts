import { Injectable } from '@nestjs/common';
import type { ChannelError, InboundMessage, InboundReceipt, Sent } from '#channels';
import { Clock, MINUTE_MS, type TenantTx } from '#platform';
import { PolicyService } from '#policies';
import { Feed } from '#realtime';
import type { Arrival } from './arrival.js';
import { findAndLock, type Identity, type KnownContact } from './contact.js';
import type { ConversationId, MessageId } from './ids.js';

/** A vendor's clock may run a little ahead of ours; a watermark beyond that is not believed. */
const CLOCK_SKEW_MS_MAX = 5 * MINUTE_MS;

interface Changed {
  id: MessageId;
  conversation_id: ConversationId;
}

/**
 * What became of the messages we sent. States only move forward: queued, sending, sent, delivered, read. `unknown` and `failed` give way
 * to proof that the message arrived after all.
 */
@Injectable()
export class OutboundStateService {
  constructor(
    private readonly clock: Clock,
    private readonly policies: PolicyService,
    private readonly feed: Feed,
  ) {}

  /** The vendor took it and named it. The echo may have been faster; then there is nothing left to say. */
  async sent(tx: TenantTx, messageId: MessageId, { externalId, problem }: Sent): Promise<void> {
    await this.forgetTwin(tx, messageId, externalId);
    const changed = await tx.query<Changed>(
      `update message set external_id = $2, delivery_state = 'sent', delivery_at = $3, delivery_code = $4, delivery_reason = $5,
         delivery_remedy = null
       where id = $1 and delivery_state in ('queued', 'sending', 'unknown', 'failed') returning id, conversation_id`,
      [messageId, externalId, this.clock.now(), problem?.code ?? null, problem?.reason ?? null],
    );
    await tx.query('delete from outbox where message_id = $1', [messageId]);
    this.announce(tx, changed);
  }

  /** It was not sent, or nobody knows. `isFinal`: nothing will be tried by itself any more. */
  async failed(tx: TenantTx, messageId: MessageId, error: ChannelError, isFinal: boolean): Promise<void> {
    const state = error.remedy === 'unknown' ? 'unknown' : isFinal ? 'failed' : 'queued';
    const changed = await tx.query<Changed>(
      `update message set delivery_state = $2, delivery_at = $3, delivery_code = $4, delivery_reason = $5, delivery_remedy = $6
       where id = $1 and delivery_state in ('queued', 'sending') returning id, conversation_id`,
      [messageId, state, this.clock.now(), error.code, error.reason, error.remedy],
    );
    if (state !== 'queued') await tx.query('delete from outbox where message_id = $1', [messageId]);
    this.announce(tx, changed);
  }

  /**
   * The echo of a message that carries our own mark. True when it is ours: then the row is brought up to date instead of doubled.
   */
  async echo(
    tx: TenantTx,
    { arrival, contact, event, messageId }: { arrival: Arrival; contact: KnownContact; event: InboundMessage; messageId: MessageId },
  ): Promise<boolean> {
    const rows = await tx.query("select 1 from message where id = $1 and connection_id = $2 and direction = 'out'", [
      messageId,
      arrival.connectionId,
    ]);
    if (rows.length === 0) return false;
    await this.sent(tx, messageId, event);
    await this.confirm(tx, { arrival, contact, event });
    return true;
  }

  /** Note when the vendor says that it sent a message of ours; only its own times can be compared with its watermarks. */
  async confirm(
    tx: TenantTx,
    { arrival, contact, event }: { arrival: Arrival; contact: KnownContact; event: InboundMessage },
  ): Promise<void> {
    await tx.query(
      "update message set vendor_sent_at = $3 where connection_id = $1 and external_id = $2 and direction = 'out' and vendor_sent_at is null",
      [arrival.connectionId, event.externalId, event.sentAt],
    );
    // A receipt may have come before it could be told which messages it is about.
    await this.advance(tx, arrival, contact, 'delivered', contact.deliveredWatermarkAt);
    await this.advance(tx, arrival, contact, 'read', contact.readWatermarkAt);
  }

  /** Everything sent to the person up to the watermark was delivered or read. Repeats: an older watermark changes nothing. */
  async receipt(tx: TenantTx, arrival: Arrival, identity: Identity, { state, watermarkAt, externalIds }: InboundReceipt): Promise<void> {
    const { recorder } = await this.policies.inForce(tx);
    if (!recorder.may('receipts', arrival.channel)) return;
    if (watermarkAt.getTime() > this.clock.now().getTime() + CLOCK_SKEW_MS_MAX) return;
    const contact = await findAndLock(tx, identity);
    if (!contact) return;
    const column = state === 'read' ? 'read_watermark_at' : 'delivered_watermark_at';
    await tx.query(
      'update contact_identity set ' + column + ' = greatest(' + column + ', $4) where channel = $1 and scope = $2 and external_id = $3',
      [identity.channel, identity.scope, identity.externalId, watermarkAt],
    );
    await this.advance(tx, arrival, contact, state, watermarkAt);
    if (externalIds.length > 0) await this.advanceNamed(tx, arrival, externalIds);
  }

  private async advance(
    tx: TenantTx,
    { connectionId }: Arrival,
    contact: KnownContact,
    state: 'delivered' | 'read',
    watermarkAt: Date | null,
  ): Promise<void> {
    if (watermarkAt === null) return;
    const changed = await tx.query<Changed>(
      `update message set delivery_state = $1, delivery_at = $2
       from conversation
       where conversation.tenant_id = message.tenant_id and conversation.id = message.conversation_id and conversation.contact_id = $3
         and message.connection_id = $4 and message.direction = 'out' and message.vendor_sent_at <= $5 and message.delivery_state = any($6)
       returning message.id, message.conversation_id`,
      [state, watermarkAt, contact.id, connectionId, watermarkAt, state === 'read' ? ['sent', 'delivered'] : ['sent']],
    );
    this.announce(tx, changed);
  }

  private async advanceNamed(tx: TenantTx, { connectionId }: Arrival, externalIds: string[]): Promise<void> {
    const changed = await tx.query<Changed>(
      `update message set delivery_state = 'delivered', delivery_at = $3
       where connection_id = $1 and external_id = any($2) and direction = 'out' and delivery_state = 'sent' returning id, conversation_id`,
      [connectionId, externalIds, this.clock.now()],
    );
    this.announce(tx, changed);
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
