import fc from 'fast-check';
import { GatheredBytes, releaseBytes } from './bytes.js';

const MIB = 1024 * 1024;
/** In memory of its own, as a socket or a file gives them. */
const own = (length: number, value = 7) => Buffer.alloc(length, value);

describe('gathered bytes', () => {
  it('are those that were added, in their order, whatever somebody said would come', () => {
    const pieces = fc.array(fc.integer({ min: 0, max: 400_000 }), { maxLength: 12 });
    const expected = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 6 * MIB }));
    fc.assert(
      fc.property(pieces, expected, (lengths, expectedBytes) => {
        const gathered = new GatheredBytes(expectedBytes);
        const whole = Buffer.concat(lengths.map((length, n) => own(length, n)));
        for (const [n, length] of lengths.entries()) gathered.add(own(length, n));
        expect(gathered.length).toBe(whole.length);
        expect(gathered.take().equals(whole)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('take no memory for what is only announced', () => {
    const gathered = new GatheredBytes(2 ** 50);
    gathered.add(own(10));
    expect(gathered.take()).toEqual(own(10));
  });

  it('are there once: a large piece is given back as soon as it is in its place', () => {
    const gathered = new GatheredBytes(4 * MIB);
    const pieces = [own(MIB), own(MIB), own(MIB)];
    for (const piece of pieces) gathered.add(piece);
    expect(pieces.map(({ length }) => length)).toEqual([0, 0, 0]);
    expect(gathered.take().equals(own(3 * MIB))).toBe(true);
  });

  it('leave a piece alone that shares its memory with what somebody else holds', () => {
    const slab = own(2 * MIB);
    const gathered = new GatheredBytes();
    gathered.add(slab.subarray(0, 2 * MIB - 5));
    expect(slab).toHaveLength(2 * MIB);
  });
});

describe('bytes that are released', () => {
  it('are empty from then on', () => {
    const bytes = own(MIB);
    releaseBytes(bytes);
    releaseBytes(bytes);
    expect(bytes).toHaveLength(0);
  });

  it('are not those of Node’s own pool, where the neighbour would go with them', () => {
    const pooled = Buffer.from('a short text');
    releaseBytes(pooled);
    expect(pooled.toString()).toBe('a short text');
  });
});
