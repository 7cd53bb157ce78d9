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
  if (line.length > SEPARATOR_CHARS_MAX) return false;
  return known.has(wordsBetween(line)) && (/^[-_*=#]{2}/.test(line) || line.endsWith(':'));
}

/** The words of a separator without its dashes, which some programs leave out above a block of headers. */
export function isSeparatorsWords(line: string): boolean {
  return line.length <= SEPARATOR_CHARS_MAX && QUOTE_SEPARATORS.has(wordsBetween(line));
}

const SEPARATOR_CHARS_MAX = 120;

function wordsBetween(line: string): string {
  return line
    .replace(/^[-_*=#\s]{1,60}/, '')
    .replace(/[-_*=#:\s]{1,60}$/, '')
    .toLowerCase();
}

/** A line of nothing but dashes, as drawn above a quotation or a signature. */
export function isRule(line: string): boolean {
  return line.length >= 3 && line.length <= 120 && /^[-_=*]+$/.test(line);
}

/** As Chinese and Japanese write it. */
const WIDE_COLON = '：';

/** The label of a header line such as "Van: Piet", or null. */
export function labelOf(line: string): HeaderLabel | null {
  const plain = line.slice(0, 60).replaceAll('*', '').replaceAll(WIDE_COLON, ':').trimStart().toLowerCase();
  const colon = plain.indexOf(':');
  if (colon <= 0) return null;
  return HEADER_LABELS.get(plain.slice(0, colon).trim()) ?? null;
}

/** Cheap first look: could the line be the last of an announcement? */
export function mayEndAnnouncement(line: string): boolean {
  return [':', WIDE_COLON, '>', '---'].some((end) => line.endsWith(end)) || endsWithVerb(line.toLowerCase());
}

function endsWithVerb(line: string): boolean {
  return QUOTE_SAYS.some((verb) => line.endsWith(verb));
}

const DATE_FIRST =
  /^(?:\d{4}[年년] ?\d{1,2}[月월] ?\d{1,2}[日일]|\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{1,2} \p{L}{2,12}\.? \d{4}|\p{L}{2,12}\.?, \d{1,2} \p{L}{2,12}\.?,? \d{4})/u;

/** "2026-11-03 17:21 GMT+01:00 Anna": older Gmail says no more than that. */
const DATE_AND_NAME = /^\d{4}-\d{2}-\d{2} \d{1,2}:\d{2} gmt[+-]\d{1,2}:\d{2} \p{L}/u;

/** One line that says who wrote when, without a verb: such a line announces whatever stands below it. */
export function isBareAnnouncement(line: string): boolean {
  return line.length <= BARE_CHARS_MAX && DATE_AND_NAME.test(line.trim().toLowerCase());
}

const BARE_CHARS_MAX = 200;

/** One line that says who wrote when. */
export function isAnnouncement(line: string): boolean {
  const lower = line.toLowerCase().replaceAll(WIDE_COLON, ':');
  // Some programs leave the date out: then name, address and verb are all there is.
  if (!/\d/.test(lower)) return /@[^<>]{1,250}> ?\p{L}+ ?:$/u.test(lower) && QUOTE_SAYS.some((verb) => lower.includes(`> ${verb}`));
  if (lower.startsWith('----') && lower.endsWith('---')) return QUOTE_SAYS.some((verb) => lower.includes(` ${verb} `));
  const ends = lower.endsWith(':') || endsWithVerb(lower);
  const isDateFirst = DATE_FIRST.test(lower);
  if (isDateFirst && lower.includes('@')) return ends || lower.endsWith('>');
  if (!ends) return false;
  if (!saysSo(lower)) return false;
  if (isDateFirst || QUOTE_STARTS.some((start) => lower.startsWith(start))) return hasMoment(lower);
  // "Name <address> schrieb am …:", "… <address> wrote:"
  return lower.includes('@') && /[<([]/.test(lower);
}

/** "Anna wrote:", with nothing that tells when: no announcement by itself, but one where marked lines stand right below it. */
export function isSpeaker(line: string): boolean {
  const lower = line.trim().toLowerCase().replaceAll(WIDE_COLON, ':');
  return lower.length <= SPEAKER_CHARS_MAX && QUOTE_SAYS.some((verb) => lower.endsWith(`${verb}:`)) && saysSo(lower);
}

const SPEAKER_CHARS_MAX = 100;

/** A word of its own, but in scripts that put no space between words. */
function saysSo(lower: string): boolean {
  return SAYS_AS_WRITTEN.some((verb) => lower.includes(verb));
}

const SAYS_AS_WRITTEN = QUOTE_SAYS.flatMap((verb) =>
  /^[\p{scx=Han}\p{scx=Hangul}\p{scx=Hiragana}]/u.test(verb) ? [verb] : [' ', '\u202f', '>', ')'].map((before) => `${before}${verb}`),
);

/** A time of day or a year: "on the 2nd thought he wrote:" has neither. */
function hasMoment(lower: string): boolean {
  return /\d{1,2}[:.h]\d{2}/.test(lower) || /\b(?:19|20)\d{2}\b/.test(lower) || /\d{1,2}\/\d{1,2}/.test(lower);
}

/** "Sent from my iPhone" and the like. */
export function isSentFrom(line: string): boolean {
  const lower = line
    .trim()
    .replace(/^[-*_[(\s]{1,10}/, '')
    .replaceAll('[', '')
    .toLowerCase();
  return lower.length <= 100 && SENT_FROM.some((start) => lower.startsWith(start));
}

/** What is left at the end of a text and says nothing: drawn lines, and the sign some trackers leave. */
export function isResidue(line: string): boolean {
  const trimmed = line.trim();
  return trimmed === '\u1427' || (trimmed.length >= 2 && trimmed.length <= 120 && /^[-_=*~#+]+$/.test(trimmed));
}

/** A quoted line that a mail program broke in two without marking the second half: it goes on in the middle of a sentence. */
export function isBrokenOff(quoted: string, line: string): boolean {
  return quoted.length >= BROKEN_OFF_CHARS_MIN && /[\p{L},]$/u.test(quoted.trimEnd()) && /^\p{Ll}/u.test(line);
}

/** Programs break lines at 72 to 78 characters. */
const BROKEN_OFF_CHARS_MIN = 60;

/** "-- ", behind which a signature stands. */
export function isDelimiter(line: string): boolean {
  return /^(?:--|—|––)\s{0,3}$/.test(line);
}
