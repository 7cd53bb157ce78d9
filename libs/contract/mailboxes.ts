import { z } from 'zod';
import { Instant } from './pages.js';
import { EmailAddress } from './passwords.js';
import { SIGNATURE_LENGTH_MAX } from './session.js';

export const MailSecurity = z.enum(['tls', 'starttls', 'none']);
export type MailSecurity = z.infer<typeof MailSecurity>;

const PORT_MAX = 65_535;
const Host = z.string().trim().min(1).max(253);
const Port = z.number().int().min(1).max(PORT_MAX);

/** Where a mail server is; `none` is taken only for the loopback address. */
export const MailServerPlace = z.object({ host: Host, port: Port, security: MailSecurity });
export type MailServerPlace = z.infer<typeof MailServerPlace>;

/** A mail server and how to sign in there: as parts, or as one address (`imaps://user:password@host:993`). */
export const MailServer = z.union([
  z.object({ url: z.url({ protocol: /^(imap|smtp)s?$/ }) }),
  MailServerPlace.extend({ user: z.string().max(320), password: z.string().max(2000) }),
]);
export type MailServer = z.infer<typeof MailServer>;

export const FOLDERS_MAX = 20;
const Folder = z.string().min(1).max(255);

/** Who signs people in for IMAP and SMTP without a password. */
export const MailLoginProvider = z.enum(['google', 'microsoft']);
export type MailLoginProvider = z.infer<typeof MailLoginProvider>;

/** How mail comes in: fetched over IMAP, or brought to our webhook raw or in a provider's own form. Our SMTP door takes it besides. */
export const InboundKind = z.enum(['imap', 'raw', 'postmark', 'mailgun', 'sendgrid', 'ses']);
export type InboundKind = z.infer<typeof InboundKind>;

/**
 * Why a mail server that was tried, or what was said of it, is refused: the `code` of the field `imap`, `smtp`, `folders` or `inbound.key`.
 * `sign_in_…`: what this provider wants instead of the password of the account. `signed_in_…`: somebody signed in, and is kept out all the
 * same. Of `names`: `host_unknown` the host, `not_taken` the server's own code, `server_said` its words, `folders_missing` the folders.
 */
export const MailTrialCode = z.enum([
  'sign_in_refused',
  'sign_in_google',
  'sign_in_microsoft',
  'sign_in_yahoo',
  'sign_in_apple',
  'sign_in_fastmail',
  'sign_in_zoho',
  'sign_in_gmx',
  'signed_in_google',
  'signed_in_microsoft_imap',
  'signed_in_microsoft_smtp',
  'certificate_wrong',
  'not_encrypted_there',
  'unreachable',
  'host_unknown',
  'host_private',
  'crowded',
  'server_said',
  'not_taken',
  'folders_missing',
  'not_a_server',
  'sign_in_too_long',
  'encryption_wanted',
  'key_postmark',
  'key_mailgun',
  'key_sendgrid',
  'key_ses',
]);
export type MailTrialCode = z.infer<typeof MailTrialCode>;

/**
 * `POST /api/connections/email`. What is given is tried before it is saved: signing in, and for SMTP reaching the server. Without `smtp`
 * the installation's own outgoing mail is used, or the login that `imap` names; without `imap` mail comes by webhook or by our SMTP door.
 * Connecting an address again gives it new secrets, and changes nothing else.
 */
export const ConnectMailbox = z.object({
  address: EmailAddress,
  name: z.string().trim().min(1).max(100).optional(),
  imap: z.union([MailServer, z.object({ loginId: z.uuid() })]).optional(),
  /** Of `imap`; its inbox when left out. */
  folders: z.array(Folder).min(1).max(FOLDERS_MAX).optional(),
  smtp: z.union([MailServer, z.object({ loginId: z.uuid() })]).optional(),
  inbound: z
    .object({
      provider: z.enum(['raw', 'postmark', 'mailgun', 'sendgrid', 'ses']),
      /** Mailgun: its signing key. SendGrid: its public key. SES: the ARN of the topic. Postmark: `user:password`, made when left out. */
      key: z.string().max(2000).optional(),
    })
    .optional(),
});
export type ConnectMailbox = z.infer<typeof ConnectMailbox>;

/** `POST /api/connections/email/guess`: which servers an address probably has. Nothing is signed in to. */
export const GuessMailbox = z.object({ address: EmailAddress });
export type GuessMailbox = z.infer<typeof GuessMailbox>;
export const GuessedMailbox = z.object({
  /** Where it was found: a provider we know, the domain's own word, its MX or SRV records; null: nowhere. */
  source: z.enum(['provider', 'autoconfig', 'srv', 'mx']).nullable(),
  /** The provider's name, for people. */
  provider: z.string().nullable(),
  imap: MailServerPlace.nullable(),
  smtp: MailServerPlace.nullable(),
  /** What the user name is there. */
  user: z.string(),
  /** Passwords are not accepted there, or not well: sign in with the provider. Null where that is not set up, or not needed. */
  login: MailLoginProvider.nullable(),
});
export type GuessedMailbox = z.infer<typeof GuessedMailbox>;

/** `POST /api/connections/email/folders`: what an IMAP account holds, after signing in there. Writes nothing. */
export const LookAtFolders = z.object({ imap: z.union([MailServer, z.object({ loginId: z.uuid() })]) });
export type LookAtFolders = z.infer<typeof LookAtFolders>;
export const MailFolders = z.object({ folders: z.array(z.object({ path: z.string(), use: z.string().nullable(), messages: z.number() })) });
export type MailFolders = z.infer<typeof MailFolders>;

