import { createHash } from 'node:crypto';
import type { MailThreading } from '#channels';
import { isUuid, type TenantTx } from '#platform';
import type { OpenConversation } from './conversation.js';
import type { ContactId, ConversationId } from './ids.js';

/**
 * Which conversation a mail belongs to. A token of ours proves that the writer had a mail of ours, so it is believed from anybody. An id
 * made by somebody else proves nothing: it can be guessed or read elsewhere, so it counts only for a person who takes part already. Null:
 * the mail opens a conversation.
 */
export async function findMailThread(tx: TenantTx, contactId: ContactId, mail: MailThreading): Promise<OpenConversation | null> {
  if (mail.token !== null && isUuid(mail.token.conversationId)) {
    const [own] = await tx.query<OpenConversation>(
      'select id, status, retention_rule_id as "retentionRuleId", false as "isNew" from conversation where id = $1',
      [mail.token.conversationId],
    );
    if (own) return own;
  }
  const [shared] = await tx.query<OpenConversation>(
    `select conversation.id, conversation.status, conversation.retention_rule_id as "retentionRuleId", false as "isNew"
     from mail_reference join conversation on conversation.tenant_id = mail_reference.tenant_id and conversation.id = mail_reference.conversation_id
     where mail_reference.message_id_digest = any($1) and (conversation.contact_id = $2 or exists (
       select 1 from message where message.tenant_id = conversation.tenant_id and message.conversation_id = conversation.id
         and message.author_contact_id = $2 and not message.from_stranger))
     order by conversation.last_message_at desc limit 1`,
    [mail.references.map(digestOf), contactId],
  );
  return shared ?? null;
}

/** Whether a contact took part in the conversation as himself, not as somebody who only held a token. */
export async function isParticipant(tx: TenantTx, conversationId: ConversationId, contactId: ContactId): Promise<boolean> {
  const rows = await tx.query(
    `select 1 from conversation where id = $1 and contact_id = $2
     union all select 1 from message where conversation_id = $1 and author_contact_id = $2 and not from_stranger limit 1`,
    [conversationId, contactId],
  );
  return rows.length > 0;
}

/** Remember every id a mail named, by digest, so that a later mail sharing one finds this conversation even if the first never came. */
export async function rememberReferences(tx: TenantTx, conversationId: ConversationId, externalIds: string[]): Promise<void> {
  await tx.query(
    `insert into mail_reference (tenant_id, message_id_digest, conversation_id) select $1, unnest($2::bytea[]), $3 on conflict do nothing`,
    [tx.tenantId, [...new Set(externalIds)].map(digestOf), conversationId],
  );
}

// Of the Message-ID alone: an external id has a hash behind it.
function digestOf(externalId: string): Buffer {
  return createHash('sha256').update(externalId.split(' ')[0]!).digest();
}
