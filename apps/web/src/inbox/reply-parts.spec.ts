import fc from 'fast-check';
import { countParts } from './reply-parts.js';

/** An agent who is told "goes out as 3 messages" must find three. */
describe('the number of messages a reply becomes', () => {
  it('is one while it fits, and none for nothing', () => {
    expect(countParts('', 20)).toBe(0);
    expect(countParts('  \n ', 20)).toBe(0);
    expect(countParts('x'.repeat(20), 20)).toBe(1);
    expect(countParts('x'.repeat(9_000), null)).toBe(1);
  });

  it('counts cuts behind sentences', () => {
    expect(countParts('One two three. Four five six. Seven eight nine.', 30)).toBe(2);
    expect(countParts('A short one. A sentence that is too long for what is left. End.', 30)).toBe(3);
  });

  it('counts cuts at white space where no sentence ends, and anywhere where there is none', () => {
    expect(countParts('alpha beta gamma delta', 12)).toBe(2);
    expect(countParts('x'.repeat(41), 20)).toBe(3);
  });

  it('ends, and is never fewer than what the length needs', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 400, unit: 'grapheme' }), fc.integer({ min: 1, max: 50 }), (text, lengthMax) => {
        const parts = countParts(text, lengthMax);
        const letters = text.replaceAll(/\s/g, '').length;
        expect(parts).toBeGreaterThanOrEqual(Math.ceil(letters / lengthMax));
        expect(parts).toBeLessThanOrEqual(text.trim().length);
      }),
    );
  });
});
