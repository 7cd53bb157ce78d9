import type { BounceReport } from './bounce.js';
import type { CalendarCard } from './calendar-card.js';
import type { ForwardedMail } from './forwarded-mail.js';
import type { MailComplaint, ReadReceipt } from './mail-feedback.js';

/** What one mail may cost. Every figure can be lowered per call, never switched off. */
export interface MailLimits {
  /** The raw mail. Beyond it nothing is read. */
  bytesMax: number;
  /** The header block of the mail, and of each of its parts. */
  headerBytesMax: number;
  /** Parts of a multipart mail, containers included. */
  partsMax: number;
  /** From the moment a thread takes the mail up; then the thread is ended and replaced. */
  wallClockMsMax: number;
}

const MIB = 1024 * 1024;

/**
 * The limits that hold where a caller names none.
 *
 * Limits   50 MiB raw holds a 35 MiB mail of the SMTP door with room for webhooks; 1,000 parts and 1 MiB of header are where the MIME
 *          reader underneath gives up by itself, so that we refuse with a reason before it does
 */
export const MAIL_LIMITS: MailLimits = { bytesMax: 50 * MIB, headerBytesMax: MIB, partsMax: 1_000, wallClockMsMax: 20_000 };

/** Message-IDs read from one header: enough for the longest real thread, too few to make a lookup expensive. */
export const REFERENCED_IDS_MAX = 50;
/** Of one header that is read word by word, the bytes that are looked at. */
export const HEADER_BYTES_MAX = 32 * 1024;
/** Of one In-Reply-To or References header, the bytes that are looked at. */
export const REFERENCE_HEADER_BYTES_MAX = 32 * 1024;
/** Addresses kept of one header; a mail to more people than this is read, the rest of its list is dropped. */
export const ADDRESSES_MAX = 200;
/** Text and HTML kept as such; what is longer is cut there and attached whole. */
export const BODY_CHARS_MAX = 1_000_000;

export type UnreadableMailCode = 'too_large' | 'too_many_parts' | 'too_slow' | 'header_too_large' | 'broken';

/** This mail cannot be read, and never will be by trying again: keep its raw bytes aside and show them with `code`. */
export class UnreadableMail extends Error {
  override readonly name = 'UnreadableMail';

  constructor(
    readonly code: UnreadableMailCode,
    /** For the log and the screen; holds nothing of the mail. */
    readonly detail: string,
  ) {
    super(`${code}: ${detail}`);
  }
}

export interface MailAddress {
  /** As written, without surrounding space; holds exactly one @, no control character, at most 320 characters. */
  address: string;
  /** For display: no control, bidi or zero-width characters; null when there is none. Never to be read as an address. */
  name: string | null;
}

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
  replyTo: MailAddress[];
  to: MailAddress[];
  cc: MailAddress[];
  /** Addresses the mail was delivered to on its way, in the order of trust; for finding tokens, not for showing. */
  deliveredTo: string[];
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
