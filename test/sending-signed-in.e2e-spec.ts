import type { ConnectedMailbox, Connection, Message, Page } from '#contract';
import { MailLoginProvider } from './mail-login-provider.js';
import { rawMail } from './raw-mail.js';
import { TestSmtp } from './test-smtp.js';
import { type Tenant, World } from './world.js';

const ADDRESS = 'help@spaak.example';

/** Sending from a mailbox that its provider signs in: with tokens that end, and under the provider's own manners. */
describe('a mailbox without a password', () => {
  let world: World;
  let spaak: Tenant;
  let provider: MailLoginProvider;
  let smtp: TestSmtp;
  let people = 0;
  let connected: ConnectedMailbox;

  beforeAll(async () => {
    provider = await MailLoginProvider.start();
    smtp = await TestSmtp.start({
      authOptional: false,
      authMethods: ['XOAUTH2'],
      onAuth({ username, accessToken }, _, done) {
        const isOwner = provider.ownerOf(accessToken ?? '') === username?.toLowerCase();
        if (isOwner) done(null, { user: username });
        else done(null, { data: { status: '401', schemes: 'bearer', scope: 'mail' } });
      },
    });
    world = await World.open(provider.environment('GOOGLE', { smtp: smtp.url() }));
    spaak = await world.tenant(0);
    const begun = await spaak.owner.get('/api/connections/email/login/google');
    const back = provider.allow(new URL(begun.headers.get('location')!), ADDRESS);
    const landed = await spaak.owner.get(`${back.pathname}${back.search}`);
    const loginId = new URL(landed.headers.get('location')!, world.server.url).searchParams.get('mail_login');
    const answer = await spaak.owner.post<ConnectedMailbox>('/api/connections/email', { address: ADDRESS, smtp: { loginId } });
    expect(answer.status).toBe(201);
    connected = answer.body;
    world.simulator.connectMailbox({
      address: ADDRESS,
      webhookUrl: `${world.server.url}${connected.webhookPath!}`,
      secret: connected.inboundSecret,
    });
  });
  afterAll(async () => {
    await world.close();
    await smtp.stop();
    await provider.stop();
  });

  const answered = async (text: string) => {
    const from = `person${String(people++)}@mail.example`;
    await world.simulator.rawMail(ADDRESS, rawMail({ from, to: ADDRESS }));
    await world.drain();
    const [row] = await world.rows<{ id: string }>(
      'select conversation.id from conversation join contact_identity known using (contact_id) where known.external_id = $1',
      [from],
    );
    await spaak.owner.post(`/api/conversations/${row!.id}/replies`, { text });
    await world.drain();
    const thread = await spaak.owner.get<Page<Message>>(`/api/conversations/${row!.id}/messages`);
    return { from, delivery: thread.body.items.at(-1)!.delivery!, mails: smtp.taken.filter(({ to }) => to.includes(from)) };
  };
  const connection = async () =>
    (await spaak.owner.get<Page<Connection>>('/api/connections')).body.items.find(({ id }) => id === connected.connection.id)!;

  it('asks for one fresh token when the old one is refused before its time, and sends', async () => {
    provider.endAccess();
    const { delivery, mails } = await answered('one');
    expect(delivery).toMatchObject({ state: 'sent' });
    expect(mails).toHaveLength(1);
    expect(provider.refreshed).toHaveLength(1);
  });

  it('sends with its provider’s token, under its own plain address, which such providers insist on', async () => {
    const { delivery, mails } = await answered('two');
    expect(delivery).toMatchObject({ state: 'sent' });
    expect(mails).toMatchObject([{ from: ADDRESS }]);
  });

  it('waits for somebody to sign in again when the provider lets us in no more, and says so', async () => {
    provider.revoke();
    // Past the life of every token, and of every connection that is kept open.
    world.advance({ hours: 2 });
    const { delivery, mails } = await answered('three');
    expect(delivery).toMatchObject({ state: 'queued', code: 'waiting_for_reconnection', remedy: 'reconnect' });
    expect(mails).toEqual([]);
    expect(await connection()).toMatchObject({ state: 'needs_reconnecting' });
    const [row] = await world.rows<{ body: string }>('select sealed_tokens::text as body from mail_grant');
    expect(row!.body).not.toContain('access-');
    expect(world.log.lines.join('\n')).not.toMatch(/access-[0-9a-f]{16}|refresh-[0-9a-f]{16}/);
  });
});
