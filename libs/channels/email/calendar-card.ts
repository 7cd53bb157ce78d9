import { calendarComponents, calendarText, type CalendarComponent, type CalendarLine } from './calendar-lines.js';
import { plainAddress } from './mail-address.js';
import { cutAt, displayName, oneLine, storableText } from './mail-words.js';
import { instantIn, knownZone } from './zone-time.js';

/*
 * An invitation, or an answer to one, as the facts of a card. Nothing of a calendar file is ever acted on: it is shown.
 *
 * Source   RFC 5545 (iCalendar), RFC 5546 (methods)
 */

export type CalendarMethod = 'request' | 'reply' | 'cancel' | 'counter' | 'add' | 'refresh' | 'declinecounter' | 'publish';

export interface CalendarPerson {
  address: string | null;
  name: string | null;
}

export interface CalendarAttendee extends CalendarPerson {
  answer: 'accepted' | 'declined' | 'tentative' | 'delegated' | 'needs_action';
}

export interface CalendarMoment {
  /** Null where the zone is unknown: then `written` is all there is to show. */
  at: Date | null;
  /** The whole day, without a time. */
  isDate: boolean;
  /** IANA name; null for UTC, for "wherever you are", and where it is unknown. */
  zone: string | null;
  /** `2026-11-06T09:30` or `2026-11-06`: the figures as the sender's clock shows them. */
  written: string;
}

export interface CalendarCard {
  method: CalendarMethod;
  uid: string | null;
  /** Counts the changes of an invitation. */
  sequence: number;
  summary: string | null;
  location: string | null;
  description: string | null;
  start: CalendarMoment | null;
  end: CalendarMoment | null;
  /** It happens more than once; which times is in the file. */
  isRepeated: boolean;
  isCancelled: boolean;
  organiser: CalendarPerson | null;
  attendees: CalendarAttendee[];
  /** More than one event is in the file; this card is the first. */
  hasMore: boolean;
}

const LINE_CHARS_MAX = 500;
const UID_CHARS_MAX = 500;
const DESCRIPTION_CHARS_MAX = 10_000;
const ATTENDEES_MAX = 100;
const NAME_CHARS_MAX = 200;
const DAY_MS = 24 * 60 * 60 * 1000;

const METHODS: ReadonlySet<string> = new Set<CalendarMethod>([
  ...(['request', 'reply', 'cancel', 'counter', 'add', 'refresh', 'declinecounter', 'publish'] as const),
]);
const ANSWERS: Readonly<Record<string, CalendarAttendee['answer']>> = {
  accepted: 'accepted',
  declined: 'declined',
  tentative: 'tentative',
  delegated: 'delegated',
};

/**
 * The card of a calendar file; null when there is no event in it.
 *
 * Limits   100 attendees; 512 KiB of the file are read; linear
 */
export function readCalendarCard(file: string): CalendarCard | null {
  const calendars = calendarComponents(file);
  const calendar = calendars.find(({ name }) => name === 'VCALENDAR');
  const events = calendars.flatMap((one) => (one.name === 'VEVENT' ? [one] : one.parts.filter(({ name }) => name === 'VEVENT')));
  const event = events[0];
  if (event === undefined) return null;
  const method = valueOf(calendar, 'METHOD').trim().toLowerCase();
  const attendees = event.lines.filter(({ name }) => name === 'ATTENDEE').slice(0, ATTENDEES_MAX);
  const organiser = lineOf(event, 'ORGANIZER');
  const start = momentOf(lineOf(event, 'DTSTART'), calendar);
  const uids = new Set(events.map((one) => valueOf(one, 'UID')));
  return {
    method: METHODS.has(method) ? (method as CalendarMethod) : 'publish',
    uid: oneLine(valueOf(event, 'UID'), UID_CHARS_MAX) || null,
    sequence: Number(/^\s{0,5}(\d{1,9})/.exec(valueOf(event, 'SEQUENCE'))?.[1] ?? 0),
    summary: shown(event, 'SUMMARY'),
    location: shown(event, 'LOCATION'),
    description: cutAt(storableText(calendarText(valueOf(event, 'DESCRIPTION'))).trim(), DESCRIPTION_CHARS_MAX) || null,
    start,
    end: momentOf(lineOf(event, 'DTEND'), calendar) ?? endByDuration(start, valueOf(event, 'DURATION')),
    isRepeated: event.lines.some(({ name }) => name === 'RRULE' || name === 'RDATE'),
    isCancelled: method === 'cancel' || valueOf(event, 'STATUS').trim().toUpperCase() === 'CANCELLED',
    organiser: organiser === undefined ? null : personOf(organiser),
    attendees: attendees.map((line) => ({
      ...personOf(line),
      answer: ANSWERS[(line.parameters.get('PARTSTAT') ?? '').toLowerCase()] ?? 'needs_action',
    })),
    // One event with changed occurrences has one UID for all of them.
    hasMore: uids.size > 1,
  };
}

