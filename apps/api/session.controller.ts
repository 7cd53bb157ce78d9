import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Patch, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import {
  AcceptInvitation,
  type Invitation,
  InvitationToken,
  ProfileChange,
  type Session,
  Setup,
  type SignedInSession,
  SignIn,
} from '#contract';
import {
  type Actor,
  AgentService,
  describeSession,
  InvitationService,
  type SessionId,
  SessionService,
  SetupService,
  type SignedIn,
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
    private readonly agents: AgentService,
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
    return this.welcome(await this.sessions.signIn(body, source), reply);
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

  @Patch('profile')
  @Allow('session:own')
  change(@Who() actor: Actor, @Body(valid(ProfileChange)) body: ProfileChange): Promise<Session> {
    return this.agents.changeOwnProfile(actor, body);
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
    setSessionCookie(reply, token, this.config.publicUrl.startsWith('https:'));
    return describeSession(actor);
  }
}
