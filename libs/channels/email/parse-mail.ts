import { Readable } from 'node:stream';
import { simpleParser, type ParsedMail as ReaderMail } from 'mailparser';
import { readBounce, type ReportSource } from './bounce.js';
import { HeaderValues } from './header-values.js';
import { htmlToText } from './html-text.js';
import { addressesInLines, addressesOf, plainAddress } from './mail-address.js';
import { classifyMail, mayAutoAnswer, type ClassifiedHeaders } from './mail-class.js';
import { readComplaint, readReceipt } from './mail-feedback.js';
import { attachmentsOf, withinBounds } from './mail-files.js';
import { bareId, contentHash, synthesiseId } from './mail-identity.js';
import { oneLine, storableText } from './mail-words.js';
import { mendMail, type MendedMail } from './mend-mail.js';
import { messageIdsIn } from './message-ids.js';
import type { MimePart } from './mime-outline.js';
import { partText } from './part-body.js';
import {
  BODY_CHARS_MAX,
  UnreadableMail,
  type MailAddress,
  type MailClass,
  type MailFlag,
  type MailLimits,
  type ParsedMail,
} from './parsed-mail.js';
import { splitReply } from './reply-text.js';
import { sanitiseMailHtml } from './safe-html.js';

const SUBJECT_CHARS_MAX = 1_000;
/** A clock can be wrong, but a date outside of these is no date. */
const EARLIEST_DATE = Date.UTC(1970, 0, 2);
const LATEST_DATE = Date.UTC(2200, 0, 1);

/** Headers that name the address a mail was really delivered to, the most specific first. */
const DELIVERY_HEADERS = ['delivered-to', 'x-original-to', 'envelope-to', 'x-envelope-to', 'x-forwarded-to'];

/**
 * Read one mail. Runs in a thread of `MailReader`, because a hostile mail may take long or much.
 *
 * Errors   UnreadableMail; anything else thrown is a mail we have not met yet, and the thread turns it into `broken`
 */
export async function parseMail(raw: Buffer, limits: MailLimits): Promise<ParsedMail> {
  if (raw.length > limits.bytesMax) throw new UnreadableMail('too_large', `more than ${limits.bytesMax} bytes`);
  const mended = mendMail(raw, limits);
  const mail = await read(mended.raw, limits);
  const headers = new HeaderValues(mail.headerLines);
  const flags: MailFlag[] = mended.isAmbiguous ? ['structure_ambiguous'] : [];

  const from = senderOf(mail, headers, flags);
  const html = typeof mail.html === 'string' && mail.html.trim() !== '' ? storableText(mail.html) : null;
  const text = plainText(mail.text ?? '', html);
  const attachments = attachmentsOf(mail.attachments, html);
  const kept = withinBounds(text, html, attachments, flags);
  const subject = oneLine(mail.subject ?? '', SUBJECT_CHARS_MAX);
  const classified = classifiedHeaders(headers, from, subject, mended.parts);
  const mailClass = classifyMail(classified);
  const ownId = messageIdsIn(headers.first('message-id'))[0] ?? bareId(headers.first('message-id'));

  return {
    messageId: ownId ?? synthesiseId(raw, mended.parts),
    messageIdSynthesised: ownId === undefined,
    inReplyTo: messageIdsIn(headers.first('in-reply-to')),
    references: messageIdsIn(headers.all('references').join(' ')),
    contentHash: contentHash(from, headers.first('date'), { text, html, attachments }),
    from,
    replyTo: addressesOf(mail.replyTo),
    to: addressesOf(mail.to),
    cc: addressesOf(mail.cc),
    deliveredTo: addressesInLines(DELIVERY_HEADERS.flatMap((name) => headers.all(name))),
    subject,
    date: dateOf(headers.first('date')),
    text: kept.text,
    html: kept.html,
    safeHtml: kept.html === null ? null : sanitiseMailHtml(kept.html),
    split: splitReply(kept.text, kept.html),
    attachments,
    mailClass,
    mayAutoAnswer: mayAutoAnswer(classified, mailClass),
    ...reportsOf(mailClass, { all: (name) => headers.all(name), fromAddress: from?.address ?? null, mended }),
    flags,
  };
}

const REPORT_PARTS_MAX = 30;
const REPORT_PART_BYTES_MAX = 256 * 1024;
const REPORT_TYPES = /^(?:text\/(?:plain|html|rfc822-headers)|message\/.+)$/;

