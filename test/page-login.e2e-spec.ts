import type { Connection, Conversation, ConversationRow, MoveCode, Page, PageLogin } from '#contract';
import { DEMO_APP, DEMO_PAGES, demoPageToken } from '../apps/simulator/index.js';
import type { Answer, ApiClient } from './api-client.js';
import { colleague } from './furnished.js';
import { placesHolding } from './stores.js';
import { PASSWORD, type Tenant, World } from './world.js';

const [BIKES, TEA, MUSEUM] = DEMO_PAGES as unknown as [Tenant['page'], Tenant['page'], Tenant['page']];

/** A person who runs pages connects them by logging in with Facebook; nobody else can, and nobody's page can be taken. */
describe('logging in with Facebook', () => {
  let world: World;
  let spaak: Tenant;
  let linden: Tenant;

  beforeAll(async () => {
    world = await World.open();
    spaak = await world.tenant(0);
    linden = await world.tenant(1);
  });
  afterAll(() => world.close());

  const connections = async ({ owner }: Tenant) => (await owner.get<{ items: Connection[] }>('/api/connections')).body.items;
  const connectionOf = async (tenant: Tenant, pageId: string) =>
    (await connections(tenant)).find(({ externalId }) => externalId === pageId)!;

  /** Go to Facebook and press a button there; gives back where the browser is sent. */
  const atFacebook = async (client: ApiClient, choice: 'allow' | 'deny', pageIds: string[] = DEMO_PAGES.map(({ id }) => id)) => {
    const begun = await client.get('/api/connections/messenger/login');
    expect(begun.status).toBe(302);
    const dialog = new URL(begun.headers.get('location')!);
    const form = new URLSearchParams([...dialog.searchParams, ['choice', choice], ...pageIds.map((id): [string, string] => ['page', id])]);
    const answer = await fetch(dialog.origin + dialog.pathname, { method: 'POST', body: form, redirect: 'manual' });
    const back = new URL(answer.headers.get('location')!);
    return { dialog, back: `${back.pathname}${back.search}` };
  };
  const landing = (answer: Answer) => {
    expect(answer.status).toBe(302);
    const url = new URL(answer.headers.get('location')!, world.server.url);
    expect(url.pathname).toBe('/settings/connections');
    return { login: url.searchParams.get('login'), refused: url.searchParams.get('login_refused') };
  };
  const logIn = async (client: ApiClient, pageIds?: string[]) => {
    const { back } = await atFacebook(client, 'allow', pageIds);
    return landing(await client.get(back)).login!;
  };
  const choose = <Body = { items: Connection[] }>(client: ApiClient, login: string, pages: object[]) =>
    client.post<Body>(`/api/connections/messenger/logins/${login}/pages`, { pages });

  it('leads to Facebook with the app, the way back, every permission that is needed, and a state nobody can guess', async () => {
    const { dialog } = await atFacebook(spaak.owner, 'deny');
    expect(dialog.href.startsWith(`${world.simulator.url}/v26.0/dialog/oauth?`)).toBe(true);
    expect(Object.fromEntries(dialog.searchParams)).toMatchObject({
      client_id: DEMO_APP.id,
      redirect_uri: `${world.config.publicUrl}/api/connections/messenger/callback`,
      response_type: 'code',
      state: expect.stringMatching(/^[\w-]{22}$/) as string,
      scope: expect.stringContaining('pages_messaging') as string,
    });
    expect(await placesHolding(world, dialog.searchParams.get('state')!)).toEqual([]);
  });

  it('shows every page of a list that comes in pieces, each with whether it can be connected', async () => {
    const login = await logIn(spaak.owner);
    const { body } = await spaak.owner.get<PageLogin>(`/api/connections/messenger/logins/${login}`);
    const states = Object.fromEntries(body.pages.map(({ id, state }) => [id, state]));
    expect(states).toMatchObject({ [BIKES.id]: 'ours', [TEA.id]: 'elsewhere', [MUSEUM.id]: 'no_messaging' });
    expect(body.pages.length).toBe(world.simulator.pages.length);
    expect(new Date(body.expiresAt).getTime() - world.clock.now().getTime()).toBeLessThanOrEqual(15 * 60_000);
  });

  it('keeps the tokens sealed, and nothing of the person’s own token', async () => {
    const login = await logIn(spaak.owner);
    expect(await placesHolding(world, demoPageToken(DEMO_APP.secret, BIKES.id))).toEqual([]);
    expect(await placesHolding(world, 'EAAuser')).toEqual([]);
    const { body } = await spaak.owner.get(`/api/connections/messenger/logins/${login}`);
    expect(JSON.stringify(body)).not.toContain('EAA');
  });

  it('connects a chosen page, remembers who granted it, and names what was refused beside it', async () => {
    const login = await logIn(spaak.owner);
    const answer = await choose<{ error: object }>(spaak.owner, login, [{ pageId: BIKES.id }, { pageId: TEA.id }, { pageId: MUSEUM.id }]);
    expect(answer).toMatchObject({
      status: 422,
      body: { error: { code: 'pages_refused', fields: [{ path: 'pages.1' }, { path: 'pages.2' }] } },
    });
    const [{ granted_by: person }] = (await world.rows<{ granted_by: string }>('select granted_by from route where external_id = $1', [
      BIKES.id,
    ])) as [{ granted_by: string }];
    expect(person).toMatch(/^\d+$/);
    expect(await choose(spaak.owner, login, [{ pageId: BIKES.id }])).toMatchObject({
      status: 201,
      body: { items: [{ externalId: BIKES.id, state: 'active' }] },
    });
    expect((await choose(spaak.owner, login, [{ pageId: '77' }])).body).toMatchObject({ error: { code: 'page_not_granted' } });
  });

  it('is over when Facebook’s user says no, and tells why', async () => {
    const { back } = await atFacebook(spaak.owner, 'deny');
    expect(landing(await spaak.owner.get(back)).refused).toBe('access_denied');
  });

  it('takes a state once, for ten minutes, from the session that began, and from no other', async () => {
    const again = await atFacebook(spaak.owner, 'allow');
    expect(landing(await spaak.owner.get(again.back)).login).toBeTruthy();
    expect(landing(await spaak.owner.get(again.back)).refused).toBe('used_state');

    const { back } = await atFacebook(spaak.owner, 'allow');
    const elsewhere = await world.signIn(spaak.ownerEmail);
    expect(landing(await elsewhere.get(back)).refused).toBe('bad_state');
    expect(landing(await linden.owner.get(back)).refused).toBe('bad_state');
    expect((await world.client().get(back)).status).toBe(401);
    world.advance({ minutes: 11 });
    expect(landing(await spaak.owner.get(back)).refused).toBe('expired_state');
    for (const state of ['', 'state=', 'state=a', `state=${'a'.repeat(22)}&code=x`, `state=${'%00'.repeat(5)}`]) {
      expect(landing(await spaak.owner.get(`/api/connections/messenger/callback?${state}`)).refused).toBe('bad_state');
    }
  });

  it('is refused by Facebook’s own word for a code that Facebook does not know', async () => {
    const { back } = await atFacebook(spaak.owner, 'allow');
    const url = new URL(back, world.server.url);
    url.searchParams.set('code', 'made-up');
    expect(landing(await spaak.owner.get(url.pathname + url.search)).refused).toBe('facebook_refused');
  });

  it('says no page was chosen when there was none', async () => {
    const { back } = await atFacebook(spaak.owner, 'allow', []);
    expect(landing(await spaak.owner.get(back)).refused).toBe('no_pages');
  });

  it('is nobody else’s: not a colleague’s, not another tenant’s, and not for agents', async () => {
    const login = await logIn(spaak.owner);
    const admin = await colleague(world, spaak.owner, { email: 'admin@spaak.example', name: 'Admin', role: 'admin' });
    const agent = await colleague(world, spaak.owner, { email: 'agent@spaak.example', name: 'Agent', role: 'agent' });
    for (const stranger of [admin, linden.owner]) {
      expect((await stranger.get(`/api/connections/messenger/logins/${login}`)).status).toBe(404);
      expect((await choose(stranger, login, [{ pageId: BIKES.id }])).status).toBe(404);
    }
    expect((await agent.get('/api/connections/messenger/login')).status).toBe(403);
    expect((await agent.get(`/api/connections/messenger/logins/${login}`)).status).toBe(403);
  });

  it('is gone after a quarter of an hour, from every table', async () => {
    const login = await logIn(spaak.owner);
    world.advance({ minutes: 16 });
    expect((await spaak.owner.get(`/api/connections/messenger/logins/${login}`)).status).toBe(404);
    await world.drain();
    expect(await world.rows('select 1 from page_login where id = $1', [login])).toEqual([]);
  });

  it('ends with the session that began it', async () => {
    const client = await world.signIn(spaak.ownerEmail, PASSWORD);
    const login = await logIn(client);
    await client.delete('/api/session');
    expect((await spaak.owner.get(`/api/connections/messenger/logins/${login}`)).status).toBe(404);
  });

  it('fills no table, however often it is begun', async () => {
    for (let time = 0; time < 15; time++) await spaak.owner.get('/api/connections/messenger/login');
    const [row] = await world.rows<{ count: number }>('select count(*)::int as count from page_login');
    expect(row!.count).toBeLessThanOrEqual(12);
  });

  describe('a page that another business has', () => {
    const connect = (tenant: Tenant, page: Tenant['page'], moveCode?: string) =>
      tenant.owner.post<Connection>('/api/connections/messenger', {
        pageId: page.id,
        pageToken: demoPageToken(DEMO_APP.secret, page.id),
        moveCode,
      });

    it('is refused with a sentence that names nobody', async () => {
      const { status, body } = await connect(spaak, TEA);
      expect({ status, body }).toMatchObject({ status: 409, body: { error: { code: 'connected_elsewhere' } } });
      expect(JSON.stringify(body)).not.toContain('Linden');
      expect(await connectionOf(linden, TEA.id)).toMatchObject({ state: 'active' });
    });

    it('does not move by a code that is wrong, cancelled, replaced, too old or made by somebody else', async () => {
      const codeFor = async (tenant: Tenant, id: string) =>
        (await tenant.owner.post<MoveCode>(`/api/connections/${id}/move-code`, undefined)).body.code;
      const ofOthers = await codeFor(spaak, spaak.connectionId);
      const cancelled = await codeFor(linden, linden.connectionId);
      expect((await linden.owner.delete(`/api/connections/${linden.connectionId}/move-code`)).status).toBe(204);
      for (const code of ['', 'a'.repeat(22), ofOthers, cancelled]) {
        expect((await connect(spaak, TEA, code)).body).toMatchObject({ error: { code: 'move_code_wrong' } });
      }
      const replaced = await codeFor(linden, linden.connectionId);
      const old = await codeFor(linden, linden.connectionId);
      world.advance({ hours: 25 });
      for (const code of [replaced, old]) expect((await connect(spaak, TEA, code)).status).toBe(422);
      expect(await connectionOf(linden, TEA.id)).toMatchObject({ state: 'active' });
    });

    it('cannot be given away by another tenant or by an agent', async () => {
      expect((await spaak.owner.post(`/api/connections/${linden.connectionId}/move-code`, undefined)).status).toBe(404);
      expect((await spaak.owner.delete(`/api/connections/${linden.connectionId}/move-code`)).status).toBe(404);
      const agent = await world.signIn('agent@spaak.example');
      expect((await agent.post(`/api/connections/${spaak.connectionId}/move-code`, undefined)).status).toBe(403);
    });

    it('moves by the first’s consent, whole: messages come to the second, what was said stays with the first', async () => {
      const psid = TEA.customers[0]!.psid;
      await world.simulator.customerSays(psid, { text: 'to the first' });
      await world.drain();
      const { body } = await linden.owner.post<MoveCode>(`/api/connections/${linden.connectionId}/move-code`, undefined);
      expect(await placesHolding(world, body.code)).toEqual([]);
      const answer = await connect(spaak, TEA, body.code);
      expect(answer).toMatchObject({ status: 201, body: { externalId: TEA.id, state: 'active' } });
      const former = await connectionOf(linden, TEA.id);
      expect(former).toMatchObject({ state: 'disconnected', problem: expect.stringContaining('handed over') as string });
      expect(former.problem).not.toContain('Spaak');
      expect(await world.rows('select sealed_secrets from connection where id = $1', [linden.connectionId])).toEqual([
        { sealed_secrets: null },
      ]);

      await world.simulator.customerSays(psid, { text: 'to the second' });
      await world.drain();
      const previews = async ({ owner }: Tenant) =>
        (await owner.get<Page<ConversationRow>>('/api/conversations')).body.items.map(({ preview }) => preview.text);
      expect(await previews(linden)).toEqual(['to the first']);
      expect(await previews(spaak)).toEqual(['to the second']);
      const [row] = (await linden.owner.get<Page<ConversationRow>>('/api/conversations')).body.items;
      expect((await linden.owner.get<Conversation>(`/api/conversations/${row!.id}`)).status).toBe(200);

      expect((await connect(linden, TEA, body.code)).body).toMatchObject({ error: { code: 'move_code_wrong' } });
    });

    it('tells the first’s screens and the second’s, each in its own feed', async () => {
      const lines = await world.rows<{ tenant_id: string }>(
        "select distinct tenant_id from feed_line where type = 'connection_changed' and connection_id in (select id from connection where external_id = $1)",
        [TEA.id],
      );
      expect(lines.map(({ tenant_id: id }) => id).sort()).toEqual([spaak.id, linden.id].sort());
    });

    it('can be connected freely once nobody has it', async () => {
      const { id } = await connectionOf(spaak, TEA.id);
      expect((await spaak.owner.delete(`/api/connections/${id}`)).status).toBe(204);
      expect((await connect(linden, TEA)).body).toMatchObject({ id: linden.connectionId, state: 'active', problem: null });
    });
  });
});

describe('an installation without a Meta app', () => {
  it('says so instead of leading to Facebook', async () => {
    const world = await World.open({ FACEBOOK_APP_ID: '' });
    try {
      const { owner } = await world.tenant(0);
      const answer = await owner.get('/api/connections/messenger/login');
      expect(answer.headers.get('location')).toBe('/settings/connections?login_refused=no_facebook_app');
    } finally {
      await world.close();
    }
  });
});

describe('Facebook Login for Business', () => {
  it('is asked for by its configuration, which names the permissions itself', async () => {
    const world = await World.open({ FACEBOOK_LOGIN_CONFIG_ID: '4711' });
    try {
      const { owner } = await world.tenant(0);
      const answer = await owner.get('/api/connections/messenger/login');
      const { searchParams } = new URL(answer.headers.get('location')!);
      expect(searchParams.get('config_id')).toBe('4711');
      expect(searchParams.has('scope')).toBe(false);
    } finally {
      await world.close();
    }
  });
});
