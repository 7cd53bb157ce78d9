import { MailNotSent, remedyForReply, remedyForSilence, type SmtpPhase, type SmtpStep } from './smtp-remedy.js';

/** Of what a server says. */
export const RESPONSE_CHARS_MAX = 500;

/** What nodemailer says of a failure. */
export interface SmtpError extends Error {
  code?: string;
  originalCode?: string;
  responseCode?: number;
  response?: string;
  command?: string;
}

const STEPS: ReadonlyMap<string, SmtpStep> = new Map([
  ['MAIL FROM', 'sender'],
  ['RCPT TO', 'recipients'],
  ['DATA', 'text'],
]);

/** A failure in words we act on. */
export function notSent(error: SmtpError, phase: SmtpPhase): MailNotSent {
  const failure = failureOf(error, phase);
  failure.step = failure.response === null ? null : phase === 'verdict' ? 'text' : (STEPS.get(error.command ?? '') ?? null);
  return failure;
}

function failureOf(error: SmtpError, phase: SmtpPhase): MailNotSent {
  const response = error.response?.slice(0, RESPONSE_CHARS_MAX) ?? null;
  const reply = error.responseCode ?? 0;
  // Before the reply: a server without STARTTLS answers 502 to it, and that is not the mail's fault.
  if ((error.code === 'ETLS' && (reply < 400 || reply >= 500)) || isCertificateError(error)) {
    return new MailNotSent('reconnect', 'tls_failed', phase, response);
  }
  if (reply >= 400) return new MailNotSent(remedyForReply(reply, phase), `smtp_${reply}`, phase, response);
  if (error.code === 'EAUTH') return new MailNotSent('reconnect', 'sign_in_failed', phase, response);
  if (error.code === 'EENVELOPE' || error.code === 'EMESSAGE') return new MailNotSent('give_up', 'mail_refused', phase, response);
  const code = error.code === 'ETIMEDOUT' ? 'timed_out' : error.code === 'EDNS' ? 'host_unknown' : connectionCode(phase);
  return new MailNotSent(remedyForSilence(phase), code, phase, response);
}

function connectionCode(phase: SmtpPhase): string {
  return phase === 'connect' ? 'connection_failed' : 'connection_lost';
}

function isCertificateError(error: SmtpError): boolean {
  return /^(?:CERT_|ERR_TLS|ERR_SSL|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/.test(error.originalCode ?? error.code ?? '');
}
