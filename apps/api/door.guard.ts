import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import { type Actor, may, type Permission, SESSION_STRATEGY } from '#accounts';
import { clientAddress, CONFIG, type Config, OPEN_TO, Refusal } from '#platform';
import { type DoorRequest, PERMISSION, requestOf } from './who.js';
import { SESSION_COOKIE } from './session-cookie.js';

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Passport finds out who asks; nobody is not an error of its own but our refusal. */
@Injectable()
export class SessionGuard extends AuthGuard(SESSION_STRATEGY) {
  override handleRequest<Found>(error: unknown, found: Found | false): Found {
    if (error instanceof Error) throw error;
    if (!found) throw new Refusal('unauthenticated', 'not_signed_in', 'Sign in first.');
    return found;
  }
}

/** Before every route of every door: not from another site's page, and either open to whoever knocks or allowed to this agent's role. */
@Injectable()
export class DoorGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly session: SessionGuard,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = requestOf(context);
    const places = [context.getHandler(), context.getClass()];
    request.source = this.sourceOf(request);
    if (this.reflector.getAllAndOverride<string>(OPEN_TO, places)) return this.isOwnPage(request);
    const permission = this.reflector.getAllAndOverride<Permission | undefined>(PERMISSION, places);
    if (!permission) throw new Refusal('forbidden', 'forbidden', 'This route is open to nobody.');
    this.isOwnPage(request);
    request.sessionToken = request.cookies[SESSION_COOKIE];
    await this.session.canActivate(context);
    demand(request.user, permission);
    return true;
  }

  /** A page of another site can make the browser send our cookie, but not without saying where it is from. */
  private isOwnPage(request: DoorRequest): true {
    if (SAFE_METHODS.has(request.method)) return true;
    const { origin } = request.headers;
    const isForeign = request.headers['sec-fetch-site'] === 'cross-site' || (origin !== undefined && !this.isOwnOrigin(origin, request));
    if (isForeign) throw new Refusal('forbidden', 'foreign_origin', 'This request comes from another site.');
    return true;
  }

  private isOwnOrigin(origin: string, request: DoorRequest): boolean {
    const host = request.headers.host ?? '';
    return origin === new URL(this.config.publicUrl).origin || origin === `http://${host}` || origin === `https://${host}`;
  }

  private sourceOf(request: DoorRequest): DoorRequest['source'] {
    const forwarded = request.headers['x-forwarded-for'];
    const peer = request.socket.remoteAddress ?? '';
    const address = clientAddress(peer, Array.isArray(forwarded) ? forwarded.join(',') : forwarded, this.config.trustedProxies);
    return { address, device: request.headers['user-agent'] ?? '' };
  }
}

function demand(actor: Actor | undefined, permission: Permission): void {
  if (actor && may(actor.role, permission)) return;
  throw new Refusal(
    'forbidden',
    'forbidden',
    'Your role does not allow this. An owner or admin of your team can do it, or change your role.',
  );
}
