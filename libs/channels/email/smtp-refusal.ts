import { ChannelError } from '../channel.js';
import type { MailNotSent } from './smtp-remedy.js';

/** Refusals of a sender address by those who look at it only with the first recipient, as Postfix does, or after the text, as Exchange does. */
const ABOUT_THE_SENDER = /\bsender\b|not owned by|SendAsDenied|\b5\.7\.60\b|return.?path|\bMAIL FROM\b/i;
const SENDER_REFUSALS = new Set(['smtp_501', 'smtp_550', 'smtp_551', 'smtp_553', 'smtp_554', 'smtp_555']);
const PUT_OFF = new Set(['smtp_421', 'smtp_450', 'smtp_451', 'smtp_452']);
/** The recipient's own mailbox is closed or full for now: no other mail to the domain is concerned. Source: RFC 3463, 3.3 */
const ABOUT_ONE_MAILBOX = /\b4\.2\.[12]\b/;

/** The server does not take the sender's address; with another it may take the mail. Never true of a mail that may have been sent. */
export function isSenderRefused({ code, step, response }: MailNotSent): boolean {
  if (!SENDER_REFUSALS.has(code)) return false;
  return step === 'sender' || (step !== null && ABOUT_THE_SENDER.test(response ?? ''));
}

/** Who wants to be left alone: the mailbox' own server, the recipient's, or nobody. */
export function whoPutOff({ remedy, phase, code, step, response }: MailNotSent): 'relay' | 'domain' | null {
  if (remedy !== 'try_later') return null;
  if (phase === 'connect' || phase === 'sign_in') return 'relay';
  if (!PUT_OFF.has(code) || ABOUT_ONE_MAILBOX.test(response ?? '')) return null;
  // Said before anybody was named, it is about ourselves.
  return step === 'recipients' || step === 'text' ? 'domain' : 'relay';
}

const RECONNECT_REASONS: ReadonlyMap<string, string> = new Map([
  [
    'tls_failed',
    'The certificate of the mail server is not in order, or it offers no encryption. An admin can look at it under Connections.',
  ],
  ['bad_smtp_url', 'The outgoing mail server of this mailbox is not written as one. An admin can mend it under Connections.'],
  ['server_not_allowed', 'The outgoing mail server of this mailbox is on a private network, which is not allowed here.'],
  ['server_unknown', 'There is no outgoing mail server of the name that this mailbox has. An admin can mend it under Connections.'],
]);
const WRONG_PASSWORD = 'The mail server no longer accepts the user name or password of this mailbox.';

/** What went wrong, as the room that keeps the mail knows it: in a sentence for the agent, with the server's own words. */
export function asChannelError({ remedy, code, response }: MailNotSent): ChannelError {
  const words = response === null ? '' : `: ${response.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim()}`;
  switch (remedy) {
    case 'try_later':
      return new ChannelError(remedy, code, `The mail server does not take it right now${words || '.'} It is tried again by itself.`);
    case 'reconnect':
      return new ChannelError(remedy, code, RECONNECT_REASONS.get(code) ?? WRONG_PASSWORD);
    case 'unknown':
      return new ChannelError(remedy, code, 'The connection was lost while the mail server answered. It may have been sent.');
    case 'give_up':
      return new ChannelError(remedy, code, `The mail server refused it${words}`);
    default:
      throw new Error(`unreachable: ${remedy satisfies never}`);
  }
}

export function noRelay(): ChannelError {
  return new ChannelError(
    'reconnect',
    'no_outgoing_mail',
    'This mailbox has no outgoing mail server. An admin can add one under Connections.',
  );
}
