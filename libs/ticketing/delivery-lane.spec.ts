import { BODY_BYTES_AT_ONCE_MAX, bodyInMemory, type Delivery, type InboundEvent, ReadLater, UnreadableDelivery } from '#channels';
import { DeliveryLane } from './delivery-lane.js';

const event = (externalId: string): InboundEvent => ({ type: 'own_mail', routeId: 'r', personId: 'p', isStandby: false, externalId });

/** A log as the lane sees it: what waits, and what was said of each. */
class Waiting {
  readonly said: string[] = [];
  readonly claims: string[][] = [];

  constructor(readonly rows: Delivery[]) {}

  claim(_channel: string, inHand: readonly Delivery[] = []): Promise<Delivery[]> {
    const free = this.rows.filter((row) => !inHand.includes(row) && !this.claims.flat().includes(row.id));
    const claimed = free.slice(0, 3);
    this.claims.push(claimed.map(({ id }) => id));
    return Promise.resolve(claimed);
  }
  giveBack(deliveries: readonly Delivery[]): Promise<void> {
    for (const { id } of deliveries) this.said.push(`${id} given back`);
    return Promise.resolve();
  }
  isDeadly({ attempts }: Delivery): boolean {
    return attempts > 10;
  }
  postpone({ id }: Delivery, afterMs: number): Promise<void> {
    this.said.push(`${id} put off by ${String(afterMs)}`);
    return Promise.resolve();
  }
  quarantine({ id }: Delivery, code: string): Promise<void> {
    this.said.push(`${id} set aside for ${code}`);
    return Promise.resolve();
  }
}

function delivery(id: number, more: Partial<Delivery> = {}): Delivery {
  return {
    id: String(id),
    channel: 'email',
    body: bodyInMemory(Buffer.from(String(id))),
    receivedAt: new Date(0),
    tenantId: null,
    connectionId: null,
    envelope: null,
    attempts: 1,
    failures: 0,
    postponed: 0,
    setAsideFor: null,
    ...more,
  };
}

/** What is slow or broken in a lane stands in nobody's way, and nothing that was claimed is forgotten. */
describe('a lane of deliveries', () => {
  const laneOf = (waiting: Waiting, read: (id: string) => Promise<InboundEvent[]>, readsOnBeside = true) =>
    new DeliveryLane('email', {
      deliveries: waiting,
      channels: { of: () => ({ read: ({ id }) => read(id) }) },
      log: { warn: () => undefined, error: () => undefined },
      failed: ({ id }) => {
        waiting.said.push(`${id} failed`);
        return Promise.resolve();
      },
      readsOnBeside,
    });
  const ids = (read: { delivery: Delivery }[] | null) => read?.map((one) => one.delivery.id) ?? null;

  it('gives out what was read in the order it came, however fast each was read', async () => {
    const held = new Map<string, () => void>();
    const lane = laneOf(new Waiting([delivery(1), delivery(2), delivery(3)]), async (id) => {
      await new Promise<void>((resolve) => held.set(id, resolve));
      return [event(id)];
    });
    const batch = lane.next();
    await new Promise((resolve) => setImmediate(resolve));
    for (const id of ['3', '1', '2']) held.get(id)!();
    expect(ids(await batch)).toEqual(['1', '2', '3']);
    expect(await lane.next()).toBeNull();
  });

  it('lets others by one that takes long, gives it out when it is read, and claims it no second time', async () => {
    const { promise: slow, resolve: end } = Promise.withResolvers<InboundEvent[]>();
    const waiting = new Waiting([1, 2, 3, 4, 5].map((id) => delivery(id)));
    const lane = laneOf(waiting, (id) => (id === '1' ? slow : Promise.resolve([event(id)])));
    expect(ids(await lane.next())).toEqual(['2', '3']);
    expect(ids(await lane.next())).toEqual(['4', '5']);
    end([event('1')]);
    expect(ids(await lane.next())).toEqual(['1']);
    expect(await lane.next()).toBeNull();
    expect(waiting.claims.flat()).toEqual(['1', '2', '3', '4', '5']);
  });

  it('waits for each of a batch where their order is all there is', async () => {
    const { promise: slow, resolve: end } = Promise.withResolvers<InboundEvent[]>();
    const lane = laneOf(new Waiting([delivery(1), delivery(2)]), (id) => (id === '1' ? slow : Promise.resolve([event(id)])), false);
    const batch = lane.next();
    let isGivenOut = false;
    void batch.then(() => (isGivenOut = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(isGivenOut).toBe(false);
    end([event('1')]);
    expect(ids(await batch)).toEqual(['1', '2']);
  });

  it('sets aside, puts off and hands on what cannot be read, and gives out the rest', async () => {
    const waiting = new Waiting([delivery(1), delivery(2), delivery(3), delivery(4, { attempts: 20 }), delivery(5)]);
    const lane = laneOf(waiting, (id) => {
      if (id === '1') return Promise.reject(new UnreadableDelivery('broken'));
      if (id === '2') return Promise.reject(new ReadLater(60_000));
      return id === '3' ? Promise.reject(new Error('no reason')) : Promise.resolve([event(id)]);
    });
    expect(ids(await lane.next())).toEqual([]);
    expect(ids(await lane.next())).toEqual(['5']);
    expect(waiting.said.toSorted()).toEqual(['1 set aside for broken', '2 put off by 60000', '3 failed', '4 set aside for reader_died']);
  });

  it('begins nothing new while the bodies in hand fill the memory they may have', async () => {
    const { promise: slow, resolve: end } = Promise.withResolvers<InboundEvent[]>();
    const waiting = new Waiting([
      delivery(1, { body: bodyInMemory(Buffer.alloc(BODY_BYTES_AT_ONCE_MAX)) }),
      ...[2, 3, 4].map((id) => delivery(id)),
    ]);
    const lane = laneOf(waiting, (id) => (id === '1' ? slow : Promise.resolve([event(id)])));
    expect(ids(await lane.next())).toEqual(['2', '3']);
    expect(ids(await lane.next())).toEqual([]);
    expect(waiting.claims).toEqual([['1', '2', '3']]);
    end([event('1')]);
    expect(ids(await lane.next())).toEqual(['1']);
    expect(ids(await lane.next())).toEqual(['4']);
  });

  it('gives back what it has not given out, and says nothing of it afterwards', async () => {
    const { promise: slow, reject: end } = Promise.withResolvers<InboundEvent[]>();
    const waiting = new Waiting([1, 2, 3, 4].map((id) => delivery(id)));
    const lane = laneOf(waiting, (id) => (id === '1' ? slow : Promise.resolve([event(id)])));
    const first = await lane.next();
    lane.readAhead(first!.map((one) => one.delivery));
    await lane.letGo();
    end(new UnreadableDelivery('broken'));
    await slow.catch(() => undefined);
    await new Promise((resolve) => setImmediate(resolve));
    expect(waiting.said).toEqual(['1 given back', '4 given back']);
  });
});
