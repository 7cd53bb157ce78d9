import { Injectable } from '@nestjs/common';
import { Audit } from '#audit';
import type { PasswordChange } from '#contract';
import { Database } from '#platform';
import type { Actor } from './actor.js';
import { AgentEntity } from './agent.entity.js';
import { AgentNotices } from './agent-notices.service.js';
import { auditedAs } from './audited-as.js';
import { PasswordService } from './passwords.service.js';
import { ProofService } from './proof.service.js';
import { mintToken } from './token.js';

/** An agent's own password. */
@Injectable()
export class PasswordChangeService {
  constructor(
    private readonly db: Database,
    private readonly passwords: PasswordService,
    private readonly proofs: ProofService,
    private readonly notices: AgentNotices,
    private readonly audit: Audit,
  ) {}

  /**
   * Change it; links for a new one open nothing any more. The session goes on under another token: who copied the old one is out as well.
   *
   * Shape    the new token, for the cookie
   * Repeats  when the answer is lost, so is the session, and the new password opens another one
   * Errors   unauthenticated `wrong_factor` when the present one is not right; invalid `weak_password`, `password_of_known_words`
   */
  async change(actor: Actor, { present, next, endOthers }: PasswordChange): Promise<string> {
    await this.proofs.password(actor, present);
    const passwordHash = await this.passwords.hashNew(next, [actor.name, actor.email, actor.tenantName]);
    const token = mintToken(actor.tenantId);
    await this.db.inTenant(actor, async (tx) => {
      await tx.query('update session set token_digest = $1 where id = $2', [token.digest, actor.sessionId]);
      await tx.entities.update(AgentEntity, { tenantId: actor.tenantId, id: actor.agentId }, { passwordHash });
      await tx.query('delete from password_reset where agent_id = $1', [actor.agentId]);
      if (endOthers) await tx.query('delete from session where agent_id = $1 and id <> $2', [actor.agentId, actor.sessionId]);
      this.audit.append(tx, { act: 'password_changed', by: auditedAs(actor), facts: { endOthers } });
      await this.notices.tell(tx, actor.agentId, 'password_changed');
    });
    return token.text;
  }
}
