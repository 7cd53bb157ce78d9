import type { ConversationRow, Invited, Page, TenantLine, TenantMade } from '#contract';
import { SessionService, SignInService } from '#accounts';
import type { Answer } from './api-client.js';
import { colleague, invite, tokenOf } from './furnished.js';
import { operator, type OperatorClient } from './operator-client.js';
import { SocketClient } from './socket-client.js';
import { PASSWORD, type Tenant, World } from './world.js';

/** It is cut off where it is decided, not at the next look. */
const SOCKET_MS_MAX = 3_000;

/**
 * A suspended tenant: nobody of it gets in by any door, nothing is sent, and nothing is lost. Every door is tried while it is suspended and
 * once more after it was resumed. The other tenant notices nothing.
 */
describe('a tenant that is suspended', () => {
  let world: World;
  let boss: OperatorClient;
  let spaak: Tenant;
  let linden: Tenant;

  beforeAll(async () => {
    world = await World.open();
    boss = await operator(world);
    spaak = await world.tenant(0);
    linden = await world.tenant(1);
    await world.connectMailbox(spaak, 'help@spaak.example');
  });
  afterAll(() => world.close());
  beforeEach(async () => {
    await resume(spaak);
    spaak.owner = await world.signIn(spaak.ownerEmail);
    await world.drain();
  });

  const code = ({ body }: Answer) => (body as { error?: { code: string } }).error?.code;
  const suspend = ({ id }: Tenant, reason = 'bills unpaid since May') => boss.post(`/operator/api/tenants/${id}/suspend`, { reason });
  const resume = ({ id }: Tenant) => boss.post(`/operator/api/tenants/${id}/resume`);
  const signIn = (email: string) => world.client().post('/api/session', { email, password: PASSWORD });
  const said = async ({ owner }: Tenant) => {
    const { items } = (await owner.get<Page<ConversationRow>>('/api/conversations')).body;
    return items[0]!;
  };
  const audited = (tenant: Tenant, act: string) =>
    world.rows<{ entry: string }>('select entry from audit_entry where tenant_id = $1 and act = $2 order by seq desc', [tenant.id, act]);

  it('has no session any more, and no door lets anybody make a new one', async () => {
    const agent = await colleague(world, spaak.owner, { email: 'agent@spaak.example', name: 'An Agent', role: 'agent' });
    const invited = await invite(spaak.owner, { email: 'later@spaak.example', name: 'Later', role: 'agent' });
    expect((await suspend(spaak)).status).toBe(204);
    for (const client of [spaak.owner, agent]) expect((await client.get('/api/session')).status).toBe(401);
    const refused = await signIn(spaak.ownerEmail);
    expect([refused.status, code(refused), refused.headers.getSetCookie()]).toEqual([403, 'tenant_suspended', []]);
    const accepted = await world
      .client()
      .post('/api/invitations/accept', { token: tokenOf(invited.inviteUrl), name: 'Later', password: PASSWORD });
    expect([accepted.status, code(accepted)]).toEqual([403, 'tenant_suspended']);
    expect(await world.rows('select 1 from session where tenant_id = $1', [spaak.id])).toEqual([]);
    expect((await linden.owner.get('/api/session')).status).toBe(200);

    expect((await resume(spaak)).status).toBe(204);
    expect((await signIn(spaak.ownerEmail)).status).toBe(200);
    // What was refused used nothing up.
    const again = await world
      .client()
      .post('/api/invitations/accept', { token: tokenOf(invited.inviteUrl), name: 'Later', password: PASSWORD });
    expect(again.status).toBe(200);
  });

  it('says so only to whoever knows the password', async () => {
    await suspend(spaak);
    const wrong = await world.client().post('/api/session', { email: spaak.ownerEmail, password: 'a wrong password' });
    expect(code(wrong)).toBe('bad_credentials');
  });

  it('lets no session in that began at the very same moment, or one that somebody puts there', async () => {
    const actor = (
      await world.get(SignInService).byPassword({ email: spaak.ownerEmail, password: PASSWORD }, { address: '127.0.0.1', device: '' })
    ).actor;
    await world.database.owner.query("update tenant set state = 'suspended', suspended_at = now() where id = $1", [spaak.id]);
    expect(await world.get(SessionService).isLive(actor, { address: '127.0.0.1', device: '' })).toBe(false);
    expect((await spaak.owner.get('/api/session')).status).toBe(401);
  });

  it('loses its open sockets at once, and gets no new one', async () => {
    const cookie = spaak.owner.sessionCookie;
    const socket = new SocketClient(world.server.url, { cookie });
    const other = new SocketClient(world.server.url, { cookie: linden.owner.sessionCookie });
    await Promise.all([socket, other].map((client) => client.until(({ ready }) => ready)));
    await suspend(spaak);
    await socket.untilClosed(SOCKET_MS_MAX);
    expect(other.isConnected).toBe(true);
    const again = new SocketClient(world.server.url, { cookie });
    await again.until(({ refusal }) => refusal);
    other.close();
  });

  it('still takes in what its customers write, and shows it when it is back', async () => {
    const { psid } = spaak.page.customers[0]!;
    await suspend(spaak);
    await world.simulator.customerSays(psid, { text: 'said while nobody looked' });
    await world.simulator.sendMail({
      from: 'mila@customer.example',
      to: 'help@spaak.example',
      subject: 'A question',
      text: 'written while nobody looked',
    });
    await world.drain();
    await resume(spaak);
    const owner = await world.signIn(spaak.ownerEmail);
    const { items } = (await owner.get<Page<ConversationRow>>('/api/conversations')).body;
    expect(items.map(({ preview }) => preview.text)).toEqual(
      expect.arrayContaining(['said while nobody looked', 'written while nobody looked']),
    );
  });

  it('sends nothing; what was ordered goes out when it is back', async () => {
    const { psid } = spaak.page.customers[0]!;
    await world.simulator.customerSays(psid, { text: 'a question' });
    await world.drain();
    const conversation = await said(spaak);
    await spaak.owner.post(`/api/conversations/${conversation.id}/replies`, { text: 'an answer that waits' });
    await suspend(spaak);
    await world.drain();
    const heard = () =>
      world.simulator
        .messagesSeenBy(psid)
        .map(({ text }) => text)
        .filter((text) => text !== 'a question');
    expect(heard()).toEqual([]);
    const [waiting] = await world.rows('select delivery_state, delivery_code from message where tenant_id = $1 and direction = $2', [
      spaak.id,
      'out',
    ]);
    expect(waiting).toEqual({ delivery_state: 'queued', delivery_code: 'tenant_suspended' });
    await resume(spaak);
    await world.drain();
    expect(heard()).toEqual(['an answer that waits']);
  });

  it('and does not answer by itself', async () => {
    const [mailbox] = await world.rows<{ id: string }>("select id from connection where channel = 'email'");
    await spaak.owner.patch(`/api/connections/${mailbox!.id}/mailbox`, { autoReply: { on: true, text: 'We have your mail.' } });
    await suspend(spaak);
    await world.simulator.sendMail({
      from: 'silent@customer.example',
      to: 'help@spaak.example',
      subject: 'A question',
      text: 'written while nobody looked',
    });
    await world.drain();
    expect(world.simulator.mailTo('silent@customer.example')).toEqual([]);
    await resume(spaak);
    await world.drain();
    expect(world.simulator.mailTo('silent@customer.example')).toEqual([]);
  });

  it('is written down in its own audit and in the installation’s, with the reason where it can be erased', async () => {
    await suspend(spaak, 'bills unpaid since May');
    await resume(spaak);
    for (const act of ['tenant_suspended', 'tenant_resumed']) {
      const [mine] = await audited(spaak, act);
      const [theirs] = await world.rows<{ entry: string }>('select entry from installation_audit_entry where act = $1 order by seq desc', [
        act,
      ]);
      for (const row of [mine, theirs]) {
        expect(JSON.parse(row!.entry)).toMatchObject({
          by: { kind: 'operator', id: boss.operatorId },
          about: { kind: 'tenant', id: spaak.id },
        });
        expect(row!.entry).not.toContain('unpaid');
      }
      expect(await audited(linden, act)).toEqual([]);
    }
  });

  it('is suspended once and resumed once, and one that does not exist is not found', async () => {
    expect([(await suspend(spaak)).status, code(await suspend(spaak))]).toEqual([204, 'already_suspended']);
    expect([(await resume(spaak)).status, code(await resume(spaak))]).toEqual([204, 'not_suspended']);
    const nowhere = { ...spaak, id: '00000000-0000-7000-8000-000000000000' as Tenant['id'] };
    expect([code(await suspend(nowhere)), code(await resume(nowhere))]).toEqual(['not_found', 'not_found']);
    expect(code(await suspend(spaak, ''))).toBe('invalid');
  });

  it('is made by the operator with an owner who comes in by a link, once', async () => {
    const made = await boss.post<TenantMade>('/operator/api/tenants', {
      name: 'Vlieg Kites',
      ownerName: 'Vera',
      ownerEmail: 'vera@vlieg.example',
    });
    expect(made.status).toBe(201);
    const token = made.body.inviteUrl.split('#')[1]!;
    const vera = world.client();
    expect((await vera.post('/api/invitations/accept', { token, name: 'Vera', password: PASSWORD })).status).toBe(200);
    expect((await vera.get('/api/session')).body).toMatchObject({ tenant: { name: 'Vlieg Kites' }, agent: { role: 'owner' } });
    expect((await world.client().post('/api/invitations/accept', { token, name: 'Eve', password: PASSWORD })).status).toBe(404);
    expect((await vera.get<Page<ConversationRow>>('/api/conversations')).body.items).toEqual([]);
  });

  it('whose people have all lost the way in gets one back by the operator’s invitation', async () => {
    const { status, body } = await boss.post<Invited>(`/operator/api/tenants/${spaak.id}/agents`, {
      email: 'rescue@spaak.example',
      name: 'Rescue',
      role: 'owner',
    });
    expect(status).toBe(201);
    const rescued = world.client();
    await rescued.post('/api/invitations/accept', { token: tokenOf(body.inviteUrl), name: 'Rescue', password: PASSWORD });
    expect((await rescued.get('/api/session')).body).toMatchObject({ tenant: { id: spaak.id }, agent: { role: 'owner' } });
    const invitations = (await audited(spaak, 'agent_invited')).map(({ entry }) => JSON.parse(entry) as { by: object });
    expect(invitations).toContainEqual(expect.objectContaining({ by: { kind: 'operator', id: boss.operatorId } }));
  });

  it('shows the operator figures, and neither names of people nor a word that was said', async () => {
    const { psid } = spaak.page.customers[0]!;
    await world.simulator.customerSays(psid, { text: 'canary-4711' });
    await world.drain();
    const { body } = await boss.get<Page<TenantLine>>('/operator/api/tenants');
    const line = body.items.find(({ id }) => id === spaak.id)!;
    const [counted] = await world.rows<{ agents: number; conversations: number }>(
      `select (select count(*)::int from agent where tenant_id = $1 and state = 'active') as agents,
         (select count(*)::int from conversation where tenant_id = $1) as conversations`,
      [spaak.id],
    );
    expect(line).toMatchObject({
      name: spaak.page.name,
      state: 'active',
      canReadUntil: null,
      usage: {
        agents: counted!.agents,
        connections: 2,
        conversations: counted!.conversations,
        storageBytes: 0,
        lastActivityAt: expect.any(String) as string,
      },
    });
    const text = JSON.stringify(body);
    const { name } = (await said(spaak)).contact;
    for (const secret of ['canary', name, spaak.ownerEmail, spaak.page.id]) expect(text).not.toContain(secret);
    const page = await boss.get<Page<TenantLine>>('/operator/api/tenants?limit=1');
    expect(page.body.items.map(({ id }) => id)).toEqual([spaak.id]);
    const rest = await boss.get<Page<TenantLine>>(`/operator/api/tenants?limit=1&cursor=${page.body.nextCursor!}`);
    expect(rest.body.items.map(({ id }) => id)).toEqual([linden.id]);
  });
});
