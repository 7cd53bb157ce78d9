import { Injectable } from '@nestjs/common';
import { Audit } from '#audit';
import type { PasswordReset, UsePasswordReset } from '#contract';
import { Jobs } from '#jobs';
import { Clock, Database, HOUR_MS, Refusal, type Source, type TenantId, type TenantTx } from '#platform';
import type { AgentId } from './actor.js';
import { demandAddress } from './address-list.js';
import { AgentEntity } from './agent.entity.js';
import { AgentNotices } from './agent-notices.service.js';
import { AttemptService } from './attempts.service.js';
import { AskedPasswordReset } from './mail-agent.js';
import { PasswordService } from './passwords.service.js';
import { demandActive } from './suspension.js';
import { mintToken, readToken, type Token } from './token.js';

const LINK_LIFE_MS = HOUR_MS;

interface Resetting {
  agentId: AgentId;
  name: string;
  email: string;
  tenantName: string;
}

/** A new password for who has lost it, by a link that came by mail and opens once. */
@Injectable()
export class PasswordResetService {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly jobs: Jobs,
    private readonly attempts: AttemptService,
    private readonly passwords: PasswordService,
    private readonly notices: AgentNotices,
    private readonly audit: Audit,
  ) {}

  /**
   * Have a link sent to whoever has this address. What is done here is the same for an address that nobody has, so that neither the answer
   * nor its time says which it was.
   *
   * Errors   unavailable `installation_cannot_mail`; too_many `too_many_attempts`
   */
  async ask(email: string, source: Source): Promise<void> {
    this.notices.demandMail();
    await this.attempts.countLink(email, source.address);
    const rows = await this.db.query<{ tenant_id: string; agent_id: string }>('select * from sign_in_candidates($1)', [email]);
    const agents = rows.map(({ tenant_id, agent_id }) => ({ tenantId: tenant_id, agentId: agent_id }));
    await this.db.inInstallation((tx) => this.jobs.enqueue(tx, AskedPasswordReset, { agents }));
  }

  /** Order the mails for those whom an address belongs to. */
  async order(tenantId: TenantId, agentId: AgentId): Promise<void> {
    await this.db.inTenant(tenantId, async (tx) => {
      this.audit.append(tx, { act: 'password_reset_asked', by: { kind: 'nobody' }, about: { kind: 'agent', id: agentId } });
      await this.notices.tell(tx, agentId, 'password_reset_asked');
    });
  }

  /** A link for this agent, good for an hour; the one before opens nothing any more. Null for who may not come in. */
  async mint(tx: TenantTx, agentId: AgentId): Promise<string | null> {
    const token = mintToken(tx.tenantId);
    const made = await tx.query(
      `insert into password_reset (tenant_id, agent_id, token_digest, expires_at)
       select $1, id, $2, $3 from agent where id = $4 and state = 'active'
       on conflict (tenant_id, agent_id) do update set token_digest = excluded.token_digest, expires_at = excluded.expires_at returning agent_id`,
      [tx.tenantId, token.digest, new Date(this.clock.now().getTime() + LINK_LIFE_MS), agentId],
    );
    return made.length > 0 ? token.text : null;
  }

  /** What a link is for, shown before it is used. Errors: not_found `link_gone`. */
  async look(tokenText: string): Promise<PasswordReset> {
    const token = readToken(tokenText);
    if (!token) throw linkGone();
    const { tenantName, email } = await this.db.inTenant(token.tenantId, (tx) => this.find(tx, token));
    return { tenantName, email };
  }

  /**
   * Set the new password. Every session ends; a second factor stays, and is asked for at the sign-in that follows.
   *
   * Errors   not_found `link_gone`; invalid `weak_password`, `password_of_known_words` and forbidden `tenant_suspended`, `address_not_allowed`,
   *          which leave the link as it is
   * Repeats  the link opens once; of two at the same moment, one sets the password
   */
  async use({ token: tokenText, password }: UsePasswordReset, source: Source): Promise<void> {
    const token = readToken(tokenText);
    if (!token) throw linkGone();
    const found = await this.db.inTenant(token.tenantId, (tx) => this.find(tx, token));
    const passwordHash = await this.passwords.hashNew(password, [found.name, found.email, found.tenantName]);
    await this.db.inTenant(token.tenantId, async (tx) => {
      const { agentId } = await this.find(tx, token);
      await demandActive(tx);
      await demandAddress(tx, agentId, source);
      const used = await tx.query('delete from password_reset where token_digest = $1 returning agent_id', [token.digest]);
      if (used.length === 0) throw linkGone();
      await tx.entities.update(AgentEntity, { tenantId: tx.tenantId, id: agentId }, { passwordHash });
      await tx.query('delete from session where agent_id = $1', [agentId]);
      this.audit.append(tx, { act: 'password_reset_done', by: { kind: 'agent', id: agentId } });
      await this.notices.tell(tx, agentId, 'password_changed');
    });
  }

  private async find(tx: TenantTx, token: Token): Promise<Resetting> {
    const [found] = await tx.query<Resetting>(
      `select agent.id as "agentId", agent.name, agent.email, tenant.name as "tenantName"
       from password_reset
       join agent on agent.tenant_id = password_reset.tenant_id and agent.id = password_reset.agent_id
       join tenant on tenant.id = agent.tenant_id
       where token_digest = $1 and expires_at > $2 and agent.state = 'active'`,
      [token.digest, this.clock.now()],
    );
    if (!found) throw linkGone();
    return found;
  }
}

export function linkGone(): Refusal {
  return new Refusal('not_found', 'link_gone', 'This link has been used, replaced or is too old. Ask for a new one.');
}
