import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DataSource } from 'typeorm';
import { type Actor, SetupService, SignInService } from '#accounts';
import { ConnectionService } from '#channels';
import { type Conversation, ConversationQuery, type ConversationRow } from '#contract';
import { Database } from '#platform';
import { type ConversationId, ReadService } from '#ticketing';
import { startServer } from '../apps/standalone/server.js';
import { type Figure, percentile } from './figure.js';
import { benchConfig, openGround, withClient } from './ground.js';
import { scansOf, type Statement } from './plans.js';
import { analyse, seedConversations } from './seed-conversations.js';

const CONVERSATIONS = 100_000;
/** Another tenant's, between the first one's rows: the wall between them must cost nothing. */
const OTHER_CONVERSATIONS = 20_000;
const WARM_UP_ROUNDS = 40;
const MEASURED_ROUNDS = 150;
const DEEP_PAGES = 20;
const MESSAGES_PER_PAGE = 50;

/**
 * A page of the list, and opening a conversation, with a hundred thousand conversations. Timed around the service that answers the
 * controller: what the server itself adds to a request, without the network. The limit is the barest transaction that reads one row.
 * Every statement is explained afterwards: one that reads a large table from end to end fails the measurement.
 */
export async function benchLists(): Promise<Figure[]> {
  const ground = await openGround();
  try {
    const config = benchConfig(ground.dataDir, { OMNIDESK_ROLES: 'api' });
    const server = await startServer({ config, databaseUrls: ground.urls });
    try {
      const { actor, agentIds } = await makeTenant(server.app, ground.urls.owner, { name: 'Bench', conversations: CONVERSATIONS });
      await makeTenant(server.app, ground.urls.owner, { name: 'Other', conversations: OTHER_CONVERSATIONS });
      await analyse(ground.urls.owner);
      const figures = await measure(server.app, { ...actor, agentId: agentIds[0]! });
      await demandIndexes(server.app, ground.urls.app, actor);
      return figures;
    } finally {
      await server.close();
    }
  } finally {
    await ground.close();
  }
}

async function makeTenant(
  app: NestFastifyApplication,
  ownerUrl: string,
  { name, conversations }: { name: string; conversations: number },
): Promise<{ actor: Actor; agentIds: Actor['agentId'][] }> {
  const login = { email: `owner@${name.toLowerCase()}.example`, password: 'a password for benches' };
  const tenantId = await app.get(SetupService).tenant({ tenantName: name, name: `Owner of ${name}`, locale: 'en', ...login });
  const { actor } = await app.get(SignInService).byPassword(login, { address: '127.0.0.1', device: 'bench' });
  const page = { channel: 'messenger' as const, externalId: `page-of-${name}`, name, secrets: {}, routes: [] };
  const connection = await app.get(ConnectionService).connect(tenantId, page);
  const agentIds = [actor.agentId, ...(await addColleagues(ownerUrl, tenantId))];
  await seedConversations(ownerUrl, { tenantId, connectionId: connection.id, agentIds, conversations });
  return { actor, agentIds };
}

async function addColleagues(ownerUrl: string, tenantId: string): Promise<Actor['agentId'][]> {
  const added = await withClient(ownerUrl, (client) =>
    client.query<{ id: Actor['agentId'] }>(
      `insert into agent (tenant_id, id, email, name, role, state, locale, created_at)
       select $1, uuidv7(), 'agent' || n || '@bench.example', 'Agent ' || n, 'agent', 'active', 'en', now() from generate_series(1, 9) n
       returning id`,
      [tenantId],
    ),
  );
  return added.rows.map(({ id }) => id);
}

type Work = () => Promise<unknown>;

