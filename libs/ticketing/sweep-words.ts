type Sentence = (count: string) => string;

/** Why a look through a page's archive ended before its end, or what is missing of what it found, in a sentence for people. */
const SENTENCES: Readonly<Record<string, Sentence>> = {
  archive_refused: () => 'Facebook did not let us look through the page’s archive.',
  our_fault: () => 'Something went wrong on our side. Try again, and tell whoever runs this installation if it happens again.',
  connection_gone: () => 'This page is no longer connected.',
  untold: (count) =>
    count === '1'
      ? 'Facebook no longer tells what one of the older messages said.'
      : `Facebook no longer tells what ${count} of the older messages said.`,
  needs_reconnecting: () => 'Facebook no longer accepts the connection to this page. Reconnect the page, then look through it again.',
  permission_missing: () =>
    'Omnidesk lacks Facebook’s permission for this. An admin of the page has to connect it again and allow everything.',
  page_restricted: () => 'Facebook has restricted this page. Look in the page’s support inbox.',
  try_later: () => 'Facebook is busy or limits how fast we may ask, and was so for a day. Start it again later.',
};

/** A problem as it is kept: its code, then what it is about. */
export function readSweepProblem(kept: string): { code: string; names: string[]; sentence: string } {
  const [code = '', ...names] = kept.split(' ');
  return { code, names, sentence: (SENTENCES[code] ?? SENTENCES['archive_refused']!)(names[0] ?? '') };
}
