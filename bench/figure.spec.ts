import { type Figure, percentile, ratioOf, tableOf, verdictOf } from './figure.js';

const rate: Figure = {
  name: 'intake',
  value: 80,
  unit: '/s',
  limit: { name: 'commits', value: 100 },
  target: { shareMin: 0.8 },
};
const wait: Figure = { name: 'wait', value: 5, unit: 'ms', limit: { name: 'commit', value: 2 }, target: { below: 5 } };

describe('the verdict on a figure', () => {
  it('is met when a rate reaches its share of the limit, and missed just below', () => {
    expect(verdictOf(rate)).toBe('met');
    expect(verdictOf({ ...rate, value: 79.9 })).toBe('missed');
  });

  it('is missed by a wait that only equals what it must stay below', () => {
    expect(verdictOf(wait)).toBe('missed');
    expect(verdictOf({ ...wait, value: 4.99 })).toBe('met');
  });

  it('is met by a rate that reaches what it must at least', () => {
    expect(verdictOf({ ...rate, value: 500, target: { atLeast: 500 } })).toBe('met');
    expect(verdictOf({ ...rate, value: 499, target: { atLeast: 500 } })).toBe('missed');
  });

  it('is none where there is no target', () => {
    expect(verdictOf({ ...wait, target: null })).toBe('reported');
  });
});

it('shows each figure beside its limit, how many times the limit it is, and the verdict', () => {
  const [, line] = tableOf([wait]).split('\n');
  expect(line!.split(/\s{2,}/)).toEqual(['wait', '5 ms', '2 ms (commit)', '2.50', '< 5 ms', 'missed']);
  expect(ratioOf(rate)).toBeCloseTo(0.8);
});

describe('a percentile', () => {
  const values = Array.from({ length: 100 }, (_, n) => 100 - n);

  it('is the value that so many do not exceed, in whatever order they came', () => {
    expect([0.5, 0.95, 0.99, 1].map((share) => percentile(values, share))).toEqual([50, 95, 99, 100]);
  });

  it('of one value is that value, and of none is an error: a figure from nothing would be a lie', () => {
    expect(percentile([7], 0.99)).toBe(7);
    expect(() => percentile([], 0.5)).toThrow('nothing was measured');
  });
});
