import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { SecretBox } from './secret-box.js';

const key = (fill: number) => Buffer.alloc(32, fill).toString('base64');
const context = { owner: 'a tenant', purpose: 'page-token' };

describe('a sealed secret', () => {
  const box = new SecretBox([key(1)]);

  it('opens to what it was, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), fc.string(), fc.string(), (bytes, owner, purpose) => {
        const plain = Buffer.from(bytes);
        expect(box.open(box.seal(plain, { owner, purpose }), { owner, purpose }).equals(plain)).toBe(true);
      }),
    );
    expect(box.open(box.seal('tekst 🚲', context), context).toString()).toBe('tekst 🚲');
  });

  it('shows nothing of itself, and never looks the same twice', () => {
    const [one, two] = [box.seal('canary canary', context), box.seal('canary canary', context)];
    expect(one.equals(two)).toBe(false);
    for (const form of ['latin1', 'hex', 'base64'] as const) expect(one.toString(form)).not.toContain(Buffer.from('canary').toString(form));
  });

  it('does not open when any one bit of it was changed', () => {
    const sealed = box.seal('a secret', context);
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = Buffer.from(sealed);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => box.open(changed, context)).toThrow();
    }
  });

  it('does not open when it was cut short, lengthened, or never was one', () => {
    const sealed = box.seal('a secret', context);
    for (let length = 0; length < sealed.length; length++) expect(() => box.open(sealed.subarray(0, length), context)).toThrow();
    for (const wrong of [Buffer.concat([sealed, Buffer.of(0)]), randomBytes(200)]) expect(() => box.open(wrong, context)).toThrow();
  });

  it.each([
    ['of another tenant', { ...context, owner: 'another tenant' }],
    ['for another purpose', { ...context, purpose: 'smtp' }],
    ['where both run together to the same text', { owner: 'a tenant","page', purpose: 'token' }],
  ])('does not open in the place of one %s', (_, elsewhere) => {
    expect(() => box.open(box.seal('a secret', context), elsewhere)).toThrow();
  });

  it('opens after the installation got a new key, as long as the old one is kept', () => {
    const old = box.seal('sealed before', context);
    const rotated = new SecretBox([key(2), key(1)]);
    expect(rotated.open(old, context).toString()).toBe('sealed before');
    const fresh = rotated.seal('sealed after', context);
    expect(new SecretBox([key(2)]).open(fresh, context).toString()).toBe('sealed after');
    expect(() => box.open(fresh, context)).toThrow(/key that this installation does not have/);
    expect(() => new SecretBox([key(2)]).open(old, context)).toThrow(/key that this installation does not have/);
  });

  it('carries the id of its key in front, which is not the key', () => {
    const idOf = (sealed: Buffer) => sealed.subarray(1, 9).toString('hex');
    const other = new SecretBox([key(2)]);
    expect(idOf(box.seal('x', context))).toBe(idOf(box.seal('y', context)));
    expect(idOf(box.seal('x', context))).not.toBe(idOf(other.seal('x', context)));
    expect(Buffer.alloc(32, 1).toString('hex')).not.toContain(idOf(box.seal('x', context)));
  });

  it.each([[[]], [['']], [[Buffer.alloc(31).toString('base64')]], [[key(1), Buffer.alloc(33).toString('base64')]]])(
    'needs keys of 32 bytes: %j are refused',
    (keys) => {
      expect(() => new SecretBox(keys)).toThrow();
    },
  );

  it('has derived keys that stay the same while keys rotate, and differ by purpose', () => {
    const rotated = new SecretBox([key(2), key(1)]);
    expect(rotated.derive('mail').equals(box.derive('mail'))).toBe(true);
    expect(box.derive('mail').equals(box.derive('attempt'))).toBe(false);
    expect(box.digest('attempt', 'a').equals(rotated.digest('attempt', 'a'))).toBe(true);
    expect(box.digest('attempt', 'a').equals(new SecretBox([key(2)]).digest('attempt', 'a'))).toBe(false);
  });
});
