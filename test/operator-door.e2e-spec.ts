import { randomUUID } from 'node:crypto';
import { CONSOLE, OPERATOR_PERMISSIONS, OperatorAccounts, OperatorAddressList, type OperatorPermission } from '#accounts';
import * as contract from '#contract';
import { ApiClient, type Answer } from './api-client.js';
import { type HouseRoute, houseRoutes, routesListening } from './house-routes.js';
import { operator, type OperatorClient } from './operator-client.js';
import { type Tenant, World } from './world.js';

const TENANTS = '/operator/api/tenants';

/** The operator's door: a server of its own, behind a wall of addresses, opened by keys and by nothing else. */
describe('the operator’s door', () => {
  let world: World;
  let spaak: Tenant;
  let full: OperatorClient;
  let watcher: OperatorClient;
  let routes: HouseRoute[];

  beforeAll(async () => {
    world = await World.open();
    spaak = await world.tenant(0);
    full = await operator(world);
    watcher = await operator(world, 'watcher');
    routes = houseRoutes(world.server.operator!.app);
  });
  afterAll(() => world.close());

  const nameOf = ({ method, path }: HouseRoute) => `${method} ${path}`;
  const nobody = () => new ApiClient(full.url);
  const filled = (path: string) => path.replace(/:\w+/g, () => randomUUID());
  const guarded = () => routes.filter(({ operatorPermission }) => operatorPermission !== undefined);
  const code = ({ body }: Answer) => (body as { error?: { code: string } }).error?.code;
  const audited = (act: string) =>
    world.rows<{ entry: string }>('select entry from installation_audit_entry where act = $1 order by seq', [act]);

  describe('has routes', () => {
    it('that are each open to somebody by name or ask for one permission', () => {
      expect(routes.length).toBeGreaterThan(20);
      for (const route of routes) {
        const named = [route.openTo, route.operatorPermission].filter((one) => one !== undefined);
        expect({ route: nameOf(route), named: named.length, publicly: route.permission }).toEqual({ route: nameOf(route), named: 1 });
        if (route.operatorPermission) expect(Object.keys(OPERATOR_PERMISSIONS)).toContain(route.operatorPermission);
      }
    });

    it('and the server beneath answers at no other address, but for the console’s files', () => {
      const listening = routesListening(world.server.operator!.app).filter((name) => name !== 'GET *');
      expect(new Set(listening)).toEqual(new Set(routes.map(nameOf)));
    });

    it('that are not at the public door, nor the public ones here', async () => {
      const publicRoutes = houseRoutes(world.server.app);
      expect(publicRoutes.filter(({ path }) => path.startsWith('/operator/') || path === '/metrics')).toEqual([]);
      const names = new Set(publicRoutes.map(nameOf));
      expect(routes.filter((route) => names.has(nameOf(route)))).toEqual([]);
      for (const route of guarded()) {
        const path = filled(route.path);
        const asked = await spaak.owner.request(route.method, path);
        expect({ route: nameOf(route), status: asked.status }).toEqual({ route: nameOf(route), status: 404 });
      }
      // The web app's page answers at every address that is no route; figures are not among what it says.
      expect(JSON.stringify((await world.client().get('/metrics')).body)).not.toContain('omnidesk_');
      for (const path of ['/api/session', '/api/conversations', '/webhooks/messenger', '/readyz']) {
        const { body } = await full.get(path);
        expect(JSON.stringify(body)).not.toMatch(/"agent"|"items"|"status"/);
      }
    });

    it('that let nobody in without a key', async () => {
      for (const route of guarded()) {
        const answer = await nobody().request(route.method, filled(route.path));
        expect({ route: nameOf(route), status: answer.status, code: code(answer) }).toEqual({
          route: nameOf(route),
          status: 401,
          code: 'not_signed_in',
        });
      }
    });

    it('that do for each role what the table of permissions says', async () => {
      for (const [role, client] of [
        ['full', full],
        ['watcher', watcher],
      ] as const) {
        for (const route of guarded()) {
          const answer = await client.request(route.method, filled(route.path), route.method === 'POST' ? [] : undefined);
          const allowed = (OPERATOR_PERMISSIONS[route.operatorPermission as OperatorPermission] as readonly string[]).includes(role);
          const verdict = { role, route: nameOf(route), refused: code(answer) === 'forbidden' };
          expect(verdict).toEqual({ role, route: nameOf(route), refused: !allowed });
          expect(answer.status).toBeLessThan(500);
        }
      }
    });

    it('of which none takes a tenant’s session, and the public door takes no operator’s signature', async () => {
      const cookie = spaak.owner.sessionCookie!;
      for (const route of guarded()) {
        const { status } = await nobody().request(route.method, filled(route.path), undefined, { cookie });
        expect({ route: nameOf(route), status }).toEqual({ route: nameOf(route), status: 401 });
      }
      const path = '/api/conversations';
      const signed = await new ApiClient(world.server.url).get(path, full.sign('GET', path, null));
      expect(signed.status).toBe(401);
    });
  });

  describe('knows a program by its signature', () => {
    const refusedAlike = async (answer: Promise<Answer>) => {
      const { status, body } = await answer;
      expect({ status, body }).toEqual({
        status: 401,
        body: { error: { code: 'signature_refused', message: 'This request is not signed by a key that opens this door.' } },
      });
    };
    const bytes = (body: unknown) => Buffer.from(JSON.stringify(body));

    it('over the request as it is', async () => {
      expect((await full.get(TENANTS)).status).toBe(200);
      expect((await full.get(`${TENANTS}?limit=1`)).status).toBe(200);
      expect((await full.post('/operator/api/addresses', { range: '127.0.0.0/8', label: 'this machine' })).status).toBe(201);
    });

    it('once: a repeat is refused, and of many at the same moment one passes', async () => {
      const headers = full.sign('GET', TENANTS, null);
      expect((await full.send('GET', TENANTS, null, headers)).status).toBe(200);
      await refusedAlike(full.send('GET', TENANTS, null, headers));
      const again = full.sign('GET', TENANTS, null);
      const many = await Promise.all(Array.from({ length: 20 }, () => full.send('GET', TENANTS, null, again)));
      expect(many.filter(({ status }) => status === 200)).toHaveLength(1);
    });

    it('for a minute', async () => {
      const headers = full.sign('GET', TENANTS, null);
      world.advance({ seconds: 61 });
      await refusedAlike(full.send('GET', TENANTS, null, headers));
    });

    it('and refuses it alike over another method, path, question or body', async () => {
      const body = { name: 'Somebody', role: 'full' };
      await refusedAlike(
        full.send('POST', '/operator/api/operators', bytes(body), full.sign('POST', '/operator/api/tenants', bytes(body))),
      );
      await refusedAlike(full.send('GET', `${TENANTS}?limit=2`, null, full.sign('GET', TENANTS, null)));
      await refusedAlike(full.send('DELETE', '/operator/api/session', null, full.sign('GET', '/operator/api/session', null)));
      const tampered = bytes({ ...body, name: 'Somebody else' });
      await refusedAlike(full.send('POST', '/operator/api/operators', tampered, full.sign('POST', '/operator/api/operators', bytes(body))));
      await refusedAlike(full.send('POST', '/operator/api/operators', bytes(body), full.sign('POST', '/operator/api/operators', null)));
      await refusedAlike(full.send('POST', '/operator/api/operators', null, full.sign('POST', '/operator/api/operators', bytes(body))));
      expect((await world.get(OperatorAccounts).list()).map(({ name }) => name)).not.toContain('Somebody else');
    });

    it('and refuses it alike with a part missing, doubled or in another order', async () => {
      const signed = () => full.sign('GET', TENANTS, null);
      const without = (name: string) => {
        const { [name]: _, ...rest } = signed();
        return rest;
      };
      await refusedAlike(full.send('GET', TENANTS, null, without('signature')));
      await refusedAlike(full.send('GET', TENANTS, null, without('signature-input')));
      for (const name of ['signature', 'signature-input']) {
        const headers = signed();
        await refusedAlike(full.send('GET', TENANTS, null, { ...headers, [name]: `${headers[name]!}, ${headers[name]!}` }));
        await refusedAlike(full.send('GET', TENANTS, null, { ...headers, [name]: '' }));
      }
      const headers = signed();
      const input = headers['signature-input']!;
      for (const changed of [
        input.replace('"@method" "@authority"', '"@authority" "@method"'),
        input.replace(' "@query"', ''),
        input.replace(/;nonce="[^"]*"/, ''),
      ]) {
        await refusedAlike(full.send('GET', TENANTS, null, { ...headers, 'signature-input': changed }));
      }
    });

    it('by the key that it names, and by no other operator’s', async () => {
      const stranger = await operator(world);
      const asFull = { keyId: full.keyId, privateKey: stranger.privateKey };
      await refusedAlike(full.send('GET', TENANTS, null, Object.assign(await operator(world), asFull).sign('GET', TENANTS, null)));
      const unknown = Object.assign(await operator(world), { keyId: 'A'.repeat(43) });
      await refusedAlike(unknown.get(TENANTS));
    });

    it('for this host, whatever name the request is sent to', async () => {
      const elsewhere = full.sign('GET', TENANTS, null);
      const port = new URL(full.url).port;
      const answer = await fetch(`http://localhost:${port}${TENANTS}`, { headers: elsewhere });
      expect(answer.status).toBe(401);
    });

    it('until the key is revoked, at once', async () => {
      const short = await operator(world);
      const second = short.sign('GET', TENANTS, null);
      expect((await short.get(TENANTS)).status).toBe(200);
      await world.get(OperatorAccounts).removeKey(CONSOLE, short.operatorId, short.keyId);
      await refusedAlike(short.send('GET', TENANTS, null, second));
      await refusedAlike(short.get(TENANTS));
    });

    it('until its operator is revoked, at once', async () => {
      const short = await operator(world);
      expect((await full.delete(`/operator/api/operators/${short.operatorId}`)).status).toBe(204);
      await refusedAlike(short.get(TENANTS));
    });

    it('and writes down each one that is refused, without a word of it', async () => {
      const before = (await audited('operator_signature_refused')).length;
      await full.send('GET', TENANTS, null, { signature: 'canary-4711', 'signature-input': 'canary-4711' });
      const after = await audited('operator_signature_refused');
      expect(after.length).toBe(before + 1);
      expect(JSON.stringify(await world.rows('select * from installation_audit_entry'))).not.toContain('canary-4711');
    });

    it('and a signature decides alone, whatever cookie comes beside it', async () => {
      await refusedAlike(full.send('GET', TENANTS, null, { signature: 'x', cookie: `omnidesk_operator=${'A'.repeat(43)}` }));
    });
  });

  describe('has a wall of addresses', () => {
    const list = () => world.get(OperatorAddressList);
    const from = (address: string) => nobody().get('/metrics', { 'x-forwarded-for': address });

    afterEach(async () => {
      await list().add(CONSOLE, { range: '127.0.0.0/8', label: 'this machine' });
    });

    it('that is asked before anything else, also before the console’s page', async () => {
      await list().remove(CONSOLE, '127.0.0.0/8', null);
      for (const path of ['/', '/metrics', TENANTS, '/operator/api/session', '/nothing']) {
        const answer = await full.get(path);
        expect({ path, status: answer.status, code: code(answer) }).toEqual({ path, status: 403, code: 'address_refused' });
      }
    });

    it('that takes no word of the sender’s about where they come from', async () => {
      expect((await from('203.0.113.9')).status).toBe(200);
      await list().remove(CONSOLE, '127.0.0.0/8', null);
      for (const claimed of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) expect((await from(claimed)).status).toBe(403);
    });

    it.each([
      ['192.0.2.10', '192.0.2.10/32'],
      ['192.0.2.77/24', '192.0.2.0/24'],
      ['::ffff:192.0.2.10', '192.0.2.10/32'],
      ['::ffff:192.0.2.0/120', '192.0.2.0/24'],
      ['2001:DB8:0:0::1', '2001:db8::1/128'],
      ['2001:db8:ffff::/33', '2001:db8:8000::/33'],
    ])('whose ranges have one way to be written: %s is %s', async (text, range) => {
      expect((await full.post('/operator/api/addresses', { range: text })).body).toEqual({ range });
      expect((await full.post('/operator/api/addresses/remove', { range: text })).status).toBe(204);
    });

    it.each(['', '10', '10.1', '0x7f000001', '300.1.1.1', '10.0.0.0/33', 'localhost', '10.0.0.0/8, 11.0.0.0/8', '*'])(
      'on which %j is nothing',
      async (range) => {
        expect((await full.post('/operator/api/addresses', { range })).status).toBe(400);
      },
    );

    it('that shows where one is, and does not let one lock oneself out', async () => {
      const { body } = await full.get<contract.OperatorAddresses>('/operator/api/addresses');
      expect(body).toMatchObject({
        yours: '127.0.0.1',
        items: expect.arrayContaining([expect.objectContaining({ range: '127.0.0.0/8', isYours: true })]) as unknown,
      });
      const answer = await full.post('/operator/api/addresses/remove', { range: '127.0.0.0/8' });
      expect([answer.status, code(answer)]).toEqual([409, 'would_lock_out']);
      expect((await full.post('/operator/api/addresses', { range: '127.0.0.1' })).status).toBe(201);
      expect((await full.post('/operator/api/addresses/remove', { range: '127.0.0.0/8' })).status).toBe(204);
    });

    it('and answers only at its own names, so that no other site’s name leads here', async () => {
      const { port } = new URL(full.url);
      const { request } = await import('node:http');
      const asked = (host: string) =>
        new Promise<number>((resolve, reject) => {
          request({ host: '127.0.0.1', port, path: '/metrics', headers: { host } }, (answer) => resolve(answer.resume().statusCode!))
            .on('error', reject)
            .end();
        });
      expect(await asked(`evil.example:${port}`)).toBe(403);
      expect(await asked(`localhost:${port}`)).toBe(200);
    });
  });

  it('refuses a page of another site', async () => {
    const signs: Record<string, string>[] = [
      { origin: 'https://elsewhere.example' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'null' },
    ];
    for (const headers of signs) {
      const answer = await nobody().post('/operator/api/session/options', {}, headers);
      expect([answer.status, code(answer)]).toEqual([403, 'foreign_origin']);
    }
  });

  it('says in each answer what browsers must not do with it, and that nobody keeps it', async () => {
    for (const { headers } of [
      await full.get(TENANTS),
      await nobody().get(TENANTS),
      await nobody().get('/metrics'),
      await full.get('/nothing'),
    ]) {
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'/);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  describe('tells', () => {
    it('how the installation is, in the shape of the contract', async () => {
      const { status, body } = await watcher.get('/operator/api/health');
      expect(status).toBe(200);
      const { lines, figures } = contract.InstallationHealth.parse(body);
      expect(lines.map(({ key, state }) => `${key} ${state}`)).toEqual([
        'database good',
        'migrations good',
        'disk good',
        'mail warn',
        'meta_app warn',
        'public_address warn',
        'jobs good',
      ]);
      expect(figures).toMatchObject({ deliveriesWaiting: 0, tenantsActive: 1, tenantsSuspended: 0 });
    });

    it('Prometheus figures, and nothing that is about anybody', async () => {
      await world.simulator.customerSays(spaak.page.customers[0]!.psid, { text: 'canary-4711' });
      await world.simulator.settled(10_000);
      const { body } = await nobody().get<string>('/metrics');
      expect(body).toContain('omnidesk_deliveries_waiting 1');
      expect(body).toContain('omnidesk_tenants_active 1');
      expect(body).toContain('process_cpu_seconds_total');
      for (const word of ['canary', 'Spaak', spaak.page.id, spaak.ownerEmail]) expect(body).not.toContain(word);
      await world.drain();
    });
  });

  describe('keeps operators', () => {
    it('whose last key cannot be taken away by themselves', async () => {
      const alone = await World.open();
      try {
        const only = await operator(alone);
        await operator(alone, 'watcher');
        for (const path of [
          `/operator/api/operators/${only.operatorId}`,
          `/operator/api/operators/${only.operatorId}/keys/${only.keyId}`,
        ]) {
          const answer = await only.delete(path);
          expect([answer.status, code(answer)]).toEqual([409, 'last_operator']);
        }
        expect((await only.get(TENANTS)).status).toBe(200);
      } finally {
        await alone.close();
      }
    });

    it('each of a name of their own, and each key one operator’s', async () => {
      const name = `Twice ${randomUUID()}`;
      expect((await full.post('/operator/api/operators', { name })).status).toBe(201);
      expect(code(await full.post('/operator/api/operators', { name: name.toUpperCase() }))).toBe('operator_exists');
      const publicKey = Buffer.alloc(32, 2).toString('base64url');
      const other = await operator(world);
      await full.post(`/operator/api/operators/${other.operatorId}/keys`, { publicKey, label: 'one' });
      expect(code(await full.post(`/operator/api/operators/${full.operatorId}/keys`, { publicKey, label: 'two' }))).toBe('key_known');
    });

    it('and writes down by whom each was made and ended', async () => {
      const made = await full.post<contract.OperatorLine>('/operator/api/operators', { name: `Written ${randomUUID()}` });
      await full.delete(`/operator/api/operators/${made.body.id}`);
      for (const act of ['operator_created', 'operator_revoked']) {
        const entries = (await audited(act)).map(({ entry }) => JSON.parse(entry) as { by: object; about: object });
        expect(entries).toContainEqual(
          expect.objectContaining({ by: { kind: 'operator', id: full.operatorId }, about: { kind: 'operator', id: made.body.id } }),
        );
      }
    });
  });
});
