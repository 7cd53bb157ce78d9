import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-custom';
import type { Source } from '#platform';
import type { Actor } from './actor.js';
import { EntranceService, type Credential } from './entrance.service.js';

export const SESSION_STRATEGY = 'session';

/** Passport's way to the actor: whoever calls has put what it brings on the request. Rooms do not know cookies. */
@Injectable()
export class SessionStrategy extends PassportStrategy(Strategy, SESSION_STRATEGY) {
  constructor(private readonly entrance: EntranceService) {
    super();
  }

  async validate({ credential, source }: { credential: Credential; source: Source }): Promise<Actor | false> {
    return (await this.entrance.actorOf(credential, source)) ?? false;
  }
}
