import { createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Actor, Permission, SessionState } from '#accounts';
import type { Source } from '#platform';

export interface DoorRequest extends FastifyRequest {
  sessionToken?: string;
  source: Source;
  /** What the route asks for. */
  permission?: Permission;
  user?: Actor;
}

export const PERMISSION = 'permission';

/** Who may use a route: those whose role has this permission. */
export const Allow = (permission: Permission) => SetMetadata(PERMISSION, permission);

export const FRESH = 'fresh';

/** A sensitive act: a factor must have been proved in this session within the last minutes. */
export const Fresh = () => SetMetadata(FRESH, true);

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
