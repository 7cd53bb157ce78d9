import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ConnectMailbox, type ConnectedMailbox, type Connection, ConnectPage } from '#contract';
import type { Actor } from '#accounts';
import { type ConnectionId, ConnectionService, MailboxService, PageService } from '#channels';
import { isUuid, notFound, valid } from '#platform';
import { Allow, Who } from './who.js';

@Controller('api/connections')
export class ConnectionsController {
  constructor(
    private readonly connections: ConnectionService,
    private readonly pages: PageService,
    private readonly mailboxes: MailboxService,
  ) {}

  @Get()
  @Allow('connection:read')
  async list(@Who() actor: Actor): Promise<{ items: Connection[]; nextCursor: null }> {
    return { items: await this.connections.list(actor.tenantId), nextCursor: null };
  }

  @Post('messenger')
  @Allow('connection:manage')
  connectPage(@Who() actor: Actor, @Body(valid(ConnectPage)) body: ConnectPage): Promise<Connection> {
    return this.pages.connect(actor.tenantId, body);
  }

  @Post('email')
  @Allow('connection:manage')
  connectMailbox(@Who() actor: Actor, @Body(valid(ConnectMailbox)) body: ConnectMailbox): Promise<ConnectedMailbox> {
    return this.mailboxes.connect(actor.tenantId, body);
  }

  @Delete(':id')
  @HttpCode(204)
  @Allow('connection:manage')
  disconnect(@Who() actor: Actor, @Param('id') id: ConnectionId): Promise<void> {
    if (!isUuid(id)) throw notFound();
    return this.pages.disconnect(actor.tenantId, id);
  }
}
