import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { signatureHeaders, wireJson } from './wire-form.js';

describe('the wire form of JSON', () => {
  it('escapes everything beyond ASCII in lower-case hex, and the slash', () => {
    expect(wireJson({ text: 'Één/€ 🚲' })).toBe('{"text":"\\u00c9\\u00e9n\\/\\u20ac \\ud83d\\udeb2"}');
  });

  it('says the same as JSON does, in nothing but printable ASCII, whatever the value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const wire = wireJson(value);
        expect(JSON.parse(wire)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(wire).toMatch(/^[\x20-\x7e]*$/);
      }),
    );
  });

  it('keeps a lone surrogate as an escape, which no UTF-8 body could carry', () => {
    expect(wireJson('\ud83d')).toBe('"\\ud83d"');
  });

  it('is not what a second serialisation writes, so only the received bytes can be checked', () => {
    const wire = wireJson({ text: 'ä/b' });
    expect(JSON.stringify(JSON.parse(wire))).not.toBe(wire);
  });

  it('is signed with the app secret, in both headers', () => {
    const bytes = Buffer.from('{}');
    const hmac = (algorithm: string): string => createHmac(algorithm, 's3cret').update(bytes).digest('hex');
    expect(signatureHeaders('s3cret', bytes)).toEqual({
      'X-Hub-Signature-256': `sha256=${hmac('sha256')}`,
      'X-Hub-Signature': `sha1=${hmac('sha1')}`,
    });
  });
});
