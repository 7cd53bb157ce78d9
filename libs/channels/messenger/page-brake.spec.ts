import fc from 'fast-check';
import { Clock, MINUTE_MS, SECOND_MS } from '#platform';
import { type Lane, PageBrake } from './page-brake.js';
import { readUsage } from './usage-headers.js';

/** A clock that stands still until it is moved. */
class StandingClock extends Clock {
  nowMs = Date.UTC(2026, 2, 1);
  override now(): Date {
    return new Date(this.nowMs);
  }
}

const PAGE = 'page';

describe('the brake of a page', () => {
  let clock: StandingClock;
  let brake: PageBrake;

  beforeEach(() => {
    clock = new StandingClock();
    brake = new PageBrake(clock);
  });

  const admitted = (lane: Lane = 'text', pool = PAGE) => {
    const admission = brake.admit(pool, lane);
    return 'waitMs' in admission ? admission.waitMs : null;
  };
  const heldMs = (lane: Lane = 'text', pool = PAGE) => {
    const admission = brake.admit(pool, lane);
    return 'retryAfterMs' in admission ? admission.retryAfterMs : 0;
  };
  const failTimes = (times: number) => {
    for (let time = 0; time < times; time++) brake.failed(PAGE);
  };

  it('lets a burst through, then lets calls wait for their turn, and refuses those whose turn is far', () => {
    const waits = Array.from({ length: 200 }, () => admitted());
    expect(waits.slice(0, 30).every((wait) => wait === 0)).toBe(true);
    expect(waits.filter((wait) => wait !== null && wait > 0).every((wait) => wait! <= 3 * SECOND_MS)).toBe(true);
    expect(waits.at(-1)).toBeNull();
    expect(heldMs()).toBeGreaterThan(3 * SECOND_MS);
    clock.nowMs += MINUTE_MS;
    expect(admitted()).toBe(0);
  });

  it.each<[Lane, number]>([
    ['text', 300],
    ['media', 10],
    ['conversations', 2],
  ])('never lets more %s calls through than Meta’s %i in a second, however they come', (lane, perSecondMax) => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 2000 }), { maxLength: 300 }), (pauses) => {
        clock = new StandingClock();
        brake = new PageBrake(clock);
        const leavesAt: number[] = [];
        for (const pauseMs of pauses) {
          clock.nowMs += pauseMs;
          const wait = admitted(lane);
          if (wait !== null) leavesAt.push(clock.nowMs + wait);
        }
        for (const from of leavesAt) {
          // The burst of the first moment is the worst: it may stand beside what a second refills.
          const within = leavesAt.filter((at) => at >= from && at < from + SECOND_MS).length;
          expect(within).toBeLessThanOrEqual(lane === 'conversations' ? perSecondMax + 1 : perSecondMax);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('holds one page back without another, and one kind of call without another', () => {
    for (let call = 0; call < 200; call++) admitted('media');
    expect(admitted('media')).toBeNull();
    expect(admitted('text')).toBe(0);
    expect(admitted('media', 'another page')).toBe(0);
  });

  it('goes slower from 80 percent on and stops at 100 for as long as Meta says', () => {
    brake.hear(PAGE, { percent: 80, regainMs: null });
    admitted();
    expect(admitted()).toBeGreaterThan(100);
    brake.hear(PAGE, { percent: 100, regainMs: 7 * MINUTE_MS });
    expect(heldMs()).toBe(7 * MINUTE_MS);
    clock.nowMs += 7 * MINUTE_MS - 1;
    expect(heldMs()).toBe(1);
    clock.nowMs += 1;
    expect(admitted()).toBe(0);
  });

  it('goes at full speed again once Meta says less than 80', () => {
    brake.hear(PAGE, { percent: 95, regainMs: null });
    brake.hear(PAGE, { percent: 20, regainMs: null });
    clock.nowMs += 2 * SECOND_MS;
    expect([admitted(), admitted(), admitted()]).toEqual([0, 0, 0]);
  });

  it('opens after five failures in a row, tries one call after 30 seconds, then after twice as long, at most after five minutes', () => {
    failTimes(4);
    expect(admitted()).toBe(0);
    failTimes(1);
    const waits: number[] = [];
    for (let turn = 0; turn < 6; turn++) {
      const wait = heldMs();
      waits.push(wait / SECOND_MS);
      clock.nowMs += wait;
      expect(admitted()).toBe(0);
      expect(heldMs()).toBeGreaterThan(0);
      brake.failed(PAGE);
    }
    expect(waits).toEqual([30, 60, 120, 240, 300, 300]);
  });

  it('closes at the first answer, whatever it says', () => {
    failTimes(5);
    clock.nowMs += 30 * SECOND_MS;
    expect(admitted()).toBe(0);
    brake.answered(PAGE);
    expect([admitted(), admitted()]).toEqual([0, 0]);
    failTimes(4);
    expect(admitted()).toBe(0);
  });

  it('counts only failures in a row', () => {
    for (let turn = 0; turn < 10; turn++) {
      failTimes(4);
      brake.answered(PAGE);
    }
    expect(admitted()).toBe(0);
  });
});

describe('reading Meta’s usage headers', () => {
  it('takes the highest figure, and the time to wait', () => {
    const business = {
      '112233': [{ type: 'messenger', call_count: 12, total_cputime: 104, total_time: 3, estimated_time_to_regain_access: 9 }],
    };
    expect(readUsage({ 'x-business-use-case-usage': JSON.stringify(business) })).toEqual({
      app: null,
      page: { percent: 104, regainMs: 9 * MINUTE_MS },
    });
    expect(readUsage({ 'x-app-usage': '{"call_count":68,"total_time":208,"total_cputime":0}' })).toEqual({
      app: { percent: 208, regainMs: null },
      page: null,
    });
  });

  it('says nothing where there is nothing to read, and never fails', () => {
    expect(readUsage({})).toEqual({ app: null, page: null });
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (header) => {
        const { app, page } = readUsage({ 'x-app-usage': header, 'x-business-use-case-usage': header });
        for (const usage of [app, page]) expect(usage === null || Number.isFinite(usage.percent)).toBe(true);
      }),
    );
  });
});
