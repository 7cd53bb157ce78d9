import { Injectable, type OnModuleInit } from '@nestjs/common';
import { AgentLeft } from '#accounts';
import { Jobs } from '#jobs';
import type { TenantId } from '#platform';
import { Personas } from './personas.js';

/** Somebody's name goes from the pages on which he answered, at Meta too. */
@Injectable()
export class ForgetPersonasJob implements OnModuleInit {
  constructor(
    private readonly jobs: Jobs,
    private readonly personas: Personas,
  ) {}

  onModuleInit(): void {
    this.jobs.bind(AgentLeft, ({ tenantId, agentId }) => this.personas.forgetAgent(tenantId as TenantId, agentId));
  }
}
