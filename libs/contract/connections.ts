import { z } from 'zod';
import { EmailAddress } from './session.js';
import { Instant } from './pages.js';

export const ChannelKind = z.enum(['messenger', 'email']);
export type ChannelKind = z.infer<typeof ChannelKind>;

export const ConnectionState = z.enum(['active', 'needs_reconnecting', 'disconnected']);
export type ConnectionState = z.infer<typeof ConnectionState>;

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
  lastReceivedAt: Instant.nullable(),
  createdAt: Instant,
});
export type Connection = z.infer<typeof Connection>;

/** `POST /api/connections/messenger` */
export const ConnectPage = z.object({ pageId: z.string().regex(/^\d{1,32}$/), pageToken: z.string().min(1).max(2000) });
export type ConnectPage = z.infer<typeof ConnectPage>;

/** `POST /api/connections/email`. Without `smtp` the installation's own outgoing mail is used. */
export const ConnectMailbox = z.object({
  address: EmailAddress,
  name: z.string().trim().min(1).max(100).optional(),
  smtp: z.object({ url: z.url({ protocol: /^smtps?$/ }) }).optional(),
});
export type ConnectMailbox = z.infer<typeof ConnectMailbox>;

/** Its answer: `inboundSecret` is shown once. */
export const ConnectedMailbox = z.object({ connection: Connection, mailboxKey: z.string(), inboundSecret: z.string() });
export type ConnectedMailbox = z.infer<typeof ConnectedMailbox>;
