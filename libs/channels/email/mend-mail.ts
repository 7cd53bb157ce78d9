import { isAscii, isUtf8 } from 'node:buffer';
import { tightAddresses } from './address-comments.js';
import { betterCharset, FALLBACK_CHARSET, knownCharset } from './charset.js';
import { headerValue, outlineMail, parameterOf, type HeaderLine, type MimePart } from './mime-outline.js';
import type { MailLimits } from './parsed-mail.js';
import { decodeBase64, decodeQuotedPrintable } from './part-body.js';
import { decodeUtf7, isUtf7, withoutUtf7Words } from './utf7.js';

/*
 * What real senders do wrong, put right in the raw bytes before the MIME reader sees them, because the reader answers each of these with
 * replacement characters or with nothing:
 *
 *   - raw 8-bit bytes in a header, also inside an encoded word          (RFC 2047 forbids, old mailers do it)
 *   - a line of white space where the empty line behind the header belongs
 *   - line ends of a lone CR                                            (old Macintosh, and mail stored by hand)
 *   - a multipart without parts, and a Content-Type without a type
 *   - a text that is not in the character set it declares               (mostly: says UTF-8, is Windows-1252; or the other way round)
 *   - UTF-7, in headers and in plain text
 *   - a base64 text with a plain disclaimer appended by a gateway
 *   - comments and white space inside an address
 *
 * And one thing that is right, but that the reader does not know: a part of a digest is a mail without saying so.
 *
 * Each mend is a replacement of a byte range; a sound mail is returned as it came, not copied.
 */

const LF = 0x0a;

/** Bytes to stand in the place of others. */
export interface Mend {
  start: number;
  end: number;
  bytes: Buffer;
}

export interface MendedMail {
  /** The mended bytes; `also`: with these in place of further ones. */
  raw(also?: readonly Mend[]): Buffer;
  /** The mail that `parts` are places in: the one that was given, but for line ends of a lone CR. */
  source: Buffer;
  /** As found before mending. */
  parts: MimePart[];
  isAmbiguous: boolean;
}

/**
 * Outline a mail and mend it. `parts` are the parts as found in the mail that was given, before mending.
 *
 * Limits   partsMax, headerBytesMax; linear in the size of the mail
 * Errors   UnreadableMail `too_many_parts`, `header_too_large`
 */
export function mendMail(received: Buffer, limits: Pick<MailLimits, 'partsMax' | 'headerBytesMax'>): MendedMail {
  const raw = received.includes(LF) ? received : Buffer.from(received.toString('latin1').replaceAll('\r', '\n'), 'latin1');
  const parts = outlineMail(raw, limits);
  const headerCharset = charsetForHeaders(raw, parts);
  const mends: Mend[] = [];
  for (const [index, part] of parts.entries()) {
    for (const line of part.lines) {
      const bytes = mendHeader(raw, line, headerCharset);
      if (bytes !== null) mends.push({ start: line.start, end: line.end, bytes });
    }
    if (part.isDigested) mends.push({ start: part.headerStart, end: part.headerStart, bytes: Buffer.from(typeOfDigested(part)) });
    if (part.blankLine !== null) mends.push({ ...part.blankLine, bytes: Buffer.from('\r\n') });
    mendType(raw, part, isParent(raw, part, parts[index + 1]), mends);
    if (isTextBody(part)) mendText(raw, part, mends);
  }
  return { raw: (also = []) => splice(raw, [...mends, ...also]), source: raw, parts, isAmbiguous: parts.some((part) => part.isAmbiguous) };
}

/** Where the empty line before the mail is missing, the part's header is the mail's own. */
function typeOfDigested({ lines }: MimePart): string {
  const isMail = lines.some(({ key }) => key === 'from' || key === 'subject' || key === 'date');
  return `Content-Type: message/rfc822\r\n${isMail ? '\r\n' : ''}`;
}

