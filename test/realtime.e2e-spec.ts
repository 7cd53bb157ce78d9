import { randomUUID } from 'node:crypto';
import { Change } from '#contract';
import { JobWorker } from '#jobs';
import { Database } from '#platform';
import { Feed } from '#realtime';
import { REPLAY_LINES_MAX } from '../libs/realtime/feed.service.js';
import { startServer } from '../apps/standalone/server.js';
import type { ApiClient } from './api-client.js';
import { colleague } from './furnished.js';
import { until } from './killable-server.js';
import { SocketClient, type SocketOptions } from './socket-client.js';
import { type Tenant, World } from './world.js';

const NOTED_MS_MAX = 5_000;
/** The promise: whatever ends a session ends its sockets within this. */
const CLOSED_WITHIN_MS = 5_000;

describe('a socket', () => {
  let world: World;
  let spaak: Tenant;
  let linden: Tenant;
  const opened: SocketClient[] = [];

  beforeAll(async () => {
    world = await World.open();
    spaak = await world.tenant(0);
    linden = await world.tenant(1);
  });
  afterEach(() => {
    for (const client of opened.splice(0)) client.close();
  });
  afterAll(() => world.close());

  const connect = (options: SocketOptions, url = world.server.url) => {
    const client = new SocketClient(url, options);
    opened.push(client);
    return client;
  };
  const open = (who: ApiClient, options: SocketOptions = {}) =>
    connect({ cookie: who.sessionCookie, ...options }).until(({ ready }) => ready);
  const change = ({ id }: Tenant, conversationId: string = randomUUID()) =>
    world.get(Database).inTenant(id, (tx) => {
      world.get(Feed).append(tx, { type: 'conversation_changed', conversationId });
      return Promise.resolve(conversationId);
    });
  const newest = ({ id }: Tenant) => world.get(Feed).newest(id);

  describe.each(['websocket', 'polling'] as const)('over %s', (transport) => {
    it('opens for an agent who is signed in, and says where the feed is', async () => {
      const client = await open(spaak.owner, { transport });
      expect(client.ready).toEqual({ seq: await newest(spaak) });
    });

    it.each([
      ['without a cookie', null],
      ['with a made-up cookie', `omnidesk_session=${'A'.repeat(64)}`],
      ['with rubbish', 'omnidesk_session=; omnidesk_session'],
    ])('is refused %s', async (_, cookie) => {
      const client = await connect({ cookie, transport }).until(({ refusal }) => refusal);
      expect(client.refusal).toBe('unauthenticated');
      expect(client.isConnected).toBe(false);
    });

    it('is refused with the cookie of a session that has ended', async () => {
      const { email } = (await spaak.owner.get<{ agent: { email: string } }>('/api/session')).body.agent;
      const gone = await world.signIn(email);
      await gone.delete('/api/session');
      const client = await connect({ cookie: gone.sessionCookie, transport }).until(({ refusal }) => refusal);
      expect(client.refusal).toBe('unauthenticated');
    });

    it.each(['https://elsewhere.example', 'null', 'http://127.0.0.1.elsewhere.example'])('is refused to a page of %s', async (origin) => {
      const client = await connect({ cookie: spaak.owner.sessionCookie, transport, origin }).until(({ refusal }) => refusal);
      expect(client.isConnected).toBe(false);
      const noted =
        "select 1 from installation_audit_entry where act = 'foreign_origin_refused' and entry::jsonb -> 'facts' ->> 'route' = '/socket.io'";
      await until('the refusal is in the audit', NOTED_MS_MAX, async () => (await world.rows(noted)).length > 0);
    });

    it('opens for our own page', async () => {
      await open(spaak.owner, { transport, origin: world.server.url });
    });
  });

  it.each([[undefined], ['1'], [-1], [1.5], [{}], [Number.MAX_SAFE_INTEGER + 2]])(
    'is refused when it was told %j last',
    async (lastSeq) => {
      const client = new SocketClient(world.server.url, { cookie: spaak.owner.sessionCookie, lastSeq: lastSeq ?? 'undefined' });
      opened.push(client);
      await client.until(({ refusal }) => refusal);
      expect(client.ready).toBeUndefined();
    },
  );

  it('is told of every change, in order, without a gap, while slow and fast transactions commit side by side', async () => {
    const client = await open(spaak.owner);
    const { seq: start } = client.ready!;
    let fastOnesDone = () => {};
    const fast = new Promise<void>((resolve) => (fastOnesDone = resolve));
    // Begun first, and with its line appended first; it commits when the others have.
    const slowId = randomUUID();
    const slow = world.get(Database).inTenant(spaak.id, async (tx) => {
      world.get(Feed).append(tx, { type: 'conversation_changed', conversationId: slowId });
      await fast;
    });
    const stream = async () => {
      const ids: string[] = [];
      for (let n = 0; n < 100; n++) ids.push(await change(spaak));
      return ids;
    };
    const [one, two] = await Promise.all([stream(), stream()]);
    fastOnesDone();
    await slow;
    await client.until(({ changes }) => changes.length >= 201);
    expect(client.seqs).toEqual(Array.from({ length: 201 }, (_, n) => start + 1 + n));
    expect(client.changes.map(({ conversationId }) => conversationId).sort()).toEqual([...one, ...two, slowId].sort());
    expect(client.changes.at(-1)!.conversationId).toBe(slowId);
    const inOrder = (ids: string[]) => client.changes.map((line) => line.conversationId!).filter((id) => ids.includes(id));
    expect([inOrder(one), inOrder(two)]).toEqual([one, two]);
  });

  it('is told nothing of a change that was rolled back', async () => {
    const client = await open(spaak.owner);
    await expect(
      world.get(Database).inTenant(spaak.id, (tx) => {
        world.get(Feed).append(tx, { type: 'conversation_changed', conversationId: randomUUID() });
        return Promise.reject(new Error('no'));
      }),
    ).rejects.toThrow('no');
    const kept = await change(spaak);
    await client.until(({ changes }) => changes.length > 0);
    expect(client.changes).toEqual([{ seq: client.ready!.seq + 1, type: 'conversation_changed', conversationId: kept }]);
  });

  it('is told of everything between two connections', async () => {
    const first = await open(spaak.owner);
    first.close();
    const missed = [await change(spaak), await change(spaak), await change(spaak)];
    const again = await open(spaak.owner, { lastSeq: first.ready!.seq });
    await again.until(({ changes }) => changes.length >= 3);
    expect(again.changes.map(({ conversationId }) => conversationId)).toEqual(missed);
    expect(again.resyncs).toEqual([]);
  });

  it('loses nothing while many connect and changes go on', async () => {
    const start = await newest(spaak);
    const changing = (async () => {
      for (let n = 0; n < 60; n++) await change(spaak);
    })();
    const clients = await Promise.all(Array.from({ length: 10 }, () => open(spaak.owner, { lastSeq: start })));
    await changing;
    for (const client of clients) {
      await client.until(({ changes }) => changes.length >= 60);
      expect(client.seqs).toEqual(Array.from({ length: 60 }, (_, n) => start + 1 + n));
    }
  });

  it('is told ids alone: no word of what was said, and nobody’s name', async () => {
    const client = await open(spaak.owner);
    await world.simulator.customerSays(spaak.page.customers[0]!.psid, { text: 'canary words of a customer' });
    await world.drain();
    const { items } = (await spaak.owner.get<{ items: { id: string }[] }>('/api/conversations')).body;
    const at = `/api/conversations/${items[0]!.id}`;
    await spaak.owner.post(`${at}/replies`, { text: 'canary words of an agent' });
    await spaak.owner.post(`${at}/notes`, { text: 'canary words among colleagues' });
    await spaak.owner.patch(at, { tags: ['canary-tag'] });
    await world.drain();
    const end = await newest(spaak);
    await client.until(({ seqs }) => seqs.at(-1) === end);
    expect(client.packets.length).toBeGreaterThan(5);
    const { firstName, lastName } = spaak.page.customers[0]!;
    for (const secret of ['canary', firstName, lastName, spaak.page.name]) expect(client.packets.join('\n')).not.toContain(secret);
    for (const line of client.changes) expect(Change.strict().parse(line)).toEqual(line);
    const types = new Set(client.changes.map(({ type }) => type));
    expect(types).toEqual(new Set([...types, 'conversation_opened', 'message_added', 'message_changed', 'conversation_changed']));
  });

  describe('fetches everything anew', () => {
    it('when what it saw last lies ahead of us, as after a restore', async () => {
      const client = await open(spaak.owner, { lastSeq: (await newest(spaak)) + 1000 });
      await client.until(({ resyncs }) => resyncs.length > 0);
      expect(client.resyncs).toEqual([{ seq: await newest(spaak) }]);
      const next = await change(spaak);
      await client.until(({ changes }) => changes.length > 0);
      expect(client.changes).toMatchObject([{ conversationId: next }]);
    });

    it('when it has missed more than is replayed, and not one line sooner', async () => {
      await world.get(Database).inTenant(spaak.id, (tx) => {
        for (let n = 0; n < REPLAY_LINES_MAX + 1; n++)
          world.get(Feed).append(tx, { type: 'conversation_changed', conversationId: randomUUID() });
        return Promise.resolve();
      });
      const end = await newest(spaak);
      const justInTime = await open(spaak.owner, { lastSeq: end - REPLAY_LINES_MAX });
      const tooLate = await open(spaak.owner, { lastSeq: end - REPLAY_LINES_MAX - 1 });
      await justInTime.until(({ changes }) => changes.length === REPLAY_LINES_MAX);
      await tooLate.until(({ resyncs }) => resyncs.length > 0);
      expect([justInTime.resyncs, tooLate.resyncs, tooLate.changes]).toEqual([[], [{ seq: end }], []]);
    });

    it('when what it missed has been swept', async () => {
      const before = await newest(linden);
      await change(linden);
      world.clock.advance({ days: 8 });
      await change(linden);
      await world.rows("select graphile_worker.add_job('sweep-feed')");
      await world.get(JobWorker).drain();
      spaak = { ...spaak, owner: await world.signIn('owner0@spaak-bikes.example') };
      linden = { ...linden, owner: await world.signIn('owner1@linden-tea.example') };
      const client = await open(linden.owner, { lastSeq: before });
      await client.until(({ resyncs }) => resyncs.length > 0);
      const fresh = await open(linden.owner, { lastSeq: before + 1 });
      await fresh.until(({ changes }) => changes.length > 0);
      expect([client.changes, fresh.resyncs]).toEqual([[], []]);
    });
  });

  it('is told nothing of another tenant, whatever number it says it saw last', async () => {
    const before = await newest(linden);
    const clients = [await open(linden.owner), await open(linden.owner, { lastSeq: 0 }), await open(linden.owner, { lastSeq: before })];
    const theirs = await Promise.all(Array.from({ length: 20 }, () => change(spaak)));
    const own = await change(linden);
    for (const client of clients) {
      await client.until(({ changes }) => changes.some(({ conversationId }) => conversationId === own));
      expect(client.changes.filter(({ conversationId }) => theirs.includes(conversationId!))).toEqual([]);
      expect(client.seqs.at(-1)).toBe(before + 1);
    }
  });

  it('cannot be made to say or do anything by what a client sends', async () => {
    const client = await open(spaak.owner);
    for (const event of ['change', 'ready', 'resync', 'subscribe', '__proto__']) client.emit(event, { tenantId: linden.id, seq: 0 });
    const own = await change(spaak);
    await client.until(({ changes }) => changes.length > 0);
    expect(client.changes).toMatchObject([{ conversationId: own }]);
    client.emit('viewing', 'x'.repeat(200_000));
    await client.untilClosed(CLOSED_WITHIN_MS);
  });

  describe('is closed', () => {
    let mia: ApiClient;
    let email: string;
    let number = 0;
    beforeEach(async () => {
      email = `mia${String(++number)}@spaak-bikes.example`;
      mia = await colleague(world, spaak.owner, { email, name: 'Mia', role: 'agent' });
    });
    const miaId = async () => {
      const { items } = (await spaak.owner.get<{ items: { id: string; email: string }[] }>('/api/agents')).body;
      return items.find((agent) => agent.email === email)!.id;
    };

    it.each([
      ['its agent signs out', async () => mia.delete('/api/session')],
      ['its agent ends all other sessions from another device', async () => (await world.signIn(email)).delete('/api/security/sessions')],
      ['its agent is deactivated', async () => spaak.owner.patch(`/api/agents/${await miaId()}`, { state: 'deactivated' })],
      ['its agent gets another role', async () => spaak.owner.patch(`/api/agents/${await miaId()}`, { role: 'admin' })],
      ['the session’s row is gone, by whatever hand', async () => world.rows('delete from session where agent_id = $1', [await miaId()])],
    ])('soon after %s; the colleague’s stays', async (_, end) => {
      const [ending, staying] = [await open(mia), await open(spaak.owner)];
      const [closedAfterMs] = await Promise.all([ending.untilClosed(CLOSED_WITHIN_MS + 1_000), end()]);
      expect(closedAfterMs).toBeLessThan(CLOSED_WITHIN_MS + 500);
      const seen = await change(spaak);
      await staying.until(({ changes }) => changes.some(({ conversationId }) => conversationId === seen));
      expect(ending.changes.map(({ conversationId }) => conversationId)).not.toContain(seen);
    });
  });

  it('hears what another process did', async () => {
    const { config, database, clock, log } = world;
    const other = await startServer({ config, databaseUrls: database.urls, clock, log });
    try {
      const client = await connect({ cookie: spaak.owner.sessionCookie }, other.url).until(({ ready }) => ready);
      const here = await change(spaak);
      await client.until(({ changes }) => changes.some(({ conversationId }) => conversationId === here));
    } finally {
      for (const client of opened) client.close();
      await other.close();
    }
  });
});
