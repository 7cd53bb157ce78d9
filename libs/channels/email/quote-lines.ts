import { INDENTED } from './html-text.js';
import {
  FORWARD_SEPARATORS,
  HEADER_LABELS,
  QUOTE_SAYS,
  QUOTE_SEPARATORS,
  QUOTE_STARTS,
  SENT_FROM,
  type HeaderLabel,
} from './reply-markers.js';

/*
 * What a single line of a mail can be to `reply-text.ts`. Every question is a comparison with a word table or a pattern without nested
 * repetition, so that no line can make it slow.
 */

export type LineKind = 'blank' | 'quoted' | 'indented' | 'text';

/** What a line is, by how it begins. */
export function kindOf(line: string): LineKind {
  const trimmed = line.trim();
  if (trimmed === '') return 'blank';
  if (line.startsWith(INDENTED.trimEnd())) return 'indented';
  // The end of an announcement whose address was wrapped: "<anna@klant.example", ">:".
  if (trimmed === '>:') return 'text';
  return trimmed.startsWith('>') || trimmed.startsWith('| ') || trimmed === '|' ? 'quoted' : 'text';
}

/** "-----Original Message-----", "________ From:" and the like: words of the table between dashes or stars, or such words alone with a colon. */
export function isSeparator(line: string): boolean {
  return isSeparatorOf(line, QUOTE_SEPARATORS);
}

/** The same above a mail that is passed on: "---------- Forwarded message ---------". */
export function isForwardSeparator(line: string): boolean {
  return isSeparatorOf(line, FORWARD_SEPARATORS);
}

function isSeparatorOf(line: string, known: ReadonlySet<string>): boolean {
  if (line.length > 120) return false;
  const words = line
    .replace(/^[-_*=\s]{1,60}/, '')
    .replace(/[-_*=:\s]{1,60}$/, '')
    .toLowerCase();
  if (!known.has(words)) return false;
  return /^[-_*=]{2}/.test(line) || line.endsWith(':');
}

/** A line of nothing but dashes, as drawn above a quotation or a signature. */
export function isRule(line: string): boolean {
  return line.length >= 3 && line.length <= 120 && /^[-_=*]+$/.test(line);
}

/** The label of a header line such as "Van: Piet", or null. */
export function labelOf(line: string): HeaderLabel | null {
  const plain = line.slice(0, 60).replaceAll('*', '').trimStart().toLowerCase();
  const colon = plain.indexOf(':');
  if (colon <= 0) return null;
  return HEADER_LABELS.get(plain.slice(0, colon).trim()) ?? null;
}

/** Cheap first look: could the line be the last of an announcement? */
export function mayEndAnnouncement(line: string): boolean {
  return line.endsWith(':') || line.endsWith('>') || line.endsWith('----') || endsWithVerb(line.toLowerCase());
}

function endsWithVerb(line: string): boolean {
  return QUOTE_SAYS.some((verb) => line.endsWith(verb));
}

const DATE_FIRST =
  /^(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{1,2} \p{L}{2,12}\.? \d{4}|\p{L}{2,12}\.?, \d{1,2} \p{L}{2,12}\.?,? \d{4})/u;

/** One line that says who wrote when. */
export function isAnnouncement(line: string): boolean {
  const lower = line.toLowerCase();
  // Some programs leave the date out: then name, address and verb are all there is.
  if (!/\d/.test(lower)) return /@[^<>]{1,250}> ?\p{L}+ ?:$/u.test(lower) && QUOTE_SAYS.some((verb) => lower.includes(`> ${verb}`));
  if (lower.startsWith('----') && lower.endsWith('----')) return QUOTE_SAYS.some((verb) => lower.includes(` ${verb} `));
  const ends = lower.endsWith(':') || endsWithVerb(lower);
  const isDateFirst = DATE_FIRST.test(lower);
  if (isDateFirst && lower.includes('@')) return ends || lower.endsWith('>');
  if (!ends) return false;
  const says = QUOTE_SAYS.some((verb) => lower.includes(` ${verb}`) || lower.includes(`\u202f${verb}`));
  if (!says) return false;
  if (isDateFirst || QUOTE_STARTS.some((start) => lower.startsWith(start))) return hasMoment(lower);
  // "Name <address> schrieb am …:", "… <address> wrote:"
  return lower.includes('@') && lower.includes('<');
}

/** A time of day or a year: "on the 2nd thought he wrote:" has neither. */
function hasMoment(lower: string): boolean {
  return /\d{1,2}[:.h]\d{2}/.test(lower) || /\b(?:19|20)\d{2}\b/.test(lower) || /\d{1,2}\/\d{1,2}/.test(lower);
}

/** "Sent from my iPhone" and the like. */
export function isSentFrom(line: string): boolean {
  const lower = line
    .trim()
    .replace(/^[-*_\s]{1,10}/, '')
    .toLowerCase();
  return lower.length <= 100 && SENT_FROM.some((start) => lower.startsWith(start));
}

/** "-- ", behind which a signature stands. */
export function isDelimiter(line: string): boolean {
  return /^(?:--|—|––)\s{0,3}$/.test(line);
}
