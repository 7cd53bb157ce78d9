import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post } from '@nestjs/common';
import { NewRole, type Role, RoleChange, type Roles } from '#contract';
import { type Actor, RoleService } from '#accounts';
import { valid } from '#platform';
import { FeedGateway } from '#realtime';
import { Allow, Who } from './who.js';

@Controller('api/roles')
export class RolesController {
  constructor(
    private readonly roles: RoleService,
    private readonly sockets: FeedGateway,
  ) {}

  @Get()
  @Allow('agent:read')
  list(@Who() actor: Actor): Promise<Roles> {
    return this.roles.list(actor);
  }

  @Post()
  @Allow('role:manage')
  create(@Who() actor: Actor, @Body(valid(NewRole)) body: NewRole): Promise<Role> {
    return this.roles.create(actor, body);
  }

  @Patch(':id')
  @Allow('role:manage')
  async change(@Who() actor: Actor, @Param('id') id: string, @Body(valid(RoleChange)) body: RoleChange): Promise<Role> {
    const changed = await this.roles.change(actor, id, body);
    await this.sockets.closeEnded();
    return changed;
  }

  @Delete(':id')
  @HttpCode(204)
  @Allow('role:manage')
  remove(@Who() actor: Actor, @Param('id') id: string): Promise<void> {
    return this.roles.remove(actor, id);
  }
}
