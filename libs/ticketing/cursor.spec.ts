import fc from 'fast-check';
import { newId } from '#platform';
import { readCursor, writeCursor } from './cursor.js';

describe('a cursor', () => {
  it('comes back as the place it was made for', () => {
    fc.assert(
      fc.property(fc.date({ min: new Date(0), max: new Date('9999-01-01'), noInvalidDate: true }), (at) => {
        const id = newId(at);
        expect(readCursor(writeCursor(at, id))).toEqual({ at, id });
      }),
    );
    expect(readCursor(undefined)).toBeNull();
  });

  it('is refused, and never guessed at, when we did not write it', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String(), fc.string({ unit: 'binary' })), (text) => {
        expect(() => readCursor(text)).toThrow(expect.objectContaining({ code: 'bad_cursor' }) as Error);
      }),
    );
    const id = newId(new Date());
    for (const text of [`-1 ${id}`, `1e3 ${id}`, `${'9'.repeat(16)} ${id}`, `1 ${id}'; drop table message`, `NaN ${id}`, ` ${id}`]) {
      expect(() => readCursor(Buffer.from(text).toString('base64url'))).toThrow(expect.objectContaining({ kind: 'invalid' }) as Error);
    }
  });
});
