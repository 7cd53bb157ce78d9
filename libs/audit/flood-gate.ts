import { type Clock, MINUTE_MS } from '#platform';

/** So many keys are remembered. Beyond it the oldest is forgotten, and may pass once more. */
const KEYS_MAX = 10_000;

interface Minute {
  startedAt: number;
  passed: number;
  leftOut: number;
}

/** Lets a few of many through, and counts the others. */
export class FloodGate {
  private readonly minutes = new Map<string, Minute>();

  constructor(private readonly clock: Clock) {}

  /** Null when `max` of this key have passed in its minute; else how many were left out since the last that passed. */
  pass(key: string, max: number): number | null {
    const now = this.clock.now().getTime();
    const minute = this.minutes.get(key);
    if (minute && now - minute.startedAt < MINUTE_MS && now >= minute.startedAt) {
      if (minute.passed >= max) {
        minute.leftOut++;
        return null;
      }
      minute.passed++;
      return 0;
    }
    this.minutes.delete(key);
    this.minutes.set(key, { startedAt: now, passed: 1, leftOut: 0 });
    if (this.minutes.size > KEYS_MAX) this.minutes.delete(this.minutes.keys().next().value!);
    return minute?.leftOut ?? 0;
  }
}
