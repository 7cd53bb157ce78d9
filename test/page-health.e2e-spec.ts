import type { Connection, ConversationRow, Page } from '#contract';
import { ConnectionService, type ConnectionId } from '#channels';
import { Database } from '#platform';
import { simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import type { AddressInfo } from 'node:net';
import { DEMO_APP, demoPageToken } from '../apps/simulator/index.js';
import { colleague } from './furnished.js';
import { type Tenant, World } from './world.js';

interface PostedMail {
  to: string;
  subject: string;
  text: string;
  id: string;
}

/** The operator's own mail server, as far as the installation needs one. */
async function openPostOffice(): Promise<{ url: string; mails: PostedMail[]; refuse: number; close: () => Promise<void> }> {
  const mails: PostedMail[] = [];
  const office = { url: '', mails, refuse: 0, close: () => new Promise<void>((resolve) => server.close(resolve)) };
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    onData: (stream, session, done) => {
      void simpleParser(stream).then((mail) => {
        if (office.refuse > 0) {
          office.refuse--;
          done(Object.assign(new Error('busy'), { responseCode: 451 }));
          return;
        }
        const [to] = session.envelope.rcptTo;
        mails.push({ to: to!.address, subject: mail.subject ?? '', text: mail.text ?? '', id: mail.messageId ?? '' });
        done();
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  office.url = `smtp://127.0.0.1:${String((server.server.address() as AddressInfo).port)}`;
  return office;
}

/** Once an hour each page is looked at: a dead token and a lost subscription are found before a customer notices. */
describe('the health of a page', () => {
  let world: World;
  let office: Awaited<ReturnType<typeof openPostOffice>>;
  let spaak: Tenant;
  let linden: Tenant;

  beforeAll(async () => {
    office = await openPostOffice();
    world = await World.open({ SMTP_URL: office.url, PUBLIC_URL: 'https://desk.example' });
    spaak = await world.tenant(0);
    linden = await world.tenant(1);
    const owner = spaak.owner;
    const admin = await colleague(world, owner, { email: 'admin@spaak.example', name: 'Anna', role: 'admin' });
    await admin.patch('/api/profile', { locale: 'nl' });
    await colleague(world, owner, { email: 'agent@spaak.example', name: 'Bram', role: 'agent' });
  });
  afterAll(async () => {
    await world.close();
    await office.close();
  });
  afterEach(() => {
    world.simulator.clearFaults();
  });

  const connectionOf = async (tenant: Tenant) =>
    (await tenant.owner.get<{ items: Connection[] }>('/api/connections')).body.items.find(({ id }) => id === tenant.connectionId)!;
  const simPage = ({ page }: Tenant) => world.simulator.pages.find(({ id }) => id === page.id)!;
  /** The hourly look, at every page. */
  const lookAtAll = async () => {
    world.advance({ minutes: 20 });
    await world.rows("select graphile_worker.add_job('check-pages')");
    await world.drain();
    world.advance({ minutes: 40 });
    await world.drain();
  };
  const reconnect = (tenant: Tenant, generation: number) =>
    tenant.owner.post<Connection>('/api/connections/messenger', {
      pageId: tenant.page.id,
      pageToken: demoPageToken(DEMO_APP.secret, tenant.page.id, generation),
    });
  const sweeps = (tenant: Tenant) =>
    world.rows<{ cause: string; since: Date }>('select cause, since from sweep where connection_id = $1 order by id', [
      tenant.connectionId,
    ]);
  const failWith = (on: string[], code: number, times?: number) => {
    const fault = { on, does: { kind: 'error', code, httpStatus: 400 }, ...(times === undefined ? {} : { times }) };
    world.simulator.setFaults({ graph: [fault as never] });
  };

  it('is written down with the time when all is well', async () => {
    expect(await connectionOf(spaak)).toMatchObject({ checkedAt: null });
    await lookAtAll();
    for (const tenant of [spaak, linden]) {
      expect(await connectionOf(tenant)).toMatchObject({ state: 'active', problem: null, checkedAt: expect.any(String) as string });
    }
    const [row] = await world.rows('select granted_scopes from connection where id = $1', [spaak.connectionId]);
    expect(row).toMatchObject({ granted_scopes: expect.arrayContaining(['pages_messaging']) as string[] });
    expect(await sweeps(spaak)).toEqual([]);
  });

  it.each([1, 2, 4, 190, 200])('is not called bad by an hour in which Facebook answers every question with error %i', async (code) => {
    failWith(['debug_token'], code);
    await lookAtAll();
    expect(await connectionOf(spaak)).toMatchObject({ state: 'active', problem: null });
    failWith(['debug_token', 'subscribe'], 2);
    await lookAtAll();
    expect(await connectionOf(spaak)).toMatchObject({ state: 'active', problem: null });
    expect(office.mails).toEqual([]);
  });

  it('is mended where the page has stopped sending, and what was missed is looked for from when all was last well', async () => {
    await lookAtAll();
    const before = (await connectionOf(spaak)).checkedAt!;
    simPage(spaak).subscribedFields = null;
    await lookAtAll();
    expect(simPage(spaak).subscribedFields).toEqual(expect.arrayContaining(['messages', 'feed', 'standby']));
    expect(await connectionOf(spaak)).toMatchObject({ state: 'active', problem: null });
    const found = await sweeps(spaak);
    expect(found).toMatchObject([{ cause: 'subscription_lost' }]);
    expect(found[0]!.since.getTime()).toBeLessThanOrEqual(new Date(before).getTime());
    expect(found[0]!.since.getTime()).toBeGreaterThan(new Date(before).getTime() - 60 * 60_000);
    expect(await sweeps(linden)).toEqual([]);
  });

  it('is mended without looking back where only a part was missing', async () => {
    simPage(spaak).subscribedFields = ['messages'];
    await lookAtAll();
    expect(simPage(spaak).subscribedFields).toEqual(expect.arrayContaining(['message_echoes', 'feed']));
    expect(await sweeps(spaak)).toHaveLength(1);
  });

  describe('whose token has died', () => {
    beforeAll(async () => {
      world.simulator.killPageToken(spaak.page.id);
      await lookAtAll();
    });

    it('is to be reconnected, and says so; another tenant’s is not', async () => {
      expect(await connectionOf(spaak)).toMatchObject({
        state: 'needs_reconnecting',
        problem: expect.stringContaining('Reconnect') as string,
      });
      expect(await connectionOf(linden)).toMatchObject({ state: 'active', problem: null });
    });

    it('is told to the owner and the admins, each in their language, once; to agents it is not', async () => {
      await lookAtAll();
      const told = office.mails.map(({ to }) => to).sort();
      expect(told).toEqual(['admin@spaak.example', spaak.ownerEmail].sort());
      const mailTo = (address: string) => office.mails.find(({ to }) => to === address)!;
      expect(mailTo(spaak.ownerEmail)).toMatchObject({ subject: 'Spaak Bikes has to be connected again' });
      expect(mailTo(spaak.ownerEmail).text).toContain('https://desk.example/settings/connections');
      expect(mailTo('admin@spaak.example')).toMatchObject({ subject: 'Spaak Bikes moet opnieuw worden gekoppeld' });
    });

    it('goes on storing what customers write', async () => {
      await world.simulator.customerSays(spaak.page.customers[0]!.psid, { text: 'is anybody there?' });
      await world.drain();
      const { items } = (await spaak.owner.get<Page<ConversationRow>>('/api/conversations')).body;
      expect(items).toMatchObject([{ preview: { text: 'is anybody there?' } }]);
    });

    it('works again once it is connected anew: token, state, subscription, and a look at what was missed', async () => {
      simPage(spaak).subscribedFields = null;
      expect(await reconnect(spaak, 1)).toMatchObject({ status: 201, body: { id: spaak.connectionId, state: 'active', problem: null } });
      expect(simPage(spaak).subscribedFields).toContain('messages');
      await world.drain();
      expect((await sweeps(spaak)).at(-1)).toMatchObject({ cause: 'reconnected' });
      await lookAtAll();
      expect(await connectionOf(spaak)).toMatchObject({ state: 'active', problem: null });
    });

    it('is told anew when it dies again, even by a mail server that is busy at first', async () => {
      office.mails.length = 0;
      office.refuse = 1;
      world.simulator.killPageToken(spaak.page.id);
      await lookAtAll();
      world.advance({ hours: 1 });
      await world.drain();
      expect(office.mails.map(({ to }) => to).sort()).toEqual(['admin@spaak.example', spaak.ownerEmail].sort());
    });

    it('works again by itself when Facebook takes the token back, and nobody had to do anything', async () => {
      world.simulator.revivePageToken(spaak.page.id);
      await lookAtAll();
      expect(await connectionOf(spaak)).toMatchObject({ state: 'active', problem: null });
    });
  });

  describe('with permissions missing', () => {
    it('gets as much as it may, and says what it may not', async () => {
      // The look at what the page sends now takes the first of the answers.
      failWith(['subscribe'], 200, 3);
      const { body: less } = await linden.owner.post<Connection>(`/api/connections/${linden.connectionId}/subscribe`, undefined);
      expect(less).toMatchObject({ state: 'active', problem: expect.stringContaining('feed') as string });
      expect(simPage(linden).subscribedFields).toEqual(expect.arrayContaining(['messages', 'standby']));
      expect(simPage(linden).subscribedFields).not.toContain('feed');
      failWith(['subscribe'], 200, 4);
      const { body: least } = await linden.owner.post<Connection>(`/api/connections/${linden.connectionId}/subscribe`, undefined);
      expect(least).toMatchObject({ state: 'active', problem: expect.stringContaining('standby') as string });
      failWith(['subscribe'], 200);
      const { body: none } = await linden.owner.post<Connection>(`/api/connections/${linden.connectionId}/subscribe`, undefined);
      expect(none).toMatchObject({ state: 'active', problem: expect.stringContaining('none come in') as string });
      world.simulator.clearFaults();
      const { body: all } = await linden.owner.post<Connection>(`/api/connections/${linden.connectionId}/subscribe`, undefined);
      expect(all).toMatchObject({ state: 'active', problem: null });
      expect(simPage(linden).subscribedFields).toContain('feed');
    });
  });

  describe('and its settings', () => {
    const change = (tenant: Tenant, body: object, id = tenant.connectionId) =>
      tenant.owner.patch<Connection>(`/api/connections/${id}`, body);

    it('decide whether comments come in', async () => {
      expect((await change(linden, { comments: false })).body.settings).toEqual({ humanAgent: false, personas: false, comments: false });
      expect(simPage(linden).subscribedFields).not.toContain('feed');
      await lookAtAll();
      expect(simPage(linden).subscribedFields).not.toContain('feed');
      expect((await change(linden, { comments: true })).body.settings.comments).toBe(true);
      expect(simPage(linden).subscribedFields).toContain('feed');
    });

    it('are changed one by one, and survive connecting anew', async () => {
      await change(linden, { humanAgent: true });
      await change(linden, { personas: true });
      await reconnect(linden, 0);
      expect((await connectionOf(linden)).settings).toEqual({ humanAgent: true, personas: true, comments: true });
    });

    it('are nobody else’s to change, and a mailbox has none', async () => {
      expect((await change(spaak, { comments: false }, linden.connectionId)).status).toBe(404);
      expect((await spaak.owner.post(`/api/connections/${linden.connectionId}/subscribe`, undefined)).status).toBe(404);
      const { connection } = await world.connectMailbox(spaak, 'help@spaak.example');
      expect((await change(spaak, { comments: false }, connection.id)).body).toMatchObject({ error: { code: 'not_a_page' } });
      expect((await connectionOf(linden)).settings.comments).toBe(true);
    });
  });

  describe('that Meta restricts', () => {
    const mark = (action: 'warning' | 'block' | 'unblock', actedAt: string, reason: string | null = null) =>
      world
        .get(Database)
        .inTenant(spaak.id, (tx) =>
          world
            .get(ConnectionService)
            .markRestriction(tx, spaak.connectionId as ConnectionId, { action, reason, actedAt: new Date(actedAt) }),
        );

    it('shows Meta’s newest word, in whichever order the words come, and nothing once it is free', async () => {
      await mark('block', '2026-11-02T10:00:00Z', 'spam');
      expect(await connectionOf(spaak)).toMatchObject({ restriction: 'spam', state: 'active' });
      await mark('warning', '2026-11-01T10:00:00Z');
      expect(await connectionOf(spaak)).toMatchObject({ restriction: 'spam' });
      await mark('unblock', '2026-11-03T10:00:00Z');
      expect(await connectionOf(spaak)).toMatchObject({ restriction: null });
      await mark('block', '2026-11-02T12:00:00Z');
      expect(await connectionOf(spaak)).toMatchObject({ restriction: null });
      expect(await connectionOf(linden)).toMatchObject({ restriction: null });
    });
  });
});

describe('an installation without outgoing mail', () => {
  it('marks a broken page all the same, and says in its log that nobody could be told', async () => {
    const world = await World.open();
    try {
      const { owner, page, id } = await world.tenant(0);
      world.simulator.killPageToken(page.id);
      await world.rows("select graphile_worker.add_job('check-pages')");
      await world.drain();
      expect((await owner.get('/api/connections')).body).toMatchObject({ items: [{ state: 'needs_reconnecting' }] });
      const lines = world.log.lines.filter((line) => line.includes('admins_not_told'));
      expect(lines).toHaveLength(1);
      expect(lines[0]).toContain(id);
    } finally {
      await world.close();
    }
  });
});