/**
 * `GET /api/connections/email/logins/{id}`: an account that a login brought. The browser gets there by
 * `GET /api/connections/email/login/{provider}`, and back to `/settings/connections?mail_login={id}`, or to `?login_refused={code}`. Gone
 * after a quarter of an hour.
 */
export const MailLogin = z.object({ id: z.string(), provider: MailLoginProvider, address: z.string(), expiresAt: Instant });
export type MailLogin = z.infer<typeof MailLogin>;

const Domain = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,62}\.)+[a-z0-9-]{2,63}$/);

/** What an admin says about a mailbox; `PATCH /api/connections/{id}/mailbox` takes any of them. */
export const MailboxSettings = z.object({
  /** Below every answer, under the agent's own. */
  signature: z.string().max(SIGNATURE_LENGTH_MAX),
  /** Web forms and forwarders: of their mail the person is who Reply-To names. Addresses, or `@domain`. */
  forms: z.array(z.union([EmailAddress, z.string().regex(/^@[^\s@]{1,253}$/)])).max(100),
  /** Whether mail to `name+anything@…` comes in here. `auto`: as our own test mail found out. */
  plusAddressing: z.enum(['auto', 'on', 'off']),
  autoReply: z.object({ on: z.boolean(), text: z.string().max(2000) }),
  /** Agents get what is said in their conversations by mail, and may answer it by mail. */
  agentMail: z.boolean(),
  /** Names with which this mailbox's own provider signs its Authentication-Results. */
  authservIds: z.array(z.string().trim().toLowerCase().min(1).max(253)).max(10),
  /** Forwarders whose word about a mail they changed is believed (ARC). */
  trustedSealers: z.array(Domain).max(50),
});
export type MailboxSettings = z.infer<typeof MailboxSettings>;
export const MailboxSettingsChange = MailboxSettings.partial();
export type MailboxSettingsChange = z.infer<typeof MailboxSettingsChange>;

export const MailboxHealth = z.object({
  /** When we last looked into it over IMAP and were let in; null for mail that is brought to us. */
  lastSeenAt: Instant.nullable(),
  /** How long the newest mail had lain there when we took it; null before the first. */
  lagSeconds: z.number().nullable(),
  /** The last thing that went wrong, until it goes well again. */
  error: z
    .object({ code: z.string(), message: z.string(), remedy: z.enum(['try_later', 'reconnect', 'give_up']), at: Instant, since: Instant })
    .nullable(),
  folders: z.array(z.object({ path: z.string(), lastSeenAt: Instant.nullable() })),
});
export type MailboxHealth = z.infer<typeof MailboxHealth>;

/** Our signature under what the mailbox's domain sends. `waiting`: the record is not in the DNS yet, so nothing is signed. */
export const MailboxDkim = z.object({ recordName: z.string(), recordValue: z.string(), state: z.enum(['waiting', 'signing']) });
export type MailboxDkim = z.infer<typeof MailboxDkim>;

/** What a mailbox has beyond what every connection has. Secrets are never in it. */
export const Mailbox = z.object({
  inbound: InboundKind,
  /** Who signs it in; null: a password, or nothing. */
  login: MailLoginProvider.nullable(),
  hasSmtp: z.boolean(),
  folders: z.array(z.string()),
  settings: MailboxSettings,
  /** What our test mail found out; null while it is not back. */
  plusAddressingWorks: z.boolean().nullable(),
  health: MailboxHealth,
  dkim: MailboxDkim.nullable(),
});
export type Mailbox = z.infer<typeof Mailbox>;

/** One item of `GET /api/suppressions`: an address that mail does not reach, so that none is sent there. */
export const Suppression = z.object({
  id: z.string(),
  address: z.string(),
  /** `replies`: everything; `newsletter`: only what goes to many. */
  stream: z.enum(['replies', 'newsletter']),
  reason: z.enum(['hard_bounce', 'soft_bounces', 'complaint']),
  /** The stable code of what the other server said: `user_unknown`. */
  code: z.string().nullable(),
  since: Instant,
});
export type Suppression = z.infer<typeof Suppression>;

/** One item of `GET /api/quarantine`: what came in and could not be taken in. */
export const QuarantinedDelivery = z.object({
  id: z.string(),
  connection: z.object({ id: z.string(), name: z.string() }),
  /** Why: `too_large`, `too_slow`, `unmatched_bounce`, `flood`, … */
  code: z.string(),
  /** A sentence for people. */
  message: z.string(),
  receivedAt: Instant,
  sizeBytes: z.number(),
  /** What of its header can be read, as far as the recording policy allows; null where nothing can. */
  mail: z.object({ from: z.string().nullable(), subject: z.string(), date: Instant.nullable() }).nullable(),
  /** It can be let in as a conversation that holds the raw mail as a file. */
  canRelease: z.boolean(),
});
export type QuarantinedDelivery = z.infer<typeof QuarantinedDelivery>;

/** `POST /api/quarantine/retry`: all that were set aside, or all for one reason. `DELETE /api/quarantine?code=…` names its reason. */
export const RetryQuarantined = z.object({ code: z.string().max(60).optional() });
export type RetryQuarantined = z.infer<typeof RetryQuarantined>;
export const DropQuarantined = z.object({ code: z.string().min(1).max(60) });
export type DropQuarantined = z.infer<typeof DropQuarantined>;
/** How many it was. */
export const QuarantinedCount = z.object({ count: z.number() });
export type QuarantinedCount = z.infer<typeof QuarantinedCount>;

/** Answer of `POST /api/quarantine/{id}/release`. */
export const Released = z.object({ conversationId: z.string() });
export type Released = z.infer<typeof Released>;
