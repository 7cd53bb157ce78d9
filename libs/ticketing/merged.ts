import type { MergedConversation } from '#contract';
import type { TenantTx } from '#platform';
import type { RetentionRuleId } from '#policies';
import type { ConversationId } from './ids.js';
import type { ConversationListRow } from './read-conversation.js';

/*
 * What one sees of conversations that were merged. A merge can be undone until something is said in the whole: from then on nobody could
 * tell which of the two it was said in.
 */

const MERGES_SHOWN_MAX = 20;

/** True while a merge, named by `merge`, is the last thing that was done to what was said. */
const CAN_UNDO = `not exists (
  select 1 from message where message.conversation_id = merge.into_id and message.direction <> 'system' and message.created_at >= merge.merged_at
    and message.id <> all(merge.message_ids))
  and exists (select 1 from conversation whole where whole.id = merge.into_id and whole.merged_into_id is null)`;

/** What was merged into a conversation. */
export async function mergesOf(tx: TenantTx, id: ConversationId): Promise<MergedConversation[]> {
  const rows = await tx.query<Row>(
    `select part.id, part.number, part.contact_id as "contactId", contact.name as "contactName",
       merge.into_id is not distinct from $1 and ${CAN_UNDO} as "canUndo"
     from conversation part
     join contact on contact.tenant_id = part.tenant_id and contact.id = part.contact_id
     left join conversation_merge merge on merge.tenant_id = part.tenant_id and merge.conversation_id = part.id
     where part.merged_into_id = $1 order by part.number desc limit $2`,
    [id, MERGES_SHOWN_MAX],
  );
  return rows.map(({ contactId, contactName, number, ...row }) => ({
    ...row,
    number: Number(number),
    contact: { id: contactId, name: contactName },
  }));
}

interface Row {
  id: string;
  number: string;
  contactId: string;
  contactName: string;
  canUndo: boolean;
}

/** Whether what was merged can still be given back. */
export async function mayUndo(tx: TenantTx, id: ConversationId): Promise<boolean> {
  const [row] = await tx.query<{ can: boolean }>(
    `select ${CAN_UNDO} as can from conversation_merge merge where merge.conversation_id = $1`,
    [id],
  );
  return row?.can ?? false;
}

/** By which rule a conversation is kept, and since when: what was merged ends with the whole. */
export async function kept(
  tx: TenantTx,
  { mergedInto, retentionRuleId, retentionAnchorAt }: Pick<ConversationListRow, 'mergedInto' | 'retentionRuleId' | 'retentionAnchorAt'>,
): Promise<{ ruleId: RetentionRuleId; anchorAt: Date }> {
  const own = { ruleId: retentionRuleId, anchorAt: retentionAnchorAt };
  if (mergedInto === null) return own;
  const [whole] = await tx.query<{ ruleId: RetentionRuleId; anchorAt: Date }>(
    'select retention_rule_id as "ruleId", retention_anchor_at as "anchorAt" from conversation where id = $1',
    [mergedInto.id],
  );
  return whole ?? own;
}

/** Where an answer to a conversation's contact is to be said now. One that was merged into another person's stays what it is, and refuses. */
export async function sameContactNow(tx: TenantTx, id: ConversationId): Promise<ConversationId> {
  const [whole] = await tx.query<{ id: ConversationId }>(
    `select whole.id from conversation part join conversation whole on whole.tenant_id = part.tenant_id and whole.id = part.merged_into_id
     where part.id = $1 and whole.contact_id = part.contact_id`,
    [id],
  );
  return whole?.id ?? id;
}
