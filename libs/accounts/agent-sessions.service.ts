import { Injectable } from '@nestjs/common';
import { Audit } from '#audit';
import type { SignedInSession } from '#contract';
import { Database, notFound, Refusal, type TenantTx } from '#platform';
import type { Actor, AgentId } from './actor.js';
import { AgentEntity } from './agent.entity.js';
import { auditedAs } from './audited-as.js';
import { sessionsOf } from './session.service.js';

/** Where a colleague is signed in, and ending that: for a device that was lost. */
@Injectable()
export class AgentSessionsService {
  constructor(
    private readonly db: Database,
    private readonly audit: Audit,
  ) {}

  async list(actor: Actor, agentId: AgentId): Promise<SignedInSession[]> {
    return this.db.inTenant(actor, async (tx) => {
      await demandAgent(tx, agentId);
      return sessionsOf(tx, agentId, actor.sessionId);
    });
  }

  /** Errors: forbidden `owner_only` when an admin signs an owner out. */
  async end(actor: Actor, agentId: AgentId): Promise<void> {
    await this.db.inTenant(actor, async (tx) => {
      const { role } = await demandAgent(tx, agentId);
      if (role === 'owner' && actor.role !== 'owner') throw new Refusal('forbidden', 'owner_only', 'Only an owner can sign an owner out.');
      const ended = await tx.query('delete from session where agent_id = $1 returning id', [agentId]);
      this.audit.append(tx, {
        act: 'agent_sessions_ended',
        by: auditedAs(actor),
        about: { kind: 'agent', id: agentId },
        facts: { ended: ended.length },
      });
    });
  }
}

async function demandAgent(tx: TenantTx, id: AgentId): Promise<AgentEntity> {
  const agent = await tx.entities.findOneBy(AgentEntity, { id });
  if (!agent) throw notFound();
  return agent;
}
