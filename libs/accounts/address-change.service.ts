import { Injectable } from '@nestjs/common';
import { Audit } from '#audit';
import { Clock, Database, DAY_MS, newId, Refusal, type Source, type TenantTx } from '#platform';
import { demandAddress } from './address-list.js';
import type { Actor, AgentId } from './actor.js';
import { AgentNotices } from './agent-notices.service.js';
import { AttemptService } from './attempts.service.js';
import { auditedAs } from './audited-as.js';
import { linkGone } from './password-reset.service.js';
import { demandActive } from './suspension.js';
import { mintToken, readToken } from './token.js';

const LINK_LIFE_MS = DAY_MS;

/** Which of the two addresses is asked. */
export type AskedAddress = 'present' | 'next';

const MINT: Record<AskedAddress, string> = {
  present: `update address_change set present_digest = $1
    where agent_id = $2 and expires_at > $3 and present_confirmed_at is null returning email`,
  next: `update address_change set next_digest = $1
    where agent_id = $2 and expires_at > $3 and next_confirmed_at is null returning email`,
};
const CONFIRM: Record<AskedAddress, string> = {
  present: 'update address_change set present_confirmed_at = $1, present_digest = null where agent_id = $2',
  next: 'update address_change set next_confirmed_at = $1, next_digest = null where agent_id = $2',
};

interface Change {
  agentId: AgentId;
  email: string;
  presentEmail: string;
  isPresent: boolean;
  isOtherConfirmed: boolean;
}

/** An agent's own address. It changes when whoever reads the present one and whoever reads the next have both said yes. */
@Injectable()
export class AddressChangeService {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly attempts: AttemptService,
    private readonly notices: AgentNotices,
    private readonly audit: Audit,
  ) {}

  /**
   * Ask both addresses. A change that was asked before is forgotten.
   *
   * Errors   conflict `address_taken`; unavailable `installation_cannot_mail`; too_many `too_many_attempts`
   */
  async ask(actor: Actor, email: string, source: Source): Promise<void> {
    this.notices.demandMail();
    await this.attempts.countLink(email, source.address);
    const now = this.clock.now();
    await this.db.inTenant(actor, async (tx) => {
      await demandFree(tx, email, actor.agentId);
      await tx.query('delete from address_change where agent_id = $1', [actor.agentId]);
      await tx.query('insert into address_change (tenant_id, agent_id, id, email, expires_at) values ($1, $2, $3, $4, $5)', [
        actor.tenantId,
        actor.agentId,
        newId(now),
        email,
        new Date(now.getTime() + LINK_LIFE_MS),
      ]);
      this.audit.append(tx, { act: 'address_change_asked', by: auditedAs(actor), personal: { email: actor.email, nextEmail: email } });
      await this.notices.tell(tx, actor.agentId, 'present_address_asked');
      await this.notices.tell(tx, actor.agentId, 'next_address_asked');
    });
  }

  /** A link for one of the two addresses, and where it is to be sent. Null when nothing is asked any more, or it has been answered. */
  async mint(tx: TenantTx, agentId: AgentId, asked: AskedAddress): Promise<{ token: string; nextEmail: string } | null> {
    const token = mintToken(tx.tenantId);
    const [made] = await tx.query<{ email: string }>(MINT[asked], [token.digest, agentId, this.clock.now()]);
    return made ? { token: token.text, nextEmail: made.email } : null;
  }

  /**
   * One of the two says yes. True: so has the other, and the address is changed.
   *
   * Errors   not_found `link_gone`; conflict `address_taken`; forbidden `tenant_suspended`, `address_not_allowed`
   */
  async confirm(tokenText: string, source: Source): Promise<boolean> {
    const token = readToken(tokenText);
    if (!token) throw linkGone();
    return this.db.inTenant(token.tenantId, async (tx) => {
      const change = await this.find(tx, token.digest);
      await demandActive(tx);
      await demandAddress(tx, change.agentId, source);
      await tx.query(CONFIRM[change.isPresent ? 'present' : 'next'], [this.clock.now(), change.agentId]);
      if (change.isOtherConfirmed) await this.apply(tx, change);
      return change.isOtherConfirmed;
    });
  }

  private async find(tx: TenantTx, digest: Buffer): Promise<Change> {
    const [change] = await tx.query<Change>(
      `select agent.id as "agentId", address_change.email, agent.email as "presentEmail",
         coalesce(present_digest = $1, false) as "isPresent",
         case when present_digest = $1 then next_confirmed_at else present_confirmed_at end is not null as "isOtherConfirmed"
       from address_change join agent on agent.tenant_id = address_change.tenant_id and agent.id = address_change.agent_id
       where (present_digest = $1 or next_digest = $1) and expires_at > $2 and agent.state = 'active' for update`,
      [digest, this.clock.now()],
    );
    if (!change) throw linkGone();
    return change;
  }

  private async apply(tx: TenantTx, { agentId, email, presentEmail }: Change): Promise<void> {
    await demandFree(tx, email, agentId);
    await tx.query('update agent set email = $1 where id = $2', [email, agentId]);
    await tx.query('delete from address_change where agent_id = $1', [agentId]);
    // It went to an address that is not his any more.
    await tx.query('delete from password_reset where agent_id = $1', [agentId]);
    this.audit.append(tx, {
      act: 'address_changed',
      by: { kind: 'agent', id: agentId },
      personal: { email: presentEmail, nextEmail: email },
    });
    await this.notices.tell(tx, agentId, 'address_changed');
  }
}

async function demandFree(tx: TenantTx, email: string, agentId: AgentId): Promise<void> {
  const others = await tx.query('select 1 from agent where lower(email) = lower($1) and id <> $2', [email, agentId]);
  if (others.length > 0) throw new Refusal('conflict', 'address_taken', 'A colleague has this address. Choose another.');
}
