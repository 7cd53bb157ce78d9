import { z } from 'zod';

/**
 * What a tenant's screens should know. Ids only: the browser fetches, so that who may see what is decided in one place.
 *
 * `messages_moved`: which messages are in this conversation has changed; what a screen holds of its thread is to be fetched anew.
 */
export const ChangeType = z.enum([
  'conversation_opened',
  'conversation_changed',
  'message_added',
  'message_changed',
  'messages_moved',
  'contact_changed',
  'connection_changed',
  'agent_changed',
  'policy_changed',
  'quarantine_changed',
]);
export type ChangeType = z.infer<typeof ChangeType>;

/** One line of the feed, as the socket emits it under `change`. `seq` is per tenant, without gaps. */
export const Change = z.object({
  seq: z.number(),
  type: ChangeType,
  conversationId: z.string().optional(),
  messageId: z.string().optional(),
  contactId: z.string().optional(),
  connectionId: z.string().optional(),
  agentId: z.string().optional(),
  /** True for what happened in the past and is only now known: it is shown, and nobody is notified. */
  quiet: z.boolean().optional(),
});
export type Change = z.infer<typeof Change>;

/** What the client sends when it connects: the last `seq` it has seen, or null for "from now on". */
export const SocketAuth = z.object({ lastSeq: z.number().int().min(0).nullable() });

/** The socket's first word after connecting, under `ready`: the tenant's newest `seq`. */
export const Ready = z.object({ seq: z.number() });
export type Ready = z.infer<typeof Ready>;
