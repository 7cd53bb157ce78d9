import '@fastify/cookie';
import type { FastifyReply } from 'fastify';
import { ATTEMPT_LIFE_MS, SESSION_LIFE_MS_MAX } from '#accounts';
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

export const SIGN_ON_COOKIE = 'omnidesk_sign_on';
/** It is only ever sent from our own page, also after a provider has sent that back. */
const SIGN_ON_PLACE = { path: '/api/session/single-sign-on', httpOnly: true, sameSite: 'strict' } as const;

/** Ties a way to a provider and back to this browser. */
export function setSignOnCookie(reply: FastifyReply, browser: string, isHttps: boolean): void {
  void reply.setCookie(SIGN_ON_COOKIE, browser, { ...SIGN_ON_PLACE, secure: isHttps, maxAge: ATTEMPT_LIFE_MS / SECOND_MS });
}

export function clearSignOnCookie(reply: FastifyReply): void {
  void reply.clearCookie(SIGN_ON_COOKIE, SIGN_ON_PLACE);
}
