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
