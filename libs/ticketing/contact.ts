import type { ChannelKind } from '#contract';
import type { ConnectionId } from '#channels';
import { newId, type TenantTx } from '#platform';
import type { ContactId } from './ids.js';

export interface Identity {
  channel: ChannelKind;
  /** A Messenger id is valid on one page; an address everywhere. */
  scope: ConnectionId | '';
  externalId: string;
}

export interface KnownContact {
  id: ContactId;
  name: string;
  isNew: boolean;
  deliveredWatermarkAt: Date | null;
  readWatermarkAt: Date | null;
}

/** How a connection's person is known to us. */
export function identityOf(channel: ChannelKind, connectionId: ConnectionId, personId: string): Identity {
  return { channel, scope: channel === 'messenger' ? connectionId : '', externalId: personId };
}

/**
 * The contact with this identity, made when new, and locked until `tx` ends: one writer per person, so that what a person says is stored
 * in the order it was read.
 *
 * Repeats  two transactions that meet a new person at once make one contact
 */
export async function lockContact(tx: TenantTx, identity: Identity, name: string, now: Date): Promise<KnownContact> {
  const known = await findAndLock(tx, identity);
  if (known) return known;
  const id = newId<ContactId>(now);
  await tx.query('insert into contact (tenant_id, id, name, created_at) values ($1, $2, $3, $4)', [tx.tenantId, id, name, now]);
  const added = await tx.query(
    `insert into contact_identity (tenant_id, channel, scope, external_id, contact_id) values ($1, $2, $3, $4, $5)
     on conflict (tenant_id, channel, scope, external_id) do nothing returning contact_id`,
    [tx.tenantId, identity.channel, identity.scope, identity.externalId, id],
  );
  if (added.length > 0) return { id, name, isNew: true, deliveredWatermarkAt: null, readWatermarkAt: null };
  // Somebody was faster. What we made is nobody's.
  await tx.query('delete from contact where id = $1', [id]);
  return (await findAndLock(tx, identity))!;
}

/** The contact with this identity, locked, or null when nobody is known by it. */
export async function findAndLock(tx: TenantTx, { channel, scope, externalId }: Identity): Promise<KnownContact | null> {
  const [row] = await tx.query<Omit<KnownContact, 'isNew'>>(
    `select contact.id, contact.name, known.delivered_watermark_at as "deliveredWatermarkAt", known.read_watermark_at as "readWatermarkAt"
     from contact_identity known join contact on contact.tenant_id = known.tenant_id and contact.id = known.contact_id
     where known.channel = $1 and known.scope = $2 and known.external_id = $3
     for update of known`,
    [channel, scope, externalId],
  );
  return row ? { ...row, isNew: false } : null;
}
