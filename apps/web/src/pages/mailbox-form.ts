import type { ConnectMailbox, GuessedMailbox, MailSecurity, MailServer, MailServerPlace } from '#contract';

/** How mail shall come in: by signing in with the provider, fetched with a password, or brought to us. */
export type MailWay = 'login' | 'imap' | 'webhook';

export type WebhookProvider = NonNullable<ConnectMailbox['inbound']>['provider'];
export const WEBHOOK_PROVIDERS: readonly WebhookProvider[] = ['raw', 'postmark', 'mailgun', 'sendgrid', 'ses'];

/** What the form for a mailbox holds, as it is typed. */
export interface MailboxValues {
  address: string;
  name: string;
  user: string;
  password: string;
  imapHost: string;
  imapPort: string;
  imapSecurity: MailSecurity;
  hasSmtp: boolean;
  smtpHost: string;
  smtpPort: string;
  smtpSecurity: MailSecurity;
  hasOtherUser: boolean;
  smtpUser: string;
  smtpPassword: string;
  folders: readonly string[];
  provider: WebhookProvider;
  key: string;
}

export const EMPTY_MAILBOX: MailboxValues = {
  address: '',
  name: '',
  user: '',
  password: '',
  imapHost: '',
  imapPort: '993',
  imapSecurity: 'tls',
  hasSmtp: true,
  smtpHost: '',
  smtpPort: '465',
  smtpSecurity: 'tls',
  hasOtherUser: false,
  smtpUser: '',
  smtpPassword: '',
  folders: [],
  provider: 'raw',
  key: '',
};

const placed = ({ host, port, security }: MailServerPlace) => ({ host, port: String(port), security });

/** The form with what was found out about an address filled in; what nobody found stays as it was. */
export function filledIn(values: MailboxValues, guessed: GuessedMailbox): MailboxValues {
  const imap = guessed.imap && placed(guessed.imap);
  const smtp = guessed.smtp && placed(guessed.smtp);
  return {
    ...values,
    user: guessed.user,
    ...(imap ? { imapHost: imap.host, imapPort: imap.port, imapSecurity: imap.security } : {}),
    ...(smtp ? { smtpHost: smtp.host, smtpPort: smtp.port, smtpSecurity: smtp.security } : {}),
    // Without servers of its own the installation's own mail server is the likelier one.
    hasSmtp: smtp !== null,
  };
}

/** Where mail is fetched, and how to sign in there. */
export function imapOf(values: MailboxValues): MailServer {
  const { imapHost, imapPort, imapSecurity, user, password } = values;
  return { host: imapHost.trim(), port: Number(imapPort), security: imapSecurity, user: user.trim(), password };
}

function smtpOf(values: MailboxValues, way: MailWay): MailServer {
  const { smtpHost, smtpPort, smtpSecurity, hasOtherUser, smtpUser, smtpPassword } = values;
  const isOwn = way === 'webhook' || hasOtherUser;
  const user = (isOwn ? smtpUser : values.user).trim();
  return { host: smtpHost.trim(), port: Number(smtpPort), security: smtpSecurity, user, password: isOwn ? smtpPassword : values.password };
}

/** What is asked of the server for a filled-in form. `loginId`: of the sign-in with the provider. */
export function connectionOf(values: MailboxValues, way: MailWay, loginId?: string): ConnectMailbox {
  const name = values.name.trim();
  const folders = values.folders.length > 0 ? { folders: [...values.folders] } : {};
  const base = { address: values.address.trim(), ...(name === '' ? {} : { name }) };
  if (way === 'login' && loginId !== undefined) return { ...base, imap: { loginId }, smtp: { loginId }, ...folders };
  const smtp = values.hasSmtp ? { smtp: smtpOf(values, way) } : {};
  if (way === 'imap') return { ...base, imap: imapOf(values), ...folders, ...smtp };
  const key = values.key.trim();
  return { ...base, ...smtp, inbound: { provider: values.provider, ...(key === '' ? {} : { key }) } };
}

/** The field that is not filled in and has to be, by its name. */
export function missingIn(values: MailboxValues, way: MailWay): keyof MailboxValues | null {
  const wanted: (keyof MailboxValues)[] = ['address'];
  if (way === 'imap') wanted.push('user', 'password', 'imapHost', 'imapPort');
  if (way !== 'login' && values.hasSmtp) wanted.push('smtpHost', 'smtpPort');
  if (way === 'webhook' && values.provider !== 'raw' && values.provider !== 'postmark') wanted.push('key');
  return wanted.find((name) => String(values[name]).trim() === '') ?? null;
}

/** The port that is usual for an encryption. Source: RFC 8314. */
export function usualPort(server: 'imap' | 'smtp', security: MailSecurity): string {
  if (server === 'imap') return security === 'tls' ? '993' : '143';
  return security === 'tls' ? '465' : security === 'starttls' ? '587' : '25';
}

/** Providers that refuse the password one signs in with, and want one made for programs. Source: their own help pages. */
const APP_PASSWORDS = /^(?:google|gmail|yahoo|aol|icloud|apple|fastmail|zoho)/i;

/** Whether a provider wants a password made for programs. */
export function wantsAppPassword(provider: string | null): boolean {
  return provider !== null && APP_PASSWORDS.test(provider);
}
