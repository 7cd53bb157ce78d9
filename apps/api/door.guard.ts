import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import {
  type Actor,
  isFresh,
  isWhollyFresh,
  KEY_PERMISSIONS,
  keyIn,
  may,
  type Permission,
  SESSION_STRATEGY,
  type SessionState,
} from '#accounts';
import { Clock, CONFIG, type Config, OPEN_TO, Refusal, requestSource } from '#platform';
import { type DoorRequest, EVEN_WHEN, FRESH, type Freshness, IN_PERSON, PERMISSION, requestOf } from './who.js';
import { SESSION_COOKIE } from './session-cookie.js';

/** Another name below the same domain is somebody else too: it could be a page that a customer made there. */
const FOREIGN_SITES: ReadonlySet<unknown> = new Set(['cross-site', 'same-site']);
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
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = requestOf(context);
    const places = [context.getHandler(), context.getClass()];
    request.source = requestSource(request, this.config.trustedProxies);
    if (this.reflector.getAllAndOverride<string>(OPEN_TO, places)) return this.isOwnPage(request);
    const permission = this.reflector.getAllAndOverride<Permission | undefined>(PERMISSION, places);
    if (!permission) throw new Refusal('forbidden', 'forbidden', 'This route is open to nobody.');
    request.permission = permission;
    const key = keyIn(request.headers.authorization);
    // A page of another site cannot send a key that it does not have; a cookie it can.
    if (key === undefined) this.isOwnPage(request);
    request.credential = key === undefined ? { sessionToken: request.cookies[SESSION_COOKIE] } : { key };
    await this.session.canActivate(context);
    const actor = request.user!;
    const freshness = this.reflector.getAllAndOverride<Freshness | undefined>(FRESH, places);
    const isForPeople = freshness !== undefined || this.reflector.getAllAndOverride<boolean | undefined>(IN_PERSON, places) === true;
    if (actor.keyId !== undefined) demandForKeys(permission, isForPeople);
    demandState(actor, this.reflector.getAllAndOverride<SessionState[] | undefined>(EVEN_WHEN, places) ?? []);
    demand(actor, permission);
    this.demandFresh(actor, freshness);
    return true;
  }

  /** A page of another site can make the browser send our cookie, but not without saying where it is from. */
  private isOwnPage(request: DoorRequest): true {
    if (SAFE_METHODS.has(request.method)) return true;
    const { origin } = request.headers;
    const isForeign = FOREIGN_SITES.has(request.headers['sec-fetch-site']) || (origin !== undefined && !this.isOwnOrigin(origin, request));
    if (isForeign) throw new Refusal('forbidden', 'foreign_origin', 'This request comes from another site.');
    return true;
  }

  private isOwnOrigin(origin: string, request: DoorRequest): boolean {
    const host = request.headers.host ?? '';
    return origin === new URL(this.config.publicUrl).origin || origin === `http://${host}` || origin === `https://${host}`;
  }

  private demandFresh(actor: Actor, what: Freshness | undefined): void {
    const now = this.clock.now();
    if (what === 'a factor' && !isFresh(actor, now)) {
      throw new Refusal('forbidden', 'fresh_factor_required', 'This is sensitive. Prove once more that it is you, then try again.');
    }
    if (what === 'everything' && !isWhollyFresh(actor, now)) {
      const message = 'This changes how you come in. Give your password and your second factor, whatever you have of them, then try again.';
      throw new Refusal('forbidden', 'full_proof_required', message);
    }
  }
}

function demandState({ state }: Actor, evenWhen: readonly SessionState[]): void {
  if (state === 'live' || evenWhen.includes(state)) return;
  if (state === 'locked') throw new Refusal('unauthenticated', 'session_locked', 'This session is locked. Unlock it first.');
  throw new Refusal('forbidden', 'must_enrol', 'Your team asks for a second factor. Set one up first.');
}

function demandForKeys(permission: Permission, isForPeople: boolean): void {
  if (KEY_PERMISSIONS.includes(permission) && !isForPeople) return;
  throw new Refusal('forbidden', 'not_for_keys', 'No key opens this. Sign in and do it yourself.');
}

function demand(actor: Actor, permission: Permission): void {
  if (may(actor, permission)) return;
  throw new Refusal(
    'forbidden',
    'forbidden',
    'Your role does not allow this. An owner or admin of your team can do it, or change your role.',
  );
}
