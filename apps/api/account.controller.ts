import { Body, Controller, HttpCode, Inject, Patch, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import {
  AddressChange,
  type AddressConfirmed,
  AskPasswordReset,
  DeleteAccount,
  MailedToken,
  PasswordChange,
  type PasswordReset,
  ProfileChange,
  type Session,
  UsePasswordReset,
} from '#contract';
import { type Actor, AddressChangeService, AgentService, LeaveService, PasswordChangeService, PasswordResetService } from '#accounts';
import { CONFIG, type Config, OpenTo, type Source, valid } from '#platform';
import { FeedGateway } from '#realtime';
import { clearSessionCookie, setSessionCookie } from './session-cookie.js';
import { Allow, Fresh, From, Who } from './who.js';

/** An agent's own account. */
@Controller('api')
export class AccountController {
  constructor(
    private readonly agents: AgentService,
    private readonly passwords: PasswordChangeService,
    private readonly resets: PasswordResetService,
    private readonly addresses: AddressChangeService,
    private readonly leaving: LeaveService,
    private readonly sockets: FeedGateway,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Patch('profile')
  @Allow('session:own')
  change(@Who() actor: Actor, @Body(valid(ProfileChange)) body: ProfileChange): Promise<Session> {
    return this.agents.changeOwnProfile(actor, body);
  }

  @Post('profile/delete')
  @HttpCode(204)
  @Allow('session:own')
  @Fresh('everything')
  async leave(
    @Who() actor: Actor,
    @Body(valid(DeleteAccount)) { email }: DeleteAccount,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    await this.leaving.leave(actor, email);
    await this.sockets.closeEnded();
    clearSessionCookie(reply);
  }

  @Post('profile/password')
  @HttpCode(204)
  @Allow('session:own')
  async changePassword(
    @Who() actor: Actor,
    @Body(valid(PasswordChange)) body: PasswordChange,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    setSessionCookie(reply, await this.passwords.change(actor, body), this.config.publicUrl.startsWith('https:'));
    await this.sockets.closeEnded();
  }

  @Post('profile/address')
  @HttpCode(202)
  @Allow('session:own')
  @Fresh('everything')
  askAddress(@Who() actor: Actor, @Body(valid(AddressChange)) { email }: AddressChange, @From() source: Source): Promise<void> {
    return this.addresses.ask(actor, email, source);
  }

  @Post('address-changes/confirm')
  @HttpCode(200)
  @OpenTo('whoever holds a link that was mailed to an address')
  async confirmAddress(@Body(valid(MailedToken)) { token }: { token: string }, @From() source: Source): Promise<AddressConfirmed> {
    return { isChanged: await this.addresses.confirm(token, source) };
  }

  @Post('password-resets')
  @HttpCode(202)
  @OpenTo('anybody, with one answer for every address')
  askReset(@Body(valid(AskPasswordReset)) { email }: AskPasswordReset, @From() source: Source): Promise<void> {
    return this.resets.ask(email, source);
  }

  @Post('password-resets/look')
  @HttpCode(200)
  @OpenTo('whoever holds a link for a new password')
  lookAtReset(@Body(valid(MailedToken)) { token }: { token: string }): Promise<PasswordReset> {
    return this.resets.look(token);
  }

  @Post('password-resets/use')
  @HttpCode(204)
  @OpenTo('whoever holds a link for a new password')
  async useReset(@Body(valid(UsePasswordReset)) body: UsePasswordReset, @From() source: Source): Promise<void> {
    await this.resets.use(body, source);
    await this.sockets.closeEnded();
  }
}
