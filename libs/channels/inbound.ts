import type { MailClass, MailFlag, MailPerson, MailVerdict, MessageKind, Referral } from '#contract';
import type { Recordable } from '#policies';

/** Where an event came in and whom it is about, in the vendor's own ids. */
interface InboundBase {
  /** What the connection is routed by: a page id, a mailbox key. */
  routeId: string;
  /** The person, as this connection knows him or her: a page-scoped id, an address. */
  personId: string;
  /** We only look on: another app has the thread. False also where the vendor has no such thing. */
  isStandby: boolean;
}

/**
 * `live`: just happened. `gap`: happened while we could not hear it. `import`: from before we were connected. The latter two come from the
 * vendor's archive: they are stored with their own times, and nobody is notified.
 */
export type InboundOrigin = 'live' | 'gap' | 'import';

/** Something was said: by the person (`in`), or from our side of the connection (`out`), by us or by somebody else using the page. */
export interface InboundMessage extends InboundBase {
  type: 'message';
  origin: InboundOrigin;
  direction: 'in' | 'out';
  kind: Extract<MessageKind, 'text' | 'postback' | 'unsupported' | 'feedback' | 'form' | 'order'>;
  /** The vendor's id; the same message has the same id however often it arrives. */
  externalId: string;
  replyToExternalId: string | null;
  /** Our own message's id, where the vendor gives back what we sent along. */
  ownMessageId: string | null;
  /** The app that sent it from our side; null where the vendor does not say, and for what the person said. */
  appId: string | null;
  sentAt: Date;
  content: Recordable;
  mail: MailThreading | null;
  /** How the person came to write this. */
  referral: InboundReferralFacts | null;
  /** A name of the person from before the vendor knew him or her: both are one contact from now on. */
  formerPersonId: string | null;
  /** The event as it came, where it says more than we understand; kept only as the recording policy says. */
  raw: string | null;
}

/** What only mail has: how it finds its conversation, whom to answer, and how far it is to be believed. */
export interface MailThreading {
  /** The message of ours that is named by a token only we can have made; null for no such token. */
  token: MailToken | null;
  /** Every Message-ID that the mail names, its own excepted; the nearest first. */
  references: string[];
  /** The conversation's number, where the subject names one (`[#123]`). */
  subjectNumber: number | null;
  /** Null where the mail does not say: nothing can be answered. */
  replyAddress: string | null;
  mailClass: MailClass;
  authentication: { verdict: MailVerdict; by: 'dkim' | 'dmarc' | 'spf' | 'arc' | null; domain: string | null };
  /** May a machine answer this mail? Never true for a verdict of `fail`. */
  mayAutoAnswer: boolean;
  /** Where an agent passed it on: who that was, and what he wrote above. The event's person is the first author. */
  forwarded: { by: MailPerson; note: string } | null;
  /** It carries the mark of our own automatic mail: a machine has sent back what a machine of ours wrote. */
  isOurLoop?: boolean;
  /** What is stored with the message as facts: see `MailFacts` in the contract. */
  flags: MailFlag[];
}

export interface MailToken {
  conversationId: string;
  /** The last four bytes of the message's id in hex; null for a reply address, which names no message. */
  messageIdEnd: string | null;
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
  /** 1 for the first edit; null where the vendor does not count. */
  editNumber: number | null;
  editedAt: Date;
}

export interface InboundReaction extends InboundBase {
  type: 'reaction';
  externalId: string;
  /** Null: the reaction was taken back. */
  emoji: string | null;
  reactedAt: Date;
}

/** The author took a message back. */
export interface InboundUnsend extends InboundBase {
  type: 'unsend';
  externalId: string;
  unsentAt: Date;
}

export type InboundReferralFacts = Omit<Referral, 'at'>;

/** The person came back to the thread by a link or an ad, without saying anything yet. It opens no conversation. */
export interface InboundReferral extends InboundBase {
  type: 'referral';
  referral: InboundReferralFacts;
  cameAt: Date;
}

/** Who may answer in the thread has changed, or an app asks for it. */
export interface InboundControl extends InboundBase {
  type: 'control';
  /** `us`: ours, or nobody's, so that we may answer. `other_app`: taken from us or given to another. `requested`: an app asks us for it. */
  change: 'us' | 'other_app' | 'requested';
  appId: string | null;
  changedAt: Date;
}

/**
 * A fact about the person that is no message and opens no conversation: shown as a small line where a conversation is open.
 * `content` may say more: what was agreed to, say.
 */
