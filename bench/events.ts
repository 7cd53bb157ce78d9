import { setTimeout as pause } from 'node:timers/promises';
import { DEMO_APP, DEMO_PAGES, demoPageToken, PROMPT_BEHAVIOUR, type Simulator, startSimulator } from '../apps/simulator/index.js';
import { ApiClient } from '../test/api-client.js';
import type { Figure } from './figure.js';
import { benchConfig, type Ground, openGround, withClient } from './ground.js';
import { HttpConnection } from './http-connection.js';
import { firstWords, gatherCrowd, type MixedEvent, mixedEvents } from './mixed-events.js';
import { prepareOneRowCommits, runOneRowCommits } from './one-row-commits.js';
import { type ServerChild, startServerChild } from './server-child.js';
import { webhookRequest } from './webhook-requests.js';

const PEOPLE = 500;
const WARM_UP_EVENTS = 2000;
const MEASURED_EVENTS = 10_000;
const CONNECTIONS = 16;
const TAKEN_IN_MS_MAX = 120_000;
const POLL_MS = 50;
const LIMIT_CONNECTIONS = 8;
const LIMIT_MS = 3000;
const EVENTS_PER_SECOND_MIN = 500;
/** What a day on a page is made of happens over hours; every person's window is open all the while. */
const DAY_BEGAN_MS_AGO = 20 * 3_600_000;

/**
 * Mixed Messenger events, one to a signed POST, as fast as they are taken: from the first POST until the last event has become what agents
 * see. The limit is what the same database makes of one-row commits on as many connections as people are taken in at once.
 */
export async function benchEvents(): Promise<Figure[]> {
  const ground = await openGround();
  try {
    const simulator = await startSimulator({ port: 0, app: DEMO_APP, webhookUrl: null, behaviour: PROMPT_BEHAVIOUR });
    try {
      const config = benchConfig(ground.dataDir, { GRAPH_URL: simulator.url });
      const server = await startServerChild({ config, databaseUrls: ground.urls });
      try {
        return [await measure(ground, server, simulator)];
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

async function measure(ground: Ground, server: ServerChild, simulator: Simulator): Promise<Figure> {
  await connectBothPages(server.url);
  await prepareOneRowCommits(ground.urls.owner);
  const limit = await runOneRowCommits(ground.urls.owner, {
    connections: LIMIT_CONNECTIONS,
    durationMs: LIMIT_MS,
    body: (n) => Buffer.from(`limit ${String(n)}`),
  });
  const crowd = gatherCrowd(PEOPLE, Date.now() - DAY_BEGAN_MS_AGO);
  for (const { psid, pageId } of crowd.people) letBeKnown(simulator, psid, pageId);
  await takeIn(ground, server.url, [...firstWords(crowd), ...mixedEvents(crowd, WARM_UP_EVENTS)]);
  const events = mixedEvents(crowd, MEASURED_EVENTS);
  const cpuBeforeMs = await server.cpuMs();
  const seconds = await takeIn(ground, server.url, events);
  const cpuMs = (await server.cpuMs()) - cpuBeforeMs;
  await demandOrder(ground);
  return {
    name: 'mixed Messenger events, POST to thread',
    value: events.length / seconds,
    unit: '/s',
    limit: { name: `one-row commits, ${String(LIMIT_CONNECTIONS)} connections`, value: limit.perSecond },
    target: { atLeast: EVENTS_PER_SECOND_MIN },
    notes: { events: events.length, people: PEOPLE, seconds, serverCpuMsPerEvent: cpuMs / events.length },
  };
}

/** Whoever writes for the first time is looked up. */
function letBeKnown(simulator: Simulator, psid: string, pageId: string): void {
  const name = { firstName: 'Person', lastName: psid.slice(-4) };
  const person = simulator.addCustomer(pageId, {
    psid,
    ...name,
    mailAddress: `${psid}@mail.example`,
    colour: [90, 90, 90],
    locale: 'nl_NL',
  });
  person.lastActAtMs = Date.now();
}

/** One business with two pages. */
async function connectBothPages(url: URL): Promise<void> {
  const client = new ApiClient(url.origin);
  const setup = { tenantName: 'Both pages', name: 'Owner', email: 'owner@bench.example', password: 'a password for benches' };
  const made = await client.post('/api/setup', setup);
  if (made.status !== 201) throw new Error('the tenant could not be prepared');
  for (const { id } of DEMO_PAGES.slice(0, 2)) {
    const connected = await client.post('/api/connections/messenger', { pageId: id, pageToken: demoPageToken(DEMO_APP.secret, id) });
    if (connected.status !== 201) throw new Error('a page could not be connected');
  }
}

/** Post these, one person's own one after the other, and wait until nothing is left to read. Answers the seconds it took. */
async function takeIn(ground: Ground, url: URL, events: readonly MixedEvent[]): Promise<number> {
  const lanes: Buffer[][] = Array.from({ length: CONNECTIONS }, () => []);
  for (const { body, psid } of events) lanes[Number(BigInt(psid) % BigInt(CONNECTIONS))]!.push(webhookRequest(url, body));
  const connections = await Promise.all(lanes.map(() => HttpConnection.open(url)));
  const startedAt = performance.now();
  try {
    await Promise.all(
      connections.map(async (connection, at) => {
        for (const request of lanes[at]!) {
          const status = await connection.send(request);
          if (status !== 200) throw new Error(`a webhook was answered with ${String(status)}`);
        }
      }),
    );
  } finally {
    for (const connection of connections) connection.close();
  }
  await withClient(ground.urls.owner, async (client) => {
    const giveUpAt = performance.now() + TAKEN_IN_MS_MAX;
    for (;;) {
      const { rows } = await client.query('select quarantined_at is not null as set_aside from delivery limit 1');
      if (rows.length === 0) return;
      if ((rows[0] as { set_aside: boolean }).set_aside) throw new Error('a delivery was set aside');
      if (performance.now() > giveUpAt) throw new Error('the events were not taken in');
      await pause(POLL_MS);
    }
  });
  return (performance.now() - startedAt) / 1000;
}

/** A figure is worth nothing when what one person said stands in the feed in another order than it was said in. */
async function demandOrder({ urls }: Ground): Promise<void> {
  const { rows } = await withClient(urls.owner, (client) =>
    client.query<{ lines: string; disorder: string }>(
      `select count(*) as lines, count(*) filter (where sent_at < earlier) as disorder from (
         select message.sent_at, lag(message.sent_at) over (partition by message.conversation_id order by line.seq) as earlier
         from feed_line line join message on message.tenant_id = line.tenant_id and message.id = line.message_id
         where line.type = 'message_added' and message.direction <> 'system' and message.kind <> 'comment'
       ) heard`,
    ),
  );
  const { lines, disorder } = rows[0]!;
  if (Number(lines) < MEASURED_EVENTS / 2 || Number(disorder) > 0) throw new Error(`${disorder} of ${lines} lines are out of order`);
}
