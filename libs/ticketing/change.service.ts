import { Injectable } from '@nestjs/common';
import type { Conversation, ConversationChange, MessageKind } from '#contract';
import { type Actor, AgentService, TeamService } from '#accounts';
import { ConnectionService } from '#channels';
import { Jobs } from '#jobs';
import { Clock, Database, newId, Refusal, type TenantTx } from '#platform';
import { type PoliciesInForce, PolicyService } from '#policies';
import { Feed } from '#realtime';
import { demandNotMerged, type LockedConversation, lockConversation } from './conversation.js';
import type { ConversationId, MessageId } from './ids.js';
import { addMessage } from './message.js';
import { noticeOfAssignment } from './notify-agent.js';
import { ReadService } from './read.service.js';
import { orderSignal } from './signal-person.job.js';

/** One agent's change of one locked conversation, and the policies it happens under. */
interface Act {
  tx: TenantTx;
  actor: Actor;
  conversation: LockedConversation;
  policies: PoliciesInForce;
}

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
    private readonly teams: TeamService,
    private readonly jobs: Jobs,
    private readonly connections: ConnectionService,
  ) {}

  /**
   * Change a conversation; what is left out stays.
   *
   * Errors   not_found; unprocessable `no_such_agent`, `no_such_team`, `outside_team`; conflict `conversation_merged`
   */
  async change(actor: Actor, id: ConversationId, change: ConversationChange): Promise<Conversation> {
    await this.db.inTenant(actor, async (tx) => {
      const conversation = await lockConversation(tx, id);
      await demandNotMerged(tx, conversation);
      const act = { tx, actor, conversation, policies: await this.policies.inForce(tx) };
      await this.status(act, change.status);
      await this.assignee(act, change.assigneeId);
      await this.team(act, change.teamId);
      if (change.tags !== undefined) {
        await tx.query('update conversation set tags = $2 where id = $1', [id, [...new Set(change.tags)].toSorted()]);
      }
      this.feed.append(tx, { type: 'conversation_changed', conversationId: id });
    });
    return this.reads.conversation(actor, id);
  }

  /** An agent has opened it, and the person may see that. Repeats: opening what is read changes nothing. */
  async markSeen(actor: Actor, id: ConversationId): Promise<void> {
    await this.db.inTenant(actor, async (tx) => {
      const { channel, kind, controlledByOther } = await lockConversation(tx, id);
      const changed = await tx.query('update conversation set unread = false where id = $1 and unread returning id', [id]);
      if (changed.length === 0) return;
      this.feed.append(tx, { type: 'conversation_changed', conversationId: id });
      if (channel !== 'messenger' || kind !== 'messages' || controlledByOther) return;
      await orderSignal(this.jobs, tx, { conversationId: id, signal: 'mark_seen', at: this.clock.now() });
    });
  }

  private async status(act: Act, status: ConversationChange['status']): Promise<void> {
    const { tx, conversation, policies } = act;
    if (status === undefined || status === conversation.status) return;
    const now = this.clock.now();
    await tx.query(
      `update conversation set status = $2, closed_at = case when $2 = 'closed' then $3::timestamptz else null end,
         retention_anchor_at = case
           when $2 = 'closed' and $4 then $3 else retention_anchor_at end
       where id = $1`,
      [conversation.id, status, now, policies.rule(conversation.retentionRuleId).anchor === 'closed'],
    );
    await this.line(act, { kind: 'status_changed', detail: status });
  }

  private async assignee(act: Act, assigneeId: string | null | undefined): Promise<void> {
    const { tx, conversation } = act;
    if (assigneeId === undefined || assigneeId === conversation.assigneeId) return;
    const name = assigneeId === null ? '' : await this.agents.nameOfWorker(tx, assigneeId, conversation.connectionId);
    await tx.query('update conversation set assignee_id = $2 where id = $1', [conversation.id, assigneeId]);
    await this.line(act, { kind: 'assigned', detail: name });
    // Who takes it has seen it.
    if (assigneeId === null || assigneeId === act.actor.agentId) return;
    await noticeOfAssignment(
      tx,
      { jobs: this.jobs, connections: this.connections },
      { conversationId: conversation.id, agentId: assigneeId },
    );
  }

  private async team(act: Act, teamId: string | null | undefined): Promise<void> {
    const { tx, conversation } = act;
    if (teamId === undefined || teamId === conversation.teamId) return;
    const team = teamId === null ? null : await this.teams.worksOn(tx, teamId, conversation.connectionId);
    if (teamId !== null && !team) throw new Refusal('unprocessable', 'no_such_team', 'There is no such team. Choose one from the list.');
    if (team?.sees === false) {
      throw new Refusal('unprocessable', 'outside_team', 'This team does not work on this page or mailbox. Choose one that does.');
    }
    await tx.query('update conversation set team_id = $2 where id = $1', [conversation.id, teamId]);
    if (team) await this.line(act, { kind: 'assigned', detail: team.name });
  }

  private async line({ tx, actor, conversation, policies }: Act, { kind, detail }: { kind: MessageKind; detail: string }): Promise<void> {
    const { id: conversationId, connectionId, channel } = conversation;
    const now = this.clock.now();
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
      policies.recorder.record({ text: '', detail }, channel),
      now,
    );
    this.feed.append(tx, { type: 'message_added', conversationId, messageId: id });
  }
}
