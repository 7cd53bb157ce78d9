import { Refusal } from '#platform';
import type { Channel } from '#channels';

/** What an agent wrote as HTML, tidied: its words, and which of the uploads it shows in their place, by position. */
export interface WrittenHtml {
  html: string;
  text: string;
  shown: ReadonlySet<number>;
}

/** Only in a `src`, with or without quotes, as browsers write it. */
const UPLOAD = /\bsrc\s*=\s*(["']?)upload:([0-9a-f-]{1,64})\1/gi;

/**
 * Tidy what an agent wrote. A picture in it can only be one of the uploads that this very reply takes along: nobody gets at another file by
 * naming it.
 *
 * Shape    `cid:{position}` in place of `upload:{id}`
 * Errors   unprocessable `no_such_upload`; `html_not_possible` where the channel knows none
 */
export function tidyWritten(channel: Channel, written: string, uploadIds: readonly string[]): WrittenHtml {
  if (channel.tidy === undefined) throw new Refusal('unprocessable', 'html_not_possible', 'This channel carries plain text only.');
  const named = written.replaceAll(UPLOAD, (_, _quote, id: string) => {
    const position = uploadIds.indexOf(id.toLowerCase());
    if (position < 0) throw noSuchUpload();
    return `src="cid:${String(position)}"`;
  });
  const { html, text, pictures } = channel.tidy(named);
  const shown = new Set<number>();
  for (const picture of pictures) {
    const position = /^\d{1,2}$/.test(picture) ? Number(picture) : -1;
    if (position < 0 || position >= uploadIds.length || String(position) !== picture) throw noSuchUpload();
    shown.add(position);
  }
  return { html, text, shown };
}

function noSuchUpload(): Refusal {
  return new Refusal('unprocessable', 'no_such_upload', 'A picture in the text is not among the attached files. Put it in again.');
}