function lineOf(component: CalendarComponent | undefined, name: string): CalendarLine | undefined {
  return component?.lines.find((line) => line.name === name);
}

function valueOf(component: CalendarComponent | undefined, name: string): string {
  return lineOf(component, name)?.value ?? '';
}

function shown(event: CalendarComponent, name: string): string | null {
  return oneLine(calendarText(valueOf(event, name)), LINE_CHARS_MAX) || null;
}

function personOf({ value, parameters }: CalendarLine): CalendarPerson {
  const address =
    plainAddress(value.trim().replace(/^mailto:/i, '')) ?? plainAddress((parameters.get('EMAIL') ?? '').replace(/^mailto:/i, ''));
  return { address, name: displayName(parameters.get('CN') ?? '', NAME_CHARS_MAX) || null };
}

const MOMENT = /^(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})?(Z?))?/;

function momentOf(line: CalendarLine | undefined, calendar: CalendarComponent | undefined): CalendarMoment | null {
  const match = line === undefined ? null : MOMENT.exec(line.value.trim());
  if (line === undefined || match === null) return null;
  const [, year = '', month = '', day = '', hour, minute = '00', second = '00', utc] = match;
  const clockMs = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour ?? 0), Number(minute), Number(second));
  const written = `${year}-${month}-${day}`;
  if (Number(month) > 12 || Number(day) > 31 || Number(hour ?? 0) > 23 || Number(minute) > 59) return null;
  if (hour === undefined) return { at: new Date(clockMs), isDate: true, zone: null, written };
  const isUtc = utc === 'Z';
  const label = line.parameters.get('TZID') ?? '';
  const zone = isUtc ? null : knownZone(label);
  const instant = isUtc ? clockMs : zone === null ? byOwnZone(label, clockMs, calendar) : instantIn(zone, clockMs);
  return { at: instant === null ? null : new Date(instant), isDate: false, zone, written: `${written}T${hour}:${minute}` };
}

/**
 * A zone that is only described in the file ("Customized Time Zone"). Where it has one offset all year that is used; where clocks change,
 * the half of the year the date lies in is told by the two rules' months.
 */
function byOwnZone(label: string, clockMs: number, calendar: CalendarComponent | undefined): number | null {
  const own = calendar?.parts.find(
    (part) => part.name === 'VTIMEZONE' && valueOf(part, 'TZID').replaceAll('"', '').trim() === label.trim(),
  );
  const rules = (own?.parts ?? []).flatMap((part) => {
    const offset = offsetMs(valueOf(part, 'TZOFFSETTO'));
    return offset === null ? [] : [{ offset, month: monthOf(part) }];
  });
  if (label === '' || rules.length === 0) return null;
  const month = new Date(clockMs).getUTCMonth() + 1;
  // The rule that came into force last before this month; in January that is the last one of the year before.
  const sorted = rules.toSorted((a, b) => a.month - b.month);
  const rule = sorted.findLast((one) => one.month <= month) ?? sorted.at(-1);
  return rule === undefined ? null : clockMs - rule.offset;
}

function monthOf(part: CalendarComponent): number {
  const byRule = /BYMONTH=(\d{1,2})/i.exec(valueOf(part, 'RRULE'))?.[1];
  return Number(byRule ?? /^\d{4}(\d{2})/.exec(valueOf(part, 'DTSTART').trim())?.[1] ?? 1);
}

function offsetMs(value: string): number | null {
  const match = /^([+-])(\d{2})(\d{2})/.exec(value.trim());
  if (match === null) return null;
  const minutes = Number(match[2]) * 60 + Number(match[3]);
  return (match[1] === '-' ? -minutes : minutes) * 60_000;
}

const DURATION = /^\+?P(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,7})S)?)?$/;

function endByDuration(start: CalendarMoment | null, value: string): CalendarMoment | null {
  const match = DURATION.exec(value.trim().toUpperCase());
  if (start === null || match === null) return null;
  const [weeks, days, hours, minutes, seconds] = match.slice(1).map((figure) => Number((figure as string | undefined) ?? 0));
  const ms = ((weeks ?? 0) * 7 + (days ?? 0)) * DAY_MS + (((hours ?? 0) * 60 + (minutes ?? 0)) * 60 + (seconds ?? 0)) * 1000;
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0] = start.written.split(/[-T:]/).map(Number);
  const clock = new Date(Date.UTC(year, month - 1, day, hour, minute) + ms).toISOString();
  return {
    ...start,
    at: start.at === null ? null : new Date(start.at.getTime() + ms),
    written: start.isDate ? clock.slice(0, 10) : clock.slice(0, 16),
  };
}
