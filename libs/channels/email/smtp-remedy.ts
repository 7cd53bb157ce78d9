/*
 * What can be done when a mail was not taken, by where it went wrong and by the server's code. The phase matters more than the code: up
 * to the final dot nothing was sent, whatever broke; behind it a lost connection leaves open whether the mail was taken.
 */

export type SmtpRemedy = 'try_later' | 'reconnect' | 'give_up' | 'unknown';

/** How far we were: reaching the server, signing in, naming sender and recipients, handing over the text, waiting for the verdict on it. */
export type SmtpPhase = 'connect' | 'sign_in' | 'envelope' | 'data' | 'verdict';

/** Which part of the envelope, or the text itself, a server said no to. */
export type SmtpStep = 'sender' | 'recipients' | 'text';

/** The mail was not, or may not have been, sent. `remedy` says what to do; the message holds no address and nothing of the mail. */
export class MailNotSent extends Error {
  override readonly name = 'MailNotSent';
  /** What was refused, where the server said so; null for a connection that broke, and for what is no part of the mail. */
  step: SmtpStep | null = null;

  constructor(
    readonly remedy: SmtpRemedy,
    /** Stable, for programs: `smtp_550`, `connection_lost`, `tls_failed` … */
    readonly code: string,
    readonly phase: SmtpPhase,
    /** The server's own words, at most 500 characters, for the agent; may name an address. Null when it said nothing. */
    readonly response: string | null,
  ) {
    super(`${code} at ${phase}: ${remedy}`);
  }
}

/**
 * Codes that mean something else than their first digit says.
 *
 * Source   RFC 5321 4.2.3 (421, 450–452, 550–554), RFC 4954 section 6 (530, 534, 535, 538, 454), RFC 4954 4.7.0 (432)
 */
const REMEDY_BY_CODE: ReadonlyMap<number, SmtpRemedy> = new Map<number, SmtpRemedy>([
  [432, 'reconnect'], // a password transition is needed
  [530, 'reconnect'], // authentication required, or STARTTLS first
  [534, 'reconnect'], // the mechanism is too weak
  [535, 'reconnect'], // wrong user name or password
  [538, 'reconnect'], // encryption required for that mechanism
]);

/** The remedy for a reply of the server. */
export function remedyForReply(code: number, phase: SmtpPhase): SmtpRemedy {
  const special = REMEDY_BY_CODE.get(code);
  if (special !== undefined) return special;
  if (code >= 400 && code < 500) return 'try_later';
  // A refusal before there is a mail concerns us, not the mail: a greeting of 554, a blocked address.
  if (phase === 'sign_in') return 'reconnect';
  if (phase === 'connect') return 'try_later';
  return 'give_up';
}

/** The remedy where the server said nothing: connection refused or lost, time run out. */
export function remedyForSilence(phase: SmtpPhase): SmtpRemedy {
  return phase === 'verdict' ? 'unknown' : 'try_later';
}
