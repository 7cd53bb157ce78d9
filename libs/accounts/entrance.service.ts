import { Injectable } from '@nestjs/common';
import { Audit } from '#audit';
import type { Source } from '#platform';
import type { Actor } from './actor.js';
import type { AddressRefusal } from './address-list.js';
import { ApiKeyService } from './api-key.service.js';
import { may } from './permissions.js';
import { SessionService } from './session.service.js';

/** What a request brings to show who asks. A key decides, whatever comes beside it. */
export interface Credential {
  sessionToken?: string;
  key?: string;
}

/** What was refused: never with anything that was sent. */
export interface Asked {
  method: string;
  route: string;
  code: string;
}

const BEARER = /^Bearer +(.{1,200})$/i;

/** The key in an `Authorization` header; undefined when the header is not about keys. Another scheme is somebody else's: a proxy's, perhaps. */
export function keyIn(authorization: string | undefined): string | undefined {
  return BEARER.exec(authorization ?? '')?.[1];
}

/** The one gate for whoever comes back with a proof of who they are: a session's token, or a key. */
@Injectable()
export class EntranceService {
  constructor(
    private readonly sessions: SessionService,
    private readonly keys: ApiKeyService,
    private readonly audit: Audit,
  ) {}

  /**
   * Who brings this; null when it opens nothing.
   *
   * Errors   forbidden `address_not_allowed`; too_many `too_many_requests`
   */
  async actorOf({ sessionToken, key }: Credential, source: Source): Promise<Actor | null> {
    if (key !== undefined) return this.keys.actorOf(key, source);
    return sessionToken === undefined ? null : this.sessions.actorOf(sessionToken, source);
  }

  /** Whether somebody may hear what changes, for as long as a socket stays open: every agent, and a program that may read conversations. */
  mayListen(actor: Actor): boolean {
    return actor.state === 'live' && (actor.keyId === undefined || may(actor, 'conversation:read'));
  }

  /** Whether somebody who could listen still can. */
  async isLive(actor: Actor, source: Source): Promise<boolean> {
    if (actor.keyId !== undefined) return this.keys.isLive(actor, source, 'conversation:read');
    return this.sessions.isLive(actor, source);
  }

  /** Write down that somebody who proved who he is came from a network that is not let in; a few times, however often he tries. */
  async noteAddress({ tenantId, by }: AddressRefusal, { address }: Source, asked: Asked): Promise<void> {
    const entry = { act: 'address_refused', by, facts: { ...asked }, personal: { ip: address } } as const;
    await this.audit.recordAFew(tenantId, `address ${JSON.stringify(by)}`, entry);
  }

  /** Write down that a page of somebody else's asked in somebody's name; a few times for each thing that is asked. */
  async noteForeignOrigin(source: Source | undefined, asked: Asked): Promise<void> {
    const entry = {
      act: 'foreign_origin_refused',
      by: { kind: 'nobody' },
      facts: { ...asked },
      personal: { ip: source?.address ?? '' },
    } as const;
    await this.audit.recordAFew('installation', `foreign_origin_refused ${asked.route}`, entry);
  }
}
