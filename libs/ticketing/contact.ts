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
  /** When the name was said; null while it is a stand-in of ours. */
  nameAt: Date | null;
  isNew: boolean;
  deliveredWatermarkAt: Date | null;
  readWatermarkAt: Date | null;
}

/** What a person is called, and since when; a stand-in of ours has no time. */
export interface SaidName {
  name: string;
  at: Date | null;
}

/** The last digits tell nameless people apart without saying who they are. */
const FALLBACK_DIGITS = 4;
/** What the channel calls the author of a comment when the vendor keeps from us who it is. */
const UNNAMED_AUTHOR = 'comment:';
/** A guest whom the vendor will know only later. */
const GUEST = 'user_ref:';

export const CONTACT_COLUMNS = `contact.id, contact.name, contact.name_at as "nameAt", known.delivered_watermark_at as "deliveredWatermarkAt",
  known.read_watermark_at as "readWatermarkAt"`;

/** How a connection's person is known to us. */
export function identityOf(channel: ChannelKind, connectionId: ConnectionId, personId: string): Identity {
  return { channel, scope: channel === 'messenger' ? connectionId : '', externalId: personId };
}

/** The name that was said, or a stand-in. */
export function nameOf(personId: string, said: string | null, at: Date): SaidName {
  if (said !== null && said !== '') return { name: said, at };
  if (personId.startsWith(UNNAMED_AUTHOR)) return { name: 'Someone on Facebook', at: null };
  return { name: personId.includes('@') ? personId : `Facebook user ${personId.slice(-FALLBACK_DIGITS)}`, at: null };
}

/** Whether the vendor can be asked who this is. An address has no profile, and neither has somebody whom the vendor does not name. */
export function hasProfile({ scope, externalId }: Identity): boolean {
  return scope !== '' && !externalId.startsWith(UNNAMED_AUTHOR) && !externalId.startsWith(GUEST);
}

/**
 * Wait until nobody else takes in anything of this person, known or not, and keep it so until `tx` ends. What a later statement of `tx`
 * reads is then all there is.
 */
export async function lockPerson(tx: TenantTx, identity: Identity): Promise<void> {
  await lockName(tx, nameOfLock(identity));
}

/** The same without waiting. False when something of this person is being taken in right now. */
export async function tryLockPerson(tx: TenantTx, identity: Identity): Promise<boolean> {
  const [row] = await tx.query<{ locked: boolean }>('select pg_try_advisory_xact_lock(hashtextextended($1, 0)) as locked', [
    `${tx.tenantId} ${nameOfLock(identity)}`,
  ]);
  return row!.locked;
}

function nameOfLock({ channel, scope, externalId }: Identity): string {
  return `person ${channel} ${scope} ${externalId}`;
}

/** Wait for a name, and keep it until `tx` ends. For what has no row yet that could be locked. */
export async function lockName(tx: TenantTx, name: string): Promise<void> {
  await tx.queryPrepared('lock-name', 'select pg_advisory_xact_lock(hashtextextended($1, 0))', [`${tx.tenantId} ${name}`]);
}

/**
 * The contact with this identity, made when new, and locked until `tx` ends: one writer per person, so that what a person says is stored
 * in the order it was read.
 *
 * Repeats  two transactions that meet a new person at once make one contact
 */
export async function lockContact(tx: TenantTx, identity: Identity, said: SaidName | string, now: Date): Promise<KnownContact> {
  const { name, at } = typeof said === 'string' ? { name: said, at: null } : said;
  const known = await findAndLock(tx, identity);
  if (known) return known;
  return (await makeContact(tx, identity, { name, at }, now)) ?? (await findAndLock(tx, identity))!;
}

/** A contact with this identity; null, and nothing made, when somebody was faster. */
export async function makeContact(
  tx: TenantTx,
  { channel, scope, externalId }: Identity,
  { name, at }: SaidName,
  now: Date,
): Promise<KnownContact | null> {
  const id = newId<ContactId>(now);
  const made = await tx.queryPrepared(
    'make-contact',
    `with made as (
       insert into contact (tenant_id, id, name, name_at, created_at) values ($1, $2, $3, $4, $5)
     )
     insert into contact_identity (tenant_id, channel, scope, external_id, contact_id) values ($1, $6, $7, $8, $2)
     on conflict (tenant_id, channel, scope, external_id) do nothing returning 1`,
    [tx.tenantId, id, name, at, now, channel, scope, externalId],
  );
  if (made.length > 0) return { id, name, nameAt: at, isNew: true, deliveredWatermarkAt: null, readWatermarkAt: null };
  // What we made is nobody's.
  await tx.query('delete from contact where id = $1', [id]);
  return null;
}

/** The contact with this identity, locked, or null when nobody is known by it. */
export async function findAndLock(tx: TenantTx, { channel, scope, externalId }: Identity): Promise<KnownContact | null> {
  const [row] = await tx.query<Omit<KnownContact, 'isNew'>>(
    `select ${CONTACT_COLUMNS}
     from contact_identity known join contact on contact.tenant_id = known.tenant_id and contact.id = known.contact_id
     where known.channel = $1 and known.scope = $2 and known.external_id = $3
     for update of known`,
    [channel, scope, externalId],
  );
  return row ? { ...row, isNew: false } : null;
}

/**
 * Call a person as the vendor does now. True when that is another name than before.
 *
 * Repeats  the newest word counts, in whichever order they come
 */
export async function rename(tx: TenantTx, contact: KnownContact, { name, at }: SaidName): Promise<boolean> {
  if (at === null || (contact.nameAt !== null && contact.nameAt > at)) return false;
  const changed = await tx.query(
    `update contact set name = $2, name_at = $3
     where id = $1 and (name_at is null or name_at < $3 or (name_at = $3 and name < $2)) returning id`,
    [contact.id, name, at],
  );
  return changed.length > 0 && name !== contact.name;
}

/**
 * Make one contact of two: whoever was known by `former` is `contact` from now on, with everything he or she said. The other contact is
 * gone. True when there was one.
 *
 * Repeats  nothing is left to do
 */
export async function joinFormer(tx: TenantTx, former: Identity, contact: KnownContact): Promise<boolean> {
  await lockPerson(tx, former);
  const other = await findAndLock(tx, former);
  if (other === null) {
    await addIdentity(tx, former, contact.id);
    return false;
  }
  if (other.id === contact.id) return false;
  const ids = [other.id, contact.id];
  await tx.query('update contact_identity set contact_id = $2 where contact_id = $1', ids);
  await tx.query('update conversation set contact_id = $2 where contact_id = $1', ids);
  await tx.query('update message set author_contact_id = $2 where author_contact_id = $1', ids);
  await tx.query(
    `delete from reaction older using reaction newer
     where older.message_id = newer.message_id and older.contact_id = any($1) and newer.contact_id = any($1)
       and older.contact_id <> newer.contact_id and (older.reacted_at, older.emoji, older.contact_id) < (newer.reacted_at, newer.emoji, newer.contact_id)`,
    [ids],
  );
  await tx.query('update reaction set contact_id = $2 where contact_id = $1', ids);
  await tx.query('delete from contact where id = $1', [other.id]);
  return true;
}

async function addIdentity(tx: TenantTx, { channel, scope, externalId }: Identity, contactId: ContactId): Promise<boolean> {
  const added = await tx.query(
    `insert into contact_identity (tenant_id, channel, scope, external_id, contact_id) values ($1, $2, $3, $4, $5)
     on conflict (tenant_id, channel, scope, external_id) do nothing returning contact_id`,
    [tx.tenantId, channel, scope, externalId, contactId],
  );
  return added.length > 0;
}