/** What a machine's report says; null where the mail is no such report. */
function reportsOf(
  mailClass: MailClass,
  { mended, ...mail }: Omit<ReportSource, 'parts'> & { mended: MendedMail },
): Pick<ParsedMail, 'bounce' | 'receipt' | 'complaint'> {
  if (mailClass !== 'bounce' && mailClass !== 'receipt' && mailClass !== 'complaint')
    return { bounce: null, receipt: null, complaint: null };
  // A multipart whose parts cannot be found is read as the text it is.
  const leaves = mended.parts.filter((part) => mended.parts.length === 1 || (!part.isMultipart && REPORT_TYPES.test(part.mediaType)));
  const parts = leaves.slice(0, REPORT_PARTS_MAX).map((part) => ({
    mediaType: REPORT_TYPES.test(part.mediaType) ? part.mediaType : 'text/plain',
    text: partText(mended.source, part, REPORT_PART_BYTES_MAX),
  }));
  const source: ReportSource = { ...mail, parts };
  return {
    bounce: mailClass === 'bounce' ? readBounce(source) : null,
    receipt: mailClass === 'receipt' ? readReceipt(source) : null,
    complaint: mailClass === 'complaint' ? readComplaint(source) : null,
  };
}

async function read(raw: Buffer, limits: MailLimits): Promise<ReaderMail> {
  try {
    return await simpleParser(inPieces(raw), {
      skipHtmlToText: true,
      skipTextToHtml: true,
      skipImageLinks: true,
      keepCidLinks: true,
      checksumAlgo: false,
      // An attached mail is one attachment: its text is not what this sender writes.
      ignoreEmbedded: true,
      maxHeadSize: limits.headerBytesMax,
      maxChildNodes: limits.partsMax,
    });
  } catch (error) {
    // The outline held the same limits already; this is the reader counting differently in the last per cent.
    const isLimit = error instanceof Error && (error as NodeJS.ErrnoException).code === 'EMAXLEN';
    if (!isLimit) throw error;
    throw new UnreadableMail(/child nodes/i.test(error.message) ? 'too_many_parts' : 'header_too_large', 'beyond what can be read');
  }
}

const PIECE_BYTES = 1024 * 1024;

/** Read piece by piece, so that what the reader holds in between is small whatever the mail is. */
function inPieces(raw: Buffer): Readable {
  const pieces = Array.from({ length: Math.ceil(raw.length / PIECE_BYTES) }, (_, index) =>
    raw.subarray(index * PIECE_BYTES, (index + 1) * PIECE_BYTES),
  );
  return Readable.from(pieces, { objectMode: true });
}

/** From; where it has no address Sender, then Return-Path. The address in a display name is never used. */
function senderOf(mail: ReaderMail, headers: HeaderValues, flags: MailFlag[]): MailAddress | null {
  const from = addressesOf(mail.from);
  if (from.length === 1 && headers.all('from').length <= 1) return from[0] ?? null;
  flags.push('from_ambiguous');
  if (from[0] !== undefined) return from[0];
  const name = mail.from?.value[0]?.name ?? '';
  for (const header of ['sender', 'return-path']) {
    const address = addressesInLines(headers.all(header))[0];
    if (address !== undefined) return { address, name: oneLine(name, 200) || null };
  }
  return null;
}

/** A text part shorter than this, beside HTML that says three times as much, is a stub: "your program cannot show this mail". */
const STUB_CHARS_MAX = 400;
/** Of longer HTML the beginning becomes text; the whole of it is attached. */
const HTML_READ_CHARS_MAX = 2 * BODY_CHARS_MAX;

function plainText(text: string, html: string | null): string {
  const plain = storableText(text);
  if (html === null || plain.trim().length > STUB_CHARS_MAX) return plain;
  const fromHtml = storableText(htmlToText(html.slice(0, HTML_READ_CHARS_MAX)).text);
  return plain.trim().length * 3 < fromHtml.length ? fromHtml : plain;
}

/** The reader would put the present time where a date cannot be read; we say that there is none. */
function dateOf(value: string): Date | null {
  const time = Date.parse(value.replaceAll(/\([^()]{0,100}\)/g, ' ').trim());
  return time >= EARLIEST_DATE && time < LATEST_DATE ? new Date(time) : null;
}

function classifiedHeaders(
  headers: HeaderValues,
  from: MailAddress | null,
  subject: string,
  parts: readonly MimePart[],
): ClassifiedHeaders {
  return {
    all: (name) => headers.all(name),
    fromAddress: from?.address ?? fromWithoutDomain(headers.first('from')),
    subject,
    partTypes: new Set(parts.map((part) => part.mediaType)),
  };
}

/** Old bounces come from a bare "MAILER-DAEMON": no address to answer, but enough to know a machine by. */
function fromWithoutDomain(value: string): string | null {
  const word = /^["<]?([A-Za-z0-9._-]{1,64})[">]?\s*(?:[<(]|$)/.exec(value)?.[1] ?? null;
  return word === null ? null : (plainAddress(`${word}@localhost`) ?? null);
}
