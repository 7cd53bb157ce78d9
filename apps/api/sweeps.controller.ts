import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { NewSweep, type Sweep } from '#contract';
import type { Actor } from '#accounts';
import type { ConnectionId } from '#channels';
import { isUuid, notFound, valid } from '#platform';
import { SweepService } from '#ticketing';
import { Allow, Who } from './who.js';

/** Looking through a page's archive for what never reached us. */
@Controller('api/connections/:id/sweeps')
export class SweepsController {
  constructor(private readonly sweeps: SweepService) {}

  @Post()
  @HttpCode(202)
  @Allow('connection:manage')
  ask(@Who() actor: Actor, @Param('id') id: ConnectionId, @Body(valid(NewSweep)) body: NewSweep): Promise<Sweep> {
    if (!isUuid(id)) throw notFound();
    return this.sweeps.ask(actor, id, body);
  }

  @Get()
  @Allow('connection:read')
  async list(@Who() actor: Actor, @Param('id') id: ConnectionId): Promise<{ items: Sweep[]; nextCursor: null }> {
    if (!isUuid(id)) throw notFound();
    return { items: await this.sweeps.list(actor, id), nextCursor: null };
  }
}
