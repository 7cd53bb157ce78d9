import type { ChannelKind, ConversationKind, ConversationStatus, MessageDirection } from '#contract';
import type { ConnectionId, InboundOrigin } from '#channels';
import { DAY_MS, newId, notFound, Refusal, type TenantTx } from '#platform';
import type { GoverningRule, PoliciesInForce, RetentionRuleId } from '#policies';
import { CONTROL_SIGN, type ControlSign } from './control.js';
import type { ContactId, ConversationId } from './ids.js';

/** A person who writes again this long after a conversation was closed has something new to say. */
const REOPEN_WITHIN_MS = 30 * DAY_MS;
const PREVIEW_LENGTH_MAX = 200;

/** An imported conversation waits for an answer only if the person's last word is younger than this. */
export const IMPORTED_OPEN_WITHIN_MS = 7 * DAY_MS;

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
  /** Set for what is said below a comment: the comment on top, and the post it stands under. */
  thread?: { externalId: string; post: { id: string; url: string | null } };
  origin?: InboundOrigin;
  /** What opens it, where that is known already: then it need not be touched for it. */
  first?: { preview: string; isUnread: boolean; isInbound: boolean };
  /** It is in no view but the quarantine's. */
  isQuarantined?: boolean;
}

/** The conversation that a person's next message on this connection belongs to, or null when it opens a new one. */
export async function findCurrent(
  tx: TenantTx,
  { connectionId, contactId, at }: Pick<NewConversation, 'connectionId' | 'contactId' | 'at'>,
): Promise<OpenConversation | null> {
  const [row] = await tx.query<Omit<OpenConversation, 'isNew'>>(
    `select id, status, retention_rule_id as "retentionRuleId" from conversation
     where contact_id = $1 and connection_id = $2 and kind = 'messages' and merged_into_id is null
       and (status <> 'closed' or closed_at > $3)
     order by last_message_at desc limit 1`,
    [contactId, connectionId, reopenedSince(at)],
  );
  return row ? { ...row, isNew: false } : null;
}

/** A conversation closed after this is continued by what is said at `at`. */
export function reopenedSince(at: Date): Date {
  return new Date(at.getTime() - REOPEN_WITHIN_MS);
}

/**
 * Open a conversation, with the tenant's next number and the rule that governs it from its first moment. Who has the thread at the vendor
 * is what was known in the person's last conversation.
 */
export async function openConversation(tx: TenantTx, conversation: NewConversation, now: Date): Promise<OpenConversation> {
  const { channel, connectionId, contactId, subject, rule, at, thread, origin, first, isQuarantined } = conversation;
  const id = newId<ConversationId>(now);
  const status = origin === 'import' ? 'closed' : 'open';
  await tx.queryPrepared(
    'open-conversation',
    `with counter as (
       insert into ticket_counter (tenant_id, last_number) values ($1, 1)
       on conflict (tenant_id) do update set last_number = ticket_counter.last_number + 1 returning last_number
     )
     insert into conversation (tenant_id, id, number, channel, connection_id, contact_id, subject, preview, preview_direction, status,
       unread, last_message_at, retention_rule_id, retention_anchor_at, created_at, kind, thread_external_id, post_id, post_url,
       imported, closed_at, last_inbound_at, quarantined_at, controlled_by_other, control_at, control_ours_at, control_app_id, control_app_at, control_requested_at)
     select $1, $2, counter.last_number, $3, $4, $5, $6, $15, 'in', $10, $16, $7::timestamptz, $8, $7, $9, $11::text, $12, $13, $14,
       $10::text = 'closed', case when $10 = 'closed' then $7 end, case when $17::boolean then $7 end, case when $18::boolean then $9::timestamptz end,
       coalesce(last.controlled_by_other, false), last.control_at,
       last.control_ours_at, last.control_app_id, last.control_app_at, last.control_requested_at
     from counter left join lateral (
       select * from conversation where contact_id = $5 and connection_id = $4 and kind = 'messages' and merged_into_id is null and $11 = 'messages'
       order by last_message_at desc limit 1
     ) last on true`,
    [
      tx.tenantId,
      id,
      channel,
      connectionId,
      contactId,
      subject,
      at,
      rule.id,
      now,
      status,
      thread ? 'comments' : 'messages',
      thread?.externalId ?? null,
      thread?.post.id ?? null,
      thread?.post.url ?? null,
      shortened(first?.preview ?? ''),
      first?.isUnread ?? false,
      first?.isInbound ?? false,
      isQuarantined ?? false,
    ],
  );
  return { id, retentionRuleId: rule.id, status, isNew: true };
}

