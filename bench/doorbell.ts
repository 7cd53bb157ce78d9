import { setTimeout as pause } from 'node:timers/promises';
import { io } from 'socket.io-client';
import type { Change } from '#contract';
import { DEMO_APP, DEMO_PAGES, demoPageToken, PROMPT_BEHAVIOUR, startSimulator } from '../apps/simulator/index.js';
import { ApiClient } from '../test/api-client.js';
import { type Figure, percentile } from './figure.js';
import { benchConfig, type Ground, openGround, withClient } from './ground.js';
import { HttpConnection } from './http-connection.js';
import { prepareOneRowCommits, runOneRowCommits } from './one-row-commits.js';
import { startServerChild } from './server-child.js';
import { webhookBody, webhookRequest } from './webhook-requests.js';

const PER_SECOND = 100;
const WARM_UP_MESSAGES = 500;
const MEASURED_MESSAGES = 2000;
const PEOPLE = 50;
const CONNECTIONS = 16;
const ARRIVED_MS_MAX = 10_000;
const POLL_MS = 20;
const LIMIT_MS = 2000;
const PAGE = DEMO_PAGES[0]!;

/**
 * From the moment a webhook is sent to the moment a browser's socket hears of the message, through the whole server. There are two commits
 * on the way, one that keeps the delivery and one that stores the message, so the limit is two commits of one row on an idle connection.
 */
export async function benchDoorbell(): Promise<Figure[]> {
  const ground = await openGround();
  try {
    const simulator = await startSimulator({ port: 0, app: DEMO_APP, webhookUrl: null, behaviour: PROMPT_BEHAVIOUR });
    try {
      const config = benchConfig(ground.dataDir, { GRAPH_URL: simulator.url });
      const server = await startServerChild({ config, databaseUrls: ground.urls });
      try {
        return await measure(ground, server.url);
      } finally {
        await server.close();
      }
    } finally {
      await simulator.close();
    }
  } finally {
    await ground.close();
  }
}

async function measure(ground: Ground, url: URL): Promise<Figure[]> {
  const browser = await listen(url, await signedInWithPage(url));
  const connections = await Promise.all(Array.from({ length: CONNECTIONS }, () => HttpConnection.open(url)));
  try {
    await prepareOneRowCommits(ground.urls.owner);
    const { latenciesMs } = await runOneRowCommits(ground.urls.owner, {
      connections: 1,
      durationMs: LIMIT_MS,
      body: (n) => bodyOf(`limit-${String(n)}`, n),
    });
    await say(url, connections, 'warm', WARM_UP_MESSAGES);
    await browser.heard(WARM_UP_MESSAGES);
    const { sentAt, lateMs } = await say(url, connections, 'measured', MEASURED_MESSAGES);
    await browser.heard(WARM_UP_MESSAGES + MEASURED_MESSAGES);
    const waitedMs = await waits(ground, sentAt, browser.heardAt);
    const figure = (share: number, below: number): Figure => ({
      name: `webhook to socket, p${String(share * 100)}`,
      value: percentile(waitedMs, share),
      unit: 'ms',
      limit: { name: 'two one-row commits', value: 2 * percentile(latenciesMs, share) },
      target: { below },
      notes: { messages: waitedMs.length, maxMs: percentile(waitedMs, 1), timerLateP99Ms: percentile(lateMs, 0.99) },
    });
    return [figure(0.5, 15), figure(0.99, 60)];
  } finally {
    for (const connection of connections) connection.close();
    browser.close();
  }
}

/** The cookie of an owner whose tenant has a page connected. */
async function signedInWithPage(url: URL): Promise<string> {
  const client = new ApiClient(url.origin);
  const setup = { tenantName: PAGE.name, name: 'Owner', email: 'owner@bench.example', password: 'a password for benches' };
  const made = await client.post('/api/setup', setup);
  const connected = await client.post('/api/connections/messenger', {
    pageId: PAGE.id,
    pageToken: demoPageToken(DEMO_APP.secret, PAGE.id),
  });
  if (made.status !== 201 || connected.status !== 201) throw new Error('the tenant could not be prepared');
  return client.sessionCookie!;
}

interface Browser {
  /** When each message's line came, by its id. */
  heardAt: ReadonlyMap<string, number>;
  /** Resolves once so many messages were heard of. */
  heard(count: number): Promise<void>;
  close(): void;
}

async function listen(url: URL, cookie: string): Promise<Browser> {
  const heardAt = new Map<string, number>();
  const socket = io(url.origin, { transports: ['websocket'], auth: { lastSeq: null }, extraHeaders: { cookie } });
  socket.on('change', ({ type, messageId }: Change) => {
    if (type === 'message_added' && messageId !== undefined) heardAt.set(messageId, performance.now());
  });
  await new Promise((resolve, reject) => socket.once('ready', resolve).once('connect_error', reject));
  return { heardAt, heard: (count) => until(() => heardAt.size >= count), close: () => void socket.close() };
}

interface Speech {
  /** When each message was sent, by its id outside. */
  sentAt: Map<string, number>;
  /** How late this process woke for each: the machine's share of every figure, and nobody's fault here. */
  lateMs: number[];
}

/** Let customers speak at an even pace. */
async function say(url: URL, connections: readonly HttpConnection[], name: string, count: number): Promise<Speech> {
  const sentAt = new Map<string, number>();
  const lateMs: number[] = [];
  const free = [...connections];
  const underWay: Promise<void>[] = [];
  const startedAt = performance.now();
  for (let n = 0; n < count; n++) {
    const mid = `m_${name}_${String(n)}`;
    const request = webhookRequest(url, bodyOf(mid, n));
    const dueAt = startedAt + (n * 1000) / PER_SECOND;
    await pause(Math.max(0, dueAt - performance.now()));
    sentAt.set(mid, performance.now());
    lateMs.push(performance.now() - dueAt);
    await until(() => free.length > 0);
    const connection = free.shift()!;
    underWay.push(
      connection.send(request).then((status) => {
        if (status !== 200) throw new Error(`a webhook was answered with ${String(status)}`);
        free.push(connection);
      }),
    );
  }
  await Promise.all(underWay);
  return { sentAt, lateMs };
}

function bodyOf(mid: string, n: number): Buffer {
  const psid = `2468013579${String(n % PEOPLE).padStart(7, '0')}`;
  return webhookBody({ pageId: PAGE.id, psid, mid, text: `Where is my order? I asked ${String(n)} times.`, atMs: Date.now() });
}

/** The feed knows a message by our id, the webhook by its id outside: the database knows both. */
async function waits({ urls }: Ground, sentAt: ReadonlyMap<string, number>, heardAt: ReadonlyMap<string, number>): Promise<number[]> {
  const { rows } = await withClient(urls.owner, (client) =>
    client.query<{ id: string; external_id: string }>('select id, external_id from message where external_id = any($1)', [
      [...sentAt.keys()],
    ]),
  );
  if (rows.length !== sentAt.size) throw new Error(`${String(sentAt.size)} messages were sent, and ${String(rows.length)} are there`);
  return rows.map(({ id, external_id }) => heardAt.get(id)! - sentAt.get(external_id)!);
}

async function until(isTrue: () => boolean): Promise<void> {
  const giveUpAt = performance.now() + ARRIVED_MS_MAX;
  while (!isTrue()) {
    if (performance.now() > giveUpAt) throw new Error('what was waited for did not come');
    await pause(POLL_MS);
  }
}
