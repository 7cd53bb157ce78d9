import type { MailServerPlace } from '#contract';
import { ChannelError } from '../channel.js';
import { readMailUrl } from './mail-server-url.js';

/** An IMAP server, and how to sign in there: a password, or a token that the provider gave for an hour. */
export interface ImapServer extends MailServerPlace {
  user: string;
  secret: { password: string } | { accessToken: string };
}

/**
 * Read an IMAP address: `imaps://user:password@host:993` speaks TLS from the first byte, `imap://…:143` turns to TLS before signing in.
 *
 * Errors   ChannelError `bad_imap_url` (reconnect); the address is not repeated, for it holds a password
 */
export function imapServerOf(url: string): ImapServer {
  const account = /^imaps?:/i.test(url) ? readMailUrl(url) : null;
  if (account === null) {
    throw new ChannelError('reconnect', 'bad_imap_url', 'This is not the address of an IMAP server. Enter the server once more.');
  }
  return { ...account.place, user: account.user, secret: { password: account.password } };
}
