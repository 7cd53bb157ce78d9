import type { ConversationRow, Message, Page } from '#contract';
import { DeliveryReader } from '#ticketing';
import { DEMO_APP, DEMO_PAGES } from '../apps/simulator/index.js';
import { knock, metaSignature } from './knock.js';
import { type Tenant, World } from './world.js';

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

describe('what comes in from Messenger', () => {
  let world: World;
  let spaak: Tenant;
  let linden: Tenant;
  let people = 0;

  beforeAll(async () => {
    world = await World.open();
    spaak = await world.tenant(0);
    linden = await world.tenant(1);
  });
  afterAll(() => world.close());
  beforeEach(() => {
    world.simulator.clearFaults();
    world.simulator.setBehaviour({ echo: 'after', receipts: 'delivered' });
  });

  const somebody = (pageId = spaak.page.id) =>
    world.simulator.addCustomer(pageId, {
      psid: `5550000000000${String(1001 + 2 * people++)}`,
      firstName: 'Noor',
      lastName: `Bakker ${String(people)}`,
      mailAddress: `noor${String(people)}@mail.example`,
      colour: [10, 20, 30],
      locale: 'nl_NL',
    }).psid;
  const rowOf = async (psid: string, tenant = spaak) => {
    const [known] = await world.rows<{ id: string }>(
      'select conversation.id from conversation join contact_identity known using (contact_id) where known.external_id = $1 and conversation.tenant_id = $2',
      [psid, tenant.id],
    );
    return (await tenant.owner.get<ConversationRow>(`/api/conversations/${known!.id}`)).body;
  };
  const thread = async (psid: string, tenant = spaak) =>
    (await tenant.owner.get<Page<Message>>(`/api/conversations/${(await rowOf(psid, tenant)).id}/messages?limit=100`)).body.items;
  const reply = async (psid: string, text: string) => {
    const answer = await spaak.owner.post<Message>(`/api/conversations/${(await rowOf(psid)).id}/replies`, { text });
    expect(answer.status).toBe(202);
    return answer.body;
  };
  const raw = async (event: object, pageId = spaak.page.id) => {
    expect((await world.simulator.rawDelivery(body(pageId, event))).status).toBe(200);
    await world.drain();
  };
  const says = async (psid: string, text: string) => {
    const said = await world.simulator.customerSays(psid, { text });
    await world.drain();
    return said;
  };

  it('keeps what one person says in the order it came, also within one instant, while many speak at once', async () => {
    const crowd = Array.from({ length: 20 }, () => somebody());
    const at = Date.now();
    const saying = crowd.map(async (psid) => {
      for (let nth = 0; nth < 15; nth++) {
        const event = {
          sender: { id: psid },
          recipient: { id: spaak.page.id },
          timestamp: at,
          message: { mid: `m_${psid}_${String(nth)}`, text: String(nth) },
        };
        await post(world, body(spaak.page.id, event));
      }
    });
    await Promise.all(saying);
    await world.drain();
    for (const psid of crowd)
      expect((await thread(psid)).map(({ text }) => Number(text))).toEqual(Array.from({ length: 15 }, (_, nth) => nth));
  });

  it('shows what another app says on the page as said from outside', async () => {
    const psid = somebody();
    await says(psid, 'hello');
    await world.simulator.pageInboxSays(psid, { text: 'from the page’s inbox' });
    await world.drain();
    expect((await thread(psid)).at(-1)).toMatchObject({ direction: 'out', text: 'from the page’s inbox', author: { kind: 'outside' } });
    expect(await rowOf(psid)).toMatchObject({ preview: { direction: 'out', text: 'from the page’s inbox' } });
  });

  it('believes no echo that names a message of another tenant', async () => {
    const victim = somebody();
    await says(victim, 'a question to Spaak');
    world.simulator.setBehaviour({ echo: 'none', receipts: 'none' });
    const answer = await reply(victim, 'an answer of Spaak');
    const other = somebody(linden.page.id);
    await says(other, 'a question to Linden');
    const before = await world.rows('select * from message where id = $1', [answer.id]);
    await raw(
      {
        sender: { id: linden.page.id },
        recipient: { id: other },
        timestamp: Date.now(),
        message: { mid: 'm_stolen', text: 'not of Spaak', is_echo: true, metadata: `omni:${answer.id}` },
      },
      linden.page.id,
    );
    const [after] = await world.rows<{ external_id: string | null }>('select * from message where id = $1', [answer.id]);
    expect(after!.external_id).not.toBe('m_stolen');
    expect((await thread(other, linden)).at(-1)).toMatchObject({ text: 'not of Spaak', author: { kind: 'outside' } });
    expect(before).toHaveLength(1);
  });

  it('tells what was delivered and read by watermarks in milliseconds, and only up to them', async () => {
    const psid = somebody();
    await says(psid, 'hello');
    world.simulator.setBehaviour({ receipts: 'none' });
    for (const text of ['first', 'second']) {
      await reply(psid, text);
      await world.drain();
    }
    const [first] = world.simulator.messagesSeenBy(psid);
    const states = async () => (await thread(psid)).flatMap(({ delivery }) => (delivery ? [delivery.state] : []));
    expect(await states()).toEqual(['sent', 'sent']);
    const sender = { sender: { id: psid }, recipient: { id: spaak.page.id }, timestamp: Date.now() };
    await raw({ ...sender, delivery: { watermark: first!.atMs - 1 } });
    expect(await states()).toEqual(['sent', 'sent']);
    await raw({ ...sender, delivery: { watermark: first!.atMs } });
    expect(await states()).toEqual(['delivered', 'sent']);
    await raw({ ...sender, read: { watermark: first!.atMs } });
    expect(await states()).toEqual(['read', 'sent']);
    await raw({ ...sender, delivery: { watermark: first!.atMs } });
    expect(await states()).toEqual(['read', 'sent']);
  });

  it('ignores a watermark from the future: nobody can have read what is not yet written', async () => {
    const psid = somebody();
    await says(psid, 'hello');
    const sender = { sender: { id: psid }, recipient: { id: spaak.page.id }, timestamp: Date.now() };
    await raw({ ...sender, read: { watermark: Date.now() + 3_600_000 } });
    world.simulator.setBehaviour({ receipts: 'none' });
    await reply(psid, 'not read yet');
    await world.drain();
    expect((await thread(psid)).at(-1)).toMatchObject({ delivery: { state: 'sent' } });
  });

  it('remembers that a message was read when the echo that dates it comes later', async () => {
    const psid = somebody();
    await says(psid, 'hello');
    world.simulator.setBehaviour({ echo: 'none', receipts: 'none' });
    await reply(psid, 'read at once');
    await world.drain();
    const [sent] = world.simulator.messagesSeenBy(psid);
    await raw({ sender: { id: psid }, recipient: { id: spaak.page.id }, timestamp: Date.now(), read: { watermark: sent!.atMs } });
    expect((await thread(psid)).at(-1)).toMatchObject({ delivery: { state: 'sent' } });
    await raw({
      sender: { id: spaak.page.id },
      recipient: { id: psid },
      timestamp: sent!.atMs,
      message: { mid: sent!.mid, text: 'read at once', is_echo: true, metadata: sent!.metadata },
    });
    expect((await thread(psid)).at(-1)).toMatchObject({ delivery: { state: 'read' } });
  });

  it('shows the newest edit, also when an older one comes again, in the thread and in the list', async () => {
    const psid = somebody();
    const said = await says(psid, 'tomorow?');
    const edit = (text: string, timestamp: number) =>
      raw({ sender: { id: psid }, recipient: { id: spaak.page.id }, timestamp, message_edit: { mid: said.mid, text } });
    await edit('tomorrow!', said.atMs + 2000);
    await edit('tomorrow?', said.atMs + 1000);
    expect(await thread(psid)).toMatchObject([{ text: 'tomorrow!', edited: true }]);
    expect((await rowOf(psid)).preview.text).toBe('tomorrow!');
  });

  it('shows no reaction that was taken back, also when it comes again', async () => {
    const psid = somebody();
    const said = await says(psid, 'nice');
    const react = (timestamp: number, reaction: object) =>
      raw({ sender: { id: psid }, recipient: { id: spaak.page.id }, timestamp, reaction: { mid: said.mid, ...reaction } });
    await react(said.atMs + 1000, { action: 'react', emoji: '❤' });
    expect((await thread(psid))[0]!.reactions).toMatchObject([{ emoji: '❤' }]);
    await react(said.atMs + 2000, { action: 'unreact' });
    await react(said.atMs + 1000, { action: 'react', emoji: '❤' });
    expect((await thread(psid))[0]!.reactions).toEqual([]);
  });

  it('shows the person’s name and picture once they are fetched, and never waits for them', async () => {
    const psid = somebody();
    world.simulator.setFaults({ graph: [{ on: ['profile'], times: 1, does: { kind: 'error', code: 2, httpStatus: 500 } }] });
    await says(psid, 'who am I?');
    expect((await rowOf(psid)).contact).toMatchObject({ name: `Facebook user ${psid.slice(-4)}`, pictureUrl: null });
    world.advance({ minutes: 5 });
    await world.drain();
    const { contact } = await rowOf(psid);
    expect(contact.name).toMatch(/^Noor Bakker/);
    expect((await spaak.owner.get(contact.pictureUrl!)).status).toBe(200);
    expect((await linden.owner.get(contact.pictureUrl!)).status).toBe(404);
  });

  it('keeps the fallback name of somebody whose profile nobody may see', async () => {
    const psid = somebody();
    world.simulator.setFaults({ graph: [{ on: ['profile'], does: { kind: 'error', code: 100, subcode: 33, httpStatus: 400 } }] });
    await says(psid, 'anonymous');
    world.advance({ hours: 1 });
    await world.drain();
    expect((await rowOf(psid)).contact.name).toBe(`Facebook user ${psid.slice(-4)}`);
    expect((await thread(psid)).map(({ text }) => text)).toEqual(['anonymous']);
  });

  it('copies what the customer sends before the vendor forgets it, and forgets where it was', async () => {
    const psid = somebody();
    const content = Buffer.from('not really a picture');
    await world.simulator.customerSays(psid, { attachments: [{ kind: 'image', name: 'wheel.png', mediaType: 'image/png', content }] });
    await world.drain();
    const [message] = await thread(psid);
    expect(message!.attachments).toMatchObject([{ kind: 'image', name: 'wheel.png', state: 'stored', sizeBytes: content.length }]);
    const file = await spaak.owner.get<string>(message!.attachments[0]!.url!);
    expect(file).toMatchObject({ status: 200, body: content.toString() });
    expect((await linden.owner.get(message!.attachments[0]!.url!)).status).toBe(404);
    expect(await world.rows('select source_url from attachment where source_url is not null')).toEqual([]);
  });

  it('says that a file is lost when the vendor no longer has it', async () => {
    const psid = somebody();
    const url = `${world.simulator.url}/media/gone/gone.png`;
    await raw({
      sender: { id: psid },
      recipient: { id: spaak.page.id },
      timestamp: Date.now(),
      message: { mid: `m_lost_${psid}`, attachments: [{ type: 'image', payload: { url } }] },
    });
    expect((await thread(psid))[0]!.attachments).toMatchObject([{ state: 'lost', url: null }]);
    expect(await world.rows('select source_url from attachment where source_url is not null')).toEqual([]);
  });

  it('shows no address that a browser would run', async () => {
    const psid = somebody();
    await raw({
      sender: { id: psid },
      recipient: { id: spaak.page.id },
      timestamp: Date.now(),
      message: { mid: `m_link_${psid}`, attachments: [{ type: 'fallback', payload: { url: 'javascript:alert(1)', title: 'click me' } }] },
    });
    expect((await thread(psid))[0]!.attachments).toMatchObject([{ kind: 'link', name: 'click me', url: null }]);
  });
});
