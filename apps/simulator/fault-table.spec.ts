import { FAULT_NAMES, faultNamed, type FaultName } from './fault-table.js';
import { errorOf, GraphCaller, LINDEN, MILA, SANNE, SPAAK } from './graph-caller.js';
import { DEMO_APP, demoPageToken } from './demo-world.js';
import { GraphCall } from './faults.js';
import { ReceivingApp } from './receiving-app.js';
import type { Simulator } from './simulator.js';
import { startSimulator } from './start-simulator.js';
import { WEATHERS } from './weather.js';

const DEADLINE_MS = 5000;
const IMPATIENT_MS = 300;

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

/** Every pair that Meta's page names for calls we make, and those that were seen. */
const NAMED = (
  '190/458 190/459 190/460 190/463 190/464 190/467 190/492 190 102 10/2018278 10/2018065 10/2534022 10/2018108 551 551/1545041 200/1545041 ' +
  '10/1893063 2022 100/2534029 10/2018336 10 200 200/2018028 200/2018027 200/2018021 230 100/2018001 100/2018008 100/2018047 100/2018109 ' +
  '100/2018294 36000 100/2018074 100/2018164 100/2018014 100/2018032 100/2018034 100/2534025 10900 100 100/33 10/2018300 2018300 10/2018151 ' +
  '10/2018464 100/2534037 10/2018321 2018321 100/2018218 100/2018247 100/9000001 9000001 200/2534041 10303 9/2018352 10/1404170 10/1893015 ' +
  '613/1893016 4/2018354 2/2018344 368 613/2018338 4 17 32 613 613/2534040 80001 80006 341 1/1357046 1 1/99 2 1200'
).split(' ');

describe('the table of faults', () => {
  it('holds every refusal that is named', () => {
    const held = FAULT_NAMES.map((name) => faultNamed(name).does).flatMap((act) =>
      act.kind === 'error' ? [`${act.code}${act.subcode === undefined ? '' : `/${act.subcode}`}`] : [],
    );
    expect(NAMED.filter((pair) => !held.includes(pair))).toEqual([]);
  });

  const answered = FAULT_NAMES.filter((name) => !['cut', 'silence'].includes(faultNamed(name).does.kind));
  it.each(answered)('%s strikes the calls of its row once, and is over', async (name) => {
    const fault = faultNamed(name, { times: 1 });
    simulator.setFaults({ graph: [fault] });
    const answer = await callFor(name);
    const { does } = fault;
    if (does.kind === 'error') {
      const { error } = (await answer.json()) as { error: { code: number; error_subcode?: number } };
      expect([error.code, error.error_subcode]).toEqual([does.code, does.subcode]);
    } else if (does.kind === 'body') expect([answer.status, await answer.text()]).toEqual([does.httpStatus, does.body]);
    else if (does.kind === 'usage') expect(answer.headers.get('x-business-use-case-usage')).toContain(`"call_count":${does.percent}`);
    else expect(answer.status).toBe(401);
    simulator.revivePageToken(SPAAK);
    expect((await callFor(name)).status).toBe(name === 'oauth_flat_error' ? 400 : 200);
  });

  /** A call that the row is about, and that is fine by itself. */
  function callFor(name: FaultName): Promise<Response> {
    const [call = 'send'] = faultNamed(name).on ?? [];
    const url = (path: string): string => `${simulator.graphUrl}/v26.0${path}${path.includes('?') ? '&' : '?'}access_token=${graph.token}`;
    const post = (path: string, body: object): Promise<Response> =>
      fetch(url(path), { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
    if (call === 'oauth') return fetch(`${simulator.graphUrl}/v26.0/oauth/access_token?client_id=${DEMO_APP.id}`);
    if (call === 'profile') return fetch(url(`/${SANNE}?fields=name`));
    if (call === 'thread_control') return fetch(url(`/${SPAAK}/thread_owner?recipient=${SANNE}`));
    return post(`/${SPAAK}/messages`, { recipient: { id: SANNE }, messaging_type: 'RESPONSE', message: { text: 'Dag' } });
  }
});

describe('what a fault can be held to', () => {
  it('a page, a call, so many times, after so many good ones', async () => {
    simulator.fault('temporary', { pageId: LINDEN, on: ['send'], times: 1, after: 1 });
    const linden = new GraphCaller(simulator, demoPageToken(DEMO_APP.secret, LINDEN));
    await simulator.customerSays(MILA, { text: 'Dag' });
    const say = () => linden.post('/me/messages', { recipient: { id: MILA }, messaging_type: 'RESPONSE', message: { text: 'Thee?' } });
    expect((await graph.say('Dag')).status).toBe(200);
    const statuses = [(await say()).status, (await linden.get('/me')).status, (await say()).status, (await say()).status];
    expect(statuses).toEqual([200, 200, 500, 200]);
  });

  it('several at once: they add up, and the first failure wins', async () => {
    simulator.fault('limit_page', { times: 1 });
    simulator.fault('window_closed');
    expect(errorOf(await graph.say('1'))[1]).toBe(32);
    expect(errorOf(await graph.say('2'))[1]).toBe(10);
    simulator.clearFaults();
    expect((await graph.say('3')).status).toBe(200);
  });

  it('a token that dies in the middle of a stream stays dead', async () => {
    simulator.fault('token_dies', { after: 2, on: ['send'] });
    const answers = [await graph.say('1'), await graph.say('2'), await graph.say('3'), await graph.get('/me')];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 401, 401]);
    expect(simulator.messagesSeenBy(SANNE).map(({ text }) => text)).toEqual(['1', '2']);
  });

  it('no answer at all, while the message was sent and its echo comes', async () => {
    simulator.fault('silence_after_sending', { times: 1 });
    const url = `${simulator.graphUrl}/v26.0/me/messages?access_token=${graph.token}`;
    const body = JSON.stringify({ recipient: { id: SANNE }, messaging_type: 'RESPONSE', message: { text: 'Eenmaal' } });
    const asked = fetch(url, {
      method: 'POST',
      body,
      headers: { 'Content-Type': 'application/json' },
      signal: AbortSignal.timeout(IMPATIENT_MS),
    });
    await expect(asked).rejects.toThrow('timeout');
    await simulator.settled(DEADLINE_MS);
    expect(app.having('message').at(-1)).toMatchObject({ message: { is_echo: true, text: 'Eenmaal' } });
  });

  it('a line that is cut before anything was done', async () => {
    simulator.fault('cut_before', { times: 1 });
    await expect(graph.say('Nooit')).rejects.toThrow('fetch failed');
    expect(simulator.messagesSeenBy(SANNE)).toEqual([]);
  });

  it('every call has a name by which it can be struck', async () => {
    simulator.setFaults({ graph: [{ on: GraphCall.options, does: { kind: 'error', code: 2 } }] });
    const paths = [
      `/${SPAAK}/conversations`,
      `/${SPAAK}/personas`,
      `/${SPAAK}/thread_owner`,
      `/${SPAAK}/subscribed_apps`,
      '/me',
      '/me/feelings',
    ];
    for (const path of paths) expect([path, (await graph.get(path)).status]).toEqual([path, 500]);
  });
});

