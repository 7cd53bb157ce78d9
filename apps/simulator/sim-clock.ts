export interface Duration {
  days?: number;
  hours?: number;
  minutes?: number;
  seconds?: number;
  ms?: number;
}

interface Wait {
  dueMs: number;
  order: number;
  run: () => void;
}

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** Longer waits are taken in steps: a Node timer cannot hold more than 2^31 ms. */
const TIMER_MS_MAX = DAY_MS;

export function durationMs(duration: Duration): number {
  const { days = 0, hours = 0, minutes = 0, seconds = 0, ms = 0 } = duration;
  return days * DAY_MS + hours * HOUR_MS + minutes * MINUTE_MS + seconds * SECOND_MS + ms;
}

/**
 * The simulator's own time: it runs like the wall clock and can be moved. Everything that waits, waits on it, so a
 * jump of an hour runs in that instant what would have happened within the hour, in order.
 */
export class SimClock {
  private offsetMs = 0;
  private order = 0;
  private readonly waits = new Set<Wait>();
  private timer: NodeJS.Timeout | null = null;

  nowMs(): number {
    return Date.now() + this.offsetMs;
  }

  now(): Date {
    return new Date(this.nowMs());
  }

  set(instant: Date | number): void {
    this.offsetMs += Number(instant) - this.nowMs();
    this.runDue();
  }

  advance(duration: Duration): void {
    this.offsetMs += durationMs(duration);
    this.runDue();
  }

  /** Run `run` once this clock has reached `dueMs`, never before the caller has returned. The answer calls it off. */
  at(dueMs: number, run: () => void): () => void {
    const wait: Wait = { dueMs, order: (this.order += 1), run };
    this.waits.add(wait);
    this.arm();
    return () => {
      this.waits.delete(wait);
    };
  }

  /** Resolves once `ms` have passed on this clock. */
  pass(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.at(this.nowMs() + ms, resolve);
    });
  }

  /** Forgets every wait. */
  close(): void {
    this.waits.clear();
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
  }

  private arm(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    const nextMs = Math.min(...[...this.waits].map((wait) => wait.dueMs));
    if (!Number.isFinite(nextMs)) return;
    const delayMs = Math.min(Math.max(nextMs - this.nowMs(), 0), TIMER_MS_MAX);
    this.timer = setTimeout(() => {
      this.runDue();
    }, delayMs).unref();
  }

  private runDue(): void {
    const due = [...this.waits].filter((wait) => wait.dueMs <= this.nowMs()).sort((a, b) => a.dueMs - b.dueMs || a.order - b.order);
    for (const wait of due) {
      if (this.waits.delete(wait)) wait.run();
    }
    this.arm();
  }
}
