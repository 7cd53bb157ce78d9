import fc from 'fast-check';
import { splitText } from './split-text.js';

const LENGTH_MAX = 2000;
const withoutSpace = (text: string) => text.replace(/\s+/g, '');

describe('cutting a long text into messages', () => {
  it('leaves a text that fits as it is', () => {
    expect(splitText('Short.', LENGTH_MAX)).toEqual(['Short.']);
    expect(splitText('x'.repeat(LENGTH_MAX), LENGTH_MAX)).toEqual(['x'.repeat(LENGTH_MAX)]);
  });

  it('cuts behind the last sentence that fits', () => {
    expect(splitText('The first one. The second one? A third!', 32)).toEqual(['The first one. The second one?', 'A third!']);
    expect(splitText('The first one. The second one? A third!', 30)).toEqual(['The first one. The second one?', 'A third!']);
    expect(splitText('One line\nand another line', 15)).toEqual(['One line', 'and another', 'line']);
  });

  it('cuts at white space where no sentence ends, and inside a word only where there is none', () => {
    expect(splitText('one two three four', 9)).toEqual(['one two', 'three', 'four']);
    expect(splitText('abcdefghij', 4)).toEqual(['abcd', 'efgh', 'ij']);
  });

  it('tears no emoji, no family and no accent apart', () => {
    expect(splitText('🙂🙂🙂', 3)).toEqual(['🙂', '🙂', '🙂']);
    expect(splitText('👩‍👩‍👧👩‍👩‍👧', 9)).toEqual(['👩‍👩‍👧', '👩‍👩‍👧']);
    expect(splitText('abe\u0301', 3)).toEqual(['ab', 'e\u0301']);
  });

  it('cuts even a character that is longer than a message, between code points', () => {
    const monster = `a${'\u0301'.repeat(30)}`;
    expect(splitText(monster, 10).join('')).toBe(monster);
    for (const piece of splitText('\u{1F468}\u200D'.repeat(20), 7)) expect(piece.isWellFormed()).toBe(true);
  });

  it('loses nothing but white space, keeps the order, and makes no piece empty or too long', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', 'bc', ' ', '. ', '? ', '\n', '\n\n', '🙂', '👩‍👧', 'e\u0301', '\u00a0', '。', 'Dr. ', '\t'),
      maxLength: 400,
    });
    fc.assert(
      fc.property(
        fc.oneof(text, fc.string({ unit: 'grapheme', maxLength: 300 })),
        fc.integer({ min: 16, max: 120 }),
        (whole, lengthMax) => {
          const pieces = splitText(whole, lengthMax);
          expect(withoutSpace(pieces.join(''))).toBe(withoutSpace(whole));
          for (const piece of pieces) {
            expect(piece.length).toBeLessThanOrEqual(lengthMax);
            expect(piece).not.toBe('');
            if (whole.isWellFormed()) expect(piece.isWellFormed()).toBe(true);
          }
        },
      ),
    );
  });
});
