/**
 * How many messages a text becomes. It is cut as the server cuts it: behind the last sentence that fits, else at the last white space, else
 * where it must; the white space at a cut goes.
 *
 * Units  UTF-16 units, as Messenger counts them
 */
export function countParts(text: string, partLengthMax: number | null): number {
  let rest = text.trim();
  if (rest === '') return 0;
  if (partLengthMax === null) return 1;
  let parts = 1;
  while (rest.length > partLengthMax) {
    rest = rest.slice(cutIn(rest.slice(0, partLengthMax + LOOKAHEAD_LENGTH), partLengthMax)).trimStart();
    if (rest === '') break;
    parts += 1;
  }
  return parts;
}

/** Whether a sentence has ended is seen only in what follows it. */
const LOOKAHEAD_LENGTH = 64;

let sentences: Intl.Segmenter | undefined;

function cutIn(beginning: string, lengthMax: number): number {
  // Made when the first long text is typed: most never need it.
  sentences ??= new Intl.Segmenter(undefined, { granularity: 'sentence' });
  let cut = 0;
  for (const { index, segment } of sentences.segment(beginning)) {
    const end = index + segment.length;
    if (end === beginning.length || index + segment.trimEnd().length > lengthMax) break;
    cut = end;
  }
  if (cut > 0) return cut;
  const space = beginning.slice(0, lengthMax + 1).search(/\s\S*$/u);
  return space > 0 ? space : lengthMax;
}
