import { Injectable } from '@nestjs/common';
import { Audit, type AuditEntryInput } from '#audit';
import type { Session, SignedInSession } from '#contract';
import { Clock, Database, DAY_MS, MINUTE_MS, newId, notFound, Refusal, type Source, type TenantTx } from '#platform';
import type { Actor, AgentId, SessionId } from './actor.js';
import { auditedAs } from './audited-as.js';
import { permissionsOf } from './permissions.js';
import { SECOND_FACTORS_SQL, secondFactorRequired, secondFactorsOf } from './second-factor.js';
import { SessionEntity } from './session.entity.js';
import { mintToken, readToken } from './token.js';

/** A session ends after a week without use, and after thirty days whatever happens. */
export const SESSION_IDLE_MS_MAX = 7 * DAY_MS;
export const SESSION_LIFE_MS_MAX = 30 * DAY_MS;
/** Writing "seen" on each request would make every read a write. */
const SEEN_EVERY_MS = 5 * MINUTE_MS;
const DEVICE_LENGTH_MAX = 120;

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
   * Errors   unauthenticated `second_factor_required` when one factor was proved and the agent has a second; `bad_credentials` for who may
   *          not come in
   */
  async open(tx: TenantTx, agentId: AgentId, source: Source, proof: Proof): Promise<SignedIn> {
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
      expiresAt: new Date(now.getTime() + SESSION_LIFE_MS_MAX),
      provedAt: now,
    });
    const actor = await this.load(tx, { tokenDigest: token.digest });
    if (!actor) throw new Refusal('unauthenticated', 'bad_credentials', 'This account cannot sign in.');
    this.audit.append(tx, signedIn(actor, source));
    return { actor, token: token.text };
  }

  /**
   * Who holds this token, or null when it opens nothing: unknown, ended, too old, its agent is not active, or not to be let in from there.
   */
  async actorOf(tokenText: string, _source: Source): Promise<Actor | null> {
    const token = readToken(tokenText);
    if (!token) return null;
    return this.db.inTenant(token.tenantId, async (tx) => {
      const actor = await this.load(tx, { tokenDigest: token.digest });
      if (!actor) return null;
      const now = this.clock.now();
      await tx.query('update session set last_seen_at = $1 where id = $2 and last_seen_at < $3', [
        now,
        actor.sessionId,
        new Date(now.getTime() - SEEN_EVERY_MS),
      ]);
      return actor;
    });
  }

  /** Whether a session that was valid still is: a live socket asks this again and again. */
  async isLive(actor: Actor, _source: Source): Promise<boolean> {
    return this.db.inTenant(actor.tenantId, async (tx) => {
      const now = await this.load(tx, { id: actor.sessionId });
      return now?.state === 'live' && now.role === actor.role;
    });
  }

  async end(actor: Actor, sessionId: SessionId): Promise<void> {
    await this.db.inTenant(actor.tenantId, async (tx) => {
      const ended = await tx.query('delete from session where id = $1 and agent_id = $2 returning id', [sessionId, actor.agentId]);
      if (ended.length === 0) throw notFound();
      const act = sessionId === actor.sessionId ? 'signed_out' : 'session_ended';
      this.audit.append(tx, { act, by: auditedAs(actor), about: { kind: 'session', id: sessionId } });
    });
  }

  async endOthers(actor: Actor): Promise<void> {
    await this.db.inTenant(actor.tenantId, async (tx) => {
      const ended = await tx.query('delete from session where agent_id = $1 and id <> $2 returning id', [actor.agentId, actor.sessionId]);
      this.audit.append(tx, { act: 'other_sessions_ended', by: auditedAs(actor), facts: { count: ended.length } });
    });
  }

  async list(actor: Actor): Promise<SignedInSession[]> {
    return this.db.inTenant(actor.tenantId, async (tx) => {
      const sessions = await tx.entities.find(SessionEntity, {
        where: { agentId: actor.agentId },
        order: { lastSeenAt: 'DESC' },
        take: 100,
      });
      return sessions.map((session) => ({
        id: session.id,
        device: session.device,
        createdAt: session.createdAt.toISOString(),
        lastSeenAt: session.lastSeenAt.toISOString(),
        current: session.id === actor.sessionId,
      }));
    });
  }

  private async load(tx: TenantTx, by: { tokenDigest: Buffer } | { id: SessionId }): Promise<Actor | null> {
    const now = this.clock.now();
    const seenAfter = new Date(now.getTime() - SESSION_IDLE_MS_MAX);
    const rows =
      'id' in by
        ? await tx.query<Loaded>(`${LOAD} and session.id = $3`, [now, seenAfter, by.id])
        : await tx.query<Loaded>(`${LOAD} and session.token_digest = $3`, [now, seenAfter, by.tokenDigest]);
    if (!rows[0]) return null;
    const { isLocked, isDemanded, demandedFrom, ...loaded } = rows[0];
    const enrolBy = isDemanded === true && loaded.secondFactors.length === 0 ? demandedFrom : null;
    const state = isLocked ? 'locked' : enrolBy !== null && enrolBy <= now ? 'must_enrol' : 'live';
    return { ...loaded, tenantId: tx.tenantId, permissions: permissionsOf(loaded.role), enrolBy, state };
  }
}

function signedIn(actor: Actor, { address, device }: Source): AuditEntryInput {
  const about = { kind: 'session', id: actor.sessionId };
  return { act: 'signed_in', by: auditedAs(actor), about, personal: { ip: address, device } };
}

const LOAD = `
  select agent.id as "agentId", session.id as "sessionId", agent.name, agent.email, agent.role, agent.locale, agent.signature,
    tenant.name as "tenantName", session.proved_at as "provedAt", session.proved_all_at as "provedAllAt",
    session.locked_at is not null as "isLocked", agent.password_hash is not null as "hasPassword",
    ${SECOND_FACTORS_SQL} as "secondFactors",
    greatest((security.second_factor_since ->> agent.role)::timestamptz, agent.joined_at)
      + make_interval(days => security.second_factor_grace_days) as "demandedFrom",
    security.second_factor_since ? agent.role as "isDemanded"
  from session
  join agent on agent.tenant_id = session.tenant_id and agent.id = session.agent_id
  join tenant on tenant.id = session.tenant_id
  left join tenant_security security on security.tenant_id = session.tenant_id
  where agent.state = 'active' and session.expires_at > $1 and session.last_seen_at > $2`;

/** An actor as he comes from the database. */
type Loaded = Omit<Actor, 'tenantId' | 'permissions' | 'state' | 'enrolBy'> & {
  isLocked: boolean;
  isDemanded: boolean | null;
  demandedFrom: Date | null;
};

/** What the browser may know of its own session. */
export function describeSession(actor: Actor): Session {
  return {
    agent: { id: actor.agentId, name: actor.name, email: actor.email, role: actor.role, locale: actor.locale, signature: actor.signature },
    tenant: { id: actor.tenantId, name: actor.tenantName },
    permissions: [...actor.permissions],
    state: actor.state,
    proofs: { password: actor.hasPassword, secondFactors: [...actor.secondFactors] },
    enrolBy: actor.enrolBy?.toISOString() ?? null,
  };
}
