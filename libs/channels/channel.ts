import type {
  ChannelKind,
  ConversationKind,
  InboundKind,
  Locale,
  MailboxSettings,
  MailLoginProvider,
  ReplyLimits,
  ReplyWindow,
} from '#contract';
import type { TenantTx } from '#platform';
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
    /** How long the vendor, or our own brake, wants us to wait; null: as long as jobs wait. Only with `try_later`. */
    readonly retryAfterMs: number | null = null,
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
  settings: { humanAgent: boolean; personas: boolean; comments: boolean };
  /** Null for a page. */
  mailbox: OpenMailbox | null;
}

/** What one has to know of a mailbox to read its mail and to send from it. */
export interface OpenMailbox {
  inbound: InboundKind;
  login: MailLoginProvider | null;
  folders: string[];
  settings: MailboxSettings;
  /** Mail to `name+anything@…` comes in here, as far as we know. */
  takesPlusAddresses: boolean;
}

/** Where an outbound message goes: to the person, in public below a comment, or once in private to a comment's author. */
export type OutboundPlace = { kind: 'person' } | { kind: 'comment'; commentId: string } | { kind: 'private_reply'; commentId: string };

/** A file that goes out. `blob` names its bytes for good: the same blob is the same file. */
export interface OutboundFile {
  blob: string;
  name: string;
  mediaType: string;
  sizeBytes: number;
  /** How HTML names it; null for a file that only lies beside. */
  contentId?: string | null;
  read: () => Promise<Buffer>;
}

/** What is passed on, as it was said; its files are among the message's own. */
export interface ForwardedOriginal {
  from: { name: string; address: string | null };
  sentAt: Date;
  subject: string;
  to: string[];
  text: string;
  /** Sanitised; pictures in it by `cid:` of the files' content ids. */
  html: string | null;
}

/** What one vendor call carries. A reply that needs several is split into several messages before it is stored. */
export interface OutboundMessage {
  messageId: string;
  conversationId: string;
  place: OutboundPlace;
  /** The person's id on this connection, or the address to answer to. */
  to: string;
  toName: string;
  agent: { id: string | null; name: string };
  /** `rule`: no person wrote this text; some windows are not open for it. */
  writtenBy: 'human' | 'rule';
  text: string;
  files: OutboundFile[];
  quickReplies: string[];
  /** The message it quotes, by the vendor's id. */
  replyToExternalId: string | null;
  cc: string[];
  bcc: string[];
  /** Goes to these instead of to the person: a message passed on to somebody outside. */
  forward: { to: string[]; original: ForwardedOriginal } | null;
  /** Written as HTML; `text` says the same in words. A picture in it is `<img src="cid:{position of the file}">`. */
  html: string | null;
  subject: string;
  /** Below what was written: the agent's, then the mailbox's. */
  signature: string;
  /** Set for what a machine answers by itself. */
  automatic: boolean;
  /** Ids of the conversation's messages, oldest first, as the vendor knows them. */
  earlierExternalIds: string[];
  /** The last of them that the contact said. */
  answersExternalId: string | null;
  /** What is being answered, to be quoted below. `images`: those that its HTML shows. */
  answered: { authorName: string; sentAt: Date; text: string; html: string | null; images?: OutboundFile[] } | null;
  /** Outlook's own names for the thread, as the person's last mail had them. */
  outlookThread?: { index: string | null; topic: string | null };
  /** The language of the words we put around what is quoted or passed on. */
  language?: Locale;
  /** Only these of all it is for have not got it yet; null or left out: nobody has. */
  left?: string[] | null;
  /** When the person last acted in a way that opens a window. */
  lastInboundAt: Date | null;
  createdAt: Date;
}

/** What an agent says, before it is composed. */
export interface Said extends Pick<OutboundMessage, 'text' | 'html' | 'signature' | 'forward'> {
  language: Locale;
}

export interface Sent {
  externalId: string;
  /** The person behind it, where only the answer tells: the author of a comment that was answered in private. */
  personId?: string;
  /** It went out under the vendor's permission for people who answer late. */
  humanAgent?: boolean;
  /** Some of those it was meant for did not get it. */
  problem?: { code: string; reason: string };
  /** These could not be given it yet and may be later; everybody else has it, or is in `problem`. */
  left?: string[];
}

/** Why something has to wait although nothing is wrong with it. */
export interface Hold {
  /** With remedy `try_later` and the time to wait. */
  error: ChannelError;
  /** Too short or too usual a wait to be said to people. */
  isQuiet: boolean;
}

/** What a reply would be, before it is one: the parts the channel needs to be sent, in order. */
export interface ReplyPart {
  text: string;
  /** Positions in the reply's list of files. */
  files: number[];
  /** True for the part that carries the quick replies and the quotation. */
  isLast: boolean;
}

/** What decides until when a reply may be sent. */
export interface WindowQuestion {
  place: ConversationKind;
  lastInboundAt: Date | null;
  now: Date;
  writtenBy: 'human' | 'rule';
  humanAgent: boolean;
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

  /** What one reply can carry. */
  limits(place: ConversationKind): ReplyLimits;

  /** Cut a reply into what single messages carry. Never empty; loses not one character but the white space at a cut. */
  split(reply: { text: string; fileCount: number }, place: ConversationKind): ReplyPart[];

  /**
   * Read a delivery into what happened, in order.
   *
   * Errors   UnreadableDelivery when no repeat will help
   */
  read(delivery: Delivery): Promise<InboundEvent[]>;

  /** Until when an answer may be sent, and why not after. */
  replyWindow(question: WindowQuestion): ReplyWindow;

  /** The id the message will have outside, where we choose it ourselves; it is stored before anything is sent. */
  externalIdOf(connection: OpenConnection, message: { messageId: string; conversationId: string }): string | null;

  /**
   * Whether something may go to these addresses now, or has to wait its turn. Null: it may, and its turn is taken. Where a channel has no
   * such thing, everything may go.
   */
  hold?(tx: TenantTx, connection: OpenConnection, addresses: readonly string[]): Promise<Hold | null>;

  /** HTML that an agent wrote, made fit to be sent and stored; what it says in words; and which pictures of its own mail it shows, by name. */
  tidy?(html: string): { html: string; text: string; pictures: string[] };

  /** All that such a message says in the end, as text and, where it is one, as HTML, but for what it answers. Only where limits say `html`. */
  spell?(said: Said): { fullText: string; html: string | null };

  /** Errors: ChannelError */
  send(connection: OpenConnection, message: OutboundMessage): Promise<Sent>;

  /** Who the person is, as far as the vendor says. Null where the channel has no profiles. Errors: ChannelError */
  profile(connection: OpenConnection, personId: string): Promise<Profile | null>;

  /** The bytes of something the vendor keeps for a while. Null when they are gone. Errors: ChannelError */
  media(url: string): Promise<Media | null>;
}
