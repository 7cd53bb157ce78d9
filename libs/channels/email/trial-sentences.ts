import type { MailLoginProvider } from '#contract';

/** A server that was tried did not let us in. */
export interface TrialFailure {
  direction: 'imap' | 'smtp';
  host: string;
  login: MailLoginProvider | null;
  /** As `imap-trouble.ts`, `mail-host.ts` and `smtp-sender.ts` name it. */
  code: string;
  /** What the IMAP side says of it in a sentence. */
  words: string | null;
}

type Cause = 'sign_in' | 'certificate' | 'encryption' | 'unreachable' | 'unknown_host' | 'private_host' | 'crowded' | 'other';

const CAUSES: Record<string, Cause> = {
  sign_in_refused: 'sign_in',
  sign_in_failed: 'sign_in',
  smtp_432: 'sign_in',
  smtp_454: 'sign_in',
  smtp_530: 'sign_in',
  smtp_534: 'sign_in',
  smtp_535: 'sign_in',
  smtp_538: 'sign_in',
  certificate_wrong: 'certificate',
  certificate_untrusted: 'certificate',
  tls_failed: 'encryption',
  tls_missing: 'encryption',
  server_unreachable: 'unreachable',
  connection_failed: 'unreachable',
  connection_lost: 'unreachable',
  timed_out: 'unreachable',
  server_unknown: 'unknown_host',
  host_unknown: 'unknown_host',
  server_not_allowed: 'private_host',
  throttled: 'crowded',
  smtp_421: 'crowded',
};

/** Providers that want something else than the password of the account. From what is known of them; a provider that changes its mind is a line here. */
const SIGN_IN_ADVICE: readonly { host: RegExp; advice: string }[] = [
  {
    host: /(?:^|\.)(?:gmail|googlemail|google)\.com$/,
    advice:
      'Google does not take the password of the account here. Sign in with Google, or turn on two-step verification in the Google account, make an app password there, and use that.',
  },
  {
    host: /(?:^|\.)(?:outlook|office365|office|hotmail|live)\.com$/,
    advice: 'Microsoft does not take passwords here any more (basic authentication is switched off). Sign in with Microsoft instead.',
  },
  {
    host: /(?:^|\.)(?:yahoo|yahoodns|aol|verizon)\.(?:com|net)$/,
    advice: 'Yahoo does not take the password of the account here. Make an app password under Account security, and use that.',
  },
  {
    host: /(?:^|\.)(?:mail\.me|me|icloud)\.com$/,
    advice: 'Apple does not take the password of the account here. Make an app-specific password at account.apple.com, and use that.',
  },
  {
    host: /(?:^|\.)(?:fastmail|messagingengine)\.com$/,
    advice: 'Fastmail does not take the password of the account here. Make an app password under Privacy & Security, and use that.',
  },
  {
    host: /(?:^|\.)zoho(?:cloud)?\.(?:com|eu|in|com\.au|jp|ca)$/,
    advice: 'Zoho: switch on IMAP access in the mail settings, and with two-step verification use an application-specific password.',
  },
  {
    host: /(?:^|\.)(?:gmx\.(?:net|com|de|at|ch)|web\.de|mail\.com)$/,
    advice: 'GMX and WEB.DE: allow IMAP in the mail settings first, and with two-factor authentication use an application password.',
  },
];

/** What to do about it, as a sentence for the admin who typed it in. */
export function trialSentence({ direction, host, login, code, words }: TrialFailure): string {
  const name = direction === 'imap' ? 'The incoming mail server' : 'The outgoing mail server';
  const cause = CAUSES[code] ?? 'other';
  switch (cause) {
    case 'sign_in':
      return login === null ? `${name} refused the sign-in. ${adviceFor(host)}` : withoutPassword(direction, login);
    case 'certificate':
      return `${name} shows a certificate that is not good for its name. Use the name that your provider gives, not that of your own domain.`;
    case 'encryption':
      return `${name} offers no encrypted connection at this port. Choose ${usualPorts(direction)}.`;
    case 'unreachable':
      return `${name} cannot be reached at this address and port, or does not answer. Check both; usual are ${usualPorts(direction)}.`;
    case 'unknown_host':
      return `There is no mail server named ${host}. Check how it is spelled.`;
    case 'private_host':
      return `${name} is on a private network, which is not allowed here. The operator of this installation can allow it.`;
    case 'crowded':
      return `${name} has too many connections right now. Try again in a few minutes.`;
    case 'other':
      return words ?? `${name} does not take us in right now (${code.replace(/^smtp_/, '')}). Try again in a moment, or ask your provider.`;
    default:
      throw new Error(`unreachable: ${cause satisfies never}`);
  }
}

function adviceFor(host: string): string {
  const known = SIGN_IN_ADVICE.find((entry) => entry.host.test(host.toLowerCase()));
  return known?.advice ?? 'Check the user name, which is mostly the whole address, and the password.';
}

function withoutPassword(direction: TrialFailure['direction'], login: MailLoginProvider): string {
  if (login === 'google') {
    return 'Google signed you in, but does not let Omnidesk into this mailbox. Switch on IMAP for the account, and sign in with the mailbox’ own account.';
  }
  return direction === 'imap'
    ? 'Microsoft signed you in, but not to this mailbox. Switch on IMAP for it, and sign in with its own account, or one with full access to it.'
    : 'Microsoft signed you in, but does not let this mailbox send. Switch on “Authenticated SMTP” for it in the admin centre, and give the account “Send as”.';
}

function usualPorts(direction: TrialFailure['direction']): string {
  return direction === 'imap' ? '993 with TLS or 143 with STARTTLS' : '465 with TLS or 587 with STARTTLS';
}
