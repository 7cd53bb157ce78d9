import { createHash } from 'node:crypto';

export type Fields = Record<string, unknown>;

/**
 * Parse JSON without losing a digit: ids come as numbers beyond 2^53 from some of Meta's events, and a float would name somebody else.
 * Undefined for what is not JSON.
 */
export function readJson(bytes: Buffer): unknown {
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

const ID_LENGTH_MAX = 255;

/** Ids are strings today and were numbers once; a big one has already been kept as text. */
export function id(value: unknown): string | null {
  const written = typeof value === 'number' ? String(value) : value;
  return typeof written === 'string' && written !== '' && isStorableId(written) ? written : null;
}

/** A message's id. One that no table could hold is known by its digest instead: the message must not be lost for its name. */
export function mid(value: unknown): string | null {
  const written = text(value);
  if (written === null || isStorableId(written)) return written;
  return `digest:${createHash('sha256').update(written).digest('hex')}`;
}

function isStorableId(written: string): boolean {
  return written.length <= ID_LENGTH_MAX && !written.includes('\0') && written.isWellFormed();
}
