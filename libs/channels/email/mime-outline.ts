import { UnreadableMail, type MailLimits } from './parsed-mail.js';

/*
 * The outline of a mail: where each part's header and body lie in the raw bytes. Nothing is decoded or copied.
 *
 * It exists for two reasons. Limits are held before the MIME reader allocates anything; and the mends of `mend-mail.ts` need to know the
 * exact bytes of a header line or a text body. One pass: lines that begin with "--" are looked up among the open boundaries, and
 * everything else is skipped at the speed of a byte search, so that the cost does not depend on how deep the parts are nested.
 */

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const TAB = 0x09;
const DASH = 0x2d;
const COLON = 0x3a;

/** RFC 2046 5.1.1 allows 70 characters; senders do not all keep to it. */
const BOUNDARY_CHARS_MAX = 250;
/** White space that may stand behind a boundary on its line. */
const BOUNDARY_TRAILING_MAX = 998;

export interface HeaderLine {
  /** Lower case, '' for a line without a name. */
  key: string;
  start: number;
  /** Behind the line end of the last continuation line. */
  end: number;
}

export interface MimePart {
  headerStart: number;
  lines: HeaderLine[];
  /** A line of nothing but white space that ends the header although it should have been empty. */
  blankLine: { start: number; end: number } | null;
  bodyStart: number;
  /** Exclusive; the line end before a boundary belongs to the boundary. */
  bodyEnd: number;
  /** Lower case; when the part does not say `text/plain`, and in a digest `message/rfc822`. */
  mediaType: string;
  isMultipart: boolean;
  /** A mail in a digest, which need not say that it is one. */
  isDigested: boolean;
  /** Its boundary is given twice. */
  isAmbiguous: boolean;
}

/**
 * Find every part of a mail. Attached mails (message/rfc822) are one part and are not entered.
 *
 * Limits   partsMax, headerBytesMax; linear in the size of the mail
 * Errors   UnreadableMail `too_many_parts`, `header_too_large`
 * Source   RFC 2045, RFC 2046 sections 5.1 and 5.1.5 (digests), RFC 5322 section 2
 */
export function outlineMail(raw: Buffer, limits: Pick<MailLimits, 'partsMax' | 'headerBytesMax'>): MimePart[] {
  const parts: MimePart[] = [];
  const open = new Set<string>();
  const digests = new Set<string>();

  const begin = (start: number, parent: string | null = null): number => {
    if (parts.length >= limits.partsMax) throw new UnreadableMail('too_many_parts', `more than ${limits.partsMax} parts`);
    const part = readHeader(raw, start, limits.headerBytesMax, (line) => matchBoundary(line, open) !== null);
    parts.push(part);
    if (parent !== null && digests.has(parent) && part.lines.every(({ key }) => key !== 'content-type'))
      Object.assign(part, { mediaType: 'message/rfc822', isDigested: true });
    const boundary = part.isMultipart ? boundaryOf(headerValue(raw, part, 'content-type')) : null;
    // A boundary that is already open would make the inner part end at once: the outer one wins.
    if (boundary !== null && !open.has(boundary)) {
      open.add(boundary);
      if (part.mediaType === 'multipart/digest') digests.add(boundary);
      else digests.delete(boundary);
    }
    return part.bodyStart;
  };

  let position = begin(0);
  for (;;) {
    const line = nextDashLine(raw, position);
    if (line === null) break;
    position = line.end;
    const hit = open.size === 0 ? null : matchBoundary(line.text, open);
    if (hit === null) continue;
    endLeaf(raw, parts, line.start);
    closeInner(open, hit.boundary);
    if (hit.isLast) open.delete(hit.boundary);
    else position = begin(line.end, hit.boundary);
  }
  endLeaf(raw, parts, raw.length);
  return parts;
}

/** The unfolded value of a part's first header of that name, as Latin-1 characters; '' when absent. */
export function headerValue(raw: Buffer, part: MimePart, key: string): string {
  const line = part.lines.find((candidate) => candidate.key === key);
  if (line === undefined) return '';
  const text = unfold(raw.toString('latin1', line.start, line.end));
  return text.slice(text.indexOf(':') + 1).trim();
}

/** Take the line ends out of a folded header; the white space behind them belongs to the text (RFC 5322 2.2.3). */
export function unfold(header: string): string {
  return header
    .replaceAll(/\r?\n(?=[ \t])/g, '')
    .replaceAll(/[\r\n]/g, ' ')
    .trimEnd();
}

/** A parameter of a Content-Type or Content-Disposition value; null when absent. */
export function parameterOf(value: string, name: string): string | null {
  return parametersOf(value, name)[0] ?? null;
}

function parametersOf(value: string, name: string): string[] {
  const found: string[] = [];
  for (const match of value.matchAll(/;\s*([A-Za-z0-9*_-]{1,60})\s*=\s*(?:"([^"]{0,1000})"?|([^\s;"]{1,1000}))/g)) {
    if (match[1]?.toLowerCase() === name) found.push(match[2] ?? match[3] ?? '');
  }
  return found;
}

function boundaryOf(contentType: string): string | null {
  const boundary = parameterOf(contentType, 'boundary')?.trimEnd();
  return boundary === undefined || boundary === '' || boundary.length > BOUNDARY_CHARS_MAX ? null : boundary;
}