export interface Activity {
  direction: MessageDirection;
  preview: string;
  at: Date;
  /** A person said something: the conversation is unread, and open again if it was closed or snoozed. */
  isPersonSpeaking: boolean;
  /** The person acted in a way that lets us answer on channels with a window. */
  opensWindow: boolean;
  /** `live` when left out. What was missed reopens only as the newest word; what was imported reopens nothing. */
  origin?: InboundOrigin;
  /** What it shows of who has the thread at the vendor. */
  control?: ControlSign | null;
  /** A machine of ours wrote it: it says nothing about the agents. */
  isAutomatic?: boolean;
}

/** Note that something was said: what the list shows, and the clock of the rule that counts from the last message. */
export async function touch(tx: TenantTx, { id, retentionRuleId }: Governed, policies: PoliciesInForce, activity: Activity): Promise<void> {
  const { direction, preview, at, isPersonSpeaking, opensWindow, origin = 'live', control, isAutomatic = false } = activity;
  const movesAnchor = policies.rule(retentionRuleId).anchor === 'last_message';
  const touched = await tx.queryPrepared(
    'touch-conversation',
    `update conversation set
       preview = case when $2::timestamptz >= last_message_at then $3 else preview end,
       preview_direction = case when $2 >= last_message_at then $4 else preview_direction end,
       last_message_at = greatest(last_message_at, $2),
       retention_anchor_at = case
         when $7 then greatest(retention_anchor_at, $2) else retention_anchor_at end,
       unread = unread or ($5 and ($8 = 'live' or $2 >= last_message_at)),
       last_inbound_at = case when $6 then greatest(coalesce(last_inbound_at, $2), $2) else last_inbound_at end,
       status = case when $5 and ($8 = 'live' or $2 >= last_message_at) and status in ('closed', 'snoozed', 'pending') then 'open' else status end,
       closed_at = case when $5 and ($8 = 'live' or $2 >= last_message_at) then null else closed_at end,
       imported = false,
       -- An agent takes a hand in it: what goes out by itself may go again.
       loop_stopped_at = case when $4 = 'out' and not $11::boolean then null else loop_stopped_at end,
       ${CONTROL_SIGN}
     from (select $9::timestamptz as at, $10::boolean as is_other) sign where id = $1 and merged_into_id is null returning 1`,
    [
      id,
      at,
      shortened(preview),
      direction,
      isPersonSpeaking && origin !== 'import',
      opensWindow,
      movesAnchor,
      origin,
      control?.at ?? null,
      control?.isOther ?? false,
      isAutomatic,
    ],
  );
  demandStillHere(touched);
}

/**
 * Note something said from before we were connected. It wakes nobody: a conversation that lives already shows it in its place, and one
 * that was opened by the import waits for an answer only if the person's young word is its last.
 */
