import type { MessageKind } from '#contract';
import type { Recordable } from '#policies';

/** Where an event came in and whom it is about, in the vendor's own ids. */
interface InboundBase {
  /** What the connection is routed by: a page id, a mailbox key. */
  routeId: string;
  /** The person, as this connection knows him or her: a page-scoped id, an address. */
  personId: string;
}

/** Something was said: by the person (`in`), or from our side of the connection (`out`), by us or by somebody else using the page. */
export interface InboundMessage extends InboundBase {
  type: 'message';
  direction: 'in' | 'out';
  kind: Extract<MessageKind, 'text' | 'postback' | 'unsupported'>;
  /** The vendor's id; the same message has the same id however often it arrives. */
  externalId: string;
  replyToExternalId: string | null;
  /** Our own message's id, where the vendor gives back what we sent along. */
  ownMessageId: string | null;
  sentAt: Date;
  content: Recordable;
  mail: MailThreading | null;
}

/** What only mail has: how it finds its conversation, and whom to answer. */
export interface MailThreading {
  /** The conversation named by a token that only we can have made. */
  conversationId: string | null;
  /** Every Message-ID that the mail names, its own excepted. */
  references: string[];
  replyAddress: string;
  /** True for anything that a machine wrote: it is kept, and reopens nothing. */
  isAutomatic: boolean;
}

/** Everything we sent to the person up to the watermark was delivered or read. */
export interface InboundReceipt extends InboundBase {
  type: 'receipt';
  state: 'delivered' | 'read';
  /** In the vendor's time; compare it with the vendor's time of our messages only. */
  watermarkAt: Date;
  externalIds: string[];
}

export interface InboundEdit extends InboundBase {
  type: 'edit';
  externalId: string;
  text: string;
  editedAt: Date;
}

export interface InboundReaction extends InboundBase {
  type: 'reaction';
  externalId: string;
  /** Null: the reaction was taken back. */
  emoji: string | null;
  reactedAt: Date;
}

export type InboundEvent = InboundMessage | InboundReceipt | InboundEdit | InboundReaction;

/** A delivery that no try will ever read. It goes to quarantine with its bytes. */
export class UnreadableDelivery extends Error {
  override readonly name = 'UnreadableDelivery';

  constructor(readonly code: string) {
    super(`The delivery cannot be read: ${code}`);
  }
}
