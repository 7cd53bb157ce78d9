import { plainAddress } from './mail-address.js';
import { displayName, oneLine } from './mail-words.js';
import { isForwardSeparator, isRule, isSeparator, labelOf } from './quote-lines.js';
import type { HeaderLabel } from './reply-markers.js';

/*
 * A mail that passes another on: what is said above it, and whose the mail below is.
 *
 * The lines are looked at once, from the top, for a header block: lines of labels ("Van:", "Datum:", "Aan:") of which one says From. It is
 * a forward when a line above the block says so ("---------- Forwarded message"), or when the subject begins as forwards do and nothing
 * says "original message"; an answer has such a block as well, and is none.
 *
 * Whoever wrote the mail wrote all of this. That the author below is who he seems is for the caller to believe, of an agent for example.
 */

export interface ForwardedMail {
  /** What is written above the forwarded mail; '' when nothing is. */
  note: string;
  from: { address: string | null; name: string | null };
  to: { address: string | null; name: string | null }[];
  cc: { address: string | null; name: string | null }[];
  subject: string | null;
  /** As the mail program wrote it: in any language and form. */
  sentWritten: string | null;
  /** The forwarded text below the header block. */
  text: string;
}

const LINES_MAX = 2_000;
const CHARS_MAX = 200_000;
const BLOCK_LINES_MAX = 20;
/** Lines between "forwarded message" and its header block. */
const GAP_LINES_MAX = 3;
const VALUE_CHARS_MAX = 2_000;
const SUBJECT_CHARS_MAX = 1_000;
const PEOPLE_MAX = 50;
const NAME_CHARS_MAX = 200;

/** How subjects of forwards begin. Source: Outlook, Gmail, Apple Mail and Thunderbird in the nine languages, and what people type. */
const PREFIXES = new Set([
  ...[
    'fwd',
    'fw',
    'forward',
    'doorst',
    'doorgest',
    'dooorst',
    'fs',
    'wg',
    'wtr',
    'weitergel',
    'tr',
    'transf',
    'rv',
    'reenv',
    'i',
    'inoltro',
  ],
  ...['enc', 'res fwd', 'pd', 'przek', 'vb', 'vs', 'vid', 'videres'],
]);
const CC_LABELS = new Set(['cc', 'kopia', 'kopi', 'dw', 'kopie', 'copie', 'copie à', 'copia', 'копия', 'bcc']);

interface Block {
  start: number;
  /** Exclusive: where the text of the forwarded mail begins. */
  end: number;
  values: Map<HeaderLabel | 'cc', string>;
}

/**
 * The mail that this one passes on; null when it is no forward.
 *
 * Shape    `text` is the whole text of the mail; `subject` decides only where nothing in the text says "forwarded"
 * Limits   2,000 lines and 200,000 characters are examined, in linear time; the text below is never cut
 */
export function readForwarded(text: string, subject: string): ForwardedMail | null {
  const all = text.replaceAll('\r\n', '\n').replaceAll('\u00a0', ' ').split('\n');
  const lines = all.slice(0, linesWithin(all));
  const saysForward = isForwardSubject(subject);
  for (let index = 0; index < lines.length; index += 1) {
    const line = unquoted(lines[index] ?? '').trim();
    const isForward = isForwardSeparator(line);
    // "Original message" stands above answers; only Outlook's forwards have it as well, and their subject says what they are.
    if (!isForward && !(saysForward && (isSeparator(line) || labelOf(line) !== null))) continue;
    const block = isForward || isSeparator(line) ? blockBelow(lines, index) : blockAt(lines, index);
    if (block !== null) return forwarded(all, { ...block, start: index });
  }
  return null;
}

function linesWithin(all: readonly string[]): number {
  let chars = 0;
  for (let index = 0; index < Math.min(all.length, LINES_MAX); index += 1) {
    chars += (all[index] ?? '').length + 1;
    if (chars > CHARS_MAX) return index;
  }
  return Math.min(all.length, LINES_MAX);
}

/** Does the subject begin as that of a forward? "Re: Fwd: …" is an answer to one. */
export function isForwardSubject(subject: string): boolean {
  const colon = subject.slice(0, 30).indexOf(':');
  return (
    colon > 0 &&
    PREFIXES.has(
      subject
        .slice(0, colon)
        .replaceAll(/[[\]\d()]/g, '')
        .trim()
        .toLowerCase(),
    )
  );
}

function blockBelow(lines: readonly string[], separator: number): Block | null {
  for (let index = separator + 1; index <= separator + 1 + GAP_LINES_MAX && index < lines.length; index += 1) {
    if (labelOf(unquoted(lines[index] ?? '')) !== null) return blockAt(lines, index);
  }
  return null;
}

