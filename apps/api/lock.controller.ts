import { Body, Controller, HttpCode, Inject, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Confirm, type Session } from '#contract';
import { type Actor, describeSession, SessionLockService } from '#accounts';
import { CONFIG, type Config, type Source, valid } from '#platform';
import { FeedGateway } from '#realtime';
import { setSessionCookie } from './session-cookie.js';
import { Allow, EvenWhen, From, Who } from './who.js';

/** Leaving a session alone, and coming back to it. */
@Controller('api/session')
export class LockController {
  constructor(
    private readonly locks: SessionLockService,
    private readonly sockets: FeedGateway,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Post('activity')
  @HttpCode(204)
  @Allow('session:own')
  active(@Who() actor: Actor): Promise<void> {
    return this.locks.active(actor);
  }

  @Post('lock')
  @HttpCode(204)
  @Allow('session:own')
  async lock(@Who() actor: Actor): Promise<void> {
    await this.locks.lock(actor);
    await this.sockets.closeEnded();
  }

  @Post('unlock')
  @HttpCode(200)
  @Allow('session:own')
  @EvenWhen('locked')
  async unlock(
    @Who() actor: Actor,
    @Body(valid(Confirm)) body: Confirm,
    @From() source: Source,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Session> {
    const unlocked = await this.locks.unlock(actor, body, source);
    setSessionCookie(reply, unlocked.token, this.config.publicUrl.startsWith('https:'));
    return describeSession(unlocked.actor);
  }
}
