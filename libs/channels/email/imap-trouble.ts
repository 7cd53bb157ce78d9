import type { ImapFlowError } from 'imapflow';
import { MINUTE_MS } from '#platform';
import { ChannelError } from '../channel.js';

/*
 * What can be done when an IMAP server does not do what we asked, by what it said. Sign-in refused is the one thing that only people can
 * mend; a crowd (too many connections, too much traffic) mends itself, and is made worse by knocking again.
 */

/** Who is throttled and comes back at once stays throttled. */
const THROTTLED_REST_MS = 5 * MINUTE_MS;
const THROTTLED_REST_MS_MAX = 60 * MINUTE_MS;
const WORDS_CHARS_MAX = 200;
const WORDS_LOOKED_AT_MAX = 2_000;

/** Source: RFC 5530 section 3 */
const CROWD_CODES = new Set(['LIMIT', 'OVERQUOTA', 'INUSE', 'UNAVAILABLE', 'SERVERBUG', 'THROTTLED']);
const NO_FOLDER_CODES = new Set(['NONEXISTENT', 'TRYCREATE', 'NOPERM']);
/** How servers say it that know no code for it: Gmail, Outlook, Dovecot, Courier, Yahoo. */
const CROWD_WORDS =
  /too many (?:simultaneous )?(?:connections|login|auth|commands)|simultaneous connections|maximum number of connections|exceeded (?:command or )?bandwidth|bandwidth limit|is throttled|throttl|rate limit|over ?quota|quota exceeded|try again later|temporar(?:y|ily)|account is busy|server busy/i;
const CERTIFICATE_CODES =
  /^(?:CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|ERR_TLS_CERT|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH)/;
const TLS_CODES = /^(?:ERR_TLS|ERR_SSL|EPROTO)/;
const UNREACHABLE_CODES = new Set([
  'CONNECT_TIMEOUT',
  'GREETING_TIMEOUT',
  'UPGRADE_TIMEOUT',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ClosedAfterConnectText',
  'ClosedAfterConnectTLS',
]);

/**
 * An error of the IMAP client as a thing to do.
 *
 * Shape    codes: `sign_in_refused` (reconnect), `server_unreachable`, `connection_lost`, `throttled`, `certificate_wrong`, `tls_missing`,
 *          `server_confused` (try_later), `no_such_folder` (give_up: of that folder)
 */
export function imapTrouble(error: unknown): ChannelError {
  if (error instanceof ChannelError) return error;
  const failure: ImapFlowError = typeof error === 'object' && error !== null ? (error as ImapFlowError) : new Error('not an error');
  const { code = '' } = failure;
  const words = wordsOf(failure);
  if (code === 'ETHROTTLE') return throttled(failure.throttleReset);
  if (CERTIFICATE_CODES.test(code)) {
    return new ChannelError('try_later', 'certificate_wrong', `The mail server’s certificate is not good for its name (${code}).`);
  }
  if (failure.tlsFailed === true || TLS_CODES.test(code)) return noTls();
  if (isCrowd(failure, words)) return throttled();
  if (UNREACHABLE_CODES.has(code)) return unreachable();
  if (failure.authenticationFailed === true) return refused(failure, words);
  // What servers without any way in that we know are answered with.
  if (failure.message === 'Unsupported authentication mechanism') return refused(failure, '');
  if (failure.mailboxMissing === true || code === 'NotFound' || NO_FOLDER_CODES.has(failure.serverResponseCode ?? '')) return noFolder();
  if (failure.responseStatus === 'NO' || failure.responseStatus === 'BAD') {
    return confusedServer(words);
  }
  return new ChannelError('try_later', 'connection_lost', `The connection with the mail server was lost${said(words)}`);
}

/** The server did not answer in time. */
export function silentServer(): ChannelError {
  return new ChannelError('try_later', 'connection_lost', 'The mail server stopped answering.');
}

/** It answered, but not what it was asked. */
export function confusedServer(words = ''): ChannelError {
  return new ChannelError('try_later', 'server_confused', `The mail server did not do what it was asked${said(words)}`);
}

function isCrowd({ serverResponseCode = '', authenticationFailed }: ImapFlowError, words: string): boolean {
  // A refusal that carries its code is one, whatever its words are.
  if (authenticationFailed === true && serverResponseCode === 'AUTHENTICATIONFAILED') return false;
  return CROWD_CODES.has(serverResponseCode) || CROWD_WORDS.test(words);
}

function refused({ serverResponseCode }: ImapFlowError, words: string): ChannelError {
  if (serverResponseCode === 'PRIVACYREQUIRED') return noTls();
  return new ChannelError('reconnect', 'sign_in_refused', `The mail server refused the user name or password${said(words)}`);
}

function throttled(resetMs?: number): ChannelError {
  const restMs = Math.min(Math.max(resetMs ?? 0, THROTTLED_REST_MS), THROTTLED_REST_MS_MAX);
  return new ChannelError('try_later', 'throttled', 'The mail server asked us to come back later: too much traffic at once.', restMs);
}

function unreachable(): ChannelError {
  return new ChannelError('try_later', 'server_unreachable', 'The mail server cannot be reached at this address and port.');
}

function noTls(): ChannelError {
  return new ChannelError('try_later', 'tls_missing', 'No encrypted connection with this mail server is possible at this port.');
}

function noFolder(): ChannelError {
  return new ChannelError('give_up', 'no_such_folder', 'A folder of this mailbox is no longer there. Choose its folders again.');
}

/** What the server itself said: as the answer to a command, or as it hung up. */
function wordsOf({ responseText, response, reason, oauthError }: ImapFlowError): string {
  const answer = responseText ?? (typeof response === 'string' ? response : '');
  return [answer, reason ?? '', oauthErrorWords(oauthError) ?? '']
    .filter((part) => part !== '')
    .join(' ')
    .slice(0, WORDS_LOOKED_AT_MAX);
}

function oauthErrorWords(error: unknown): string | null {
  const status = typeof error === 'object' && error !== null ? (error as { status?: unknown }).status : null;
  return typeof status === 'string' ? status : null;
}

function said(words: string): string {
  // Control, bidi and zero-width characters of a server's making must not reach a screen.
  const plain = words
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
    .slice(0, WORDS_CHARS_MAX);
  return plain === '' ? '.' : `: “${plain}”.`;
}
