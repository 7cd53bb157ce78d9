import { Injectable } from '@nestjs/common';
import { Audit, type AuditEntryInput } from '#audit';
import type { Session, SignedInSession } from '#contract';
import { Clock, Database, DAY_MS, MINUTE_MS, newId, notFound, Refusal, type Source, type TenantTx } from '#platform';
import type { Actor, AgentId, SessionId } from './actor.js';
import { AddressRefusal, demandAddress, isListed } from './address-list.js';
import { auditedAs } from './audited-as.js';
import { demandPasswordsLetIn, LIVE_LINK } from './identity-provider.js';
import { type Rights, RIGHTS_COLUMNS, type RightsRow, rightsOf, sameRights } from './rights.js';
import { DEMANDED_FROM_SQL, SECOND_FACTORS_SQL, secondFactorRequired, secondFactorsOf } from './second-factor.js';
import { SessionEntity } from './session.entity.js';
import { demandActive } from './suspension.js';
import { mintToken, readToken } from './token.js';

/** A session ends after thirty days whatever happens, and sooner where a tenant says so. */
export const SESSION_LIFE_MS_MAX = 30 * DAY_MS;
/** Writing "seen" on each request would make every read a write. */
const SEEN_EVERY_MS = 5 * MINUTE_MS;
const DEVICE_LENGTH_MAX = 120;
const SESSIONS_LISTED_MAX = 100;

/** How somebody proved at a door who he is. `factors`: how many of what one knows, has and is. */
export interface Proof {
  by: 'password' | 'passkey' | 'invitation' | 'setup' | 'single_sign_on';
  factors: 1 | 2;
}

export interface SignedIn {
  actor: Actor;
  /** For the cookie; it is stored nowhere. */
  token: string;
}

/** Signing in and staying signed in. */
@Injectable()
export class SessionService {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly audit: Audit,
  ) {}

  /**
   * Start a session for an agent who has just proved who he is. Every door ends here, whatever the proof: what a door must not forget is
   * asked for in this one place.
   *
   * Errors   forbidden `tenant_suspended`, `address_not_allowed` from outside the tenant's networks, `single_sign_on_required` for a password
   *          where the tenant wants none; unauthenticated `second_factor_required` when one factor was proved and the agent has a second;
   *          `bad_credentials` for who may not come in
   */
  async open(tx: TenantTx, agentId: AgentId, source: Source, proof: Proof): Promise<SignedIn> {
    await demandActive(tx);
    await demandAddress(tx, agentId, source);
    if (proof.by === 'password') await demandPasswordsLetIn(tx, agentId);
    if (proof.factors < 2) {
      const factors = await secondFactorsOf(tx, agentId);
      if (factors.length > 0) throw secondFactorRequired(factors);
    }
    const now = this.clock.now();
    const token = mintToken(tx.tenantId);
    const id = newId<SessionId>(now);
    await tx.entities.insert(SessionEntity, {
      tenantId: tx.tenantId,
      id,
      agentId,
      tokenDigest: token.digest,
      device: source.device.slice(0, DEVICE_LENGTH_MAX),
      createdAt: now,
      lastSeenAt: now,
      lastActiveAt: now,
      expiresAt: new Date(now.getTime() + SESSION_LIFE_MS_MAX),
      provedAt: now,
      isSecondProvedElsewhere: proof.by === 'single_sign_on' && proof.factors === 2,
    });
    const actor = await this.load(tx, { tokenDigest: token.digest }, source);
    if (!actor) throw new Refusal('unauthenticated', 'bad_credentials', 'This account cannot sign in.');
    this.audit.append(tx, signedIn(actor, source));
    return { actor, token: token.text };
  }

  /**
   * Who holds this token, or null when it opens nothing: unknown, ended, too old, or its agent is not active.
   *
   * Errors   forbidden `address_not_allowed` from outside the tenant's networks
   */
  async actorOf(tokenText: string, source: Source): Promise<Actor | null> {
    const token = readToken(tokenText);
    if (!token) return null;
    return this.db.inTenant(token.tenantId, async (tx) => {
      const actor = await this.load(tx, { tokenDigest: token.digest }, source);
      // A locked session is not in use, whatever its page goes on asking.
      if (!actor || actor.state === 'locked') return actor;
      const now = this.clock.now();
      await tx.query('update session set last_seen_at = $1 where id = $2 and last_seen_at < $3', [
        now,
        actor.sessionId,
        new Date(now.getTime() - SEEN_EVERY_MS),
      ]);
      return actor;
    });
  }

  /** Whether a session that was valid still is, and may and sees what it did: a live socket asks this again and again. */
  async isLive(actor: Actor, source: Source): Promise<boolean> {
    // In sight of everything of the tenant: what the agent sees now must not be looked for within what he saw before.
    const { tenantId } = actor;
    return this.db.inTenant(tenantId, async (tx) => {
      const found = await this.find(tx, { id: actor.sessionId });
      return found?.actor.state === 'live' && sameRights(found.actor, actor) && isListed(found.ranges, source.address);
    });
  }

  async end(actor: Actor, sessionId: SessionId): Promise<void> {
    await this.db.inTenant(actor, async (tx) => {
      const ended = await tx.query('delete from session where id = $1 and agent_id = $2 returning id', [sessionId, actor.agentId]);
      if (ended.length === 0) throw notFound();
      const act = sessionId === actor.sessionId ? 'signed_out' : 'session_ended';
      this.audit.append(tx, { act, by: auditedAs(actor), about: { kind: 'session', id: sessionId } });
    });
  }

  async endOthers(actor: Actor): Promise<void> {
    await this.db.inTenant(actor, async (tx) => {
      const ended = await tx.query('delete from session where agent_id = $1 and id <> $2 returning id', [actor.agentId, actor.sessionId]);
      this.audit.append(tx, { act: 'other_sessions_ended', by: auditedAs(actor), facts: { count: ended.length } });
    });
  }

  async list(actor: Actor): Promise<SignedInSession[]> {
    return this.db.inTenant(actor, (tx) => sessionsOf(tx, actor.agentId, actor.sessionId));
  }

  private async load(tx: TenantTx, by: SessionKey, source: Source): Promise<Actor | null> {
    const found = await this.find(tx, by);
    if (!found) return null;
    if (!isListed(found.ranges, source.address)) throw new AddressRefusal(tx.tenantId, auditedAs(found.actor));
    return found.actor;
  }

  private async find(tx: TenantTx, by: SessionKey): Promise<{ actor: Actor; ranges: string[] } | null> {
    const now = this.clock.now();
    const rows =
      'id' in by
        ? await tx.query<Loaded>(`${LOAD} and session.id = $2`, [now, by.id])
        : await tx.query<Loaded>(`${LOAD} and session.token_digest = $2`, [now, by.tokenDigest]);
    if (!rows[0]) return null;
    const { isLocked, isDemanded, isSecondProvedElsewhere, demandedFrom, ranges, ...loaded } = rows[0];
    const hasSecond = loaded.secondFactors.length > 0 || isSecondProvedElsewhere;
    const enrolBy = isDemanded === true && !hasSecond ? demandedFrom : null;
    const state = isLocked ? 'locked' : enrolBy !== null && enrolBy <= now ? 'must_enrol' : 'live';
    return { actor: { ...loaded, ...rightsOf(loaded), tenantId: tx.tenantId, enrolBy, state }, ranges };
  }
}

