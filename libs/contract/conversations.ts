import { z } from 'zod';
import { ChannelKind } from './connections.js';
import { Suppression } from './mailboxes.js';
import { MessageDirection } from './messages.js';
import { Instant, PageQuery } from './pages.js';

export const ConversationStatus = z.enum(['open', 'pending', 'snoozed', 'closed']);
export type ConversationStatus = z.infer<typeof ConversationStatus>;

/** `messages`: what one person and the page say to each other. `comments`: what is said in public below one comment on a post. */
export const ConversationKind = z.enum(['messages', 'comments']);
export type ConversationKind = z.infer<typeof ConversationKind>;

/** `quarantine`: mail that is not from whom it says. It is in no other view, and no machine acts on it. */
export const ConversationView = z.enum(['mine', 'unassigned', 'all', 'quarantine']);
export type ConversationView = z.infer<typeof ConversationView>;

const Named = z.object({ id: z.string(), name: z.string() });

/** `GET /api/conversations`. Without `status`: everything that is not closed. */
export const ConversationQuery = PageQuery.extend({
  view: ConversationView.default('all'),
  status: ConversationStatus.optional(),
  channel: ChannelKind.optional(),
  assigneeId: z.uuid().optional(),
  teamId: z.uuid().optional(),
});
export type ConversationQuery = z.infer<typeof ConversationQuery>;

/** One row of the list. */
export const ConversationRow = z.object({
  id: z.string(),
  /** The number people can say to each other; unique per tenant. */
  number: z.number(),
  kind: ConversationKind,
  channel: ChannelKind,
  connection: z.object({ id: z.string(), name: z.string() }),
  contact: z.object({ id: z.string(), name: z.string(), pictureUrl: z.string().nullable() }),
  subject: z.string(),
  preview: z.object({ text: z.string(), direction: MessageDirection }),
  status: ConversationStatus,
  assignee: Named.nullable(),
  team: Named.nullable(),
  tags: z.array(z.string()),
  /** True while the contact said something that no agent has opened. */
  unread: z.boolean(),
  /** Its first mail is not from whom it says. `POST /api/conversations/{id}/release` lets it in. */
  quarantined: z.boolean(),
  /** Everything of it is in that conversation now; of it nothing is left but its number. */
  mergedInto: z.object({ id: z.string(), number: z.number() }).nullable(),
  lastMessageAt: Instant,
});
export type ConversationRow = z.infer<typeof ConversationRow>;

/**
 * Until when a reply is possible, and why not after. `humanAgentUntil`: after `closesAt` a person may still answer until then.
 * `human_agent`: only what a person writes may be sent, until `closesAt`.
 */
export const ReplyWindow = z.discriminatedUnion('state', [
  z.object({ state: z.literal('always') }),
  z.object({ state: z.literal('open'), closesAt: Instant, humanAgentUntil: Instant.nullable() }),
  z.object({ state: z.literal('human_agent'), closesAt: Instant }),
  z.object({
    state: z.literal('closed'),
    closedAt: Instant.nullable(),
    /**
     * `never_wrote`: a page may not write first. `over`: too long ago. `human_agent_missing`: a person could still answer, if the page had
     * Meta's Human Agent permission. `removed`: the comment is gone.
     */
    reason: z.enum(['never_wrote', 'over', 'human_agent_missing', 'removed']),
  }),
]);
export type ReplyWindow = z.infer<typeof ReplyWindow>;

/** How a person came to the page before writing. */
export const Referral = z.object({
  at: Instant,
  /** `unknown`: Meta does not say, as for people in Europe. */
  source: z.enum(['link', 'ad', 'code', 'plugin', 'discover', 'other', 'unknown']),
  /** What the page put into its own link. */
  ref: z.string().nullable(),
  adId: z.string().nullable(),
  /** The ad's or the product's title. */
  title: z.string().nullable(),
  /** The web page or the post that led here. */
  url: z.string().nullable(),
});
export type Referral = z.infer<typeof Referral>;

/** Who may answer in a thread that several apps of a page share. */
export const ThreadControl = z.object({
  /** `other_app`: another app, or the page's own inbox, has the thread; answering needs taking it over. */
  holder: z.enum(['us', 'other_app']),
  appId: z.string().nullable(),
  /** A name for people where the app is a known one: `page_inbox`. */
  app: z.enum(['page_inbox', 'unknown']).nullable(),
  /** Since when; null when nobody ever said. */
  since: Instant.nullable(),
  /** An app asked us to hand it the thread, at this instant. */
  requestedAt: Instant.nullable(),
});
export type ThreadControl = z.infer<typeof ThreadControl>;

