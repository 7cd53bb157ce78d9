import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import type { z } from 'zod';
import * as contract from '#contract';
import { type Permission, PERMISSIONS } from '#accounts';
import { isUuid, JSON_BODY_BYTES_MAX } from '#platform';
import type { Answer, ApiClient } from './api-client.js';
import { colleague, type Furnished, furnish } from './furnished.js';
import { type HouseRoute, houseRoutes, routesListening } from './house-routes.js';
import { SocketClient } from './socket-client.js';
import { PASSWORD, World } from './world.js';

const FOREIGN = 'https://elsewhere.example';

/**
 * The shape of every answer to a GET, by route. A new route without a shape here fails the test that reads this. `elsewhere`: what it
 * shows has to be made first, in a test of its own.
 */
const ANSWERS: Record<string, z.ZodType | 'bytes' | 'html' | 'text' | 'redirect' | 'elsewhere'> = {
  '/api/audit': contract.pageOf(contract.AuditEntry),
  '/api/audit/export': 'text',
  '/api/agents': contract.pageOf(contract.Agent),
  '/api/agents/:id/sessions': contract.pageOf(contract.SignedInSession),
  '/api/api-keys': contract.ApiKeys,
  '/api/attachments/:id': 'bytes',
  '/api/connections': contract.pageOf(contract.Connection),
  '/api/connections/:id/doctor': contract.Doctor,
  '/api/connections/:id/sweeps': contract.pageOf(contract.Sweep),
  '/api/connections/email/callback': 'redirect',
  '/api/connections/email/login/:provider': 'elsewhere',
  '/api/connections/email/logins/:loginId': 'elsewhere',
  '/api/connections/messenger/callback': 'redirect',
  '/api/connections/messenger/login': 'redirect',
  '/api/connections/messenger/logins/:loginId': 'elsewhere',
  '/api/contacts/:id': contract.Contact,
  '/api/contacts/:id/picture': 'bytes',
  '/api/conversations': contract.pageOf(contract.ConversationRow),
  '/api/conversations/:id': contract.Conversation,
  '/api/conversations/:id/messages': contract.pageOf(contract.Message),
  '/api/conversations/counts': contract.ConversationCounts,
  '/api/factors': contract.Factors,
  '/api/factors/identities': contract.pageOf(contract.OwnIdentity),
  '/api/messages/:id/html': 'html',
  '/api/operator-grants': contract.pageOf(contract.OperatorGrant),
  '/api/messages/:id/unsent': contract.UnsentText,
  '/api/policies/recording': contract.RecordingPolicies,
  '/api/policies/retention': contract.RetentionPolicies,
  '/api/quarantine': contract.pageOf(contract.QuarantinedDelivery),
  '/api/quarantine/:id/raw': 'text',
  '/api/security/addresses': contract.AddressList,
  '/api/security/identity-providers': contract.pageOf(contract.IdentityProvider),
  '/api/security/sessions/rules': contract.SessionRules,
  '/api/roles': contract.Roles,
  '/api/teams': contract.pageOf(contract.Team),
  '/api/security': contract.Security,
  '/api/security/second-factors': contract.pageOf(contract.SecondFactorOf),
  '/api/security/sessions': contract.pageOf(contract.SignedInSession),
  '/api/session': contract.Session,
  '/api/session/single-sign-on/:key': 'elsewhere',
  '/api/setup': contract.SetupState,
  '/api/suppressions': contract.pageOf(contract.Suppression),
  '/deletion/:code': 'html',
  '/healthz': 'text',
  '/readyz': 'text',
  '/webhooks/messenger': 'text',
};

