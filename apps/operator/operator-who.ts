import { createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { ConsoleOrigin, OperatorActor, OperatorPermission } from '#accounts';

export interface OperatorRequest extends FastifyRequest {
  operator?: OperatorActor;
  /** At which address of ours it arrived, and from where. */
  consoleAt: ConsoleOrigin;
}

export const OPERATOR_PERMISSION = 'operator permission';

/** Which operators may use a route: those whose role has this permission. */
export const AllowOperator = (permission: OperatorPermission) => SetMetadata(OPERATOR_PERMISSION, permission);

/** The operator who asks. */
export const Operator = createParamDecorator((_: unknown, context: ExecutionContext) => requestOf(context).operator);

/** Where the console is, and from where it is asked. */
export const ConsoleAt = createParamDecorator((_: unknown, context: ExecutionContext) => requestOf(context).consoleAt);

export function requestOf(context: ExecutionContext): OperatorRequest {
  return context.switchToHttp().getRequest<OperatorRequest>();
}
