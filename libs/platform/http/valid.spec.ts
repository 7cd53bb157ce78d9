import fc from 'fast-check';
import { z } from 'zod';
import { type Refusal } from '../refusal.js';
import { valid } from './valid.js';

const Shape = z.object({
  name: z.string().min(2).max(5),
  role: z.enum(['owner', 'agent']),
  count: z.number().int().max(3),
  email: z.email(),
});
const right = { name: 'Mia', role: 'agent', count: 1, email: 'mia@spaak.example' };
const pipe = valid(Shape);
const refusalOf = (value: unknown): Refusal => {
  try {
    pipe.transform(value, { type: 'body' });
  } catch (error) {
    return error as Refusal;
  }
  throw new Error('nothing was refused');
};

describe('a valid body', () => {
  it('comes through as its shape says, without what the shape does not name', () => {
    expect(pipe.transform({ ...right, isAdmin: true }, { type: 'body' })).toEqual(right);
  });

  it.each([[undefined], [null], ['text'], [7], [[]], [[right]], [{ ...right, role: 'emperor' }], [{ ...right, name: ['Mia'] }]])(
    'is not %j',
    (value) => {
      expect(refusalOf(value)).toMatchObject({ kind: 'invalid', code: 'invalid' });
    },
  );

  it('is asked for field by field, and nothing that was sent is repeated', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, after) => {
        const canary = `${before}canary-4711${after}`;
        const refusal = refusalOf({ name: canary, role: canary, count: canary, email: canary });
        expect(refusal.fields!.map(({ path }) => path)).toEqual(['name', 'role', 'count', 'email']);
        expect(JSON.stringify([refusal.message, refusal.fields])).not.toContain('canary');
      }),
    );
  });

  it('is refused with a list of problems that has an end', () => {
    const many = valid(z.array(z.string()));
    try {
      many.transform(
        Array.from({ length: 10_000 }, () => 1),
        { type: 'body' },
      );
    } catch (error) {
      expect((error as Refusal).fields).toHaveLength(20);
    }
    expect.assertions(1);
  });
});
