import { createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Actor, Credential, Permission, SessionState } from '#accounts';
import type { Source } from '#platform';

export interface DoorRequest extends FastifyRequest {
  credential: Credential;
  source: Source;
  /** What the route asks for. */
  permission?: Permission;
  user?: Actor;
}

export const PERMISSION = 'permission';

/** Who may use a route: those whose role has this permission. */
export const Allow = (permission: Permission) => SetMetadata(PERMISSION, permission);

export const FRESH = 'fresh';

/**
 * A sensitive act: something must have been proved in this session within the last minutes. `everything`: the password and a second factor,
 * whatever of them there is; signing in does not count for that.
 */
export type Freshness = 'a factor' | 'everything';
export const Fresh = (what: Freshness = 'a factor') => SetMetadata(FRESH, what);

export const IN_PERSON = 'in person';

/** For a person before a browser: no key opens it, whatever it was made for. */
export const InPerson = () => SetMetadata(IN_PERSON, true);

export const EVEN_WHEN = 'even when';

/** What can be done although the session is not good for everything: what leads out of that state. */
export const EvenWhen = (...states: Exclude<SessionState, 'live'>[]) => SetMetadata(EVEN_WHEN, states);

/** The agent who asks. */
export const Who = createParamDecorator((_: unknown, context: ExecutionContext) => requestOf(context).user);

/** Where the request comes from. */
export const From = createParamDecorator((_: unknown, context: ExecutionContext) => requestOf(context).source);

export function requestOf(context: ExecutionContext): DoorRequest {
  return context.switchToHttp().getRequest<DoorRequest>();
}
