import { setTimeout as pause } from 'node:timers/promises';
import type { Connection, ConversationRow, Message, Page } from '#contract';
import { DEMO_APP, DEMO_PAGES, demoPageToken, PROMPT_BEHAVIOUR, type Simulator, startSimulator } from '../apps/simulator/index.js';
import { ApiClient } from './api-client.js';
import { type GraphGate, openGraphGate } from './graph-gate.js';
import { KillableServer, until } from './killable-server.js';
import { knock, metaSignature } from './knock.js';

const PAGE = DEMO_PAGES[0]!;
const PEOPLE = 20;
const MESSAGES_EACH = 25;
const KILLS = 10;
const AGAIN_MS = 30;
/** A dead worker's jobs are free within a minute; a little more for two busy cores. */
const FREED_MS_MAX = 90_000;

/** What was acknowledged is there once, whenever the server dies; what was being sent is never sent twice. */
describe('kill -9', () => {
  let simulator: Simulator;
  let gate: GraphGate;
  let server: KillableServer;
  let owner: ApiClient;

  beforeAll(async () => {
    gate = await openGraphGate();
    simulator = await startSimulator({ port: 0, app: DEMO_APP, webhookUrl: null, behaviour: PROMPT_BEHAVIOUR });
    gate.target = simulator.url;
    server = await KillableServer.prepare(gate.url);
    simulator.setWebhookUrl(`${server.url}/webhooks/messenger`);
    // Nobody reads: what is acknowledged now waits in the log.
    await server.start('gateway,api');
    owner = new ApiClient(server.url);
    const account = { email: 'owner@spaak.example', password: 'a password for tests' };
    expect((await owner.post('/api/setup', { tenantName: PAGE.name, name: 'Owner', ...account })).status).toBe(201);
    expect((await owner.post('/api/session', account)).status).toBe(200);
    const connected = await owner.post<Connection>('/api/connections/messenger', {
      pageId: PAGE.id,
      pageToken: demoPageToken(DEMO_APP.secret, PAGE.id),
    });
    expect(connected.status).toBe(201);
  }, 120_000);
  afterAll(async () => {
    await server.remove();
    await simulator.close();
    await gate.close();
  }, 60_000);

  const conversations = async () => (await owner.get<Page<ConversationRow>>('/api/conversations?limit=100')).body.items;
  const thread = async (id: string) => (await owner.get<Page<Message>>(`/api/conversations/${id}/messages?limit=100`)).body.items;

  it('right after the 200, before anything was read: the message is there once after the next start', async () => {
    const psid = PAGE.customers[0]!.psid;
    await simulator.customerSays(psid, { text: 'just before the end' });
    await server.kill();
    expect(simulator.deliveries.at(-1)).toMatchObject({ state: 'answered' });
    await server.start('gateway,api');
    expect(await conversations()).toEqual([]);
    await server.kill();
    await server.start();
    await until('the message is read', 20_000, async () => (await conversations()).length === 1);
    const [row] = await conversations();
    expect((await thread(row!.id)).map(({ text }) => text)).toEqual(['just before the end']);
  }, 120_000);

  it('ten times while five hundred messages come in: every acknowledged one is there once, each person’s in order', async () => {
    let acknowledged = 0;
    const say = async (psid: string, nth: number) => {
      const body = Buffer.from(
        JSON.stringify({
          object: 'page',
          entry: [
            {
              id: PAGE.id,
              time: Date.now(),
              messaging: [
                {
                  sender: { id: psid },
                  recipient: { id: PAGE.id },
                  timestamp: Date.now(),
                  message: { mid: `m_kill_${psid}_${String(nth)}`, text: `${psid} ${String(nth)}` },
                },
              ],
            },
          ],
        }),
      );
      const headers = { 'content-type': 'application/json', 'x-hub-signature-256': metaSignature(DEMO_APP.secret, body) };
      // As the vendor: again and again until somebody says 200.
      while ((await knock(`${server.url}/webhooks/messenger`, { body, headers }).catch(() => null))?.status !== 200) await pause(AGAIN_MS);
      acknowledged++;
    };
    const people = Array.from({ length: PEOPLE }, (_, at) => `88800000000${String(1000 + at)}`);
    const speaking = Promise.all(
      people.map(async (psid) => {
        for (let nth = 0; nth < MESSAGES_EACH; nth++) await say(psid, nth);
      }),
    );
    for (let kill = 1; kill <= KILLS; kill++) {
      const enough = Math.floor((kill * PEOPLE * MESSAGES_EACH) / (KILLS + 1));
      await until('more messages are acknowledged', 30_000, () => Promise.resolve(acknowledged >= enough));
      await server.kill();
      await server.start();
    }
    await speaking;
    expect(acknowledged).toBe(PEOPLE * MESSAGES_EACH);
    const count = async () => {
      const rows = (await conversations()).filter(({ preview }) => people.some((psid) => preview.text.startsWith(psid)));
      const threads = await Promise.all(rows.map(({ id }) => thread(id)));
      return threads.map((messages) => messages.map(({ text }) => text));
    };
    await until('everything is read', 60_000, async () => (await count()).flat().length >= PEOPLE * MESSAGES_EACH);
    const expected = people.map((psid) => Array.from({ length: MESSAGES_EACH }, (_, nth) => `${psid} ${String(nth)}`));
    expect((await count()).toSorted((one, other) => one[0]!.localeCompare(other[0]!))).toEqual(expected);
  }, 240_000);

  it('while an answer is being sent: the customer has it at most once, and the agent knows that it is not known', async () => {
    simulator.setBehaviour({ echo: 'none', receipts: 'none' });
    const [taken, notTaken] = PAGE.customers.map(({ psid }) => psid) as [string, string];
    for (const psid of [taken, notTaken]) await simulator.customerSays(psid, { text: `a question of ${psid}` });
    const rowOf = async (psid: string) => (await conversations()).find(({ preview }) => preview.text === `a question of ${psid}`);
    await until('both questions are read', 20_000, async () => (await rowOf(taken)) !== undefined && (await rowOf(notTaken)) !== undefined);
    const ids = [(await rowOf(taken))!.id, (await rowOf(notTaken))!.id];

    // One answer is held up before Graph sees it, the other after Graph has carried it out.
    const never = new Promise<never>(() => undefined);
    let arrived = 0;
    gate.onSend = (body) => {
      arrived++;
      return body.recipient.id === notTaken ? never : body;
    };
    gate.beforeAnswer = () => {
      arrived++;
      return never;
    };
    for (const id of ids) expect((await owner.post(`/api/conversations/${id}/replies`, { text: 'an answer' })).status).toBe(202);
    await until('both are under way', 20_000, () => Promise.resolve(arrived === 3));
    await server.kill();
    gate.onSend = gate.beforeAnswer = null;
    const sends = gate.sends;
    await server.start();

    const stateOf = async (id: string) => (await thread(id)).at(-1)?.delivery?.state;
    await until('the agent is told', FREED_MS_MAX, async () => (await Promise.all(ids.map(stateOf))).every((state) => state === 'unknown'));
    expect(gate.sends).toBe(sends);
    expect(simulator.messagesSeenBy(taken).map(({ text }) => text)).toEqual(['an answer']);
    expect(simulator.messagesSeenBy(notTaken)).toEqual([]);
  }, 180_000);

  it('loses nothing when it is asked to stop, either', async () => {
    const before = await conversations();
    await server.stop();
    await server.start();
    expect(await conversations()).toEqual(before);
  }, 60_000);
});