function splice(raw: Buffer, mends: Mend[]): Buffer {
  if (mends.length === 0) return raw;
  const pieces: Buffer[] = [];
  let position = 0;
  for (const mend of mends.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    // Two mends of one header line (its bytes and its charset): the second, on the charset, is made from the same bytes and wins.
    if (mend.start < position) {
      pieces.pop();
      pieces.push(mend.bytes);
    } else {
      pieces.push(raw.subarray(position, mend.start), mend.bytes);
    }
    position = mend.end;
  }
  pieces.push(raw.subarray(position));
  return Buffer.concat(pieces);
}

const ADDRESS_KEYS: ReadonlySet<string> = new Set(['from', 'sender', 'reply-to', 'to', 'cc', 'bcc']);

function mendHeader(raw: Buffer, { key, start, end }: HeaderLine, charset: string): Buffer | null {
  const line = raw.subarray(start, end);
  const mended = mendHeaderLine(line, charset);
  if (!ADDRESS_KEYS.has(key)) return mended;
  // Byte by byte: those of a character outside ASCII are letters of a word.
  const text = (mended ?? line).toString('latin1');
  const valueStart = text.indexOf(':') + 1;
  const tight = text.slice(0, valueStart) + tightAddresses(text.slice(valueStart));
  return tight === text ? mended : Buffer.from(tight, 'latin1');
}

function mendHeaderLine(line: Buffer, charset: string): Buffer | null {
  if (isAscii(line)) {
    const words = line.includes('=?') ? withoutUtf7Words(line.toString('latin1')) : null;
    return words === null || words.length === line.length ? null : Buffer.from(words, 'latin1');
  }
  const escaped = escapeEncodedWords(line);
  if (isUtf8(escaped)) return escaped.equals(line) ? null : escaped;
  return Buffer.from(new TextDecoder(charset).decode(escaped), 'utf8');
}

/** Inside `=?charset?Q?…?=` a raw byte is written as it should have been: `=XX`. */
function escapeEncodedWords(line: Buffer): Buffer {
  const text = line.toString('latin1');
  const escaped = text.replaceAll(/=\?[A-Za-z0-9_*.:-]{1,60}\?[Qq]\?[^?\r\n]{0,1000}\?=/g, (word) =>
    word.replaceAll(/[\u0080-\u00ff]/g, (byte) => `=${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`),
  );
  return Buffer.from(escaped, 'latin1');
}

/** Raw bytes in headers are most likely in the character set the sender wrote the text in. */
function charsetForHeaders(raw: Buffer, parts: MimePart[]): string {
  const first = parts.find((part) => part.mediaType.startsWith('text/'));
  const declared = first === undefined ? null : parameterOf(headerValue(raw, first, 'content-type'), 'charset');
  if (declared === null) return FALLBACK_CHARSET;
  const known = knownCharset(declared);
  // UTF-16 and the stateful sets cannot stand raw in a header, and UTF-8 was ruled out before this is used.
  return known === null || /^(utf-|iso-2022|x-user|replacement)/.test(known) ? FALLBACK_CHARSET : known;
}

/** Does the next part lie inside this one? Its boundary is the one this part names. */
function isParent(raw: Buffer, part: MimePart, next: MimePart | undefined): boolean {
  if (!part.isMultipart || next === undefined) return false;
  const boundary = parameterOf(headerValue(raw, part, 'content-type'), 'boundary')?.trimEnd() ?? '';
  const before = raw.lastIndexOf(LF, next.headerStart - 2) + 1;
  return raw.toString('latin1', before, next.headerStart).trimEnd() === `--${boundary}`;
}

