import { DEMO_APP, PAGE_INBOX_APP_ID } from './demo-world.js';
import { errorOf, GraphCaller, MILA, SANNE, SPAAK } from './graph-caller.js';
import { ReceivingApp } from './receiving-app.js';
import type { Simulator } from './simulator.js';
import { startSimulator } from './start-simulator.js';

const DEADLINE_MS = 5000;

let app: ReceivingApp;
let simulator: Simulator;
let graph: GraphCaller;

beforeEach(async () => {
  app = await ReceivingApp.start();
  simulator = await startSimulator({ port: 0, webhookUrl: app.url, seed: 7 });
  simulator.subscribePage(SPAAK);
  graph = new GraphCaller(simulator);
  await simulator.customerSays(SANNE, { text: 'Hoi' });
});
afterEach(async () => {
  await simulator.close();
  await app.close();
});

const control = (edge: string, more: object = {}) => graph.post(`/${SPAAK}/${edge}_thread_control`, { recipient: { id: SANNE }, ...more });
const owner = async (): Promise<unknown> => (await graph.get(`/${SPAAK}/thread_owner`, { recipient: SANNE })).body.data;
const inSeconds = (ms: number): number => Math.floor(ms / 1000);

describe('a page without routing', () => {
  it('tells every app everything, lets all answer, and nobody has a thread', async () => {
    await simulator.pageInboxSays(SANNE, { text: 'Vanuit de inbox' });
    expect((await graph.say('Vanuit Omnidesk')).status).toBe(200);
    await simulator.settled(DEADLINE_MS);
    expect([await owner(), app.standby]).toEqual([[], []]);
    expect((await graph.get('/me', { fields: 'messaging_feature_status' })).body.messaging_feature_status).toMatchObject({ hop_v2: false });
  });

  it('lets no app take a thread', async () => {
    expect(errorOf(await control('take'))).toEqual([403, 10, 2018464]);
  });
});

describe('a thread that another app took', () => {
  beforeEach(() => simulator.otherAppTakesThread(SANNE));

  it('is told with both apps, and from then on we only look on', async () => {
    expect(app.events.at(-1)).toEqual({
      sender: { id: SANNE },
      recipient: { id: SPAAK },
      timestamp: expect.any(Number) as number,
      take_thread_control: { previous_owner_app_id: Number(DEMO_APP.id), new_owner_app_id: Number(PAGE_INBOX_APP_ID), metadata: null },
    });
    const said = await simulator.customerSays(SANNE, { text: 'Ben ik nog bij u?' });
    await simulator.customerPostback(SANNE, { title: 'Prijzen', payload: 'SECRET' });
    await simulator.pageInboxSays(SANNE, { text: 'Ja hoor' });
    await simulator.customerReads(SANNE);
    await simulator.customerReacts(SANNE, said.mid, '❤️');
    expect(app.standby.map((event) => Object.keys(event).at(-1))).toEqual(['message', 'postback', 'message', 'delivery', 'read']);
    expect(app.standby[1]?.postback).toEqual({ mid: expect.any(String) as string, title: 'Prijzen' });
    expect(app.having('message')).toHaveLength(1);
  });

  it('cannot be answered by us until we take it back', async () => {
    expect(errorOf(await graph.say('Mag dit?'))).toEqual([403, 10, 2018300]);
    expect((await control('take')).body).toEqual({ success: true });
    expect(await owner()).toMatchObject([{ thread_owner: { app_id: DEMO_APP.id } }]);
    expect((await graph.say('Mag dit nu?')).status).toBe(200);
    await simulator.settled(DEADLINE_MS);
    expect(app.having('take_thread_control').at(-1)).toMatchObject({ take_thread_control: { new_owner_app_id: Number(DEMO_APP.id) } });
    await simulator.customerSays(SANNE, { text: 'Fijn' });
    expect(app.having('message').at(-1)).toMatchObject({ message: { text: 'Fijn' } });
  });

  it('stays theirs where the page does not let apps take threads', async () => {
    simulator.setPage(SPAAK, { mayTakeControl: false });
    expect(errorOf(await control('take'))).toEqual([403, 10, 2018300]);
    expect(errorOf(await control('pass', { target_app_id: DEMO_APP.id }))).toEqual([403, 10, 2018151]);
    expect(errorOf(await control('release'))).toEqual([403, 10, 2018151]);
    expect(errorOf(await control('extend', { duration: 60 }))).toEqual([403, 10, 2018151]);
    expect(await owner()).toEqual([{ thread_owner: { expiration: expect.any(Number) as number } }]);
  });

  it('is ours again when they pass it, and nobody’s when they let it go, which nobody is told', async () => {
    await simulator.otherAppGivesBack(SANNE);
    expect(app.events.at(-1)).toMatchObject({
      pass_thread_control: { previous_owner_app_id: Number(PAGE_INBOX_APP_ID), new_owner_app_id: Number(DEMO_APP.id) },
    });
    await simulator.otherAppTakesThread(SANNE);
    const told = app.posts.length;
    simulator.otherAppReleasesThread(SANNE);
    await simulator.settled(DEADLINE_MS);
    expect([app.posts.length, await owner()]).toEqual([told, []]);
  });

  it('lapses after 24 hours of silence; then it goes to the default app', async () => {
    simulator.clock.advance({ hours: 24 });
    expect(await owner()).toEqual([]);
    await simulator.customerSays(SANNE, { text: 'Nog iemand?' });
    expect(app.having('message').at(-1)).toMatchObject({ message: { text: 'Nog iemand?' } });
  });
});

it('another app can ask for a thread', async () => {
  await simulator.otherAppAsksForThread(SANNE);
  expect(app.events.at(-1)?.request_thread_control).toEqual({ requested_owner_app_id: Number(PAGE_INBOX_APP_ID), metadata: null });
});

it('a thread that nobody has goes to the default app, and comes to us as standby when that is another', async () => {
  simulator.setPage(SPAAK, { defaultAppId: PAGE_INBOX_APP_ID });
  await simulator.customerSays(SANNE, { text: 'Wie hoort mij?' });
  expect(app.standby).toMatchObject([{ message: { text: 'Wie hoort mij?' } }]);
});

it('we can pass, keep and let go of what is ours', async () => {
  simulator.setPage(SPAAK, { defaultAppId: DEMO_APP.id });
  await graph.say('Van ons');
  const nowMs = simulator.clock.nowMs();
  await control('extend', { duration: 7 * 86_400 });
  const [{ thread_owner }] = (await owner()) as [{ thread_owner: { expiration: number } }];
  expect(thread_owner.expiration).toBeGreaterThanOrEqual(inSeconds(nowMs) + 7 * 86_400);
  expect(errorOf(await control('extend', { duration: 8 * 86_400 }))).toEqual([400, 100, undefined]);
  expect((await control('release')).body).toEqual({ success: true });
  expect((await control('pass', { target_app_id: PAGE_INBOX_APP_ID, metadata: 'graag' })).body).toEqual({ success: true });
  await simulator.settled(DEADLINE_MS);
  expect(app.having('pass_thread_control').at(-1)).toMatchObject({ pass_thread_control: { metadata: 'graag' } });
  expect((await control('request')).body).toEqual({ success: true });
});

it('the thread of another page’s person, or of nobody, is not there', async () => {
  await simulator.customerSays(MILA, { text: 'Dag' });
  expect(errorOf(await control('take', { recipient: { id: MILA } }))).toEqual([400, 100, 2018001]);
  expect(errorOf(await control('take', { recipient: {} }))).toEqual([400, 100, undefined]);
});
