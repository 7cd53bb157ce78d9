import { Body, Controller, Get, Put } from '@nestjs/common';
import { type AddressList, AddressListChange, SessionRules } from '#contract';
import { type Actor, IpListService, SessionRulesService } from '#accounts';
import { type Source, valid } from '#platform';
import { FeedGateway } from '#realtime';
import { Allow, Fresh, From, Who } from './who.js';

/** From where one may come in, and for how long. */
@Controller('api/security')
export class SecurityController {
  constructor(
    private readonly addresses: IpListService,
    private readonly rules: SessionRulesService,
    private readonly sockets: FeedGateway,
  ) {}

  @Get('addresses')
  @Allow('security:read')
  listed(@Who() actor: Actor, @From() source: Source): Promise<AddressList> {
    return this.addresses.list(actor, source);
  }

  @Put('addresses')
  @Allow('security:manage')
  @Fresh()
  async changeList(
    @Who() actor: Actor,
    @Body(valid(AddressListChange)) body: AddressListChange,
    @From() source: Source,
  ): Promise<AddressList> {
    const changed = await this.addresses.change(actor, body, source);
    await this.sockets.closeEnded();
    return changed;
  }

  @Get('sessions/rules')
  @Allow('security:read')
  sessionRules(@Who() actor: Actor): Promise<SessionRules> {
    return this.rules.read(actor);
  }

  @Put('sessions/rules')
  @Allow('security:manage')
  @Fresh()
  async changeSessionRules(@Who() actor: Actor, @Body(valid(SessionRules)) body: SessionRules): Promise<SessionRules> {
    const changed = await this.rules.change(actor, body);
    await this.sockets.closeEnded();
    return changed;
  }
}
