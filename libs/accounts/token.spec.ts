import fc from 'fast-check';
import { newId, type TenantId } from '#platform';
import { mintToken, readToken } from './token.js';

const tenantId = newId<TenantId>(new Date('2026-05-04T10:00:00Z'));

describe('a token', () => {
  it('names its tenant and is known by its digest', () => {
    const { text, digest } = mintToken(tenantId);
    expect(readToken(text)).toEqual({ tenantId, digest });
    expect(text).toMatch(/^[\w-]{64}$/);
    expect(digest).toHaveLength(32);
  });

  it('is never the same twice', () => {
    expect(new Set(Array.from({ length: 1000 }, () => mintToken(tenantId).text)).size).toBe(1000);
  });

  it('has one way to be written: any other letter is another token', () => {
    const { text, digest } = mintToken(tenantId);
    fc.assert(
      fc.property(fc.nat(63), fc.constantFrom(...'ABCxyz059-_'), (at, letter) => {
        const changed = text.slice(0, at) + letter + text.slice(at + 1);
        if (changed !== text) expect(readToken(changed)!.digest.equals(digest)).toBe(false);
      }),
    );
  });

  it('is nothing else: whatever is not exactly one is none', () => {
    const { text } = mintToken(tenantId);
    for (const wrong of ['', text.slice(1), `${text}A`, ` ${text}`, `${text}\n`, text.replace(/.$/, '='), text.replace(/.$/, '+')]) {
      expect(readToken(wrong)).toBeNull();
    }
    fc.assert(fc.property(fc.string(), (rubbish) => expect(readToken(rubbish)).toBeNull()));
  });
});