export interface InboundFact extends InboundBase {
  type: 'fact';
  kind: Extract<MessageKind, 'opted_in' | 'opted_out' | 'account_linked' | 'account_unlinked'>;
  /** The same however often it comes. */
  externalId: string;
  happenedAt: Date;
  content: Recordable;
  raw: string | null;
}

/** What happened to a comment in public. `personId` is its author; an author whom the vendor keeps from us is `comment:<comment id>`. */
export interface InboundComment extends InboundBase {
  type: 'comment';
  /** `out`: the page itself, whichever program wrote it. */
  direction: 'in' | 'out';
  /** `add` and `edit` carry the whole content as it now is. */
  act: 'add' | 'edit' | 'remove' | 'hide' | 'unhide';
  externalId: string;
  /** The comment it answers; null when it stands directly under the post. */
  parentExternalId: string | null;
  post: { id: string; url: string | null };
  /** When the comment was made, where the event says so. */
  sentAt: Date | null;
  actedAt: Date;
  content: Recordable;
}

/** The vendor restricts the page, or lets go. About the connection; `personId` is empty. */
export interface InboundRestriction extends InboundBase {
  type: 'restriction';
  action: 'warning' | 'block' | 'unblock';
  reason: string | null;
  actedAt: Date;
}

/** Our own question whether the public address leads here came back. About the connection; `personId` is empty. */
export interface InboundSelfTest extends InboundBase {
  type: 'self_test';
  nonce: string;
}

/** A machine says what became of a mail of ours. It names it by a token of ours: without one there is no such event. */
export interface InboundBounce extends InboundBase {
  type: 'bounce';
  token: MailToken;
  /** Whom it is about. Empty: the report names nobody, so it is about the one the mail went to. */
  recipients: BouncedAddress[];
  /** The worst of the recipients; all there is to know where the report names nobody. */
  kind: BouncedAddress['kind'];
  code: string;
  happenedAt: Date;
}

export interface BouncedAddress {
  /** The address we wrote to, where the report tells; else the one that failed. */
  address: string;
  kind: 'hard' | 'soft' | 'blocked' | 'delayed' | 'delivered';
  /** Stable: `user_unknown`, `mailbox_full`, … */
  code: string;
  /** What the other server said: one line, hostile, at most 500 characters; null when it said nothing. */
  diagnostic: string | null;
}

/** A person's mail program says that a mail of ours was opened. */
export interface InboundMailRead extends InboundBase {
  type: 'mail_read';
  token: MailToken;
  readAt: Date;
}

/** A provider says that somebody called a mail of ours unwanted. */
export interface InboundComplaint extends InboundBase {
  type: 'complaint';
  token: MailToken;
  /** Empty: the provider hides who it was. */
  addresses: string[];
  complainedAt: Date;
}

/** An agent answered a notification by mail. It proved the agent's own token and a signature of the address's own domain. */
export interface InboundAgentReply extends InboundBase {
  type: 'agent_reply';
  agentId: string;
  conversationId: string;
  /** The same however often it comes. */
  externalId: string;
  text: string;
  /** What is attached and not shown in the text. */
  files?: AgentMailFile[];
  sentAt: Date;
}

export interface AgentMailFile {
  name: string;
  mediaType: string;
  content: Buffer;
}

/** A mail of our own came back to us, by a copy or a list. Nothing is said by it; that plus-addressing works may be. */
export interface InboundOwnMail extends InboundBase {
  type: 'own_mail';
  externalId: string;
}

export type InboundEvent =
  | InboundMessage
  | InboundReceipt
  | InboundEdit
  | InboundReaction
  | InboundUnsend
  | InboundReferral
  | InboundControl
  | InboundFact
  | InboundComment
  | InboundRestriction
  | InboundSelfTest
  | InboundBounce
  | InboundMailRead
  | InboundComplaint
  | InboundAgentReply
  | InboundOwnMail;

/** A delivery that no try will ever read. It goes to quarantine with its bytes. */
export class UnreadableDelivery extends Error {
  override readonly name = 'UnreadableDelivery';

  constructor(readonly code: string) {
    super(`The delivery cannot be read: ${code}`);
  }
}

/** A delivery that can be read better later, because somebody who was asked about it does not answer. It is nobody's failure. */
export class ReadLater extends Error {
  override readonly name = 'ReadLater';

  constructor(readonly afterMs: number) {
    super(`The delivery is read again in ${String(afterMs)} ms`);
  }
}
