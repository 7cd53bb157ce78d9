import { Injectable } from '@nestjs/common';
import {
  type Contact,
  type Conversation,
  type ConversationCounts,
  type ConversationMail,
  type ConversationQuery,
  type ConversationRow,
  COUNT_MAX,
  type Message,
  type Page,
  type RelatedConversation,
  type ReplyWindow,
  type UnsentText,
} from '#contract';
import { type Actor, AgentService, ReadingVolume, TeamService } from '#accounts';
import { Channels, ConnectionService } from '#channels';
import { Clock, Database, isUuid, notFound, type TenantTx } from '#platform';
import { endsAt, PolicyService } from '#policies';
import type { ContactId, ConversationId, MessageId } from './ids.js';
import { CONTROL_COLUMNS, type ControlRow, describeControl } from './control.js';
import { CONVERSATION_COLUMNS, type ConversationListRow, describeRow, LIST_PAGE, QUARANTINE_PAGE } from './read-conversation.js';
import { kept, mayUndo, mergesOf } from './merged.js';
import { addressesOf } from './read-mail.js';
import { describeMessage, MESSAGE_COLUMNS, MESSAGE_SOURCE, type MessageRow } from './read-message.js';
import { describeReferral, REFERRAL_COLUMNS, type ReferralRow, REFERRALS_SHOWN_MAX } from './referral.js';
import { readCursor, writeCursor } from './cursor.js';
import { suppressionOf } from './suppression.js';

const OTHER_CONVERSATIONS_MAX = 20;
const RELATED_SHOWN_MAX = 20;
const IN_THE_LISTS = "status <> 'closed' and quarantined_at is null";