/** What one reply can carry here, so that the composer can say it before sending. */
export const ReplyLimits = z.object({
  /** Longer texts go out as several messages, cut at the ends of sentences; null: no cut. */
  partLengthMax: z.number().nullable(),
  textLengthMax: z.number(),
  attachmentsMax: z.number(),
  attachmentBytesMax: z.number(),
  quickRepliesMax: z.number(),
  cc: z.boolean(),
  html: z.boolean(),
  forward: z.boolean(),
});
export type ReplyLimits = z.infer<typeof ReplyLimits>;

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

/** `possibly`: somebody who takes no part named it. `continues`: the same person went on long after it was closed. */
export const RelatedConversation = z.object({
  id: z.string(),
  number: z.number(),
  subject: z.string(),
  how: z.enum(['possibly', 'continues']),
});
export type RelatedConversation = z.infer<typeof RelatedConversation>;

/** A conversation that was merged into this one. Its messages keep their authors; an answer goes to this conversation's contact alone. */
export const MergedConversation = z.object({
  id: z.string(),
  number: z.number(),
  contact: z.object({ id: z.string(), name: z.string() }),
  /** Nothing was said since: `POST /api/conversations/{id}/unmerge` gives back what moved. */
  canUndo: z.boolean(),
});
export type MergedConversation = z.infer<typeof MergedConversation>;

export const ConversationMail = z.object({
  /** Where an answer goes. */
  replyAddress: z.string(),
  /** The others of the contact's last mail, and whoever else takes part, for "answer all". */
  others: z.array(z.string()),
  /** Mail does not reach `replyAddress`: an answer is refused with `address_suppressed` until the suppression is lifted. */
  suppression: Suppression.nullable(),
  /** Two machines have been answering each other: nothing goes out by itself any more. */
  loopStopped: z.boolean(),
});
export type ConversationMail = z.infer<typeof ConversationMail>;

/** `GET /api/conversations/{id}` */
export const Conversation = ConversationRow.extend({
  createdAt: Instant,
  replyWindow: ReplyWindow,
  replyLimits: ReplyLimits,
  control: ThreadControl,
  /** Newest first. */
  referrals: z.array(Referral),
  /** The post that comments stand under; null for messages. */
  post: z.object({ id: z.string(), url: z.string().nullable() }).nullable(),
  retention: Retention,
  recordingVersion: z.number(),
  /** Conversations that this one may belong to, or continues: by a number in the subject, or an id that proves nothing by itself. */
  related: z.array(RelatedConversation),
  /** What was merged into it, newest number first. */
  merges: z.array(MergedConversation),
  /** It was merged, and nothing was said since. */
  canUnmerge: z.boolean(),
  /** Null for what is no mail. */
  mail: ConversationMail.nullable(),
});
export type Conversation = z.infer<typeof Conversation>;

/** `PATCH /api/conversations/{id}`; what is left out stays. */
export const ConversationChange = z
  .object({
    status: z.enum(['open', 'pending', 'closed']),
    assigneeId: z.uuid().nullable(),
    teamId: z.uuid().nullable(),
    tags: z.array(z.string().trim().min(1).max(40)).max(20),
  })
  .partial();
export type ConversationChange = z.infer<typeof ConversationChange>;

/**
 * `POST /api/conversations/{id}/merge`: everything of it moves into the other one, which is the answer. `POST …/unmerge` gives it back, as
 * long as nothing was said since.
 */
export const Merge = z.object({ intoId: z.uuid() });
export type Merge = z.infer<typeof Merge>;

/** `POST /api/conversations/{id}/typing`: tell the person that somebody is writing. Best effort. */
export const Typing = z.object({ on: z.boolean() });
export type Typing = z.infer<typeof Typing>;

/** `GET /api/conversations/counts`: what stands beside each view; counting stops at `COUNT_MAX`. */
export const COUNT_MAX = 1000;
export const ConversationCounts = z.object({ mine: z.number(), unassigned: z.number(), all: z.number(), quarantine: z.number() });
export type ConversationCounts = z.infer<typeof ConversationCounts>;