/** A body that each writing route would act on, so that a refusal is not the body's fault. */
const BODIES: Record<string, unknown> = {
  'POST /api/agents': { email: 'new@person.example', name: 'New', role: 'agent' },
  'PATCH /api/agents/:id': { state: 'deactivated' },
  'POST /api/connections/messenger': { pageId: '12345', pageToken: 'token' },
  'PATCH /api/connections/:id': { comments: false },
  'POST /api/connections/messenger/logins/:loginId/pages': { pages: [{ pageId: '12345' }] },
  'POST /api/connections/email': { address: 'another@mailbox.example' },
  'POST /api/connections/email/guess': { address: 'another@gmail.com' },
  'POST /api/connections/email/folders': { imap: { url: 'imaps://a:b@mail.example' } },
  'PATCH /api/connections/:id/mailbox': { signature: 'not yours to sign' },
  'PATCH /api/conversations/:id': { status: 'closed' },
  'POST /api/connections/:id/sweeps': { kind: 'gap', days: 1 },
  'POST /api/conversations/:id/private-replies': { messageId: randomUUID(), text: 'not yours to answer' },
  'POST /api/conversations/:id/typing': { on: true },
  'PATCH /api/messages/:id': { hidden: true },
  'POST /api/conversations/:id/replies': { text: 'not yours to say' },
  'POST /api/conversations/:id/forward': { messageId: randomUUID(), to: ['somebody@elsewhere.example'] },
  'POST /api/conversations/:id/merge': { intoId: randomUUID() },
  'POST /api/conversations/:id/notes': { text: 'not yours to note' },
  'POST /api/operator-grants': { reason: 'not yours to grant', hours: 1 },
  'POST /api/api-keys': { name: 'not yours to make', permissions: ['conversation:read'] },
  'PUT /api/security/addresses': { items: [], lockOut: true },
  'PUT /api/security/sessions/rules': { lockAfterMinutes: null, idleHours: 1, lifeHours: 1 },
  'POST /api/security/identity-providers': { name: 'Another', issuer: 'https://elsewhere.example', clientId: 'x' },
  'PATCH /api/security/identity-providers/:id': { name: 'Not yours to name' },
  'POST /api/roles': { name: 'Another', permissions: [] },
  'PATCH /api/roles/:id': { name: 'Not yours to name' },
  'POST /api/teams': { name: 'Another', agentIds: [], connectionIds: [] },
  'PATCH /api/teams/:id': { name: 'Not yours to name' },
  'PATCH /api/factors/passkeys/:id': { name: 'not yours to name' },
  'PATCH /api/profile': { name: 'Somebody Else' },
};

