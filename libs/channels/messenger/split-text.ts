/*
 * A long text becomes several messages. Each is cut where a reader pauses: behind the last sentence that fits, else at the last white
 * space, else between two characters as people count them, so that no emoji and no accent is torn apart. The white space at a cut goes;
 * everything else stays.
 */

/** Sentence rules look at what follows: this much is enough for them to see whether a sentence has ended. */
const LOOKAHEAD_LENGTH = 64;

const sentences = new Intl.Segmenter(undefined, { granularity: 'sentence' });
const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/**
 * Cut `text` into pieces that fit.
 *
 * Shape    in order, none empty; none at all for a text of white space
 * Units    lengthMax: UTF-16 units
 */
export function splitText(text: string, lengthMax: number): string[] {
  const pieces: string[] = [];
  let rest = trimStart(text).trimEnd();
  while (rest.length > lengthMax) {
    const cut = cutIn(rest.slice(0, lengthMax + LOOKAHEAD_LENGTH), lengthMax);
    pieces.push(rest.slice(0, cut).trimEnd());
    rest = trimStart(rest.slice(cut));
  }
  if (rest !== '') pieces.push(rest);
  return pieces;
}

function cutIn(beginning: string, lengthMax: number): number {
  const ends = endsWithin(graphemes, beginning, lengthMax);
  const whole = new Set(ends);
  const behindSentence = endsWithin(sentences, beginning, lengthMax).findLast((end) => whole.has(end));
  if (behindSentence !== undefined) return behindSentence;
  const atSpace = ends.findLast((end) => isSpace(beginning[end - 1]) || isSpace(beginning[end]));
  return atSpace ?? ends.at(-1) ?? betweenPairs(beginning, lengthMax);
}

/** Where segments end that fit. A sentence's own white space may stand beyond the limit: it goes at the cut anyway. */
function endsWithin(segmenter: Intl.Segmenter, text: string, lengthMax: number): number[] {
  const ends: number[] = [];
  for (const { index, segment } of segmenter.segment(text)) {
    const end = index + segment.length;
    // The last segment was ended by the look-ahead, not by the text.
    if (end === text.length) break;
    const endWithoutSpace = index + segment.trimEnd().length;
    if (endWithoutSpace > lengthMax) break;
    ends.push(Math.min(end, Math.max(endWithoutSpace, lengthMax)));
  }
  return ends;
}

// One "character" longer than a whole message, made of hundreds of accents: it is cut all the same, but not inside a code point.
function betweenPairs(text: string, lengthMax: number): number {
  const isInsidePair = /[\uD800-\uDBFF]/.test(text[lengthMax - 1] ?? '') && /[\uDC00-\uDFFF]/.test(text[lengthMax] ?? '');
  return isInsidePair ? lengthMax - 1 : lengthMax;
}

function isSpace(character: string | undefined): boolean {
  return character !== undefined && /\s/.test(character);
}

/** White space that carries an accent is a character of its own. */
function trimStart(text: string): string {
  return text.replace(/^(?:\s(?![\p{M}\u200D]))+/u, '');
}
