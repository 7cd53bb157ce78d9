import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { readSignedRequest } from './signed-request.js';

const SECRET = 'a secret of the app';
const OLD_SECRET = 'the secret before';

function signed(payload: string, secret = SECRET): string {
  const encoded = Buffer.from(payload).toString('base64url');
  return `${createHmac('sha256', secret).update(encoded).digest('base64url')}.${encoded}`;
}
const told = (more: object = {}) =>
  JSON.stringify({ user_id: '10160000000000123', algorithm: 'HMAC-SHA256', issued_at: 1790000000, ...more });

describe('a signed request', () => {
  it('names its person when Meta signed it, with either secret while they are being changed', () => {
    for (const secret of [SECRET, OLD_SECRET]) {
      expect(readSignedRequest(signed(told(), secret), [SECRET, OLD_SECRET])).toEqual({ personId: '10160000000000123' });
    }
  });

  it('names its person with the padding that some libraries add, and when its time is over: a wish to be forgotten does not expire', () => {
    const [signature, payload] = signed(told({ expires: 1290000000 })).split('.') as [string, string];
    expect(readSignedRequest(`${signature}=.${payload}`, [SECRET])).toEqual({ personId: '10160000000000123' });
  });

  it('loses no digit of a person who is named by a number', () => {
    const payload = '{"user_id":10160000000000123457,"algorithm":"HMAC-SHA256"}';
    expect(readSignedRequest(signed(payload), [SECRET])).toEqual({ personId: '10160000000000123457' });
  });

  it.each<[string, string]>([
    ['nothing', ''],
    ['one part', signed(told()).split('.')[0]!],
    ['three parts', `${signed(told())}.more`],
    ['an empty signature', `.${signed(told()).split('.')[1]!}`],
    ['the signature of another payload', `${signed(told()).split('.')[0]!}.${Buffer.from(told({ user_id: '2' })).toString('base64url')}`],
    ['another secret', signed(told(), 'guessed')],
    ['an empty secret', signed(told(), '')],
    ['another algorithm', signed(told({ algorithm: 'none' }))],
    ['an algorithm in small letters', signed(told({ algorithm: 'hmac-sha256' }))],
    ['no algorithm', signed('{"user_id":"1"}')],
    ['no person', signed('{"algorithm":"HMAC-SHA256"}')],
    ['a person who is no number', signed(told({ user_id: "1' or '1'='1" }))],
    ['no JSON', signed('user_id=1')],
    ['a list', signed('[]')],
    ['too much', signed(told({ more: 'a'.repeat(10_000) }))],
    ['spaces', ` ${signed(told())}`],
  ])('names nobody with %s', (_what, text) => {
    expect(readSignedRequest(text, [SECRET, ''])).toBeNull();
  });

  it('names nobody where there is no secret', () => {
    expect(readSignedRequest(signed(told()), [])).toBeNull();
  });

  it('is never believed after one character was changed, and never breaks the reader', () => {
    const right = signed(told());
    fc.assert(
      fc.property(fc.nat(right.length - 1), fc.string({ minLength: 1, maxLength: 1 }), (at, character) => {
        const changed = right.slice(0, at) + character + right.slice(at + 1);
        // The last character of each part holds bits that say nothing, so another character there may say the same.
        const isSame = changed === right || [right.indexOf('.') - 1].includes(at);
        if (!isSame) expect(readSignedRequest(changed, [SECRET])).toBeNull();
      }),
    );
    fc.assert(fc.property(fc.string({ maxLength: 300 }), (text) => readSignedRequest(text, [SECRET]) === null));
    fc.assert(
      fc.property(fc.json(), (payload) => {
        const read = readSignedRequest(signed(payload), [SECRET]);
        expect(read === null || /^\d+$/.test(read.personId)).toBe(true);
      }),
    );
  });
});
