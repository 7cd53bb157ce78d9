import { useSyncExternalStore } from 'react';

const TICK_MS = 15_000;
const listeners = new Set<() => void>();
let ticking: ReturnType<typeof setInterval> | undefined;
let tickedAtMs = nowMs();

/** The one place the browser's clock is read. Units: milliseconds since 1970. */
export function nowMs(): number {
  return Date.now();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  ticking ??= setInterval(() => {
    tickedAtMs = nowMs();
    for (const each of listeners) each();
  }, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(ticking);
    ticking = undefined;
  };
}

function snapshot(): number {
  // While nobody listened the tick stood still; the first reader must not see an old time.
  if (nowMs() - tickedAtMs > TICK_MS) tickedAtMs = nowMs();
  return tickedAtMs;
}

/** Now, renewed every quarter of a minute for as long as a component shows it. One timer serves all of them. */
export function useNowMs(): number {
  return useSyncExternalStore(subscribe, snapshot);
}
