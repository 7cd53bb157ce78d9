import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Channels, ConnectionService, type InboundEvent } from '#channels';
import { DeliveryReader } from '#ticketing';
import { DEMO_APP } from '../apps/simulator/index.js';
import { knock, metaSignature } from './knock.js';
import { type Tenant, World } from './world.js';

/*
 * Bodies as Meta sends them and as its documentation prints them. They are not part of the project: where the folder is absent this says
 * so and tests nothing.
 */

const CORPUS = new URL('../../../shared/corpora/messenger/', import.meta.url);
const isPresent = existsSync(CORPUS);
if (!isPresent) console.warn(`NOT TESTED: the Messenger corpus is absent (${fileURLToPath(CORPUS)}).`);

interface Entry {
  file: string;
  kind: string;
}

interface Envelope {
  object?: string;
  entry?: { id?: string | number; messaging?: Named[]; standby?: Named[]; changes?: { value?: { from?: { id?: string | number } } }[] }[];
}

interface Named {
  sender?: { id?: string | number };
  recipient?: { id?: string | number };
}

function namesNobody({ id, changes = [] }: NonNullable<Envelope['entry']>[number]): boolean {
  return changes.every(({ value }) => value?.from === undefined || String(value.from.id) === String(id));
}

/** Of other products, or no webhook bodies at all. */
const NOT_OURS = new Set(['instagram', 'whatsapp', 'error', 'api', 'signature']);
const UNDERSTOOD: Record<string, Partial<InboundEvent>> = {
  message: { type: 'message', direction: 'in' },
  echo: { type: 'message', direction: 'out' },
  postback: { type: 'message', kind: 'postback', direction: 'in' },
  message_edit: { type: 'edit' },
  delivery: { type: 'receipt', state: 'delivered' },
  read: { type: 'receipt', state: 'read' },
  reaction: { type: 'reaction' },
  standby: { type: 'message' },
  batch: { type: 'message', kind: 'text' },
};

(isPresent ? describe : describe.skip)('the corpus of Messenger bodies', () => {
  let world: World;
  let spaak: Tenant;
  let bodies: { file: string; kind: string; bytes: Buffer; envelope: Envelope }[];

  beforeAll(async () => {
    world = await World.open();
    spaak = await world.tenant(0);
    const index = JSON.parse(await readFile(new URL('index.json', CORPUS), 'utf8')) as Entry[];
    bodies = await Promise.all(
      index
        .filter(({ kind }) => !NOT_OURS.has(kind))
        .map(async ({ file, kind }) => {
          const bytes = await readFile(new URL(file, CORPUS));
          return { file, kind, bytes, envelope: JSON.parse(bytes.toString()) as Envelope };
        }),
    );
    const pages = new Set(bodies.flatMap(({ envelope }) => (envelope.entry ?? []).map(({ id }) => String(id))));
    for (const externalId of pages) {
      const routes = [{ kind: 'messenger' as const, externalId }];
      await world.get(ConnectionService).connect(spaak.id, { channel: 'messenger', externalId, name: externalId, secrets: {}, routes });
    }
  });
  afterAll(() => world.close());

  const read = (body: Buffer) =>
    world.get(Channels).of('messenger').read({
      id: '1',
      channel: 'messenger',
      body,
      receivedAt: new Date(),
      tenantId: null,
      connectionId: null,
      attempts: 1,
      failures: 0,
    });
  /** How many of a body's events name a person who is not the page. */
  const personsIn = ({ entry = [] }: Envelope) =>
    entry.flatMap(({ id, messaging = [], standby = [] }) =>
      [...messaging, ...standby].filter(({ sender, recipient }) =>
        [sender?.id, recipient?.id].some((one) => one !== undefined && String(one) !== String(id)),
      ),
    ).length;

  it('is whole', () => {
    expect(bodies.length).toBeGreaterThanOrEqual(90);
    expect(new Set(bodies.map(({ kind }) => kind)).size).toBeGreaterThan(20);
  });

  it('has every event of the kinds we know understood as what it is', async () => {
    for (const { file, kind, bytes, envelope } of bodies) {
      const expected = UNDERSTOOD[kind];
      if (!expected) continue;
      const events = await read(bytes);
      expect({ file, events }).toEqual({
        file,
        events: Array.from({ length: personsIn(envelope) }, () => expect.objectContaining(expected) as unknown),
      });
    }
  });

  it('loses nothing that names a person: what is not understood is a line that says what it was', async () => {
    for (const { file, kind, bytes, envelope } of bodies) {
      if (UNDERSTOOD[kind] || kind.startsWith('feed_')) continue;
      const events = envelope.object === 'page' ? await read(bytes) : [];
      const lines = events.map((event) => (event.type === 'message' ? { kind: event.kind, detail: event.content.detail } : event));
      const wanted = Array.from({ length: envelope.object === 'page' ? personsIn(envelope) : 0 }, () => ({
        kind: 'unsupported',
        detail: expect.stringMatching(/^[a-z_]+$/) as string,
      }));
      expect({ file, lines }).toEqual({ file, lines: wanted });
    }
  });

  it('shows people’s comments as such lines, and the page’s own news not at all', async () => {
    for (const { file, kind, bytes, envelope } of bodies) {
      if (!kind.startsWith('feed_')) continue;
      const details = (await read(bytes)).map((event) => (event.type === 'message' ? event.content.detail : event.type));
      // What the page does itself (hiding, answering) is from the page; old bodies do not say whom a comment is from.
      const isPersonsComment = kind === 'feed_comment' && (envelope.entry ?? []).some((entry) => !namesNobody(entry));
      expect({ file, details }).toEqual({ file, details: isPersonsComment ? [expect.stringMatching(/^comment_/) as string] : [] });
    }
  });

  it('keeps every text, and every digit of every id', async () => {
    for (const { file, kind, bytes } of bodies) {
      if (kind !== 'message' && kind !== 'echo') continue;
      const [said] = [...bytes.toString().matchAll(/"text"\s*:\s*("(?:[^"\\]|\\.)*")/g)].map((match) => JSON.parse(match[1]!) as string);
      const [event] = await read(bytes);
      if (event?.type !== 'message' || said === undefined) continue;
      expect({ file, text: event.content.text }).toEqual({ file, text: said });
    }
  });

  it('goes through the real door whole: all of it answered 200, nothing set aside, each message stored once', async () => {
    for (const { bytes } of [...bodies, ...bodies]) {
      const headers = { 'content-type': 'application/json', 'x-hub-signature-256': metaSignature(DEMO_APP.secret, bytes) };
      expect((await knock(`${world.server.url}/webhooks/messenger`, { body: bytes, headers })).status).toBe(200);
    }
    await world.get(DeliveryReader).drain();
    expect(await world.rows('select id, problem from delivery')).toEqual([]);
    expect(world.log.has('delivery_failed')).toBe(false);
    const named = await Promise.all(bodies.map(async ({ bytes }) => read(bytes)));
    const messages = named.flat().flatMap((event) => (event.type === 'message' ? [`${event.routeId} ${event.externalId}`] : []));
    const stored = await world.rows<{ key: string }>(
      `select connection.external_id || ' ' || message.external_id as key from message join connection on connection.id = message.connection_id`,
    );
    expect(stored.map(({ key }) => key).toSorted()).toEqual([...new Set(messages)].toSorted());
  });
});