function signedIn(actor: Actor, { address, device }: Source): AuditEntryInput {
  const about = { kind: 'session', id: actor.sessionId };
  return { act: 'signed_in', by: auditedAs(actor), about, personal: { ip: address, device } };
}

type SessionKey = { tokenDigest: Buffer } | { id: SessionId };

/** A session that is not over, and whose it is. $1: now; $2: what names it. */
const LOAD = `
  select agent.id as "agentId", session.id as "sessionId", agent.name, agent.email, agent.locale, agent.signature, ${RIGHTS_COLUMNS},
    tenant.name as "tenantName", session.proved_at as "provedAt", session.proved_all_at as "provedAllAt",
    tenant.lock_after_minutes as "lockAfterMinutes", agent.password_hash is not null as "hasPassword",
    session.locked_at is not null
      or coalesce(session.last_active_at <= $1::timestamptz - make_interval(mins => tenant.lock_after_minutes), false) as "isLocked",
    ${SECOND_FACTORS_SQL} as "secondFactors", session.is_second_proved_elsewhere as "isSecondProvedElsewhere",
    array(select jsonb_build_object('id', identity_provider.id, 'name', identity_provider.name) from identity_link
      join identity_provider on identity_provider.tenant_id = identity_link.tenant_id and identity_provider.id = provider_id
      where identity_link.tenant_id = agent.tenant_id and agent_id = agent.id and ${LIVE_LINK} order by lower(identity_provider.name)) as providers,
    ${DEMANDED_FROM_SQL} as "demandedFrom",
    security.second_factor_since ? agent.role as "isDemanded",
    array(select range from allowed_range) as ranges
  from session
  join agent on agent.tenant_id = session.tenant_id and agent.id = session.agent_id
  join tenant on tenant.id = session.tenant_id
  left join tenant_security security on security.tenant_id = session.tenant_id
  where tenant.state = 'active' and agent.state = 'active' and session.expires_at > $1
    and session.created_at > $1::timestamptz - make_interval(hours => tenant.session_life_hours)
    and session.last_seen_at > $1::timestamptz - make_interval(hours => tenant.session_idle_hours)`;

/** An actor as he comes from the database. */
type Loaded = Omit<Actor, 'tenantId' | keyof Rights | 'state' | 'enrolBy'> &
  RightsRow & {
    isLocked: boolean;
    isSecondProvedElsewhere: boolean;
    isDemanded: boolean | null;
    demandedFrom: Date | null;
    ranges: string[];
  };

/** Where an agent is signed in, by device and time: from which address is in no table. */
export async function sessionsOf(tx: TenantTx, agentId: AgentId, current: SessionId): Promise<SignedInSession[]> {
  const sessions = await tx.entities.find(SessionEntity, { where: { agentId }, order: { lastSeenAt: 'DESC' }, take: SESSIONS_LISTED_MAX });
  return sessions.map((session) => ({
    id: session.id,
    device: session.device,
    createdAt: session.createdAt.toISOString(),
    lastSeenAt: session.lastSeenAt.toISOString(),
    current: session.id === current,
  }));
}

/** What the browser may know of its own session. */
export function describeSession(actor: Actor): Session {
  return {
    agent: { id: actor.agentId, name: actor.name, email: actor.email, role: actor.role, locale: actor.locale, signature: actor.signature },
    tenant: { id: actor.tenantId, name: actor.tenantName },
    permissions: [...actor.permissions],
    connections: actor.connections === null ? null : [...actor.connections],
    state: actor.state,
    proofs: { password: actor.hasPassword, secondFactors: [...actor.secondFactors], providers: [...actor.providers] },
    enrolBy: actor.enrolBy?.toISOString() ?? null,
    lockAfterMinutes: actor.lockAfterMinutes ?? null,
  };
}
