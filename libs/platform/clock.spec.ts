import fc from 'fast-check';
import { addMonths, Clock, DAY_MS, MovableClock } from './clock.js';

const at = (text: string) => new Date(`${text}T13:14:15.678Z`);

describe('a month later', () => {
  it.each([
    ['2026-01-15', 1, '2026-02-15'],
    ['2026-01-31', 1, '2026-02-28'],
    ['2028-01-31', 1, '2028-02-29'],
    ['2028-02-29', 12, '2029-02-28'],
    ['2028-02-29', 48, '2032-02-29'],
    ['2026-08-31', 6, '2027-02-28'],
    ['2026-10-31', 1, '2026-11-30'],
    ['2026-12-31', 2, '2027-02-28'],
    ['2026-12-15', 24, '2028-12-15'],
    ['2100-01-31', 1, '2100-02-28'],
    ['2026-03-31', -1, '2026-02-28'],
    ['2026-05-05', 0, '2026-05-05'],
  ])('than %s, %d times, is %s', (from, months, to) => {
    expect(addMonths(at(from), months)).toEqual(at(to));
  });

  const instant = fc.date({ min: new Date('1970-01-01'), max: new Date('2200-01-01'), noInvalidDate: true });
  const months = fc.integer({ min: 0, max: 1200 });

  it('is in the month that was counted to, never in the next, at the same time of day', () => {
    fc.assert(
      fc.property(instant, months, (from, count) => {
        const to = addMonths(from, count);
        const monthOf = (date: Date) => date.getUTCFullYear() * 12 + date.getUTCMonth();
        expect(monthOf(to) - monthOf(from)).toBe(count);
        expect(to.getTime() % DAY_MS).toBe(from.getTime() % DAY_MS);
        expect(to.getUTCDate()).toBeLessThanOrEqual(from.getUTCDate());
      }),
    );
  });

  it('never comes before a month fewer, nor before the same count from an earlier instant', () => {
    fc.assert(
      fc.property(instant, instant, months, (one, two, count) => {
        expect(addMonths(one, count + 1).getTime()).toBeGreaterThan(addMonths(one, count).getTime());
        const [earlier, later] = one <= two ? [one, two] : [two, one];
        if (later.getTime() - earlier.getTime() >= 4 * DAY_MS) {
          expect(addMonths(later, count).getTime()).toBeGreaterThanOrEqual(addMonths(earlier, count).getTime());
        }
      }),
    );
  });

  it('leaves the instant it started from as it was', () => {
    const from = at('2026-01-31');
    addMonths(from, 1);
    expect(from).toEqual(at('2026-01-31'));
  });
});

describe('a clock that a test moves', () => {
  it('starts at now, moves forward by what it is told, and runs on', () => {
    const [clock, real] = [new MovableClock(), new Clock()];
    expect(Math.abs(clock.now().getTime() - real.now().getTime())).toBeLessThan(1000);
    const before = clock.now();
    clock.advance({ months: 6, days: 1, hours: 2, minutes: 3, seconds: 4 });
    const restMs = DAY_MS + ((2 * 60 + 3) * 60 + 4) * 1000;
    const passedMs = clock.now().getTime() - addMonths(before, 6).getTime() - restMs;
    expect(passedMs).toBeGreaterThanOrEqual(0);
    expect(passedMs).toBeLessThan(1000);
  });
});
