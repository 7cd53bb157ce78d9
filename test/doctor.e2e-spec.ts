import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Connection, Doctor, DoctorLine } from '#contract';
import { DEMO_APP } from '../apps/simulator/index.js';
import { colleague } from './furnished.js';
import { TestSmtp } from './test-smtp.js';
import { type Tenant, World } from './world.js';

/** A port that was free a moment ago: the public address has to be known before the server starts. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  return port;
}

/** Why does nothing arrive? Each reason there can be has its own line, its own sentence, and what to do about it. */
describe('the channel doctor', () => {
  let world: World;
  let spaak: Tenant;
  let linden: Tenant;

  beforeAll(async () => {
    const port = await freePort();
    world = await World.open({ PORT: String(port), PUBLIC_URL: `http://127.0.0.1:${String(port)}` });
    spaak = await world.tenant(0);
    linden = await world.tenant(1);
  });
  afterAll(() => world.close());
  afterEach(() => {
    world.simulator.clearFaults();
  });

  const simPage = ({ page }: Tenant) => world.simulator.pages.find(({ id }) => id === page.id)!;
  const look = async ({ owner, connectionId }: Tenant, id = connectionId) => {
    const { status, body } = await owner.get<Doctor>(`/api/connections/${id}/doctor`);
    expect(status).toBe(200);
    return new Map(body.lines.map((line) => [line.check, line]));
  };
  const lineOf = async (tenant: Tenant, check: DoctorLine['check']) => (await look(tenant)).get(check)!;
  const selfTest = async (tenant: Tenant) => {
    let answer: { status: number; body: DoctorLine } | undefined;
    const asked = tenant.owner
      .post<DoctorLine>(`/api/connections/${tenant.connectionId}/self-test`, undefined)
      .then((came) => (answer = came));
    while (answer === undefined) await Promise.race([asked, world.drain()]);
    return answer.body;
  };

  it('looks at every part of the way, each with a verdict, a sentence and a code', async () => {
    const lines = await look(spaak);
    expect([...lines.keys()]).toEqual([
      'app_mode',
      'app_secret',
      'permissions',
      'subscribed_fields',
      'routing',
      'token',
      'last_event',
      'verify_token',
      'self_test',
    ]);
    for (const line of lines.values()) {
      expect(line.code).toMatch(/^[a-z_]+$/);
      expect(line.message).toMatch(/^[A-Z].*\.$/);
      if (line.verdict === 'bad') expect(line.remedy).not.toBeNull();
    }
    const codes = Object.fromEntries([...lines].map(([check, { code }]) => [check, code]));
    expect(codes).toMatchObject({
      app_mode: 'app_mode_not_told',
      app_secret: 'app_secret_accepted',
      subscribed_fields: 'fields_complete',
      routing: 'routing_off',
      token: 'token_alive',
      last_event: 'nothing_yet',
      verify_token: 'address_unknown',
      self_test: 'not_tested',
    });
  });

  it('says where to look for what Facebook tells no program', async () => {
    expect(await lineOf(spaak, 'app_mode')).toMatchObject({
      verdict: 'unknown',
      remedy: { kind: 'outside', url: `https://developers.facebook.com/apps/${DEMO_APP.id}/` },
    });
  });

  it('changes nothing by looking', async () => {
    const connection = async () => (await spaak.owner.get('/api/connections')).body;
    const before = await connection();
    await look(spaak);
    expect(await connection()).toEqual(before);
  });

  it('finds a subscription that is gone, and one that lacks something; its button mends both', async () => {
    simPage(spaak).subscribedFields = null;
    expect(await lineOf(spaak, 'subscribed_fields')).toMatchObject({
      verdict: 'bad',
      code: 'subscription_lost',
      remedy: { kind: 'subscribe' },
    });
    simPage(spaak).subscribedFields = ['messages'];
    expect(await lineOf(spaak, 'subscribed_fields')).toMatchObject({
      verdict: 'warning',
      code: 'fields_missing',
      names: expect.arrayContaining(['feed', 'standby', 'message_edits']) as string[],
    });
    await spaak.owner.post(`/api/connections/${spaak.connectionId}/subscribe`, undefined);
    expect(await lineOf(spaak, 'subscribed_fields')).toMatchObject({ verdict: 'good' });
  });

  it('knows when something came in last', async () => {
    await world.simulator.customerSays(spaak.page.customers[0]!.psid, { text: 'hello' });
    await world.drain();
    expect(await lineOf(spaak, 'last_event')).toMatchObject({ verdict: 'good', code: 'heard_lately' });
    expect(await lineOf(linden, 'last_event')).toMatchObject({ verdict: 'warning', code: 'nothing_yet', remedy: { kind: 'self_test' } });
    world.advance({ days: 8 });
    // Everybody was signed out in the meantime.
    spaak.owner = await world.signIn(spaak.ownerEmail);
    linden.owner = await world.signIn(linden.ownerEmail);
    expect(await lineOf(spaak, 'last_event')).toMatchObject({ verdict: 'warning', code: 'quiet' });
  });

  it('knows whether Facebook was told this address', async () => {
    await fetch(`${world.simulator.url}/v26.0/${DEMO_APP.id}/subscriptions`, {
      method: 'POST',
      body: new URLSearchParams({
        object: 'page',
        callback_url: `${world.config.publicUrl}/webhooks/messenger`,
        verify_token: DEMO_APP.verifyToken,
        fields: 'messages',
        access_token: `${DEMO_APP.id}|${DEMO_APP.secret}`,
      }),
    });
    expect(await lineOf(spaak, 'verify_token')).toMatchObject({ verdict: 'good', code: 'address_known' });
    world.simulator.setWebhookUrl('https://elsewhere.example/webhooks/messenger');
    expect(await lineOf(spaak, 'verify_token')).toMatchObject({ verdict: 'bad', code: 'address_other', remedy: { kind: 'operator' } });
    world.simulator.setWebhookUrl(`${world.server.url}/webhooks/messenger`);
  });

  it('asks through the public address, signed, and believes only what came all the way in', async () => {
    expect(await selfTest(spaak)).toMatchObject({ check: 'self_test', verdict: 'good', code: 'heard' });
    expect(await lineOf(spaak, 'self_test')).toMatchObject({ verdict: 'good', code: 'heard' });
    expect(await lineOf(linden, 'self_test')).toMatchObject({ verdict: 'unknown', code: 'not_tested', remedy: { kind: 'self_test' } });
    // It is no message: nobody's list grew by it.
    expect((await spaak.owner.get<{ items: object[] }>('/api/conversations')).body.items).toHaveLength(1);
  });

  it('says unknown, not bad, of what Facebook will not answer now', async () => {
    world.simulator.setFaults({
      graph: [{ on: ['debug_token', 'subscribe', 'page'], does: { kind: 'error', code: 2, httpStatus: 500 } }] as never,
    });
    const lines = await look(spaak);
    for (const check of ['app_secret', 'permissions', 'subscribed_fields', 'token'] as const) {
      expect(lines.get(check)).toMatchObject({ verdict: 'unknown' });
    }
  });

  it('finds a dead token, and shows no part of any token anywhere', async () => {
    world.simulator.killPageToken(spaak.page.id);
    const lines = await look(spaak);
    expect(lines.get('token')).toMatchObject({ verdict: 'bad', code: 'token_dead', remedy: { kind: 'reconnect' } });
    expect(JSON.stringify([...lines.values()])).not.toMatch(/EAA|demo-app-secret/);
    world.simulator.revivePageToken(spaak.page.id);
  });

  it('is for every agent to read, for admins to act on, and for nobody of another tenant', async () => {
    const agent = await colleague(world, spaak.owner, { email: 'agent@spaak.example', name: 'Agent', role: 'agent' });
    expect((await agent.get(`/api/connections/${spaak.connectionId}/doctor`)).status).toBe(200);
    expect((await agent.post(`/api/connections/${spaak.connectionId}/self-test`, undefined)).status).toBe(403);
    expect((await linden.owner.get(`/api/connections/${spaak.connectionId}/doctor`)).status).toBe(404);
    expect((await linden.owner.post(`/api/connections/${spaak.connectionId}/self-test`, undefined)).status).toBe(404);
    expect((await linden.owner.get('/api/connections/nothing/doctor')).status).toBe(404);
  });

  it('looks at a mailbox: in, out, and what its domain says', async () => {
    const { connection } = await world.connectMailbox(spaak, 'help@spaak.invalid');
    const lines = await look(spaak, connection.id);
    expect([...lines.keys()]).toEqual(['mail_in', 'mail_out', 'plus_addressing', 'spf', 'dkim', 'dmarc']);
    expect(lines.get('mail_in')).toMatchObject({ verdict: 'warning', code: 'nothing_yet' });
    expect(lines.get('mail_out')).toMatchObject({ verdict: 'good', code: 'mail_server_answers' });
    expect((await spaak.owner.post(`/api/connections/${connection.id}/self-test`, undefined)).body).toMatchObject({
      error: { code: 'not_a_page' },
    });
  });

  it('finds a mail server that does not answer, without telling its password', async () => {
    const smtp = await TestSmtp.start({ onAuth: (_, __, done) => done(null, { user: 'somebody' }) });
    const { connection } = await world.connectMailbox(spaak, 'other@spaak.invalid', smtp.url('somebody', 'canary'));
    await smtp.stop();
    const lines = await look(spaak, connection.id);
    expect(lines.get('mail_out')).toMatchObject({ verdict: 'bad', code: 'connection_failed' });
    expect(JSON.stringify([...lines.values()])).not.toContain('canary');
  });

  it('has nothing to look at where nothing is connected', async () => {
    const { items } = (await spaak.owner.get<{ items: Connection[] }>('/api/connections')).body;
    const mailbox = items.find(({ externalId }) => externalId === 'other@spaak.invalid')!;
    await spaak.owner.delete(`/api/connections/${mailbox.id}`);
    expect(await spaak.owner.get(`/api/connections/${mailbox.id}/doctor`)).toMatchObject({
      status: 422,
      body: { error: { code: 'connection_gone' } },
    });
  });
});

describe('the self-test of an installation', () => {
  const verdictWith = async (environment: Record<string, string>) => {
    const world = await World.open(environment);
    try {
      const { owner, connectionId } = await world.tenant(0);
      return (await owner.post<DoctorLine>(`/api/connections/${connectionId}/self-test`, undefined)).body;
    } finally {
      await world.close();
    }
  };

  it('fails where the public address leads nowhere', async () => {
    const port = await freePort();
    expect(await verdictWith({ PUBLIC_URL: `http://127.0.0.1:${String(port)}` })).toMatchObject({
      verdict: 'bad',
      code: 'unreachable',
      remedy: { kind: 'operator' },
    });
  });

  it.each([
    [404, 'wrong_answer'],
    [401, 'signature_refused'],
  ])('fails where something else answers with %i', async (status, code) => {
    const other = createServer((_request, response) => response.writeHead(status).end());
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = other.address() as AddressInfo;
      expect(await verdictWith({ PUBLIC_URL: `http://127.0.0.1:${String(port)}` })).toMatchObject({ verdict: 'bad', code });
    } finally {
      other.closeAllConnections();
      other.close();
    }
  });
});