/** What screens ask for. */
@Injectable()
export class ReadService {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly policies: PolicyService,
    private readonly channels: Channels,
    private readonly connections: ConnectionService,
    private readonly agents: AgentService,
    private readonly teams: TeamService,
    private readonly volume: ReadingVolume,
  ) {}

  /** The newest activity first. Limits: a page; deep pages cost what the first costs. */
  async list(actor: Actor, query: ConversationQuery): Promise<Page<ConversationRow>> {
    const after = readCursor(query.cursor);
    return this.db.inTenant(actor, async (tx) => {
      // Conditions that are not asked for fold away in planning, because the values are known then.
      const rows = await tx.query<ConversationListRow>(query.view === 'quarantine' ? QUARANTINE_PAGE : LIST_PAGE, [
        query.status ?? null,
        query.view === 'mine' ? actor.agentId : null,
        query.assigneeId ?? null,
        query.view === 'unassigned',
        query.channel ?? null,
        after?.at ?? null,
        after?.id ?? null,
        query.limit + 1,
        query.teamId ?? null,
      ]);
      const items = rows.slice(0, query.limit);
      const last = rows.length > query.limit ? items.at(-1) : undefined;
      const names = await this.names(tx, items);
      return {
        items: items.map((row) => describeRow(row, names)),
        nextCursor: last ? writeCursor(last.lastMessageAt, last.id) : null,
      };
    });
  }

  /** Counting stops at COUNT_MAX: "1000+" is all a person wants to know. */
  async counts(actor: Actor): Promise<ConversationCounts> {
    return this.db.inTenant(actor, async (tx) => {
      const [row] = await tx.query<Record<keyof ConversationCounts, string>>(
        `select
           (select count(*) from (select 1 from conversation where ${IN_THE_LISTS} and assignee_id = $1 limit $2) mine) as mine,
           (select count(*) from (select 1 from conversation where ${IN_THE_LISTS} and assignee_id is null limit $2) free) as unassigned,
           (select count(*) from (select 1 from conversation where ${IN_THE_LISTS} limit $2) whole) as all,
           (select count(*) from (select 1 from conversation where status <> 'closed' and quarantined_at is not null limit $2) shut) as quarantine`,
        [actor.agentId, COUNT_MAX],
      );
      return { mine: Number(row!.mine), unassigned: Number(row!.unassigned), all: Number(row!.all), quarantine: Number(row!.quarantine) };
    });
  }

  /** Errors: not_found. */
  async conversation(actor: Actor, id: ConversationId): Promise<Conversation> {
    if (!isUuid(id)) throw notFound();
    return this.db.inTenant(actor, async (tx) => {
      const [row] = await tx.query<ConversationDetailRow>(
        `select ${CONVERSATION_COLUMNS}, ${CONTROL_COLUMNS}, conversation.loop_stopped_at as "loopStoppedAt", conversation.post_id as "postId", conversation.post_url as "postUrl",
           (select unsent_at from message where message.connection_id = conversation.connection_id
              and message.external_id = conversation.thread_external_id) as "removedAt"
         from conversation join contact on contact.tenant_id = conversation.tenant_id and contact.id = conversation.contact_id
         where conversation.id = $1`,
        [id],
      );
      if (!row) throw notFound();
      const policies = await this.policies.inForce(tx);
      const { ruleId, anchorAt } = await kept(tx, row);
      const rule = policies.rule(ruleId);
      const merges = await mergesOf(tx, id);
      const referrals = await tx.query<ReferralRow>(
        `select ${REFERRAL_COLUMNS} from referral where conversation_id = $1 order by came_at desc, id desc limit $2`,
        [id, REFERRALS_SHOWN_MAX],
      );
      return {
        ...describeRow(row, await this.names(tx, [row])),
        createdAt: row.createdAt.toISOString(),
        replyWindow: await this.replyWindow(tx, row),
        replyLimits: this.channels.of(row.channel).limits(row.kind),
        control: describeControl(row),
        referrals: referrals.map(describeReferral),
        post: row.postId === null ? null : { id: row.postId, url: row.postUrl },
        retention: {
          policyVersion: rule.policyVersion,
          ruleName: rule.name,
          anchor: rule.anchor,
          anchorAt: anchorAt.toISOString(),
          keepMonths: rule.keepMonths,
          end: rule.end,
          endsAt: endsAt(anchorAt, rule).toISOString(),
        },
        recordingVersion: policies.recorder.version,
        related: row.mergedInto === null ? await related(tx, row) : [],
        merges,
        canUnmerge: row.mergedInto !== null && (await mayUndo(tx, id)),
        mail: row.channel === 'email' ? await this.mailOf(tx, row) : null,
      };
    });
  }

  /** What a message said that its author took back, as far as the policy let it be kept. Errors: not_found. */
  async unsent(actor: Actor, id: MessageId): Promise<UnsentText> {
    if (!isUuid(id)) throw notFound();
    return this.db.inTenant(actor, async (tx) => {
      const [row] = await tx.query<UnsentText>('select text from message where id = $1 and unsent_at is not null', [id]);
      if (!row) throw notFound();
      return { text: row.text };
    });
  }

  /** A page from the end of the thread, oldest first; the next page is older. Errors: not_found; too_many `too_much_read`. */
  async messages(actor: Actor, id: ConversationId, { cursor, limit }: { cursor?: string; limit: number }): Promise<Page<Message>> {
    if (!isUuid(id)) throw notFound();
    const before = readCursor(cursor);
    await this.volume.demand(actor, 'conversations', id);
    return this.db.inTenant(actor, async (tx) => {
      const [known] = await tx.query('select 1 from conversation where id = $1', [id]);
      if (!known) throw notFound();
      const rows = await tx.query<MessageRow>(
        `select ${MESSAGE_COLUMNS} from ${MESSAGE_SOURCE}
         where message.conversation_id = $1 and ($2::timestamptz is null or (message.sent_at, message.id) < ($2, $3::uuid))
         order by message.sent_at desc, message.id desc limit $4`,
        [id, before?.at ?? null, before?.id ?? null, limit + 1],
      );
      const items = rows.slice(0, limit).toReversed();
      const oldest = rows.length > limit ? items[0] : undefined;
      return { items: await this.describe(tx, items), nextCursor: oldest ? writeCursor(oldest.sentAt, oldest.id) : null };
    });
  }

  /** One message, as the thread shows it. */
  async message(tx: TenantTx, id: MessageId): Promise<Message> {
    const rows = await tx.query<MessageRow>(`select ${MESSAGE_COLUMNS} from ${MESSAGE_SOURCE} where message.id = $1`, [id]);
    const [message] = await this.describe(tx, rows);
    if (!message) throw notFound();
    return message;
  }

  /** Errors: not_found. */
  async contact(actor: Actor, id: ContactId): Promise<Contact> {
    if (!isUuid(id)) throw notFound();
    return this.db.inTenant(actor, async (tx) => {
      const [contact] = await tx.query<{ name: string; picture_blob: string | null; created_at: Date }>(
        'select name, picture_blob, created_at from contact where id = $1',
        [id],
      );
      if (!contact) throw notFound();
      const identities = await tx.query<{ channel: 'messenger' | 'email'; scope: string; external_id: string }>(
        'select channel, scope, external_id from contact_identity where contact_id = $1 order by channel, external_id',
        [id],
      );
      const conversations = await tx.query<{ id: string; number: string; subject: string; status: string; last_message_at: Date }>(
        `select id, number, subject, status, last_message_at from conversation where contact_id = $1 and quarantined_at is null
           order by last_message_at desc limit $2`,
        [id, OTHER_CONVERSATIONS_MAX],
      );
      const names = await this.connections.names(tx);
      return {
        id,
        name: contact.name,
        pictureUrl: contact.picture_blob === null ? null : `/api/contacts/${id}/picture`,
        identities: identities.map(({ channel, scope, external_id }) => ({
          channel,
          connectionName: names.get(scope) ?? null,
          externalId: external_id,
        })),
        conversations: conversations.map((row) => ({
          id: row.id,
          number: Number(row.number),
          subject: row.subject,
          status: row.status,
          lastMessageAt: row.last_message_at.toISOString(),
        })),
        createdAt: contact.created_at.toISOString(),
      };
    });
  }

  private async replyWindow(tx: TenantTx, row: ConversationDetailRow): Promise<ReplyWindow> {
    if (row.removedAt !== null) return { state: 'closed', closedAt: row.removedAt.toISOString(), reason: 'removed' };
    const { humanAgent } = await this.connections.settingsOf(tx, row.connectionId);
    const { kind: place, lastInboundAt } = row;
    return this.channels.of(row.channel).replyWindow({ place, lastInboundAt, now: this.clock.now(), writtenBy: 'human', humanAgent });
  }

  private async mailOf(tx: TenantTx, { id, loopStoppedAt }: ConversationDetailRow): Promise<ConversationMail> {
    const { replyAddress, others } = await addressesOf(tx, id, await this.connections.mailboxAddresses(tx));
    return { replyAddress, others, suppression: await suppressionOf(tx, replyAddress), loopStopped: loopStoppedAt !== null };
  }

  private async names(tx: TenantTx, rows: readonly ConversationListRow[]) {
    return {
      connections: await this.connections.names(tx),
      agents: await this.agents.names(
        tx,
        rows.map((row) => row.assigneeId),
      ),
      teams: await this.teams.names(
        tx,
        rows.map((row) => row.teamId),
      ),
    };
  }

  private async describe(tx: TenantTx, rows: MessageRow[]): Promise<Message[]> {
    const agents = await this.agents.names(
      tx,
      rows.flatMap((row) => [row.authorAgentId, row.replyToAgentId]),
    );
    const connections = rows.some((row) => row.alsoIn !== null) ? await this.connections.names(tx) : new Map<string, string>();
    return rows.map((row) => describeMessage(row, { agents, connections }, this.clock.now()));
  }
}

