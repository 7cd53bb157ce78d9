import type { TenantTx } from '#platform';
import type { GoverningRule } from '#policies';
import type { ConversationId, MessageId } from './ids.js';

/*
 * Moving everything that was said in one conversation (the part) into another (the whole), and back. The row of the merge holds what moved
 * and how both stood, so that undoing gives back exactly that: what else was done with the whole since, such as closing it, stays done.
 *
 * What the mails of the part named is remembered of the whole too. The part keeps its own, as it keeps what it may be related to: both lead
 * to the whole for as long as the part is merged.
 */

/** Whom a merge is about. */
export interface Pair {
  part: ConversationId;
  whole: ConversationId;
}

/** What a merge changes of the two, and undoing it gives back. */
const STANDING = [
  'status',
  'closed_at',
  'assignee_id',
  'tags',
  'unread',
  'preview',
  'preview_direction',
  'last_message_at',
  'last_inbound_at',
  'retention_rule_id',
  'retention_anchor_at',
  'loop_stopped_at',
  'imported',
];

const standingOf = (name: string) => `jsonb_build_object(${STANDING.map((column) => `'${column}', ${name}.${column}`).join(', ')})`;
const OF_PART = standingOf('part');
const OF_WHOLE = standingOf('whole');
const OF_BOTH = standingOf('became');
const AS_IT_WAS = STANDING.map((column) => `${column} = was.${column}`).join(', ');
/** What was changed since stays changed. */
const AS_IT_WAS_UNLESS_CHANGED = STANDING.map(
  (column) => `${column} = case when whole.${column} is not distinct from became.${column} then was.${column} else whole.${column} end`,
).join(', ');

/** Move everything of the part into the whole, and remember what it was. */
export async function move(tx: TenantTx, { part, whole }: Pair, { at, lineId }: { at: Date; lineId: MessageId }): Promise<Moved> {
  // Before anything moves: how both stand now.
  await tx.query(
    `insert into conversation_merge (tenant_id, conversation_id, into_id, merged_at, line_id, message_ids, referral_ids, reference_digests,
       was, into_was, into_became)
     select $1, part.id, whole.id, $4, $5, '{}', '{}', '{}', ${OF_PART}, ${OF_WHOLE}, '{}'
     from conversation part, conversation whole where part.id = $2 and whole.id = $3`,
    [tx.tenantId, part, whole, at, lineId],
  );
  const moved = await tx.query<MovedMessage>(
    'update message set conversation_id = $2 where conversation_id = $1 returning id, delivery_state as "deliveryState"',
    [part, whole],
  );
  await tx.query(
    `with referred as (
       update referral set conversation_id = $2 where conversation_id = $1 returning id
     ), named as (
       insert into mail_reference (tenant_id, message_id_digest, conversation_id)
       select tenant_id, message_id_digest, $2 from mail_reference where conversation_id = $1 on conflict do nothing returning message_id_digest
     )
     update conversation_merge set message_ids = $3, referral_ids = array(select id from referred),
       reference_digests = array(select message_id_digest from named)
     where conversation_id = $1`,
    [part, whole, moved.map(({ id }) => id)],
  );
  return movedOf(moved);
}

/** What of that is on its way. */
export interface Moved {
  isQueued: boolean;
  /** At this very moment: whoever sends it must find it where it was. */
  isSending: boolean;
}

interface MovedMessage {
  id: MessageId;
  deliveryState: string | null;
}

function movedOf(messages: readonly MovedMessage[]): Moved {
  const is = (state: string) => messages.some(({ deliveryState }) => deliveryState === state);
  return { isQueued: is('queued'), isSending: is('sending') };
}

