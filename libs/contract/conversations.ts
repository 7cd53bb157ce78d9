import { z } from 'zod';
import { ChannelKind } from './connections.js';
import { MessageDirection } from './messages.js';
import { Instant, PageQuery } from './pages.js';

export const ConversationStatus = z.enum(['open', 'pending', 'snoozed', 'closed']);
export type ConversationStatus = z.infer<typeof ConversationStatus>;

export const ConversationView = z.enum(['mine', 'unassigned', 'all']);
export type ConversationView = z.infer<typeof ConversationView>;

const AgentName = z.object({ id: z.string(), name: z.string() });

/** `GET /api/conversations`. Without `status`: everything that is not closed. */
export const ConversationQuery = PageQuery.extend({
  view: ConversationView.default('all'),
  status: ConversationStatus.optional(),
  channel: ChannelKind.optional(),
  assigneeId: z.uuid().optional(),
});
export type ConversationQuery = z.infer<typeof ConversationQuery>;

/** One row of the list. */
export const ConversationRow = z.object({
  id: z.string(),
  /** The number people can say to each other; unique per tenant. */
  number: z.number(),
  channel: ChannelKind,
  connection: z.object({ id: z.string(), name: z.string() }),
  contact: z.object({ id: z.string(), name: z.string(), pictureUrl: z.string().nullable() }),
  subject: z.string(),
  preview: z.object({ text: z.string(), direction: MessageDirection }),
  status: ConversationStatus,
  assignee: AgentName.nullable(),
  tags: z.array(z.string()),
  /** True while the contact said something that no agent has opened. */
  unread: z.boolean(),
  lastMessageAt: Instant,
});
export type ConversationRow = z.infer<typeof ConversationRow>;

/** Until when a reply is possible, and why not after. */
export const ReplyWindow = z.discriminatedUnion('state', [
  z.object({ state: z.literal('always') }),
  z.object({ state: z.literal('open'), closesAt: Instant }),
  z.object({ state: z.literal('closed'), closedAt: Instant.nullable() }),
]);
export type ReplyWindow = z.infer<typeof ReplyWindow>;

/** Which rule of the tenant's retention policy governs a conversation, and when it ends it. */
export const Retention = z.object({
  policyVersion: z.number(),
  ruleName: z.string(),
  anchor: z.enum(['last_message', 'closed', 'satisfied']),
  anchorAt: Instant,
  keepMonths: z.number(),
  end: z.enum(['erase', 'anonymise']),
  endsAt: Instant,
});
export type Retention = z.infer<typeof Retention>;

/** `GET /api/conversations/{id}` */
export const Conversation = ConversationRow.extend({
  createdAt: Instant,
  replyWindow: ReplyWindow,
  retention: Retention,
  recordingVersion: z.number(),
});
export type Conversation = z.infer<typeof Conversation>;

/** `PATCH /api/conversations/{id}`; what is left out stays. */
export const ConversationChange = z
  .object({
    status: z.enum(['open', 'pending', 'closed']),
    assigneeId: z.uuid().nullable(),
    tags: z.array(z.string().trim().min(1).max(40)).max(20),
  })
  .partial();
export type ConversationChange = z.infer<typeof ConversationChange>;

/** `GET /api/conversations/counts`: what stands beside each view; counting stops at `COUNT_MAX`. */
export const COUNT_MAX = 1000;
export const ConversationCounts = z.object({ mine: z.number(), unassigned: z.number(), all: z.number() });
export type ConversationCounts = z.infer<typeof ConversationCounts>;
