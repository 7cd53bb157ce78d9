import { Inject, Injectable } from '@nestjs/common';
import { Audit, type AuditEntryInput } from '#audit';
import type { AcceptInvitation, Invitation, Invite, Invited } from '#contract';
import { Clock, CONFIG, type Config, Database, DAY_MS, newId, Refusal, type Source, type TenantTx } from '#platform';
import type { Actor, AgentId } from './actor.js';
import { auditedAs } from './audited-as.js';
import { AgentEntity } from './agent.entity.js';
import { describeAgent } from './agent.service.js';
import type { OperatorActor } from './operator.js';
import { hashPassword } from './password.js';
import { SessionService, type SignedIn } from './session.service.js';
import { TenantService } from './tenant.service.js';
import { mintToken, readToken, type Token } from './token.js';

const INVITATION_LIFE_MS = 3 * DAY_MS;

/** Bringing people in by a link that opens once. */
@Injectable()
export class InvitationService {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly sessions: SessionService,
    private readonly tenants: TenantService,
    private readonly audit: Audit,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * Invite a person, or make a new link for one who has not come yet; the old link then opens nothing.
   *
   * Errors   conflict `already_an_agent`; forbidden `owner_only` when an admin invites an owner, or an invited owner anew
   */
  async invite(actor: Actor, invite: Invite): Promise<Invited> {
    if (invite.role === 'owner' && actor.role !== 'owner') throw ownerOnly();
    return this.db.inTenant(actor.tenantId, async (tx) => {
      const agent = await this.invitedAgent(tx, invite, actor.role === 'owner');
      this.audit.append(tx, invited(actor, agent));
      return { agent: describeAgent(agent), ...(await this.issue(tx, agent.id)) };
    });
  }

  /** The same by the operator, where nobody of the tenant can: everybody who could has lost the way in. Errors: not_found; conflict `already_an_agent`. */
  async inviteFor(operator: OperatorActor, tenantId: string, invite: Invite): Promise<Invited> {
    return this.tenants.inExisting(tenantId, async (tx) => {
      const agent = await this.invitedAgent(tx, invite, true);
      this.tenants.note(tx, operator, 'agent_invited', { email: invite.email });
      return { agent: describeAgent(agent), ...(await this.issue(tx, agent.id)) };
    });
  }

  /** A new link for somebody who is invited; an earlier one opens nothing then. */
  async issue(tx: TenantTx, agentId: AgentId): Promise<{ inviteUrl: string; expiresAt: string }> {
    const expiresAt = new Date(this.clock.now().getTime() + INVITATION_LIFE_MS);
    const token = mintToken(tx.tenantId);
    await tx.query(
      `insert into invitation (tenant_id, agent_id, token_digest, expires_at) values ($1, $2, $3, $4)
       on conflict (tenant_id, agent_id) do update set token_digest = excluded.token_digest, expires_at = excluded.expires_at`,
      [tx.tenantId, agentId, token.digest, expiresAt],
    );
    // Behind the hash: what follows it is not sent to servers, so it is in no access log and no Referer.
    return { inviteUrl: `${this.config.publicUrl}/invite#${token.text}`, expiresAt: expiresAt.toISOString() };
  }

  /** What a link is for, shown before it is accepted. Errors: not_found `invitation_gone`. */
  async look(tokenText: string): Promise<Invitation> {
    const token = readToken(tokenText);
    if (!token) throw gone();
    return this.db.inTenant(token.tenantId, async (tx) => {
      const agent = await this.agentOf(tx, token);
      const [tenant] = await tx.query<{ name: string }>('select name from tenant');
      return { tenantName: tenant!.name, name: agent.name, email: agent.email };
    });
  }

  /**
   * Accept: set the name and password, and sign in.
   *
   * Repeats  the link opens once; of two at the same moment, one gets in
   */
  async accept({ token: tokenText, name, password, locale }: AcceptInvitation, source: Source): Promise<SignedIn> {
    const token = readToken(tokenText);
    if (!token) throw gone();
    const passwordHash = await hashPassword(password);
    return this.db.inTenant(token.tenantId, async (tx) => {
      const agent = await this.agentOf(tx, token);
      const used = await tx.query('delete from invitation where token_digest = $1 returning agent_id', [token.digest]);
      if (used.length === 0) throw gone();
      const accepted = { name, passwordHash, state: 'active' as const, ...(locale ? { locale } : {}) };
      await tx.entities.update(AgentEntity, { tenantId: tx.tenantId, id: agent.id }, accepted);
      this.audit.append(tx, { act: 'invitation_accepted', by: { kind: 'agent', id: agent.id }, personal: { name, ip: source.address } });
      return this.sessions.open(tx, agent.id, source);
    });
  }

  private async invitedAgent(tx: TenantTx, { email, name, role }: Invite, byOwner: boolean): Promise<AgentEntity> {
    const find = () => tx.entities.createQueryBuilder(AgentEntity, 'agent').where('lower(agent.email) = lower(:email)', { email });
    const earlier = await find().setLock('pessimistic_write').getOne();
    if (earlier && earlier.state !== 'invited') {
      throw new Refusal('conflict', 'already_an_agent', 'This person already works here. Change the role or reactivate instead.');
    }
    // A new link for an owner to be would let an admin come in as one.
    if (earlier?.role === 'owner' && !byOwner) throw ownerOnly();
    await tx.query(
      `insert into agent (tenant_id, id, email, name, role, state, locale, created_at) values ($1, $2, $3, $4, $5, 'invited', 'en', $6)
       on conflict (tenant_id, lower(email)) do update set name = excluded.name, role = excluded.role where agent.state = 'invited'`,
      [tx.tenantId, newId<AgentId>(this.clock.now()), email, name, role, this.clock.now()],
    );
    return find().getOneOrFail();
  }

  private async agentOf(tx: TenantTx, token: Token): Promise<AgentEntity> {
    const rows = await tx.query<{ agent_id: AgentId }>('select agent_id from invitation where token_digest = $1 and expires_at > $2', [
      token.digest,
      this.clock.now(),
    ]);
    const agent = rows[0] && (await tx.entities.findOneBy(AgentEntity, { id: rows[0].agent_id, state: 'invited' }));
    if (!agent) throw gone();
    return agent;
  }
}

function ownerOnly(): Refusal {
  return new Refusal('forbidden', 'owner_only', 'Only an owner can invite an owner.');
}

function invited(actor: Actor, { id, role, name, email }: AgentEntity): AuditEntryInput {
  return { act: 'agent_invited', by: auditedAs(actor), about: { kind: 'agent', id }, facts: { role }, personal: { name, address: email } };
}

function gone(): Refusal {
  return new Refusal('not_found', 'invitation_gone', 'This invitation has been used, replaced or is too old. Ask for a new one.');
}
