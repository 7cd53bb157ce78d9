import type { MailCalendar } from '#contract';
import { whenOf } from './calendar-when.js';

type Moment = NonNullable<MailCalendar['start']>;
const at = (written: string, instant: string | null, zone: string | null): Moment => ({ at: instant, isDate: false, zone, written });
const day = (written: string): Moment => ({ at: `${written}T00:00:00.000Z`, isDate: true, zone: null, written });
const plain = (words: string | null | undefined) => words?.replaceAll(/[\u2009\u202f\u00a0]/g, ' ').replaceAll('–', '-');

/** Nobody comes an hour late because a card showed somebody else's clock. */
describe('when an appointment is', () => {
  const start = at('2026-11-27T14:00', '2026-11-27T13:00:00.000Z', 'Europe/Amsterdam');
  const end = at('2026-11-27T15:00', '2026-11-27T14:00:00.000Z', 'Europe/Amsterdam');

  it('is said once where reader and sender have the same clock', () => {
    const when = whenOf({ start, end }, 'en', 'Europe/Berlin');
    expect(plain(when?.here)).toBe('Fri, 27 Nov 2026, 14:00-15:00');
    expect(when?.written).toBeNull();
  });

  it('is said in the reader’s time, and as it was written, where the clocks differ', () => {
    const when = whenOf({ start, end }, 'en', 'Asia/Tokyo');
    expect(plain(when?.here)).toBe('Fri, 27 Nov 2026, 22:00-23:00');
    expect(plain(when?.written)).toBe('Fri, 27 Nov 2026, 14:00-15:00 (Europe/Amsterdam)');
  });

  it('is only said as it was written where the zone is unknown', () => {
    const when = whenOf({ start: at('2026-11-27T14:00', null, null), end: null }, 'en', 'Europe/Amsterdam');
    expect(when?.here).toBeNull();
    expect(plain(when?.written)).toBe('Fri, 27 Nov 2026, 14:00');
  });

  it('is a whole day on that day wherever one reads it, and ends on the last day of it', () => {
    for (const zone of ['Pacific/Auckland', 'America/Los_Angeles', 'Europe/Amsterdam']) {
      expect(whenOf({ start: day('2026-11-27'), end: day('2026-11-28') }, 'en', zone)?.here).toBe('Fri, 27 Nov 2026');
      expect(plain(whenOf({ start: day('2026-11-27'), end: day('2026-11-30') }, 'en', zone)?.here)).toBe('Fri, 27 Nov - Sun, 29 Nov 2026');
    }
  });

  it('is left out where there is none, or none that can be read', () => {
    expect(whenOf({ start: null, end: null }, 'en', 'UTC')).toBeNull();
    expect(whenOf({ start: at('2026-13-45T99:00', null, null), end: null }, 'en', 'UTC')).toBeNull();
  });
});
