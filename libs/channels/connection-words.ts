/** What is wrong with a connection: a stable code, and what its sentence is about. */
export interface ConnectionProblem {
  code: string;
  names?: readonly string[];
}

type Sentence = (names: readonly string[]) => string;

/** What is wrong and what to do, for people. Whatever else a mail server refused says its health, or the message that did not go out. */
const SENTENCES: Readonly<Record<string, Sentence>> = {
  needs_reconnecting: () =>
    'Facebook no longer accepts the connection to this page. Reconnect the page: until then messages come in, and answers wait.',
  not_subscribed: () =>
    'Facebook did not let Omnidesk subscribe to this page’s messages, so none come in. An admin of the page can connect it again and allow it.',
  not_subscribed_yet: () => 'Facebook did not answer when the page was told to send its messages. It is tried again within the hour.',
  comments_not_granted: (names) => notGranted('Comments on the page’s posts', names),
  fields_not_granted: (names) => notGranted('Some of what happens on the page', names),
  data_access_ends: ([day = 'a day soon']) =>
    `Facebook ends the access to this page’s data on ${day}. Whoever connected the page can renew it by connecting it again.`,
  permission_missing: () =>
    'Omnidesk lacks Facebook’s permission for this. An admin of the page has to connect it again and allow everything.',
  grantor_left: () =>
    'The person who connected this page withdrew it on Facebook. Reconnect the page: until then messages come in, and answers wait.',
  grantor_forgotten: () =>
    'The person who connected this page asked to be forgotten, so the access was destroyed. Somebody else who runs the page can connect it.',
  moved_away: () => 'This page was handed over to another business with the code that your team made. What was said here stays here.',
  grant_gone: () =>
    'The mail provider no longer lets Omnidesk in: the permission was taken back, or the password was changed. Sign in with the provider again.',
  not_signed_in: () => 'Nobody has signed this mailbox in with its provider. Connect it again.',
  sign_in_refused: () => 'The mail server refused the user name or password. Connect the mailbox again with what is right.',
  tls_failed: () => 'No secure connection with the outgoing mail server is possible. Look at its name and its certificate.',
  tls_missing: () => 'No encrypted connection with the mail server is possible at its port.',
  server_not_allowed: () => 'The mail server is on a private network, which is not allowed here.',
  server_unknown: () => 'There is no mail server of the name that this mailbox has. Connect it again with the right one.',
  no_outgoing_mail: () => 'This mailbox has no outgoing mail server, and the installation has none either.',
};
/** The codes of a mail server that wants other words to sign in, as `smtp-remedy.ts` lists them. */
const SIGN_IN = /^(?:smtp_\d{3}|sign_in_failed)$/;
const UNKNOWN = 'This connection needs somebody to look at it. Connect it again.';

/** What a row holds of a problem: its code, then its names. */
export function keptProblem({ code, names = [] }: ConnectionProblem): string {
  return [code, ...names].join(' ');
}

/** A problem as it was kept: its code, its names, and the sentence for people, which is never empty. */
export function readProblem(kept: string): { code: string; names: string[]; sentence: string } {
  const [written = '', ...names] = kept.split(' ');
  const code = SIGN_IN.test(written) ? 'sign_in_refused' : written;
  return { code, names, sentence: (SENTENCES[code] ?? (() => UNKNOWN))(names) };
}

function notGranted(what: string, names: readonly string[]): string {
  return `${what} cannot come in: Facebook did not give permission for ${names.join(', ')}. An admin of the page can connect it again and allow it.`;
}
