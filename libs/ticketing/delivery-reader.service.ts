import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { Client } from 'pg';
import { Channels, ConnectionService, type Delivery, DeliveryLog, type InboundEvent, IntakeService, UnreadableDelivery } from '#channels';
import { Database, DATABASE_URLS, type DatabaseUrls, Log } from '#platform';
import type { Arrival } from './arrival.js';
import { type Arrived, goesWithOthers, ReceiveService } from './receive.service.js';

/** Any constant: it names the lock that makes one process the reader while the others stand by. */
const READER_LOCK = 7_266_003;
const STAND_BY_MS = 1000;
const IDLE_MS = 1000;
const AFTER_FAILURE_MS = 1000;
/** Bundles that are taken in at the same moment. */
const BUNDLES_AT_ONCE_MAX = 4;
/** A bundle takes in no further person beyond this: its locks are held until its commit. */
const BUNDLE_EVENTS = 25;
/** After so many events the tables are counted anew, and again each time there are ten times as many: plans depend on how large they are. */
const COUNTED_FIRST_AFTER = 500;
/** Events in one transaction: one person's alone may be thousands. */
const TOGETHER_MAX = 50;

/**
 * Reads the log of deliveries. One reader at a time in the whole installation takes the oldest waiting deliveries, reads them into events,
 * and takes the events in: those of one person strictly in the order they came, those of different people side by side. People of one tenant
 * share a transaction, because a commit costs the same for one event as for many; where that fails, each event is taken in alone, so that
 * one bad event holds up nobody but its own person. A delivery leaves the log when all its events are stored. Every step can be repeated, so a reader that is killed anywhere leaves
 * nothing half done: the next one reads the same delivery again and finds what was stored already.
 */
@Injectable()
export class DeliveryReader implements BeforeApplicationShutdown {
  private running: Promise<void> | undefined;
  private readonly stopping = new AbortController();
  private hasNews = false;
  private taken = 0;
  private countAt = COUNTED_FIRST_AFTER;
  private wake: (() => void) | undefined;

  constructor(
    private readonly deliveries: DeliveryLog,
    private readonly channels: Channels,
    private readonly connections: ConnectionService,
    private readonly receive: ReceiveService,
    private readonly intake: IntakeService,
    private readonly db: Database,
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
    this.taken += read.length;
    if (this.taken >= this.countAt) {
      this.countAt *= 10;
      await this.db.query('select count_tables_anew()');
    }
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
    const bundles = bundlesOf(await this.withArrivals(read));
    const lanes = Array.from({ length: Math.min(BUNDLES_AT_ONCE_MAX, bundles.length) }, async () => {
      for (let bundle = bundles.shift(); bundle; bundle = bundles.shift()) await this.takeBundle(bundle, failed);
    });
    await Promise.all(lanes);
    return failed;
  }

  private async takeBundle(bundle: readonly Item[], failed: Map<Delivery, unknown>): Promise<void> {
    const stuck = new Set<string>();
    let at = 0;
    while (at < bundle.length) {
      const rest = bundle.slice(at, at + TOGETHER_MAX);
      const alone = rest.findIndex((item) => !goesWithOthers(item));
      const run = rest.slice(0, alone === -1 ? rest.length : Math.max(alone, 1));
      if (stuck.size > 0 || run.length === 1 || !(await this.takeTogether(run))) {
        for (const item of run) await this.takeAlone(item, stuck, failed);
      }
      at += run.length;
    }
  }

  private async takeTogether(run: readonly Item[]): Promise<boolean> {
    try {
      await this.receive.together(run);
      return true;
    } catch (error) {
      // Each of them alone will show which one it was; after a deadlock it was none.
      this.log.warn('bundle_broken_up', { count: run.length, errorName: error instanceof Error ? error.name : 'unknown' });
      return false;
    }
  }

  private async takeAlone({ delivery, person, arrival, event }: Item, stuck: Set<string>, failed: Map<Delivery, unknown>): Promise<void> {
    try {
      if (!stuck.has(person)) {
        await this.receive.event(arrival, event);
        return;
      }
    } catch (error) {
      failed.set(delivery, error);
    }
    // What the same person said next must not overtake it: these deliveries are read again, in order.
    stuck.add(person);
    if (!failed.has(delivery)) failed.set(delivery, new Error('an earlier event of the same person was not taken in'));
  }

  private async withArrivals(read: readonly ReadDelivery[]): Promise<Item[]> {
    const routes = new Map<string, Promise<Arrival | null>>();
    const items: Item[] = [];
    for (const { delivery, events } of read) {
      for (const event of events) {
        const route = `${delivery.channel} ${delivery.connectionId ?? event.routeId}`;
        const found = routes.get(route) ?? this.arrivalOf(delivery, event);
        routes.set(route, found);
        const arrival = await found;
        if (arrival) items.push({ delivery, event, arrival, person: `${arrival.connectionId} ${event.personId}` });
      }
    }
    return items;
  }

  private async arrivalOf(delivery: Delivery, event: InboundEvent): Promise<Arrival | null> {
    if (delivery.tenantId !== null && delivery.connectionId !== null) {
      return { tenantId: delivery.tenantId, connectionId: delivery.connectionId as Arrival['connectionId'], channel: delivery.channel };
    }
    const route = await this.connections.routeOf(delivery.channel, event.routeId);
    if (route) return { tenantId: route.tenantId, connectionId: route.connectionId, channel: delivery.channel };
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

interface Item extends Arrived {
  delivery: Delivery;
  /** The same for whatever must stay in order. */
  person: string;
}

/** Events of one tenant, in the order they came; everything of one person is in one bundle. */
function bundlesOf(items: readonly Item[]): Item[][] {
  const sizes = new Map<string, number>();
  for (const { person } of items) sizes.set(person, (sizes.get(person) ?? 0) + 1);
  const bundles: Item[][] = [];
  const open = new Map<string, { bundle: Item[]; size: number }>();
  const bundleOf = new Map<string, Item[]>();
  for (const item of items) {
    const { tenantId } = item.arrival;
    let own = bundleOf.get(item.person);
    if (!own) {
      let room = open.get(tenantId);
      if (!room || room.size >= BUNDLE_EVENTS) {
        room = { bundle: [], size: 0 };
        open.set(tenantId, room);
        bundles.push(room.bundle);
      }
      room.size += sizes.get(item.person)!;
      own = room.bundle;
      bundleOf.set(item.person, own);
    }
    own.push(item);
  }
  return bundles;
}
