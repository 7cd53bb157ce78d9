import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import {
  AcceptInvitation,
  Confirm,
  type Invitation,
  InvitationToken,
  PasskeyProof,
  type PasskeyRequest,
  type Session,
  Setup,
  type SignedInSession,
  SignIn,
} from '#contract';
import {
  type Actor,
  ConfirmService,
  describeSession,
  InvitationService,
  type SessionId,
  SessionService,
  SetupService,
  type SignedIn,
  SignInService,
} from '#accounts';
import { CONFIG, type Config, isUuid, notFound, OpenTo, type Source, valid } from '#platform';
import { FeedGateway } from '#realtime';
import { clearSessionCookie, setSessionCookie } from './session-cookie.js';
import { Allow, EvenWhen, From, Who } from './who.js';

/** Coming in, staying in and going out. */
@Controller('api')
export class SessionController {
  constructor(
    private readonly sessions: SessionService,
    private readonly setup: SetupService,
    private readonly invitations: InvitationService,
    private readonly doors: SignInService,
    private readonly confirmation: ConfirmService,
    private readonly sockets: FeedGateway,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Get('setup')
  @OpenTo('anybody: says only whether there is a tenant')
  async isSetupNeeded(): Promise<{ needed: boolean }> {
    return { needed: await this.setup.isNeeded() };
  }

  @Post('setup')
  @OpenTo('anybody, while there is no tenant')
  async begin(@Body(valid(Setup)) body: Setup, @From() source: Source, @Res({ passthrough: true }) reply: FastifyReply): Promise<Session> {
    return this.welcome(await this.setup.first(body, source), reply);
  }

  @Post('session')
  @HttpCode(200)
  @OpenTo('anybody with an address and a password')
  async signIn(
    @Body(valid(SignIn)) body: SignIn,
    @From() source: Source,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Session> {
    return this.welcome(await this.doors.byPassword(body, source), reply);
  }

  @Post('session/passkey/options')
  @HttpCode(200)
  @OpenTo('anybody: something to sign, which is good once')
  askPasskey(@From() source: Source): Promise<PasskeyRequest> {
    return this.doors.askPasskey(source);
  }

  @Post('session/passkey')
  @HttpCode(200)
  @OpenTo('anybody with a passkey')
  async signInByPasskey(
    @Body(valid(PasskeyProof)) body: PasskeyProof,
    @From() source: Source,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Session> {
    return this.welcome(await this.doors.byPasskey(body, source), reply);
  }

  @Post('session/confirm/options')
  @HttpCode(200)
  @Allow('session:own')
  @EvenWhen('locked', 'must_enrol')
  askConfirmation(@Who() actor: Actor, @From() source: Source): Promise<PasskeyRequest> {
    return this.confirmation.askPasskey(actor, source);
  }

  @Post('session/confirm')
  @HttpCode(204)
  @Allow('session:own')
  @EvenWhen('must_enrol')
  async confirm(
    @Who() actor: Actor,
    @Body(valid(Confirm)) body: Confirm,
    @From() source: Source,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    this.keep(await this.confirmation.confirm(actor, body, source), reply);
  }

  @Get('session')
  @Allow('session:own')
  @EvenWhen('locked', 'must_enrol')
  whoAmI(@Who() actor: Actor): Session {
    return describeSession(actor);
  }

  @Delete('session')
  @HttpCode(204)
  @Allow('session:own')
  @EvenWhen('locked', 'must_enrol')
  async signOut(@Who() actor: Actor, @Res({ passthrough: true }) reply: FastifyReply): Promise<void> {
    await this.sessions.end(actor, actor.sessionId);
    await this.sockets.closeEnded();
    clearSessionCookie(reply);
  }

  @Get('security/sessions')
  @Allow('session:own')
  async list(@Who() actor: Actor): Promise<{ items: SignedInSession[]; nextCursor: null }> {
    return { items: await this.sessions.list(actor), nextCursor: null };
  }

  @Delete('security/sessions')
  @HttpCode(204)
  @Allow('session:own')
  async endOthers(@Who() actor: Actor): Promise<void> {
    await this.sessions.endOthers(actor);
    await this.sockets.closeEnded();
  }

  @Delete('security/sessions/:id')
  @HttpCode(204)
  @Allow('session:own')
  async endOne(@Who() actor: Actor, @Param('id') id: SessionId): Promise<void> {
    if (!isUuid(id)) throw notFound();
    await this.sessions.end(actor, id);
    await this.sockets.closeEnded();
  }

  @Post('invitations/look')
  @HttpCode(200)
  @OpenTo('whoever holds an invitation')
  look(@Body(valid(InvitationToken)) body: { token: string }): Promise<Invitation> {
    return this.invitations.look(body.token);
  }

  @Post('invitations/accept')
  @HttpCode(200)
  @OpenTo('whoever holds an invitation')
  async accept(
    @Body(valid(AcceptInvitation)) body: AcceptInvitation,
    @From() source: Source,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Session> {
    return this.welcome(await this.invitations.accept(body, source), reply);
  }

  private welcome({ actor, token }: SignedIn, reply: FastifyReply): Session {
    this.keep(token, reply);
    return describeSession(actor);
  }

  private keep(token: string, reply: FastifyReply): void {
    setSessionCookie(reply, token, this.config.publicUrl.startsWith('https:'));
  }
}
