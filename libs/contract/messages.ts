import { z } from 'zod';
import { Instant } from './pages.js';

/** Meta's limit for one Messenger text; longer replies are split. Mail has no such limit, only this floor against abuse. */
export const REPLY_LENGTH_MAX = 20_000;

export const MessageDirection = z.enum(['in', 'out', 'note', 'system']);
export type MessageDirection = z.infer<typeof MessageDirection>;

/**
 * What was said. `unsupported` is something the vendor sent that Omnidesk does not show yet: the line names it in `detail`.
 * A `system` direction uses `assigned`, `status_changed` and `connection_lost`.
 */
export const MessageKind = z.enum(['text', 'postback', 'unsupported', 'assigned', 'status_changed', 'connection_lost']);
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
});
export type Attachment = z.infer<typeof Attachment>;

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
  /** True where the policy masked or left out something. */
  withheld: z.boolean(),
  /** A mail from somebody who takes no part in this conversation. */
  fromStranger: z.boolean(),
  delivery: MessageDelivery.nullable(),
  sentAt: Instant,
});
export type Message = z.infer<typeof Message>;

/** `POST /api/conversations/{id}/replies`. `lastSeenMessageId`: refuse with `answered_meanwhile` when somebody answered after it. */
export const Reply = z.object({
  text: z.string().trim().min(1).max(REPLY_LENGTH_MAX),
  cc: z.array(z.email().max(254)).max(20).optional(),
  lastSeenMessageId: z.string().max(64).optional(),
});
export type Reply = z.infer<typeof Reply>;

/** `POST /api/conversations/{id}/notes` */
export const Note = z.object({ text: z.string().trim().min(1).max(REPLY_LENGTH_MAX) });
export type Note = z.infer<typeof Note>;
