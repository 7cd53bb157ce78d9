import { Body, Controller, Get, Patch, Put } from '@nestjs/common';
import { type AddressList, AddressListChange, type SecondFactorOf, type Security, SecurityChange, SessionRules } from '#contract';
import { type Actor, IpListService, SecuritySettings, SessionRulesService } from '#accounts';
import { type Source, valid } from '#platform';
import { FeedGateway } from '#realtime';
import { Allow, Fresh, From, Who } from './who.js';

/** What a tenant asks of whoever comes in: by which factors, from where, for how long. */
@Controller('api/security')
export class SecurityController {
  constructor(
    private readonly settings: SecuritySettings,
    private readonly addresses: IpListService,
    private readonly rules: SessionRulesService,
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

  @Get('second-factors')
  @Allow('security:read')
  async secondFactors(@Who() actor: Actor): Promise<{ items: SecondFactorOf[]; nextCursor: null }> {
    return { items: await this.settings.people(actor), nextCursor: null };
  }

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
