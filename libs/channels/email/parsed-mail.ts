import type { BounceReport } from './bounce.js';
import type { CalendarCard } from './calendar-card.js';
import type { ForwardedMail } from './forwarded-mail.js';
import type { MailComplaint, ReadReceipt } from './mail-feedback.js';
import type { MailAddress } from './mail-limits.js';

export * from './mail-limits.js';

export interface MailAttachment {
  /** A bare file name: no path, no control characters, at most 150 characters. Made up where the mail gave none. */
  name: string;
  /** As declared by the sender: a claim, not a fact. */
  mediaType: string;
  content: Buffer;
  /** The Content-ID without brackets, as `cid:` links in the HTML name it. */
  cid: string | null;
  /** True when the HTML shows it by its `cid`; whatever Content-Disposition says. */
  inline: boolean;
  sizeBytes: number;
  /** Only where the file is a mail itself that can be read. */
  mail?: AttachedMail;
}

/** A mail that is attached to a mail, as a few lines to show. Its words are not the sender's. */
export interface AttachedMail {
  from: MailAddress | null;
  to: MailAddress[];
  subject: string;
  date: Date | null;
  /** The beginning of its text, at most 500 characters. */
  preview: string;
  /** At most 20. */
  fileNames: string[];
}

/**
 * Who wrote this: a person, or which kind of machine. Judged by headers and structure, never by the text.
 *
 * `receipt`: a mail of ours was read (RFC 8098). `complaint`: somebody called it unwanted (RFC 5965). `calendar`: an invitation, or an
 * answer to one, which is mostly sent by a person.
 */
export type MailClass = 'human' | 'auto_reply' | 'auto_generated' | 'list' | 'bounce' | 'receipt' | 'complaint' | 'calendar';

/** Oddities worth showing or weighing; none of them keeps a mail out. */
export type MailFlag =
  /** More than one From, or a From without an address: `from` is the first that could be used. */
  | 'from_ambiguous'
  /** The structure can be read in two ways (two boundaries), which is a known way to hide a file from a scanner. */
  | 'structure_ambiguous'
  /** The text or the HTML was longer than we keep; the whole of it is among the attachments. */
  | 'body_attached'
  /** The files of Outlook's wrapping (winmail.dat) stand in its place. */
  | 'tnef_unpacked'
  /** The wrapping could not be read, or not to its end: it is still among the attachments. */
  | 'tnef_unreadable';

/** A mail, read. Every string is free of U+0000 and of lone surrogates, so that it can be stored. */
export interface ParsedMail {
  /** Without brackets. Made from a hash of the mail when it has none: the same mail gets the same id. */
  messageId: string;
  messageIdSynthesised: boolean;
  /** Without brackets, in the order written, at most 50. */
  inReplyTo: string[];
  references: string[];
  /** SHA-256 (hex) over From, Date and body: tells a second copy from another mail that reuses a Message-ID. */
  contentHash: string;
  from: MailAddress | null;
  /** Where `from` is null: a user that From names without a domain, as machines do. Enough to show, and nobody to answer or to know. */
  localSender: { address: string; name: string | null } | null;
  replyTo: MailAddress[];
  to: MailAddress[];
  cc: MailAddress[];
  /** Addresses the mail was delivered to on its way, in the order of trust; for finding tokens, not for showing. */
  deliveredTo: string[];
  /** What in its words looks like a Message-ID of ours: `tokenLikeIn`. */
  tokenLike: string[];
  /** Whom a list or group says it has put its own address in the place of (X-Original-From, X-Original-Sender). A claim, not a fact. */
  originalFrom: string | null;
  /** Outlook's own names for a thread, for giving them back in an answer. */
  outlookThread: { index: string | null; topic: string | null };
  /** X-Loop: with what machines mark their own mails. At most 5. */
  loopMarks: string[];
  /** One line, decoded, at most 1,000 characters. */
  subject: string;
  /** As the sender's clock said; null when absent or impossible. */
  date: Date | null;
  /** The text of the mail, `\n` line ends. Made from the HTML where the mail has no text. */
  text: string;
  /** As sent: hostile. Never show it; show `safeHtml`. */
  html: string | null;
  /** `sanitiseMailHtml(html)`. */
  safeHtml: string | null;
  /** `splitReply(text, html)` of an answer; a mail that answers nothing is whole. The first mail of a conversation is never cut. */
  split: { reply: string; quoted: string | null };
  attachments: MailAttachment[];
  mailClass: MailClass;
  /** May a machine answer this mail? Stricter than `mailClass`: a person may ask not to be answered by machines. */
  mayAutoAnswer: boolean;
  /** The first invitation in the mail, whatever its class. */
  calendar: CalendarCard | null;
  /** The mail it passes on, where it is a forward. Who its author is, is for the caller to believe. */
  forwarded: ForwardedMail | null;
  /** Only where `mailClass` is bounce; likewise the two below. What they name proves nothing without a token of ours. */
  bounce: BounceReport | null;
  receipt: ReadReceipt | null;
  complaint: MailComplaint | null;
  flags: MailFlag[];
}
