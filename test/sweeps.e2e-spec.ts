import type { ConversationRow, Message, Page, Sweep } from '#contract';
import { OutageWatch } from '#ticketing';
import { DEMO_APP, DEMO_PAGES, demoPageToken, PROMPT_BEHAVIOUR, type Simulator, startSimulator } from '../apps/simulator/index.js';
import { ApiClient } from './api-client.js';
import { KillableServer, until } from './killable-server.js';
import { type Tenant, World } from './world.js';

const SECOND_MS = 1000;

/** What was said on a page while nobody heard it, or before anybody listened, is found in the page's own archive. */
describe('looking through a page’s archive', () => {
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
  beforeEach(async () => {
    world.simulator.clearFaults();
    world.simulator.setBehaviour({ echo: 'after', receipts: 'none' });
    await world.drain();
    await world.get(OutageWatch).look();
    await world.drain();
  });

  const somebody = (pageId = spaak.page.id) =>
    world.simulator.addCustomer(pageId, {
      psid: `5560000000000${String(1001 + 2 * people++)}`,
      firstName: 'Sanne',
      lastName: `Visser ${String(people)}`,
      mailAddress: `sanne${String(people)}@mail.example`,
      colour: [10, 20, 30],
      locale: 'nl_NL',
    }).psid;
  /** Meta does not tell, and will not tell later. */
  const whileDeaf = async (happens: () => Promise<unknown>) => {
    world.simulator.setFaults({ delivery: { lost: ['messages', 'message_echoes', 'message_deliveries', 'messaging_postbacks'] } });
    await happens();
    world.simulator.clearFaults();
  };
  const conversationsOf = async (psid: string, tenant = spaak) => {
    const known = await world.rows<{ id: string }>(
      `select conversation.id from conversation join contact_identity known using (tenant_id, contact_id)
       where known.external_id = $1 and tenant_id = $2 order by number`,
      [psid, tenant.id],
    );
    return Promise.all(known.map(async ({ id }) => (await tenant.owner.get<ConversationRow>(`/api/conversations/${id}`)).body));
  };
  const thread = async (psid: string, tenant = spaak) => {
    const rows = await conversationsOf(psid, tenant);
    const threads = rows.map(({ id }) => tenant.owner.get<Page<Message>>(`/api/conversations/${id}/messages?limit=100`));
    return (await Promise.all(threads)).flatMap(({ body }) => body.items);
  };
  const texts = async (psid: string, tenant = spaak) => (await thread(psid, tenant)).map(({ text }) => text);
  const ask = (body: object, { owner, connectionId } = spaak) => owner.post<Sweep>(`/api/connections/${connectionId}/sweeps`, body);
  const sweeps = async ({ owner, connectionId } = spaak) =>
    (await owner.get<Page<Sweep>>(`/api/connections/${connectionId}/sweeps`)).body.items;
  const sweep = async (body: object) => {
    expect(await ask(body)).toMatchObject({ status: 202, body: { cause: 'asked', state: 'waiting', threadsDone: 0 } });
    await world.drain();
    const [newest] = await sweeps();
    return newest!;
  };
  const say = (psid: string, text: string) => world.simulator.customerSays(psid, { text });
  const feedSince = (seq: number, tenant = spaak) =>
    world.rows<{ type: string; quiet: boolean }>('select type, quiet from feed_line where tenant_id = $1 and seq > $2 order by seq', [
      tenant.id,
      seq,
    ]);
  const newestSeq = async (tenant = spaak) =>
    Number((await world.rows<{ seq: string }>('select seq from feed_head where tenant_id = $1', [tenant.id]))[0]!.seq);

  it('brings back half an hour of which Meta told us nothing: all of it, with its own times, in order, once', async () => {
    const [regular, stranger] = [somebody(), somebody()];
    await say(regular, 'before');
    await world.drain();
    const said: { text: string; atMs: number }[] = [];
    const note = async (message: Promise<{ text: string | null; atMs: number }>) => {
      const { text, atMs } = await message;
      said.push({ text: text!, atMs });
      world.advance({ minutes: 5 });
    };
    await whileDeaf(async () => {
      await note(say(regular, 'is anybody there?'));
      await note(say(stranger, 'a first question'));
      await note(world.simulator.pageInboxSays(regular, { text: 'answered on the phone' }));
      await note(say(stranger, 'a second question'));
      await note(say(regular, 'thank you'));
      world.advance({ minutes: 5 });
    });
    await say(regular, 'after');
    await world.drain();
    expect(await texts(regular)).toEqual(['before', 'after']);
    const seq = await newestSeq();

    await world.get(OutageWatch).look();
    await world.drain();

    expect((await sweeps())[0]).toMatchObject({
      kind: 'gap',
      cause: 'outage',
      state: 'done',
      problem: null,
      messagesAdded: 5,
    });
    expect(await texts(regular)).toEqual(['before', 'is anybody there?', 'answered on the phone', 'thank you', 'after']);
    expect(await texts(stranger)).toEqual(['a first question', 'a second question']);
    for (const message of [...(await thread(regular)), ...(await thread(stranger))]) {
      const own = said.find(({ text }) => text === message.text);
      // The archive's times are whole seconds.
      if (own) expect(own.atMs - Date.parse(message.sentAt)).toBeGreaterThanOrEqual(0);
      if (own) expect(own.atMs - Date.parse(message.sentAt)).toBeLessThan(SECOND_MS);
    }
    expect((await thread(regular))[2]).toMatchObject({ direction: 'out', author: { kind: 'outside' } });
    const added = (await feedSince(seq)).filter(({ type }) => type === 'message_added');
    expect(added).toHaveLength(5);
    expect(added.every(({ quiet }) => quiet)).toBe(true);
    expect((await conversationsOf(stranger))[0]).toMatchObject({ status: 'open', unread: true });
  });

  it('doubles nothing that Meta tells late after all, and keeps the order', async () => {
    const psid = somebody();
    await say(psid, 'one');
    await world.drain();
    const { webhookUrl } = world.simulator;
    world.simulator.setWebhookUrl('http://127.0.0.1:9/nobody-listens');
    for (const text of ['two', 'three', 'four']) await say(psid, text);
    world.simulator.setWebhookUrl(webhookUrl);
    expect(world.simulator.waitingDeliveries).toBeGreaterThan(0);
    expect(await sweep({ kind: 'gap', days: 1 })).toMatchObject({ state: 'done', problem: null, messagesAdded: 3 });
    expect(await texts(psid)).toEqual(['one', 'two', 'three', 'four']);
    const before = await thread(psid);
    world.simulator.retryNow();
    await world.drain();
    expect((await thread(psid)).map(({ id, sentAt }) => ({ id, sentAt }))).toEqual(before.map(({ id, sentAt }) => ({ id, sentAt })));
    expect(await sweep({ kind: 'gap', days: 1 })).toMatchObject({ state: 'done', problem: null, messagesAdded: 0 });
    expect(await texts(psid)).toEqual(['one', 'two', 'three', 'four']);
  });

  it('puts what was missed between what was heard, also within one second', async () => {
    const psid = somebody();
    world.advance({ minutes: 1 });
    await say(psid, 'heard 1');
    await whileDeaf(() => say(psid, 'missed 1'));
    await say(psid, 'heard 2');
    await whileDeaf(() => say(psid, 'missed 2'));
    await whileDeaf(() => say(psid, 'missed 3'));
    await say(psid, 'heard 3');
    await world.drain();
    await sweep({ kind: 'gap', days: 1 });
    expect(await texts(psid)).toEqual(['heard 1', 'missed 1', 'heard 2', 'missed 2', 'missed 3', 'heard 3']);
  });

  it('brings files, links and stickers along, and shows what Europe keeps from us as such', async () => {
    const psid = somebody();
    const content = Buffer.from('not really a picture');
    await whileDeaf(async () => {
      await world.simulator.customerSays(psid, { attachments: [{ kind: 'image', name: 'wheel.png', mediaType: 'image/png', content }] });
      await world.simulator.customerSays(psid, {
        attachments: [{ kind: 'file', name: 'bill.pdf', mediaType: 'application/pdf', content }],
      });
      await world.simulator.customerSays(psid, {
        attachments: [{ kind: 'file', name: 'Media not available due to new privacy rules in Europe', mediaType: 'image/png', content }],
      });
      await world.simulator.customerSays(psid, { sticker: true });
      await world.simulator.customerShares(psid, 'link');
      await world.simulator.customerSendsUnsupported(psid);
    });
    await sweep({ kind: 'gap', days: 1 });
    const found = await thread(psid);
    expect(found.map(({ kind, attachments }) => [kind, ...attachments.map((one) => one.kind)])).toEqual([
      ['text', 'image'],
      ['text', 'file'],
      ['text', 'unsupported'],
      ['text', 'sticker'],
      ['text', 'link'],
      ['unsupported'],
    ]);
    expect(found[0]!.attachments[0]).toMatchObject({ name: 'wheel.png', state: 'stored', sizeBytes: content.length });
    expect(found[2]!.attachments[0]!.name).toMatch(/^Media not available/);
  });

  it('goes page by page and says how far it is; those who write in the meantime are not passed over', async () => {
    const crowd = Array.from({ length: 23 }, () => somebody(linden.page.id));
    await whileDeaf(async () => {
      for (const psid of crowd) await say(psid, `hello from ${psid}`);
      world.advance({ minutes: 1 });
    });
    const seq = await newestSeq(linden);
    expect((await ask({ kind: 'gap', days: 1 }, linden)).status).toBe(202);
    // The last of the list jumps to its front while it is read.
    world.simulator.setFaults({ graph: [{ on: ['conversations'], after: 1, times: 1, does: { kind: 'latency', ms: 300 } }] });
    const drained = world.drain();
    await until('the second page is asked for', 10_000, async () => (await sweeps(linden))[0]!.threadsDone > 0);
    // The archive's times are whole seconds: what is said in the second in which the sweep began could be from before it.
    world.advance({ seconds: 2 });
    await say(crowd[0]!, 'and another thing');
    await drained;
    await world.drain();
    expect((await sweeps(linden))[0]).toMatchObject({ state: 'done', problem: null, messagesAdded: 23 });
    for (const psid of crowd) expect((await texts(psid, linden))[0]).toBe(`hello from ${psid}`);
    expect(await texts(crowd[0]!, linden)).toEqual([`hello from ${crowd[0]!}`, 'and another thing']);
    const steps = (await feedSince(seq, linden)).filter(({ type }) => type === 'connection_changed');
    expect(steps.length).toBeGreaterThanOrEqual(3);
  }, 120_000);

  it('knows a message of ours again of which nobody knew whether it arrived', async () => {
    const psid = somebody();
    await say(psid, 'a question');
    await world.drain();
    const [{ id }] = (await conversationsOf(psid)) as [ConversationRow];
    world.simulator.setBehaviour({ echo: 'none' });
    world.simulator.setFaults({ graph: [{ on: ['send'], times: 1, does: { kind: 'cut', acceptFirst: true } }] });
    const answer = await spaak.owner.post<Message>(`/api/conversations/${id}/replies`, { text: 'an answer' });
    await world.drain();
    expect((await thread(psid)).at(-1)).toMatchObject({ id: answer.body.id, delivery: { state: 'unknown' } });
    expect(await sweep({ kind: 'gap', days: 1 })).toMatchObject({ state: 'done', problem: null, messagesAdded: 0 });
    expect(await texts(psid)).toEqual(['a question', 'an answer']);
    expect((await thread(psid)).at(-1)).toMatchObject({ id: answer.body.id, delivery: { state: 'sent' } });
    expect(world.simulator.messagesSeenBy(psid)).toHaveLength(1);
  });

  it('waits while Facebook is busy, and goes on', async () => {
    const psid = somebody();
    await whileDeaf(() => say(psid, 'missed'));
    world.simulator.setFaults({ graph: [{ on: ['conversations'], times: 1, does: { kind: 'error', code: 80_006, httpStatus: 400 } }] });
    expect(await sweep({ kind: 'gap', days: 1 })).toMatchObject({ state: 'running', problem: null, endedAt: null });
    world.advance({ hours: 1 });
    await world.drain();
    expect((await sweeps())[0]).toMatchObject({ state: 'done', problem: null, messagesAdded: 1 });
    expect(await texts(psid)).toEqual(['missed']);
  });

  it('ends with a sentence when Facebook says no for good, and can be asked for again', async () => {
    const psid = somebody();
    await whileDeaf(() => say(psid, 'missed'));
    world.simulator.setFaults({ graph: [{ on: ['conversations'], does: { kind: 'error', code: 200, httpStatus: 403 } }] });
    const failed = await sweep({ kind: 'gap', days: 1 });
    expect(failed).toMatchObject({ state: 'failed', endedAt: expect.any(String) as string });
    expect(failed.problem).toMatch(/permission/);
    world.simulator.clearFaults();
    expect(await sweep({ kind: 'gap', days: 1 })).toMatchObject({ state: 'done', problem: null, messagesAdded: 1 });
  });

  it('is given up after a day in which Facebook had no time for it', async () => {
    world.simulator.setFaults({ graph: [{ on: ['conversations'], does: { kind: 'error', code: 80_006, httpStatus: 400 } }] });
    expect(await sweep({ kind: 'gap', days: 1 })).toMatchObject({ state: 'running' });
    world.advance({ hours: 25 });
    await world.drain();
    expect((await sweeps())[0]).toMatchObject({ state: 'failed', problem: expect.stringMatching(/^Facebook is busy/) as string });
    // Long enough for nobody to be held back any more.
    world.advance({ hours: 1 });
  });

  it('is one at a time for a page: a second wish is refused, an outage waits its turn', async () => {
    const psid = somebody();
    await whileDeaf(() => say(psid, 'missed'));
    expect((await ask({ kind: 'import', days: 2 })).status).toBe(202);
    expect(await ask({ kind: 'gap', days: 1 })).toMatchObject({ status: 409, body: { error: { code: 'sweep_running' } } });
    world.advance({ minutes: 10 });
    await world.get(OutageWatch).look();
    await world.get(OutageWatch).look();
    await world.drain();
    expect((await sweeps()).slice(0, 2)).toMatchObject([
      { kind: 'gap', cause: 'outage', state: 'done' },
      { kind: 'import', cause: 'asked', state: 'done' },
    ]);
    expect(await texts(psid)).toEqual(['missed']);
  });

  it('is not started by a short silence', async () => {
    const before = (await sweeps()).length;
    world.advance({ minutes: 4 });
    await world.get(OutageWatch).look();
    expect(await sweeps()).toHaveLength(before);
  });

  it('imports the recent past, tells nobody, and says what Facebook no longer tells', async () => {
    const [newcomer, longAgo] = [somebody(), somebody()];
    await whileDeaf(async () => {
      await say(longAgo, 'too long ago');
      world.advance({ hours: 25 });
      for (let nth = 1; nth <= 30; nth++) await say(newcomer, `word ${String(nth)}`);
      await world.simulator.pageInboxSays(newcomer, { text: 'the last word' });
      world.advance({ minutes: 1 });
    });
    const seq = await newestSeq();
    const done = await sweep({ kind: 'import', days: 1 });
    expect(done).toMatchObject({ kind: 'import', state: 'done', messagesAdded: 20 });
    expect(done.problem).toMatch(/no longer tells/);
    expect((await texts(newcomer)).at(0)).toBe('word 12');
    expect((await texts(newcomer)).at(-1)).toBe('the last word');
    expect(await texts(newcomer)).toHaveLength(20);
    expect(await texts(longAgo)).toEqual([]);
    expect((await conversationsOf(newcomer))[0]).toMatchObject({
      unread: false,
      status: 'closed',
      contact: { name: expect.stringMatching(/^Sanne/) as string },
    });
    const lines = await feedSince(seq);
    expect(lines.filter(({ type, quiet }) => type === 'message_added' && !quiet)).toEqual([]);
  }, 120_000);

  it('asks for less where Facebook does not know all that we ask for', async () => {
    const psid = somebody();
    await whileDeaf(() => say(psid, 'missed'));
    world.simulator.setFaults({ graph: [{ on: ['conversations'], times: 1, does: { kind: 'error', code: 100, httpStatus: 400 } }] });
    expect(await sweep({ kind: 'gap', days: 1 })).toMatchObject({ state: 'done', messagesAdded: 1 });
    expect(await texts(psid)).toEqual(['missed']);
  });

  it('is not kept from everybody else’s messages by one thread that Facebook will not show', async () => {
    const [first, chatty] = [somebody(), somebody()];
    await whileDeaf(async () => {
      for (let nth = 1; nth <= 26; nth++) await say(chatty, `word ${String(nth)}`);
      await say(first, 'missed');
    });
    // The list itself is answered; what comes next is the rest of the long thread.
    world.simulator.setFaults({
      graph: [{ on: ['conversations'], after: 1, times: 2, does: { kind: 'error', code: 100, subcode: 33, httpStatus: 400 } }],
    });
    const done = await sweep({ kind: 'gap', days: 1 });
    expect(done).toMatchObject({ state: 'done', problem: expect.stringMatching(/no longer tells/) as string });
    expect(await texts(first)).toEqual(['missed']);
    expect((await texts(chatty)).at(-1)).toBe('word 26');
  });

  it('of another tenant’s page is not found, and neither are its sweeps', async () => {
    expect((await ask({ kind: 'gap', days: 1 }, { ...spaak, owner: linden.owner })).status).toBe(404);
    expect((await linden.owner.get(`/api/connections/${spaak.connectionId}/sweeps`)).status).toBe(404);
    const theirs = await sweeps(linden);
    expect((await sweeps()).filter(({ id }) => theirs.some((their) => their.id === id))).toEqual([]);
    expect((await ask({ kind: 'gap', days: 1 }, { ...spaak, connectionId: 'nothing' })).status).toBe(404);
  });

  it('is for pages that are connected, and for days that make sense', async () => {
    for (const body of [{ kind: 'gap', days: 0 }, { kind: 'gap', days: 91 }, { kind: 'gap', days: 1.5 }, { kind: 'all', days: 1 }, {}]) {
      expect((await ask(body)).status).toBe(400);
    }
    const { connection } = await world.connectMailbox(spaak, 'sweeps@spaak.example');
    expect(await ask({ kind: 'gap', days: 1 }, { ...spaak, connectionId: connection.id })).toMatchObject({
      status: 422,
      body: { error: { code: 'no_archive' } },
    });
    expect((await ask({ kind: 'gap', days: 1 })).status).toBe(202);
    await spaak.owner.delete(`/api/connections/${spaak.connectionId}`);
    await world.drain();
    expect((await sweeps())[0]).toMatchObject({ state: 'failed', problem: 'This page is no longer connected.' });
    expect(await ask({ kind: 'gap', days: 1 })).toMatchObject({ status: 422, body: { error: { code: 'connection_gone' } } });
  });
});

