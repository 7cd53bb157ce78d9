import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { InvitationService, IpListService, type OperatorActor, SetupService, TenantService } from '#accounts';
import { type Invited, NewTenant, OperatorInvite, type Page, PageQuery, Suspend, type TenantLine, type TenantMade } from '#contract';
import { valid } from '#platform';
import { UsageService } from '#ticketing';
import { AllowOperator, Operator } from './operator-who.js';

/** Nest's token for what closes the sockets of sessions that have ended, in this process. */
export const CLOSE_ENDED_SOCKETS = Symbol('close ended sockets');

@Controller('operator/api/tenants')
export class TenantsController {
  constructor(
    private readonly usage: UsageService,
    private readonly setup: SetupService,
    private readonly tenants: TenantService,
    private readonly invitations: InvitationService,
    private readonly networks: IpListService,
    @Inject(CLOSE_ENDED_SOCKETS) private readonly closeEnded: () => Promise<void>,
  ) {}

  @Get()
  @AllowOperator('tenant:read')
  list(@Query(valid(PageQuery)) query: { cursor?: string; limit: number }): Promise<Page<TenantLine>> {
    return this.usage.list(query);
  }

  @Post()
  @AllowOperator('tenant:manage')
  create(@Operator() operator: OperatorActor, @Body(valid(NewTenant)) body: NewTenant): Promise<TenantMade> {
    return this.setup.byOperator(operator, body);
  }

  @Get(':id')
  @AllowOperator('tenant:read')
  one(@Param('id') id: string): Promise<TenantLine> {
    return this.usage.one(id);
  }

  @Post(':id/suspend')
  @HttpCode(204)
  @AllowOperator('tenant:manage')
  async suspend(
    @Operator() operator: OperatorActor,
    @Param('id') id: string,
    @Body(valid(Suspend)) { reason }: { reason: string },
  ): Promise<void> {
    await this.tenants.suspend(operator, id, reason);
    await this.closeEnded();
  }

  @Post(':id/resume')
  @HttpCode(204)
  @AllowOperator('tenant:manage')
  resume(@Operator() operator: OperatorActor, @Param('id') id: string): Promise<void> {
    return this.tenants.resume(operator, id);
  }

  @Delete(':id/addresses')
  @HttpCode(204)
  @AllowOperator('tenant:manage')
  clearAddresses(@Operator() operator: OperatorActor, @Param('id') id: string): Promise<void> {
    return this.networks.clear(operator, id);
  }

  @Post(':id/agents')
  @AllowOperator('tenant:manage')
  invite(
    @Operator() operator: OperatorActor,
    @Param('id') id: string,
    @Body(valid(OperatorInvite)) body: OperatorInvite,
  ): Promise<Invited> {
    return this.invitations.inviteFor(operator, id, body);
  }
}