interface ConversationDetailRow extends ConversationListRow, ControlRow {
  postId: string | null;
  postUrl: string | null;
  /** When the comment on top was removed. */
  removedAt: Date | null;
  loopStoppedAt: Date | null;
}

/**
 * What it may belong to, and what may belong to it; what was merged into one of them counts for the whole. A forgery that names it stays out
 * of sight as long as it is in quarantine.
 */
async function related(tx: TenantTx, { id, quarantined }: ConversationDetailRow): Promise<RelatedConversation[]> {
  const rows = await tx.query<Omit<RelatedConversation, 'number'> & { number: string }>(
    `with part as (
       select id from conversation where id = $1 or merged_into_id = $1
     ), link as (
       select related_id as id, how from conversation_link where conversation_id in (select id from part)
       union select conversation_id, how from conversation_link where related_id in (select id from part)
     ),
     -- By arrays, not joins: a link names a few, and a guess of many would read the table from end to end.
     whole as (
       select coalesce(named.merged_into_id, named.id) as id, link.how from link join conversation named on named.id = link.id
       where named.id = any(array(select id from link))
     )
     select distinct other.id, other.number, other.subject, whole.how from whole join conversation other on other.id = whole.id
     where other.id = any(array(select id from whole)) and other.id <> $1 and (other.quarantined_at is null or $2)
     order by other.number desc limit $3`,
    [id, quarantined, RELATED_SHOWN_MAX],
  );
  return rows.map((row) => ({ ...row, number: Number(row.number) }));
}
