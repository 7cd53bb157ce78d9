import type { ConnectionService, Delivery, InboundEvent } from '#channels';
import type { Log } from '#platform';
import type { Arrival } from './arrival.js';
import type { ReadDelivery } from './delivery-lane.js';
import { type Arrived, goesWithOthers, type ReceiveService } from './receive.service.js';

/** Bundles that are taken in at the same moment. */
const BUNDLES_AT_ONCE_MAX = 4;
/** A bundle takes in no further person beyond this: its locks are held until its commit. */
const BUNDLE_EVENTS = 25;
/** Events in one transaction: one person's alone may be thousands. */
const TOGETHER_MAX = 50;

/** An event on its way into the tables. */
export interface Item extends Arrived {
  delivery: Delivery;
  /** The same for whatever must stay in order. */
  person: string;
}

/** What could not be taken in, and whose next words must not overtake it. */
export interface TakenIn {
  failed: Map<Delivery, unknown>;
  stuck: Set<string>;
}

/**
 * Takes events in: those of one person strictly in the order they came, those of different people side by side. People of one tenant share
 * a transaction, because a commit costs the same for one event as for many; where that fails, each event is taken in alone, so that one bad
 * event holds up nobody but its own person.
 */
export class TakeIn {
  constructor(
    private readonly connections: ConnectionService,
    private readonly receive: ReceiveService,
    private readonly log: Log,
  ) {}

  /** Which events these are of whom, and where they came in. */
  async itemsOf(read: readonly ReadDelivery[]): Promise<Item[]> {
    const routes = new Map<string, Promise<Arrival | null>>();
    const items: Item[] = [];
    for (const { delivery, events } of read) {
      for (const event of events) {
        const route = `${delivery.channel} ${delivery.connectionId ?? event.routeId}`;
        const found = routes.get(route) ?? this.arrivalOf(delivery, event);
        routes.set(route, found);
        const arrival = await found;
        if (arrival) items.push({ delivery, event, arrival, person: personOf(arrival, event) });
      }
    }
    return items;
  }

  /** Take these in. `stuck`: whose earlier words failed after these had been read already. */
  async all(items: readonly Item[], stuck: ReadonlySet<string>): Promise<TakenIn> {
    const taken: TakenIn = { failed: new Map(), stuck: new Set(stuck) };
    const bundles = bundlesOf(items);
    const lanes = Array.from({ length: Math.min(BUNDLES_AT_ONCE_MAX, bundles.length) }, async () => {
      for (let bundle = bundles.shift(); bundle; bundle = bundles.shift()) await this.bundle(bundle, taken);
    });
    await Promise.all(lanes);
    return taken;
  }

  private async bundle(bundle: readonly Item[], taken: TakenIn): Promise<void> {
    let at = 0;
    while (at < bundle.length) {
      const rest = bundle.slice(at, at + TOGETHER_MAX);
      const alone = rest.findIndex((item) => !goesWithOthers(item));
      const run = rest.slice(0, alone === -1 ? rest.length : Math.max(alone, 1));
      const isStuck = run.some(({ person }) => taken.stuck.has(person));
      if (isStuck || run.length === 1 || !(await this.together(run))) {
        for (const item of run) await this.alone(item, taken);
      }
      at += run.length;
    }
  }

  private async together(run: readonly Item[]): Promise<boolean> {
    try {
      await this.receive.together(run);
      return true;
    } catch (error) {
      // Each of them alone will show which one it was; after a deadlock it was none.
      this.log.warn('bundle_broken_up', { count: run.length, errorName: error instanceof Error ? error.name : 'unknown' });
      return false;
    }
  }

  private async alone({ delivery, person, arrival, event }: Item, { stuck, failed }: TakenIn): Promise<void> {
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

  private async arrivalOf(delivery: Delivery, event: InboundEvent): Promise<Arrival | null> {
    if (delivery.tenantId !== null && delivery.connectionId !== null) {
      return { tenantId: delivery.tenantId, connectionId: delivery.connectionId as Arrival['connectionId'], channel: delivery.channel };
    }
    const route = await this.connections.routeOf(delivery.channel, event.routeId);
    if (route) return { tenantId: route.tenantId, connectionId: route.connectionId, channel: delivery.channel };
    this.log.warn('unknown_route', { channel: delivery.channel, deliveryId: delivery.id });
    return null;
  }
}

/** A mail's person is the same whichever mailbox of the tenant's was written to; on a page everybody has a name of his own. */
function personOf({ channel, tenantId, connectionId }: Arrival, { personId }: InboundEvent): string {
  return `${channel === 'email' ? tenantId : connectionId} ${personId}`;
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