const PAGE = DEMO_PAGES[0]!;
const CROWD = 25;
/** A dead worker's jobs are free within a minute; a little more for two busy cores. */
const FREED_MS_MAX = 90_000;

describe('a sweep whose server is killed', () => {
  let simulator: Simulator;
  let server: KillableServer;

  beforeAll(async () => {
    simulator = await startSimulator({ port: 0, app: DEMO_APP, webhookUrl: null, behaviour: PROMPT_BEHAVIOUR });
    server = await KillableServer.prepare(simulator.url);
    await server.start();
  }, 120_000);
  afterAll(async () => {
    await server.remove();
    await simulator.close();
  }, 60_000);

  it('goes on where it was, and doubles nothing', async () => {
    const owner = new ApiClient(server.url);
    const account = { email: 'owner@spaak.example', password: 'a password for tests' };
    await owner.post('/api/setup', { tenantName: PAGE.name, name: 'Owner', ...account });
    await owner.post('/api/session', account);
    const token = demoPageToken(DEMO_APP.secret, PAGE.id);
    const connected = await owner.post<{ id: string }>('/api/connections/messenger', { pageId: PAGE.id, pageToken: token });
    for (let nth = 0; nth < CROWD; nth++) {
      const psid = `5570000000000${String(1001 + 2 * nth)}`;
      const who = { firstName: 'Bo', lastName: String(nth), mailAddress: `bo${String(nth)}@mail.example` };
      simulator.addCustomer(PAGE.id, { psid, ...who, colour: [1, 2, 3], locale: 'nl_NL' });
      for (const text of ['one', 'two']) await simulator.customerSays(psid, { text });
    }
    const path = `/api/connections/${connected.body.id}/sweeps`;
    const newest = async () => (await owner.get<Page<Sweep>>(path)).body.items[0]!;
    expect((await owner.post(path, { kind: 'gap', days: 1 })).status).toBe(202);
    await until('the first page is done', 30_000, async () => (await newest()).threadsDone > 0);
    await server.kill();
    await server.start();
    expect((await newest()).threadsDone).toBeGreaterThanOrEqual(10);
    await until('the sweep is done', FREED_MS_MAX, async () => (await newest()).state === 'done');
    expect(await newest()).toMatchObject({ threadsDone: CROWD, messagesSeen: 2 * CROWD, messagesAdded: 2 * CROWD, problem: null });
    const rows = (await owner.get<Page<ConversationRow>>('/api/conversations?limit=100')).body.items;
    expect(rows).toHaveLength(CROWD);
    for (const { id } of rows) {
      const { items } = (await owner.get<Page<Message>>(`/api/conversations/${id}/messages`)).body;
      expect(items.map(({ text }) => text)).toEqual(['one', 'two']);
    }
  }, 240_000);
});
