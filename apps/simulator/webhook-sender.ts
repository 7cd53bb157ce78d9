/**
 * How Meta tells an app what happened on its pages.
 *
 * An event is queued only while the page is subscribed to its field. Queued events become deliveries: one each, or, by
 * fault, held back for a moment to be shuffled and put together. Deliveries of one page go one after the other; a page
 * that fails does not hold up another. A delivery that is not answered with 200 in time is posted again three times at
 * once and then ever more rarely; meanwhile later ones go past it, which is how real deliveries come out of order. A
 * page that fails for an hour loses its subscription and everything that waits.
 *
 * Source   https://developers.facebook.com/docs/messenger-platform/webhooks; the spacing is not published
 */
import type { FaultDesk } from './faults.js';
import type { SeededRandom } from './seeded-random.js';
import { durationMs, type SimClock } from './sim-clock.js';
import type { Underway } from './underway.js';
import { envelope, type PageEvent } from './webhook-events.js';
import { postBytes, type PostAnswer } from './webhook-post.js';
import { signatureHeaders, wireJson } from './wire-form.js';

const IMMEDIATE_RETRIES = 3;
const RETRY_AFTER_MS = [{ seconds: 5 }, { seconds: 15 }, { minutes: 1 }, { minutes: 5 }, { minutes: 10 }].map(durationMs);
const UNSUBSCRIBED_AFTER_MS = durationMs({ hours: 1 });
const JOURNAL_MAX = 2000;

export interface WebhookAttempt extends PostAnswer {
  atMs: number;
}

export interface WebhookDelivery {
  id: number;
  pageIds: string[];
  body: Buffer;
  /** `retrying`: refused so far, waiting for its next turn. `dropped`: its page lost the subscription. */
  state: 'queued' | 'answered' | 'retrying' | 'dropped';
  attempts: WebhookAttempt[];
  /** How often it was put aside for a later try. */
  timesParked: number;
}

export interface WebhookSenderOptions {
  appSecret: string;
  clock: SimClock;
  random: SeededRandom;
  faults: FaultDesk;
  underway: Underway;
  answerTimeoutMs: number;
  isSubscribed: (pageId: string, field: string) => boolean;
  /** The hour is over: the page is to lose its subscription. */
  onGivenUp: (pageId: string) => void;
  onChange: () => void;
}

interface Held {
  event: PageEvent;
  tried: () => void;
}

export class WebhookSender {
  url: string | null = null;
  /** Newest last, bounded. */
  readonly journal: WebhookDelivery[] = [];
  private held: Held[] = [];
  private callOffFlush: (() => void) | null = null;
  private deliveryCount = 0;
  private readonly lanes = new Map<string, Promise<void>>();
  private readonly failingSinceMs = new Map<string, number>();
  private readonly parked = new Map<WebhookDelivery, () => void>();
  private readonly closing = new AbortController();

  constructor(private readonly options: WebhookSenderOptions) {}

  /** Resolves once the event's delivery was tried for the first time, whatever came of it. Nobody listens: at once. */
  queue(event: PageEvent): Promise<void> {
    const { faults, clock, underway } = this.options;
    if (this.url === null || this.closing.signal.aborted || !this.options.isSubscribed(event.pageId, event.field)) return Promise.resolve();
    if (faults.delivery.lost.includes(event.field)) return Promise.resolve();
    const ended = underway.begin(`${event.field} of page ${event.pageId}`);
    return new Promise((resolve) => {
      const tried = (): void => {
        ended();
        resolve();
      };
      this.held.push({ event, tried });
      const { batchSize, reorderWindow, holdMs, mixPages } = faults.delivery;
      const wanted = Math.max(batchSize, reorderWindow, mixPages ? 2 : 1);
      if (this.held.length >= wanted) this.flush();
      else
        this.callOffFlush ??= clock.at(clock.nowMs() + holdMs, () => {
          this.flush();
        });
    });
  }

  /** One POST of exactly these bytes, outside every queue. `signature`: another value for the header, or null for none. */
  async raw(body: Buffer, signature?: string | null): Promise<PostAnswer> {
    if (this.url === null) throw new Error('the simulator knows no webhook address yet');
    if (signature === undefined) return this.post(this.url, body, signatureHeaders(this.options.appSecret, body));
    return this.post(this.url, body, signature === null ? {} : { 'X-Hub-Signature-256': signature });
  }

  /** Posts everything that waits for a later try now, by whatever clock. */
  retryNow(): void {
    for (const [delivery, callOff] of [...this.parked]) {
      callOff();
      this.parked.delete(delivery);
      this.enqueue(delivery, 0);
    }
  }

  get waitingCount(): number {
    return this.parked.size;
  }

  /** Since when a page's deliveries fail; null while all is well. */
  failingSince(pageId: string): number | null {
    return this.failingSinceMs.get(pageId) ?? null;
  }

  /** The page starts with a clean slate: what waits for it is forgotten. */
  forgetPage(pageId: string): void {
    this.failingSinceMs.delete(pageId);
    for (const [delivery, callOff] of [...this.parked]) {
      if (!delivery.pageIds.includes(pageId)) continue;
      callOff();
      this.parked.delete(delivery);
      delivery.state = 'dropped';
    }
  }

