import type { ConnectionId } from '#channels';
import type { SecretBox, TenantTx } from '#platform';
import type { Taking } from './arrival.js';
import { CONTACT_COLUMNS, type Identity, type KnownContact } from './contact.js';
import type { ConversationId, MessageId } from './ids.js';

/*
 * A mail comes as often as relays, mailboxes and our own second tries bring it, and is taken in once. What decides is one row per mail, by a
 * keyed digest of its Message-ID and content: written before anything else in the transaction that stores the mail, so that of two copies at
 * one moment one waits for the other. The row outlives the message. Then it says only that this mail was here, to whoever has the key and
 * the very mail; it brings no erased mail back.
 */

/** By which a mail is known: `<Message-ID> <hash of its content>`, as the channel names it. */
export function mailDigest(secrets: SecretBox, { tenantId }: Pick<TenantTx, 'tenantId'>, externalId: string): Buffer {
  return secrets.digest('known mail', `${tenantId} ${externalId}`);
}

/** How things stand when a mail comes. */
export interface MailStanding {
  contact: KnownContact | null;
  /** No copy of it was taken in, as far as the digests say. */
  isNew: boolean;
  /** No mail was sent to this address any more; now it writes. */
  isSuppressed: boolean;
}

/**
 * Claim a mail for this message, and find out who wrote it, in one question. The person must be locked. Waits for whoever takes in a copy of
 * it at this moment.
 */
export async function claimMail(
  tx: TenantTx,
  { channel, scope, externalId: address }: Identity,
  { digest, messageId, now }: { digest: Buffer; messageId: MessageId; now: Date },
): Promise<MailStanding> {
  const [row] = await tx.queryPrepared<Row>(
    'how-mail-stands',
    `with claimed as (
       insert into known_mail (tenant_id, digest, message_id, taken_at) values ($1, $2, $3, $4) on conflict do nothing returning 1
     )
     select contact.*, exists (select 1 from claimed) as "isNew",
       exists (select 1 from suppression where address = $7 and stream = 'replies') as "isSuppressed"
     from (select 1) as nothing left join lateral (
       select ${CONTACT_COLUMNS}
       from contact_identity known join contact on contact.tenant_id = known.tenant_id and contact.id = known.contact_id
       where known.channel = $5 and known.scope = $6 and known.external_id = $7 for update of known
     ) contact on true`,
    [tx.tenantId, digest, messageId, now, channel, scope, address],
  );
  const { id, name, nameAt, deliveredWatermarkAt, readWatermarkAt, isNew, isSuppressed } = row!;
  return {
    contact: id === null ? null : { id, name, nameAt, deliveredWatermarkAt, readWatermarkAt, isNew: false },
    isNew,
    isSuppressed,
  };
}

/** The message that a mail became before. */
export interface EarlierCopy {
  messageId: MessageId;
  connectionId: ConnectionId;
  conversationId: ConversationId;
}

/** What a mail became before; null where that was erased. */
export async function earlierCopy(tx: TenantTx, digest: Buffer): Promise<EarlierCopy | null> {
  const [copy] = await tx.query<EarlierCopy>(
    `select message.id as "messageId", message.connection_id as "connectionId", message.conversation_id as "conversationId"
     from known_mail join message on message.tenant_id = known_mail.tenant_id and message.id = known_mail.message_id
     where known_mail.digest = $1`,
    [digest],
  );
  return copy ?? null;
}

/** Let the digest name this message: one that was taken in before digests were kept. */
export async function nameCopy(tx: TenantTx, digest: Buffer, { messageId }: EarlierCopy): Promise<void> {
  await tx.query('update known_mail set message_id = $2 where digest = $1', [digest, messageId]);
}

/** Note that another mailbox of the tenant's got the same mail. True when that is news. */
export async function noteOtherMailbox({ tx, arrival, now }: Taking, { messageId, connectionId }: EarlierCopy): Promise<boolean> {
  if (connectionId === arrival.connectionId) return false;
  const added = await tx.query(
    `insert into message_mailbox (tenant_id, message_id, connection_id, received_at) values ($1, $2, $3, $4)
     on conflict do nothing returning 1`,
    [tx.tenantId, messageId, arrival.connectionId, now],
  );
  return added.length > 0;
}

/** Leave a digest behind for every mail of a conversation that is about to be erased. Most have one; it stays by itself. */
export async function keepDigests(tx: TenantTx, secrets: SecretBox, conversationId: ConversationId, now: Date): Promise<void> {
  const mails = await tx.query<{ external_id: string }>(
    `select external_id from message where conversation_id = $1 and direction = 'in' and external_id is not null
       and not exists (select 1 from known_mail where known_mail.message_id = message.id)`,
    [conversationId],
  );
  await tx.query(
    `insert into known_mail (tenant_id, digest, message_id, taken_at) select $1, unnest($2::bytea[]), null, $3 on conflict do nothing`,
    [tx.tenantId, mails.map(({ external_id }) => mailDigest(secrets, tx, external_id)), now],
  );
}

interface Row extends Omit<KnownContact, 'id' | 'isNew'> {
  id: KnownContact['id'] | null;
  isNew: boolean;
  isSuppressed: boolean;
}
