import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { Client } from 'pg';
import { Channels, ConnectionService, type Delivery, DeliveryLog, type InboundEvent, IntakeService, UnreadableDelivery } from '#channels';
import { DATABASE_URLS, type DatabaseUrls, Log } from '#platform';
import type { Arrival } from './arrival.js';
import { ReceiveService } from './receive.service.js';

/** Any constant: it names the lock that makes one process the reader while the others stand by. */
const READER_LOCK = 7_266_003;
const STAND_BY_MS = 1000;
const IDLE_MS = 1000;
const AFTER_FAILURE_MS = 1000;
/** People whose events are taken in at the same moment; each person's own stay in order. */
const PEOPLE_AT_ONCE_MAX = 8;

/**
 * Reads the log of deliveries. One reader at a time in the whole installation takes the oldest waiting deliveries, reads them into events,
 * and takes the events in, person by person: those of one person strictly in the order they came, those of different people side by side.
 * A delivery leaves the log when all its events are stored. Every step can be repeated, so a reader that is killed anywhere leaves
 * nothing half done: the next one reads the same delivery again and finds what was stored already.
 */
@Injectable()
export class DeliveryReader implements BeforeApplicationShutdown {
  private running: Promise<void> | undefined;
  private readonly stopping = new AbortController();
  private hasNews = false;
  private wake: (() => void) | undefined;

  constructor(
    private readonly deliveries: DeliveryLog,
    private readonly channels: Channels,
    private readonly connections: ConnectionService,
    private readonly receive: ReceiveService,
    private readonly intake: IntakeService,
    private readonly log: Log,
    @Inject(DATABASE_URLS) private readonly urls: DatabaseUrls,
  ) {
    this.intake.doorbell.on('rung', () => {
      this.hasNews = true;
      this.wake?.();
    });
  }

  /** Read from now on, whenever it is this process's turn, until the application shuts down. */
  start(): void {
    this.running = this.run();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** Read until nothing waits. For tests; a running reader needs no call. */
  async drain(): Promise<void> {
    while (await this.readSome());
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      const turn = await this.takeTurn();
      try {
        while (turn?.isOurs() && !this.stopping.signal.aborted) {
          if (!(await this.readSome())) await this.somethingNew();
        }
      } catch (error) {
        this.log.error('reading_failed', error);
        await this.rest(AFTER_FAILURE_MS);
      } finally {
        await turn?.give();
      }
      if (!turn) await this.rest(STAND_BY_MS);
    }
  }

  /** The lock is held by a connection: it is free the moment its holder dies, however it dies. */
  private async takeTurn(): Promise<{ isOurs: () => boolean; give: () => Promise<void> } | null> {
    const client = new Client({
      connectionString: this.urls.app,
      application_name: 'omnidesk-reader',
      connectionTimeoutMillis: STAND_BY_MS * 5,
    });
    let isOurs = true;
    client.on('error', () => (isOurs = false));
    client.on('end', () => (isOurs = false));
    try {
      await client.connect();
      const { rows } = await client.query<{ got: boolean }>('select pg_try_advisory_lock($1) as got', [READER_LOCK]);
      if (rows[0]!.got) return { isOurs: () => isOurs, give: () => client.end() };
    } catch (error) {
      this.log.error('reader_lock_failed', error);
    }
    await client.end().catch(() => undefined);
    return null;
  }

  private async readSome(): Promise<boolean> {
    const claimed = await this.deliveries.claim();
    if (claimed.length === 0) return false;
    const read = (await Promise.all(claimed.map((delivery) => this.read(delivery)))).filter((one) => one !== null);
    const failed = await this.takeIn(read);
    await this.deliveries.remove(read.filter(({ delivery }) => !failed.has(delivery)).map(({ delivery }) => delivery));
    for (const [delivery, error] of failed) await this.giveUpOrRetry(delivery, error);
    return true;
  }

  private async read(delivery: Delivery): Promise<ReadDelivery | null> {
    if (this.deliveries.isDeadly(delivery)) {
      await this.setAside(delivery, 'reader_died');
      return null;
    }
    try {
      return { delivery, events: await this.channels.of(delivery.channel).read(delivery) };
    } catch (error) {
      if (error instanceof UnreadableDelivery) await this.setAside(delivery, error.code);
      else await this.giveUpOrRetry(delivery, error);
      return null;
    }
  }

  private async takeIn(read: ReadDelivery[]): Promise<Map<Delivery, unknown>> {
    const failed = new Map<Delivery, unknown>();
    const people = new Map<string, { delivery: Delivery; event: InboundEvent }[]>();
    for (const { delivery, events } of read) {
      for (const event of events) {
        const person = `${event.routeId} ${event.personId}`;
        people.set(person, [...(people.get(person) ?? []), { delivery, event }]);
      }
    }
    const queues = [...people.values()];
    const lanes = Array.from({ length: Math.min(PEOPLE_AT_ONCE_MAX, queues.length) }, async () => {
      for (let queue = queues.shift(); queue; queue = queues.shift()) await this.takeInOrder(queue, failed);
    });
    await Promise.all(lanes);
    return failed;
  }

  private async takeInOrder(queue: { delivery: Delivery; event: InboundEvent }[], failed: Map<Delivery, unknown>): Promise<void> {
    for (const [at, { delivery, event }] of queue.entries()) {
      try {
        const arrival = await this.arrivalOf(delivery, event);
        if (arrival) await this.receive.event(arrival, event);
      } catch (error) {
        // What the same person said next must not overtake it: these deliveries are read again, in order.
        for (const later of queue.slice(at)) if (!failed.has(later.delivery)) failed.set(later.delivery, error);
        return;
      }
    }
  }

  private async arrivalOf(delivery: Delivery, event: InboundEvent): Promise<Arrival | null> {
    if (delivery.tenantId !== null && delivery.connectionId !== null) {
      return { tenantId: delivery.tenantId, connectionId: delivery.connectionId as Arrival['connectionId'], channel: delivery.channel };
    }
    const route = await this.connections.routeOf(delivery.channel, event.routeId);
    if (route) return { ...route, channel: delivery.channel };
    this.log.warn('unknown_route', { channel: delivery.channel, deliveryId: delivery.id });
    return null;
  }

  private async giveUpOrRetry(delivery: Delivery, error: unknown): Promise<void> {
    this.log.error('delivery_failed', error, { deliveryId: delivery.id, channel: delivery.channel, attempt: delivery.attempts });
    if (await this.deliveries.countFailure(delivery)) await this.setAside(delivery, 'not_storable');
    else await this.rest(AFTER_FAILURE_MS);
  }

  private async setAside(delivery: Delivery, code: string): Promise<void> {
    this.log.warn('delivery_quarantined', { deliveryId: delivery.id, channel: delivery.channel, code });
    await this.deliveries.quarantine(delivery, code);
  }

  private async somethingNew(): Promise<void> {
    // What rang while the last batch was read must not be waited for.
    if (!this.hasNews) {
      const rung = new AbortController();
      this.wake = () => {
        rung.abort();
      };
      await this.rest(IDLE_MS, rung.signal);
      this.wake = undefined;
    }
    this.hasNews = false;
  }

  private async rest(ms: number, sooner?: AbortSignal): Promise<void> {
    const signal = sooner ? AbortSignal.any([sooner, this.stopping.signal]) : this.stopping.signal;
    await pause(ms, undefined, { signal }).catch(() => undefined);
  }
}

interface ReadDelivery {
  delivery: Delivery;
  events: InboundEvent[];
}