/** Let the whole stand as both stood, and the part be empty, closed, and lead there with all that led to it. Gives back what those are. */
export async function join(
  tx: TenantTx,
  { part, whole }: Pair,
  { rule, at }: { rule: GoverningRule; at: Date },
): Promise<ConversationId[]> {
  await tx.query(
    `with became as (
       update conversation whole set
         status = case when part.status = 'open' or whole.status = 'closed' then part.status else whole.status end,
         closed_at = case when part.status = 'closed' and whole.status = 'closed' then greatest(whole.closed_at, part.closed_at) end,
         assignee_id = coalesce(whole.assignee_id, part.assignee_id),
         tags = array(select distinct unnest(whole.tags || part.tags) order by 1),
         unread = whole.unread or part.unread,
         preview = case when part.last_message_at > whole.last_message_at then part.preview else whole.preview end,
         preview_direction =
           case when part.last_message_at > whole.last_message_at then part.preview_direction else whole.preview_direction end,
         last_message_at = greatest(whole.last_message_at, part.last_message_at),
         last_inbound_at = greatest(whole.last_inbound_at, part.last_inbound_at),
         retention_rule_id = $3,
         retention_anchor_at = greatest(whole.retention_anchor_at, part.retention_anchor_at),
         loop_stopped_at = coalesce(whole.loop_stopped_at, part.loop_stopped_at),
         imported = whole.imported and part.imported
       from conversation part where whole.id = $2 and part.id = $1 returning whole.*
     )
     update conversation_merge set into_became = ${OF_BOTH} from became where conversation_id = $1`,
    [part, whole, rule.id],
  );
  const led = await tx.query<{ id: ConversationId }>('update conversation set merged_into_id = $2 where merged_into_id = $1 returning id', [
    part,
    whole,
  ]);
  await tx.query(
    `update conversation set merged_into_id = $2, status = 'closed', closed_at = $3, unread = false, preview = '', preview_direction = 'system',
       loop_stopped_at = null
     where id = $1`,
    [part, whole, at],
  );
  return led.map(({ id }) => id);
}

/** Give back what moved, and let both stand as they did. The lines that told of the merge go. */
export async function moveBack(tx: TenantTx, { part, whole }: Pair): Promise<Moved> {
  await tx.query(
    `delete from message where (conversation_id = $1 and kind = 'merged_into')
       or id = (select line_id from conversation_merge where conversation_id = $1)`,
    [part],
  );
  const moved = await tx.query<MovedMessage>(
    `update message set conversation_id = $1 from conversation_merge merge
     where merge.conversation_id = $1 and message.conversation_id = $2 and message.id = any(merge.message_ids)
     returning message.id, delivery_state as "deliveryState"`,
    [part, whole],
  );
  await tx.query(
    `update referral set conversation_id = $1 from conversation_merge merge
     where merge.conversation_id = $1 and referral.conversation_id = $2 and referral.id = any(merge.referral_ids)`,
    [part, whole],
  );
  await tx.query(
    `delete from mail_reference using conversation_merge merge
     where merge.conversation_id = $1 and mail_reference.conversation_id = $2 and message_id_digest = any(merge.reference_digests)`,
    [part, whole],
  );
  return movedOf(moved);
}

/** Undo `join`. Gives back those that lead to the part again, and not to the whole. */
export async function setApart(tx: TenantTx, { part: id, whole }: Pair): Promise<ConversationId[]> {
  await tx.query(
    `update conversation whole set ${AS_IT_WAS_UNLESS_CHANGED}
     from conversation_merge merge, jsonb_populate_record(null::conversation, merge.into_was) was,
       jsonb_populate_record(null::conversation, merge.into_became) became
     where merge.conversation_id = $1 and whole.id = $2`,
    [id, whole],
  );
  await tx.query(
    `update conversation part set merged_into_id = null, ${AS_IT_WAS}
     from conversation_merge merge, jsonb_populate_record(null::conversation, merge.was) was
     where merge.conversation_id = $1 and part.id = $1`,
    [id],
  );
  const led = await tx.query<{ id: ConversationId }>(
    `with recursive below as (
       select conversation_id from conversation_merge where into_id = $1
       union select merge.conversation_id from conversation_merge merge join below on merge.into_id = below.conversation_id
     )
     update conversation set merged_into_id = $1 where id in (select conversation_id from below) returning id`,
    [id],
  );
  await tx.query('delete from conversation_merge where conversation_id = $1', [id]);
  return led.map((row) => row.id);
}