function readHeader(raw: Buffer, start: number, bytesMax: number, isBoundary: (line: string) => boolean): MimePart {
  const lines: HeaderLine[] = [];
  let blankLine: MimePart['blankLine'] = null;
  let position = start;
  let bodyStart = raw.length;
  while (position < raw.length) {
    const end = lineEnd(raw, position);
    if (end - start > bytesMax) throw new UnreadableMail('header_too_large', `more than ${bytesMax} bytes of header`);
    const isContinuation = raw[position] === SPACE || raw[position] === TAB;
    if (isBlank(raw, position, end)) {
      // White space alone continues a header (RFC 5322 4.2) only where more header follows; elsewhere the sender meant the empty line.
      if (!isContinuation || !continuesHeader(raw, end)) {
        if (isContinuation) blankLine = { start: position, end };
        bodyStart = end;
        break;
      }
    }
    // A part may end before its header does: "--a", "Content-Type: text/plain", "--a--".
    if (raw[position] === DASH && raw[position + 1] === DASH && isBoundary(dashLine(raw, position, end))) {
      bodyStart = position;
      break;
    }
    const last = lines.at(-1);
    if (isContinuation && last !== undefined) last.end = end;
    else lines.push({ key: headerKey(raw, position, end), start: position, end });
    position = end;
  }
  const part: MimePart = {
    headerStart: start,
    lines,
    blankLine,
    bodyStart,
    bodyEnd: raw.length,
    mediaType: 'text/plain',
    isMultipart: false,
    isDigested: false,
    isAmbiguous: false,
  };
  const contentType = headerValue(raw, part, 'content-type');
  const mediaType = /^\s*([A-Za-z0-9!#$&^_.+-]{1,80}\/[A-Za-z0-9!#$&^_.+-]{1,120})/.exec(contentType)?.[1]?.toLowerCase();
  part.mediaType = mediaType ?? 'text/plain';
  part.isMultipart = part.mediaType.startsWith('multipart/') && boundaryOf(contentType) !== null;
  part.isAmbiguous = part.isMultipart && new Set(parametersOf(contentType, 'boundary')).size > 1;
  return part;
}

/** The next line that starts with two dashes. */
function nextDashLine(raw: Buffer, from: number): { start: number; end: number; text: string } | null {
  let start = from;
  const isHere = raw[from] === DASH && raw[from + 1] === DASH && (from === 0 || raw[from - 1] === LF);
  if (!isHere) {
    const found = raw.indexOf('\n--', Math.max(0, from - 1), 'latin1');
    if (found < 0) return null;
    start = found + 1;
  }
  const end = lineEnd(raw, start);
  return { start, end, text: dashLine(raw, start, end) };
}

/** As much of the line as a boundary can be long. */
function dashLine(raw: Buffer, start: number, end: number): string {
  return raw.toString('latin1', start, Math.min(end, start + BOUNDARY_CHARS_MAX + BOUNDARY_TRAILING_MAX + 4)).trimEnd();
}

function matchBoundary(line: string, open: ReadonlySet<string>): { boundary: string; isLast: boolean } | null {
  const name = line.slice(2);
  if (open.has(name)) return { boundary: name, isLast: false };
  if (name.endsWith('--') && open.has(name.slice(0, -2))) return { boundary: name.slice(0, -2), isLast: true };
  return null;
}

/** A boundary of an outer multipart ends every multipart inside it. */
function closeInner(open: Set<string>, boundary: string): void {
  for (const name of [...open].reverse()) {
    if (name === boundary) return;
    open.delete(name);
  }
}

/** The last part read ends before the boundary line at `at`, unless an earlier boundary already ended it. */
function endLeaf(raw: Buffer, parts: MimePart[], at: number): void {
  const leaf = parts.at(-1);
  if (leaf === undefined || leaf.bodyEnd !== raw.length) return;
  let end = at;
  if (at < raw.length) {
    if (end > leaf.bodyStart && raw[end - 1] === LF) end -= 1;
    if (end > leaf.bodyStart && raw[end - 1] === CR) end -= 1;
  }
  leaf.bodyEnd = Math.max(leaf.bodyStart, end);
}

function lineEnd(raw: Buffer, from: number): number {
  const found = raw.indexOf(LF, from);
  return found < 0 ? raw.length : found + 1;
}

function isBlank(raw: Buffer, start: number, end: number): boolean {
  for (let index = start; index < end; index += 1) {
    const byte = raw[index];
    if (byte !== SPACE && byte !== TAB && byte !== CR && byte !== LF) return false;
  }
  return true;
}

const HEADER_NAME_CHARS_MAX = 100;

function headerKey(raw: Buffer, start: number, end: number): string {
  const colon = raw.subarray(start, Math.min(end, start + HEADER_NAME_CHARS_MAX)).indexOf(COLON);
  const name = colon <= 0 ? '' : raw.toString('latin1', start, start + colon).trimEnd();
  return /^[!-9;-~]+$/.test(name) ? name.toLowerCase() : '';
}

/** Does a header go on here: with a line that names one, or with more text of the one before? */
function continuesHeader(raw: Buffer, position: number): boolean {
  const end = lineEnd(raw, position);
  const isFolded = (raw[position] === SPACE || raw[position] === TAB) && !isBlank(raw, position, end);
  return isFolded || headerKey(raw, position, end) !== '';
}
