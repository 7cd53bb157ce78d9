import fc from 'fast-check';
import { tokenIn } from './agent-token.js';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz234567';
const token = fc.array(fc.constantFrom(...LETTERS), { minLength: 26, maxLength: 26 }).map((letters) => letters.join(''));

describe('the address an agent answers to', () => {
  it('is known in any case of letters, because mail servers change that', () => {
    fc.assert(
      fc.property(token, fc.array(fc.boolean(), { minLength: 26, maxLength: 26 }), (text, upper) => {
        const folded = [...text].map((letter, index) => (upper[index]! ? letter.toUpperCase() : letter)).join('');
        expect(tokenIn(`Help+A${folded}@Spaak.Example`)).toEqual([text]);
      }),
    );
  });

  it('is no token in any other form: no part of it, no more than it, nothing put in between', () => {
    const spoilt = fc
      .tuple(token, fc.nat(26), fc.constantFrom('.', '+', '@', '=', '%61', ' ', '0', '1', '8', 'a', '\u212a', '\0', 'é'))
      .map(([text, at, more]) => `${text.slice(0, at)}${more}${text.slice(at)}`);
    const cut = fc.tuple(token, fc.integer({ min: 0, max: 25 })).map(([text, length]) => text.slice(0, length));
    fc.assert(
      fc.property(fc.oneof(spoilt, cut), (text) => {
        expect(tokenIn(`help+a${text}@spaak.example`)).toEqual([]);
      }),
    );
    const good = LETTERS.slice(0, 26);
    for (const address of [
      `help+b${good}@spaak.example`,
      `help+r${good}@spaak.example`,
      `+a${good}@spaak.example`,
      `help.a${good}@spaak.example`,
    ]) {
      expect(tokenIn(address)).toEqual([]);
    }
    expect(tokenIn(`help+x+a${good}@spaak.example`)).toEqual([]);
  });

  it('is looked for in whatever stands where an address should, without an error', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => expect(tokenIn(text)).toEqual([])));
  });
});
