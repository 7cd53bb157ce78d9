import { DEMO_PAGES } from '../apps/simulator/index.js';
import { type Figure, percentile } from './figure.js';
import { benchConfig, type Ground, openGround, withClient } from './ground.js';
import { HttpConnection } from './http-connection.js';
import { prepareOneRowCommits, runOneRowCommits } from './one-row-commits.js';
import { type ServerChild, startServerChild } from './server-child.js';
import { webhookBody, webhookRequest } from './webhook-requests.js';

const CONNECTIONS = 50;
const WARM_UP_MS = 3000;
const WARM_UP_REQUESTS_MAX = 40_000;
const MEASURED_MS = 10_000;
/** More requests are prepared than the warm-up's rate asks for: a warm server is faster. */
const PREPARED_FACTOR = 2;
const PREPARED_MAX = 300_000;
const LIMIT_CONNECTIONS = [4, 8, 16, 32];
const LIMIT_PROBE_MS = 1500;
const LIMIT_MEASURED_MS = 4000;

/**
 * Durable webhook intake: signed deliveries over kept-alive connections to a server in a process of its own, each answered once it is on
 * disk. The limit is what the same database makes of one-row commits, measured before and after.
 */
export async function benchIntake(): Promise<Figure[]> {
  const ground = await openGround();
  try {
    const config = benchConfig(ground.dataDir, { OMNIDESK_ROLES: 'gateway,api' });
    const server = await startServerChild({ config, databaseUrls: ground.urls });
    try {
      return await measure(ground, server);
    } finally {
      await server.close();
    }
  } finally {
    await ground.close();
  }
}

async function measure(ground: Ground, server: ServerChild): Promise<Figure[]> {
  const { url } = server;
  const makeRequests = requestMaker(url);
  const warmUp = await load(url, makeRequests(WARM_UP_REQUESTS_MAX), WARM_UP_MS);
  const connections = await bestConnections(ground);
  const before = await limit(ground, connections);
  const prepared = Math.min(PREPARED_MAX, Math.ceil((warmUp.perSecond * MEASURED_MS * PREPARED_FACTOR) / 1000));
  const requests = makeRequests(prepared);
  const cpuBeforeMs = await server.cpuMs();
  const measured = await load(url, requests, MEASURED_MS);
  const cpuMs = (await server.cpuMs()) - cpuBeforeMs;
  const after = await limit(ground, connections);
  await demandAllKept(ground, warmUp.latenciesMs.length + measured.latenciesMs.length);
  const best = {
    perSecond: (before.perSecond + after.perSecond) / 2,
    p99Ms: percentile([...before.latenciesMs, ...after.latenciesMs], 0.99),
  };
  const limitName = `one-row commits, ${String(connections)} connections`;
  return [
    {
      name: 'webhook intake, durable, 50 connections',
      value: measured.perSecond,
      unit: '/s',
      limit: { name: limitName, value: best.perSecond },
      target: { shareMin: 0.8 },
      notes: {
        requests: measured.latenciesMs.length,
        seconds: measured.seconds,
        serverCpuUsPerRequest: (cpuMs * 1000) / measured.latenciesMs.length,
        limitBefore: before.perSecond,
        limitAfter: after.perSecond,
      },
    },
    {
      name: 'webhook intake, p99',
      value: percentile(measured.latenciesMs, 0.99),
      unit: 'ms',
      limit: { name: limitName, value: best.p99Ms },
      target: { below: 25 },
      notes: { p50Ms: percentile(measured.latenciesMs, 0.5), maxMs: percentile(measured.latenciesMs, 1) },
    },
  ];
}

/** No two bodies of one run are the same: the same bytes would be kept once. */
function requestMaker(url: URL): (count: number) => Buffer[] {
  let made = 0;
  return (count) => Array.from({ length: count }, () => webhookRequest(url, bodyOf(made++)));
}

function bodyOf(n: number): Buffer {
  const mid = `m_bench-${String(n).padStart(12, '0')}-${'AzYxWvUt'.repeat(8)}`;
  const text = `Message ${String(n)}: my order has not arrived yet, could you have a look where it is? Thank you!`;
  return webhookBody({
    pageId: DEMO_PAGES[0]!.id,
    psid: `2468013579${String(n % 5000).padStart(7, '0')}`,
    mid,
    text,
    atMs: 1_790_000_000_000 + n,
  });
}

interface Load {
  perSecond: number;
  seconds: number;
  latenciesMs: number[];
}

async function load(url: URL, requests: readonly Buffer[], durationMs: number): Promise<Load> {
  const connections = await Promise.all(Array.from({ length: CONNECTIONS }, () => HttpConnection.open(url)));
  const latenciesMs: number[] = [];
  let next = 0;
  const startedAt = performance.now();
  const lane = async (connection: HttpConnection) => {
    while (performance.now() - startedAt < durationMs) {
      const request = requests[next++];
      if (!request) return;
      const sentAt = performance.now();
      const status = await connection.send(request);
      if (status !== 200) throw new Error(`a webhook was answered with ${String(status)}`);
      latenciesMs.push(performance.now() - sentAt);
    }
  };
  try {
    await Promise.all(connections.map(lane));
  } finally {
    for (const connection of connections) connection.close();
  }
  const seconds = (performance.now() - startedAt) / 1000;
  return { perSecond: latenciesMs.length / seconds, seconds, latenciesMs };
}

async function bestConnections({ urls }: Ground): Promise<number> {
  await prepareOneRowCommits(urls.owner);
  let best = { connections: 0, perSecond: 0 };
  for (const connections of LIMIT_CONNECTIONS) {
    const { perSecond } = await runOneRowCommits(urls.owner, { connections, durationMs: LIMIT_PROBE_MS, body: bodyOf });
    if (perSecond > best.perSecond) best = { connections, perSecond };
  }
  return best.connections;
}

function limit({ urls }: Ground, connections: number) {
  return runOneRowCommits(urls.owner, { connections, durationMs: LIMIT_MEASURED_MS, body: bodyOf });
}

/** A figure is worth nothing when what was answered is not there. */
async function demandAllKept({ urls }: Ground, answered: number): Promise<void> {
  const { rows } = await withClient(urls.owner, (client) => client.query<{ count: string }>('select count(*) as count from delivery'));
  const kept = Number(rows[0]!.count);
  if (kept < answered) throw new Error(`${String(answered)} deliveries were answered, and ${String(kept)} are there`);
}