/** The header block that begins here: at least From and one more. */
function blockAt(lines: readonly string[], start: number): Block | null {
  const values = new Map<HeaderLabel | 'cc', string>();
  let last: HeaderLabel | 'cc' | null = null;
  let index = start;
  for (; index < lines.length && index < start + BLOCK_LINES_MAX; index += 1) {
    const line = unquoted(lines[index] ?? '');
    if (line.trim() === '') {
      // Some programs leave a line free between the labels.
      const isOver = labelOf(unquoted(lines[index + 1] ?? '')) === null || values.size >= 4;
      if (isOver) break;
      continue;
    }
    const label = labelOf(line);
    if (label === null) {
      if (last === null) return null;
      values.set(last, `${values.get(last) ?? ''} ${line.trim()}`.slice(0, VALUE_CHARS_MAX));
      continue;
    }
    const plain = line.replaceAll('*', '');
    const kind = CC_LABELS.has(plain.slice(0, plain.indexOf(':')).trim().toLowerCase()) ? 'cc' : label;
    // The same label again is the text already: "From: …" in a mail about mail.
    if (values.has(kind) && kind !== 'cc' && kind !== 'sent') break;
    if (!values.has(kind))
      values.set(
        kind,
        plain
          .slice(plain.indexOf(':') + 1)
          .trim()
          .slice(0, VALUE_CHARS_MAX),
      );
    last = kind;
  }
  return values.has('from') && values.size >= 2 ? { start, end: index, values } : null;
}

function forwarded(lines: readonly string[], { start, end, values }: Block): ForwardedMail {
  const above = lines.slice(0, start);
  while (above.length > 0 && isRuleOrBlank(above.at(-1) ?? '')) above.pop();
  const below = lines.slice(end);
  // Apple Mail quotes what it forwards; then the marks are the program's, not the author's.
  const isQuoted = (lines[start] ?? '').startsWith('>') || below.every((line) => line.trim() === '' || line.startsWith('>'));
  return {
    note: above.join('\n').trim(),
    from: peopleIn(values.get('from') ?? '')[0] ?? { address: null, name: null },
    to: peopleIn(values.get('to') ?? ''),
    cc: peopleIn(values.get('cc') ?? ''),
    subject: oneLine(values.get('subject') ?? '', SUBJECT_CHARS_MAX) || null,
    sentWritten: oneLine(values.get('sent') ?? '', NAME_CHARS_MAX) || null,
    text: (isQuoted ? below.map(unquoted) : below).join('\n').trim(),
  };
}

function isRuleOrBlank(line: string): boolean {
  return line.trim() === '' || isRule(line.trim());
}

function unquoted(line: string): string {
  return line.startsWith('> ') ? line.slice(2) : line.startsWith('>') ? line.slice(1) : line;
}

const ADDRESS = /(?:mailto:)?([^\s<>[\]()"',;:]{1,64}@[^\s<>[\]()"',;:]{1,255})/gi;

/** "Anna <a@x>", "Anna [mailto:a@x]", "a@x <mailto:a@x>", "Anna (a@x)", "a@x", "Anna": one or several, between ";" or ",". */
function peopleIn(value: string): { address: string | null; name: string | null }[] {
  return separated(value)
    .slice(0, PEOPLE_MAX)
    .map((one) => {
      // The address in brackets counts; one before it is part of a name, and names say what they like.
      const found = [...one.matchAll(ADDRESS)];
      const chosen = found.findLast((match) => /[<[(]$/.test(one.slice(0, match.index).trimEnd())) ?? found[0];
      const address = plainAddress((chosen?.[1] ?? '').replace(/\.+$/, ''));
      const before = chosen === undefined ? one : one.slice(0, chosen.index);
      const name = displayName(before.replaceAll(/["<>[\]()*]|mailto:/gi, ' '), NAME_CHARS_MAX)
        .replace(/^'(.*)'$/, '$1')
        .trim();
      return { address, name: name === '' || name === address ? null : name };
    })
    .filter(({ address, name }) => address !== null || name !== null);
}

/** Split at ";" and "," outside quotes and brackets; "Vries, Anna de <a@x>" is one, because a name without an address waits for one. */
function separated(value: string): string[] {
  const found: string[] = [];
  let current: string[] = [];
  let depth = 0;
  let isQuoted = false;
  for (const character of value) {
    if (character === '"') isQuoted = !isQuoted;
    else if (character === '<' || character === '[' || character === '(') depth += 1;
    else if (character === '>' || character === ']' || character === ')') depth = Math.max(0, depth - 1);
    const isEnd = !isQuoted && depth === 0 && (character === ';' || (character === ',' && current.includes('@')));
    if (!isEnd) current.push(character);
    else {
      found.push(current.join(''));
      current = [];
    }
  }
  found.push(current.join(''));
  return found.filter((one) => one.trim() !== '');
}
