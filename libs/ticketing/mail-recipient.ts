import { Injectable } from '@nestjs/common';
import type { OutboundMessage } from '#channels';
import { SecretBox, type TenantTx } from '#platform';
import type { ConversationId, MessageId } from './ids.js';

/*
 * Whom a mail went to. Kept by a keyed digest: what a report names can be recognised, and the table gives no address away, whatever the
 * recording policy keeps elsewhere.
 */

/** A keyed digest of an address, the same for any spelling of its letters. Of one tenant: equal people of two tenants look different. */
export function addressDigest(secrets: SecretBox, tx: TenantTx, address: string): Buffer {
  return secrets.digest('mail recipient', `${tx.tenantId} ${address.toLowerCase()}`);
}

interface Recipients {
  to: readonly string[];
  copies: readonly string[];
}

/** Keeps whom mail goes to. */
@Injectable()
export class MailRecipients {
  constructor(private readonly secrets: SecretBox) {}

  /**
   * Note whom a message goes to, before it is sent.
   *
   * Repeats  sent again, its reports are awaited anew
   */
  async remember(tx: TenantTx, message: Pick<OutboundMessage, 'messageId' | 'to' | 'cc' | 'bcc' | 'forward'>): Promise<void> {
    const messageId = message.messageId as MessageId;
    await tx.query('update mail_recipient set outcome = null, code = null, reason = null where message_id = $1', [messageId]);
    await addRecipients(tx, this.secrets, messageId, { to: message.forward?.to ?? [message.to], copies: [...message.cc, ...message.bcc] });
  }
}

async function addRecipients(tx: TenantTx, secrets: SecretBox, messageId: MessageId, { to, copies }: Recipients): Promise<void> {
  const first = to.map((address) => addressDigest(secrets, tx, address));
  const others = copies.map((address) => addressDigest(secrets, tx, address));
  await tx.query(
    `insert into mail_recipient (tenant_id, message_id, address_digest, role)
     select $1, $2, unnest($3::bytea[]), 'to' on conflict do nothing`,
    [tx.tenantId, messageId, first],
  );
  await tx.query(
    `insert into mail_recipient (tenant_id, message_id, address_digest, role)
     select $1, $2, unnest($3::bytea[]), 'copy' on conflict do nothing`,
    [tx.tenantId, messageId, others],
  );
}

/** What became of a mail with one of those it went to. */
export interface RecipientRow {
  digest: Buffer;
  role: 'to' | 'copy';
  outcome: 'delayed' | 'delivered' | 'failed' | null;
  code: string | null;
  reason: string | null;
}

/**
 * Everybody a message went to, the first row first. What was sent before such rows were kept gets them now, as far as the message and
 * its contact tell.
 */
export async function recipientsOf(
  tx: TenantTx,
  secrets: SecretBox,
  { id, conversationId }: { id: MessageId; conversationId: ConversationId },
): Promise<RecipientRow[]> {
  const find = () =>
    tx.query<RecipientRow>(
      `select address_digest as digest, role, outcome, code, reason from mail_recipient where message_id = $1
       order by role desc, address_digest`,
      [id],
    );
  const found = await find();
  if (found.length > 0) return found;
  const [message] = await tx.query<{ to: string | null; cc: string[]; bcc: string[] }>(
    `select cc, bcc, (select reply_address from message answered where answered.conversation_id = message.conversation_id
       and answered.direction = 'in' and not answered.from_stranger and answered.reply_address is not null
       and answered.created_at < message.created_at order by answered.created_at desc limit 1) as to
     from message where id = $1`,
    [id],
  );
  const to = message?.to ?? (await addressesOf(tx, conversationId))[0];
  await addRecipients(tx, secrets, id, {
    to: to === undefined ? [] : [to],
    copies: [...(message?.cc ?? []), ...(message?.bcc ?? [])],
  });
  return find();
}

/** Every address that answers of a conversation may have gone to: where the contact is known, and where he wanted answers. */
export async function addressesOf(tx: TenantTx, conversationId: ConversationId): Promise<string[]> {
  const rows = await tx.query<{ address: string }>(
    `select external_id as address from contact_identity known
       join conversation on conversation.tenant_id = known.tenant_id and conversation.contact_id = known.contact_id
     where conversation.id = $1 and known.channel = 'email'
     union select reply_address from message
     where conversation_id = $1 and direction = 'in' and not from_stranger and reply_address is not null limit 100`,
    [conversationId],
  );
  return rows.map(({ address }) => address);
}
