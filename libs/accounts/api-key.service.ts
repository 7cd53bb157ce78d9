import { Injectable } from '@nestjs/common';
import { Audit } from '#audit';
import type { ApiKey, ApiKeys, MadeApiKey, NewApiKey } from '#contract';
import { KEY_DAYS } from '#contract';
import { Clock, Database, DAY_MS, MINUTE_MS, newId, notFound, Refusal, type Source, type TenantTx } from '#platform';
import type { Actor, ApiKeyId } from './actor.js';
import { AddressRefusal, isListed } from './address-list.js';
import { readRange } from './address-range.js';
import { WITHOUT_SESSION } from './agent.service.js';
import { auditedAs } from './audited-as.js';
import { KeyPace } from './key-pace.js';
import { KEY_PERMISSIONS, may, type Permission } from './permissions.js';
import { type Rights, RIGHTS_COLUMNS, type RightsRow, rightsOf, sameRights } from './rights.js';
import { mintToken, readToken } from './token.js';

/** Before the token, so that one that lies around is known for what it is. */
const PREFIX = 'odk_';
const KEYS_MAX = 200;
/** Writing "used" on each request would make every read a write. */
const USED_EVERY_MS = MINUTE_MS;

type Found = Omit<Actor, 'tenantId' | keyof Rights | keyof typeof WITHOUT_SESSION> &
  RightsRow & {
    keyId: ApiKeyId;
    granted: Permission[];
    keyRanges: string[];
    ranges: string[];
  };

/** The key that a token or an id names, unless it is over or its maker may not come in. $1: now; $2: what names it. */
const FOUND = `
  select api_key.id as "keyId", api_key.permissions as granted, api_key.ranges as "keyRanges", array(select range from allowed_range) as ranges,
    agent.id as "agentId", agent.name, agent.email, agent.locale, agent.signature, ${RIGHTS_COLUMNS}, tenant.name as "tenantName"
  from api_key
  join agent on agent.tenant_id = api_key.tenant_id and agent.id = api_key.agent_id
  join tenant on tenant.id = api_key.tenant_id
  where tenant.state = 'active' and agent.state = 'active' and api_key.expires_at > $1`;

interface KeyRow {
  id: ApiKeyId;
  name: string;
  permissions: string[];
  ranges: string[];
  agent_id: string;
  maker: string;
  maker_state: string;
  created_at: Date;
  expires_at: Date;
  last_used_at: Date | null;
}

