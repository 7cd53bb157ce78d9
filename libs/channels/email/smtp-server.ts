import type { MailServerPlace } from '#contract';
import type { MailHost } from './mail-host.js';
import { MailNotSent } from './smtp-remedy.js';

/** A mail server to send by, and how to sign in there: an address with everything in it, or a token its provider gave for an hour. */
export type SmtpServer =
  /** `smtp://user:password@host:587` or `smtps://…:465`. */
  { url: string } | { place: MailServerPlace; user: string; accessToken: string };

/** The same, taken apart. */
export interface SmtpPlace {
  host: string;
  port: number;
  /** TLS from the first byte. */
  secure: boolean;
  user: string;
  secret: { password: string } | { accessToken: string };
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/;
const TLS_PORT = 465;
const SUBMISSION_PORT = 587;

/** Errors: MailNotSent `bad_smtp_url` (reconnect); the address is not repeated, for it holds a password. */
export function smtpPlaceOf(server: SmtpServer): SmtpPlace {
  if (!('url' in server)) {
    const { place, user, accessToken } = server;
    return { host: place.host, port: place.port, secure: place.security === 'tls', user, secret: { accessToken } };
  }
  const url = URL.canParse(server.url) ? new URL(server.url) : null;
  const isEscapedWell = !/%(?![0-9A-Fa-f]{2})/.test(server.url);
  if (url === null || !isEscapedWell || !['smtp:', 'smtps:'].includes(url.protocol) || url.hostname === '') throw badUrl();
  const secure = url.protocol === 'smtps:';
  try {
    return {
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port === '' ? (secure ? TLS_PORT : SUBMISSION_PORT) : Number(url.port),
      secure,
      user: decodeURIComponent(url.username),
      secret: { password: decodeURIComponent(url.password) },
    };
  } catch {
    // Escapes that are not UTF-8.
    throw badUrl();
  }
}

/** What tells one server and sign-in from another, for keeping connections apart. It is a secret. */
export function smtpKeyOf(server: SmtpServer): string {
  return 'url' in server ? server.url : JSON.stringify([server.place, server.user, server.accessToken]);
}

/** Where to connect to when nobody has to check it: a server of the operator's own. */
export function uncheckedHost(host: string): MailHost {
  return { address: host, servername: null, isLoopback: LOOPBACK.test(host) };
}

function badUrl(): MailNotSent {
  return new MailNotSent('reconnect', 'bad_smtp_url', 'connect', null);
}
