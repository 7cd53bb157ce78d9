import type { ConnectionId } from '#channels';
import type { TenantTx } from '#platform';
import { lockName } from './contact.js';
import { type OpenConversation, refreshPreview } from './conversation.js';
import type { ConversationId } from './ids.js';

/*
 * What is said below one comment is one conversation, named by the comment on top. Comments come in any order: an answer may be heard
 * before what it answers, so a conversation may begin under the name of the highest comment that anybody has named so far. Each comment
 * that comes then shows where its own branch belongs, and branches that turn out to hang together become one conversation. Whose it is
 * follows from what is in it: the author of the top comment, or until that is heard, of the earliest answer.
 */

/** Be alone with everything below a post until the transaction ends: comments of one thread come from several people at once. */
export async function lockPost(tx: TenantTx, connectionId: ConnectionId, postId: string): Promise<void> {
  await lockName(tx, `post ${connectionId} ${postId}`);
}

/** The conversation that a comment stands in, or under whose name it stands; null when nothing of it was heard. */
export async function findThread(tx: TenantTx, connectionId: ConnectionId, commentId: string): Promise<OpenConversation | null> {
  const [row] = await tx.query<Omit<OpenConversation, 'isNew'>>(
    `select id, status, retention_rule_id as "retentionRuleId" from conversation
     where connection_id = $1 and kind = 'comments' and (thread_external_id = $2
       or id = (select conversation_id from message where connection_id = $1 and external_id = $2))
     order by thread_external_id = $2 limit 1`,
    [connectionId, commentId],
  );
  return row ? { ...row, isNew: false } : null;
}

/** The conversation that began under the name of this comment, because its answers were heard first. */
export async function findBranch(tx: TenantTx, connectionId: ConnectionId, commentId: string): Promise<OpenConversation | null> {
  const [row] = await tx.query<Omit<OpenConversation, 'isNew'>>(
    `select id, status, retention_rule_id as "retentionRuleId" from conversation
     where connection_id = $1 and kind = 'comments' and thread_external_id = $2`,
    [connectionId, commentId],
  );
  return row ? { ...row, isNew: false } : null;
}

/** Let a conversation stand under the name of a comment further up. */
export async function nameThread(tx: TenantTx, id: ConversationId, commentId: string): Promise<void> {
  await tx.query('update conversation set thread_external_id = $2 where id = $1', [id, commentId]);
}

/** Make one conversation of two branches. `branch` is gone; what was done with it holds for the whole. */
export async function joinThreads(tx: TenantTx, branch: ConversationId, into: ConversationId): Promise<void> {
  // Nobody says anything more in the branch: it would go with it.
  await tx.query('select 1 from conversation where id = any($1) order by id for update', [[branch, into]]);
  await tx.query('update message set conversation_id = $2 where conversation_id = $1', [branch, into]);
  await tx.query(
    `update conversation whole set
       unread = whole.unread or branch.unread,
       status = case when whole.status = 'closed' then branch.status else whole.status end,
       closed_at = case when branch.status = 'closed' then whole.closed_at end,
       assignee_id = coalesce(whole.assignee_id, branch.assignee_id),
       tags = array(select distinct unnest(whole.tags || branch.tags) order by 1),
       retention_anchor_at = greatest(whole.retention_anchor_at, branch.retention_anchor_at)
     from conversation branch where whole.id = $2 and branch.id = $1`,
    [branch, into],
  );
  await tx.query('delete from conversation where id = $1', [branch]);
}

/** Bring whose thread it is, and what the list shows of it, up to date with what is in it. */
export async function recount(tx: TenantTx, id: ConversationId): Promise<void> {
  await tx.query(
    `update conversation set contact_id = coalesce((
       select author_contact_id from message
       where message.conversation_id = conversation.id and message.kind = 'comment' and message.author_contact_id is not null
       order by message.external_id = conversation.thread_external_id desc, message.sent_at, message.external_id limit 1
     ), contact_id) where id = $1`,
    [id],
  );
  await refreshPreview(tx, id);
}
