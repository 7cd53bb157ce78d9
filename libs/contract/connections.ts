import { z } from 'zod';
import { Mailbox } from './mailboxes.js';
import { Instant } from './pages.js';

export const ChannelKind = z.enum(['messenger', 'email']);
export type ChannelKind = z.infer<typeof ChannelKind>;

export const ConnectionState = z.enum(['active', 'needs_reconnecting', 'disconnected']);
export type ConnectionState = z.infer<typeof ConnectionState>;

/** What an admin says about a page; `PATCH /api/connections/{id}` takes any of them. */
export const PageSettings = z.object({
  /** Meta granted the app "Human Agent" for this page: people may answer for seven days. */
  humanAgent: z.boolean(),
  /** Answers carry the agent's name and face. */
  personas: z.boolean(),
  /** Comments on the page's posts come in as conversations. */
  comments: z.boolean(),
});
export type PageSettings = z.infer<typeof PageSettings>;
export const PageSettingsChange = PageSettings.partial();
export type PageSettingsChange = z.infer<typeof PageSettingsChange>;

/** One item of `GET /api/connections`. Secrets are never in it. */
export const Connection = z.object({
  id: z.string(),
  channel: ChannelKind,
  name: z.string(),
  /** The page id, or the mailbox address. */
  externalId: z.string(),
  state: ConnectionState,
  /** What is wrong and what to do, for people; null while all is well. */
  problem: z.string().nullable(),
  /** The same, stable, for programs and translations: `token_dead`; and what the sentence is about: fields, a day. */
  problemCode: z.string().nullable(),
  problemNames: z.array(z.string()),
  lastReceivedAt: Instant.nullable(),
  createdAt: Instant,
  /** Meta restricted the page; its own word for it, or `warning`. Null while it is free. */
  restriction: z.string().nullable(),
  /** When the hourly look at token and subscriptions last ran. */
  checkedAt: Instant.nullable(),
  settings: PageSettings,
  /** What only a mailbox has; null for a page. */
  mailbox: Mailbox.nullable(),
});
export type Connection = z.infer<typeof Connection>;

const PageId = z.string().regex(/^\d{1,32}$/);

/** `POST /api/connections/messenger`. `moveCode`: the other business' consent, where the page was connected to it. */
export const ConnectPage = z.object({
  pageId: PageId,
  pageToken: z.string().min(1).max(2000),
  moveCode: z.string().max(64).optional(),
});
export type ConnectPage = z.infer<typeof ConnectPage>;

/**
 * `GET /api/connections/messenger/logins/{id}`: the pages that a login with Facebook brought. The browser gets there by
 * `GET /api/connections/messenger/login`, which leads to Facebook, and from there back to `/settings/connections?login={id}`, or to
 * `?login_refused={code}`. It is gone after a quarter of an hour.
 */
export const PageLogin = z.object({
  id: z.string(),
  pages: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      /** `ours`: connected here already, connecting again renews it. `elsewhere`: to another business. `no_messaging`, `no_moderate`: the
       * person lacks that task on the page, so Facebook would refuse. */
      state: z.enum(['free', 'ours', 'elsewhere', 'no_messaging', 'no_moderate']),
    }),
  ),
  expiresAt: Instant,
});
export type PageLogin = z.infer<typeof PageLogin>;

/** `POST /api/connections/messenger/logins/{id}/pages`; the answer is the connections. */
export const ChoosePages = z.object({
  pages: z
    .array(z.object({ pageId: PageId, moveCode: z.string().max(64).optional() }))
    .min(1)
    .max(100),
});
export type ChoosePages = z.infer<typeof ChoosePages>;

/** Answer of `POST /api/connections/{id}/move-code`: with it another business on this installation may connect the page. Shown once. */
export const MoveCode = z.object({ code: z.string(), expiresAt: Instant });
export type MoveCode = z.infer<typeof MoveCode>;

/** What the doctor looks at. */
export const DoctorCheck = z.enum([
  'app_mode',
  'app_secret',
  'permissions',
  'subscribed_fields',
  'routing',
  'token',
  'last_event',
  'verify_token',
  'self_test',
  'mail_in',
  'mail_out',
  'mail_login',
  'plus_addressing',
  'spf',
  'dkim',
  'dmarc',
]);
export type DoctorCheck = z.infer<typeof DoctorCheck>;

/** One line of `GET /api/connections/{id}/doctor`. */
export const DoctorLine = z.object({
  check: DoctorCheck,
  /** `unknown`: could not be looked at. */
  verdict: z.enum(['good', 'warning', 'bad', 'unknown']),
  /** Stable, for programs and translations: `token_dead`. */
  code: z.string(),
  /** A sentence: what is so, or what is wrong. */
  message: z.string(),
  /** What the sentence is about, by the vendor's names: permissions, fields; or the day it names, the minutes it counts. */
  names: z.array(z.string()),
  /** What the button beside it does; null when there is nothing to press. `outside`: at the vendor, at `url`. */
  remedy: z.object({ kind: z.enum(['reconnect', 'subscribe', 'self_test', 'outside', 'operator']), url: z.string().nullable() }).nullable(),
});
export type DoctorLine = z.infer<typeof DoctorLine>;

export const Doctor = z.object({ lines: z.array(DoctorLine), checkedAt: Instant });
export type Doctor = z.infer<typeof Doctor>;

/** `POST /api/connections/{id}/sweeps`: look through the page's own archive for what never reached us. */
export const NewSweep = z.object({
  /** `gap`: add what is missing. `import`: bring in the recent past of a page just connected; nobody is notified of any of it. */
  kind: z.enum(['gap', 'import']),
  days: z.number().int().min(1).max(90),
});
export type NewSweep = z.infer<typeof NewSweep>;

/** One item of `GET /api/connections/{id}/sweeps`, newest first. */
export const Sweep = z.object({
  id: z.string(),
  kind: z.enum(['gap', 'import']),
  /** Why: somebody asked, we were away, or Meta had stopped sending. */
  cause: z.enum(['asked', 'outage', 'subscription_lost', 'reconnected']),
  state: z.enum(['waiting', 'running', 'done', 'failed']),
  since: Instant,
  threadsDone: z.number(),
  messagesSeen: z.number(),
  messagesAdded: z.number(),
  /** What went wrong, for people; and the same for programs and translations, with what it is about: a count. */
  problem: z.string().nullable(),
  problemCode: z.string().nullable(),
  problemNames: z.array(z.string()),
  startedAt: Instant,
  endedAt: Instant.nullable(),
});
export type Sweep = z.infer<typeof Sweep>;

/** Answer of `POST /api/connections/email`: `inboundSecret` is shown once. `webhookPath`: where mail is to be brought; null for IMAP. */
export const ConnectedMailbox = z.object({
  connection: Connection,
  mailboxKey: z.string(),
  inboundSecret: z.string(),
  webhookPath: z.string().nullable(),
});
export type ConnectedMailbox = z.infer<typeof ConnectedMailbox>;
