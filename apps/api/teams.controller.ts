import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post } from '@nestjs/common';
import { NewTeam, type Team, TeamChange } from '#contract';
import { type Actor, TeamService } from '#accounts';
import { valid } from '#platform';
import { FeedGateway } from '#realtime';
import { Allow, Who } from './who.js';

@Controller('api/teams')
export class TeamsController {
  constructor(
    private readonly teams: TeamService,
    private readonly sockets: FeedGateway,
  ) {}

  @Get()
  @Allow('agent:read')
  async list(@Who() actor: Actor): Promise<{ items: Team[]; nextCursor: null }> {
    return { items: await this.teams.list(actor), nextCursor: null };
  }

  @Post()
  @Allow('team:manage')
  async create(@Who() actor: Actor, @Body(valid(NewTeam)) body: NewTeam): Promise<Team> {
    const team = await this.teams.create(actor, body);
    await this.sockets.closeEnded();
    return team;
  }

  @Patch(':id')
  @Allow('team:manage')
  async change(@Who() actor: Actor, @Param('id') id: string, @Body(valid(TeamChange)) body: TeamChange): Promise<Team> {
    const team = await this.teams.change(actor, id, body);
    await this.sockets.closeEnded();
    return team;
  }

  @Delete(':id')
  @HttpCode(204)
  @Allow('team:manage')
  async remove(@Who() actor: Actor, @Param('id') id: string): Promise<void> {
    await this.teams.remove(actor, id);
    await this.sockets.closeEnded();
  }
}
