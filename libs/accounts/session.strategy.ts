import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-custom';
import type { Source } from '#platform';
import type { Actor } from './actor.js';
import { SessionService } from './session.service.js';

export const SESSION_STRATEGY = 'session';

/** Passport's way to the actor: whoever calls has put the session's token on the request. Rooms do not know cookies. */
@Injectable()
export class SessionStrategy extends PassportStrategy(Strategy, SESSION_STRATEGY) {
  constructor(private readonly sessions: SessionService) {
    super();
  }

  async validate({ sessionToken, source }: { sessionToken?: string; source: Source }): Promise<Actor | false> {
    return (sessionToken !== undefined && (await this.sessions.actorOf(sessionToken, source))) || false;
  }
}
