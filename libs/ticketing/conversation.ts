import type { ChannelKind, ConversationStatus, MessageDirection } from '#contract';
import type { ConnectionId } from '#channels';
import { DAY_MS, newId, notFound, type TenantTx } from '#platform';
import type { GoverningRule, PoliciesInForce, RetentionRuleId } from '#policies';
import type { ContactId, ConversationId } from './ids.js';

/** A person who writes again this long after a conversation was closed has something new to say. */
const REOPEN_WITHIN_MS = 30 * DAY_MS;
const PREVIEW_LENGTH_MAX = 200;

/** A conversation and the rule that governs it. */
export interface Governed {
  id: ConversationId;
  retentionRuleId: RetentionRuleId;
}

export interface OpenConversation extends Governed {
  status: ConversationStatus;
  isNew: boolean;
}

export interface NewConversation {
  channel: ChannelKind;
  connectionId: ConnectionId;
  contactId: ContactId;
  subject: string;
  rule: GoverningRule;
  at: Date;
}

/** The conversation that a person's next message on this connection belongs to, or null when it opens a new one. */
export async function findCurrent(
  tx: TenantTx,
  { connectionId, contactId, at }: Pick<NewConversation, 'connectionId' | 'contactId' | 'at'>,
): Promise<OpenConversation | null> {
  const [row] = await tx.query<Omit<OpenConversation, 'isNew'>>(
    `select id, status, retention_rule_id as "retentionRuleId" from conversation
     where contact_id = $1 and connection_id = $2 and (status <> 'closed' or closed_at > $3)
     order by last_message_at desc limit 1`,
    [contactId, connectionId, new Date(at.getTime() - REOPEN_WITHIN_MS)],
  );
  return row ? { ...row, isNew: false } : null;
}

/** Open a conversation, with the tenant's next number and the rule that governs it from its first moment. */
export async function openConversation(tx: TenantTx, conversation: NewConversation, now: Date): Promise<OpenConversation> {
  const { channel, connectionId, contactId, subject, rule, at } = conversation;
  const id = newId<ConversationId>(now);
  await tx.query(
    `with counter as (
       insert into ticket_counter (tenant_id, last_number) values ($1, 1)
       on conflict (tenant_id) do update set last_number = ticket_counter.last_number + 1 returning last_number
     )
     insert into conversation (tenant_id, id, number, channel, connection_id, contact_id, subject, preview, preview_direction, status,
       unread, last_message_at, retention_rule_id, retention_anchor_at, created_at)
     select $1, $2, counter.last_number, $3, $4, $5, $6, '', 'in', 'open', false, $7, $8, $7, $9 from counter`,
    [tx.tenantId, id, channel, connectionId, contactId, subject, at, rule.id, now],
  );
  return { id, retentionRuleId: rule.id, status: 'open', isNew: true };
}

export interface Activity {
  direction: MessageDirection;
  preview: string;
  at: Date;
  /** A person said something: the conversation is unread, and open again if it was closed or snoozed. */
  isPersonSpeaking: boolean;
  /** The person acted in a way that lets us answer on channels with a window. */
  opensWindow: boolean;
}

/** Note that something was said: what the list shows, and the clock of the rule that counts from the last message. */
export async function touch(tx: TenantTx, { id, retentionRuleId }: Governed, policies: PoliciesInForce, activity: Activity): Promise<void> {
  const { direction, preview, at, isPersonSpeaking, opensWindow } = activity;
  const movesAnchor = policies.rule(retentionRuleId).anchor === 'last_message';
  await tx.query(
    `update conversation set
       preview = case when $2::timestamptz >= last_message_at then $3 else preview end,
       preview_direction = case when $2 >= last_message_at then $4 else preview_direction end,
       last_message_at = greatest(last_message_at, $2),
       retention_anchor_at = case
         when $7 then greatest(retention_anchor_at, $2) else retention_anchor_at end,
       unread = unread or $5,
       last_inbound_at = case when $6 then greatest(coalesce(last_inbound_at, $2), $2) else last_inbound_at end,
       status = case when $5 and status in ('closed', 'snoozed', 'pending') then 'open' else status end,
       closed_at = case when $5 then null else closed_at end
     where id = $1`,
    [id, at, preview.slice(0, PREVIEW_LENGTH_MAX).toWellFormed(), direction, isPersonSpeaking, opensWindow, movesAnchor],
  );
}

/** The list shows what the person last said as it reads now. */
export async function showEdited(tx: TenantTx, id: ConversationId, sentAt: Date, preview: string): Promise<void> {
  await tx.query("update conversation set preview = $3 where id = $1 and last_message_at = $2 and preview_direction = 'in'", [
    id,
    sentAt,
    preview.slice(0, PREVIEW_LENGTH_MAX).toWellFormed(),
  ]);
}

/** Lock a conversation for a change. Errors: not_found. */
export async function lockConversation(tx: TenantTx, id: ConversationId): Promise<LockedConversation> {
  const [row] = await tx.query<LockedConversation>(
    `select id, channel, connection_id as "connectionId", contact_id as "contactId", subject, status, assignee_id as "assigneeId", tags,
       last_inbound_at as "lastInboundAt", retention_rule_id as "retentionRuleId"
     from conversation where id = $1 for update`,
    [id],
  );
  if (!row) throw notFound();
  return row;
}

export interface LockedConversation extends Governed {
  channel: ChannelKind;
  connectionId: ConnectionId;
  contactId: ContactId;
  subject: string;
  status: ConversationStatus;
  assigneeId: string | null;
  tags: string[];
  lastInboundAt: Date | null;
}