/** A multipart without parts would be read as nothing at all, and a Content-Type without a type breaks the reader: both get a plain one. */
function mendType(raw: Buffer, part: MimePart, hasParts: boolean, mends: Mend[]): void {
  const line = part.lines.find((candidate) => candidate.key === 'content-type');
  if (line === undefined) return;
  const value = headerValue(raw, part, 'content-type');
  if (part.mediaType.startsWith('multipart/') && !hasParts) {
    mends.push({ start: line.start, end: line.end, bytes: Buffer.from('Content-Type: text/plain; charset=utf-8\r\n') });
  } else if (value !== '' && !/^[^\s;/]+\/[^\s;]+/.test(value)) {
    const disposition = headerValue(raw, part, 'content-disposition').toLowerCase();
    const type = disposition.startsWith('attachment') || /;\s{0,10}name\s{0,5}=/i.test(value) ? 'application/octet-stream' : 'text/plain';
    const parameters = /;.*$/s.exec(value)?.[0] ?? '';
    mends.push({ start: line.start, end: line.end, bytes: Buffer.from(`Content-Type: ${type}${parameters}\r\n`, 'latin1') });
  }
}

function isTextBody(part: MimePart): boolean {
  return part.mediaType === 'text/plain' || part.mediaType === 'text/html';
}

function mendText(raw: Buffer, part: MimePart, mends: Mend[]): void {
  const encoding = headerValue(raw, part, 'content-transfer-encoding').toLowerCase();
  const body = raw.subarray(part.bodyStart, part.bodyEnd);
  if (body.length === 0) return;
  const tail = encoding === 'base64' ? base64Tail(body) : null;
  if (tail !== null) mends.push({ start: part.bodyStart, end: part.bodyEnd, bytes: withTail(body, tail) });
  const decoded = encoding === 'base64' ? decodeBase64(body) : encoding === 'quoted-printable' ? decodeQuotedPrintable(body) : body;
  const declared = parameterOf(headerValue(raw, part, 'content-type'), 'charset');
  if (declared !== null && isUtf7(declared) && part.mediaType === 'text/plain') {
    mends.push({ start: part.bodyStart, end: part.bodyEnd, bytes: Buffer.from(decodeUtf7(decoded.toString('latin1'))) });
    mends.push(declareCharset(raw, part, 'utf-8'));
    const line = part.lines.find(({ key }) => key === 'content-transfer-encoding');
    if (line !== undefined) mends.push({ start: line.start, end: line.end, bytes: Buffer.from('Content-Transfer-Encoding: 8bit\r\n') });
    return;
  }
  const charset = betterCharset(decoded, declared, part.mediaType);
  if (charset !== null) mends.push(declareCharset(raw, part, charset));
}

function declareCharset(raw: Buffer, part: MimePart, charset: string): Mend {
  const line = part.lines.find(({ key }) => key === 'content-type');
  if (line !== undefined) return { start: line.start, end: line.end, bytes: withCharset(raw, line, charset) };
  return { start: part.headerStart, end: part.headerStart, bytes: Buffer.from(`Content-Type: ${part.mediaType}; charset=${charset}\r\n`) };
}

function withCharset(raw: Buffer, line: HeaderLine, charset: string): Buffer {
  const text = raw.toString('latin1', line.start, line.end).trimEnd();
  const pattern = /(;\s*)charset\s*=\s*(?:"[^"]{0,200}"?|[^\s;]{0,200})/i;
  const mended = pattern.test(text) ? text.replace(pattern, `$1charset=${charset}`) : `${text.replace(/;\s*$/, '')}; charset=${charset}`;
  return Buffer.from(`${mended}\r\n`, 'latin1');
}

/** Where plain text begins behind a base64 body; null when it is base64 to the end. */
function base64Tail(body: Buffer): number | null {
  const text = body.toString('latin1');
  const stray = /[^A-Za-z0-9+/=\s]/.exec(text);
  if (stray === null) return null;
  // The line with the first stray character, and a line of padding before it is where base64 ends.
  const lineStart = text.lastIndexOf('\n', stray.index) + 1;
  const isReallyBase64 = /^[A-Za-z0-9+/]{16,}/.test(text.trimStart());
  return lineStart > 0 && isReallyBase64 ? lineStart : null;
}

function withTail(body: Buffer, tailStart: number): Buffer {
  const whole = Buffer.concat([decodeBase64(body.subarray(0, tailStart)), Buffer.from('\n'), body.subarray(tailStart)]);
  return Buffer.from(`${whole.toString('base64')}\r\n`, 'latin1');
}
