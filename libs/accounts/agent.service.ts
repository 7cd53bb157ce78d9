import assert from 'node:assert/strict';
import { Injectable } from '@nestjs/common';
import { Not } from 'typeorm';
import { Audit, type AuditEntryInput } from '#audit';
import type { Agent, AgentChange, Locale, ProfileChange, Session } from '#contract';
import { Database, notFound, Refusal, type TenantTx } from '#platform';
import { type Actor, type AgentId, NO_SESSION } from './actor.js';
import { auditedAs } from './audited-as.js';
import { AgentEntity } from './agent.entity.js';
import { demandGivable, demandWithin } from './role.js';
import { type Rights, RIGHTS_COLUMNS, type RightsRow, rightsOf, sees } from './rights.js';
import { describeSession } from './session.service.js';

const AGENTS_LISTED_MAX = 1000;
/** Whoever acts without a session proves nothing in it. */
export const WITHOUT_SESSION = {
  sessionId: NO_SESSION,
  state: 'live',
  provedAt: null,
  provedAllAt: null,
  hasPassword: false,
  secondFactors: [],
  enrolBy: null,
} satisfies Partial<Actor>;

/** The people of a tenant. */
@Injectable()
export class AgentService {
  constructor(
    private readonly db: Database,
    private readonly audit: Audit,
  ) {}

  async list(actor: Actor): Promise<Agent[]> {
    return this.db.inTenant(actor, async (tx) => {
      const agents = await tx.entities.find(AgentEntity, {
        where: { state: Not('deleted') },
        order: { createdAt: 'ASC' },
        take: AGENTS_LISTED_MAX,
      });
      return agents.map(describeAgent);
    });
  }

  /** The names of agents by id, for whoever shows what they did. */
  async names(tx: TenantTx, ids: readonly (string | null)[]): Promise<ReadonlyMap<string, string>> {
    const wanted = [...new Set(ids.filter((id) => id !== null))];
    if (wanted.length === 0) return new Map();
    const rows = await tx.query<{ id: string; name: string }>('select id, name from agent where id = any($1)', [wanted]);
    return new Map(rows.map(({ id, name }) => [id, name]));
  }

  /** Whom to tell what concerns the tenant as a whole: its active owners and admins, each with a language. Nobody while it is suspended. */
  async admins(tx: TenantTx): Promise<{ id: AgentId; name: string; email: string; locale: Locale }[]> {
    return tx.query(
      `select id, name, email, locale from agent where role in ('owner', 'admin') and state = 'active'
         and exists (select 1 from tenant where state = 'active') order by id`,
    );
  }

  /** Who an agent is at this moment. Null when there is none of this id. */
  async byId(tx: TenantTx, id: string): Promise<AgentNow | null> {
    const [agent] = await tx.query<AgentFacts & RightsRow>(
      `select id, name, email, locale, state, signature, ${RIGHTS_COLUMNS} from agent where id = $1`,
      [id],
    );
    return agent ? { ...agent, ...rightsOf(agent) } : null;
  }

  /** Everybody who may act at this moment, for telling whether it is one of them. Addresses in lower case. */
  async active(tx: TenantTx): Promise<{ id: AgentId; name: string; email: string }[]> {
    return tx.query("select id, name, lower(email) as email from agent where state = 'active' limit $1", [AGENTS_LISTED_MAX]);
  }

  /** The active agent with this address, in any spelling of it. Null for everybody else. */
  async activeByAddress(tx: TenantTx, address: string): Promise<{ id: AgentId; name: string } | null> {
    const [agent] = await tx.query<{ id: AgentId; name: string }>(
      "select id, name from agent where lower(email) = lower($1) and state = 'active'",
      [address],
    );
    return agent ?? null;
  }

  /** Whether an active agent with another address has one of these names. Shape: names in lower case */
  async isNameOfAnother(tx: TenantTx, names: readonly string[], address: string): Promise<boolean> {
    const rows = await tx.queryPrepared(
      'name-of-an-agent',
      "select 1 from agent where lower(name) = any($1) and lower(email) <> lower($2) and state = 'active' limit 1",
      [names, address],
    );
    return rows.length > 0;
  }

  /** An active agent who does something without a session, by a proof of another kind. Null when there is no such agent any more. */
  async actorWithoutSession(tx: TenantTx, id: string): Promise<Actor | null> {
    const [agent] = await tx.query<Pick<Actor, 'agentId' | 'name' | 'email' | 'locale' | 'signature' | 'tenantName'> & RightsRow>(
      `select agent.id as "agentId", agent.name, agent.email, agent.locale, agent.signature, ${RIGHTS_COLUMNS}, tenant.name as "tenantName"
       from agent join tenant on tenant.id = agent.tenant_id where agent.id = $1 and agent.state = 'active' and tenant.state = 'active'`,
      [id],
    );
    if (!agent) return null;
    return { ...agent, ...rightsOf(agent), ...WITHOUT_SESSION, tenantId: tx.tenantId };
  }