describe('what else can go wrong', () => {
  it('events of a field can be lost for good', async () => {
    simulator.setFaults({ delivery: { lost: ['message_echoes'] } });
    await graph.say('Dag');
    await simulator.settled(DEADLINE_MS);
    expect(app.events.map((event) => Object.keys(event).at(-1))).toEqual(['message', 'delivery']);
  });

  it('files can be expired, gone, broken and cut off, and are there again afterwards', async () => {
    await simulator.customerShares(SANNE, 'photo');
    const { message } = app.having('message').at(-1) as { message: { attachments: { payload: { url: string } }[] } };
    const url = message.attachments[0]?.payload.url ?? '';
    simulator.setFaults({ media: (['expired', 'gone', 'broken', 'cut'] as const).map((kind) => ({ kind, times: 1 })) });
    const statuses = [(await fetch(url)).status, (await fetch(url)).status, (await fetch(url)).status];
    expect(statuses).toEqual([403, 404, 500]);
    await expect(fetch(url).then((answer) => answer.arrayBuffer())).rejects.toThrow('terminated');
    expect((await fetch(url)).status).toBe(200);
  });

  it('every weather can be made and cleared up', async () => {
    for (const weather of WEATHERS) {
      simulator.setWeather([weather]);
      expect(simulator.weather).toEqual([weather]);
    }
    simulator.clearFaults();
    expect((await graph.say('Dag')).status).toBe(200);
  });

  it('a subscription can be gone without anybody having asked', async () => {
    simulator.dropSubscription(SPAAK);
    await simulator.customerSays(SANNE, { text: 'Hoort u mij?' });
    expect((await graph.get(`/${SPAAK}/subscribed_apps`)).body).toEqual({ data: [] });
    expect(app.posts).toHaveLength(1);
  });
});
