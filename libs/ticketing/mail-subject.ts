/*
 * What a subject says once the words are off that programs put before it. Two mails are about the same thing when that is the same, so it is
 * compared, never stored and never shown.
 */

/** Only so much of a subject is looked at: a longer one differs before that, or not at all that matters. */
const SUBJECT_CHARS_MAX = 500;

/**
 * How programs mark an answer or something passed on.
 *
 * Source   subjects as mail programs write them in en, nl, de, fr, es, it, pt, pl, sv, da, no, fi, tr, zh
 */
const MARKS = new Set([
  ...[
    're',
    'fw',
    'fwd',
    'aw',
    'wg',
    'sv',
    'vs',
    'vb',
    'antw',
    'antwoord',
    'betr',
    'doorst',
    'dtrst',
    'tr',
    'rv',
    'enc',
    'res',
    'rif',
    'r',
    'i',
  ],
  ...['odp', 'pd', 'vl', 'ynt', 'ilt', 'ref', 'rép', 'réf', '回复', '转发', '答复'],
]);

const MARK_CHARS_MAX = 10;
/** `[External]`, the name of a list, our own number. */
const TAG_CHARS_MAX = 40;

/** A subject without the marks of answers and the tags before it, in lower case. */
export function bareSubject(subject: string): string {
  let rest = subject
    .slice(0, SUBJECT_CHARS_MAX)
    .normalize('NFKC')
    .replace(/\[#\d{1,12}\]/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .toLowerCase();
  for (let without = withoutFirstMark(rest); without !== rest; without = withoutFirstMark(rest)) rest = without;
  return rest;
}

/** Whether a mail speaks of something else than its conversation. A subject that nobody kept, or nobody wrote, says nothing. */
export function isOtherSubject(one: string, other: string): boolean {
  const [bare, bareOther] = [bareSubject(one), bareSubject(other)];
  return bare !== '' && bareOther !== '' && bare !== bareOther;
}

function withoutFirstMark(text: string): string {
  if (text.startsWith('[')) {
    const end = text.indexOf(']');
    // A subject that is nothing but a tag is its own.
    return end > 0 && end <= TAG_CHARS_MAX && end < text.length - 1 ? text.slice(end + 1).trimStart() : text;
  }
  const colon = text.indexOf(':');
  if (colon <= 0 || colon > MARK_CHARS_MAX) return text;
  const mark = text
    .slice(0, colon)
    .replace(/[[(]\d{1,3}[\])]$/, '')
    .trim();
  return MARKS.has(mark) ? text.slice(colon + 1).trimStart() : text;
}
