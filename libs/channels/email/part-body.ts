import { betterCharset, FALLBACK_CHARSET, knownCharset } from './charset.js';
import { storableText } from './mail-words.js';
import { headerValue, parameterOf, type MimePart } from './mime-outline.js';
import { decodeUtf7, isUtf7 } from './utf7.js';

/*
 * The body of one part, decoded straight from the raw bytes. The MIME reader gives text and attachments of a mail as people see them;
 * reports, calendars and attached mails need a part as it was sent.
 */

/** Of one part's text, the bytes that are decoded where a caller names no less. */
const PART_BYTES_MAX = 1024 * 1024;

/** The bytes of a part without its transfer encoding. What the encoding does not allow is skipped. */
export function partBytes(raw: Buffer, part: MimePart, bytesMax = Number.MAX_SAFE_INTEGER): Buffer {
  const body = raw.subarray(part.bodyStart, Math.min(part.bodyEnd, part.bodyStart + bytesMax));
  switch (transferEncodingOf(raw, part)) {
    case 'base64':
      return decodeBase64(body);
    case 'quoted-printable':
      return decodeQuotedPrintable(body);
    default:
      return body;
  }
}

/**
 * The text of a part in its real character set, `\n` line ends.
 *
 * Limits   the first MiB of the encoded body
 */
export function partText(raw: Buffer, part: MimePart, bytesMax = PART_BYTES_MAX): string {
  const bytes = partBytes(raw, part, bytesMax);
  const declared = parameterOf(headerValue(raw, part, 'content-type'), 'charset');
  if (declared !== null && isUtf7(declared)) return storableText(decodeUtf7(bytes.toString('latin1')));
  const label = betterCharset(bytes, declared, part.mediaType) ?? declared ?? 'utf-8';
  return storableText(new TextDecoder(knownCharset(label) ?? FALLBACK_CHARSET).decode(bytes));
}

/** Lower case, '' where the part names none. */
export function transferEncodingOf(raw: Buffer, part: MimePart): string {
  return (
    headerValue(raw, part, 'content-transfer-encoding')
      .split(/[\s;(]/, 1)[0]
      ?.toLowerCase() ?? ''
  );
}

/** The bytes of base64 text; stray characters are skipped. */
export function decodeBase64(body: Buffer): Buffer {
  return Buffer.from(body.toString('latin1'), 'base64');
}

/** The bytes of quoted-printable text; what is no escape stays as it is. */
export function decodeQuotedPrintable(body: Buffer): Buffer {
  const text = body.toString('latin1');
  const decoded = text.replaceAll(/=(?:[ \t]{0,80}\r?\n|([0-9A-Fa-f]{2}))/g, (_, hex: string | undefined) =>
    hex === undefined ? '' : String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(decoded, 'latin1');
}
