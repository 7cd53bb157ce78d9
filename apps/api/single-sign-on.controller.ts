import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Patch, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import {
  BeginSingleSignOn,
  type IdentityProvider,
  IdentityProviderChange,
  type IdentityProviderTest,
  NewIdentityProvider,
  type OwnIdentity,
  ProviderAnswer,
  type ProviderPage,
  SecondStep,
  type Session,
  type SignInProvider,
  type SingleSignOn,
} from '#contract';
import { type Actor, type Departure, describeSession, IdentityLinks, IdentityProviderService, SingleSignOnService } from '#accounts';
import { CONFIG, type Config, isUuid, notFound, OpenTo, type Source, valid } from '#platform';
import type { z } from 'zod';
import { FeedGateway } from '#realtime';
import { clearSignOnCookie, SESSION_COOKIE, setSessionCookie, setSignOnCookie, SIGN_ON_COOKIE } from './session-cookie.js';
import { Allow, type DoorRequest, EvenWhen, Fresh, From, InPerson, Who } from './who.js';

/** The way in by a provider of the tenant's, and what the tenant and each agent decide about it. */
@Controller('api')
export class SingleSignOnController {
  constructor(
    private readonly ways: SingleSignOnService,
    private readonly providers: IdentityProviderService,
    private readonly links: IdentityLinks,
    private readonly sockets: FeedGateway,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Get('session/single-sign-on/:key')
  @OpenTo('whoever has a sign-in link')
  look(@Param('key') key: string, @From() source: Source): Promise<SignInProvider> {
    return this.ways.look(key, source);
  }

  @Post('session/single-sign-on/:key')
  @HttpCode(200)
  @OpenTo('whoever has a sign-in link')
  async begin(
    @Param('key') key: string,
    @Body(valid(BeginSingleSignOn)) body: BeginSingleSignOn,
    @From() source: Source,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ProviderPage> {
    return this.leave(await this.ways.begin(key, body.invitation, source), reply);
  }

  @Post('session/single-sign-on/:key/answer')
  @HttpCode(200)
  @OpenTo('whoever a provider sends back, in the browser that went there')
  async finish(
    @Param('key') key: string,
    @Body(valid(ProviderAnswer)) answer: ProviderAnswer,
    @Req() request: DoorRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SingleSignOn> {
    const back = { answer, browser: request.cookies[SIGN_ON_COOKIE], sessionToken: request.cookies[SESSION_COOKIE] };
    const { did, actor, token } = await this.ways.finish(key, back, request.source);
    setSessionCookie(reply, token, this.isHttps());
    clearSignOnCookie(reply);
    await this.sockets.closeEnded();
    return { did, session: describeSession(actor) };
  }

  @Post('session/single-sign-on/:key/second-step')
  @HttpCode(200)
  @OpenTo('whoever a provider knows, with a factor beside it')
  async secondStep(
    @Param('key') key: string,
    @Body(valid(SecondStep)) given: SecondStep,
    @Req() request: DoorRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Session> {
    const { actor, token } = await this.ways.secondStep(key, given, {
      browser: request.cookies[SIGN_ON_COOKIE],
      source: request.source,
    });
    setSessionCookie(reply, token, this.isHttps());
    clearSignOnCookie(reply);
    return describeSession(actor);
  }

  @Post('session/confirm/providers/:id')
  @HttpCode(200)
  @Allow('session:own')
  @InPerson()
  @EvenWhen('locked', 'must_enrol')
  async confirm(@Who() actor: Actor, @Param('id') id: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<ProviderPage> {
    return this.leave(await this.ways.beginConfirming(actor, known(id)), reply);
  }

  @Get('factors/identities')
  @Allow('session:own')
  async own(@Who() actor: Actor): Promise<{ items: OwnIdentity[]; nextCursor: null }> {
    return { items: await this.links.list(actor), nextCursor: null };
  }

  @Post('factors/identities/:id')
  @HttpCode(200)
  @Allow('session:own')
  @Fresh('everything')
  async connect(@Who() actor: Actor, @Param('id') id: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<ProviderPage> {
    return this.leave(await this.ways.beginConnecting(actor, known(id)), reply);
  }

  @Delete('factors/identities/:id')
  @HttpCode(204)
  @Allow('session:own')
  @Fresh('everything')
  disconnect(@Who() actor: Actor, @Param('id') id: string): Promise<void> {
    return this.links.disconnect(actor, id);
  }

  @Get('security/identity-providers')
  @Allow('security:read')
  async list(@Who() actor: Actor): Promise<{ items: IdentityProvider[]; nextCursor: null }> {
    return { items: await this.providers.list(actor), nextCursor: null };
  }

  @Post('security/identity-providers')
  @Allow('security:manage')
  @Fresh()
  create(@Who() actor: Actor, @Body(valid(NewIdentityProvider)) body: z.output<typeof NewIdentityProvider>): Promise<IdentityProvider> {
    return this.providers.create(actor, body);
  }

  @Patch('security/identity-providers/:id')
  @Allow('security:manage')
  @Fresh()
  change(
    @Who() actor: Actor,
    @Param('id') id: string,
    @Body(valid(IdentityProviderChange)) body: z.output<typeof IdentityProviderChange>,
  ): Promise<IdentityProvider> {
    return this.providers.change(actor, id, body);
  }

  @Delete('security/identity-providers/:id')
  @HttpCode(204)
  @Allow('security:manage')
  @Fresh()
  remove(@Who() actor: Actor, @Param('id') id: string): Promise<void> {
    return this.providers.remove(actor, id);
  }

  @Post('security/identity-providers/:id/test')
  @HttpCode(200)
  @Allow('security:manage')
  test(@Who() actor: Actor, @Param('id') id: string): Promise<IdentityProviderTest> {
    return this.providers.test(actor, id);
  }

  private isHttps(): boolean {
    return this.config.publicUrl.startsWith('https:');
  }

  private leave({ url, browser }: Departure, reply: FastifyReply): ProviderPage {
    setSignOnCookie(reply, browser, this.isHttps());
    return { url };
  }
}

function known(id: string): string {
  if (!isUuid(id)) throw notFound();
  return id;
}
