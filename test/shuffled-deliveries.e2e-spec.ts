import { DeliveryReader } from '#ticketing';
import { DEMO_APP } from '../apps/simulator/index.js';
import { aDayOnTwoPages, type PageEvent } from './a-day-on-two-pages.js';
import { endState, type Random, seeded, shuffled } from './end-state.js';
import { knock, metaSignature } from './knock.js';
import { World } from './world.js';

const EVENTS = 10_000;
const DAY_MS = 4 * 3_600_000;
/** How many events come a second and a third time. */
const AGAIN = 800;
const EVENTS_PER_POST_MAX = 40;
const KINDS = ['comment', 'control_changed', 'opted_out', 'postback', 'text', 'unsupported'];
const POSTED_AT_ONCE = 20;

/** Events of both pages in one body, as a vendor batches them. */
function bodyOf(events: readonly PageEvent[]): Buffer {
  const entry = events.map(({ pageId, time, events: of }) => ({ id: pageId, time, ...of }));
  return Buffer.from(JSON.stringify({ object: 'page', entry }));
}

function batched(events: readonly PageEvent[], random: Random): Buffer[] {
  const bodies: Buffer[] = [];
  for (let at = 0; at < events.length;) {
    const size = 1 + random(EVENTS_PER_POST_MAX);
    bodies.push(bodyOf(events.slice(at, at + size)));
    at += size;
  }
  return bodies;
}

async function post(world: World, delivery: Buffer): Promise<void> {
  const answer = await knock(`${world.server.url}/webhooks/messenger`, {
    body: delivery,
    headers: { 'content-type': 'application/json', 'x-hub-signature-256': metaSignature(DEMO_APP.secret, delivery) },
  });
  expect(answer.status).toBe(200);
}

/** Many at once, as a vendor does, while what came in is being read. */
async function postAll(world: World, deliveries: readonly Buffer[]): Promise<void> {
  const waiting = [...deliveries];
  const lanes = Array.from({ length: POSTED_AT_ONCE }, async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await post(world, next);
  });
  let isPosting = true;
  const posted = Promise.all(lanes).finally(() => (isPosting = false));
  // Reading goes on between the posts, so that copies of one event meet both the waiting row and the stored message.
  while (isPosting) {
    await world.get(DeliveryReader).drain();
    await Promise.race([posted, new Promise((resolve) => setImmediate(resolve))]);
  }
  await posted;
  await world.get(DeliveryReader).drain();
}

async function twoTenants(): Promise<World> {
  const world = await World.open();
  await world.tenant(0);
  await world.tenant(1);
  return world;
}

describe('ten thousand events of every kind', () => {
  it('in random order, many of them again and again, leave the very rows that they leave once and in order', async () => {
    const [inOrder, mixed] = [await twoTenants(), await twoTenants()];
    try {
      const random = seeded(20_261_101);
      const events = aDayOnTwoPages(EVENTS, inOrder.clock.now().getTime() - DAY_MS, random);
      for (const body of batched(events, random)) await post(inOrder, body);
      await inOrder.get(DeliveryReader).drain();

      const again = () => Array.from({ length: AGAIN }, () => events[random(events.length)]!);
      await postAll(mixed, batched(shuffled([...events, ...again()], random), random));
      await postAll(mixed, batched(again(), random));

      const expected = await endState((sql) => inOrder.rows(sql));
      expect(expected.messages.length).toBeGreaterThan(EVENTS / 3);
      expect(expected.conversations.length).toBeGreaterThan(100);
      expect([...new Set(expected.messages.map((message) => (message as { kind: string }).kind))].toSorted()).toEqual(KINDS);
      expect(await endState((sql) => mixed.rows(sql))).toEqual(expected);
      expect(await mixed.rows('select 1 from delivery')).toEqual([]);
      expect(await mixed.rows('select external_id from message group by connection_id, external_id having count(*) > 1')).toEqual([]);
    } finally {
      await inOrder.close();
      await mixed.close();
    }
  }, 300_000);
});
