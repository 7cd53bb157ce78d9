import { Injectable, type OnModuleInit } from '@nestjs/common';
import { type AgentId, AgentLinks, MailAgent } from '#accounts';
import { Jobs } from '#jobs';
import { Database, Log, type TenantId } from '#platform';
import { agentMail } from './agent-mail-words.js';
import { InstallationMail } from './email/index.js';

/** Sends agents what concerns their own accounts. What the mail leads to is made here and now, and is nowhere before. */
@Injectable()
export class MailAgentJob implements OnModuleInit {
  constructor(
    private readonly jobs: Jobs,
    private readonly db: Database,
    private readonly links: AgentLinks,
    private readonly mail: InstallationMail,
    private readonly log: Log,
  ) {}

  onModuleInit(): void {
    this.jobs.bind(MailAgent, async ({ tenantId, agentId, mailId, kind }) => {
      if (!this.mail.isPossible) {
        this.log.warn('agent_not_told', { tenantId, code: 'no_outgoing_mail' });
        return;
      }
      const made = await this.db.inTenant(tenantId as TenantId, (tx) => this.links.make(tx, agentId as AgentId, kind));
      if (made !== null) await this.mail.send({ to: made.to, occasion: mailId, ...agentMail(kind, made) });
    });
  }
}
