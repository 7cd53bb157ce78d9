import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import type { MailSecurity, MailServer, MailServerPlace, MailTrialCode } from '#contract';
import { Refusal } from '#platform';

export type MailProtocol = 'imap' | 'smtp';

/** Source: RFC 8314, 7; RFC 6409, 3.1 */
const USUAL_PORT: Record<MailProtocol, Record<MailSecurity, number>> = {
  imap: { tls: 993, starttls: 143, none: 143 },
  smtp: { tls: 465, starttls: 587, none: 587 },
};
const USER_CHARS_MAX = 320;
const PASSWORD_CHARS_MAX = 2000;
const HOST = /^(?=.{1,253}\.?$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.?$/;
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/;

export interface MailAccount {
  place: MailServerPlace;
  user: string;
  password: string;
}

/** Whether a mail for this host stays on the machine: only there may it go without TLS. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host.toLowerCase());
}

/**
 * A server and how to sign in there, however it was given, as one address: `imaps://…` is TLS from the first byte, `imap://…` is STARTTLS,
 * without which nothing is said, but on the loopback address.
 *
 * Errors   unprocessable `imap_refused` or `smtp_refused`, with the field, for what names no server
 */
export function mailUrl(protocol: MailProtocol, server: MailServer): string {
  const account = 'url' in server ? readMailUrl(server.url) : { place: server, user: server.user, password: server.password };
  if (account === null || ('url' in server && !server.url.toLowerCase().startsWith(protocol))) throw refused(protocol, NOT_A_SERVER);
  const { user, password } = account;
  if (user.length > USER_CHARS_MAX || password.length > PASSWORD_CHARS_MAX) throw refused(protocol, TOO_LONG);
  const { port, security } = account.place;
  const host = hostOf(account.place.host);
  if (host === null) throw refused(protocol, NOT_A_SERVER);
  if (security === 'none' && !isLoopback(host)) throw refused(protocol, NOT_ENCRYPTED);
  const scheme = security === 'tls' ? `${protocol}s` : protocol;
  const signIn = user === '' ? '' : `${encodeURIComponent(user)}:${encodeURIComponent(password)}@`;
  return `${scheme}://${signIn}${isIP(host) === 6 ? `[${host}]` : host}:${String(port)}`;
}

/** What an address of a mail server says; null when it is none. */
export function readMailUrl(text: string): MailAccount | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  const match = /^(imap|smtp)(s?):$/.exec(url?.protocol ?? '');
  const isEscapedWell = !/%(?![0-9A-Fa-f]{2})/.test(text);
  if (url === null || match === null || url.hostname === '' || !isEscapedWell) return null;
  const protocol = match[1] as MailProtocol;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const security: MailSecurity = match[2] === 's' ? 'tls' : isLoopback(host) ? 'none' : 'starttls';
  try {
    const user = decodeURIComponent(url.username);
    const password = decodeURIComponent(url.password);
    return { place: { host, port: url.port === '' ? USUAL_PORT[protocol][security] : Number(url.port), security }, user, password };
  } catch {
    return null;
  }
}

type Fault = readonly [code: MailTrialCode, message: string];
const NOT_A_SERVER: Fault = ['not_a_server', 'This is not the address of a mail server. It looks like “mail.example.com”.'];
const TOO_LONG: Fault = ['sign_in_too_long', 'The user name or the password is too long.'];
const NOT_ENCRYPTED: Fault = ['encryption_wanted', 'Choose TLS or STARTTLS: a password is not sent in the clear.'];

function hostOf(given: string): string | null {
  const text = given
    .trim()
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1');
  if (isIP(text) !== 0) return text;
  // What would end a host inside an address must not be taken off silently: the rest would be another host.
  if (/[\s/?#@:%\\[\]]/.test(text)) return null;
  const host = domainToASCII(text);
  return HOST.test(host) ? host : null;
}

function refused(protocol: MailProtocol, [code, message]: Fault): Refusal {
  return new Refusal('unprocessable', `${protocol}_refused`, message, [{ path: protocol, code, message }]);
}
