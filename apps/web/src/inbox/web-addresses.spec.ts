import fc from 'fast-check';
import { isSafeAddress, partsOf } from './web-addresses.js';

const linksIn = (text: string) => partsOf(text).flatMap(({ text: part, isAddress }) => (isAddress ? [part] : []));

describe('web addresses in what contacts write', () => {
  it('links an address and leaves the sentence around it alone', () => {
    expect(partsOf('See https://track.example/7?a=1, please.')).toEqual([
      { text: 'See ', isAddress: false },
      { text: 'https://track.example/7?a=1', isAddress: true },
      { text: ', please.', isAddress: false },
    ]);
  });

  it('never links anything that could run', () => {
    for (const text of ['javascript:alert(1)', 'data:text/html,<script>', 'vbscript:x', 'JaVaScRiPt://%0aalert(1)']) {
      expect(linksIn(text)).toEqual([]);
      expect(isSafeAddress(text)).toBe(false);
    }
  });

  it('loses no character, whatever is written', () => {
    const hostile = fc.array(
      fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('https://', 'http://a', '://', '))))', '\u202e', '<a href=')),
    );
    fc.assert(
      fc.property(hostile, (pieces) => {
        const text = pieces.join('');
        const parts = partsOf(text);
        expect(parts.map((part) => part.text).join('')).toBe(text);
        for (const { text: part, isAddress } of parts) if (isAddress) expect(new URL(part).protocol).toMatch(/^https?:$/);
      }),
    );
  });

  it('stays linear on a text made to be slow', () => {
    const text = `https://${'a'.repeat(100_000)}${')'.repeat(100_000)} `.repeat(2);
    expect(
      partsOf(text)
        .map((part) => part.text)
        .join(''),
    ).toBe(text);
  });
});
