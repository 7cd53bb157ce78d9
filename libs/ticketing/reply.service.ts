import { Injectable } from '@nestjs/common';
import type { Message, Note, Reply } from '#contract';
import { type Actor, AgentService } from '#accounts';
import { Channels, ConnectionService } from '#channels';
import { Jobs } from '#jobs';
import { Clock, Database, newId, Refusal, SecretBox, type TenantTx } from '#platform';
import { PolicyService, type Recordable } from '#policies';
import { Feed } from '#realtime';
import { type LockedConversation, lockConversation, touch } from './conversation.js';
import type { ConversationId, MessageId } from './ids.js';
import { addMessage, previewOf } from './message.js';
import { Outbox } from './outbox.js';
import { ReadService } from './read.service.js';
import { SendOutbox } from './send-outbox.job.js';

export interface Said {
  /** The same key from the same agent stores and sends once. */
  idempotencyKey: string | null;
}

/** What agents say: replies to the contact, notes to each other. */
@Injectable()
export class ReplyService {
  private readonly outbox: Outbox;

  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly channels: Channels,
    private readonly connections: ConnectionService,
    private readonly policies: PolicyService,
    private readonly feed: Feed,
    private readonly jobs: Jobs,
    private readonly reads: ReadService,
    private readonly agents: AgentService,
    secrets: SecretBox,
  ) {
    this.outbox = new Outbox(secrets);
  }

  /**
   * Store a reply and have it sent. Resolves once it is certain that it will be tried.
   *
   * Errors   unprocessable `reply_window_closed`, `text_too_long`, `connection_gone`; conflict `answered_meanwhile`, `idempotency_conflict`;
   *          not_found
   * Repeats  the same idempotency key gives the first answer
   */
  async reply(actor: Actor, conversationId: ConversationId, reply: Reply, said: Said): Promise<Message> {
    return this.db.inTenant(actor.tenantId, async (tx) => {
      const conversation = await lockConversation(tx, conversationId);
      const earlier = await this.earlier(tx, actor, conversationId, { text: reply.text, direction: 'out', ...said });
      if (earlier) return earlier;
      await this.demandSendable(tx, conversation, reply);
      const now = this.clock.now();
      const id = newId<MessageId>(now);
      const connection = await this.connections.open(tx, conversation.connectionId);
      const externalId = this.channels.of(conversation.channel).externalIdOf(connection, { messageId: id, conversationId });
      await this.store(tx, actor, conversation, { id, direction: 'out', externalId, content: { text: reply.text, cc: reply.cc }, ...said });
      await this.outbox.put(tx, id, { text: reply.text, cc: reply.cc ?? [] }, now);
      await this.jobs.enqueue(tx, SendOutbox, { tenantId: tx.tenantId, conversationId }, { onceKey: `outbox ${conversationId}` });
      return this.reads.message(tx, id);
    });
  }

  /** Store a note, which never leaves the tenant. Errors and repeats as for a reply. */
  async note(actor: Actor, conversationId: ConversationId, { text }: Note, said: Said): Promise<Message> {
    return this.db.inTenant(actor.tenantId, async (tx) => {
      const conversation = await lockConversation(tx, conversationId);
      const earlier = await this.earlier(tx, actor, conversationId, { text, direction: 'note', ...said });
      if (earlier) return earlier;
      const id = newId<MessageId>(this.clock.now());
      await this.store(tx, actor, conversation, { id, direction: 'note', externalId: null, content: { text }, ...said });
      return this.reads.message(tx, id);
    });
  }

  private async store(
    tx: TenantTx,
    actor: Actor,
    conversation: LockedConversation,
    {
      id,
      direction,
      externalId,
      content,
      idempotencyKey,
    }: Said & { id: MessageId; direction: 'out' | 'note'; externalId: string | null; content: Recordable },
  ): Promise<void> {
    const now = this.clock.now();
    const policies = await this.policies.inForce(tx);
    const recorded = policies.recorder.record(content, conversation.channel);
    await addMessage(
      tx,
      {
        id,
        conversationId: conversation.id,
        connectionId: conversation.connectionId,
        direction,
        kind: 'text',
        author: { kind: 'agent', agentId: actor.agentId },
        externalId,
        replyToExternalId: null,
        replyAddress: null,
        isFromStranger: false,
        idempotencyKey,
        delivery: direction === 'out' ? 'queued' : null,
        vendorSentAt: null,
        sentAt: now,
      },
      recorded,
      now,
    );
    const shown = { direction, preview: previewOf(recorded), at: now, isPersonSpeaking: false, opensWindow: false };
    await touch(tx, conversation, policies, shown);
    this.feed.append(tx, { type: 'message_added', conversationId: conversation.id, messageId: id });
  }

  private async demandSendable(tx: TenantTx, conversation: LockedConversation, reply: Reply): Promise<void> {
    const channel = this.channels.of(conversation.channel);
    if (reply.text.length > channel.textLengthMax) {
      const most = String(channel.textLengthMax);
      throw new Refusal(
        'unprocessable',
        'text_too_long',
        `This channel carries at most ${most} characters in one message. Send it in parts.`,
      );
    }
    if (channel.replyWindow(conversation.lastInboundAt, this.clock.now()).state === 'closed') {
      throw new Refusal(
        'unprocessable',
        'reply_window_closed',
        'Facebook allows answers until 24 hours after the person last wrote. Once the person writes again you can answer.',
      );
    }
    await this.connections.demandConnected(tx, conversation.connectionId);
    if (reply.lastSeenMessageId !== undefined) await this.demandNothingNew(tx, conversation.id, reply.lastSeenMessageId);
  }

  private async earlier(
    tx: TenantTx,
    actor: Actor,
    conversationId: ConversationId,
    { idempotencyKey, text, direction }: Said & { text: string; direction: 'out' | 'note' },
  ): Promise<Message | null> {
    if (idempotencyKey === null) return null;
    const [row] = await tx.query<{ id: MessageId; same: boolean }>(
      `select id, (conversation_id = $3 and direction = $4 and (text = $5 or withheld)) as same from message
       where author_agent_id = $1 and idempotency_key = $2`,
      [actor.agentId, idempotencyKey, conversationId, direction, text],
    );
    if (!row) return null;
    if (!row.same) throw new Refusal('conflict', 'idempotency_conflict', 'This key was used for something else.');
    return this.reads.message(tx, row.id);
  }

  /** Errors: conflict `answered_meanwhile` when somebody answered after the message the agent saw last. */
  private async demandNothingNew(tx: TenantTx, conversationId: ConversationId, lastSeenMessageId: string): Promise<void> {
    const [answer] = await tx.query<{ author_agent_id: string | null }>(
      `select author_agent_id from message
       where conversation_id = $1 and direction = 'out'
         and created_at > (select created_at from message where id::text = $2 and conversation_id = $1)
       order by created_at desc limit 1`,
      [conversationId, lastSeenMessageId],
    );
    if (!answer) return;
    const names = await this.agents.names(tx, [answer.author_agent_id]);
    const who = names.get(answer.author_agent_id ?? '') ?? 'Somebody outside Omnidesk';
    throw new Refusal('conflict', 'answered_meanwhile', `${who} answered meanwhile. Read it first, then send yours if it still helps.`);
  }
}
