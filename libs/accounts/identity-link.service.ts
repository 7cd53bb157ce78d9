import { Injectable } from '@nestjs/common';
import { Audit } from '#audit';
import type { OwnIdentity } from '#contract';
import { Clock, Database, isUuid, newId, notFound, Refusal, type TenantTx } from '#platform';
import type { Actor, AgentId } from './actor.js';
import { AgentService, lockOwners } from './agent.service.js';
import { AgentNotices } from './agent-notices.service.js';
import { auditedAs } from './audited-as.js';
import { type Identity, roleFor } from './identity-claims.js';
import { LIVE_LINK, type ProviderRow, roleLinesOf } from './identity-provider.js';

/** Whose identity at a provider is whose account here. Issuer and subject decide, and never an address. */
@Injectable()
export class IdentityLinks {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly audit: Audit,
    private readonly notices: AgentNotices,
    private readonly agents: AgentService,
  ) {}

  /** The tenant's providers, and since when the actor can come in by each. */
  async list(actor: Actor): Promise<OwnIdentity[]> {
    const rows = await this.db.inTenant(actor, (tx) =>
      tx.query<{ providerId: string; name: string; connectedAt: Date | null; lastUsedAt: Date | null }>(
        `select identity_provider.id as "providerId", name, identity_link.created_at as "connectedAt", last_used_at as "lastUsedAt"
         from identity_provider left join identity_link on identity_link.tenant_id = identity_provider.tenant_id
           and provider_id = identity_provider.id and agent_id = $1 and ${LIVE_LINK}
         where is_enabled order by lower(name)`,
        [actor.agentId],
      ),
    );
    return rows.map(({ connectedAt, lastUsedAt, ...row }) => ({
      ...row,
      connectedAt: connectedAt?.toISOString() ?? null,
      lastUsedAt: lastUsedAt?.toISOString() ?? null,
    }));
  }

  /** Errors: not_found where there is no link; conflict `only_way_in` for who would have no other. */
  async disconnect(actor: Actor, providerId: string): Promise<void> {
    if (!isUuid(providerId)) throw notFound();
    await this.db.inTenant(actor, async (tx) => {
      await tx.query('select id from agent where id = $1 for update', [actor.agentId]);
      const gone = await tx.query('delete from identity_link where provider_id = $1 and agent_id = $2 returning subject', [
        providerId,
        actor.agentId,
      ]);
      if (gone.length === 0) throw notFound();
      const [left] = await tx.query<{ ways: boolean }>(
        `select password_hash is not null or exists (select from passkey where agent_id = agent.id)
           or exists (select from identity_link where agent_id = agent.id) as ways
         from agent where id = $1`,
        [actor.agentId],
      );
      if (left?.ways !== true) {
        throw new Refusal('conflict', 'only_way_in', 'You have no other way in. Add a passkey or set a password first.');
      }
      this.audit.append(tx, { act: 'identity_disconnected', by: auditedAs(actor), about: { kind: 'identity_provider', id: providerId } });
      await this.notices.tell(tx, actor.agentId, 'identity_disconnected');
    });
  }

  /** Who comes in by an identity; null for one that nobody has connected. */
  async agentOf(tx: TenantTx, providerId: string, { issuer, subject }: Identity): Promise<AgentId | null> {
    const [link] = await tx.query<{ agent_id: AgentId }>(
      'select agent_id from identity_link where provider_id = $1 and issuer = $2 and subject = $3',
      [providerId, issuer, subject],
    );
    return link?.agent_id ?? null;
  }

  /** Let an identity open an account from now on, in the place of the one before. Errors: conflict `identity_taken` when it opens another's. */
  async connect(tx: TenantTx, providerId: string, identity: Identity, agentId: AgentId): Promise<void> {
    const { issuer, subject } = identity;
    await tx.query('delete from identity_link where provider_id = $1 and agent_id = $2', [providerId, agentId]);
    const made = await tx.query(
      `insert into identity_link (tenant_id, provider_id, issuer, subject, agent_id, created_at) values ($1, $2, $3, $4, $5, $6)
       on conflict (tenant_id, provider_id, issuer, subject) do nothing returning agent_id`,
      [tx.tenantId, providerId, issuer, subject, agentId, this.clock.now()],
    );
    if (made.length === 0) {
      throw new Refusal('conflict', 'identity_taken', 'This identity belongs to another account here. Sign in to that one instead.');
    }
    this.audit.append(tx, {
      act: 'identity_connected',
      by: { kind: 'agent', id: agentId },
      about: { kind: 'identity_provider', id: providerId },
    });
    await this.notices.tell(tx, agentId, 'identity_connected');
  }

  /**
   * Make an agent of somebody whom nobody invited. An address that somebody has here is never enough to be him.
   *
   * Errors   forbidden `not_connected`, `address_not_verified`, `address_of_another`, `no_role_for_you`
   */
  async makeAgent(tx: TenantTx, provider: ProviderRow, identity: Identity): Promise<AgentId> {
    const { email } = identity;
    if (!provider.createsAgents) {
      throw new Refusal(
        'forbidden',
        'not_connected',
        'No account here is connected with this identity. Connect it on your own account page.',
      );
    }
    if (email === null || !provider.domains.includes(email.slice(email.lastIndexOf('@') + 1).toLowerCase())) {
      throw new Refusal('forbidden', 'address_not_verified', 'The provider vouches for no address of your team’s. Ask for an invitation.');
    }
    const line = roleFor(await roleLinesOf(tx, provider.id), identity.roleValues);
    if (line === null) throw noRole();
    const now = this.clock.now();
    const id = newId<AgentId>(now);
    const made = await tx.query(
      `insert into agent (tenant_id, id, email, name, role, role_id, state, locale, created_at, joined_at)
       values ($1, $2, $3, $4, $5, $6, 'active', 'en', $7, $7) on conflict (tenant_id, lower(email)) do nothing returning id`,
      [tx.tenantId, id, email, identity.name === '' ? email : identity.name, line.role, line.roleId, now],
    );
    if (made.length === 0) {
      const message = 'Somebody here has this address already. If it is you: sign in as before, and connect this on your own account page.';
      throw new Refusal('forbidden', 'address_of_another', message);
    }
    this.audit.append(tx, {
      act: 'agent_made_by_provider',
      by: { kind: 'system' },
      about: { kind: 'agent', id },
      facts: { provider: provider.id, role: line.roleId ?? line.role },
      personal: { name: identity.name, address: email },
    });
    return id;
  }

  /**
   * Give an agent the role that his groups stand for, where the tenant has so decided. An owner stays one. Another role ends his sessions.
   *
   * Errors   forbidden `no_role_for_you` when none of them stands for any
   */
  async giveRole(tx: TenantTx, provider: ProviderRow, identity: Identity, agentId: AgentId): Promise<void> {
    await lockOwners(tx);
    await tx.query('select id from agent where id = $1 for update', [agentId]);
    await tx.query('update identity_link set last_used_at = $3 where provider_id = $1 and agent_id = $2', [
      provider.id,
      agentId,
      this.clock.now(),
    ]);
    const agent = await this.agents.byId(tx, agentId);
    if (provider.roleClaim === null || agent?.role === 'owner') return;
    const line = roleFor(await roleLinesOf(tx, provider.id), identity.roleValues);
    if (line === null) throw noRole();
    if (line.role === agent?.role && line.roleId === agent.roleId) return;
    await tx.query('update agent set role = $2, role_id = $3 where id = $1', [agentId, line.role, line.roleId]);
    await tx.query('delete from session where agent_id = $1', [agentId]);
    this.audit.append(tx, {
      act: 'role_given_by_provider',
      by: { kind: 'system' },
      about: { kind: 'agent', id: agentId },
      facts: { provider: provider.id, role: line.roleId ?? line.role, roleBefore: agent?.roleId ?? agent?.role ?? null },
    });
  }
}

function noRole(): Refusal {
  return new Refusal('forbidden', 'no_role_for_you', 'Your groups at the provider give you no role here. Ask an admin of your team.');
}
