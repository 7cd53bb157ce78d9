import fc from 'fast-check';
import { isSignedInbound, SIGNATURE_WINDOW_MS, signInbound } from './inbound-signature.js';

const SECRET = 'inbound-secret-of-spaak-bikes';
const NOW = new Date('2026-11-03T08:00:00Z');
const STAMP = String(NOW.getTime() / 1000);
const BODY = Buffer.from('From: anna@post.example\r\n\r\nDag \u0000\xff');

function signed(changes: Partial<Parameters<typeof isSignedInbound>[0]> = {}): Parameters<typeof isSignedInbound>[0] {
  return { rawBody: BODY, timestamp: STAMP, signature: signInbound(BODY, SECRET, STAMP), ...changes };
}

describe('the signature on an inbound mail', () => {
  it('lets a mail in that was signed with the secret of its mailbox', () => {
    expect(isSignedInbound(signed(), SECRET, NOW)).toBe(true);
  });

  it('keeps out what was signed with the secret of another mailbox, or with none', () => {
    expect(isSignedInbound(signed(), 'inbound-secret-of-linden-tea', NOW)).toBe(false);
    expect(isSignedInbound({ ...signed(), signature: signInbound(BODY, '', STAMP) }, '', NOW)).toBe(false);
  });

  it('keeps out a mail of which one byte was changed', () => {
    fc.assert(
      fc.property(fc.nat(BODY.length - 1), fc.integer({ min: 1, max: 255 }), (index, flip) => {
        const rawBody = Buffer.from(BODY);
        rawBody[index] = (rawBody[index] ?? 0) ^ flip;
        expect(isSignedInbound(signed({ rawBody }), SECRET, NOW)).toBe(false);
      }),
    );
  });

  it('keeps out every other way to write a signature or a time: cut, longer, upper case, without prefix, absent', () => {
    const good = signInbound(BODY, SECRET, STAMP);
    for (const signature of [
      undefined,
      '',
      'sha256=',
      good.slice(0, -1),
      `${good}0`,
      good.toUpperCase(),
      good.slice(7),
      ` ${good}`,
      `${good}\n`,
      `sha1=${good.slice(7)}`,
    ]) {
      expect(isSignedInbound(signed({ signature }), SECRET, NOW)).toBe(false);
    }
    for (const timestamp of [undefined, '', `${STAMP} `, `+${STAMP}`, `${STAMP}.0`, `0x${STAMP}`, 'now', `${STAMP}000`, `-${STAMP}`]) {
      expect(isSignedInbound(signed({ timestamp, signature: signInbound(BODY, SECRET, timestamp ?? '') }), SECRET, NOW)).toBe(false);
    }
    fc.assert(fc.property(fc.string(), (signature) => !isSignedInbound(signed({ signature }), SECRET, NOW)));
  });

  it('keeps out a request that was captured and sent again after five minutes, and one from the future', () => {
    const at = (ms: number): Date => new Date(NOW.getTime() + ms);
    expect(isSignedInbound(signed(), SECRET, at(SIGNATURE_WINDOW_MS))).toBe(true);
    expect(isSignedInbound(signed(), SECRET, at(SIGNATURE_WINDOW_MS + 1))).toBe(false);
    expect(isSignedInbound(signed(), SECRET, at(-SIGNATURE_WINDOW_MS - 1))).toBe(false);
  });
});