/** Keys with which programs come in, in the name of the agent who made them. */
@Injectable()
export class ApiKeyService {
  private readonly pace = new KeyPace();

  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly audit: Audit,
  ) {}

  async list(actor: Actor): Promise<ApiKeys> {
    const items = await this.db.inTenant(actor, (tx) => this.described(tx));
    return { items, nextCursor: null, offered: KEY_PERMISSIONS.filter((permission) => may(actor, permission)) };
  }

  /**
   * Make a key. Its text is in the answer and nowhere else.
   *
   * Errors   forbidden `not_yours_to_give` for what the maker may not do, or no key may; invalid for ranges that are none; conflict `too_many_keys`
   */
  async make(actor: Actor, { name, permissions, ranges = [], days = KEY_DAYS }: NewApiKey): Promise<MadeApiKey> {
    const granted = KEY_PERMISSIONS.filter((permission) => permissions.includes(permission) && may(actor, permission));
    if (granted.length < new Set(permissions).size) {
      throw new Refusal(
        'forbidden',
        'not_yours_to_give',
        'A key can only do what you may do yourself, and never manage people, keys or factors.',
      );
    }
    const read = ranges.map((range) => readRange(range)?.range);
    const fields = read.flatMap((range, at) =>
      range === undefined ? [{ path: `ranges.${String(at)}`, message: 'This is no network.' }] : [],
    );
    if (fields.length > 0) throw new Refusal('invalid', 'invalid', 'Some of these are no networks.', fields);
    const token = mintToken(actor.tenantId);
    const now = this.clock.now();
    const id = newId<ApiKeyId>(now);
    return this.db.inTenant(actor, async (tx) => {
      const [counted] = await tx.query<{ count: number }>('select count(*)::int as count from api_key');
      if (counted!.count >= KEYS_MAX)
        throw new Refusal('conflict', 'too_many_keys', 'There are too many keys. Revoke some that nobody uses.');
      await tx.query(
        `insert into api_key (tenant_id, id, agent_id, name, token_digest, permissions, ranges, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
        [tx.tenantId, id, actor.agentId, name, token.digest, granted, [...new Set(read)], now, new Date(now.getTime() + days * DAY_MS)],
      );
      this.audit.append(tx, {
        act: 'api_key_made',
        by: auditedAs(actor),
        about: { kind: 'api_key', id },
        facts: { permissions: granted, days, ranges: read.length },
      });
      const [key] = await this.described(tx, id);
      return { key: key!, token: PREFIX + token.text };
    });
  }

  async revoke(actor: Actor, id: ApiKeyId): Promise<void> {
    await this.db.inTenant(actor, async (tx) => {
      const revoked = await tx.query('delete from api_key where id = $1 returning id', [id]);
      if (revoked.length === 0) throw notFound();
      this.audit.append(tx, { act: 'api_key_revoked', by: auditedAs(actor), about: { kind: 'api_key', id } });
    });
  }

  /**
   * Who comes with this key: its maker, with what both of them may do at this moment. Null when it opens nothing.
   *
   * Errors   forbidden `address_not_allowed` from outside the tenant's list or its own; too_many `too_many_requests`
   */
  async actorOf(text: string, source: Source): Promise<Actor | null> {
    const token = text.startsWith(PREFIX) ? readToken(text.slice(PREFIX.length)) : null;
    if (!token) return null;
    return this.db.inTenant(token.tenantId, async (tx) => {
      const now = this.clock.now();
      const [found] = await tx.query<Found>(`${FOUND} and api_key.token_digest = $2`, [now, token.digest]);
      if (!found) return null;
      const { keyRanges, ranges, granted, ...maker } = found;
      this.pace.take(maker.keyId, now);
      const isFromThere = isListed(ranges, source.address) && isListed(keyRanges, source.address);
      if (!isFromThere) throw new AddressRefusal(tx.tenantId, { kind: 'api_key', id: maker.keyId });
      await tx.query('update api_key set last_used_at = $1 where id = $2 and (last_used_at is null or last_used_at < $3)', [
        now,
        maker.keyId,
        new Date(now.getTime() - USED_EVERY_MS),
      ]);
      return { ...maker, ...WITHOUT_SESSION, ...rightsNow(found), tenantId: tx.tenantId };
    });
  }

  /** Whether a key that was good still is, and still may do this: a live socket asks this again and again. */
  async isLive(actor: Actor, source: Source, permission: Permission): Promise<boolean> {
    // In sight of everything of the tenant: what its maker sees now must not be looked for within what he saw before.
    const { tenantId } = actor;
    return this.db.inTenant(tenantId, async (tx) => {
      const [found] = await tx.query<Found>(`${FOUND} and api_key.id = $2`, [this.clock.now(), actor.keyId]);
      if (!found) return false;
      const rights = rightsNow(found);
      if (!rights.permissions.has(permission) || !sameRights(rights, actor)) return false;
      return isListed(found.ranges, source.address) && isListed(found.keyRanges, source.address);
    });
  }

  private async described(tx: TenantTx, id: ApiKeyId | null = null): Promise<ApiKey[]> {
    const rows = await tx.query<KeyRow>(
      `select api_key.id, api_key.name, permissions, ranges, agent_id, agent.name as maker, agent.state as maker_state, api_key.created_at,
         expires_at, last_used_at
       from api_key join agent on agent.tenant_id = api_key.tenant_id and agent.id = api_key.agent_id
       where $1::uuid is null or api_key.id = $1 order by api_key.created_at desc, api_key.id limit $2`,
      [id, KEYS_MAX],
    );
    const now = this.clock.now();
    return rows.map((row) => ({
      id: row.id,
      name: row.name,
      permissions: row.permissions,
      ranges: row.ranges,
      madeBy: { id: row.agent_id, name: row.maker },
      state: row.expires_at <= now ? 'expired' : row.maker_state === 'active' ? 'good' : 'maker_gone',
      createdAt: row.created_at.toISOString(),
      expiresAt: row.expires_at.toISOString(),
      lastUsedAt: row.last_used_at?.toISOString() ?? null,
    }));
  }
}

function rightsNow({ granted, ...maker }: Found): Rights {
  const rights = rightsOf(maker);
  // A permission that has left the list since is no key's any more.
  const permissions = new Set(KEY_PERMISSIONS.filter((permission) => granted.includes(permission) && rights.permissions.has(permission)));
  return { ...rights, permissions };
}
