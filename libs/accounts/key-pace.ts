import { MINUTE_MS, Refusal, SECOND_MS } from '#platform';
import type { ApiKeyId } from './actor.js';

/** Requests of one key in a minute, in one process of the server. */
export const REQUESTS_PER_MINUTE_MAX = 600;
const KEYS_COUNTED_MAX = 10_000;

/** Holds back a program that asks too often, before it is everybody's trouble. In memory: a count that is lost with its process does no harm. */
export class KeyPace {
  private readonly counts = new Map<ApiKeyId, { startedAtMs: number; count: number }>();

  /** Count one request. Errors: too_many `too_many_requests`, with the time to come back. */
  take(keyId: ApiKeyId, now: Date): void {
    const atMs = now.getTime();
    let window = this.counts.get(keyId);
    if (!window || atMs - window.startedAtMs >= MINUTE_MS) {
      window = { startedAtMs: atMs, count: 0 };
      // The newest is last, so what is dropped first has been quiet longest.
      this.counts.delete(keyId);
      this.counts.set(keyId, window);
      if (this.counts.size > KEYS_COUNTED_MAX) this.counts.delete(this.counts.keys().next().value!);
    }
    window.count++;
    if (window.count <= REQUESTS_PER_MINUTE_MAX) return;
    const retryAfterSeconds = Math.max(1, Math.ceil((window.startedAtMs + MINUTE_MS - atMs) / SECOND_MS));
    throw new Refusal('too_many', 'too_many_requests', 'This key asks too often. Wait, then go on.', undefined, retryAfterSeconds);
  }
}
