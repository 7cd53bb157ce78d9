import { Readable } from 'node:stream';
import { simpleParser, type ParsedMail as ReaderMail } from 'mailparser';
import { UnreadableMail, type MailLimits } from './parsed-mail.js';

/**
 * What the MIME reader makes of a mended mail.
 *
 * Errors   UnreadableMail `too_many_parts`, `header_too_large`
 */
export async function readMime(raw: Buffer, limits: MailLimits): Promise<ReaderMail> {
  try {
    return await simpleParser(inPieces(raw), {
      skipHtmlToText: true,
      skipTextToHtml: true,
      skipImageLinks: true,
      keepCidLinks: true,
      checksumAlgo: false,
      // An attached mail is one attachment: its text is not what this sender writes.
      ignoreEmbedded: true,
      maxHeadSize: limits.headerBytesMax,
      maxChildNodes: limits.partsMax,
    });
  } catch (error) {
    // The outline held the same limits already; this is the reader counting differently in the last per cent.
    const isLimit = error instanceof Error && (error as NodeJS.ErrnoException).code === 'EMAXLEN';
    if (!isLimit) throw error;
    throw new UnreadableMail(/child nodes/i.test(error.message) ? 'too_many_parts' : 'header_too_large', 'beyond what can be read');
  }
}

const PIECE_BYTES = 1024 * 1024;

/** Read piece by piece, so that what the reader holds in between is small whatever the mail is. */
function inPieces(raw: Buffer): Readable {
  const pieces = Array.from({ length: Math.ceil(raw.length / PIECE_BYTES) }, (_, index) =>
    raw.subarray(index * PIECE_BYTES, (index + 1) * PIECE_BYTES),
  );
  return Readable.from(pieces, { objectMode: true });
}
