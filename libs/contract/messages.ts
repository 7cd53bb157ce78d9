import { z } from 'zod';
import { AttachedMail, MailFacts } from './mail.js';
import { Instant } from './pages.js';

/** A longer text than one message of the channel carries is split; this is the limit of the whole. */
export const REPLY_LENGTH_MAX = 20_000;
export const REPLY_HTML_LENGTH_MAX = 200_000;
export const REPLY_ATTACHMENTS_MAX = 10;
/** Source: Meta's quick replies. */
export const QUICK_REPLIES_MAX = 13;
export const QUICK_REPLY_LENGTH_MAX = 20;

export const MessageDirection = z.enum(['in', 'out', 'note', 'system']);
export type MessageDirection = z.infer<typeof MessageDirection>;

/**
 * What was said. `unsupported` is something the vendor sent that Omnidesk does not show yet: the line names it in `detail`. `feedback`,
 * `form` and `order` are what a person filled in, a line of text for each answer.
 *
 * `forward`: what somebody said, passed on to somebody outside by an agent.
 *
 * The lines of a `system` direction: `assigned`, `status_changed`, `connection_lost`; `merged_into` and `merged_from` (`detail`: the number
 * of the other conversation); `loop_stopped` (two machines answered each other, so
 * nothing goes out by itself until an agent writes); `control_changed` (`detail`: `other_app`, `us`,
 * `requested` or `none`); `opted_in`, `opted_out`, `account_linked`, `account_unlinked`.
 */
export const MessageKind = z.enum([
  'text',
  'postback',
  'comment',
  'forward',
  'feedback',
  'form',
  'order',
  'unsupported',
  'assigned',
  'status_changed',
  'connection_lost',
  'loop_stopped',
  'merged_into',
  'merged_from',
  'control_changed',
  'opted_in',
  'opted_out',
  'account_linked',
  'account_unlinked',
]);
export type MessageKind = z.infer<typeof MessageKind>;

export const DeliveryState = z.enum(['queued', 'sending', 'sent', 'delivered', 'read', 'failed', 'unknown']);
export type DeliveryState = z.infer<typeof DeliveryState>;

export const MessageDelivery = z.object({
  state: DeliveryState,
  at: Instant,
  /** A sentence for people, when failed or unknown. */
  reason: z.string().nullable(),
  /** The stable code of that reason, e.g. `reply_window_closed`. */
  code: z.string().nullable(),
  /** What the agent can do about it. */
  remedy: z.enum(['try_later', 'reconnect', 'give_up', 'unknown']).nullable(),
  /** When it is tried again by itself; null or left out while nothing is planned. */
  nextTryAt: Instant.nullable().optional(),
});
export type MessageDelivery = z.infer<typeof MessageDelivery>;

export const AttachmentKind = z.enum(['image', 'video', 'audio', 'file', 'sticker', 'link', 'location', 'template', 'unsupported']);
export type AttachmentKind = z.infer<typeof AttachmentKind>;

export const Attachment = z.object({
  id: z.string(),
  kind: AttachmentKind,
  name: z.string(),
  mediaType: z.string().nullable(),
  sizeBytes: z.number().nullable(),
  /** `stored`: at `url`. `fetching`: being copied from the vendor. `lost`: the vendor no longer has it. `not_recorded`: by policy. */
  state: z.enum(['stored', 'fetching', 'lost', 'not_recorded']),
  /** Where the browser finds the bytes; null unless stored. For a link: the address it points at. */
  url: z.string().nullable(),
  /** What is in it, where it is a mail that can be read. */
  mail: AttachedMail.nullable(),
  /** Shown in its place by the HTML of the mail. */
  inline: z.boolean(),
});
export type Attachment = z.infer<typeof Attachment>;

/** What stands with a comment in public, and whether it can still be answered in private. */
export const CommentState = z.object({
  /** Hidden from the public by the page. */
  hidden: z.boolean(),
  /** Liked by the page. */
  liked: z.boolean(),
  /** `used` and `over`: Meta allows one private answer within seven days. */
  privateReply: z.enum(['possible', 'used', 'over']),
  privateReplyUntil: Instant.nullable(),
});
export type CommentState = z.infer<typeof CommentState>;

export const MessageAuthor = z.object({
  /** `outside`: sent from the page or mailbox by something that is not Omnidesk. */
  kind: z.enum(['contact', 'agent', 'outside', 'system']),
  id: z.string().nullable(),
  name: z.string(),
});
export type MessageAuthor = z.infer<typeof MessageAuthor>;

