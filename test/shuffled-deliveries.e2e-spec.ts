import { DeliveryReader } from '#ticketing';
import { DEMO_APP, DEMO_PAGES } from '../apps/simulator/index.js';
import { knock, metaSignature } from './knock.js';
import { World } from './world.js';

const DELIVERIES = 1000;
const ROUNDS = 5;
const POSTED_AT_ONCE = 40;

/** The same numbers in every run, so that a failure can be looked at again. */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function shuffled<T>(items: readonly T[], random: (below: number) => number): T[] {
  const mixed = [...items];
  for (let at = mixed.length - 1; at > 0; at--) {
    const other = random(at + 1);
    [mixed[at], mixed[other]] = [mixed[other]!, mixed[at]!];
  }
  return mixed;
}

function body(pageId: string, event: object): Buffer {
  return Buffer.from(JSON.stringify({ object: 'page', entry: [{ id: pageId, time: Date.now(), messaging: [event] }] }));
}

/** A day on two pages: forty people say, press, edit, react and read, and the pages' own staff answers from elsewhere. */
function aDayOnTwoPages(): Buffer[] {
  const random = seeded(20_260_101);
  const startedMs = Date.now() - 6 * 3_600_000;
  const people = Array.from({ length: 40 }, (_, at) => ({
    psid: `7000000000000${String(1000 + at)}`,
    pageId: DEMO_PAGES[at % 2]!.id,
    mids: [] as string[],
  }));
  return Array.from({ length: DELIVERIES }, (_, at) => {
    const person = people[random(people.length)]!;
    const timestamp = startedMs + at * 1000;
    const sender = { sender: { id: person.psid }, recipient: { id: person.pageId }, timestamp };
    const mid = `m_day_${String(at)}`;
    const known = person.mids[random(person.mids.length)];
    const message = (more: object) => {
      person.mids.push(mid);
      return body(person.pageId, { ...sender, message: { mid, ...more } });
    };
    switch (known === undefined ? 0 : random(12)) {
      case 1:
        return message({ text: `answering ${mid}`, reply_to: { mid: known } });
      case 2:
        return message({ attachments: [{ type: 'image', payload: { url: `http://127.0.0.1:9/${mid}.png` } }] });
      case 3:
        return body(person.pageId, { ...sender, postback: { mid, title: `pressed ${mid}`, payload: 'PRESSED' } });
      case 4:
        return body(person.pageId, { ...sender, message_edit: { mid: known, text: `edited by ${mid}`, num_edit: 1 } });
      case 5:
        return body(person.pageId, { ...sender, reaction: { mid: known, action: 'react', emoji: ['❤', '👍', '😮'][random(3)] } });
      case 6:
        return body(person.pageId, { ...sender, reaction: { mid: known, action: 'unreact' } });
      case 7:
        return body(person.pageId, {
          sender: { id: person.pageId },
          recipient: { id: person.psid },
          timestamp,
          message: { mid, text: `from elsewhere ${mid}`, is_echo: true, app_id: 1 },
        });
      case 8:
        return body(person.pageId, { ...sender, delivery: { mids: [], watermark: timestamp } });
      case 9:
        return body(person.pageId, { ...sender, read: { watermark: timestamp } });
      case 10:
        return body(person.pageId, { ...sender, optin: { type: 'something_new', at } });
      default:
        return message({ text: `said ${mid}` });
    }
  });
}

/** What two tenants ended up with, without what only says when and in which order the server learned it. */
async function endState(world: World): Promise<unknown> {
  const conversations = await world.rows(
    `select tenant.name as tenant, known.external_id as person, contact.name, known.delivered_watermark_at, known.read_watermark_at,
       conversation.channel, conversation.subject, conversation.preview, conversation.preview_direction, conversation.status,
       conversation.unread, conversation.tags, conversation.last_inbound_at, conversation.last_message_at, conversation.retention_anchor_at,
       (select count(*) from conversation other where other.contact_id = contact.id) as conversations
     from conversation join tenant on tenant.id = conversation.tenant_id
     join contact on contact.id = conversation.contact_id join contact_identity known on known.contact_id = contact.id
     order by tenant.name, known.external_id`,
  );
  const messages = await world.rows(
    `select tenant.name as tenant, known.external_id as person, message.external_id, message.direction, message.kind, message.author_kind,
       message.text, message.detail, message.edited, message.withheld, message.reply_to_external_id, message.vendor_sent_at,
       message.delivery_state, message.sent_at,
       (select json_agg(json_build_object('kind', kind, 'name', name, 'state', state, 'url', source_url) order by position)
        from attachment where attachment.message_id = message.id) as attachments,
       (select json_agg(json_build_object('emoji', emoji, 'at', reacted_at)) from reaction where reaction.message_id = message.id) as reactions
     from message join conversation on conversation.id = message.conversation_id join tenant on tenant.id = message.tenant_id
     join contact_identity known on known.contact_id = conversation.contact_id
     order by tenant.name, known.external_id, message.sent_at, message.external_id`,
  );
  return { conversations, messages };
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
  // Reading goes on between the posts, so that copies of one delivery meet both the waiting row and the stored message.
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

describe('a thousand deliveries', () => {
  it('five times over, each time in another random order, leave the very rows that they leave once and in order', async () => {
    const deliveries = aDayOnTwoPages();
    const [inOrder, mixed] = [await twoTenants(), await twoTenants()];
    try {
      for (const delivery of deliveries) await post(inOrder, delivery);
      await inOrder.drain();
      const random = seeded(5);
      for (let round = 0; round < ROUNDS; round++) await postAll(mixed, shuffled(deliveries, random));
      await mixed.drain();
      const expected = await endState(inOrder);
      expect((expected as { messages: unknown[] }).messages.length).toBeGreaterThan(DELIVERIES / 2);
      expect(await endState(mixed)).toEqual(expected);
      expect(await mixed.rows('select 1 from delivery')).toEqual([]);
      expect(await mixed.rows('select external_id from message group by connection_id, external_id having count(*) > 1')).toEqual([]);
    } finally {
      await inOrder.close();
      await mixed.close();
    }
  }, 240_000);
});
