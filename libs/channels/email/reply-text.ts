import { htmlToText, INDENTED, QUOTE_BEGINS } from './html-text.js';
import {
  isAnnouncement,
  isBareAnnouncement,
  isBrokenOff,
  isDelimiter,
  isResidue,
  isRule,
  isSentFrom,
  isSeparator,
  isSeparatorsWords,
  isSpeaker,
  kindOf,
  labelOf,
  mayEndAnnouncement,
  type LineKind,
} from './quote-lines.js';
import type { HeaderLabel } from './reply-markers.js';

/*
 * What is new in an answer, and what it quotes.
 *
 * Lines are looked at once, from the top, for the first sign of a quotation:
 *   - a separator ("-----Original Message-----"), or the block of From/Sent/To/Subject lines Outlook writes: all below is quoted
 *   - a line that says who wrote when ("Op … schreef …:"), on up to four lines: what is quoted below it is known by its ">", and where
 *     there is no ">" all below is quoted
 *   - lines with ">" and nothing above them that announces them
 * Text between or below quoted lines means that the customer answered in between: then nothing is cut, because half an answer is worse
 * than a long one. The same when nothing would be left.
 *
 * Nothing here backtracks: each line is compared with word tables, and an announcement is joined from at most four lines of at most 300
 * characters. `linesExamined` counts the work so that a test can hold it to that.
 */

const LINES_MAX = 2_000;
const CHARS_MAX = 200_000;
const ANNOUNCEMENT_LINES_MAX = 4;
const ANNOUNCEMENT_CHARS_MAX = 300;
const HEADER_BLOCK_LINES_MAX = 12;
/** Lines in a header block that have no label of it: folded ones, and fields we have no word for. */
const STRANGERS_MAX = 2;
const SIGNATURE_LINES_MAX = 12;

export interface SplitReply {
  /** What the customer wrote now. Never empty when the mail is not. */
  reply: string;
  /** The rest: quotation, signature behind "-- ", advertisement of the device. Null when nothing was cut. */
  quoted: string | null;
}

/**
 * Split an answer into what is new and what it quotes. HTML is looked at first, because it shows what the mail program meant.
 *
 * Never call it for the first mail of a conversation: what looks like a quotation there is what the customer wants to show.
 *
 * Shape    `text` and `html` of the same mail; `text` may be empty when there is HTML
 * Limits   2,000 lines and 200,000 characters are examined, in linear time; what lies beyond belongs to whichever side it falls on
 */
export function splitReply(text: string, html?: string | null): SplitReply {
  if (html !== undefined && html !== null && html.trim() !== '') {
    const fromHtml = htmlToText(html.slice(0, CHARS_MAX * 2), { marksQuotes: true });
    const split = new ReplySplitter(fromHtml.text).split();
    if (fromHtml.hasQuote || split.quoted !== null || text.trim() === '') return tidy(split);
  }
  return tidy(new ReplySplitter(text).split());
}

function isResidueBelow(lines: readonly string[], from: number, to: number): boolean {
  return lines.slice(from, to).some((line) => isResidue(line));
}

/** The marks of `htmlToText` are between it and us: no reader sees them. */
function tidy(split: SplitReply): SplitReply {
  const clean = (text: string): string =>
    text
      .split('\n')
      .filter((line) => line !== QUOTE_BEGINS)
      .map((line) => (line.startsWith(INDENTED.trimEnd()) ? line.slice(INDENTED.length) : line))
      .join('\n')
      .trim();
  return { reply: clean(split.reply), quoted: split.quoted === null ? null : clean(split.quoted) || null };
}

interface Announcement {
  start: number;
  /** Exclusive. */
  end: number;
  /** A mail address stands in it: then it announces a quotation even where the quoted lines carry no mark. */
  isCertain: boolean;
}

/** One use per text; separate from `splitReply` so that the work done can be counted. */
export class ReplySplitter {
  linesExamined = 0;
  private readonly lines: string[];
  private readonly kinds: LineKind[];
  private readonly rest: string;

