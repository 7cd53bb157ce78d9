import { ADDRESSES_MAX, addressesIn, problemOfAddresses, shownAddress } from './addresses.js';

/** What people paste into a field for addresses comes from mail programs, lists and letters. */
describe('addresses, as people type them', () => {
  it('are found between commas, semicolons, spaces and lines, each once', () => {
    expect(addressesIn(' a@one.example, b@two.example;c@three.example\na@one.example ')).toEqual([
      'a@one.example',
      'b@two.example',
      'c@three.example',
    ]);
  });

  it('are found behind names, whatever the names hold', () => {
    expect(addressesIn('"Vos, Lotte" <lotte@mail.example>, Tom <tom@mail.example>')).toEqual(['lotte@mail.example', 'tom@mail.example']);
    expect(addressesIn('mailto:lotte@mail.example')).toEqual(['lotte@mail.example']);
  });

  it('are none where nothing was typed', () => {
    expect(addressesIn(' , ;\n')).toEqual([]);
  });

  it('are told to be wrong by name, and to be too many', () => {
    expect(problemOfAddresses(['lotte@mail.example'])).toBeNull();
    expect(problemOfAddresses(['lotte@mail.example', 'tom@mail'])).toEqual({ kind: 'wrong', address: 'tom@mail' });
    expect(problemOfAddresses(Array.from({ length: ADDRESSES_MAX + 1 }, (_, index) => `n${index}@mail.example`))).toEqual({
      kind: 'too_many',
    });
  });

  it('are shown without what only machines read in them', () => {
    expect(shownAddress('help+ragralbpco5yafpik3xkk7oqidyw@spaak.example')).toBe('help+…@spaak.example');
    expect(shownAddress('lotte+shop@mail.example')).toBe('lotte+shop@mail.example');
  });
});
