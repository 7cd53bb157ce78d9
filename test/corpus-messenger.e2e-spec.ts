import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Connection, Conversation, Message, Page } from '#contract';
import { bodyInMemory, Channels, ConnectionService } from '#channels';
import { DeliveryReader } from '#ticketing';
import { DEMO_APP } from '../apps/simulator/index.js';
import { type Envelope, idOf, type Outcome, outcomesOf } from './corpus-outcome.js';
import { knock, metaSignature } from './knock.js';
import { type Tenant, World } from './world.js';

/*
 * Bodies as Meta sends them and as its documentation prints them. They are not part of the project: where the folder is absent this says
 * so and tests nothing. What each of them must become is told by rules, not from a list, so that others of their kinds are covered too.
 */

const CORPUS = new URL('../../../shared/corpora/messenger/', import.meta.url);
const isPresent = existsSync(CORPUS);
if (!isPresent) console.warn(`NOT TESTED: the Messenger corpus is absent (${fileURLToPath(CORPUS)}).`);

interface Entry {
  file: string;
  kind: string;
}

interface Body extends Entry {
  bytes: Buffer;
  envelope: Envelope;
}

/** No webhook bodies at all. */
const NO_BODIES = new Set(['error', 'api', 'signature']);

/** What the index calls a body, and what at least must be found in it: an event of one of these types; null where nothing may be. */
const FOUND: Record<string, string[] | null> = {
  message: ['message'],
  echo: ['message'],
  standby: ['message'],
  batch: ['message'],
  postback: ['message'],
  message_edit: ['edit'],
  delivery: ['receipt'],
  read: ['receipt'],
  reaction: ['reaction'],
  referral: ['referral'],
  optin: ['fact'],
  account_linking: ['fact'],
  handover: ['control'],
  policy_enforcement: ['restriction'],
  customer_information: ['message'],
  messaging_feedback: ['message'],
  send_cart: ['message'],
  feed_comment: ['comment'],
  mention: ['comment'],
  feed_other: ['reaction'],
  response_feedback: null,
  message_request: null,
  payment: null,
  game_play: null,
  inbox_labels: null,
  ignored_field: null,
  other_object: null,
  instagram: null,
  whatsapp: null,
};
/** Of these some name nobody, or nothing that concerns us. */
const MAY_BE_EMPTY = new Set(['handover', 'feed_other']);

