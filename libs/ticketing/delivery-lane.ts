import { setTimeout as pause } from 'node:timers/promises';
import {
  BODY_BYTES_AT_ONCE_MAX,
  type Channel,
  type Delivery,
  type DeliveryLog,
  type InboundEvent,
  ReadLater,
  UnreadableDelivery,
} from '#channels';
import type { ChannelKind } from '#contract';
import type { Log } from '#platform';

/** A batch does not wait longer for the slowest of it to be read. */
const READ_TOGETHER_MS = 1000;
/** What is still being read while the others go on; beyond this nothing new is begun. */
const BESIDE_MAX = 200;

/** A delivery and what happened by it. */
export interface ReadDelivery {
  delivery: Delivery;
  events: InboundEvent[];
}

export interface LaneParts {
  deliveries: Pick<DeliveryLog, 'claim' | 'giveBack' | 'isDeadly' | 'postpone' | 'quarantine'>;
  channels: { of(kind: ChannelKind): Pick<Channel, 'read'> };
  log: Pick<Log, 'warn' | 'error'>;
  /** What becomes of one that could not be read now. */
  failed: (delivery: Delivery, error: unknown) => Promise<void>;
  /** One that takes long is read on beside, and others overtake it. */
  readsOnBeside: boolean;
}

interface Reading {
  delivery: Delivery;
  /** Ends when it is read, set aside or put off; never in an error. */
  done: Promise<void>;
  result: ReadDelivery | 'settled' | null;
  /** Nobody waits for it any more: somebody else may be reading it. */
  isLetGo: boolean;
}

/**
 * One channel's deliveries, from the log to what happened by them. Those that are claimed together are read side by side and given out
 * together, in the order they came. One that takes long is read on beside: it is given out with the first batch after it has ended, and is
 * never claimed again meanwhile.
 *
 * The next batch is begun while the one before is taken in, so that neither the threads that read nor the database wait for each other.
 */
export class DeliveryLane {
  private beside: Reading[] = [];
  private ahead: Promise<Reading[]> | null = null;

  constructor(
    private readonly channel: ChannelKind,
    private readonly parts: LaneParts,
  ) {}

  /** True when a batch was begun before the last one was taken in. */
  get isAhead(): boolean {
    return this.ahead !== null;
  }

  /**
   * The next that were read, oldest first; null when nothing waits and nothing is being read. May be empty: then something was settled, or
   * is still being read.
   */
  async next(): Promise<ReadDelivery[] | null> {
    const begun = this.ahead ?? this.begin([]);
    this.ahead = null;
    const batch = await begun;
    if (batch.length === 0 && this.beside.length === 0) return null;
    const all = Promise.all(batch.map(({ done }) => done));
    if (!this.parts.readsOnBeside) await all;
    else if (batch.length > 0) await withinTime(all);
    else await withinTime(Promise.race(this.beside.map(({ done }) => done)));
    const reading = [...this.beside, ...batch];
    this.beside = reading.filter(({ result }) => result === null);
    const read = reading.flatMap(({ result }) => (result === null || result === 'settled' ? [] : [result]));
    return read.toSorted((one, other) => Number(BigInt(one.delivery.id) - BigInt(other.delivery.id)));
  }

  /** Begin with the batch after this one, while this one is taken in. */
  readAhead(beingTakenIn: readonly Delivery[]): void {
    if (!this.parts.readsOnBeside) return;
    this.ahead = this.begin(beingTakenIn);
    // Whoever asks for the next batch hears of it.
    this.ahead.catch(() => undefined);
  }

  /** Leave what is being read to whoever reads next. */
  async letGo(): Promise<void> {
    const ahead = await this.ahead?.catch(() => []);
    const unread = [...this.beside, ...(ahead ?? [])].filter(({ result }) => result !== 'settled');
    for (const reading of unread) reading.isLetGo = true;
    this.beside = [];
    this.ahead = null;
    if (unread.length > 0) await this.parts.deliveries.giveBack(unread.map(({ delivery }) => delivery));
  }

  private async begin(beingTakenIn: readonly Delivery[]): Promise<Reading[]> {
    const inHand = [...beingTakenIn, ...this.beside.map(({ delivery }) => delivery)];
    const bytesInHand = inHand.reduce((sum, { body }) => sum + body.length, 0);
    if (this.beside.length >= BESIDE_MAX || bytesInHand >= BODY_BYTES_AT_ONCE_MAX) return [];
    const claimed = await this.parts.deliveries.claim(this.channel, inHand);
    return claimed.map((delivery) => this.startReading(delivery));
  }

  private startReading(delivery: Delivery): Reading {
    const reading: Reading = { delivery, result: null, isLetGo: false, done: Promise.resolve() };
    reading.done = this.read(reading).then(
      (result) => {
        reading.result = result ?? 'settled';
      },
      (error: unknown) => {
        // Noting what became of it failed too: it stays in the log as it is, and is claimed again.
        reading.result = 'settled';
        this.parts.log.error('delivery_not_settled', error, { deliveryId: delivery.id, channel: delivery.channel });
      },
    );
    return reading;
  }

  private async read(reading: Reading): Promise<ReadDelivery | null> {
    const { delivery } = reading;
    if (this.parts.deliveries.isDeadly(delivery)) {
      await this.setAside(delivery, 'reader_died');
      return null;
    }
    try {
      return { delivery, events: await this.parts.channels.of(delivery.channel).read(delivery) };
    } catch (error) {
      if (reading.isLetGo) return null;
      if (error instanceof UnreadableDelivery) await this.setAside(delivery, error.code);
      else if (error instanceof ReadLater) await this.parts.deliveries.postpone(delivery, error.afterMs);
      else await this.parts.failed(delivery, error);
      return null;
    }
  }

  private async setAside(delivery: Delivery, code: string): Promise<void> {
    this.parts.log.warn('delivery_quarantined', { deliveryId: delivery.id, channel: delivery.channel, code });
    await this.parts.deliveries.quarantine(delivery, code);
  }
}

/** Until it has ended, or for as long as others may be kept waiting for it. */
async function withinTime(work: Promise<unknown>): Promise<void> {
  const ended = new AbortController();
  const isLate = pause(READ_TOGETHER_MS, undefined, { signal: ended.signal }).catch(() => undefined);
  await Promise.race([work, isLate]);
  ended.abort();
}
