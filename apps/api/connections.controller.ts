import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import {
  ChoosePages,
  ConnectMailbox,
  type ConnectedMailbox,
  type Connection,
  ConnectPage,
  type Doctor,
  type DoctorLine,
  type MoveCode,
  type PageLogin,
  PageSettingsChange,
} from '#contract';
import { type Actor, auditedAs } from '#accounts';
import { ConnectionService, DoctorService, MailboxService, PageLoginService, PageService } from '#channels';
import { valid } from '#platform';
import { connectionId, leadTo, one, SETTINGS_PAGE } from './connection-parameters.js';
import { Allow, Fresh, InPerson, Who } from './who.js';

@Controller('api/connections')
export class ConnectionsController {
  constructor(
    private readonly connections: ConnectionService,
    private readonly pages: PageService,
    private readonly logins: PageLoginService,
    private readonly mailboxes: MailboxService,
    private readonly doctors: DoctorService,
  ) {}

  @Get()
  @Allow('connection:read')
  async list(@Who() actor: Actor): Promise<{ items: Connection[]; nextCursor: null }> {
    return { items: await this.connections.list(actor), nextCursor: null };
  }

  @Post('messenger')
  @Allow('connection:manage')
  @Fresh()
  connectPage(@Who() actor: Actor, @Body(valid(ConnectPage)) body: ConnectPage): Promise<Connection> {
    return this.pages.connect(actor.tenantId, body, auditedAs(actor));
  }

  @Get('messenger/login')
  @Allow('connection:manage')
  @InPerson()
  async beginLogin(@Who() actor: Actor, @Res() reply: FastifyReply): Promise<void> {
    await leadTo(reply, () => this.logins.begin(actor));
  }

  @Get('messenger/callback')
  @Allow('connection:manage')
  @InPerson()
  async finishLogin(@Who() actor: Actor, @Query() query: Record<string, unknown>, @Res() reply: FastifyReply): Promise<void> {
    const back = { state: one(query['state']), code: one(query['code']), error: one(query['error']) };
    await leadTo(reply, async () => `${SETTINGS_PAGE}?login=${await this.logins.finish(actor, back)}`);
  }

  @Get('messenger/logins/:loginId')
  @Allow('connection:manage')
  @InPerson()
  lookAtLogin(@Who() actor: Actor, @Param('loginId') id: string): Promise<PageLogin> {
    return this.logins.look(actor, id);
  }

  @Post('messenger/logins/:loginId/pages')
  @Allow('connection:manage')
  @Fresh()
  async choosePages(
    @Who() actor: Actor,
    @Param('loginId') id: string,
    @Body(valid(ChoosePages)) body: ChoosePages,
  ): Promise<{ items: Connection[]; nextCursor: null }> {
    return { items: await this.logins.choose(actor, id, body), nextCursor: null };
  }

  @Post('email')
  @Allow('connection:manage')
  @Fresh()
  connectMailbox(@Who() actor: Actor, @Body(valid(ConnectMailbox)) body: ConnectMailbox): Promise<ConnectedMailbox> {
    return this.mailboxes.connect(actor.tenantId, body, actor);
  }

  @Patch(':id')
  @Allow('connection:manage')
  change(@Who() actor: Actor, @Param('id') id: string, @Body(valid(PageSettingsChange)) body: PageSettingsChange): Promise<Connection> {
    return this.pages.change(actor.tenantId, connectionId(id), body, auditedAs(actor));
  }

  @Post(':id/subscribe')
  @HttpCode(200)
  @Allow('connection:manage')
  subscribe(@Who() actor: Actor, @Param('id') id: string): Promise<Connection> {
    return this.pages.subscribe(actor.tenantId, connectionId(id));
  }

  @Post(':id/move-code')
  @Allow('connection:manage')
  @Fresh()
  allowMove(@Who() actor: Actor, @Param('id') id: string): Promise<MoveCode> {
    return this.pages.allowMove(actor.tenantId, connectionId(id), auditedAs(actor));
  }

  @Delete(':id/move-code')
  @HttpCode(204)
  @Allow('connection:manage')
  forbidMove(@Who() actor: Actor, @Param('id') id: string): Promise<void> {
    return this.pages.forbidMove(actor.tenantId, connectionId(id), auditedAs(actor));
  }

  @Get(':id/doctor')
  @Allow('connection:read')
  doctor(@Who() actor: Actor, @Param('id') id: string): Promise<Doctor> {
    return this.doctors.look(actor, connectionId(id));
  }

  @Post(':id/self-test')
  @HttpCode(200)
  @Allow('connection:manage')
  selfTest(@Who() actor: Actor, @Param('id') id: string): Promise<DoctorLine> {
    return this.doctors.selfTest(actor.tenantId, connectionId(id));
  }

  @Delete(':id')
  @HttpCode(204)
  @Allow('connection:manage')
  @Fresh()
  disconnect(@Who() actor: Actor, @Param('id') id: string): Promise<void> {
    return this.pages.disconnect(actor.tenantId, connectionId(id), auditedAs(actor));
  }
}
