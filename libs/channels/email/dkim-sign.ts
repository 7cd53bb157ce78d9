import assert from 'node:assert/strict';
import { createHash, createPrivateKey, type KeyObject, sign } from 'node:crypto';
import { setImmediate as breathe } from 'node:timers/promises';
import { SECOND_MS } from '#platform';

/*
 * A DKIM signature (RFC 6376), relaxed/relaxed and rsa-sha256. Its own, because the signers of the libraries at hand leave out
 * List-Unsubscribe-Post, which RFC 8058 section 4 wants signed, and cannot sign that a header is absent: every name in the list is named
 * once more than it occurs, so that nobody on the way adds a second From or an Unsubscribe of his own under our signature.
 */

const SIGNED_HEADERS = [
  ...['From', 'To', 'Cc', 'Subject', 'Date', 'Message-ID', 'In-Reply-To', 'References', 'Reply-To'],
  ...['MIME-Version', 'Content-Type', 'List-Unsubscribe', 'List-Unsubscribe-Post', 'Auto-Submitted'],
];
const LINE_CHARS_MAX = 72;
const PIECE_BYTES = 256 * 1024;

export interface DkimKey {
  domain: string;
  selector: string;
  privateKey: KeyObject;
}

/** A key as it is kept: PKCS #8, DER. */
export function dkimPrivateKey(der: Buffer): KeyObject {
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}

/**
 * The mail with a signature on top.
 *
 * Shape    raw: with CRLF line ends, header first
 * Repeats  the same mail, key and second give the same bytes
 */
export async function signDkim(raw: Buffer, { domain, selector, privateKey }: DkimKey, at: Date): Promise<Buffer> {
  const end = raw.indexOf('\r\n\r\n');
  assert(end > 0, 'a mail has a header and a body');
  const headers = headerLines(raw.toString('latin1', 0, end));
  const body = raw.subarray(end + 4);
  const seconds = Math.floor(at.getTime() / SECOND_MS);
  const tags = [
    'v=1',
    'a=rsa-sha256',
    'c=relaxed/relaxed',
    `d=${domain}`,
    `s=${selector}`,
    `t=${String(seconds)}`,
    `h=${signedNames(headers).join(':')}`,
    `bh=${await bodyHash(body)}`,
    'b=',
  ];
  const unsigned = folded(tags);
  const what = [...signedValues(headers), relaxedHeader(unsigned)].join('\r\n');
  const signature = sign('rsa-sha256', Buffer.from(what, 'latin1'), privateKey).toString('base64');
  const lines = signature.match(new RegExp(`.{1,${String(LINE_CHARS_MAX)}}`, 'g')) ?? [];
  return Buffer.concat([Buffer.from(`${unsigned}${lines.join('\r\n ')}\r\n`, 'latin1'), raw]);
}

/** Each header with its folded lines, as it stands. */
function headerLines(block: string): string[] {
  return block.split(/\r\n(?![ \t])/);
}

function named(headers: readonly string[], name: string): string[] {
  const prefix = `${name.toLowerCase()}:`;
  return headers.filter((line) => line.toLowerCase().startsWith(prefix));
}

/** Each name as often as it occurs, and once more. */
function signedNames(headers: readonly string[]): string[] {
  return SIGNED_HEADERS.flatMap((name) => [...named(headers, name).map(() => name), name]);
}

/** From the bottom up, as RFC 6376 5.4.2 counts; a header that is not there adds nothing. */
function signedValues(headers: readonly string[]): string[] {
  return SIGNED_HEADERS.flatMap((name) => named(headers, name).toReversed().map(relaxedHeader));
}

/** RFC 6376 3.4.2 */
function relaxedHeader(line: string): string {
  const colon = line.indexOf(':');
  const value = line
    .slice(colon + 1)
    .replaceAll('\r\n', '')
    .replaceAll(/[ \t]+/g, ' ')
    .replace(/^ | $/g, '');
  return `${line.slice(0, colon).trimEnd().toLowerCase()}:${value}`;
}

/** RFC 6376 3.4.4. In pieces, with a pause between them: a mail with files is large, and hashing it at once would stop everybody else. */
async function bodyHash(body: Buffer): Promise<string> {
  const hash = createHash('sha256');
  let emptyLines = 0;
  for (let start = 0; start < body.length;) {
    const found = body.indexOf('\r\n', Math.min(start + PIECE_BYTES, body.length));
    const end = found < 0 ? body.length : found + 2;
    const lines = body.toString('latin1', start, end).split('\r\n').map(relaxedLine);
    // What stands behind the last line end is no line: the next piece begins there, or the mail is over.
    if (lines.at(-1) === '') lines.pop();
    const relaxed: string[] = [];
    for (const line of lines) {
      // Empty lines count only where something follows.
      if (line === '') emptyLines += 1;
      else {
        relaxed.push('\r\n'.repeat(emptyLines), line, '\r\n');
        emptyLines = 0;
      }
    }
    hash.update(relaxed.join(''), 'latin1');
    start = end;
    if (start < body.length) await breathe();
  }
  return hash.digest('base64');
}

function relaxedLine(line: string): string {
  return line.replaceAll(/[ \t]+/g, ' ').replace(/ $/, '');
}

/** The header with its tags on lines of their own, and long lists of names broken where the grammar lets them be. */
function folded(tags: readonly string[]): string {
  return `DKIM-Signature: ${tags.map((tag) => (tag.length > LINE_CHARS_MAX ? brokenAtColons(tag) : tag)).join(';\r\n ')}`;
}

function brokenAtColons(tag: string): string {
  const lines: string[] = [];
  let line = '';
  for (const part of tag.split(/(?<=:)/)) {
    if (line.length + part.length > LINE_CHARS_MAX) {
      lines.push(line);
      line = '';
    }
    line += part;
  }
  return [...lines, line].join('\r\n ');
}
