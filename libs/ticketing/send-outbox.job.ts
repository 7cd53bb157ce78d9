import { Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { AgentService } from '#accounts';
import { ChannelError, Channels, type ConnectionId, ConnectionService, type OpenConnection } from '#channels';
import type { ChannelKind, DeliveryState, MessageDirection } from '#contract';
import { defineJob, Jobs } from '#jobs';
import { Clock, Database, Log, SecretBox, type TenantId, type TenantTx } from '#platform';
import { Feed } from '#realtime';
import type { ConversationId, MessageId } from './ids.js';
import { Outbox } from './outbox.js';
import { OutboundStateService } from './outbound-state.service.js';

/** Send what waits in one conversation, oldest first. */
export const SendOutbox = defineJob({
  name: 'send-outbox',
  payload: z.object({ tenantId: z.uuid(), conversationId: z.uuid() }),
  queueOf: ({ conversationId }) => `outbox ${conversationId}`,
  attemptTimeoutMs: 900_000,
});

interface Waiting {
  id: MessageId;
  state: Extract<DeliveryState, 'queued' | 'sending'>;
  channel: ChannelKind;
  connectionId: ConnectionId;
  lastInboundAt: Date | null;
  to: string;
  toName: string;
  agentId: string | null;
  subject: string;
  createdAt: Date;
}

/**
 * Sending, so that a kill at any point sends nothing twice: the row says `sending`, committed, before the vendor is called. Whoever finds
 * that word there later knows that the call may have been made, and does not make it again: the message becomes `unknown` until its echo
 * or the agent says more.
 */
@Injectable()
export class SendOutboxJob implements OnModuleInit {
  private readonly outbox: Outbox;

  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly channels: Channels,
    private readonly connections: ConnectionService,
    private readonly states: OutboundStateService,
    private readonly feed: Feed,
    private readonly jobs: Jobs,
    private readonly agents: AgentService,
    secrets: SecretBox,
  ) {
    this.outbox = new Outbox(secrets);
  }

  onModuleInit(): void {
    this.jobs.bind(SendOutbox, async (payload, { isLastAttempt, signal }) => {
      const tenantId = payload.tenantId as TenantId;
      while (!signal.aborted && (await this.sendNext(tenantId, payload.conversationId as ConversationId, isLastAttempt)));
    });
  }

  /** False when nothing waits any more. */
  private async sendNext(tenantId: TenantId, conversationId: ConversationId, isLastAttempt: boolean): Promise<boolean> {
    const begun = await this.db.inTenant(tenantId, (tx) => this.begin(tx, conversationId));
    if (begun === null) return false;
    if (begun === 'settled') return true;
    const { waiting, connection, outbound } = begun;
    try {
      const sent = await this.channels.of(waiting.channel).send(connection, outbound);
      await this.db.inTenant(tenantId, (tx) => this.states.sent(tx, waiting.id, sent));
    } catch (error) {
      if (!(error instanceof ChannelError)) throw error;
      const isFinal = error.remedy !== 'try_later' || isLastAttempt;
      this.log.warn('send_failed', { messageId: waiting.id, channel: waiting.channel, code: error.code, kind: error.remedy });
      await this.db.inTenant(tenantId, async (tx) => {
        await this.states.failed(tx, waiting.id, error, isFinal);
        if (error.remedy === 'reconnect') await this.connections.markBroken(tx, waiting.connectionId, error.reason);
      });
      if (!isFinal) throw error;
    }
    return true;
  }

  private async begin(tx: TenantTx, conversationId: ConversationId) {
    const waiting = await oldestWaiting(tx, conversationId);
    if (!waiting) return null;
    const content = await this.outbox.look(tx, waiting.id);
    const refused = this.refusalBeforeSending(waiting, content !== null);
    if (refused || !content) {
      await this.states.failed(tx, waiting.id, refused!, true);
      return 'settled' as const;
    }
    await tx.query("update message set delivery_state = 'sending', delivery_at = $2 where id = $1", [waiting.id, this.clock.now()]);
    this.feed.append(tx, { type: 'message_changed', conversationId, messageId: waiting.id });
    const connection: OpenConnection = await this.connections.open(tx, waiting.connectionId);
    const thread = await threadBefore(tx, conversationId, waiting.id);
    const agentName = (await this.agents.names(tx, [waiting.agentId])).get(waiting.agentId ?? '') ?? connection.name;
    const outbound = { ...waiting, messageId: waiting.id, conversationId, ...content, agentName, ...thread };
    return { waiting, connection, outbound };
  }

  private refusalBeforeSending(waiting: Waiting, hasContent: boolean): ChannelError | null {
    if (waiting.state === 'sending') {
      return new ChannelError(
        'unknown',
        'maybe_sent',
        'Omnidesk stopped while this was being sent. It may have arrived; look before sending it again.',
      );
    }
    if (!hasContent) return new ChannelError('give_up', 'nothing_to_send', 'What was to be sent is no longer there.');
    if (this.channels.of(waiting.channel).replyWindow(waiting.lastInboundAt, this.clock.now()).state !== 'closed') return null;
    return new ChannelError('give_up', 'reply_window_closed', 'The time in which an answer is allowed ended before this could be sent.');
  }
}

