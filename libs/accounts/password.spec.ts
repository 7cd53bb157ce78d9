import { hash } from '@node-rs/argon2';
import { hashPassword, isPassword, needsRehash, pretendToCheck } from './password.js';

const COST = { memoryKib: 19_456, passes: 2 };

describe('a password', () => {
  it('is kept as Argon2id with 19 MiB and 2 passes at least, each with a salt of its own', async () => {
    const [one, two] = await Promise.all([hashPassword('the same words', COST), hashPassword('the same words', COST)]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(one).not.toBe(two);
    expect([needsRehash(one, COST), await isPassword('the same words', one), await isPassword('other words', one)]).toEqual([
      false,
      true,
      false,
    ]);
  });

  it.each([
    ['less memory', { algorithm: 2, memoryCost: 8_192, timeCost: 2, parallelism: 1 }],
    ['fewer passes', { algorithm: 2, memoryCost: 19_456, timeCost: 1, parallelism: 1 }],
    ['another kind of Argon2', { algorithm: 1, memoryCost: 19_456, timeCost: 2, parallelism: 1 }],
  ] as const)('hashed with %s still opens, and is hashed anew', async (_, parameters) => {
    const older = await hash('the words', parameters);
    expect([needsRehash(older, COST), await isPassword('the words', older)]).toEqual([true, true]);
  });

  it('of any length and script is taken whole: no byte is cut off', async () => {
    for (const password of ['x'.repeat(1024), 'пароль 🔑'.repeat(20), 'a\0b']) {
      const kept = await hashPassword(password, COST);
      expect([await isPassword(password, kept), await isPassword(password.slice(0, -1), kept)]).toEqual([true, false]);
    }
  });

  it('that belongs to nobody is hashed too: the pretence waits its turn like every other check', async () => {
    const order: string[] = [];
    const ahead = Array.from({ length: 6 }, () => hashPassword('ahead', COST).then(() => order.push('ahead')));
    const pretence = pretendToCheck('nobody’s', COST).then(() => order.push('pretence'));
    await Promise.all([...ahead, pretence]);
    expect(order.indexOf('pretence')).toBeGreaterThanOrEqual(4);
  });
});
