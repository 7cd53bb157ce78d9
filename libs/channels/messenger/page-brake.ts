import { type Clock, MINUTE_MS, SECOND_MS } from '#platform';

/*
 * How fast each page may be called, kept here before Meta has to keep it. Three things hold a page back:
 *
 *   its bucket    a call takes a token of its lane; a short wait for one is waited out, a long one is a refusal with the time to wait
 *   its usage     Meta's headers say how much of what it allows is used up, in percent: from 80 on we go at a quarter of the speed, at
 *                 100 we stop for as long as Meta says, because calling while blocked makes the block longer
 *   its breaker   five temporary failures in a row open it; then one call is let through after 30 seconds, and after each that fails
 *                 twice as long, up to five minutes
 *
 * Calls that are not for a page (logins, looking at tokens) share one pool for the whole app, as they do at Meta. Each process counts for
 * itself; the speeds are far enough below Meta's that several together stay below them too.
 */

export type Lane = 'text' | 'media' | 'conversations' | 'other';

/** Calls per second, and how many may come at once. Meta's own, per page: 300 texts, 10 media, 2 for conversations. Source: Meta, "Rate limits" */
const SPEED: Record<Lane, { perSecond: number; burst: number }> = {
  text: { perSecond: 30, burst: 30 },
  media: { perSecond: 4, burst: 4 },
  conversations: { perSecond: 1, burst: 2 },
  other: { perSecond: 10, burst: 20 },
};
/** A wait up to this is waited out where it arises. */
const WAIT_MS_MAX = 3 * SECOND_MS;

const SLOW_FROM_PERCENT = 80;
const STOP_AT_PERCENT = 100;
const SLOWED_DOWN_BY = 4;
/** Usage falls by itself; one high figure is not believed for longer than this. */
const SLOW_FOR_MS = 10 * MINUTE_MS;
const STOP_MS_DEFAULT = MINUTE_MS;
const STOP_MS_MAX = 60 * MINUTE_MS;

const FAILURES_TO_OPEN = 5;
const OPEN_MS_FIRST = 30 * SECOND_MS;
const OPEN_MS_MAX = 5 * MINUTE_MS;

/** Pages remembered in one process; the one that was quiet for longest is forgotten first. */
const POOLS_MAX = 20_000;

/** What Meta calls the whole app's pool. */
export const APP_POOL = 'app';

/** `waitMs`: go, after that long. `retryAfterMs`: do not go; ask again then. */
export type Admission = { waitMs: number } | { retryAfterMs: number };

/** What the headers of one answer say, in percent of what is allowed. */
export interface Usage {
  percent: number;
  regainMs: number | null;
}

interface Bucket {
  tokens: number;
  filledAtMs: number;
}

interface Pool {
  buckets: Map<Lane, Bucket>;
  stoppedUntilMs: number;
  slowUntilMs: number;
  failures: number;
  openForMs: number;
  openUntilMs: number;
  isTrying: boolean;
}

export class PageBrake {
  private readonly pools = new Map<string, Pool>();

  constructor(private readonly clock: Clock) {}

  /** Ask to make a call. Whoever is let through must say `answered` or `failed` afterwards. */
  admit(poolName: string, lane: Lane): Admission {
    const pool = this.poolOf(poolName);
    const nowMs = this.nowMs();
    const blockedMs = Math.max(pool.stoppedUntilMs, pool.openUntilMs) - nowMs;
    if (blockedMs > 0) return { retryAfterMs: blockedMs };
    if (pool.failures >= FAILURES_TO_OPEN) {
      // Half open: one goes ahead, the others wait for what it finds.
      if (pool.isTrying) return { retryAfterMs: OPEN_MS_FIRST };
      pool.isTrying = true;
      return { waitMs: 0 };
    }
    return take(bucketOf(pool, lane, nowMs), this.speedOf(pool, lane, nowMs), nowMs);
  }

  /** Graph answered, with whatever it said. */
  answered(poolName: string): void {
    Object.assign(this.poolOf(poolName), { failures: 0, openForMs: 0, openUntilMs: 0, isTrying: false });
  }

  /** Graph did not answer, or said that it cannot right now. */
  failed(poolName: string): void {
    const pool = this.poolOf(poolName);
    pool.failures++;
    pool.isTrying = false;
    if (pool.failures < FAILURES_TO_OPEN) return;
    pool.openForMs = Math.min(pool.openForMs === 0 ? OPEN_MS_FIRST : pool.openForMs * 2, OPEN_MS_MAX);
    pool.openUntilMs = this.nowMs() + pool.openForMs;
  }

  /** Obey what an answer's headers say. No header says nothing: it is not a zero. */
  hear(poolName: string, { percent, regainMs }: Usage): void {
    if (percent < SLOW_FROM_PERCENT && !this.pools.has(poolName)) return;
    const pool = this.poolOf(poolName);
    const nowMs = this.nowMs();
    pool.slowUntilMs = percent >= SLOW_FROM_PERCENT ? nowMs + SLOW_FOR_MS : 0;
    if (percent >= STOP_AT_PERCENT) this.stop(poolName, regainMs ?? STOP_MS_DEFAULT);
  }

  /** Make no call for so long. */
  stop(poolName: string, forMs: number): void {
    const pool = this.poolOf(poolName);
    pool.stoppedUntilMs = Math.max(pool.stoppedUntilMs, this.nowMs() + Math.min(forMs, STOP_MS_MAX));
  }

  private speedOf(pool: Pool, lane: Lane, nowMs: number) {
    const { perSecond, burst } = SPEED[lane];
    return pool.slowUntilMs > nowMs ? { perSecond: perSecond / SLOWED_DOWN_BY, burst: 1 } : { perSecond, burst };
  }

  private poolOf(name: string): Pool {
    const known = this.pools.get(name);
    // Set again, so that the map's order is that of use.
    if (known) this.pools.delete(name);
    const pool = known ?? {
      buckets: new Map(),
      stoppedUntilMs: 0,
      slowUntilMs: 0,
      failures: 0,
      openForMs: 0,
      openUntilMs: 0,
      isTrying: false,
    };
    this.pools.set(name, pool);
    if (this.pools.size > POOLS_MAX) this.pools.delete(this.pools.keys().next().value!);
    return pool;
  }

  private nowMs(): number {
    return this.clock.now().getTime();
  }
}

function bucketOf(pool: Pool, lane: Lane, nowMs: number): Bucket {
  const known = pool.buckets.get(lane);
  if (known) return known;
  const bucket = { tokens: SPEED[lane].burst, filledAtMs: nowMs };
  pool.buckets.set(lane, bucket);
  return bucket;
}

/** A token, now or soon: the bucket may owe some, and whoever took one that is not there yet waits for it. */
function take(bucket: Bucket, { perSecond, burst }: { perSecond: number; burst: number }, nowMs: number): Admission {
  const filled = Math.min(burst, bucket.tokens + (Math.max(0, nowMs - bucket.filledAtMs) / SECOND_MS) * perSecond);
  const waitMs = Math.max(0, Math.ceil(((1 - filled) / perSecond) * SECOND_MS));
  Object.assign(bucket, { tokens: filled, filledAtMs: nowMs });
  if (waitMs > WAIT_MS_MAX) return { retryAfterMs: waitMs };
  bucket.tokens -= 1;
  return { waitMs };
}
