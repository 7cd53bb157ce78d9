/*
 * Pictures inside HTML that was sanitised: it writes attributes in double quotes, and leaves no other way to name a picture of the mail.
 */

const PICTURE = /src="cid:([^"]*)"/g;
const REMOTE = / data-remote-src="[^"]*"/g;
const ESCAPES: readonly [string, string][] = [
  ['&quot;', '"'],
  ['&#39;', "'"],
  ['&lt;', '<'],
  ['&gt;', '>'],
  ['&amp;', '&'],
];

/** The content ids that sanitised HTML shows, each once. */
export function cidsIn(html: string): string[] {
  return [...new Set(Array.from(html.matchAll(PICTURE), (match) => unescaped(match[1]!)))];
}

/**
 * Sanitised HTML with its pictures named anew. A picture without a new name shows nothing, and nothing that lies elsewhere is fetched by
 * whoever reads the result: what was remote stays behind.
 */
export function renameCids(html: string, names: ReadonlyMap<string, string>): string {
  return html.replaceAll(REMOTE, '').replaceAll(PICTURE, (_, cid: string) => {
    const name = names.get(unescaped(cid)) ?? names.get(decoded(unescaped(cid)));
    return name === undefined ? '' : `src="cid:${name}"`;
  });
}

function unescaped(text: string): string {
  return ESCAPES.reduce((plain, [escape, character]) => plain.replaceAll(escape, character), text);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
