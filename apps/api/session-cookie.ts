import '@fastify/cookie';
import type { FastifyReply } from 'fastify';
import { SESSION_LIFE_MS_MAX } from '#accounts';
import { SECOND_MS } from '#platform';

export const SESSION_COOKIE = 'omnidesk_session';

/** Shape  isHttps: whether people reach us over HTTPS; only then can the cookie be kept from going over anything else */
export function setSessionCookie(reply: FastifyReply, token: string, isHttps: boolean): void {
  void reply.setCookie(SESSION_COOKIE, token, {
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
    secure: isHttps,
    maxAge: SESSION_LIFE_MS_MAX / SECOND_MS,
  });
}

export function clearSessionCookie(reply: FastifyReply): void {
  void reply.clearCookie(SESSION_COOKIE, { path: '/' });
}
