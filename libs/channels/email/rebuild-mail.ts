import { createHash } from 'node:crypto';
import MailComposer from 'nodemailer/lib/mail-composer';
import { cutAt } from './mail-words.js';

/** What a provider tells of a mail that it has taken apart. */
export interface MailInParts {
  /** In the order of the mail, decoded or not: as the provider gives them. */
  headers: readonly (readonly [name: string, value: string])[];
  text: string | null;
  html: string | null;
  files: readonly { name: string; mediaType: string; content: Buffer; contentId: string | null }[];
}

const HEADERS_MAX = 500;
const HEADER_CHARS_MAX = 32 * 1024;
const BOUNDARY_CHARS = 16;
/** These describe how the original was put together; the rebuilt one is put together anew. */
const OF_THE_BODY = new Set(['content-type', 'content-transfer-encoding', 'content-disposition', 'content-id', 'mime-version']);

/**
 * A mail put together again from its parts, so that it is read as every other. Signatures over its body cannot be checked any more.
 *
 * Limits   500 headers of 32 KiB
 * Repeats  the same parts give the same bytes
 */
export async function rebuildMail({ headers, text, html, files }: MailInParts): Promise<Buffer> {
  const lines = headers
    .slice(0, HEADERS_MAX)
    .filter(([name]) => /^[\x21-\x39\x3b-\x7e]{1,100}$/.test(name) && !OF_THE_BODY.has(name.toLowerCase()))
    .map(([name, value]) => `${name}: ${headerValue(value)}`);
  const composer = new MailComposer({
    ...(text === null ? {} : { text }),
    ...(html === null ? {} : { html }),
    attachments: files.map(({ name, mediaType, content, contentId }) => ({
      filename: name,
      contentType: mediaType,
      content,
      ...(contentId === null ? {} : { cid: contentId }),
    })),
    disableFileAccess: true,
    disableUrlAccess: true,
    newline: 'win',
    baseBoundary: createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, BOUNDARY_CHARS),
  });
  const node = composer.compile();
  // Our own headers would stand beside the sender's.
  for (const name of ['Date', 'Message-ID', 'From', 'To', 'Subject']) node.setHeader(name, '');
  const body = (await node.build()).toString('latin1');
  const end = body.indexOf('\r\n\r\n');
  const ofTheBody = unfolded(body.slice(0, end)).filter((line) => OF_THE_BODY.has(line.slice(0, line.indexOf(':')).toLowerCase()));
  const head = [...lines, ...ofTheBody].join('\r\n');
  return Buffer.concat([Buffer.from(`${head}\r\n\r\n`), Buffer.from(body.slice(end + 4), 'latin1')]);
}

/** One line, whatever the provider put into it: a header that ends early would let its sender write the next. */
function headerValue(value: string): string {
  return cutAt(value.replaceAll(/[\r\n\0]+[ \t]*/g, ' ').trim(), HEADER_CHARS_MAX);
}

function unfolded(head: string): string[] {
  return head.replaceAll(/\r\n[ \t]+/g, ' ').split('\r\n');
}
