import type { Locale, MailCalendar } from '#contract';

type Moment = NonNullable<MailCalendar['start']>;

/** When an appointment is: in the reader's own time where that can be known, and as its sender wrote it where that says something else. */
export interface CalendarWhen {
  /** In the reader's time zone; null where the sender's zone is unknown. */
  here: string | null;
  isAllDay: boolean;
  written: string | null;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const DAY = { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' } as const;
const TIME = { hour: '2-digit', minute: '2-digit' } as const;

/** A clock on the wall, wherever that wall is: counted as if it were in UTC. */
function wallMs({ written }: Moment): number {
  return Date.parse(written.length === 10 ? `${written}T00:00Z` : `${written}Z`);
}

function range(format: Intl.DateTimeFormat, startMs: number, endMs: number | null): string {
  return endMs === null || endMs <= startMs ? format.format(startMs) : format.formatRange(startMs, endMs);
}

/**
 * Put an appointment's time into words. `timeZone` is the reader's.
 *
 * Source   RFC 5545 3.6.1: the end of a whole day is the day after
 */
export function whenOf({ start, end }: Pick<MailCalendar, 'start' | 'end'>, locale: Locale, timeZone: string): CalendarWhen | null {
  if (start === null || Number.isNaN(wallMs(start))) return null;
  const language = locale === 'nl' ? 'nl-NL' : 'en-GB';
  const until = end !== null && Number.isNaN(wallMs(end)) ? null : end;
  if (start.isDate) {
    const format = new Intl.DateTimeFormat(language, { ...DAY, timeZone: 'UTC' });
    return { here: range(format, wallMs(start), until && wallMs(until) - DAY_MS), isAllDay: true, written: null };
  }
  const onTheWall = new Intl.DateTimeFormat(language, { ...DAY, ...TIME, timeZone: 'UTC' });
  const written = range(onTheWall, wallMs(start), until && wallMs(until));
  const zoned = start.zone === null ? written : `${written} (${start.zone})`;
  if (start.at === null) return { here: null, isAllDay: false, written: zoned };
  const here = new Intl.DateTimeFormat(language, { ...DAY, ...TIME, timeZone });
  const shown = range(here, Date.parse(start.at), until?.at == null ? null : Date.parse(until.at));
  // A time given in UTC was not written by anybody's clock.
  const isOther = start.zone !== null && shown !== written;
  return { here: shown, isAllDay: false, written: isOther ? zoned : null };
}