/** One item of `GET /api/conversations/{id}/messages`. */
export const Message = z.object({
  id: z.string(),
  conversationId: z.string(),
  direction: MessageDirection,
  kind: MessageKind,
  author: MessageAuthor,
  /** What was said, without what it quotes. */
  text: z.string(),
  /** The whole text of a mail, when it says more than `text`. */
  fullText: z.string().nullable(),
  /** Where the sanitised HTML of a mail is served for a sandboxed frame; null when there is none. */
  htmlUrl: z.string().nullable(),
  subject: z.string().nullable(),
  /** For kinds with a fact of their own: the postback's payload, the unsupported event's name, the new status. */
  detail: z.string().nullable(),
  cc: z.array(z.string()),
  replyTo: z.object({ id: z.string(), authorName: z.string(), text: z.string() }).nullable(),
  attachments: z.array(Attachment),
  reactions: z.array(z.object({ emoji: z.string(), by: z.string() })),
  edited: z.boolean(),
  /** What it said before it was edited, oldest first, each with the instant from which it said so. */
  earlierTexts: z.array(z.object({ text: z.string(), at: Instant })),
  /** The author took it back: its text and attachments are left out here. `GET /api/messages/{id}/unsent` has what the policy kept. */
  unsentAt: Instant.nullable(),
  /** What the person could press below our message. */
  quickReplies: z.array(z.string()),
  /** Sent under Meta's Human Agent permission, after the standard window. */
  humanAgent: z.boolean(),
  /** Only for a comment. */
  comment: CommentState.nullable(),
  /** True where the policy masked or left out something. */
  withheld: z.boolean(),
  /** A mail from somebody who takes no part in this conversation. */
  fromStranger: z.boolean(),
  /** Null for what is no mail. */
  mail: MailFacts.nullable(),
  delivery: MessageDelivery.nullable(),
  sentAt: Instant,
});
export type Message = z.infer<typeof Message>;

/**
 * `POST /api/conversations/{id}/replies`. What the channel cannot carry in one message goes out as several, in order; the answer is the
 * first of them. `lastSeenMessageId`: refuse with `answered_meanwhile` when somebody answered after it.
 */
export const Reply = z
  .object({
    text: z.string().trim().max(REPLY_LENGTH_MAX).default(''),
    /** Of `POST /api/uploads`. */
    attachmentIds: z.array(z.uuid()).max(REPLY_ATTACHMENTS_MAX).default([]),
    quickReplies: z.array(z.string().trim().min(1).max(QUICK_REPLY_LENGTH_MAX)).max(QUICK_REPLIES_MAX).default([]),
    /** Quote this message. */
    replyToMessageId: z.uuid().optional(),
    cc: z.array(z.email().max(254)).max(20).optional(),
    bcc: z.array(z.email().max(254)).max(20).optional(),
    /** Instead of `text`, where the channel has `html`; a picture in it is `<img src="upload:{id}">` of an upload in `attachmentIds`. */
    html: z.string().max(REPLY_HTML_LENGTH_MAX).optional(),
    lastSeenMessageId: z.string().max(64).optional(),
  })
  .refine(({ text, html, attachmentIds }) => text !== '' || html !== undefined || attachmentIds.length > 0, {
    path: ['text'],
    message: 'Write something or attach a file.',
  });
export type Reply = z.infer<typeof Reply>;

/** `POST /api/conversations/{id}/private-replies`: answer the author of a comment in private, once. */
export const PrivateReply = z.object({ messageId: z.uuid(), text: z.string().trim().min(1).max(2000) });
export type PrivateReply = z.infer<typeof PrivateReply>;

/** `PATCH /api/messages/{id}`: hide or like a comment, or undo it. */
export const CommentChange = z.object({ hidden: z.boolean(), liked: z.boolean() }).partial();
export type CommentChange = z.infer<typeof CommentChange>;

/** `GET /api/messages/{id}/unsent` */
export const UnsentText = z.object({ text: z.string() });
export type UnsentText = z.infer<typeof UnsentText>;

/** Answer of `POST /api/uploads?name=…`, whose body is the file itself. What no reply uses is gone after a day. */
export const UPLOAD_BYTES_MAX = 25 * 1024 * 1024;
export const Upload = z.object({ id: z.string(), name: z.string(), mediaType: z.string(), sizeBytes: z.number() });
export type Upload = z.infer<typeof Upload>;

/** `POST /api/conversations/{id}/notes` */
export const Note = z.object({ text: z.string().trim().min(1).max(REPLY_LENGTH_MAX) });
export type Note = z.infer<typeof Note>;

/**
 * `POST /api/conversations/{id}/forward`: pass a message on to somebody outside, with its files. What comes
 * back is shown in this conversation, under the name of who wrote it.
 */
export const Forward = z.object({
  messageId: z.uuid(),
  to: z.array(z.email().max(254)).min(1).max(20),
  cc: z.array(z.email().max(254)).max(20).default([]),
  text: z.string().trim().max(REPLY_LENGTH_MAX).default(''),
  withAttachments: z.boolean().default(true),
});
export type Forward = z.infer<typeof Forward>;

/** The answer: the new message, and the names of files that could not go along, because they are lost or were never kept. */
export const Forwarded = Message.extend({ missingFiles: z.array(z.string()) });
export type Forwarded = z.infer<typeof Forwarded>;
