import { Injectable } from '@nestjs/common';
import { Audit, type AuditEntryInput } from '#audit';
import type { Session, SignedInSession, SignIn } from '#contract';
import { Clock, Database, DAY_MS, MINUTE_MS, newId, notFound, Refusal, type Source, type TenantId, type TenantTx } from '#platform';
import type { Actor, AgentId, SessionId } from './actor.js';
import { auditedAs } from './audited-as.js';
import { AgentEntity } from './agent.entity.js';
import { AttemptService } from './attempts.service.js';
import { hashPassword, isPassword, needsRehash, pretendToCheck } from './password.js';
import { permissionsOf } from './permissions.js';
import { SessionEntity } from './session.entity.js';
import { suspended, TenantService } from './tenant.service.js';
import { SignInRecord } from './sign-in-record.js';
import { mintToken, readToken } from './token.js';

/** A session ends after a week without use, and after thirty days whatever happens. */
export const SESSION_IDLE_MS_MAX = 7 * DAY_MS;
export const SESSION_LIFE_MS_MAX = 30 * DAY_MS;
/** Writing "seen" on each request would make every read a write. */
const SEEN_EVERY_MS = 5 * MINUTE_MS;
const DEVICE_LENGTH_MAX = 120;

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
    private readonly attempts: AttemptService,
    private readonly tenants: TenantService,
    private readonly audit: Audit,
    private readonly record: SignInRecord,
  ) {}

  /**
   * Sign an agent in with a new session.
   *
   * Errors   unauthenticated `bad_credentials` (the same for an unknown address); too_many `too_many_attempts`;
   *          conflict `choose_tenant` when address and password are right for several tenants and none was named
   */
  async signIn({ email, password, tenantId }: SignIn, source: Source): Promise<SignedIn> {
    await this.attempts.count(email, source.address);
    const matches = await this.matching(email, password, tenantId);
    if (matches.length === 0) {
      await this.record.refused(email, source, tenantId);
      throw new Refusal('unauthenticated', 'bad_credentials', 'The e-mail address or the password is not right.');
    }
    if (matches.length > 1) throw await this.chooseTenant(matches);
    await this.attempts.forget(email);
    const [agent] = matches as [AgentEntity];
    const rehashed = needsRehash(agent.passwordHash!) ? await hashPassword(password) : null;
    return this.db.inTenant(agent.tenantId, async (tx) => {
      if (rehashed) await tx.entities.update(AgentEntity, { tenantId: agent.tenantId, id: agent.id }, { passwordHash: rehashed });
      return this.open(tx, agent.id, source);
    });
  }

  /** Start a session for an agent whose identity has just been proved in this transaction. Errors: forbidden `tenant_suspended`. */
  async open(tx: TenantTx, agentId: AgentId, source: Source): Promise<SignedIn> {
    if (!(await this.tenants.isActive(tx))) throw suspended();
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
    const actor = await this.load(tx, token.digest);
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
      const actor = await this.load(tx, token.digest);
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
      const rows = await tx.query<{ live: boolean }>(
        `select true as live from session join agent on agent.tenant_id = session.tenant_id and agent.id = session.agent_id
         join tenant on tenant.id = session.tenant_id
         where session.id = $1 and tenant.state = 'active' and agent.state = 'active' and agent.role = $2 and session.expires_at > $3 and session.locked_at is null`,
        [actor.sessionId, actor.role, this.clock.now()],
      );
      return rows.length > 0;
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

  private async matching(email: string, password: string, tenantId: string | undefined): Promise<AgentEntity[]> {
    const candidates = await this.db.query<{ tenant_id: TenantId; agent_id: AgentId }>('select * from sign_in_candidates($1)', [email]);
    const wanted = candidates.filter((candidate) => tenantId === undefined || candidate.tenant_id === tenantId);
    if (wanted.length === 0) await pretendToCheck(password);
    const matches: AgentEntity[] = [];
    for (const { tenant_id, agent_id } of wanted) {
      const agent = await this.db.inTenant(tenant_id, (tx) => tx.entities.findOneBy(AgentEntity, { id: agent_id }));
      if (agent?.passwordHash && (await isPassword(password, agent.passwordHash))) matches.push(agent);
    }
    return matches;
  }

  private async chooseTenant(matches: AgentEntity[]): Promise<Refusal> {
    const fields = await Promise.all(
      matches.map(({ tenantId }) =>
        this.db.inTenant(tenantId, async (tx) => {
          const [tenant] = await tx.query<{ name: string }>('select name from tenant');
          return { path: tenantId, message: tenant!.name };
        }),
      ),
    );
    return new Refusal('conflict', 'choose_tenant', 'This address works for several businesses. Choose one.', fields);
  }

  private async load(tx: TenantTx, tokenDigest: Buffer): Promise<Actor | null> {
    const now = this.clock.now();
    const rows = await tx.query<Omit<Actor, 'tenantId' | 'permissions'>>(
      `select agent.id as "agentId", session.id as "sessionId", agent.name, agent.email, agent.role, agent.locale, agent.signature,
         tenant.name as "tenantName", session.proved_at as "provedAt",
         case when session.locked_at is null then 'live' else 'locked' end as state
       from session
       join agent on agent.tenant_id = session.tenant_id and agent.id = session.agent_id
       join tenant on tenant.id = session.tenant_id
       where session.token_digest = $1 and tenant.state = 'active' and agent.state = 'active' and session.expires_at > $2 and session.last_seen_at > $3`,
      [tokenDigest, now, new Date(now.getTime() - SESSION_IDLE_MS_MAX)],
    );
    return rows[0] ? { tenantId: tx.tenantId, ...rows[0], permissions: permissionsOf(rows[0].role) } : null;
  }
}

function signedIn(actor: Actor, { address, device }: Source): AuditEntryInput {
  const about = { kind: 'session', id: actor.sessionId };
  return { act: 'signed_in', by: auditedAs(actor), about, personal: { ip: address, device } };
}

/** What the browser may know of its own session. */
export function describeSession(actor: Actor): Session {
  return {
    agent: { id: actor.agentId, name: actor.name, email: actor.email, role: actor.role, locale: actor.locale, signature: actor.signature },
    tenant: { id: actor.tenantId, name: actor.tenantName },
    permissions: [...actor.permissions],
    state: actor.state,
  };
}