async function pagesOf(reads: ReadService, actor: Actor): Promise<Record<string, Work>> {
  const list = async (query: Record<string, unknown>) => {
    const page = await reads.list(actor, ConversationQuery.parse(query));
    if (page.nextCursor === null) throw new Error('a page was not full, so its time says nothing');
    return page;
  };
  let cursor: string | null | undefined;
  for (let page = 0; page < DEEP_PAGES; page++) ({ nextCursor: cursor } = await list(cursor ? { cursor } : {}));
  const deep = cursor!;
  return {
    all: () => list({}),
    mine: () => list({ view: 'mine' }),
    unassigned: () => list({ view: 'unassigned' }),
    closed: () => list({ status: 'closed' }),
    channel: () => list({ channel: 'messenger' }),
    deep: () => list({ cursor: deep }),
  };
}

async function opener(reads: ReadService, actor: Actor): Promise<() => Promise<[Conversation, unknown]>> {
  const { items } = await reads.list(actor, ConversationQuery.parse({ limit: 100 }));
  let next = 0;
  return () => {
    const id = (items[next++ % items.length] as ConversationRow).id as ConversationId;
    // As the screen does: both at once.
    return Promise.all([reads.conversation(actor, id), reads.messages(actor, id, { limit: MESSAGES_PER_PAGE })]);
  };
}

async function measure(app: NestFastifyApplication, actor: Actor): Promise<Figure[]> {
  const reads = app.get(ReadService);
  const db = app.get(Database);
  const pages = await pagesOf(reads, actor);
  const works: Record<string, Work> = {
    ...pages,
    open: await opener(reads, actor),
    limit: () => db.inTenant(actor.tenantId, (tx) => tx.query('select 1 from tenant')),
  };
  const tookMs = new Map(Object.keys(works).map((name) => [name, [] as number[]]));
  for (let round = -WARM_UP_ROUNDS; round < MEASURED_ROUNDS; round++) {
    // In turns, so that whatever else the machine does hits all alike.
    for (const [name, work] of Object.entries(works)) {
      const startedAt = performance.now();
      await work();
      if (round >= 0) tookMs.get(name)!.push(performance.now() - startedAt);
    }
  }
  const listed = Object.keys(pages).flatMap((name) => tookMs.get(name)!);
  const notes = (share: number) =>
    Object.fromEntries(Object.keys(pages).map((name) => [`${name}Ms`, percentile(tookMs.get(name)!, share)]));
  const figure = (name: string, values: readonly number[], share: number, rest: Pick<Figure, 'target' | 'notes'>): Figure => ({
    name: `${name}, p${String(share * 100)}`,
    value: percentile(values, share),
    unit: 'ms',
    limit: { name: 'a transaction that reads one row', value: percentile(tookMs.get('limit')!, share) },
    ...rest,
  });
  return [
    figure('list page of 100 k', listed, 0.5, { target: { below: 5 }, notes: notes(0.5) }),
    figure('list page of 100 k', listed, 0.95, { target: { below: 5 }, notes: notes(0.95) }),
    figure('open a conversation of 100 k', tookMs.get('open')!, 0.5, { target: null }),
    figure('open a conversation of 100 k', tookMs.get('open')!, 0.95, { target: null }),
  ];
}

/** Errors  when any statement of a list page or an opened conversation reads a large table from end to end */
async function demandIndexes(app: NestFastifyApplication, appUrl: string, actor: Actor): Promise<void> {
  const reads = app.get(ReadService);
  const works = [...Object.values(await pagesOf(reads, actor)), await opener(reads, actor)];
  const statements: Statement[] = [];
  const dataSource = app.get(DataSource);
  const { logger } = dataSource;
  const nothing = () => undefined;
  dataSource.logger = {
    logQuery: (sql, parameters) => void statements.push({ sql, parameters: (parameters as unknown[] | undefined) ?? [] }),
    logQueryError: nothing,
    logQuerySlow: nothing,
    logSchemaBuild: nothing,
    logMigration: nothing,
    log: nothing,
  };
  for (const work of works) await work();
  dataSource.logger = logger;
  const scans = await scansOf(appUrl, actor.tenantId, statements);
  if (scans.length > 0) throw new Error(`read from end to end:\n${scans.join('\n')}`);
}