(isPresent ? describe : describe.skip)('the corpus of Messenger bodies', () => {
  let world: World;
  let spaak: Tenant;
  let bodies: Body[];

  beforeAll(async () => {
    world = await World.open();
    spaak = await world.tenant(0);
    const index = JSON.parse(await readFile(new URL('index.json', CORPUS), 'utf8')) as Entry[];
    bodies = await Promise.all(
      index
        .filter(({ kind }) => !NO_BODIES.has(kind))
        .map(async ({ file, kind }) => {
          const bytes = await readFile(new URL(file, CORPUS));
          return { file, kind, bytes, envelope: parseKeepingIds(bytes) };
        }),
    );
  });
  afterAll(() => world.close());

  const read = (body: Buffer) =>
    world
      .get(Channels)
      .of('messenger')
      .read({
        id: '1',
        channel: 'messenger',
        body: bodyInMemory(body),
        receivedAt: new Date(),
        tenantId: null,
        connectionId: null,
        envelope: null,
        attempts: 1,
        failures: 0,
        postponed: 0,
        setAsideFor: null,
      });
  const connect = (externalId: string) =>
    world.get(ConnectionService).connect(spaak.id, {
      channel: 'messenger',
      externalId,
      name: externalId,
      secrets: {},
      routes: [{ kind: 'messenger', externalId }],
    });
  const post = async (body: Buffer | object) => {
    const bytes = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
    const headers = { 'content-type': 'application/json', 'x-hub-signature-256': metaSignature(DEMO_APP.secret, bytes) };
    expect((await knock(`${world.server.url}/webhooks/messenger`, { body: bytes, headers })).status).toBe(200);
  };
  const readAll = () => world.get(DeliveryReader).drain();

  it('is whole', () => {
    expect(bodies.length).toBeGreaterThanOrEqual(90);
    expect(new Set(bodies.map(({ kind }) => kind)).size).toBeGreaterThan(20);
  });

  it('has every event read as what it is: who, what, when, and nothing beside it', async () => {
    for (const { file, bytes, envelope } of bodies) {
      const expected = outcomesOf(envelope, DEMO_APP.id).flatMap(({ events }) => events);
      const events = await read(bytes);
      expect({ file, count: events.length }).toEqual({ file, count: expected.length });
      expect({ file, events }).toMatchObject({ file, events: expected });
    }
  });

  it('has in every body what the index says it is of', async () => {
    for (const { file, kind, bytes } of bodies) {
      const found = FOUND[kind];
      if (found === undefined) continue;
      const types = (await read(bytes)).map(({ type }) => type);
      if (found === null) expect({ file, types }).toEqual({ file, types: [] });
      else if (types.length > 0 || !MAY_BE_EMPTY.has(kind))
        expect({ file, found, types: [...new Set(types)] }).toEqual({ file, found, types: found });
    }
  });

  it('keeps every digit of every id and every word of every text', async () => {
    for (const { file, kind, bytes } of bodies) {
      const events = JSON.stringify(await read(bytes));
      if (!['message', 'echo', 'standby', 'feed_comment', 'mention', 'message_edit'].includes(kind)) continue;
      const raw = bytes.toString();
      for (const [, said] of raw.matchAll(/"(?:text|mid|comment_id)"\s*:\s*("(?:[^"\\]|\\.)*")/g)) {
        expect({ file, holds: events.includes(JSON.stringify(JSON.parse(said!))) }).toEqual({ file, holds: true });
      }
    }
  });

  it('goes through the real door byte for byte, twice: all of it answered 200, nothing set aside, each message stored once', async () => {
    const pages = new Set(bodies.flatMap(({ envelope }) => (envelope.entry ?? []).flatMap((entry) => idOf(entry['id']) ?? [])));
    for (const externalId of pages) if (externalId !== '0') await connect(externalId);
    for (const { bytes } of [...bodies, ...bodies]) await post(bytes);
    await readAll();
    expect(await world.rows('select id, problem from delivery')).toEqual([]);
    expect(world.log.has('delivery_failed')).toBe(false);
    const outcomes = bodies.flatMap(({ envelope }) => outcomesOf(envelope, DEMO_APP.id));
    const wanted = outcomes
      .filter(({ pageId }) => pageId !== '0')
      .flatMap(({ events }) => events as { type: string; routeId: string; externalId?: string }[])
      .flatMap(({ type, routeId, externalId }) => (type === 'message' && externalId !== undefined ? [`${routeId} ${externalId}`] : []));
    const stored = await world.rows<{ key: string }>(
      `select connection.external_id || ' ' || message.external_id as key from message join connection on connection.id = message.connection_id
       where message.direction <> 'system' and message.kind <> 'comment' and message.external_id !~ '^[a-z_]+:[0-9a-f]{64}$'`,
    );
    expect(stored.map(({ key }) => key).toSorted()).toEqual([...new Set(wanted)].toSorted());
  });

  it('is seen by an agent as what it is, each body on a page of its own', async () => {
    const played = bodies.flatMap((body, nth) => {
      const own = onPageOfItsOwn(body, nth);
      return outcomesOf(own.envelope, DEMO_APP.id).length === 0 ? [] : [own];
    });
    const connections = new Map<string, string>();
    for (const { envelope } of played) {
      for (const pageId of pagesOf(envelope)) if (!connections.has(pageId)) connections.set(pageId, (await connect(pageId)).id);
    }
    for (const { envelope } of played)
      for (const { stage } of outcomesOf(envelope, DEMO_APP.id)) for (const before of stage) await post(before);
    await readAll();
    for (const { bytes } of [...played, ...played]) await post(bytes);
    await readAll();
    expect(await world.rows('select id, problem from delivery')).toEqual([]);
    const { items } = (await spaak.owner.get<Page<Connection>>('/api/connections')).body;
    for (const { file, envelope } of played) {
      for (const outcome of outcomesOf(envelope, DEMO_APP.id)) await isSeen(file, outcome, items);
    }
  }, 120_000);

  async function isSeen(file: string, { pageId, seen }: Outcome, connections: Connection[]): Promise<void> {
    const connection = connections.find(({ externalId }) => externalId === pageId);
    if (seen.at === 'page') {
      if (pageId !== '0') expect({ file, ...connection }).toMatchObject({ file, ...seen.connection });
      return;
    }
    const threads = await world.rows<{ id: string }>(
      `select conversation.id from conversation join contact_identity known using (tenant_id, contact_id)
       where connection_id = $1 and ($2::text is null or known.external_id = $2) and kind = coalesce($3, kind)`,
      [
        connection?.id ?? null,
        ...(seen.at === 'nowhere' ? [null, null] : [seen.personId, seen.at === 'comments' ? 'comments' : 'messages']),
      ],
    );
    if (seen.at === 'nowhere') {
      expect({ file, threads }).toEqual({ file, threads: [] });
      return;
    }
    expect({ file, threads: threads.length }).toEqual({ file, threads: 1 });
    const { body: conversation } = await spaak.owner.get<Conversation>(`/api/conversations/${threads[0]!.id}`);
    const { items } = (await spaak.owner.get<Page<Message>>(`/api/conversations/${threads[0]!.id}/messages?limit=100`)).body;
    expect({ file, ...conversation }).toMatchObject({ file, ...seen.conversation });
    if (seen.all) expect({ file, items }).toMatchObject({ file, items: seen.all });
    // Several events of one body may be in one thread: each is somewhere in it.
    const { last } = seen;
    if (last && !items.some((item) => holds(item, last))) expect({ file, last: items.at(-1) }).toMatchObject({ file, last });
  }
});

/** As the vendor wrote it, except that ids beyond what a number can hold keep their digits. */
function parseKeepingIds(bytes: Buffer): Envelope {
  const quoted = bytes.toString().replace(/([:[,]\s*)(\d{16,})(?=\s*[,}\]])/g, '$1"$2"');
  return JSON.parse(quoted) as Envelope;
}

function pagesOf({ object, entry = [] }: Envelope): string[] {
  if (object !== 'page') return [];
  return [...new Set(entry.flatMap(({ id }) => idOf(id) ?? []))].filter((id) => id !== '0');
}

/** The corpus' few pages and people appear in many bodies; here no body sees what another left. */
function onPageOfItsOwn(body: Body, nth: number): Body {
  const longestFirst = pagesOf(body.envelope).toSorted((one, other) => other.length - one.length);
  const text = longestFirst.reduce((raw, id, at) => raw.replaceAll(id, String(700_000_000_000_000 + nth * 10 + at)), body.bytes.toString());
  const bytes = Buffer.from(text);
  return { ...body, bytes, envelope: parseKeepingIds(bytes) };
}

function holds(item: Message, wanted: object): boolean {
  try {
    expect(item).toMatchObject(wanted);
    return true;
  } catch {
    return false;
  }
}
