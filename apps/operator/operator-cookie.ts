import '@fastify/cookie';
import type { FastifyReply } from 'fastify';
import { type ConsoleOrigin, OPERATOR_SESSION_LIFE_MS_MAX, type SignedInOperator } from '#accounts';
import { SECOND_MS } from '#platform';

/** A name of its own: browsers give cookies to every port of a host. */
export const OPERATOR_COOKIE = 'omnidesk_operator';

export function setOperatorCookie(reply: FastifyReply, { token }: SignedInOperator, { origin }: ConsoleOrigin): void {
  void reply.setCookie(OPERATOR_COOKIE, token, {
    path: '/',
    httpOnly: true,
    sameSite: 'strict',
    secure: origin.startsWith('https:'),
    maxAge: OPERATOR_SESSION_LIFE_MS_MAX / SECOND_MS,
  });
}

export function clearOperatorCookie(reply: FastifyReply): void {
  void reply.clearCookie(OPERATOR_COOKIE, { path: '/' });
}
