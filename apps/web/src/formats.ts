import { useTranslation } from 'react-i18next';
import type { Locale } from '#contract';
import { nowMs } from './clock.js';
import { currentLocale } from './i18n/index.js';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const WEEK_MS = 7 * DAY_MS;

// Making one costs more than using it a hundred times; a list draws hundreds.
const made = new Map<string, Intl.DateTimeFormat | Intl.NumberFormat>();
const languageOf = (locale: Locale) => (locale === 'nl' ? 'nl-NL' : 'en-GB');

function dateFormat(locale: Locale, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `date ${locale} ${JSON.stringify(options)}`;
  const known = made.get(key);
  if (known instanceof Intl.DateTimeFormat) return known;
  const format = new Intl.DateTimeFormat(languageOf(locale), options);
  made.set(key, format);
  return format;
}

function numberFormat(locale: Locale, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = `number ${locale} ${JSON.stringify(options)}`;
  const known = made.get(key);
  if (known instanceof Intl.NumberFormat) return known;
  const format = new Intl.NumberFormat(languageOf(locale), options);
  made.set(key, format);
  return format;
}

function startOfDayMs(ms: number): number {
  const day = new Date(ms);
  return new Date(day.getFullYear(), day.getMonth(), day.getDate()).getTime();
}

/** Whole days of the calendar between an instant and now, in the agent's own time zone. 0 is today. */
export function daysAgo(instant: string, atMs: number): number {
  return Math.round((startOfDayMs(atMs) - startOfDayMs(Date.parse(instant))) / DAY_MS);
}

function shortUnit(locale: Locale, value: number, unit: 'minute' | 'hour' | 'day'): string {
  return numberFormat(locale, { style: 'unit', unit, unitDisplay: 'short' }).format(value);
}

/** How long ago, as short as a list row allows: `now`, `12 min`, `3 hrs`, `Tue`, `4 Mar`. */
export function age(instant: string, atMs: number, locale: Locale): string {
  const agoMs = Math.max(0, atMs - Date.parse(instant));
  if (agoMs < MINUTE_MS) return locale === 'nl' ? 'nu' : 'now';
  if (agoMs < HOUR_MS) return shortUnit(locale, Math.floor(agoMs / MINUTE_MS), 'minute');
  if (daysAgo(instant, atMs) === 0) return dateFormat(locale, { hour: '2-digit', minute: '2-digit' }).format(new Date(instant));
  if (agoMs < WEEK_MS) return dateFormat(locale, { weekday: 'short' }).format(new Date(instant));
  const isThisYear = new Date(instant).getFullYear() === new Date(atMs).getFullYear();
  return dateFormat(locale, isThisYear ? { day: 'numeric', month: 'short' } : { month: 'short', year: 'numeric' }).format(
    new Date(instant),
  );
}

/** How long ago, as one would say it: `8 seconds ago`, `3 hours ago`. */
export function spokenAge(instant: string, atMs: number, locale: Locale): string {
  const agoMs = Math.max(0, atMs - Date.parse(instant));
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  if (agoMs < MINUTE_MS) return relative.format(-Math.floor(agoMs / SECOND_MS), 'second');
  if (agoMs < HOUR_MS) return relative.format(-Math.floor(agoMs / MINUTE_MS), 'minute');
  if (agoMs < DAY_MS) return relative.format(-Math.floor(agoMs / HOUR_MS), 'hour');
  return relative.format(-Math.floor(agoMs / DAY_MS), 'day');
}

/** What is left, in its largest unit: `19 hrs`, `45 min`. */
export function timeLeft(leftMs: number, locale: Locale): string {
  if (leftMs >= 2 * DAY_MS) return shortUnit(locale, Math.floor(leftMs / DAY_MS), 'day');
  if (leftMs >= HOUR_MS) return shortUnit(locale, Math.floor(leftMs / HOUR_MS), 'hour');
  return shortUnit(locale, Math.max(1, Math.ceil(leftMs / MINUTE_MS)), 'minute');
}

/** A day, in the language on the screen: `4 Mar 2026`. */
export function shortDay(instant: string): string {
  return dateFormat(currentLocale(), { day: 'numeric', month: 'short', year: 'numeric' }).format(new Date(instant));
}

/** Dates and times in the language on the screen. */
export function useFormats() {
  // Drawn again when the language changes.
  useTranslation();
  const locale = currentLocale();
  return {
    locale,
    time: (instant: string) => dateFormat(locale, { hour: '2-digit', minute: '2-digit' }).format(new Date(instant)),
    date: (instant: string) => dateFormat(locale, { day: 'numeric', month: 'long', year: 'numeric' }).format(new Date(instant)),
    shortDate: shortDay,
    weekday: (instant: string) => dateFormat(locale, { weekday: 'long', day: 'numeric', month: 'long' }).format(new Date(instant)),
    moment: (instant: string) => dateFormat(locale, { dateStyle: 'full', timeStyle: 'short' }).format(new Date(instant)),
    age: (instant: string, atMs = nowMs()) => age(instant, atMs, locale),
    spokenAge: (instant: string, atMs = nowMs()) => spokenAge(instant, atMs, locale),
    timeLeft: (leftMs: number) => timeLeft(leftMs, locale),
    number: (value: number) => numberFormat(locale, {}).format(value),
    bytes: (value: number) => formatBytes(value, locale),
  };
}

/** A size as people read it: `48 kB`, `3.2 MB`. Source: SI, powers of a thousand, as file managers show them. */
export function formatBytes(bytes: number, locale: Locale): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;
  let value = bytes;
  let step = 0;
  while (value >= 1000 && step < units.length - 1) {
    value /= 1000;
    step += 1;
  }
  const unit = units[step] ?? 'byte';
  const maximumFractionDigits = value < 10 && step > 0 ? 1 : 0;
  return numberFormat(locale, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits }).format(value);
}
