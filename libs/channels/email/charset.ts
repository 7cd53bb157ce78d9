import { isAscii, isUtf8 } from 'node:buffer';

/*
 * Which character set a text is really in. Valid UTF-8 with accents in it is hardly ever a coincidence, so it is believed before the
 * declaration; where the declaration cannot be true either, Windows-1252 is the best guess for mail from our part of the world.
 */

/** What a western mailer most likely used when it does not say, or says wrong. */
export const FALLBACK_CHARSET = 'windows-1252';

/** The standard name of a character set, or null when nobody knows it. */
export function knownCharset(label: string): string | null {
  try {
    return new TextDecoder(label.trim()).encoding;
  } catch {
    return null; // an unknown label is an answer here, not a failure
  }
}

/** Sets whose every byte is a letter, so that valid UTF-8 with accents in it cannot be a coincidence. */
const LATIN_CHARSETS = new Set(['windows-1252', 'iso-8859-15', 'iso-8859-2', 'windows-1250', 'windows-1257', 'iso-8859-9', 'windows-1254']);

/** The character set the bytes are really in, where that is not the declared one; null when the declaration can stand. */
export function betterCharset(decoded: Buffer, declared: string | null, mediaType: string): string | null {
  if (isAscii(decoded)) return null;
  const label = declared ?? (mediaType === 'text/html' ? metaCharset(decoded) : null);
  const known = label === null ? null : knownCharset(label);
  if (isUtf8(decoded)) {
    if (known === 'utf-8' && declared !== null) return null;
    if (known === SEVEN_BIT_JAPANESE) return 'utf-8';
    // us-ascii and iso-8859-1 are both windows-1252 to the standard.
    return known === null || LATIN_CHARSETS.has(known) || declared === null ? 'utf-8' : null;
  }
  if (known === 'utf-8') return FALLBACK_CHARSET;
  // Has no 8-bit characters, so the declaration is wrong: it will be one of the other two Japanese sets.
  if (known === SEVEN_BIT_JAPANESE) return ['euc-jp', 'shift_jis'].find((charset) => isValidIn(charset, decoded)) ?? null;
  if (declared === null) return known ?? FALLBACK_CHARSET;
  // Old code pages (cp850, ibm437, macintosh) are unknown to the standard but known to the reader; leave those to it.
  return known === null && !/^(cp|ibm|x-?mac|mac|utf-?7|unicode)/i.test(declared) ? FALLBACK_CHARSET : null;
}

const SEVEN_BIT_JAPANESE = 'iso-2022-jp';

function isValidIn(charset: string, bytes: Buffer): boolean {
  try {
    new TextDecoder(charset, { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false; // that is the question
  }
}

const META_BYTES_MAX = 2_048;

function metaCharset(html: Buffer): string | null {
  return (
    /<meta[^>]{0,200}charset\s{0,5}=\s{0,5}["']?([A-Za-z0-9_:.-]{1,40})/i.exec(html.toString('latin1', 0, META_BYTES_MAX))?.[1] ?? null
  );
}
