import { addressesOf, addressesInLines } from './mail-address.js';
import { oneLine } from './mail-words.js';
import { readMime } from './mime-reader.js';
import { MAIL_LIMITS, type MailAddress } from './parsed-mail.js';

/*
 * Whose a mail is that could not be read: the few lines that tell are found without any of what made it unreadable, and are read as a small
 * mail of their own.
 */

const LINES_KEPT = ['from', 'sender', 'return-path', 'subject', 'date'] as const;
/** A header is looked for here; a mail may be nothing else. */
const LOOKED_AT_BYTES_MAX = 256 * 1024;
const LINE_BYTES_MAX = 2 * 1024;
const SUBJECT_CHARS_MAX = 1_000;
const NAME_CHARS_MAX = 200;

export interface MailHead {
  from: MailAddress | null;
  subject: string;
  date: Date | null;
}

/** The lines of a mail's header that tell whose it is, as they stand. Linear; at most 10 KB. */
export function mailHead(raw: Buffer): Buffer {
  const kept = new Map<string, string>();
  let open: string | null = null;
  for (const line of linesOf(raw)) {
    if (line === '') break;
    if (open !== null && (line.startsWith(' ') || line.startsWith('\t'))) {
      kept.set(open, `${kept.get(open) ?? ''}\r\n${line}`.slice(0, LINE_BYTES_MAX));
      continue;
    }
    const name = line
      .slice(0, Math.max(0, line.indexOf(':')))
      .trimEnd()
      .toLowerCase();
    open = LINES_KEPT.some((one) => one === name) && !kept.has(name) ? name : null;
    if (open !== null) kept.set(open, line.slice(0, LINE_BYTES_MAX));
  }
  return Buffer.from([...kept.values(), '', ''].join('\r\n'), 'latin1');
}

/** What these lines say. Null when they say nothing. */
export async function readMailHead(head: Buffer): Promise<MailHead | null> {
  const mail = await readMime(head, MAIL_LIMITS);
  const returnPath = mail.headerLines.find(({ key }) => key === 'return-path')?.line ?? '';
  const address = addressesInLines([returnPath.slice(returnPath.indexOf(':') + 1)])[0];
  const from = addressesOf(mail.from)[0] ?? (address === undefined ? null : { address, name: null });
  const subject = oneLine(mail.subject ?? '', SUBJECT_CHARS_MAX);
  const date = mail.headers.has('date') && mail.date !== undefined && Number.isFinite(mail.date.getTime()) ? mail.date : null;
  if (from === null && subject === '' && date === null) return null;
  return { from: from && { address: from.address, name: from.name && oneLine(from.name, NAME_CHARS_MAX) }, subject, date };
}

function* linesOf(raw: Buffer): Generator<string> {
  const end = Math.min(raw.length, LOOKED_AT_BYTES_MAX);
  // Some mails begin with an empty line, or with the line of a mailbox file.
  let start = 0;
  while (start < end && (raw[start] === 0x0d || raw[start] === 0x0a)) start += 1;
  while (start < end) {
    const stop = raw.indexOf(0x0a, start);
    const lineEnd = stop === -1 || stop > end ? end : stop;
    yield raw.toString('latin1', start, Math.min(lineEnd, start + LINE_BYTES_MAX)).replace(/\r$/, '');
    start = lineEnd + 1;
  }
}
