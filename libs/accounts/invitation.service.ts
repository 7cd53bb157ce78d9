import { Inject, Injectable } from '@nestjs/common';
import { Audit, type AuditEntryInput } from '#audit';
import type { AcceptInvitation, Invitation, Invite, Invited } from '#contract';
import { Clock, CONFIG, type Config, Database, DAY_MS, newId, Refusal, type Source, type TenantTx } from '#platform';
import type { Actor, AgentId } from './actor.js';
import { auditedAs } from './audited-as.js';
import { AgentEntity } from './agent.entity.js';
import { AgentService, describeAgent } from './agent.service.js';
import { AgentNotices } from './agent-notices.service.js';
import type { OperatorActor } from './operator.js';
import { PasswordService } from './passwords.service.js';
import { demandGivable, demandWithin, noSuchRole, type RoleChoice } from './role.js';
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
    private readonly agents: AgentService,
    private readonly sessions: SessionService,
    private readonly tenants: TenantService,
    private readonly audit: Audit,
    private readonly passwords: PasswordService,
    private readonly notices: AgentNotices,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * Invite a person, or make a new link for one who has not come yet; the old link then opens nothing.
   *
   * Errors   conflict `already_an_agent`; forbidden `owner_only` when an admin invites an owner, or an invited owner anew,
   *          `beyond_your_rights`; unprocessable `no_such_role`
   */
  async invite(actor: Actor, invite: Invite): Promise<Invited> {
    if (invite.role === 'owner') demandOwner(actor);
    return this.db.inTenant(actor, async (tx) => {
      const earlier = await earlierOf(tx, invite.email);
      // A new link for an owner to be would let an admin come in as one.
      if (earlier?.role === 'owner') demandOwner(actor);
      if (earlier) demandWithin(actor, (await this.agents.byId(tx, earlier.id))!.permissions);
      const choice = await demandGivable(tx, actor, { role: invite.role, roleId: invite.roleId ?? null });
      const agent = await this.keep(tx, invite, choice);
      const issued = await this.issue(tx, agent.id);
      this.audit.append(tx, invited(actor, agent));
      return { agent: describeAgent(agent), ...issued, isMailed: this.notices.isPossible };
    });
  }

  /**
   * The same by the operator, where nobody of the tenant can: everybody who could has lost the way in.
   *
   * Shape    the role is one of those that every tenant has: a tenant's own roles are its own to give
   * Errors   not_found; conflict `already_an_agent`; unprocessable `no_such_role`
   */
  async inviteFor(operator: OperatorActor, tenantId: string, invite: Invite): Promise<Invited> {
    if (invite.role === 'custom') throw noSuchRole();
    return this.tenants.inExisting(tenantId, async (tx) => {
      await earlierOf(tx, invite.email);
      const agent = await this.keep(tx, invite, { role: invite.role, roleId: null });
      const issued = await this.issue(tx, agent.id);
      this.tenants.note(tx, operator, 'agent_invited', { personal: { email: invite.email } });
      return { agent: describeAgent(agent), ...issued, isMailed: this.notices.isPossible };
    });
  }

  /** A new link for somebody who is invited, told by mail too where mail can be sent; an earlier one opens nothing then. */
  async issue(tx: TenantTx, agentId: AgentId): Promise<{ inviteUrl: string; expiresAt: string }> {
    const expiresAt = new Date(this.clock.now().getTime() + INVITATION_LIFE_MS);
    const token = mintToken(tx.tenantId);
    await tx.query(
      `insert into invitation (tenant_id, agent_id, token_digest, expires_at) values ($1, $2, $3, $4)
       on conflict (tenant_id, agent_id) do update
         set token_digest = excluded.token_digest, expires_at = excluded.expires_at, mailed_digest = null`,
      [tx.tenantId, agentId, token.digest, expiresAt],
    );
    await this.notices.tell(tx, agentId, 'invited');
    // Behind the hash: what follows it is not sent to servers, so it is in no access log and no Referer.
    return { inviteUrl: `${this.config.publicUrl}/invite#${token.text}`, expiresAt: expiresAt.toISOString() };
  }

  /** One more link to the same invitation, for the mail. Null when it has been accepted, or is over. */
  async mintMailed(tx: TenantTx, agentId: AgentId): Promise<string | null> {
    const token = mintToken(tx.tenantId);
    const made = await tx.query('update invitation set mailed_digest = $1 where agent_id = $2 and expires_at > $3 returning agent_id', [
      token.digest,
      agentId,
      this.clock.now(),
    ]);
    return made.length > 0 ? token.text : null;
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
    // Nobody else can make us hash.
    const { tenantName, email } = await this.look(tokenText);
    const passwordHash = await this.passwords.hashNew(password, [name, email, tenantName]);
    return this.db.inTenant(token.tenantId, async (tx) => {
      const agent = await this.agentOf(tx, token);
      const used = await tx.query('delete from invitation where token_digest = $1 or mailed_digest = $1 returning agent_id', [
        token.digest,
      ]);
      if (used.length === 0) throw gone();
      const accepted = { name, passwordHash, state: 'active' as const, joinedAt: this.clock.now(), ...(locale ? { locale } : {}) };
      await tx.entities.update(AgentEntity, { tenantId: tx.tenantId, id: agent.id }, accepted);
      this.audit.append(tx, { act: 'invitation_accepted', by: { kind: 'agent', id: agent.id }, personal: { name, ip: source.address } });
      return this.sessions.open(tx, agent.id, source, { by: 'invitation', factors: 1 });
    });
  }

  private async keep(tx: TenantTx, { email, name }: Invite, { role, roleId }: RoleChoice): Promise<AgentEntity> {
    await tx.query(
      `insert into agent (tenant_id, id, email, name, role, role_id, state, locale, created_at)
       values ($1, $2, $3, $4, $5, $6, 'invited', 'en', $7)
       on conflict (tenant_id, lower(email)) do update set name = excluded.name, role = excluded.role, role_id = excluded.role_id
         where agent.state = 'invited'`,
      [tx.tenantId, newId<AgentId>(this.clock.now()), email, name, role, roleId, this.clock.now()],
    );
    return byAddress(tx, email).getOneOrFail();
  }

  private async agentOf(tx: TenantTx, token: Token): Promise<AgentEntity> {
    const rows = await tx.query<{ agent_id: AgentId }>(
      'select agent_id from invitation where (token_digest = $1 or mailed_digest = $1) and expires_at > $2',
      [token.digest, this.clock.now()],
    );
    const agent = rows[0] && (await tx.entities.findOneBy(AgentEntity, { id: rows[0].agent_id, state: 'invited' }));
    if (!agent) throw gone();
    return agent;
  }
}

function byAddress(tx: TenantTx, email: string) {
  return tx.entities.createQueryBuilder(AgentEntity, 'agent').where('lower(agent.email) = lower(:email)', { email });
}

/** Who was invited before by this address, held as he is until the end of `tx`. Errors: conflict `already_an_agent`. */
async function earlierOf(tx: TenantTx, email: string): Promise<AgentEntity | null> {
  const earlier = await byAddress(tx, email).setLock('pessimistic_write').getOne();
  if (earlier && earlier.state !== 'invited') {
    throw new Refusal('conflict', 'already_an_agent', 'This person already works here. Change the role or reactivate instead.');
  }
  return earlier;
}

function demandOwner(actor: Actor): void {
  if (actor.role !== 'owner') throw new Refusal('forbidden', 'owner_only', 'Only an owner can invite an owner.');
}

function invited(actor: Actor, { id, role, name, email }: AgentEntity): AuditEntryInput {
  return { act: 'agent_invited', by: auditedAs(actor), about: { kind: 'agent', id }, facts: { role }, personal: { name, address: email } };
}

function gone(): Refusal {
  return new Refusal('not_found', 'invitation_gone', 'This invitation has been used, replaced or is too old. Ask for a new one.');
}
