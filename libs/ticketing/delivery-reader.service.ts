import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { Client } from 'pg';
import { Channels, ConnectionService, type Delivery, DeliveryLog, IntakeService } from '#channels';
import { Database, DATABASE_URLS, type DatabaseUrls, Log, MINUTE_MS, SECOND_MS } from '#platform';
import { DeliveryLane } from './delivery-lane.js';
import { FloodGate } from './flood-gate.js';
import { ReceiveService } from './receive.service.js';
import { type Item, TakeIn } from './take-in.js';

/** Any constant: it names the lock that makes one process the reader while the others stand by. */
const READER_LOCK = 7_266_003;
const STAND_BY_MS = 1000;
const IDLE_MS = 1000;
const AFTER_FAILURE_MS = 1000;
/** A mail whose taking in failed waits so long for its next try, while others go on. */
const MAIL_AGAIN_AFTER_MS = [5 * SECOND_MS, MINUTE_MS];
/** After so many events the tables are counted anew, and again each time there are ten times as many: plans depend on how large they are. */
const COUNTED_FIRST_AFTER = 500;

interface Turn {
  isOurs: () => boolean;
  give: () => Promise<void>;
}

/**
 * Reads the log of deliveries. One reader at a time in the whole installation takes the oldest waiting deliveries, reads them into events,
 * and takes the events in. Each channel has a lane of its own, so that none waits for another. A delivery leaves the log when all its events
 * are stored. Every step can be repeated, so a reader that is killed anywhere leaves nothing half done: the next one reads the same delivery
 * again and finds what was stored already.
 */
@Injectable()
export class DeliveryReader implements BeforeApplicationShutdown {
  private running: Promise<void> | undefined;
  private readonly stopping = new AbortController();
  private readonly lanes: readonly Lane[];
  private readonly flood = new FloodGate();
  private readonly takeIn: TakeIn;
  private taken = 0;
  private countAt = COUNTED_FIRST_AFTER;

  constructor(
    private readonly deliveries: DeliveryLog,
    channels: Channels,
    connections: ConnectionService,
    receive: ReceiveService,
    private readonly intake: IntakeService,
    private readonly db: Database,
    private readonly log: Log,
    @Inject(DATABASE_URLS) private readonly urls: DatabaseUrls,
  ) {
    this.takeIn = new TakeIn(connections, receive, log);
    const failed = (delivery: Delivery, error: unknown) => this.giveUpOrRetry(delivery, error);
    const parts = { deliveries, channels, log, failed };
    // What a page says is read in no time, and its order is all there is. A mail may take long to read, and is dated by when it came.
    const messenger = new DeliveryLane('messenger', { ...parts, readsOnBeside: false });
    const email = new DeliveryLane('email', { ...parts, readsOnBeside: true });
    this.lanes = [messenger, email].map((lane) => ({ lane, stuck: new Set<string>(), hasNews: false, wake: undefined }));
    this.intake.doorbell.on('rung', () => {
      for (const lane of this.lanes) {
        lane.hasNews = true;
        lane.wake?.();
      }
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
    for (const lane of this.lanes) while (await this.readSome(lane));
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      const turn = await this.takeTurn();
      if (turn) {
        await Promise.all(this.lanes.map((lane) => this.runLane(lane, turn)));
        await turn.give();
      } else await this.rest(STAND_BY_MS);
    }
  }

  private async runLane(lane: Lane, turn: Turn): Promise<void> {
    while (turn.isOurs() && !this.stopping.signal.aborted) {
      try {
        if (!(await this.readSome(lane))) await this.somethingNew(lane);
      } catch (error) {
        this.log.error('reading_failed', error);
        await this.rest(AFTER_FAILURE_MS);
      }
    }
    await lane.lane.letGo();
  }

  /** The lock is held by a connection: it is free the moment its holder dies, however it dies. */
  private async takeTurn(): Promise<Turn | null> {
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

  /** False when nothing waits and nothing is being read. */
  private async readSome(at: Lane): Promise<boolean> {
    const read = await at.lane.next();
    if (read === null) return false;
    if (read.length === 0) return true;
    at.lane.readAhead(read.map(({ delivery }) => delivery));
    const flood = new Set<Delivery>();
    const items = await this.withoutFlood(await this.takeIn.itemsOf(read), flood);
    const { failed, stuck } = await this.takeIn.all(items, at.stuck);
    // Only what was read ahead can overtake; later it is the log that keeps the order.
    at.stuck = at.lane.isAhead ? stuck : new Set();
    await this.deliveries.remove(read.map(({ delivery }) => delivery).filter((delivery) => !failed.has(delivery) && !flood.has(delivery)));
    for (const [delivery, error] of failed) await this.giveUpOrRetry(delivery, error);
    this.taken += read.length;
    if (this.taken >= this.countAt) {
      this.countAt *= 10;
      await this.db.query('select count_tables_anew()');
    }
    return true;
  }

  /** Set aside what one person sends beyond all measure; what somebody let through is let through. */
  private async withoutFlood(items: readonly Item[], setAside: Set<Delivery>): Promise<Item[]> {
    for (const { delivery, event, arrival, person } of items) {
      if (arrival.channel !== 'email' || event.type !== 'message' || delivery.setAsideFor === 'flood') continue;
      const arrivedAt = delivery.envelope?.arrivedAt === undefined ? delivery.receivedAt : new Date(delivery.envelope.arrivedAt);
      const mail = { person: `${arrival.connectionId} ${person}`, deliveryId: delivery.id, arrivedAt };
      if (!this.flood.isFlood(mail)) continue;
      setAside.add(delivery);
      await this.setAside(delivery, 'flood');
    }
    return items.filter(({ delivery }) => !setAside.has(delivery));
  }

  private async giveUpOrRetry(delivery: Delivery, error: unknown): Promise<void> {
    this.log.error('delivery_failed', error, { deliveryId: delivery.id, channel: delivery.channel, attempt: delivery.attempts });
    if (await this.deliveries.countFailure(delivery)) await this.setAside(delivery, 'not_storable');
    else if (delivery.channel === 'email') await this.deliveries.putOff(delivery, MAIL_AGAIN_AFTER_MS[delivery.failures] ?? MINUTE_MS);
    else await this.rest(AFTER_FAILURE_MS);
  }

  private async setAside(delivery: Delivery, code: string): Promise<void> {
    this.log.warn('delivery_quarantined', { deliveryId: delivery.id, channel: delivery.channel, code });
    await this.deliveries.quarantine(delivery, code);
  }

  private async somethingNew(lane: Lane): Promise<void> {
    // What rang while the last batch was read must not be waited for.
    if (!lane.hasNews) {
      const rung = new AbortController();
      lane.wake = () => {
        rung.abort();
      };
      await this.rest(IDLE_MS, rung.signal);
      lane.wake = undefined;
    }
    lane.hasNews = false;
  }

  private async rest(ms: number, sooner?: AbortSignal): Promise<void> {
    const signal = sooner ? AbortSignal.any([sooner, this.stopping.signal]) : this.stopping.signal;
    await pause(ms, undefined, { signal }).catch(() => undefined);
  }
}

interface Lane {
  lane: DeliveryLane;
  /** Whose words failed while the next batch was being read already. */
  stuck: Set<string>;
  hasNews: boolean;
  wake: (() => void) | undefined;
}
