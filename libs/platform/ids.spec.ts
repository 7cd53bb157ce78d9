import fc from 'fast-check';
import { isUuid, newId, uuidFromBytes, uuidToBytes } from './ids.js';

describe('an id', () => {
  const instant = fc.date({ min: new Date('1970-01-01'), max: new Date('2900-01-01'), noInvalidDate: true });

  it('is a uuid of version 7 that sorts by its instant', () => {
    fc.assert(
      fc.property(instant, instant, (one, two) => {
        const [a, b] = [newId<string>(one), newId<string>(two)];
        expect([isUuid(a), a[14], '89ab'.includes(a[19]!)]).toEqual([true, '7', true]);
        if (one < two) expect(a < b).toBe(true);
      }),
    );
  });

  it('is never made twice, even in the same millisecond', () => {
    const at = new Date('2026-05-04T10:00:00Z');
    expect(new Set(Array.from({ length: 5000 }, () => newId<string>(at))).size).toBe(5000);
  });

  it('sorts with the others of its instant in the order they were made, whatever else is made between', () => {
    const [at, later] = [new Date('2026-05-04T11:00:00Z'), new Date('2026-05-04T11:00:01Z')];
    const ids = Array.from({ length: 200 }, () => {
      newId<string>(later);
      return newId<string>(at);
    });
    expect(ids.toSorted()).toEqual(ids);
  });

  it('is the same as bytes and as text', () => {
    fc.assert(fc.property(fc.uuid(), (uuid) => expect(uuidFromBytes(uuidToBytes(uuid))).toBe(uuid)));
  });

  it.each([
    '',
    'x',
    '00000000-0000-0000-0000-00000000000',
    '00000000-0000-0000-0000-000000000000\n',
    'G0000000-0000-0000-0000-000000000000',
    '0000000000000000000000000000000000000',
  ])('is not %j', (text) => {
    expect(isUuid(text)).toBe(false);
  });
});