  async close(): Promise<void> {
    this.closing.abort();
    for (const { tried } of this.held.splice(0)) tried();
    for (const callOff of this.parked.values()) callOff();
    this.parked.clear();
    await Promise.all(this.lanes.values());
  }

  private flush(): void {
    this.callOffFlush?.();
    this.callOffFlush = null;
    const { faults, random } = this.options;
    const { batchSize, reorderWindow, mixPages } = faults.delivery;
    const held = this.held.splice(0);
    let left = reorderWindow > 1 ? random.shuffled(held) : held;
    while (left[0]) {
      const first = left[0];
      const size = Math.max(batchSize, mixPages ? 2 : 1);
      const together = left.filter(({ event }) => mixPages || event.pageId === first.event.pageId).slice(0, size);
      left = left.filter((one) => !together.includes(one));
      this.deliver(together);
    }
  }

  private deliver(held: Held[]): void {
    const events = held.map(({ event }) => event);
    const body = Buffer.from(wireJson(envelope(events, () => this.options.random.next() < 0.5)), 'latin1');
    const pageIds = [...new Set(events.map((event) => event.pageId))];
    const delivery: WebhookDelivery = { id: (this.deliveryCount += 1), pageIds, body, state: 'queued', attempts: [], timesParked: 0 };
    this.journal.push(delivery);
    if (this.journal.length > JOURNAL_MAX) this.journal.shift();
    this.enqueue(delivery, IMMEDIATE_RETRIES, () => {
      for (const { tried } of held) tried();
    });
  }

  private enqueue(delivery: WebhookDelivery, retries: number, tried?: () => void): void {
    const ended = this.options.underway.begin(`delivery ${delivery.id}`);
    const lane = delivery.pageIds.join('+');
    const turn = (this.lanes.get(lane) ?? Promise.resolve()).then(async () => {
      await this.tryOut(delivery, retries);
      tried?.();
      ended();
      this.options.onChange();
    });
    this.lanes.set(lane, turn);
  }

  private async tryOut(delivery: WebhookDelivery, retries: number): Promise<void> {
    for (let attempt = 0; attempt <= retries; attempt += 1) {
      if (this.closing.signal.aborted || delivery.state === 'dropped') return;
      if (await this.attempt(delivery)) {
        delivery.state = 'answered';
        for (const pageId of delivery.pageIds) this.failingSinceMs.delete(pageId);
        return;
      }
    }
    this.park(delivery);
  }

  private async attempt(delivery: WebhookDelivery): Promise<boolean> {
    const { url } = this;
    if (url === null) return false;
    const headers = signatureHeaders(this.options.appSecret, delivery.body);
    const atMs = this.options.clock.nowMs();
    // Copies go out at the same moment: that is how one finds out whether "exactly once" holds under a race.
    const copies = delivery.attempts.length === 0 ? 1 + this.options.faults.delivery.extraCopies : 1;
    const answers = await Promise.all(Array.from({ length: copies }, () => this.post(url, delivery.body, headers)));
    for (const answer of answers) delivery.attempts.push({ ...answer, atMs });
    return answers.every((answer) => answer.status === 200);
  }

  private post(url: string, body: Buffer, headers: Record<string, string>): Promise<PostAnswer> {
    const all = { 'Content-Type': 'application/json', 'User-Agent': 'facebookexternalua', Accept: '*/*', ...headers };
    return postBytes(url, body, all, { timeoutMs: this.options.answerTimeoutMs, signal: this.closing.signal });
  }

  private park(delivery: WebhookDelivery): void {
    if (this.closing.signal.aborted) return;
    const { clock } = this.options;
    delivery.state = 'retrying';
    const nowMs = clock.nowMs();
    for (const pageId of delivery.pageIds) {
      const sinceMs = this.failingSinceMs.get(pageId) ?? nowMs;
      if (!this.failingSinceMs.has(pageId)) this.watchHour(pageId, nowMs);
      this.failingSinceMs.set(pageId, sinceMs);
    }
    const afterMs = RETRY_AFTER_MS[Math.min(delivery.timesParked, RETRY_AFTER_MS.length - 1)] ?? 0;
    delivery.timesParked += 1;
    const callOff = clock.at(nowMs + afterMs, () => {
      this.parked.delete(delivery);
      this.enqueue(delivery, 0);
    });
    this.parked.set(delivery, callOff);
  }

  private watchHour(pageId: string, sinceMs: number): void {
    const { clock } = this.options;
    clock.at(sinceMs + UNSUBSCRIBED_AFTER_MS, () => {
      // A retry may have come due in the same jump of the clock; it has the last word.
      void Promise.all(this.lanes.values()).then(() => {
        if (this.failingSinceMs.get(pageId) !== sinceMs || this.closing.signal.aborted) return;
        this.forgetPage(pageId);
        this.options.onGivenUp(pageId);
      });
    });
  }
}
