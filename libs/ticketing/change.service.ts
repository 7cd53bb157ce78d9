import { Injectable } from '@nestjs/common';
import type { Conversation, ConversationChange, MessageKind } from '#contract';
import { type Actor, AgentService } from '#accounts';
import { Clock, Database, newId, type TenantTx } from '#platform';
import { PolicyService } from '#policies';
import { Feed } from '#realtime';
import { type LockedConversation, lockConversation } from './conversation.js';
import type { ConversationId, MessageId } from './ids.js';
import { addMessage } from './message.js';
import { ReadService } from './read.service.js';

/** What agents do with a conversation: give it a state, a person, tags. Each is a line in the thread, so that the next agent knows. */
@Injectable()
export class ChangeService {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly policies: PolicyService,
    private readonly feed: Feed,
    private readonly reads: ReadService,
    private readonly agents: AgentService,
  ) {}

  /**
   * Change a conversation; what is left out stays.
   *
   * Errors   not_found; unprocessable `no_such_agent`
   */
  async change(actor: Actor, id: ConversationId, change: ConversationChange): Promise<Conversation> {
    await this.db.inTenant(actor.tenantId, async (tx) => {
      const conversation = await lockConversation(tx, id);
      await this.status(tx, actor, conversation, change.status);
      await this.assignee(tx, actor, conversation, change.assigneeId);
      if (change.tags !== undefined) {
        await tx.query('update conversation set tags = $2 where id = $1', [id, [...new Set(change.tags)].toSorted()]);
      }
      this.feed.append(tx, { type: 'conversation_changed', conversationId: id });
    });
    return this.reads.conversation(actor, id);
  }

  /** An agent has opened it. Repeats: opening what is read changes nothing. */
  async markSeen(actor: Actor, id: ConversationId): Promise<void> {
    await this.db.inTenant(actor.tenantId, async (tx) => {
      await lockConversation(tx, id);
      const changed = await tx.query('update conversation set unread = false where id = $1 and unread returning id', [id]);
      if (changed.length > 0) this.feed.append(tx, { type: 'conversation_changed', conversationId: id });
    });
  }

  private async status(tx: TenantTx, actor: Actor, conversation: LockedConversation, status: ConversationChange['status']): Promise<void> {
    if (status === undefined || status === conversation.status) return;
    const now = this.clock.now();
    const policies = await this.policies.inForce(tx);
    await tx.query(
      `update conversation set status = $2, closed_at = case when $2 = 'closed' then $3::timestamptz else null end,
         retention_anchor_at = case
           when $2 = 'closed' and $4 then $3 else retention_anchor_at end
       where id = $1`,
      [conversation.id, status, now, policies.rule(conversation.retentionRuleId).anchor === 'closed'],
    );
    await this.line(tx, actor, conversation, { kind: 'status_changed', detail: status });
  }

  private async assignee(
    tx: TenantTx,
    actor: Actor,
    conversation: LockedConversation,
    assigneeId: string | null | undefined,
  ): Promise<void> {
    if (assigneeId === undefined || assigneeId === conversation.assigneeId) return;
    const name = assigneeId === null ? '' : await this.agents.activeName(tx, assigneeId);
    await tx.query('update conversation set assignee_id = $2 where id = $1', [conversation.id, assigneeId]);
    await this.line(tx, actor, conversation, { kind: 'assigned', detail: name });
  }

  private async line(
    tx: TenantTx,
    actor: Actor,
    { id: conversationId, connectionId, channel }: LockedConversation,
    { kind, detail }: { kind: MessageKind; detail: string },
  ): Promise<void> {
    const now = this.clock.now();
    const { recorder } = await this.policies.inForce(tx);
    const id = newId<MessageId>(now);
    await addMessage(
      tx,
      {
        id,
        conversationId,
        connectionId,
        direction: 'system',
        kind,
        author: { kind: 'system', agentId: actor.agentId },
        externalId: null,
        replyToExternalId: null,
        replyAddress: null,
        isFromStranger: false,
        idempotencyKey: null,
        delivery: null,
        vendorSentAt: null,
        sentAt: now,
      },
      recorder.record({ text: '', detail }, channel),
      now,
    );
    this.feed.append(tx, { type: 'message_added', conversationId, messageId: id });
  }
}
