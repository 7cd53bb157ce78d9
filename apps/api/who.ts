import { createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Actor, Permission, Source } from '#accounts';

export interface DoorRequest extends FastifyRequest {
  sessionToken?: string;
  source: Source;
  user?: Actor;
}

export const PERMISSION = 'permission';

/** Who may use a route: those whose role has this permission. */
export const Allow = (permission: Permission) => SetMetadata(PERMISSION, permission);

/** The agent who asks. */
export const Who = createParamDecorator((_: unknown, context: ExecutionContext) => requestOf(context).user);

/** Where the request comes from. */
export const From = createParamDecorator((_: unknown, context: ExecutionContext) => requestOf(context).source);

export function requestOf(context: ExecutionContext): DoorRequest {
  return context.switchToHttp().getRequest<DoorRequest>();
}
