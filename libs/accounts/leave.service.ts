import { Injectable } from '@nestjs/common';
import { Audit, AuditPersonal } from '#audit';
import type { Locale } from '#contract';
import { Jobs } from '#jobs';
import { Database, Refusal, type TenantTx } from '#platform';
import type { Actor, AgentId } from './actor.js';
import { AgentLeft } from './agent-left.js';
import { demandAnOwner, lockOwners } from './agent.service.js';
import { auditedAs } from './audited-as.js';

/** What stands where the name was. */
const NAMES: Record<Locale, string> = { en: 'Former colleague', nl: 'Oud-collega' };

/** What an agent has, beside what he wrote for the tenant. */
const FORGET_OWN = [
  'delete from session where agent_id = $1',
  'delete from totp where agent_id = $1',
  'delete from passkey where agent_id = $1',
  'delete from recovery_code where agent_id = $1',
  'delete from password_reset where agent_id = $1',
  'delete from address_change where agent_id = $1',
  'delete from invitation where agent_id = $1',
  'delete from identity_link where agent_id = $1',
  'delete from identity_attempt where agent_id = $1',
];

/** Deleting one's own account. */
@Injectable()
export class LeaveService {
  constructor(
    private readonly db: Database,
    private readonly audit: Audit,
    private readonly personal: AuditPersonal,
    private readonly jobs: Jobs,
  ) {}

  /**
   * Delete the account: nothing of it is kept but an id under what it wrote, which is the tenant's. Its name goes from Meta by a job.
   *
   * Shape    email: his own address, typed once more: nobody does this by mistake
   * Errors   invalid `not_your_address`; conflict `last_owner`
   */
  async leave(actor: Actor, email: string): Promise<void> {
    if (email.toLowerCase() !== actor.email.toLowerCase()) {
      throw new Refusal('invalid', 'not_your_address', 'This is not the address of this account.');
    }
    await this.db.inTenant(actor, async (tx) => {
      await lockOwners(tx);
      await erase(tx, actor.agentId, NAMES[actor.locale]);
      await demandAnOwner(tx);
      await this.personal.forget(tx, actor.agentId, auditedAs(actor));
      await this.jobs.enqueue(tx, AgentLeft, { tenantId: actor.tenantId, agentId: actor.agentId });
      this.audit.append(tx, { act: 'agent_deleted', by: auditedAs(actor), about: { kind: 'agent', id: actor.agentId } });
    });
  }
}

async function erase(tx: TenantTx, id: AgentId, name: string): Promise<void> {
  for (const statement of FORGET_OWN) await tx.query(statement, [id]);
  // An id is no address: nothing is sent to it, nobody signs in with it, and the address may be somebody's again.
  await tx.query("update agent set state = 'deleted', email = id::text, name = $1, signature = '', password_hash = null where id = $2", [
    name,
    id,
  ]);
}
