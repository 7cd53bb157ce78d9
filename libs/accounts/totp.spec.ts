import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { matchedTotpStep, newTotpSecret, TOTP_STEP_S } from './totp.js';

/** A second opinion, written from RFC 4226 and RFC 6238. */
function codeOf(secret: Buffer, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const digest = createHmac('sha1', secret).update(counter).digest();
  const at = digest.at(-1)! & 0x0f;
  return String((digest.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

const at = (step: number) => new Date(step * TOTP_STEP_S * 1000 + 7_000);

describe('a one-time code', () => {
  it('matches the code of another implementation, and says which step it was', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000_000 }), (step) => {
        const secret = newTotpSecret();
        expect(matchedTotpStep(secret, codeOf(secret, step), at(step))).toBe(step);
      }),
    );
  });

  it('is good for one step to either side, and not for two', () => {
    const secret = newTotpSecret();
    const now = 58_000_000;
    const reached = [-2, -1, 0, 1, 2].filter((steps) => matchedTotpStep(secret, codeOf(secret, now + steps), at(now)) === now + steps);
    expect(reached).toEqual([-1, 0, 1]);
  });

  it('is six digits as text and nothing else', () => {
    const secret = newTotpSecret();
    const code = codeOf(secret, 58_000_000);
    const others = [[code], { toString: () => code }, Number(code), ` ${code}`, `+${code.slice(1)}`, `${code}x`, '', undefined, null, true];
    for (const other of others) expect(matchedTotpStep(secret, other, at(58_000_000))).toBeNull();
  });

  it('is never accepted for a secret that is not there', () => {
    const empty = Buffer.alloc(0);
    expect(matchedTotpStep(empty, codeOf(empty, 58_000_000), at(58_000_000))).toBeNull();
  });
});
