import { z } from 'zod';
import { ChannelKind } from './connections.js';
import { Instant } from './pages.js';

/** A person who writes to the tenant, with every address he or she is known by. */
export const Contact = z.object({
  id: z.string(),
  name: z.string(),
  pictureUrl: z.string().nullable(),
  identities: z.array(z.object({ channel: ChannelKind, connectionName: z.string().nullable(), externalId: z.string() })),
  conversations: z.array(z.object({ id: z.string(), number: z.number(), subject: z.string(), status: z.string(), lastMessageAt: Instant })),
  createdAt: Instant,
});
export type Contact = z.infer<typeof Contact>;