  /**
   * The name of an agent who can be given work on a connection.
   *
   * Errors   unprocessable `no_such_agent`, `outside_team` for one who would not see it
   */
  async nameOfWorker(tx: TenantTx, id: string, connectionId: string): Promise<string> {
    const agent = await this.byId(tx, id);
    if (agent?.state !== 'active') {
      throw new Refusal('unprocessable', 'no_such_agent', 'Nobody active has this id. Choose somebody from the list.');
    }
    if (!sees(agent, connectionId)) {
      throw new Refusal('unprocessable', 'outside_team', 'This person is not in a team that sees this. Choose somebody who is.');
    }
    return agent.name;
  }

  /**
   * Change another agent's role or state. A deactivated agent's sessions end with it.
   *
   * Errors   forbidden `owner_only` when an admin touches an owner, `beyond_your_rights` for whoever may more than the actor or is to;
   *          unprocessable `no_such_role`; conflict `last_owner`
   */
  async change(actor: Actor, agentId: AgentId, change: AgentChange): Promise<Agent> {
    return this.db.inTenant(actor, async (tx) => {
      await lockOwners(tx);
      const agent = await lockAgent(tx, agentId);
      if (actor.role !== 'owner' && (agent.role === 'owner' || change.role === 'owner')) {
        throw new Refusal('forbidden', 'owner_only', 'Only an owner can make, change or deactivate an owner.');
      }
      demandWithin(actor, (await this.byId(tx, agentId))!.permissions);
      const { role, roleId } = change.role ? await demandGivable(tx, actor, { role: change.role, roleId: change.roleId ?? null }) : agent;
      if (change.state === 'active' && agent.state === 'invited') {
        throw new Refusal('conflict', 'not_accepted_yet', 'This person has not accepted the invitation yet.');
      }
      const isDifferentPerson = role !== agent.role || roleId !== agent.roleId || (change.state ?? agent.state) !== agent.state;
      await tx.entities.update(AgentEntity, { tenantId: actor.tenantId, id: agentId }, { role, roleId, state: change.state });
      await demandAnOwner(tx);
      // What an open session may do is decided by what its agent is, so a change of that ends it.
      if (isDifferentPerson) await tx.query('delete from session where agent_id = $1', [agentId]);
      if (change.state === 'deactivated') await tx.query('delete from invitation where agent_id = $1', [agentId]);
      if (isDifferentPerson) this.audit.append(tx, changed(actor, agent, { role, roleId, state: change.state ?? agent.state }));
      return describeAgent(await lockAgent(tx, agentId));
    });
  }

  async changeOwnProfile(actor: Actor, change: ProfileChange): Promise<Session> {
    return this.db.inTenant(actor, async (tx) => {
      if (Object.keys(change).length > 0) await tx.entities.update(AgentEntity, { tenantId: actor.tenantId, id: actor.agentId }, change);
      this.audit.append(tx, { act: 'profile_changed', by: auditedAs(actor), facts: { changed: Object.keys(change) } });
      return describeSession({ ...actor, ...change });
    });
  }
}

/** An agent who is perhaps not here: for what is done in his name or sent to him. */
export type AgentNow = AgentFacts & Rights;
type AgentFacts = Pick<AgentEntity, 'id' | 'name' | 'email' | 'locale' | 'state' | 'signature'>;

/** An agent as others see him. A deleted one is seen nowhere. */
export function describeAgent(agent: AgentEntity): Agent {
  assert(agent.state !== 'deleted');
  return {
    id: agent.id,
    name: agent.name,
    email: agent.email,
    role: agent.role,
    roleId: agent.roleId,
    state: agent.state,
    createdAt: agent.createdAt.toISOString(),
  };
}

function changed(
  actor: Actor,
  { id, role, roleId, state }: AgentEntity,
  to: Pick<AgentEntity, 'role' | 'roleId' | 'state'>,
): AuditEntryInput {
  const facts = { role: to.roleId ?? to.role, roleBefore: roleId ?? role, state: to.state, stateBefore: state };
  return { act: 'agent_changed', by: auditedAs(actor), about: { kind: 'agent', id }, facts };
}

async function lockAgent(tx: TenantTx, id: AgentId): Promise<AgentEntity> {
  const agent = await tx.entities.findOne(AgentEntity, { where: { id, state: Not('deleted') }, lock: { mode: 'pessimistic_write' } });
  if (!agent) throw notFound();
  return agent;
}

// All owners, in one order, before anything else: two of them can then neither step down at the same moment nor wait for each other.
export async function lockOwners(tx: TenantTx): Promise<void> {
  await tx.query("select id from agent where role = 'owner' order by id for update");
}

export async function demandAnOwner(tx: TenantTx): Promise<void> {
  const owners = await tx.query("select id from agent where role = 'owner' and state = 'active' limit 1");
  if (owners.length === 0) throw new Refusal('conflict', 'last_owner', 'A tenant needs an owner. Make somebody else an owner first.');
}
