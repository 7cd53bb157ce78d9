import { REFERENCE_HEADER_BYTES_MAX, REFERENCED_IDS_MAX } from './mail-limits.js';

/** RFC 5322 2.1.1: no line is longer. */
const MESSAGE_ID_CHARS_MAX = 998;

/**
 * The message ids in a Message-ID, In-Reply-To or References header, without brackets, in order, each once.
 *
 * Split at white space and at commas (Exchange and iOS write them); text that is no id, such as "message of Monday", is left out. Comments
 * inside the brackets mean nothing (RFC 5322 4.5.4); where nothing whole is left without them, as in `<4711@host.(none)>`, they are the id.
 *
 * Limits   50 ids, 32 KiB of header
 */
export function messageIdsIn(header: string): string[] {
  const ids: string[] = [];
  let inside: string[] | null = null;
  let bare: string[] = [];
  const add = (id: string): void => {
    if (id !== '' && id.length <= MESSAGE_ID_CHARS_MAX && ids.length < REFERENCED_IDS_MAX && !ids.includes(id)) ids.push(id);
  };
  const addBare = (): void => {
    const id = bare.join('');
    if (/^[^@]+@[^@]+$/.test(id)) add(id);
    bare = [];
  };
  for (const character of header.slice(0, REFERENCE_HEADER_BYTES_MAX)) {
    if (character === '<') {
      addBare();
      inside = [];
    } else if (character === '>') {
      if (inside !== null) add(withoutComments(inside.join('')));
      else addBare();
      inside = null;
    } else if (isSpace(character)) {
      // A long id may be folded in the middle; inside brackets white space means nothing.
      if (inside === null) addBare();
    } else if (inside !== null) inside.push(character);
    else if (character === ',') addBare();
    else bare.push(character);
  }
  // A header that was cut, or whose last bracket was never closed.
  if (inside !== null && inside.includes('@')) add(withoutComments(inside.join('')));
  addBare();
  return ids;
}

/** Quoted strings stay; an id whose comments or quotes do not end is as it came. */
function withoutComments(id: string): string {
  if (!id.includes('(')) return id;
  const kept: string[] = [];
  let depth = 0;
  let isQuoted = false;
  for (let at = 0; at < id.length; at += 1) {
    const character = id[at] ?? '';
    const isEscape = character === '\\' && (isQuoted || depth > 0);
    if (character === '"' && depth === 0) isQuoted = !isQuoted;
    if (character === '(' && !isQuoted) depth += 1;
    if (depth === 0) kept.push(isEscape ? id.slice(at, at + 2) : character);
    if (character === ')' && depth > 0) depth -= 1;
    if (isEscape) at += 1;
  }
  const rest = kept.join('');
  const isWhole = depth === 0 && !isQuoted && /^[^@.][^@]*@[^@.]+(?:\.[^@.]+)*$/.test(rest) && !/\.\.|\.@/.test(rest);
  return isWhole ? rest : id;
}

function isSpace(character: string): boolean {
  return character === ' ' || character === '\t' || character === '\r' || character === '\n';
}
