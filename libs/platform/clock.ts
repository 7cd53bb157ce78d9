import { Injectable } from '@nestjs/common';

export const SECOND_MS = 1000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** The only source of "now" for every rule about time, so that tests can move it. */
@Injectable()
export class Clock {
  now(): Date {
    return new Date();
  }
}

/** A clock that a test moves. It still runs, from where it was put. */
export class MovableClock extends Clock {
  private offsetMs = 0;

  override now(): Date {
    return new Date(Date.now() + this.offsetMs);
  }

  advance(by: { months?: number; days?: number; hours?: number; minutes?: number; seconds?: number }): void {
    const now = this.now();
    const moved = addMonths(now, by.months ?? 0);
    const restMs = (by.days ?? 0) * DAY_MS + (by.hours ?? 0) * HOUR_MS + (by.minutes ?? 0) * MINUTE_MS + (by.seconds ?? 0) * SECOND_MS;
    this.offsetMs += moved.getTime() - now.getTime() + restMs;
  }
}

/**
 * The same day and time `months` later in UTC, or the last day of that month when it has no such day.
 * 31 January plus one month is 28 or 29 February: a promise of "a month" must not end in the next one.
 */
export function addMonths(from: Date, months: number): Date {
  const to = new Date(from);
  to.setUTCDate(1);
  to.setUTCMonth(to.getUTCMonth() + months);
  const lastDay = new Date(Date.UTC(to.getUTCFullYear(), to.getUTCMonth() + 1, 0)).getUTCDate();
  to.setUTCDate(Math.min(from.getUTCDate(), lastDay));
  return to;
}
