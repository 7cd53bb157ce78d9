import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { simpleParser, type Attachment, type Headers, type ParsedMail as ReaderMail } from 'mailparser';
import { htmlToText } from './html-text.js';
import { addressesInLines, addressesOf, plainAddress } from './mail-address.js';
import { classifyMail, mayAutoAnswer, type ClassifiedHeaders } from './mail-class.js';
import { oneLine, safeFileName, storableText } from './mail-words.js';
import { mendMail } from './mend-mail.js';
import { messageIdsIn } from './message-ids.js';
import { unfold, type MimePart } from './mime-outline.js';
import {
  BODY_CHARS_MAX,
  UnreadableMail,
  type MailAddress,
  type MailAttachment,
  type MailFlag,
  type MailLimits,
  type ParsedMail,
} from './parsed-mail.js';
import { splitReply } from './reply-text.js';
import { sanitiseMailHtml } from './safe-html.js';

const SUBJECT_CHARS_MAX = 1_000;
const CID_CHARS_MAX = 500;
/** A clock can be wrong, but a date outside of these is no date. */
const EARLIEST_DATE = Date.UTC(1970, 0, 2);
const LATEST_DATE = Date.UTC(2200, 0, 1);

/** Headers that name the address a mail was really delivered to, the most specific first. */
const DELIVERY_HEADERS = ['delivered-to', 'x-original-to', 'envelope-to', 'x-envelope-to', 'x-forwarded-to'];
/** Lines that differ between two copies of one mail. */
const TRANSPORT_HEADERS = new Set([
  'received',
  'delivered-to',
  'x-original-to',
  'envelope-to',
  'x-envelope-to',
  'return-path',
  'x-received',
]);

/**
 * Read one mail. Runs in a thread of `MailReader`, because a hostile mail may take long or much.
 *
 * Errors   UnreadableMail; anything else thrown is a mail we have not met yet, and the thread turns it into `broken`
 */
export async function parseMail(raw: Buffer, limits: MailLimits): Promise<ParsedMail> {
  if (raw.length > limits.bytesMax) throw new UnreadableMail('too_large', `more than ${limits.bytesMax} bytes`);
  const mended = mendMail(raw, limits);
  const mail = await read(mended.raw, limits);
  const headers = new HeaderValues(mail.headerLines, mail.headers);
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
    flags,
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

/** The header lines of the mail, looked up by name; raw where the reader's own view is too clever (dates, lists of ids). */
class HeaderValues {
  private readonly values = new Map<string, string[]>();

  constructor(
    lines: ReaderMail['headerLines'] | undefined,
    readonly parsed: Headers | undefined,
  ) {
    for (const { key, line } of lines ?? []) {
      const value = unfold(Buffer.from(line, 'latin1').toString('utf8'));
      const values = this.values.get(key) ?? [];
      values.push(value.slice(value.indexOf(':') + 1).trim());
      this.values.set(key, values);
    }
  }

  all(name: string): readonly string[] {
    return this.values.get(name) ?? [];
  }

  first(name: string): string {
    return this.all(name)[0] ?? '';
  }
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

function attachmentsOf(attachments: readonly Attachment[], html: string | null): MailAttachment[] {
  const shown = html === null ? new Set<string>() : cidsIn(html);
  return attachments.map((attachment, index) => {
    const cid = oneLine(attachment.cid ?? '', CID_CHARS_MAX) || null;
    const mediaType = mediaTypeOf(attachment.contentType);
    return {
      name: safeFileName(attachment.filename ?? '', `attachment-${index + 1}${EXTENSIONS[mediaType] ?? ''}`),
      mediaType,
      content: attachment.content,
      cid,
      inline: cid !== null && shown.has(cid.toLowerCase()),
      sizeBytes: attachment.content.length,
    };
  });
}

/** For files the sender gave no name, so that a computer knows what to open them with. */
const EXTENSIONS: Readonly<Record<string, string>> = {
  'image/png': '.png',
  'image/jpeg': '.jpg',
  'image/gif': '.gif',
  'application/pdf': '.pdf',
  'message/rfc822': '.eml',
  'text/calendar': '.ics',
  'text/plain': '.txt',
};

function mediaTypeOf(contentType: string): string {
  const mediaType = contentType.trim().toLowerCase();
  return /^[a-z0-9!#$&^_.+-]{1,80}\/[a-z0-9!#$&^_.+-]{1,120}$/.test(mediaType) ? mediaType : 'application/octet-stream';
}

function cidsIn(html: string): Set<string> {
  const cids = new Set<string>();
  for (const match of html.matchAll(/\bcid:([^\s"'<>)]{1,500})/gi)) {
    const cid = match[1] ?? '';
    cids.add(cid.toLowerCase());
    if (cid.includes('%')) cids.add(decodePercent(cid).toLowerCase());
  }
  return cids;
}

function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a "%" that means itself
  }
}

/** Cut what is too long to keep as text, and attach it whole, so that nothing is lost. */
function withinBounds(
  text: string,
  html: string | null,
  attachments: MailAttachment[],
  flags: MailFlag[],
): { text: string; html: string | null } {
  const isTextLong = text.length > BODY_CHARS_MAX;
  const isHtmlLong = html !== null && html.length > BODY_CHARS_MAX;
  if (isTextLong) attachments.push(asAttachment('full-text.txt', 'text/plain', text));
  if (isHtmlLong) attachments.push(asAttachment('full-text.html', 'text/html', html));
  if (isTextLong || isHtmlLong) flags.push('body_attached');
  return { text: isTextLong ? text.slice(0, BODY_CHARS_MAX).toWellFormed() : text, html: isHtmlLong ? null : html };
}

function asAttachment(name: string, mediaType: string, body: string): MailAttachment {
  const content = Buffer.from(body, 'utf8');
  return { name, mediaType, content, cid: null, inline: false, sizeBytes: content.length };
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

/** An id that has neither brackets nor an @, as some devices write it. */
function bareId(value: string): string | undefined {
  return /^[\x21-\x7e]{1,500}$/.test(value) ? value : undefined;
}

/** The same mail, however it came, gets the same id: transport headers are left out. */
function synthesiseId(raw: Buffer, parts: readonly MimePart[]): string {
  const hash = createHash('sha256');
  const root = parts[0];
  for (const line of root?.lines ?? []) if (!TRANSPORT_HEADERS.has(line.key)) hash.update(raw.subarray(line.start, line.end));
  hash.update(raw.subarray(root?.bodyStart ?? 0));
  return `${hash.digest('hex').slice(0, 40)}@without-message-id.invalid`;
}

function contentHash(from: MailAddress | null, date: string, body: Pick<ParsedMail, 'text' | 'html' | 'attachments'>): string {
  const hash = createHash('sha256');
  hash.update(
    JSON.stringify([
      from?.address.toLowerCase() ?? null,
      date.trim(),
      normalised(body.text),
      body.html === null ? null : normalised(body.html),
    ]),
  );
  for (const attachment of body.attachments) hash.update(createHash('sha256').update(attachment.content).digest());
  return hash.digest('hex');
}

/** Servers on the way change line ends and trailing space. */
function normalised(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
