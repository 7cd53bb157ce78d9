import { createHash } from 'node:crypto';

export type Fields = Record<string, unknown>;

/** Far beyond any event of Meta's. Deeper JSON is made to break readers: each level costs a step of the stack. */
const DEPTH_MAX = 100;

/**
 * Parse JSON without losing a digit: ids come as numbers beyond 2^53 from some of Meta's events, and a float would name somebody else.
 * Undefined for what is not JSON.
 */
export function readJson(bytes: Buffer): unknown {
  if (depthOf(bytes) > DEPTH_MAX) return undefined;
  try {
    return JSON.parse(bytes.toString('utf8'), keepDigits as (name: string, value: unknown) => unknown) as unknown;
  } catch {
    return undefined;
  }
}

// The third argument holds the number as it was written. Source: ECMA-262, JSON.parse source text access.
function keepDigits(name: string, value: unknown, { source }: { source?: string }): unknown {
  if (name === '__proto__') return undefined;
  return typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value) && source !== undefined ? source : value;
}

const [QUOTE, BACKSLASH, ARRAY, ARRAY_END, OBJECT, OBJECT_END] = [...Buffer.from('"\\[]{}')];

function depthOf(bytes: Buffer): number {
  let depth = 0;
  let deepest = 0;
  let isText = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (isText) {
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) isText = false;
    } else if (byte === QUOTE) isText = true;
    else if (byte === ARRAY || byte === OBJECT) deepest = Math.max(deepest, ++depth);
    else if (byte === ARRAY_END || byte === OBJECT_END) depth--;
  }
  return deepest;
}

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function object(value: unknown): Fields {
  return isObject(value) ? value : {};
}

export function list(value: unknown): Fields[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

export function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** What a person filled in or bought may be text or a number; anything else says nothing. */
export function words(value: unknown): string | null {
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : text(value);
}

/** Printed as a text in some of Meta's documentation, sent as a boolean. */
export function isTrue(value: unknown): boolean {
  return value === true || value === 'true';
}

const ID_LENGTH_MAX = 255;

/** Ids are strings today and were numbers once; a big one has already been kept as text. */
export function id(value: unknown): string | null {
  const written = typeof value === 'number' ? String(value) : value;
  return typeof written === 'string' && written !== '' && isStorableId(written) ? written : null;
}

/** A message's id. One that no table could hold is known by its digest instead: the message must not be lost for its name. */
export function mid(value: unknown): string | null {
  const written = typeof value === 'number' ? String(value) : text(value);
  if (written === null || isStorableId(written)) return written;
  return `digest:${sha256(written)}`;
}

/** An id for what has none, the same however often it comes, in whichever envelope, and whatever the order of its keys. */
export function digestId(name: string, ...facts: unknown[]): string {
  return `${name}:${sha256(JSON.stringify(facts.map(inKeyOrder)))}`;
}

/** What we do not wholly understand, as text, so that somebody can look at it. The end of a very long one is missing. */
export const RAW_LENGTH_MAX = 16_384;

export function rawOf(event: Fields): string {
  return JSON.stringify(event).slice(0, RAW_LENGTH_MAX).toWellFormed();
}

function inKeyOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inKeyOrder);
  if (!isObject(value)) return value;
  // As pairs: in an object, keys that look like numbers would move to the front.
  return Object.keys(value)
    .toSorted()
    .map((key) => [key, inKeyOrder(value[key])]);
}

function sha256(written: string): string {
  return createHash('sha256').update(written).digest('hex');
}

function isStorableId(written: string): boolean {
  return written.length <= ID_LENGTH_MAX && !written.includes('\0') && written.isWellFormed();
}