async function oldestWaiting(tx: TenantTx, conversationId: ConversationId): Promise<Waiting | null> {
  const [row] = await tx.query<Waiting>(
    `select message.id, message.delivery_state as state, conversation.channel, message.connection_id as "connectionId",
       conversation.last_inbound_at as "lastInboundAt", conversation.subject, message.created_at as "createdAt",
       message.author_agent_id as "agentId", contact.name as "toName",
       coalesce(
         (select reply_address from message answered where answered.tenant_id = message.tenant_id
            and answered.conversation_id = conversation.id and answered.direction = 'in' and not answered.from_stranger
            and answered.reply_address is not null order by answered.sent_at desc limit 1),
         (select external_id from contact_identity known where known.tenant_id = message.tenant_id
            and known.contact_id = conversation.contact_id and known.channel = conversation.channel
            and known.scope in ('', message.connection_id::text) limit 1)
       ) as "to"
     from message
     join conversation on conversation.tenant_id = message.tenant_id and conversation.id = message.conversation_id
     join contact on contact.tenant_id = conversation.tenant_id and contact.id = conversation.contact_id
     where message.conversation_id = $1 and message.direction = 'out' and message.delivery_state in ('queued', 'sending')
     order by message.created_at, message.id limit 1 for update of message`,
    [conversationId],
  );
  return row ?? null;
}

const THREAD_IDS_MAX = 100;

/** The ids of the conversation before this message, as the vendor knows them, and what the contact said last. A stranger's part stays out of what the contact gets. */
async function threadBefore(tx: TenantTx, conversationId: ConversationId, messageId: MessageId) {
  const earlier = await tx.query<{ external_id: string; direction: MessageDirection }>(
    `select external_id, direction from (
       select external_id, direction, sent_at, id from message
       where conversation_id = $1 and id <> $2 and external_id is not null and direction in ('in', 'out') and not from_stranger
         and created_at < (select created_at from message where id = $2)
       order by sent_at desc, id desc limit $3
     ) newest order by sent_at, id`,
    [conversationId, messageId, THREAD_IDS_MAX],
  );
  const [answered] = await tx.query<{ authorName: string; sentAt: Date; text: string }>(
    `select contact.name as "authorName", message.sent_at as "sentAt", message.text from message
     join contact on contact.tenant_id = message.tenant_id and contact.id = message.author_contact_id
     where message.conversation_id = $1 and message.direction = 'in' and message.kind = 'text' and message.text <> ''
       and not message.from_stranger
     order by message.sent_at desc limit 1`,
    [conversationId],
  );
  return {
    earlierExternalIds: earlier.map(({ external_id }) => external_id),
    answersExternalId: earlier.findLast(({ direction }) => direction === 'in')?.external_id ?? null,
    answered: answered ?? null,
  };
}
