import { createHmac } from 'node:crypto';
import { DEMO_APP } from './demo-world.js';
import { eventsIn, ReceivingApp } from './receiving-app.js';
import type { Simulator } from './simulator.js';
import { startSimulator } from './start-simulator.js';

const SPAAK = '100000000000001';
const LINDEN = '100000000000002';
const SANNE = '24680135790246811';
const TOMAS = '24680135790246823';
const MILA = '24680135790246847';
const DEADLINE_MS = 5000;

let app: ReceivingApp;
let simulator: Simulator;

beforeEach(async () => {
  app = await ReceivingApp.start();
  simulator = await startSimulator({ port: 0, webhookUrl: app.url, seed: 7, answerTimeoutMs: 300 });
  simulator.subscribePage(SPAAK);
  simulator.subscribePage(LINDEN);
});
afterEach(async () => {
  await simulator.close();
  await app.close();
});

describe('what a webhook looks like', () => {
  it('is signed over exactly the bytes that arrive', async () => {
    await simulator.customerSays(SANNE, { text: 'Hé, is mijn fiets al klaar? https://spaak.example/é' });
    const [post] = app.posts;
    const mac = (algorithm: string): string =>
      createHmac(algorithm, DEMO_APP.secret)
        .update(post?.body ?? '')
        .digest('hex');
    expect(post?.headers['x-hub-signature-256']).toBe(`sha256=${mac('sha256')}`);
    expect(post?.headers['x-hub-signature']).toBe(`sha1=${mac('sha1')}`);
    expect(post?.headers['content-type']).toBe('application/json');
    expect(post?.body.toString('latin1')).toContain('H\\u00e9, is mijn fiets al klaar? https:\\/\\/spaak.example\\/\\u00e9');
  });

  it('stamps messages in milliseconds and names people and pages by strings', async () => {
    const said = await simulator.customerSays(SANNE, { text: 'Hoi' });
    const body = JSON.parse(app.posts[0]?.body.toString() ?? '') as unknown;
    expect(body).toEqual({
      object: 'page',
      entry: [
        {
          id: SPAAK,
          time: said.atMs,
          messaging: [{ sender: { id: SANNE }, recipient: { id: SPAAK }, timestamp: said.atMs, message: { mid: said.mid, text: 'Hoi' } }],
        },
      ],
    });
    expect(said.mid).toMatch(/^m_[\w-]{86}$/);
    expect(said.atMs).toBeGreaterThan(1e12);
  });

  it('carries pictures, stickers, quick replies and quotes in the message', async () => {
    const first = await simulator.customerSays(SANNE, { text: 'Welke kleur?' });
    await simulator.customerSays(SANNE, { text: 'Rood', quickReply: 'COLOUR_RED', replyToMid: first.mid });
    await simulator.customerSays(SANNE, {
      attachments: [{ kind: 'image', name: 'rack.png', mediaType: 'image/png', content: Buffer.from('not a real picture') }],
    });
    await simulator.customerSays(SANNE, { sticker: true });
    const messages = app.having('message').map((event) => event.message);
    expect(messages[1]).toMatchObject({ text: 'Rood', quick_reply: { payload: 'COLOUR_RED' }, reply_to: { mid: first.mid } });
    expect(messages[2]).toMatchObject({
      attachments: [{ type: 'image', payload: { url: expect.stringContaining('/rack.png?') as string } }],
    });
    expect(messages[2]).not.toHaveProperty('text');
    expect(messages[3]).toMatchObject({ attachments: [{ type: 'sticker', payload: { sticker_id: 369239263222822 } }] });
  });

  it('tells edits, reactions, presses and reads each in its own form', async () => {
    const said = await simulator.customerSays(SANNE, { text: 'Maandag' });
    await simulator.customerEdits(SANNE, said.mid, 'Dinsdag');
    await simulator.customerReacts(SANNE, said.mid, '❤️');
    await simulator.customerReacts(SANNE, said.mid, null);
    const press = await simulator.customerPostback(SANNE, { title: 'Begin', payload: 'GET_STARTED' });
    const watermark = await simulator.customerReads(SANNE);
    const parts = app.events.slice(1).map(({ sender, recipient, timestamp, ...part }) => {
      expect([sender, recipient, typeof timestamp]).toEqual([{ id: SANNE }, { id: SPAAK }, 'number']);
      return part;
    });
    expect(parts).toEqual([
      { message_edit: { mid: said.mid, text: 'Dinsdag', num_edit: 1 } },
      { reaction: { mid: said.mid, action: 'react', reaction: 'love', emoji: '❤️' } },
      { reaction: { mid: said.mid, action: 'unreact' } },
      { postback: { mid: press, title: 'Begin', payload: 'GET_STARTED' } },
      { read: { watermark } },
    ]);
  });

  it('refuses a sixth edit, as Messenger does', async () => {
    const said = await simulator.customerSays(SANNE, { text: '0' });
    for (const text of ['1', '2', '3', '4', '5']) await simulator.customerEdits(SANNE, said.mid, text);
    await expect(simulator.customerEdits(SANNE, said.mid, '6')).rejects.toThrow('5 times');
  });

  it('echoes what was said with another tool under that tool’s app id, or under none', async () => {
    await simulator.pageInboxSays(SANNE, { text: 'Vanuit de pagina' });
    await simulator.pageInboxSays(SANNE, { text: 'Automatisch', appId: null });
    const [inbox, automatic] = app.having('message');
    expect(inbox).toMatchObject({ sender: { id: SPAAK }, recipient: { id: SANNE }, message: { is_echo: true, app_id: 263902037430900 } });
    expect(automatic?.message).not.toHaveProperty('app_id');
  });

  it('never gives two messages of one thread the same instant, because receipts are watermarks', async () => {
    const said = await Promise.all(['a', 'b', 'c'].map((text) => simulator.customerSays(SANNE, { text })));
    expect(new Set(said.map((message) => message.atMs)).size).toBe(3);
  });
});

