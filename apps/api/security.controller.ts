import { Body, Controller, Get, Patch } from '@nestjs/common';
import { type Security, SecurityChange } from '#contract';
import { type Actor, SecuritySettings } from '#accounts';
import { valid } from '#platform';
import { FeedGateway } from '#realtime';
import { Allow, Fresh, Who } from './who.js';

/** What a tenant asks of whoever comes in. */
@Controller('api/security')
export class SecurityController {
  constructor(
    private readonly settings: SecuritySettings,
    private readonly sockets: FeedGateway,
  ) {}

  @Get()
  @Allow('security:read')
  get(@Who() actor: Actor): Promise<Security> {
    return this.settings.get(actor);
  }

  @Patch()
  @Allow('security:manage')
  @Fresh()
  async change(@Who() actor: Actor, @Body(valid(SecurityChange)) body: SecurityChange): Promise<Security> {
    const changed = await this.settings.change(actor, body);
    await this.sockets.closeEnded();
    return changed;
  }
}