/** Every door of the house, and what it says to each who knocks. */
describe('the doors', () => {
  let world: World;
  let spaak: Furnished;
  let linden: Furnished;
  let routes: HouseRoute[];
  let api: HouseRoute[];

  beforeAll(async () => {
    world = await World.open();
    spaak = await furnish(world, await world.tenant(0));
    linden = await furnish(world, await world.tenant(1));
    routes = houseRoutes(world.server.app);
    api = routes.filter((route) => route.permission !== undefined);
  });
  afterAll(() => world.close());

  const nameOf = ({ method, path }: HouseRoute) => `${method} ${path}`;
  const isWrite = ({ method }: HouseRoute) => method !== 'GET';
  const idFor = (path: string, whose = spaak): string => {
    const [, noun] = /^\/api\/(?:security\/|factors\/|session\/confirm\/)?([\w-]+)\/:id/.exec(path) ?? [];
    const {
      agent,
      connection,
      contact,
      conversation,
      attachment,
      htmlMessage,
      session,
      suppression,
      setAside,
      passkey,
      role,
      team,
      apiKey,
      identityProvider,
      grant,
    } = whose.ids;
    const ids: Record<string, string> = {
      agents: agent,
      connections: connection,
      contacts: contact,
      conversations: conversation,
      attachments: attachment,
      messages: htmlMessage,
      sessions: session,
      suppressions: suppression,
      quarantine: setAside,
      'operator-grants': grant,
      'api-keys': apiKey,
      'identity-providers': identityProvider,
      identities: identityProvider,
      providers: identityProvider,
      roles: role,
      teams: team,
      passkeys: passkey,
    };
    const id = path.endsWith('/unsent') ? whose.ids.unsentMessage : ids[noun ?? ''];
    if (id === undefined) throw new Error(`which id does ${path} take?`);
    return id;
  };
  const knock = (client: ApiClient, route: HouseRoute, id: string, headers: Record<string, string> = {}): Promise<Answer> =>
    client.request(
      route.method,
      route.path.replace(/:\w+/, id),
      isWrite(route) && route.method !== 'DELETE' ? (BODIES[nameOf(route)] ?? {}) : undefined,
      headers,
    );

  /**
   * Everything that is stored, as one value. A refused request may leave two things: when its session was last seen, and that it was
   * refused, in the audit.
   */
  const stored = async () => {
    const tables = await world.rows<{ name: string }>(
      `select relname as name from pg_class
       where relnamespace = 'public'::regnamespace and relkind = 'r' and relname !~ '^(installation_)?audit_' order by 1`,
    );
    const all: object[] = [];
    for (const { name } of tables) {
      const columns = name === 'session' ? "to_jsonb(t) - 'last_seen_at'" : 'to_jsonb(t)';
      const [row] = await world.rows(
        `select count(*)::int as rows, md5(string_agg((${columns})::text, ' ' order by t::text)) as digest from ${name} t`,
      );
      all.push({ name, ...row });
    }
    const [jobs] = await world.rows('select count(*)::int as jobs from graphile_worker._private_jobs');
    return [...all, jobs];
  };
  /** The permissions for which the audit says that this agent was refused so. */
  const written = async (act: contract.AuditAct, agentId: string) => {
    const { body } = await spaak.owner.get<contract.Page<contract.AuditEntry>>(`/api/audit?act=${act}&by=${agentId}&limit=100`);
    return new Set(body.items.map(({ facts }) => facts['permission']));
  };
  const writingNothing = async <T>(work: () => Promise<T>): Promise<T> => {
    const before = await stored();
    const result = await work();
    expect(await stored()).toEqual(before);
    return result;
  };

  describe('are all known', () => {
    it('and each is either open to somebody by name or asks for one permission', () => {
      expect(routes.length).toBeGreaterThan(30);
      for (const route of routes) {
        const named = [route.openTo, route.permission].filter((one) => one !== undefined);
        expect({ route: nameOf(route), named: named.length }).toEqual({ route: nameOf(route), named: 1 });
        if (route.permission) expect(Object.keys(PERMISSIONS)).toContain(route.permission);
      }
    });

    it('and the server beneath answers at no other address, but for the web app’s files', () => {
      const declared = new Set(routes.map(nameOf));
      expect(new Set(routesListening(world.server.app))).toEqual(new Set([...declared, 'GET *']));
    });
  });

  describe('without a session', () => {
    it('answer nobody where a permission is asked, and nothing is written', async () => {
      await writingNothing(async () => {
        for (const route of api) {
          const answer = await knock(world.client(), route, randomUUID());
          expect({ route: nameOf(route), status: answer.status, body: answer.body }).toMatchObject({
            route: nameOf(route),
            status: 401,
            body: { error: { code: 'not_signed_in' } },
          });
        }
      });
    });

    it.each(['', 'x', 'A'.repeat(64), 'A'.repeat(5000), '%00', 'a b', '"', '../../etc'])(
      'answer nobody with the cookie %j',
      async (cookie) => {
        const answer = await world.client().get('/api/conversations', { cookie: `omnidesk_session=${cookie}` });
        expect(answer.status).toBe(401);
      },
    );

    it('answer no HEAD either, and no address that only looks like theirs', async () => {
      const head = await world.client().request('HEAD', '/api/conversations');
      expect(head.status).toBe(401);
      for (const path of [
        '/api//conversations',
        '/API/conversations',
        '/api/conversations/',
        '/api/./conversations',
        '/%61pi/conversations',
        '/api/conversations;x',
      ]) {
        const { body } = await world.client().get(path);
        expect(body).not.toHaveProperty('items');
      }
    });
  });

  describe('by role', () => {
    it.each(contract.AgentRole.options)(
      'do for the %s what the table of permissions says, and write nothing when they refuse',
      async (role) => {
        const email = `matrix-${role}@spaak-bikes.example`;
        let client = await colleague(world, spaak.owner, { email, name: 'Tries All', role });
        await client.confirm(PASSWORD);
        for (const route of api) {
          // Some routes end or lock the session of who calls them.
          if ((await client.get<contract.Session>('/api/session')).body.state !== 'live') {
            client = await world.signIn(email);
            await client.confirm(PASSWORD);
          }
          // An id of nothing and a body of nothing: whoever is let in does no harm.
          const knocked = () => client.request(route.method, route.path.replace(/:\w+/, randomUUID()), isWrite(route) ? [] : undefined);
          const allowed = (PERMISSIONS[route.permission!] as readonly string[]).includes(role);
          const { status, body } = allowed ? await knocked() : await writingNothing(knocked);
          const refusal = (body as { error?: { code: string } } | null)?.error?.code;
          const verdict = { route: nameOf(route), refused: status === 401 || status === 403, refusal: allowed ? undefined : refusal };
          expect(verdict).toEqual({ route: nameOf(route), refused: !allowed, refusal: allowed ? undefined : 'forbidden' });
          expect(status).toBeLessThan(500);
        }
        const isRefused = (permission: Permission) => !(PERMISSIONS[permission] as readonly string[]).includes(role);
        const refused = new Set(api.map(({ permission }) => permission!).filter(isRefused));
        const themselves = await world.signIn(`matrix-${role}@spaak-bikes.example`);
        const { agent } = (await themselves.get<contract.Session>('/api/session')).body;
        expect(await written('request_forbidden', agent.id)).toEqual(refused);
      },
    );
  });

  describe('by permission', () => {
    const names = Object.keys(PERMISSIONS) as Permission[];
    const roles: [string, readonly Permission[]][] = [
      ...contract.AgentRole.options.map((role): [string, Permission[]] => {
        return [role, names.filter((name) => (PERMISSIONS[name] as readonly string[]).includes(role))];
      }),
      ...names.filter((name) => name !== 'session:own').map((name): [string, Permission[]] => [`role with ${name}`, ['session:own', name]]),
    ];
    /** What hangs on a page or a mailbox; all of both are given to a team. */
    const HIDDEN = /^\/api\/(?:attachments|connections|contacts|conversations|messages|quarantine|suppressions)\/:id/;

    const nobodyElses = async () => {
      const connections = (await spaak.owner.get<{ items: { id: string }[] }>('/api/connections')).body.items;
      await spaak.owner.patch(`/api/teams/${spaak.ids.team}`, { connectionIds: connections.map(({ id }) => id) });
    };
    beforeAll(nobodyElses);
    afterAll(() => spaak.owner.patch(`/api/teams/${spaak.ids.team}`, { connectionIds: [spaak.connectionId] }));

    const comer = async (title: string, permissions: readonly Permission[]) => {
      const email = `${title.replaceAll(/\W+/g, '-')}@permissions.example`;
      const isShipped = contract.AgentRole.safeParse(title).success;
      const choice = permissions.filter((name) => name !== 'session:own');
      const own = isShipped ? null : (await spaak.owner.post<{ id: string }>('/api/roles', { name: title, permissions: choice })).body.id;
      return colleague(world, spaak.owner, { email, name: title, role: isShipped ? (title as contract.AgentRole) : 'custom', roleId: own });
    };

    it.each(roles)(
      'give the %s what the table says, and of what is hidden or another’s not even that it is there',
      async (title, permissions) => {
        const client = await comer(title, permissions);
        await client.confirm(PASSWORD);
        const isAllowed = (route: HouseRoute) => permissions.includes(route.permission!);
        await writingNothing(async () => {
          for (const route of api.filter((one) => !isAllowed(one))) {
            for (const id of route.path.includes(':id') ? [idFor(route.path), idFor(route.path, linden), randomUUID()] : [randomUUID()]) {
              const { status, body } = await knock(client, route, id);
              expect({ route: nameOf(route), id, status, body }).toMatchObject({ status: 403, body: { error: { code: 'forbidden' } } });
            }
          }
          for (const route of api.filter((one) => isAllowed(one) && one.path.includes(':id'))) {
            const nothing = await knock(client, route, randomUUID());
            const isHidden = HIDDEN.test(route.path) && !permissions.includes('connection:manage');
            for (const id of [idFor(route.path, linden), ...(isHidden ? [idFor(route.path)] : [])]) {
              const { status, body } = await knock(client, route, id);
              expect({ route: nameOf(route), id, status, body }).toEqual({ route: nameOf(route), id, status: 404, body: nothing.body });
            }
          }
        });
        const socket = new SocketClient(world.server.url, { cookie: client.sessionCookie });
        await socket.until(({ ready }) => ready);
        socket.close();
      },
    );
  });

  describe('with an id of another tenant', () => {
    it('answer word for word as for an id of nothing, and write nothing', async () => {
      await linden.owner.confirm(PASSWORD);
      const withId = api.filter(({ path }) => path.includes(':id'));
      expect(withId.length).toBeGreaterThan(10);
      await writingNothing(async () => {
        for (const route of withId) {
          const theirs = await knock(linden.owner, route, idFor(route.path));
          const nothing = await knock(linden.owner, route, randomUUID());
          expect({ route: nameOf(route), status: theirs.status, body: theirs.body }).toEqual({
            route: nameOf(route),
            status: 404,
            body: nothing.body,
          });
          expect(nothing.status).toBe(404);
          expect([...theirs.headers.keys()]).toEqual([...nothing.headers.keys()]);
        }
      });
      const { body } = await linden.owner.get<contract.Page<contract.AuditEntry>>('/api/audit?act=unknown_id_asked&limit=100');
      const written = new Set(body.items.map(({ facts }) => facts['permission']));
      expect(written).toEqual(new Set(withId.map(({ permission }) => permission)));
    });

    it('let its own tenant in with the same ids, so the refusal was about whose they are', async () => {
      for (const route of api.filter(({ path, method }) => method === 'GET' && path.includes(':id'))) {
        const { status } = await knock(spaak.owner, route, idFor(route.path));
        expect({ route: nameOf(route), status }).toEqual({ route: nameOf(route), status: 200 });
      }
    });

    it('give a conversation to nobody of another tenant, whichever route is asked', async () => {
      const answer = await writingNothing(() =>
        spaak.owner.patch(`/api/conversations/${spaak.ids.conversation}`, { assigneeId: linden.ids.agent }),
      );
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
    });

    it('list and count only the own tenant’s', async () => {
      for (const route of api.filter(({ path, method }) => method === 'GET' && !path.includes(':id'))) {
        // What they asked for themselves they may read of: the audit says that it was not there.
        if (route.path === '/api/audit/export') continue;
        const path = route.path === '/api/audit' ? '/api/audit?act=signed_in' : route.path;
        const { body } = await linden.owner.get(path);
        const text = JSON.stringify(body);
        // A delivery's id is a small number, which may stand anywhere; as an id it stands between quotation marks.
        const ids = Object.values(spaak.ids).map((id) => (isUuid(id) ? id : `"${id}"`));
        for (const secret of [spaak.id, 'Spaak', ...ids]) expect(text).not.toContain(secret);
      }
      expect((await linden.owner.get('/api/conversations/counts')).body).toMatchObject({ all: 3 });
    });

    it.each(['assigneeId', 'cursor'])('cannot be asked about through the %s of a list', async (parameter) => {
      const { body } = await spaak.owner.get<{ nextCursor: string }>('/api/conversations?limit=1');
      const value = parameter === 'cursor' ? body.nextCursor : spaak.ids.agent;
      const answer = await linden.owner.get(`/api/conversations?${parameter}=${encodeURIComponent(value)}`);
      expect(answer.status).toBeLessThan(500);
      expect(JSON.stringify(answer.body)).not.toContain('Spaak');
    });
  });

  it('let an agent end no session of a colleague', async () => {
    const answer = await writingNothing(() => spaak.agent.delete(`/api/security/sessions/${spaak.ids.session}`));
    expect(answer.status).toBe(404);
  });

  describe('for a page of another site, which can send the agent’s cookie', () => {
    const signs = [
      ['its origin', { origin: FOREIGN }],
      ['an origin of nowhere', { origin: 'null' }],
      ['an origin that begins like ours', { origin: 'http://127.0.0.1.elsewhere.example' }],
      ['the browser’s word', { 'sec-fetch-site': 'cross-site' }],
      ['the browser’s word for a neighbour', { 'sec-fetch-site': 'same-site' }],
      ['both', { origin: FOREIGN, 'sec-fetch-site': 'cross-site' }],
    ] as const;

    it.each(signs)('refuse every change that shows %s, and write nothing', async (_, headers) => {
      await writingNothing(async () => {
        for (const route of routes.filter(isWrite).filter(({ path }) => !path.startsWith('/webhooks/'))) {
          const answer = await knock(spaak.owner, route, route.path.includes(':id') ? idFor(route.path) : randomUUID(), headers);
          expect({ route: nameOf(route), status: answer.status, body: answer.body }).toMatchObject({
            route: nameOf(route),
            status: 403,
            body: { error: { code: 'foreign_origin' } },
          });
        }
      });
      const [row] = await world.rows<{ count: number }>(
        "select count(*)::int as count from installation_audit_entry where act = 'foreign_origin_refused'",
      );
      expect(row!.count).toBeGreaterThan(10);
    });

    it('serve our own pages', async () => {
      const origin = world.server.url;
      const answer = await spaak.owner.post(`/api/conversations/${spaak.ids.conversation}/seen`, undefined, {
        origin,
        'sec-fetch-site': 'same-origin',
      });
      expect(answer.status).toBe(204);
    });

    it('tell no other origin that it may read', async () => {
      const preflight = await spaak.owner.request('OPTIONS', '/api/conversations', undefined, {
        origin: FOREIGN,
        'access-control-request-method': 'GET',
      });
      const read = await spaak.owner.get('/api/conversations', { origin: FOREIGN });
      for (const { headers } of [preflight, read])
        expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    });
  });

  describe('with what is not understood', () => {
    const send = (body: string | Buffer | ReadableStream, headers: Record<string, string>, path = '/api/session') =>
      fetch(world.server.url + path, { method: 'POST', headers, body, duplex: 'half' });
    const json = { 'content-type': 'application/json' };

    it.each([
      ['broken', '{"email":', json, 400],
      ['not an object', '"text"', json, 400],
      ['a list', '[]', json, 400],
      ['null', 'null', json, 400],
      ['nothing', '', json, 400],
      ['half of a character', Buffer.from([0x7b, 0xc3, 0x7d]), json, 400],
      ['of another type', 'email=a', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
      ['text', '{}', { 'content-type': 'text/plain' }, 415],
      ['of no sensible type', '{}', { 'content-type': 'application/jsonp' }, 415],
      ['larger than is read', `{"email":"${'a'.repeat(JSON_BODY_BYTES_MAX)}"}`, json, 413],
    ])('answer a body that is %s in the one error shape', async (_, body, headers, status) => {
      const answer = await writingNothing(() => send(body, headers));
      expect(answer.status).toBe(status);
      expect(contract.ErrorBody.parse(await answer.json()).error.code).toMatch(/^[a-z_]+$/);
    });

    it('stop reading a body that did not say how large it is', async () => {
      const chunk = Buffer.alloc(64 * 1024, 'a');
      let sent = 0;
      const endless = new ReadableStream({
        pull: (controller) => {
          sent += chunk.length;
          if (sent > 64 * JSON_BODY_BYTES_MAX) controller.close();
          else controller.enqueue(chunk);
        },
      });
      // It may hang up before it has said why: what matters is that it does not take it all.
      const status = await send(endless, json).then(
        (answer) => answer.status,
        () => 'hung up',
      );
      expect([413, 'hung up']).toContain(status);
      expect(sent).toBeLessThan(64 * JSON_BODY_BYTES_MAX);
    });

    it('let a body change no prototype', async () => {
      const body = '{"__proto__":{"isPolluted":true},"constructor":{"prototype":{"isPolluted":true}},"name":"The Owner","locale":"en"}';
      const answer = await fetch(`${world.server.url}/api/profile`, {
        method: 'PATCH',
        headers: { ...json, cookie: spaak.owner.sessionCookie! },
        body,
      });
      expect(answer.status).toBe(200);
      expect(JSON.stringify(await answer.json())).not.toContain('isPolluted');
      expect(({} as { isPolluted?: boolean }).isPolluted).toBeUndefined();
    });

    it('name each field that is wrong, and never repeat what was in it', async () => {
      const answer = await world.client().post('/api/setup', { tenantName: '', name: 7, email: 'canary-4711', password: 'canary-9' });
      expect(answer.status).toBe(400);
      const { error } = contract.ErrorBody.parse(answer.body);
      expect(error.fields!.map(({ path }) => path).sort()).toEqual(['email', 'name', 'password', 'tenantName']);
      expect(JSON.stringify(answer.body)).not.toContain('canary');
    });

    it('refuse a type that is not the one they ask for, wherever an object or a list would confuse', async () => {
      for (const wrong of [{ $gt: '' }, ['a'], true, 7, null]) {
        for (const field of ['email', 'password']) {
          const answer = await world.client().post('/api/session', { email: 'a@b.example', password: 'x', [field]: wrong });
          expect(answer.status).toBe(400);
        }
      }
    });

    it('say 404 at an address that is not there, as JSON, whatever the method', async () => {
      for (const [method, path] of [
        ['GET', '/api/nothing'],
        ['POST', '/api/nothing'],
        ['PUT', '/api/agents'],
        ['DELETE', '/'],
        ['GET', '/webhooks/nothing'],
      ] as const) {
        const answer = await world.client().request(method, path);
        expect({ path, status: answer.status }).toEqual({ path, status: 404 });
        expect(contract.ErrorBody.parse(answer.body).error.code).toBe('not_found');
      }
    });

    it('never break on an odd address or question', async () => {
      const part = fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.constantFrom('..', '%00', "' or 1=1", 'a'.repeat(600)));
      const question = fc.dictionary(fc.constantFrom('limit', 'cursor', 'view', 'status', 'channel', 'assigneeId', '__proto__'), part);
      const address = fc.constantFrom('', '/', '/messages');
      await fc.assert(
        fc.asyncProperty(part, address, question, async (id, rest, asked) => {
          const path = `/api/conversations/${encodeURIComponent(id.toWellFormed())}${rest}`;
          const query = new URLSearchParams(Object.entries(asked)).toString();
          for (const one of [`${path}?${query}`, `/api/conversations?${query}`, `/api/contacts/${encodeURIComponent(id.toWellFormed())}`]) {
            const { status } = await spaak.owner.get(one);
            expect(status).toBeLessThan(500);
          }
        }),
        { numRuns: 60 },
      );
    });

    it.each([
      '/api/contacts/%E0%A4%A',
      '/api/contacts/%00',
      '/%',
      '/api/conversations?limit=1&limit=2',
      `/api/contacts/${'a'.repeat(600)}`,
    ])('answer %s without breaking', async (path) => {
      const { status, body } = await spaak.owner.get(path);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
      contract.ErrorBody.parse(body);
    });
  });

  describe('say in each answer', () => {
    it('that nobody keeps what the API says, files neither', async () => {
      for (const route of api.filter(({ method }) => method === 'GET')) {
        const { headers } = await knock(spaak.owner, route, route.path.includes(':id') ? idFor(route.path) : '');
        expect({ path: route.path, cache: headers.get('cache-control') }).toEqual({ path: route.path, cache: 'no-store' });
      }
    });

    it('that a mail’s HTML may run nothing and fetch nothing', async () => {
      const { headers } = await spaak.owner.get(`/api/messages/${spaak.ids.htmlMessage}/html`);
      const policy = headers.get('content-security-policy')!;
      expect(policy).toContain('sandbox');
      expect(policy).not.toMatch(/allow-scripts|allow-same-origin|script-src|connect-src|https:/);
    });
  });

  it('answer every GET in the shape that the contract promises, and nothing beside it', async () => {
    const gets = routes.filter(({ method }) => method === 'GET');
    expect(gets.map(({ path }) => path).sort()).toEqual(Object.keys(ANSWERS).sort());
    for (const route of gets) {
      const shape = ANSWERS[route.path]!;
      if (typeof shape === 'string') continue;
      const { status, body } = await knock(spaak.owner, route, route.path.includes(':id') ? idFor(route.path) : '');
      expect({ path: route.path, status }).toEqual({ path: route.path, status: 200 });
      // zod drops what a shape does not name: what is left must be what was sent.
      expect({ path: route.path, body: shape.parse(body) }).toEqual({ path: route.path, body });
    }
  });
});
