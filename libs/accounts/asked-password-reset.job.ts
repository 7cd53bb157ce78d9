import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Jobs } from '#jobs';
import type { TenantId } from '#platform';
import type { AgentId } from './actor.js';
import { AskedPasswordReset } from './mail-agent.js';
import { PasswordResetService } from './password-reset.service.js';

/** Orders the mails out of earshot of whoever asked. */
@Injectable()
export class AskedPasswordResetJob implements OnModuleInit {
  constructor(
    private readonly jobs: Jobs,
    private readonly resets: PasswordResetService,
  ) {}

  onModuleInit(): void {
    this.jobs.bind(AskedPasswordReset, async ({ agents }) => {
      for (const { tenantId, agentId } of agents) await this.resets.order(tenantId as TenantId, agentId as AgentId);
    });
  }
}