  constructor(private readonly text: string) {
    const scanned = text.slice(0, CHARS_MAX).replaceAll('\r\n', '\n').replaceAll('\r', '\n').replaceAll('\u00a0', ' ');
    const all = scanned.split('\n');
    this.lines = all.slice(0, LINES_MAX);
    this.rest = [...all.slice(LINES_MAX)].join('\n') + text.slice(CHARS_MAX);
    this.kinds = this.lines.map((line) => kindOf(line));
  }

  split(): SplitReply {
    const end = this.findQuotation();
    const { from, to } = this.withoutSignature(end);
    const reply = this.lines.slice(from, to).join('\n').trim();
    const isWhole = from === 0 && to === this.lines.length;
    if (isWhole || reply === '') return { reply: this.text.trim(), quoted: null };
    const quoted = [...this.lines.slice(0, from), ...this.lines.slice(to), ...(this.rest === '' ? [] : [this.rest])].join('\n').trim();
    return { reply, quoted: quoted === '' ? null : quoted };
  }

  /** The range of lines that are not quotation. */
  private findQuotation(): { from: number; to: number } {
    const whole = { from: 0, to: this.lines.length };
    for (let index = 0; index < this.lines.length; index += 1) {
      this.linesExamined += 1;
      const line = this.lines[index] ?? '';
      if (line === QUOTE_BEGINS || this.beginsForGood(index)) return { from: 0, to: this.withoutRule(index) };
      const announcement = this.announcementEndingAt(index);
      if (announcement !== null) {
        const range = this.afterAnnouncement(announcement);
        if (range !== null) return range;
      }
      if (this.kinds[index] === 'quoted') return this.trailingQuote(index);
    }
    return whole;
  }

  /** A separator or a header block: everything below is quoted, whatever it looks like. */
  private beginsForGood(index: number): boolean {
    if (this.kinds[index] === 'blank') return false;
    const line = (this.lines[index] ?? '').trim();
    if (index > 0 && isBareAnnouncement(line)) return true;
    return isSeparator(line) || this.isHeaderBlock(index);
  }

  /** A rule drawn above the quotation, or what would be a separator with dashes, goes with it. */
  private withoutRule(index: number): number {
    const above = this.lastNotBlank(index);
    const line = (this.lines[above] ?? '').trim();
    return above >= 0 && (isRule(line) || isSeparatorsWords(line)) ? above : index;
  }

  private isHeaderBlock(start: number): boolean {
    const first = labelOf(this.lines[start] ?? '');
    if (first === null) return false;
    const seen = new Set<HeaderLabel>([first]);
    // To may begin it only where nothing else stands between: a person may write "To:" as well.
    let strangers = first === 'to' ? STRANGERS_MAX : 0;
    const end = Math.min(this.lines.length, start + HEADER_BLOCK_LINES_MAX);
    for (let index = start + 1; index < end && strangers <= STRANGERS_MAX; index += 1) {
      this.linesExamined += 1;
      if (this.kinds[index] === 'blank') {
        strangers += seen.size > 1 ? 1 : 0;
        continue;
      }
      const label = labelOf(this.lines[index] ?? '');
      if (label === null) strangers += 1;
      else seen.add(label);
      if (seen.size >= 3 && seen.has('from')) return true;
    }
    return false;
  }

  /** The announcement whose last line is `end`; the latest possible start wins, so that text above it is never swallowed. */
  private announcementEndingAt(end: number): Announcement | null {
    const last = (this.lines[end] ?? '').trimEnd();
    if (this.kinds[end] !== 'text' || !mayEndAnnouncement(last)) return null;
    let joined = '';
    let undated: Announcement | null = null;
    for (let start = end; start >= 0 && start > end - ANNOUNCEMENT_LINES_MAX; start -= 1) {
      this.linesExamined += 1;
      if (this.kinds[start] !== 'text') break;
      joined = `${(this.lines[start] ?? '').trim()} ${joined}`.trim();
      if (joined.length > ANNOUNCEMENT_CHARS_MAX) break;
      if (!isAnnouncement(joined)) continue;
      const found = { start, end: end + 1, isCertain: /[@<]/.test(joined) || joined.startsWith('----') };
      if (/\d/.test(joined)) return found;
      // The date may stand on the line above.
      undated ??= found;
    }
    return undated;
  }

