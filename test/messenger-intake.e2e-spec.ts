import type { ConversationRow, Message, Page } from '#contract';
import { DEMO_APP } from '../apps/simulator/index.js';
import { knock, metaSignature } from './knock.js';
import { type Tenant, World } from './world.js';

function body(pageId: string, event: object): Buffer {
  return Buffer.from(JSON.stringify({ object: 'page', entry: [{ id: pageId, time: Date.now(), messaging: [event] }] }));
}

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
  /** As a vendor does, without waiting until what went before is read. */
  const post = async (delivery: Buffer) => {
    const headers = { 'content-type': 'application/json', 'x-hub-signature-256': metaSignature(DEMO_APP.secret, delivery) };
    expect((await knock(`${world.server.url}/webhooks/messenger`, { body: delivery, headers })).status).toBe(200);
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
        await post(body(spaak.page.id, event));
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
