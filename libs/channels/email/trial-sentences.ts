import type { MailLoginProvider, MailTrialCode } from '#contract';
import type { FieldProblem } from '#platform';

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
const SIGN_IN_ADVICE: readonly { host: RegExp; code: MailTrialCode; advice: string }[] = [
  {
    host: /(?:^|\.)(?:gmail|googlemail|google)\.com$/,
    code: 'sign_in_google',
    advice:
      'Google does not take the password of the account here. Sign in with Google, or turn on two-step verification in the Google account, make an app password there, and use that.',
  },
  {
    host: /(?:^|\.)(?:outlook|office365|office|hotmail|live)\.com$/,
    code: 'sign_in_microsoft',
    advice: 'Microsoft does not take passwords here any more (basic authentication is switched off). Sign in with Microsoft instead.',
  },
  {
    host: /(?:^|\.)(?:yahoo|yahoodns|aol|verizon)\.(?:com|net)$/,
    code: 'sign_in_yahoo',
    advice: 'Yahoo does not take the password of the account here. Make an app password under Account security, and use that.',
  },
  {
    host: /(?:^|\.)(?:mail\.me|me|icloud)\.com$/,
    code: 'sign_in_apple',
    advice: 'Apple does not take the password of the account here. Make an app-specific password at account.apple.com, and use that.',
  },
  {
    host: /(?:^|\.)(?:fastmail|messagingengine)\.com$/,
    code: 'sign_in_fastmail',
    advice: 'Fastmail does not take the password of the account here. Make an app password under Privacy & Security, and use that.',
  },
  {
    host: /(?:^|\.)zoho(?:cloud)?\.(?:com|eu|in|com\.au|jp|ca)$/,
    code: 'sign_in_zoho',
    advice: 'Zoho: switch on IMAP access in the mail settings, and with two-step verification use an application-specific password.',
  },
  {
    host: /(?:^|\.)(?:gmx\.(?:net|com|de|at|ch)|web\.de|mail\.com)$/,
    code: 'sign_in_gmx',
    advice: 'GMX and WEB.DE: allow IMAP in the mail settings first, and with two-factor authentication use an application password.',
  },
];

/** What a field is told. */
export type TrialProblem = FieldProblem & { code: MailTrialCode };

/** What to do about it, for the admin who typed it in: under the field of its direction, as a code and as a sentence. */
export function trialProblem(failure: TrialFailure): TrialProblem {
  const { direction, host, code, words } = failure;
  const name = direction === 'imap' ? 'The incoming mail server' : 'The outgoing mail server';
  const told = (as: MailTrialCode, message: string, names: string[] = []): TrialProblem => ({ path: direction, code: as, message, names });
  const cause = CAUSES[code] ?? 'other';
  switch (cause) {
    case 'sign_in':
      return told(...(failure.login === null ? adviceFor(name, host) : withoutPassword(direction, failure.login)));
    case 'certificate':
      return told(
        'certificate_wrong',
        `${name} shows a certificate that is not good for its name. Use the name that your provider gives, not that of your own domain.`,
      );
    case 'encryption':
      return told('not_encrypted_there', `${name} offers no encrypted connection at this port. Choose ${usualPorts(direction)}.`);
    case 'unreachable':
      return told(
        'unreachable',
        `${name} cannot be reached at this address and port, or does not answer. Check both; usual are ${usualPorts(direction)}.`,
      );
    case 'unknown_host':
      return told('host_unknown', `There is no mail server named ${host}. Check how it is spelled.`, [host]);
    case 'private_host':
      return told(
        'host_private',
        `${name} is on a private network, which is not allowed here. The operator of this installation can allow it.`,
      );
    case 'crowded':
      return told('crowded', `${name} has too many connections right now. Try again in a few minutes.`);
    case 'other': {
      if (words !== null) return told('server_said', words, [words]);
      const own = code.replace(/^smtp_/, '');
      return told('not_taken', `${name} does not take us in right now (${own}). Try again in a moment, or ask your provider.`, [own]);
    }
    default:
      throw new Error(`unreachable: ${cause satisfies never}`);
  }
}

function adviceFor(name: string, host: string): [MailTrialCode, string] {
  const known = SIGN_IN_ADVICE.find((entry) => entry.host.test(host.toLowerCase()));
  const advice = known?.advice ?? 'Check the user name, which is mostly the whole address, and the password.';
  return [known?.code ?? 'sign_in_refused', `${name} refused the sign-in. ${advice}`];
}

function withoutPassword(direction: TrialFailure['direction'], login: MailLoginProvider): [MailTrialCode, string] {
  if (login === 'google') {
    return [
      'signed_in_google',
      'Google signed you in, but does not let Omnidesk into this mailbox. Switch on IMAP for the account, and sign in with the mailbox’ own account.',
    ];
  }
  return direction === 'imap'
    ? [
        'signed_in_microsoft_imap',
        'Microsoft signed you in, but not to this mailbox. Switch on IMAP for it, and sign in with its own account, or one with full access to it.',
      ]
    : [
        'signed_in_microsoft_smtp',
        'Microsoft signed you in, but does not let this mailbox send. Switch on “Authenticated SMTP” for it in the admin centre, and give the account “Send as”.',
      ];
}

function usualPorts(direction: TrialFailure['direction']): string {
  return direction === 'imap' ? '993 with TLS or 143 with STARTTLS' : '465 with TLS or 587 with STARTTLS';
}