describe('who is told', () => {
  it('says nothing about a page that is not subscribed, and nothing under a field that was not asked for', async () => {
    simulator.subscribePage(SPAAK, ['message_reads']);
    await simulator.customerSays(SANNE, { text: 'Hoort iemand mij?' });
    await simulator.customerReads(SANNE);
    await simulator.settled(DEADLINE_MS);
    expect(app.events.map((event) => Object.keys(event).at(-1))).toEqual(['read']);
  });

  it('asks the challenge before it trusts an address', async () => {
    app.verifyToken = DEMO_APP.verifyToken;
    await expect(simulator.verifyWebhook()).resolves.toBeNull();
    app.verifyToken = 'something else';
    await expect(simulator.verifyWebhook()).resolves.toBe('HTTP Status Code = 403');
  });
});

describe('when the app does not answer well', () => {
  it('posts again three times at once, the same bytes', async () => {
    app.plan = [500, 'hang_up', 302];
    await simulator.customerSays(SANNE, { text: 'Hallo?' });
    expect(app.posts).toHaveLength(4);
    expect(new Set(app.posts.map((post) => post.body.toString())).size).toBe(1);
    expect(simulator.deliveries[0]?.state).toBe('answered');
  });

  it('counts an answer that comes too late as none', async () => {
    app.plan = ['silence'];
    await simulator.customerSays(SANNE, { text: 'Hallo?' });
    expect(simulator.deliveries[0]?.attempts.map(({ status, problem }) => status ?? problem)).toEqual(['timeout', 200]);
  });

  it('then tries ever more rarely, and lets later messages past', async () => {
    app.plan = [503, 503, 503, 503];
    await simulator.customerSays(SANNE, { text: 'eerste' });
    await simulator.customerSays(SANNE, { text: 'tweede' });
    await simulator.settled(DEADLINE_MS);
    expect(simulator.waitingDeliveries).toBe(1);
    simulator.clock.advance({ seconds: 5 });
    await simulator.settled(DEADLINE_MS);
    expect(simulator.waitingDeliveries).toBe(0);
    const texts = app.having('message').map((event) => (event.message as { text: string }).text);
    expect(texts).toEqual(['eerste', 'eerste', 'eerste', 'eerste', 'tweede', 'eerste']);
  });

  it('can be told to try at once, as after a restart of the app', async () => {
    app.plan = [503, 503, 503, 503];
    await simulator.customerSays(SANNE, { text: 'eerste' });
    simulator.retryNow();
    await simulator.settled(DEADLINE_MS);
    expect(simulator.waitingDeliveries).toBe(0);
    expect(app.posts).toHaveLength(5);
  });

  it('drops the subscription of a page that failed for an hour, and only of that page', async () => {
    app.otherwise = 500;
    await simulator.customerSays(SANNE, { text: 'verloren' });
    app.otherwise = 200;
    await simulator.customerSays(MILA, { text: 'komt aan' });
    app.otherwise = 500;
    simulator.clock.advance({ minutes: 59 });
    await simulator.settled(DEADLINE_MS);
    expect(simulator.pages[0]?.subscribedFields).not.toBeNull();
    simulator.clock.advance({ minutes: 1 });
    await simulator.until(() => simulator.pages[0]?.subscribedFields === null, DEADLINE_MS);
    expect(simulator.pages[1]?.subscribedFields).not.toBeNull();
    expect(simulator.deliveries[0]?.state).toBe('dropped');
    expect(simulator.waitingDeliveries).toBe(0);
  });

  it('keeps the subscription when the app is well again before the hour is over', async () => {
    app.otherwise = 500;
    await simulator.customerSays(SANNE, { text: 'later' });
    app.otherwise = 200;
    simulator.clock.advance({ minutes: 61 });
    await simulator.settled(DEADLINE_MS);
    expect(simulator.deliveries[0]?.state).toBe('answered');
    expect(simulator.pages[0]?.subscribedFields).not.toBeNull();
  });

  it('names what is still under way when it does not settle in time', async () => {
    app.plan = ['silence', 'silence', 'silence', 'silence'];
    const told = simulator.customerSays(SANNE, { text: 'traag' });
    await expect(simulator.settled(50)).rejects.toThrow('messages of page 100000000000001');
    await told;
  });
});

