/*
 * Strings of hostile origin made fit to store and to show. Applied after all decoding, because what is checked before decoding can come
 * back by it.
 */

/** Bidirectional overrides and isolates, zero-width characters, byte order mark: they make one name look like another. */
const DECEPTIVE = /[\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/gu;
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/gu;

/** Text that can be stored: no U+0000, no half surrogate pairs. Line ends become `\n`. */
export function storableText(text: string): string {
  return text.replaceAll('\u0000', '').toWellFormed().replaceAll('\r\n', '\n').replaceAll('\r', '\n');
}

/** One line of at most `charsMax` characters, without control characters; several spaces become one. */
export function oneLine(text: string, charsMax: number): string {
  const line = text.toWellFormed().replaceAll(CONTROLS, ' ').replaceAll(/ {2,}/g, ' ').trim();
  return cutAt(line, charsMax);
}

/** A name for display, in which nothing can hide. */
export function displayName(name: string, charsMax: number): string {
  return oneLine(name.replaceAll(DECEPTIVE, ''), charsMax);
}

/** Cut without leaving half a surrogate pair. */
export function cutAt(text: string, charsMax: number): string {
  return text.length <= charsMax ? text : text.slice(0, charsMax).replace(/[\ud800-\udbff]$/, '');
}

const FILE_NAME_CHARS_MAX = 150;
/** Longer "extensions" are not extensions, and cutting a name must not turn `.pdf` into `.pd`. */
const EXTENSION_CHARS_MAX = 16;
const RESERVED_NAME = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

/**
 * A bare file name made from whatever a sender called a file. Never a path, never hidden, never empty.
 *
 * Shape    `fallback` is used where nothing is left of the name
 */
export function safeFileName(name: string, fallback: string): string {
  const base = name.replaceAll('\\', '/').split('/').at(-1) ?? '';
  const plain = displayName(base, 10_000)
    .replaceAll(/[<>:"|?*]/g, '_')
    .replace(/^[.\s]+/, '')
    .replace(/[.\s]+$/, '');
  const named = plain === '' ? fallback : RESERVED_NAME.test(plain) ? `_${plain}` : plain;
  if (named.length <= FILE_NAME_CHARS_MAX) return named;
  const dot = named.lastIndexOf('.');
  const extension = dot > 0 && named.length - dot <= EXTENSION_CHARS_MAX ? named.slice(dot) : '';
  return `${cutAt(named.slice(0, named.length - extension.length), FILE_NAME_CHARS_MAX - extension.length)}${extension}`;
}
