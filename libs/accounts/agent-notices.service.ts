import { Inject, Injectable } from '@nestjs/common';
import { Jobs } from '#jobs';
import { Clock, CONFIG, type Config, newId, Refusal, type TenantTx } from '#platform';
import type { AgentId } from './actor.js';
import { type AgentMailKind, MailAgent } from './mail-agent.js';

/** Orders what agents are told of their own accounts. */
@Injectable()
export class AgentNotices {
  constructor(
    private readonly jobs: Jobs,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** False where the operator named no mail server. */
  get isPossible(): boolean {
    return this.config.smtpUrl !== null;
  }

  /** Tell an agent, if `tx` commits. Nothing where no mail can be sent. */
  async tell(tx: TenantTx, agentId: AgentId, kind: AgentMailKind): Promise<void> {
    if (!this.isPossible) return;
    await this.jobs.enqueue(tx, MailAgent, { tenantId: tx.tenantId, agentId, kind, mailId: newId(this.clock.now()) });
  }

  /** For what is nothing without a mail. Errors: unavailable `installation_cannot_mail`. */
  demandMail(): void {
    if (this.isPossible) return;
    throw new Refusal('unavailable', 'installation_cannot_mail', 'This installation cannot send mail. Ask who runs it.');
  }
}