  private afterAnnouncement(announcement: Announcement): { from: number; to: number } | null {
    const next = this.nextNotBlank(announcement.end);
    if (next >= 0 && (this.kinds[next] === 'quoted' || this.kinds[next] === 'indented')) {
      this.kinds.forEach((kind, index) => {
        if (index >= next && kind === 'indented') this.kinds[index] = 'quoted';
      });
      return this.aroundQuote(announcement.start, next);
    }
    return announcement.isCertain || next < 0 ? { from: 0, to: announcement.start } : null;
  }

  /** Quoted lines that nothing announces are cut at the end of a mail only: elsewhere the writer cites something. */
  private trailingQuote(quote: number): { from: number; to: number } {
    const above = this.lastNotBlank(quote);
    const start = above >= 0 && isSpeaker(this.lines[above] ?? '') ? above : quote;
    const range = this.aroundQuote(start, quote);
    return range.from > 0 ? { from: 0, to: this.lines.length } : range;
  }

  /** Quoted lines begin at `quote`; `start` is where what announces them begins. */
  private aroundQuote(start: number, quote: number): { from: number; to: number } {
    let end = quote;
    for (let index = quote; index < this.lines.length; index += 1) {
      this.linesExamined += 1;
      const isQuoted = this.kinds[index] === 'quoted' || this.isWrapped(index);
      if (isQuoted) end = index + 1;
      else if (this.kinds[index] !== 'blank') break;
    }
    const below = this.nextNotBlank(end);
    if (below < 0 || this.isSignature(below)) return { from: 0, to: start };
    const hasTextAbove = this.kinds.some((kind, index) => index < start && kind !== 'blank');
    const isQuotedAgain = this.kinds.some((kind, index) => index > below && kind === 'quoted');
    return hasTextAbove || isQuotedAgain ? { from: 0, to: this.lines.length } : { from: below, to: this.lines.length };
  }

  /** A line without a mark between two quoted ones, that goes on where the first was broken off. */
  private isWrapped(index: number): boolean {
    const isBetween = this.kinds[index] === 'text' && this.kinds[index - 1] === 'quoted' && this.kinds[index + 1] === 'quoted';
    return isBetween && isBrokenOff(this.lines[index - 1] ?? '', this.lines[index] ?? '');
  }

  private withoutSignature(range: { from: number; to: number }): { from: number; to: number } {
    let to = range.to;
    for (let index = to - 1; index >= range.from && index >= to - SIGNATURE_LINES_MAX; index -= 1) {
      this.linesExamined += 1;
      if (isDelimiter(this.lines[index] ?? '') && this.hasText(range.from, index)) {
        to = index;
        break;
      }
    }
    let last = to - 1;
    while (last >= range.from && (this.kinds[last] === 'blank' || isResidue(this.lines[last] ?? ''))) last -= 1;
    if (last >= range.from && isResidueBelow(this.lines, last + 1, to)) to = last + 1;
    if (last > range.from && isSentFrom(this.lines[last] ?? '') && this.hasText(range.from, last)) to = last;
    return { from: range.from, to };
  }

  private lastNotBlank(before: number): number {
    let index = before - 1;
    while (index >= 0 && this.kinds[index] === 'blank') index -= 1;
    return index;
  }

  private nextNotBlank(from: number): number {
    for (let index = from; index < this.kinds.length; index += 1) if (this.kinds[index] !== 'blank') return index;
    return -1;
  }

  private hasText(from: number, to: number): boolean {
    return this.kinds.some((kind, index) => index >= from && index < to && kind !== 'blank');
  }

  private isSignature(index: number): boolean {
    return isDelimiter(this.lines[index] ?? '') || isRule((this.lines[index] ?? '').trim());
  }
}
