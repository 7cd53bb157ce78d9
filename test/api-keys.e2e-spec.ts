import { createHash } from 'node:crypto';
import { KEY_PERMISSIONS, PERMISSIONS } from '#accounts';
import { Database } from '#platform';
import type { ApiKeys, ErrorBody, MadeApiKey, NewApiKey } from '#contract';
import { REQUESTS_PER_MINUTE_MAX } from '../libs/accounts/key-pace.js';
import type { ApiClient } from './api-client.js';
import { colleague, type Furnished, furnish } from './furnished.js';
import { houseRoutes } from './house-routes.js';
import { SocketClient, type SocketOptions } from './socket-client.js';
import { World } from './world.js';

const codeOf = ({ body }: { body: unknown }) => (body as Partial<ErrorBody> | undefined)?.error?.code;
const CLOSED_WITHIN_MS = 5_000;

/** A program comes in with a key, in its maker's name, and can never do more than either. */
describe('a key for programs', () => {
  let world: World;
  let spaak: Furnished;
  let linden: Furnished;
  const opened: SocketClient[] = [];

  beforeAll(async () => {
    world = await World.open();
    spaak = await furnish(world, await world.tenant(0));
    linden = await furnish(world, await world.tenant(1));
  });
  afterEach(async () => {
    for (const client of opened.splice(0)) client.close();
    await world.rows('update session set proved_at = $1', [world.clock.now()]);
  });
  afterAll(() => world.close());

  const ask = (by: ApiClient, wanted: Partial<NewApiKey> = {}) =>
    by.post<MadeApiKey>('/api/api-keys', { name: 'Reports', permissions: ['conversation:read'], ...wanted });
  const program = (token: string): ApiClient => {
    const client = world.client();
    client.headers['authorization'] = `Bearer ${token}`;
    return client;
  };
  const keyOf = async (by: ApiClient, wanted: Partial<NewApiKey> = {}) => {
    const { status, body } = await ask(by, wanted);
    expect(status).toBe(201);
    return { ...body, program: program(body.token) };
  };
  const maker = (name: string, role: 'admin' | 'owner' = 'admin') =>
    colleague(world, spaak.owner, { email: `${name}@spaak-bikes.example`, name, role });
  const listed = async (by = spaak.owner) => (await by.get<ApiKeys>('/api/api-keys')).body.items;
  const connect = (token: string, options: SocketOptions = {}) => {
    const client = new SocketClient(world.server.url, { headers: { authorization: `Bearer ${token}` }, ...options });
    opened.push(client);
    return client;
  };

  it('is shown once, and of its text nothing is kept but a digest', async () => {
    const { key, token } = await keyOf(spaak.owner);
    expect(token).toMatch(/^odk_[\w-]{64}$/);
    const [row] = await world.rows<{ token_digest: Buffer }>('select * from api_key where id = $1', [key.id]);
    expect(row!.token_digest).toEqual(
      createHash('sha256')
        .update(Buffer.from(token.slice(4), 'base64url'))
        .digest(),
    );
    expect(JSON.stringify(await listed())).not.toContain(token.slice(4, 20));
    expect(JSON.stringify(await world.rows('select entry from audit_entry'))).not.toContain(token.slice(30));
    expect(world.log.lines.join('')).not.toContain(token.slice(30));
  });

  it('lives ninety days when nothing else was asked for, and a year at most', async () => {
    const { key } = await keyOf(spaak.owner);
    expect((Date.parse(key.expiresAt) - Date.parse(key.createdAt)) / 86_400_000).toBe(90);
    expect((await ask(spaak.owner, { days: 366 })).status).toBe(400);
    expect((await ask(spaak.owner, { days: 365 })).status).toBe(201);
  });

  it('reads and writes what it was made for, as its maker, and the audit names the key', async () => {
    const { program, key } = await keyOf(spaak.admin, { permissions: ['conversation:read', 'conversation:write', 'suppression:manage'] });
    const at = `/api/conversations/${spaak.ids.conversation}`;
    expect((await program.get(at)).status).toBe(200);
    const note = await program.post<{ author: { name: string } }>(`${at}/notes`, { text: 'noted by a program' });
    expect([note.status, note.body.author.name]).toEqual([201, 'An Admin']);
    expect((await program.delete(`/api/suppressions/${spaak.ids.suppression}`)).status).toBe(204);
    const [entry] = await world.rows<{ by: object }>(
      "select entry::jsonb -> 'by' as by from audit_entry where entry::jsonb ->> 'act' = 'suppression_lifted' order by seq desc limit 1",
    );
    if (entry) expect(entry.by).toEqual({ kind: 'api_key', id: key.id });
  });

  it('opens every route of what it was made for, and no other: by the table of permissions', async () => {
    const granted = ['conversation:read', 'policy:read'] as const;
    const { token } = await keyOf(spaak.owner, { permissions: [...granted] });
    for (const { method, path, permission, isForPeople } of houseRoutes(world.server.app)) {
      if (permission === undefined) continue;
      // An id of nothing and a body of nothing: what lets it in does no harm.
      const answer = await program(token).request(method, path.replace(/:\w+/, 'nothing'), method === 'GET' ? undefined : []);
      const isKeys = KEY_PERMISSIONS.includes(permission) && !isForPeople;
      const expected = !isKeys ? 'not_for_keys' : granted.some((one) => one === permission) ? 'let in' : 'forbidden';
      const found = answer.status === 403 ? codeOf(answer) : 'let in';
      expect({ route: `${method} ${path}`, found, isBroken: answer.status >= 500 }).toEqual({
        route: `${method} ${path}`,
        found: expected,
        isBroken: false,
      });
    }
  });

  it('opens nothing that is for people, whatever it was made for', async () => {
    const { token } = await keyOf(spaak.owner, { permissions: [...KEY_PERMISSIONS] });
    const forPeople = ['session:own', 'api_key:manage', 'agent:manage', 'security:manage'];
    for (const route of houseRoutes(world.server.app).filter(
      ({ permission, isForPeople }) => forPeople.includes(permission!) || isForPeople,
    )) {
      const answer = await program(token).request(route.method, route.path.replace(/:\w+/, 'nothing'));
      expect({ route: `${route.method} ${route.path}`, code: codeOf(answer) }).toEqual({
        route: `${route.method} ${route.path}`,
        code: 'not_for_keys',
      });
    }
  });

  it('is never made for more than its maker may do, or any key may', async () => {
    const before = await world.rows('select id from api_key');
    const others = Object.keys(PERMISSIONS).filter((name) => !(KEY_PERMISSIONS as readonly string[]).includes(name));
    for (const permission of [...others, 'everything', '__proto__']) {
      const answer = await ask(spaak.owner, { permissions: ['conversation:read', permission] });
      expect([permission, answer.status, codeOf(answer)]).toEqual([permission, 403, 'not_yours_to_give']);
    }
    expect(await world.rows('select id from api_key')).toEqual(before);
  });

  it('needs a factor proved a moment ago to be made, and none to be revoked', async () => {
    const { key } = await keyOf(spaak.admin);
    await world.rows("update session set proved_at = proved_at - interval '11 minutes'");
    await spaak.admin.unattended(async () => {
      expect(codeOf(await ask(spaak.admin))).toBe('fresh_factor_required');
      expect((await spaak.admin.delete(`/api/api-keys/${key.id}`)).status).toBe(204);
    });
  });

  it('loses at once what its maker loses, and comes back with it', async () => {
    const mia = await maker('mia');
    const { program } = await keyOf(mia, { permissions: ['conversation:read', 'connection:manage'] });
    const doctor = () => program.patch(`/api/connections/${spaak.ids.connection}`, {});
    expect((await doctor()).status).toBeLessThan(300);
    const { items } = (await spaak.owner.get<{ items: { id: string; email: string }[] }>('/api/agents')).body;
    const { id } = items.find(({ email }) => email.startsWith('mia@'))!;
    const change = (to: object) => spaak.owner.patch(`/api/agents/${id}`, to);
    await change({ role: 'agent' });
    expect([codeOf(await doctor()), (await program.get('/api/conversations')).status]).toEqual(['forbidden', 200]);
    await change({ state: 'deactivated' });
    expect(codeOf(await program.get('/api/conversations'))).toBe('not_signed_in');
    expect((await listed()).find(({ madeBy }) => madeBy.id === id)!.state).toBe('maker_gone');
    await change({ state: 'active' });
    await change({ role: 'admin' });
    expect((await doctor()).status).toBeLessThan(300);
  });

  it('opens nothing once it is revoked', async () => {
    const { program, key } = await keyOf(spaak.owner);
    expect((await program.get('/api/conversations')).status).toBe(200);
    await spaak.admin.delete(`/api/api-keys/${key.id}`);
    expect(codeOf(await program.get('/api/conversations'))).toBe('not_signed_in');
    expect((await listed()).some(({ id }) => id === key.id)).toBe(false);
  });

  it('opens nothing from outside its own networks or the tenant’s', async () => {
    const { program } = await keyOf(spaak.owner, { ranges: ['192.0.2.0/24'] });
    expect(codeOf(await program.get('/api/conversations'))).toBe('address_not_allowed');
    const inside = await keyOf(spaak.owner, { ranges: ['127.0.0.1', '::1'] });
    expect(inside.key.ranges).toEqual(['127.0.0.1/32', '::1/128']);
    expect((await inside.program.get('/api/conversations')).status).toBe(200);
    await world.rows("update allowed_range set range = '192.0.2.0/24' where tenant_id = $1", [spaak.id]);
    expect(codeOf(await inside.program.get('/api/conversations'))).toBe('address_not_allowed');
    await world.rows("update allowed_range set range = '127.0.0.0/8' where tenant_id = $1", [spaak.id]);
    expect((await ask(spaak.owner, { ranges: ['010.0.0.1'] })).status).toBe(400);
  });

  it('decides alone: a cookie beside it opens nothing more', async () => {
    const { token } = await keyOf(spaak.owner);
    const both = { authorization: `Bearer ${token}` };
    expect(codeOf(await spaak.owner.get('/api/session', both))).toBe('not_for_keys');
    expect(codeOf(await spaak.owner.get('/api/conversations', { authorization: `Bearer odk_${'A'.repeat(64)}` }))).toBe('not_signed_in');
    // What a proxy asks for itself is not about keys.
    expect((await spaak.owner.get('/api/session', { authorization: 'Basic YTpi' })).status).toBe(200);
  });

  it.each(['', 'odk_', `odk_${'A'.repeat(64)}`, `odk_${'A'.repeat(63)}`, 'A'.repeat(64), 'odk_ x', `odk_${'é'.repeat(64)}`])(
    'is not %j',
    async (token) => {
      const answer = await world.client().get('/api/conversations', { authorization: `Bearer ${encodeURI(token)}` });
      expect([answer.status, codeOf(answer)]).toEqual([401, 'not_signed_in']);
    },
  );

  it('is not a session’s token, nor the other way round', async () => {
    const { token } = await keyOf(spaak.owner);
    const session = spaak.owner.sessionCookie!.split('=')[1]!;
    expect((await program(`odk_${session}`).get('/api/conversations')).status).toBe(401);
    expect((await program(session).get('/api/conversations')).status).toBe(401);
    const asCookie = await world.client().get('/api/conversations', { cookie: `omnidesk_session=${token.slice(4)}` });
    expect(asCookie.status).toBe(401);
  });

  it('comes from a program, so the rules for pages of other sites are not about it', async () => {
    const { program } = await keyOf(spaak.owner, { permissions: ['conversation:write'] });
    const path = `/api/conversations/${spaak.ids.conversation}/notes`;
    expect((await program.post(path, { text: 'from afar' }, { origin: 'https://elsewhere.example' })).status).toBe(201);
  });

  it('says when it was last used, and writes that once a minute at most', async () => {
    const { program, key } = await keyOf(spaak.owner);
    const lastUsed = async () => (await listed()).find(({ id }) => id === key.id)!.lastUsedAt;
    expect(await lastUsed()).toBeNull();
    await program.get('/api/conversations');
    const first = await lastUsed();
    await program.get('/api/conversations');
    expect(await lastUsed()).toBe(first);
    world.advance({ minutes: 2 });
    await program.get('/api/conversations');
    expect(Date.parse((await lastUsed())!)).toBeGreaterThan(Date.parse(first!));
  });

  it('is held back when it asks too often, told when to come back, and nobody else is', async () => {
    const { program } = await keyOf(spaak.owner);
    const other = await keyOf(spaak.owner);
    world.advance({ minutes: 2 });
    let refused;
    for (let n = 0; n <= REQUESTS_PER_MINUTE_MAX && !refused; n += 50) {
      const answers = await Promise.all(Array.from({ length: 50 }, () => program.get('/api/policies/recording')));
      refused = answers.find(({ status }) => status === 429);
    }
    expect(codeOf(refused!)).toBe('too_many_requests');
    expect(Number(refused!.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(Number(refused!.headers.get('retry-after'))).toBeLessThanOrEqual(60);
    expect((await other.program.get('/api/conversations')).status).toBe(200);
    world.advance({ minutes: 1 });
    expect((await program.get('/api/conversations')).status).toBe(200);
  });

  it.each(['websocket', 'polling'] as const)(
    'opens a socket over %s when it may read conversations, and closes it when revoked',
    async (transport) => {
      const reader = await keyOf(spaak.owner);
      const other = await keyOf(spaak.owner, { permissions: ['policy:read'] });
      expect((await connect(other.token, { transport }).until(({ refusal }) => refusal)).refusal).toBe('unauthenticated');
      const client = await connect(reader.token, { transport }).until(({ ready }) => ready);
      await Promise.all([client.untilClosed(CLOSED_WITHIN_MS), spaak.owner.delete(`/api/api-keys/${reader.key.id}`)]);
    },
  );

  it('of another tenant is neither seen nor revoked, and reaches nothing of this one', async () => {
    const { program, key } = await keyOf(linden.owner, { permissions: [...KEY_PERMISSIONS] });
    expect((await listed()).some(({ id }) => id === key.id)).toBe(false);
    expect((await spaak.owner.delete(`/api/api-keys/${key.id}`)).status).toBe(404);
    expect((await program.get(`/api/conversations/${spaak.ids.conversation}`)).status).toBe(404);
    const rows = await world.get(Database).inTenant(spaak.id, (tx) => tx.query('select id from api_key where id = $1', [key.id]));
    expect(rows).toEqual([]);
  });

  it('is over when its time is', async () => {
    const { program } = await keyOf(spaak.owner, { days: 1 });
    world.advance({ hours: 23 });
    expect((await program.get('/api/conversations')).status).toBe(200);
    world.advance({ hours: 2 });
    expect(codeOf(await program.get('/api/conversations'))).toBe('not_signed_in');
    expect((await listed()).some(({ state }) => state === 'expired')).toBe(true);
  });
});
