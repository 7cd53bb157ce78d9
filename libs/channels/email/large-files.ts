import { randomBytes } from 'node:crypto';
import type { ParsedMail as ReaderMail } from 'mailparser';
import type { MendedMail } from './mend-mail.js';
import { readMime } from './mime-reader.js';
import type { MimePart } from './mime-outline.js';
import type { MailLimits } from './parsed-mail.js';
import { transferEncodingOf } from './part-body.js';

/*
 * Large files go past the MIME reader, which holds a file in pieces and whole, and leaves as much again lying about. They are decoded from
 * the raw bytes straight into their place; the reader is given a mark instead, and what it makes of the mail gets the file where the mark
 * came out. Only what leaves no doubt goes this way: clean base64, of no type that anybody reads. Where a mark does not come out, the reader
 * reads the whole.
 */

/** Smaller ones are worth no trouble. */
const LARGE_BYTES = 1024 * 1024;
/** Decoded at once; what lies behind it is swept with the nursery. */
const PIECE_BYTES = 48 * 1024;
const MARK_BYTES = 32;
const READ_TYPES = /^(?:text|message|multipart)\//;
const CLEAN = /^[A-Za-z0-9+/\r\n]*$/;
/** Padding, and the line ends and spaces around it. */
const TAIL_BYTES_MAX = 16;
const TAIL = /[=\s]*$/;

/** What the MIME reader makes of a mended mail. Errors: UnreadableMail `too_many_parts`, `header_too_large` */
export async function readMended(mended: MendedMail, limits: MailLimits): Promise<ReaderMail> {
  const files = mended.isAmbiguous ? [] : largeFilesOf(mended);
  if (files.length === 0) return readMime(mended.raw(), limits);
  const marked = files.map(({ part: { bodyStart: start, bodyEnd: end }, mark }) => ({
    start,
    end,
    bytes: Buffer.from(mark.toString('base64')),
  }));
  const mail = await readMime(mended.raw(marked), limits);
  const places = files.map(({ mark }) => mail.attachments.filter(({ content }) => content.equals(mark)));
  if (places.some(({ length }) => length !== 1)) return readMime(mended.raw(), limits);
  for (const [at, { content }] of files.entries()) Object.assign(places[at]![0]!, { content, size: content.length });
  return mail;
}

interface LargeFile {
  part: MimePart;
  content: Buffer;
  mark: Buffer;
}

function largeFilesOf({ source, parts }: MendedMail): LargeFile[] {
  return parts.flatMap((part) => {
    const isLarge = part.bodyEnd - part.bodyStart >= LARGE_BYTES;
    if (!isLarge || part.isMultipart || READ_TYPES.test(part.mediaType) || transferEncodingOf(source, part) !== 'base64') return [];
    const content = decodeClean(source.subarray(part.bodyStart, part.bodyEnd));
    return content === null ? [] : [{ part, content, mark: randomBytes(MARK_BYTES) }];
  });
}

/** In memory of its own; null for what is not base64 from its first byte to its padding. */
function decodeClean(body: Buffer): Buffer | null {
  const tail = TAIL.exec(body.toString('latin1', body.length - TAIL_BYTES_MAX))![0];
  const end = body.length - tail.length;
  const content = Buffer.allocUnsafeSlow(Math.ceil(end / 4) * 3);
  let length = 0;
  let rest = '';
  for (let start = 0; start < end; start += PIECE_BYTES) {
    const text = body.toString('latin1', start, Math.min(start + PIECE_BYTES, end));
    if (!CLEAN.test(text)) return null;
    const digits = rest + text.replaceAll(/[\r\n]+/g, '');
    const whole = digits.length - (digits.length % 4);
    length += content.write(digits.slice(0, whole), length, 'base64');
    rest = digits.slice(whole);
  }
  length += content.write(rest, length, 'base64');
  return content.subarray(0, length);
}
