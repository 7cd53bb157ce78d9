import { isUuid, Refusal } from '#platform';

/** Where a page ended: the instant and the id that the order goes by, so that the next page costs what the first one cost. */
export interface Cursor {
  at: Date;
  id: string;
}

export function writeCursor(at: Date, id: string): string {
  return Buffer.from(`${String(at.getTime())} ${id}`).toString('base64url');
}

/** Errors: invalid `bad_cursor` for anything we did not write. */
export function readCursor(cursor: string | undefined): Cursor | null {
  if (cursor === undefined) return null;
  const [at = '', id = ''] = Buffer.from(cursor, 'base64url').toString().split(' ');
  if (!/^\d{1,15}$/.test(at) || !isUuid(id))
    throw new Refusal('invalid', 'bad_cursor', 'This page does not exist. Start from the first one.');
  return { at: new Date(Number(at)), id };
}
