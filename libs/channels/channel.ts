import type { ChannelKind, ReplyWindow } from '#contract';
import type { ConnectionId } from './connection-id.js';
import type { Delivery } from './delivery-log.service.js';
import type { InboundEvent } from './inbound.js';

/** What can be done about a vendor's refusal. `unknown`: it may have been sent. */
export type Remedy = 'try_later' | 'reconnect' | 'give_up' | 'unknown';

/** A vendor said no, or said nothing. */
export class ChannelError extends Error {
  override readonly name = 'ChannelError';

  constructor(
    readonly remedy: Remedy,
    /** Stable, for programs: `reply_window_closed`. */
    readonly code: string,
    /** A sentence for the agent. */
    readonly reason: string,
  ) {
    super(`The channel refused: ${code}`);
  }
}

/** A connection with its secrets in the clear: lives only as long as the call it is for. */
export interface OpenConnection {
  tenantId: string;
  id: ConnectionId;
  externalId: string;
  name: string;
  secrets: Record<string, string>;
}

export interface OutboundMessage {
  messageId: string;
  conversationId: string;
  /** The person's id on this connection, or the address to answer to. */
  to: string;
  toName: string;
  agentName: string;
  text: string;
  cc: string[];
  subject: string;
  /** Ids of the conversation's messages, oldest first, as the vendor knows them. */
  earlierExternalIds: string[];
  /** The last of them that the contact said. */
  answersExternalId: string | null;
  /** What is being answered, to be quoted below. */
  answered: { authorName: string; sentAt: Date; text: string } | null;
  createdAt: Date;
}

export interface Sent {
  externalId: string;
  /** Some of those it was meant for did not get it. */
  problem?: { code: string; reason: string };
}

export interface Profile {
  name: string | null;
  pictureUrl: string | null;
}

export interface Media {
  bytes: Buffer;
  mediaType: string | null;
}

/** A kind of way in and out. */
export interface Channel {
  readonly kind: ChannelKind;
  readonly textLengthMax: number;

  /**
   * Read a delivery into what happened, in order.
   *
   * Errors   UnreadableDelivery when no repeat will help
   */
  read(delivery: Delivery): Promise<InboundEvent[]>;

  /** Until when an answer may be sent to somebody who last acted then. */
  replyWindow(lastInboundAt: Date | null, now: Date): ReplyWindow;

  /** The id the message will have outside, where we choose it ourselves; it is stored before anything is sent. */
  externalIdOf(connection: OpenConnection, message: { messageId: string; conversationId: string }): string | null;

  /** Errors: ChannelError */
  send(connection: OpenConnection, message: OutboundMessage): Promise<Sent>;

  /** Who the person is, as far as the vendor says. Null where the channel has no profiles. Errors: ChannelError */
  profile(connection: OpenConnection, personId: string): Promise<Profile | null>;

  /** The bytes of something the vendor keeps for a while. Null when they are gone. Errors: ChannelError */
  media(url: string): Promise<Media | null>;
}
