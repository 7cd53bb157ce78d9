import { Controller, Get } from '@nestjs/common';
import type { RecordingPolicies, RetentionPolicies } from '#contract';
import type { Actor } from '#accounts';
import { PolicyService } from '#policies';
import { Allow, Who } from './who.js';

@Controller('api/policies')
export class PoliciesController {
  constructor(private readonly policies: PolicyService) {}

  @Get('recording')
  @Allow('policy:read')
  recording(@Who() actor: Actor): Promise<RecordingPolicies> {
    return this.policies.recording(actor.tenantId);
  }

  @Get('retention')
  @Allow('policy:read')
  retention(@Who() actor: Actor): Promise<RetentionPolicies> {
    return this.policies.retention(actor.tenantId);
  }
}
