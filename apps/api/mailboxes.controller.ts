import { Body, Controller, Get, HttpCode, Param, Patch, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { type Actor, auditedAs } from '#accounts';
import { MailboxGuess, MailboxService, MailLoginService, MailTest } from '#channels';
import {
  type Connection,
  type GuessedMailbox,
  GuessMailbox,
  LookAtFolders,
  MailboxSettingsChange,
  type MailFolders,
  type MailLogin,
  MailLoginProvider,
} from '#contract';
import { notFound, valid } from '#platform';
import { connectionId, leadTo, one, SETTINGS_PAGE } from './connection-parameters.js';
import { Allow, InPerson, Who } from './who.js';

@Controller('api/connections')
export class MailboxesController {
  constructor(
    private readonly mailboxes: MailboxService,
    private readonly guesses: MailboxGuess,
    private readonly logins: MailLoginService,
    private readonly tests: MailTest,
  ) {}

  @Post('email/guess')
  @HttpCode(200)
  @Allow('connection:manage')
  guess(@Body(valid(GuessMailbox)) body: GuessMailbox): Promise<GuessedMailbox> {
    return this.guesses.guess(body);
  }

  @Post('email/folders')
  @HttpCode(200)
  @Allow('connection:manage')
  folders(@Who() actor: Actor, @Body(valid(LookAtFolders)) body: LookAtFolders): Promise<MailFolders> {
    return this.mailboxes.folders(body, actor);
  }

  @Get('email/login/:provider')
  @Allow('connection:manage')
  @InPerson()
  async beginLogin(@Who() actor: Actor, @Param('provider') provider: string, @Res() reply: FastifyReply): Promise<void> {
    const known = MailLoginProvider.safeParse(provider).data;
    if (known === undefined) throw notFound();
    await leadTo(reply, () => this.logins.begin(actor, known));
  }

  @Get('email/callback')
  @Allow('connection:manage')
  @InPerson()
  async finishLogin(@Who() actor: Actor, @Query() query: Record<string, unknown>, @Res() reply: FastifyReply): Promise<void> {
    const back = { state: one(query['state']), code: one(query['code']), error: one(query['error']) };
    await leadTo(reply, async () => `${SETTINGS_PAGE}?mail_login=${await this.logins.finish(actor, back)}`);
  }

  @Get('email/logins/:loginId')
  @Allow('connection:manage')
  @InPerson()
  lookAtLogin(@Who() actor: Actor, @Param('loginId') id: string): Promise<MailLogin> {
    return this.logins.look(actor, id);
  }

  @Patch(':id/mailbox')
  @Allow('connection:manage')
  change(
    @Who() actor: Actor,
    @Param('id') id: string,
    @Body(valid(MailboxSettingsChange)) body: MailboxSettingsChange,
  ): Promise<Connection> {
    return this.mailboxes.change(actor.tenantId, connectionId(id), body, auditedAs(actor));
  }

  @Post(':id/test-mail')
  @HttpCode(202)
  @Allow('connection:manage')
  async test(@Who() actor: Actor, @Param('id') id: string): Promise<void> {
    await this.tests.send(actor.tenantId, connectionId(id));
  }
}