export async function touchImported(tx: TenantTx, { id, retentionRuleId }: Governed, policies: PoliciesInForce, past: Past): Promise<void> {
  const { direction, preview, at, opensWindow, now } = past;
  const touched = await tx.query(
    `update conversation set
       preview = case when $2::timestamptz >= last_message_at then $3 else preview end,
       preview_direction = case when $2 >= last_message_at then $4 else preview_direction end,
       last_message_at = greatest(last_message_at, $2),
       retention_anchor_at = case when $6 then greatest(retention_anchor_at, $2) else retention_anchor_at end,
       last_inbound_at = case when $5 then greatest(coalesce(last_inbound_at, $2), $2) else last_inbound_at end,
       status = case when state.is_settled or $2 < last_message_at then status when $5 and $2 > $7 then 'open' else 'closed' end,
       closed_at = case when state.is_settled or $2 < last_message_at then closed_at when $5 and $2 > $7 then null else $2 end
     from (
       select not imported or exists (select 1 from message where conversation_id = $1 and kind = 'status_changed') as is_settled
       from conversation where id = $1
     ) state
     where id = $1 and merged_into_id is null returning 1`,
    [
      id,
      at,
      shortened(preview),
      direction,
      opensWindow,
      policies.rule(retentionRuleId).anchor === 'last_message',
      new Date(now.getTime() - IMPORTED_OPEN_WITHIN_MS),
    ],
  );
  demandStillHere(touched);
}

// Whoever takes in a message chose its conversation without a lock. Taken in once more, it goes to where everything went.
function demandStillHere(touched: readonly unknown[]): void {
  if (touched.length === 0) throw new Error('the conversation was merged or erased while a message for it was taken in');
}

export type Past = Pick<Activity, 'direction' | 'preview' | 'at' | 'opensWindow'> & { now: Date };

/** Bring what the list shows up to date with the newest thing said, after something said earlier has changed or moved. */
export async function refreshPreview(tx: TenantTx, id: ConversationId): Promise<void> {
  const [newest] = await tx.query<{ direction: MessageDirection; text: string; names: string[] | null; sent_at: Date; unsent: boolean }>(
    `select direction, text, sent_at, unsent_at is not null as unsent,
       (select array_agg(name order by position) from attachment where attachment.message_id = message.id) as names
     from message where conversation_id = $1 and direction <> 'system' order by sent_at desc, id desc limit 1`,
    [id],
  );
  if (!newest) return;
  const preview = newest.unsent ? '' : firstWords(newest.text, newest.names ?? []);
  await tx.query('update conversation set preview = $2, preview_direction = $3, last_message_at = $4 where id = $1', [
    id,
    shortened(preview),
    newest.direction,
    newest.sent_at,
  ]);
}

/** The one line that a list shows of something said. */
export function firstWords(text: string, fileNames: readonly string[]): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line === '' ? (fileNames.find((name) => name !== '') ?? '') : line;
}

function shortened(preview: string): string {
  return preview.slice(0, PREVIEW_LENGTH_MAX).toWellFormed();
}

/** Lock a conversation for a change. Errors: not_found. */
export async function lockConversation(tx: TenantTx, id: ConversationId): Promise<LockedConversation> {
  const [row] = await tx.query<LockedConversation>(
    `select id, channel, connection_id as "connectionId", contact_id as "contactId", subject, status, assignee_id as "assigneeId", team_id as "teamId", tags,
       last_inbound_at as "lastInboundAt", retention_rule_id as "retentionRuleId", kind, thread_external_id as "threadExternalId",
       controlled_by_other as "controlledByOther",
       quarantined_at is not null as "isQuarantined", number, merged_into_id as "mergedIntoId"
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
  teamId: string | null;
  tags: string[];
  lastInboundAt: Date | null;
  kind: ConversationKind;
  /** The comment on top, by the vendor's id; null for messages. */
  threadExternalId: string | null;
  /** Another app has the thread at the vendor: answering needs taking it over. */
  controlledByOther: boolean;
  /** It is in no view but the quarantine's. */
  isQuarantined: boolean;
  /** A bigint's text. */
  number: string;
  /** Everything of it is in that one now. */
  mergedIntoId: ConversationId | null;
}

/** Errors: conflict `conversation_merged`: what is said or done in it is said or done in another one now. */
export async function demandNotMerged(tx: TenantTx, { mergedIntoId }: Pick<LockedConversation, 'mergedIntoId'>): Promise<void> {
  if (mergedIntoId === null) return;
  const [whole] = await tx.query<{ number: string }>('select number from conversation where id = $1', [mergedIntoId]);
  throw new Refusal('conflict', 'conversation_merged', `This conversation was merged into #${whole!.number}. Go on there.`);
}