describe('how deliveries can be disturbed', () => {
  it('posts copies of the same bytes at the same moment', async () => {
    simulator.setFaults({ delivery: { extraCopies: 2 } });
    await simulator.customerSays(SANNE, { text: 'drie keer' });
    expect(app.posts).toHaveLength(3);
    expect(new Set(app.posts.map((post) => post.body.toString())).size).toBe(1);
  });

  it('puts several events of a page into one body, but never those of two pages', async () => {
    simulator.setFaults({ delivery: { batchSize: 3 } });
    await Promise.all([
      simulator.customerSays(SANNE, { text: '1' }),
      simulator.customerSays(MILA, { text: '2' }),
      simulator.customerSays(TOMAS, { text: '3' }),
    ]);
    expect(app.posts.map((post) => eventsIn(post.body).length).sort()).toEqual([1, 2]);
  });

  it('delivers a batch that does not fill up after a moment', async () => {
    simulator.setFaults({ delivery: { batchSize: 1000, holdMs: 20 } });
    await simulator.customerSays(SANNE, { text: 'alleen' });
    expect(app.posts).toHaveLength(1);
  });

  it('puts two pages into one body', async () => {
    simulator.setFaults({ delivery: { mixPages: true } });
    await Promise.all([simulator.customerSays(SANNE, { text: 'fiets' }), simulator.customerSays(MILA, { text: 'thee' })]);
    const bodies = app.posts.map((post) => JSON.parse(post.body.toString()) as { entry: { id: string }[] });
    expect(bodies.map((body) => body.entry.map((entry) => entry.id).sort())).toEqual([[SPAAK, LINDEN]]);
  });

  it('shuffles by its seed: the same seed, the same order', async () => {
    const texts = Array.from({ length: 10 }, (_, index) => String(index));
    const orderOf = async (seed: number): Promise<string[]> => {
      const receiver = await ReceivingApp.start();
      const shuffling = await startSimulator({ port: 0, webhookUrl: receiver.url, seed });
      shuffling.subscribePage(SPAAK);
      shuffling.setFaults({ delivery: { reorderWindow: texts.length } });
      await Promise.all(texts.map((text) => shuffling.customerSays(SANNE, { text })));
      await shuffling.close();
      await receiver.close();
      return receiver.having('message').map((event) => (event.message as { text: string }).text);
    };
    const [once, again] = [await orderOf(3), await orderOf(3)];
    expect(once).toEqual(again);
    expect(once).not.toEqual(texts);
    expect([...once].sort()).toEqual(texts);
  });

  it('posts any bytes with any signature, for tests of hostile input', async () => {
    app.plan = [401, 401, 200];
    const bytes = Buffer.from([0x7b, 0x00, 0xff]);
    expect((await simulator.rawDelivery(bytes, null)).status).toBe(401);
    expect((await simulator.rawDelivery(bytes, 'sha256=00')).status).toBe(401);
    expect((await simulator.rawDelivery(bytes)).status).toBe(200);
    expect(app.posts.map((post) => post.headers['x-hub-signature-256']?.length)).toEqual([undefined, 9, 71]);
    expect(app.posts.every((post) => post.body.equals(bytes))).toBe(true);
  });
});
