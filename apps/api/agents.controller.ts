import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post } from '@nestjs/common';
import { type Agent, AgentChange, Invite, type Invited, type SignedInSession } from '#contract';
import { type Actor, type AgentId, AgentService, AgentSessionsService, FactorService, InvitationService } from '#accounts';
import { isUuid, notFound, valid } from '#platform';
import { FeedGateway } from '#realtime';
import { Allow, Fresh, Who } from './who.js';

@Controller('api/agents')
export class AgentsController {
  constructor(
    private readonly agents: AgentService,
    private readonly invitations: InvitationService,
    private readonly sessions: AgentSessionsService,
    private readonly factors: FactorService,
    private readonly sockets: FeedGateway,
  ) {}

  @Get()
  @Allow('agent:read')
  async list(@Who() actor: Actor): Promise<{ items: Agent[]; nextCursor: null }> {
    return { items: await this.agents.list(actor), nextCursor: null };
  }

  @Post()
  @Allow('agent:manage')
  invite(@Who() actor: Actor, @Body(valid(Invite)) body: Invite): Promise<Invited> {
    return this.invitations.invite(actor, body);
  }

  @Patch(':id')
  @Allow('agent:manage')
  @Fresh()
  async change(@Who() actor: Actor, @Param('id') id: AgentId, @Body(valid(AgentChange)) body: AgentChange): Promise<Agent> {
    if (!isUuid(id)) throw notFound();
    const changed = await this.agents.change(actor, id, body);
    await this.sockets.closeEnded();
    return changed;
  }

  @Get(':id/sessions')
  @Allow('agent:manage')
  async signedIn(@Who() actor: Actor, @Param('id') id: AgentId): Promise<{ items: SignedInSession[]; nextCursor: null }> {
    if (!isUuid(id)) throw notFound();
    return { items: await this.sessions.list(actor, id), nextCursor: null };
  }

  @Delete(':id/sessions')
  @HttpCode(204)
  @Allow('agent:manage')
  async signOut(@Who() actor: Actor, @Param('id') id: AgentId): Promise<void> {
    if (!isUuid(id)) throw notFound();
    await this.sessions.end(actor, id);
    await this.sockets.closeEnded();
  }

  @Delete(':id/factors')
  @HttpCode(204)
  @Allow('agent:manage')
  @Fresh()
  async takeFactorsAway(@Who() actor: Actor, @Param('id') id: AgentId): Promise<void> {
    if (!isUuid(id)) throw notFound();
    await this.factors.takeAway(actor, id);
    await this.sockets.closeEnded();
  }
}
