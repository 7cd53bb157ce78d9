import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import type { AddressList, Agent, ErrorBody, Invited, Page } from '#contract';
import { startServer } from '../apps/standalone/server.js';
import type { ApiClient } from './api-client.js';
import { askFrom, type ForwardingProxy, startForwardingProxy } from './forwarding-proxy.js';
import { colleague, tokenOf } from './furnished.js';
import { operator } from './operator-client.js';
import { until } from './killable-server.js';
import { SocketClient, type SocketOptions } from './socket-client.js';
import { PASSWORD, type Tenant, World } from './world.js';

const NOTED_MS_MAX = 5_000;
const OFFICE = '192.0.2.10';
const HOME = '198.51.100.20';
const CLOSED_WITHIN_MS = 5_000;
const codeOf = ({ body }: { body: unknown }) => (body as Partial<ErrorBody> | undefined)?.error?.code;

/** A tenant says from which networks it can be reached, and no door of it forgets that. */
describe('a tenant’s list of networks', () => {
  let world: World;
  let spaak: Tenant;
  let linden: Tenant;
  const opened: SocketClient[] = [];

  /** The same browser, elsewhere: what our proxy says of it. */
  const from = (client: ApiClient, address: string): ApiClient => {
    client.headers['x-forwarded-for'] = address;
    return client;
  };
  const list = (items: { range: string; note: string }[], more: object = {}) =>
    spaak.owner.put('/api/security/addresses', { items, ...more });
  const office = [{ range: '192.0.2.0/24', note: 'The office' }];
  const connect = (who: ApiClient, options: SocketOptions = {}, url = world.server.url) => {
    const client = new SocketClient(url, { cookie: who.sessionCookie, headers: { ...who.headers }, ...options });
    opened.push(client);
    return client;
  };

  beforeAll(async () => {
    world = await World.open({ TRUSTED_PROXIES: '127.0.0.1,127.0.1.0/24', SMTP_URL: 'smtp://127.0.0.1:9' });
    spaak = await world.tenant(0);
    linden = await world.tenant(1);
    from(spaak.owner, OFFICE);
    from(linden.owner, HOME);
  });
  afterEach(async () => {
    for (const client of opened.splice(0)) client.close();
    await world.rows('delete from allowed_range');
    await world.rows('update session set proved_at = $1', [world.clock.now()]);
  });
  afterAll(() => world.close());

  it('is empty at first, and lets everybody in', async () => {
    const { body } = await spaak.owner.get<AddressList>('/api/security/addresses');
    expect(body).toEqual({ items: [], you: { address: OFFICE, isListed: true } });
  });

  it('keeps networks in one form each, with what is there, and says whether whoever looks is on it', async () => {
    const { status, body } = await list([
      { range: '::ffff:192.0.2.99/120', note: 'The office' },
      { range: '192.0.2.10', note: 'This desk' },
      { range: '192.0.2.0/24', note: 'The office again' },
      { range: '2001:DB8::1/32', note: 'The other office' },
    ]);
    expect([status, body]).toEqual([
      200,
      {
        items: [
          { range: '192.0.2.0/24', note: 'The office again' },
          { range: '2001:db8::/32', note: 'The other office' },
          { range: '192.0.2.10/32', note: 'This desk' },
        ],
        you: { address: OFFICE, isListed: true },
      },
    ]);
    const seen = await world.rows<{ act: string }>("select entry::jsonb ->> 'act' as act from audit_entry order by seq desc limit 1");
    expect(seen).toEqual([{ act: 'addresses_changed' }]);
  });

  it('is refused with what is no network, field by field, and then nothing of it is kept', async () => {
    const answer = await list([...office, { range: '010.0.0.1', note: '' }, { range: 'fe80::1%eth0', note: '' }]);
    expect([answer.status, (answer.body as ErrorBody).error.fields!.map(({ path }) => path)]).toEqual([
      400,
      ['items.1.range', 'items.2.range'],
    ]);
    expect(await world.rows('select * from allowed_range')).toEqual([]);
    const tooMany = Array.from({ length: 201 }, (_, n) => ({ range: `192.0.2.${String(n)}`, note: '' }));
    expect((await list(tooMany)).status).toBe(400);
  });

  it('holds the whole internet only when that was meant', async () => {
    for (const range of ['0.0.0.0/0', '::/0', '::ffff:0.0.0.0/96'])
      expect(codeOf(await list([...office, { range, note: '' }]))).toBe('everywhere_unconfirmed');
    expect((await list([...office, { range: '0.0.0.0/0', note: '' }], { everywhere: true })).status).toBe(200);
  });

  it('needs a factor proved a moment ago', async () => {
    await world.rows("update session set proved_at = proved_at - interval '11 minutes'");
    expect(codeOf(await spaak.owner.unattended(() => list(office)))).toBe('fresh_factor_required');
  });

  it('leaves out whoever sends it only when that was meant; the other admins are told by a job', async () => {
    const elsewhere = [{ range: HOME, note: 'Home' }];
    await colleague(world, spaak.owner, { email: 'admin@spaak-bikes.example', name: 'An Admin', role: 'admin' });
    const { body: agents } = await spaak.owner.get<Page<Agent>>('/api/agents');
    const { id: otherAdmin } = agents.items.find(({ role }) => role === 'admin')!;
    const refused = await list(elsewhere);
    expect([refused.status, codeOf(refused)]).toEqual([409, 'locks_you_out']);
    expect((await spaak.owner.get('/api/session')).status).toBe(200);
    expect((await list(elsewhere, { lockOut: true })).status).toBe(200);
    expect(codeOf(await spaak.owner.get('/api/session'))).toBe('address_not_allowed');
    const jobs = await world.rows<{ agent: string }>(
      "select payload ->> 'agentId' as agent from graphile_worker._private_jobs where payload ->> 'kind' = 'networks_changed'",
    );
    expect(jobs).toEqual([{ agent: otherAdmin }]);
  });

  it('can be emptied by the operator, who is named in the tenant’s audit', async () => {
    await list([{ range: HOME, note: '' }], { lockOut: true });
    const boss = await operator(world);
    expect((await boss.delete(`/operator/api/tenants/${spaak.id}/addresses`)).status).toBe(204);
    expect((await spaak.owner.get('/api/session')).status).toBe(200);
    const [last] = await world.rows<{ entry: { act: string; by: object } }>(
      'select entry::jsonb as entry from audit_entry order by seq desc limit 1',
    );
    expect(last!.entry).toMatchObject({ act: 'addresses_cleared', by: { kind: 'operator', id: boss.operatorId } });
    expect((await boss.delete(`/operator/api/tenants/${randomUUID()}/addresses`)).status).toBe(404);
  });

  it('is about one tenant: the other’s people come and go as before', async () => {
    await list(office);
    expect((await linden.owner.get('/api/session')).status).toBe(200);
    expect((await linden.owner.get<AddressList>('/api/security/addresses')).body.items).toEqual([]);
  });

  describe('holds', () => {
    beforeEach(() => list(office));

    it('for signing in, and says so only to whoever has the right password', async () => {
      const signIn = (client: ApiClient, password: string) => client.post('/api/session', { email: spaak.ownerEmail, password });
      const atHome = from(world.client(), HOME);
      const wrong = await signIn(atHome, 'not the password');
      const right = await signIn(atHome, PASSWORD);
      expect([wrong.status, codeOf(wrong), right.status, codeOf(right)]).toEqual([401, 'bad_credentials', 403, 'address_not_allowed']);
      expect(right.headers.getSetCookie()).toEqual([]);
      expect((await signIn(from(world.client(), OFFICE), PASSWORD)).status).toBe(200);
    });

    it('for accepting an invitation, which can then still be used from inside', async () => {
      const invitee = { email: 'new@spaak-bikes.example', name: 'New', role: 'agent' };
      const { inviteUrl } = (await spaak.owner.post<Invited>('/api/agents', invitee)).body;
      const body = { token: tokenOf(inviteUrl), name: 'New', password: PASSWORD };
      const refused = await from(world.client(), HOME).post('/api/invitations/accept', body);
      expect([refused.status, codeOf(refused), refused.headers.getSetCookie()]).toEqual([403, 'address_not_allowed', []]);
      expect((await from(world.client(), OFFICE).post('/api/invitations/accept', body)).status).toBe(200);
    });

    it('for every request of a session that goes elsewhere, and it works again when it comes back', async () => {
      const client = from(world.client(), OFFICE);
      await client.post('/api/session', { email: spaak.ownerEmail, password: PASSWORD });
      for (const path of ['/api/session', '/api/conversations', '/api/agents']) {
        expect(codeOf(await from(client, HOME).get(path))).toBe('address_not_allowed');
        expect((await from(client, OFFICE).get(path)).status).toBe(200);
      }
    });

    it.each(['websocket', 'polling'] as const)('for a socket over %s, when it comes', async (transport) => {
      // Of one who keeps trying, a line a minute is enough.
      world.advance({ minutes: 2 });
      const { headers } = from(world.client(), HOME);
      const client = await connect(spaak.owner, { transport, headers }).until(({ refusal }) => refusal);
      expect(client.refusal).toBe('address_not_allowed');
      const noted = "select 1 from audit_entry where act = 'address_refused' and entry::jsonb -> 'facts' ->> 'route' = '/socket.io'";
      await until('the refusal is in the audit', NOTED_MS_MAX, async () => (await world.rows(noted)).length > 0);
      await connect(spaak.owner, { transport }).until(({ ready }) => ready);
    });
  });

  it.each(['websocket', 'polling'] as const)('closes an open socket over %s at once when it leaves it out', async (transport) => {
    const client = await connect(spaak.owner, { transport }).until(({ ready }) => ready);
    const [closedAfterMs] = await Promise.all([client.untilClosed(CLOSED_WITHIN_MS), list([{ range: HOME, note: '' }], { lockOut: true })]);
    expect(closedAfterMs).toBeLessThan(3_000);
  });

  it('is whole although two admins save at the same moment', async () => {
    const other = [{ range: '192.0.2.10', note: 'One desk' }];
    await Promise.all(Array.from({ length: 10 }, (_, n) => list(n % 2 === 0 ? office : other)));
    const kept = await world.rows<{ range: string }>('select range from allowed_range');
    expect(kept).toHaveLength(1);
  });

  describe('behind real proxies', () => {
    let inner: ForwardingProxy;
    let outer: ForwardingProxy;
    let port: number;
    let cookie: string;
    beforeAll(async () => {
      port = Number(new URL(world.server.url).port);
      inner = await startForwardingProxy('127.0.1.1', { host: '127.0.0.1', port });
      outer = await startForwardingProxy('127.0.1.2', { host: '127.0.1.1', port: inner.port });
      cookie = spaak.owner.sessionCookie!;
    });
    afterAll(() => Promise.all([inner.close(), outer.close()]));

    const ways = () => [{ port }, { host: '127.0.1.1', port: inner.port }, { host: '127.0.1.2', port: outer.port }];
    const path = '/api/security/addresses';

    it('knows who came to them, however many there are', async () => {
      for (const way of ways()) expect((await askFrom('127.0.0.7', { ...way, path }, { cookie })).body.you?.address).toBe('127.0.0.7');
    });

    it.each([
      ['one more address before', { 'x-forwarded-for': OFFICE }],
      ['many', { 'x-forwarded-for': `${OFFICE}, ${OFFICE},,${OFFICE}` }],
      ['two headers', { 'x-forwarded-for': [OFFICE, OFFICE] }],
      ['a port', { 'x-forwarded-for': `${OFFICE}:443` }],
      ['nonsense', { 'x-forwarded-for': 'unknown, _hidden, "[::1]"' }],
      [
        'other headers',
        { 'x-real-ip': OFFICE, forwarded: `for=${OFFICE}`, 'true-client-ip': OFFICE, 'x-client-ip': OFFICE, 'cf-connecting-ip': OFFICE },
      ],
      ['octal numbers', { 'x-forwarded-for': '0300.0.2.012' }],
    ])('believes nobody who says to come from elsewhere with %s', async (_, headers) => {
      await list(office);
      for (const way of ways()) {
        const { status, body } = await askFrom('127.0.0.7', { ...way, path }, { cookie, ...headers });
        expect([status, body.error?.code]).toEqual([403, 'address_not_allowed']);
      }
    });

    it('believes a proxy that nobody has named no more than anybody else', async () => {
      const stranger = await startForwardingProxy('127.0.2.1', { host: '127.0.0.1', port });
      try {
        await list([{ range: '127.0.0.7', note: '' }, ...office]);
        const asked = await askFrom('127.0.0.7', { host: '127.0.2.1', port: stranger.port, path }, { cookie });
        expect(asked.body.error?.code).toBe('address_not_allowed');
      } finally {
        await stranger.close();
      }
    });
  });

  it('is walled: another tenant’s statements see none of it', async () => {
    await list(office);
    const app = new Client(world.database.urls.app);
    await app.connect();
    try {
      expect((await app.query('select * from allowed_range')).rows).toEqual([]);
    } finally {
      await app.end();
    }
  });

  // Last: a second server in this process takes Passport over.
  it('closes the sockets in another process within five seconds', async () => {
    const { config, database, clock, log } = world;
    const other = await startServer({ config, databaseUrls: database.urls, clock, log });
    try {
      const client = await connect(spaak.owner, {}, other.url).until(({ ready }) => ready);
      await Promise.all([client.untilClosed(CLOSED_WITHIN_MS + 500), list([{ range: HOME, note: '' }], { lockOut: true })]);
    } finally {
      for (const client of opened) client.close();
      await other.close();
    }
  });
});
