import type { ErrorBody, Page, Session, SessionRules, SignedInSession } from '#contract';
import { FeedGateway } from '#realtime';
import type { ApiClient } from './api-client.js';
import { colleague } from './furnished.js';
import { houseRoutes } from './house-routes.js';
import { SocketClient, type SocketOptions } from './socket-client.js';
import { PASSWORD, type Tenant, World } from './world.js';

const codeOf = ({ body }: { body: unknown }) => (body as Partial<ErrorBody> | undefined)?.error?.code;
const CLOSED_WITHIN_MS = 5_000;

/** A session that nobody has a hand on can do nothing but be unlocked; and every session ends in time. */
describe('a session', () => {
  let world: World;
  let spaak: Tenant;
  let linden: Tenant;
  let mia: ApiClient;
  let email: string;
  let number = 0;
  const opened: SocketClient[] = [];

  beforeAll(async () => {
    world = await World.open();
    spaak = await world.tenant(0);
    linden = await world.tenant(1);
  });
  beforeEach(async () => {
    // Each of these signs in: more than one source may in a quarter of an hour.
    world.advance({ minutes: 16 });
    spaak = { ...spaak, owner: await world.signIn(spaak.ownerEmail) };
    email = `mia${String(++number)}@spaak-bikes.example`;
    mia = await colleague(world, spaak.owner, { email, name: 'Mia', role: 'agent' });
  });
  afterEach(async () => {
    for (const client of opened.splice(0)) client.close();
    await world.rows('update tenant set lock_after_minutes = null, session_idle_hours = 168, session_life_hours = 720');
  });
  afterAll(() => world.close());

  const rules = (change: Partial<SessionRules>) =>
    spaak.owner.put('/api/security/sessions/rules', { lockAfterMinutes: null, idleHours: 168, lifeHours: 720, ...change });
  const stateOf = async (client: ApiClient) => (await client.get<Session>('/api/session')).body.state;
  const unlock = (client: ApiClient, password = PASSWORD) => client.post<Session>('/api/session/unlock', { password });
  const open = (who: ApiClient, options: SocketOptions = {}) => {
    const client = new SocketClient(world.server.url, { cookie: who.sessionCookie, ...options });
    opened.push(client);
    return client.until(({ ready }) => ready);
  };

  describe('that is locked', () => {
    it('can do nothing on any route but say who it is, be unlocked and sign out', async () => {
      await mia.post('/api/session/lock', undefined);
      const open = new Set<string>();
      for (const { method, path, permission } of houseRoutes(world.server.app)) {
        if (permission === undefined || (method === 'DELETE' && path === '/api/session')) continue;
        const answer = await mia.request(method, path.replace(/:\w+/, 'nothing'), method === 'GET' ? undefined : []);
        if (codeOf(answer) !== 'session_locked') open.add(`${method} ${path}`);
      }
      expect([...open].sort()).toEqual([
        'GET /api/session',
        'POST /api/session/confirm/options',
        'POST /api/session/confirm/providers/:id',
        'POST /api/session/unlock',
      ]);
      expect((await mia.delete('/api/session')).status).toBe(204);
    });

    it('is opened by the password, under another token; the old one is worth nothing', async () => {
      await mia.post('/api/session/lock', undefined);
      const copied = mia.sessionCookie!;
      const { status, body } = await unlock(mia);
      expect([status, body.state]).toEqual([200, 'live']);
      expect(mia.sessionCookie).not.toBe(copied);
      expect((await mia.get('/api/conversations')).status).toBe(200);
      expect((await world.client().get('/api/session', { cookie: copied })).status).toBe(401);
    });

    it('stays locked for a wrong password, and guessing is slowed down', async () => {
      await mia.post('/api/session/lock', undefined);
      const answers = [];
      for (let n = 0; n < 12; n++) answers.push(await unlock(mia, 'not the password'));
      expect(codeOf(answers[0]!)).toBe('wrong_factor');
      expect(answers.at(-1)!.status).toBe(429);
      expect(await stateOf(mia)).toBe('locked');
      expect((await unlock(mia)).status).toBe(429);
    });

    it('loses its sockets at once, and gets none', async () => {
      const sockets = [await open(mia), await open(mia, { transport: 'polling' })];
      await Promise.all([...sockets.map((socket) => socket.untilClosed(CLOSED_WITHIN_MS)), mia.post('/api/session/lock', undefined)]);
      const refused = new SocketClient(world.server.url, { cookie: mia.sessionCookie });
      opened.push(refused);
      await refused.until(({ refusal }) => refusal === 'unauthenticated');
    });

    it('is the one that was locked: the agent’s other device goes on', async () => {
      const other = await world.signIn(email);
      await mia.post('/api/session/lock', undefined);
      expect([await stateOf(mia), await stateOf(other)]).toEqual(['locked', 'live']);
    });
  });

  describe('that is left alone', () => {
    it('locks itself after the tenant’s minutes, whatever its page asks for in the background', async () => {
      await rules({ lockAfterMinutes: 15 });
      for (let minute = 0; minute < 14; minute++) {
        world.advance({ minutes: 1 });
        expect((await mia.get('/api/conversations')).status).toBe(200);
      }
      world.advance({ minutes: 1, seconds: 1 });
      expect(codeOf(await mia.get('/api/conversations'))).toBe('session_locked');
    });

    it('closes its sockets by itself', async () => {
      await rules({ lockAfterMinutes: 1 });
      const socket = await open(mia);
      world.advance({ minutes: 1, seconds: 1 });
      await socket.untilClosed(CLOSED_WITHIN_MS + 500);
    });

    it('stays open as long as there is a hand on it', async () => {
      await rules({ lockAfterMinutes: 15 });
      for (let n = 0; n < 4; n++) {
        world.advance({ minutes: 14 });
        expect((await mia.post('/api/session/activity', undefined)).status).toBe(204);
      }
      expect(await stateOf(mia)).toBe('live');
    });

    it('cannot be brought back by saying that there is a hand on it, once it is locked', async () => {
      await rules({ lockAfterMinutes: 15 });
      world.advance({ minutes: 16 });
      expect(codeOf(await mia.post('/api/session/activity', undefined))).toBe('session_locked');
    });

    it('stays locked when the tenant gives more time, or stops locking', async () => {
      await rules({ lockAfterMinutes: 5 });
      world.advance({ minutes: 6 });
      const owner = await world.signIn(spaak.ownerEmail);
      await owner.put('/api/security/sessions/rules', { lockAfterMinutes: null, idleHours: 168, lifeHours: 720 });
      expect(await stateOf(mia)).toBe('locked');
      expect(await stateOf(owner)).toBe('live');
    });

    it('does not lock in a tenant that has switched that off, nor by another tenant’s rule', async () => {
      await linden.owner.put('/api/security/sessions/rules', { lockAfterMinutes: 1, idleHours: 1, lifeHours: 1 });
      world.advance({ hours: 2 });
      expect(await stateOf(mia)).toBe('live');
    });
  });

  describe('ends', () => {
    it('after the tenant’s hours without use', async () => {
      await rules({ idleHours: 2 });
      world.advance({ hours: 1, minutes: 50 });
      expect(await stateOf(mia)).toBe('live');
      world.advance({ hours: 2, minutes: 1 });
      expect((await mia.get('/api/session')).status).toBe(401);
    });

    it('after the tenant’s hours whatever is done, those that are open already too', async () => {
      for (let hour = 0; hour < 5; hour++) {
        world.advance({ hours: 1 });
        await mia.get('/api/session');
      }
      const owner = await world.signIn(spaak.ownerEmail);
      await owner.put('/api/security/sessions/rules', { lockAfterMinutes: null, idleHours: 168, lifeHours: 4 });
      expect((await mia.get('/api/session')).status).toBe(401);
    });

    it('after a week and a month at most', async () => {
      for (const wrong of [{ idleHours: 169 }, { lifeHours: 721 }, { lockAfterMinutes: 121 }, { lockAfterMinutes: 0 }, { idleHours: 0 }])
        expect((await rules(wrong)).status).toBe(400);
    });

    it('when an admin signs its agent out, with its sockets; the audit says who did that', async () => {
      const socket = await open(mia);
      const { items } = (await spaak.owner.get<Page<{ id: string; email: string }>>('/api/agents')).body;
      const { id } = items.find((agent) => agent.email === email)!;
      const sessions = await spaak.owner.get<Page<SignedInSession>>(`/api/agents/${id}/sessions`);
      expect(sessions.body.items).toHaveLength(1);
      expect(Object.keys(sessions.body.items[0]!).sort()).toEqual(['createdAt', 'current', 'device', 'id', 'lastSeenAt']);
      await Promise.all([socket.untilClosed(CLOSED_WITHIN_MS), spaak.owner.delete(`/api/agents/${id}/sessions`)]);
      expect((await mia.get('/api/session')).status).toBe(401);
      expect((await linden.owner.delete(`/api/agents/${id}/sessions`)).status).not.toBe(204);
      const [entry] = await world.rows<{ act: string }>("select entry::jsonb ->> 'act' as act from audit_entry order by seq desc limit 1");
      expect(entry).toEqual({ act: 'agent_sessions_ended' });
    });

    it('of an owner only when an owner says so', async () => {
      const admin = await colleague(world, spaak.owner, {
        email: `admin${String(number)}@spaak-bikes.example`,
        name: 'An Admin',
        role: 'admin',
      });
      const { agent } = (await spaak.owner.get<Session>('/api/session')).body;
      expect(codeOf(await admin.delete(`/api/agents/${agent.id}/sessions`))).toBe('owner_only');
      expect(await stateOf(spaak.owner)).toBe('live');
    });
  });

  it('goes on under another token once more was proved in it: the old one is worth nothing, its sockets stay', async () => {
    const sockets = [await open(mia), await open(mia, { transport: 'polling' })];
    const before = (await mia.get<Page<SignedInSession>>('/api/security/sessions')).body.items;
    const copied = mia.sessionCookie!;
    expect((await mia.post('/api/session/confirm', { password: 'not the password' })).status).toBe(401);
    expect(mia.sessionCookie).toBe(copied);
    const answer = await mia.post('/api/session/confirm', { password: PASSWORD });
    expect(answer.headers.getSetCookie()[0]).toMatch(/^omnidesk_session=[\w-]{64}; Max-Age=\d+; Path=\/; HttpOnly; SameSite=Lax$/);
    expect(mia.sessionCookie).not.toBe(copied);
    expect((await world.client().get('/api/session', { cookie: copied })).status).toBe(401);
    expect((await mia.get<Page<SignedInSession>>('/api/security/sessions')).body.items).toEqual(before);
    const refused = new SocketClient(world.server.url, { cookie: copied });
    opened.push(refused);
    await refused.until(({ refusal }) => refusal === 'unauthenticated');
    await world.get(FeedGateway).closeEnded();
    expect(sockets.map(({ isConnected }) => isConnected)).toEqual([true, true]);
  });

  it('gets another token at every sign-in, and a token that was set before is worth nothing', async () => {
    const set = `omnidesk_session=${'A'.repeat(64)}`;
    const client = world.client();
    const answer = await client.post('/api/session', { email, password: PASSWORD }, { cookie: set });
    const [cookie] = answer.headers.getSetCookie();
    expect(cookie).not.toContain('AAAAAAAA');
    expect(cookie).toMatch(/^omnidesk_session=[\w-]{64}; Max-Age=\d+; Path=\/; HttpOnly; SameSite=Lax$/);
    expect((await world.client().get('/api/session', { cookie: set })).status).toBe(401);
  });
});
