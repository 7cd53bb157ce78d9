import type { ConnectedMailbox, Connection, Doctor, MailLogin } from '#contract';
import { ChannelError, MailTokens } from '#channels';
import type { Answer, ApiClient } from './api-client.js';
import { Dovecot, hasDovecot } from './dovecot.js';
import { colleague } from './furnished.js';
import { until } from './killable-server.js';
import { MailLoginProvider } from './mail-login-provider.js';
import { placesHolding } from './stores.js';
import { TestSmtp } from './test-smtp.js';
import { PASSWORD, type Tenant, World } from './world.js';

const ADDRESS = 'help@spaak.example';
const isDovecotHere = hasDovecot('signing in to a mailbox with its provider');

/** Whoever may manage connections signs a mailbox in with its provider, without a password; what that gives stays ours, and goes on working. */
describe('signing in a mailbox with its provider', () => {
  let world: World;
  let spaak: Tenant;
  let linden: Tenant;
  let provider: MailLoginProvider;
  let dovecot: Dovecot | undefined;
  let smtp: TestSmtp;

  beforeAll(async () => {
    provider = await MailLoginProvider.start();
    if (isDovecotHere) dovecot = await Dovecot.start({ introspectionUrl: `${provider.url}/introspect` });
    await dovecot?.user(ADDRESS, 'no password is taken');
    smtp = await TestSmtp.start({
      authMethods: ['XOAUTH2'],
      onAuth({ username, accessToken }, _, done) {
        const isOwner = provider.ownerOf(accessToken ?? '') === username?.toLowerCase();
        if (isOwner) done(null, { user: username });
        else done(null, { data: { status: '401', schemes: 'bearer', scope: 'mail' } });
      },
    });
    const servers = { imap: `imap://127.0.0.1:${String(dovecot?.port ?? 1)}`, smtp: smtp.url() };
    world = await World.open({ ...provider.environment('GOOGLE', servers), ...provider.environment('MICROSOFT', servers) });
    spaak = await world.tenant(0);
    linden = await world.tenant(1);
  });
  afterAll(async () => {
    await world.close();
    await smtp.stop();
    await dovecot?.stop();
    await provider.stop();
  });
  afterEach(() => {
    Object.assign(provider, { failure: null, scope: null, rotates: false, isVerified: true, thinksMs: 0 });
  });

  const begin = async (client: ApiClient, name = 'google') => {
    const answer = await client.get(`/api/connections/email/login/${name}`);
    expect(answer.status).toBe(302);
    return new URL(answer.headers.get('location')!);
  };
  const pathOf = ({ pathname, search }: URL) => `${pathname}${search}`;
  const landing = (answer: Answer) => {
    expect(answer.status).toBe(302);
    const url = new URL(answer.headers.get('location')!, world.server.url);
    expect(url.pathname).toBe('/settings/connections');
    return { login: url.searchParams.get('mail_login'), refused: url.searchParams.get('login_refused') };
  };
  const signIn = async (client: ApiClient, { name = 'google', address = ADDRESS } = {}) => {
    const back = provider.allow(await begin(client, name), address);
    return landing(await client.get(pathOf(back))).login!;
  };
  const connect = (client: ApiClient, body: object) => client.post<ConnectedMailbox>('/api/connections/email', body);
  const connected = async (name = 'google', address = ADDRESS) => {
    const loginId = await signIn(spaak.owner, { name, address });
    const { status, body } = await connect(spaak.owner, { address: ADDRESS, smtp: { loginId } });
    expect({ status, body }).toMatchObject({ status: 201 });
    return body.connection.id;
  };
  const accessToken = (id: string, options = {}) => world.get(MailTokens).accessToken(spaak.id, id, options);
  /** With its own memory of what is being asked. */
  const anotherProcess = () => {
    const asked = new Map<string, unknown>();
    return Object.assign(Object.create(world.get(MailTokens)) as object, { asked }) as unknown as MailTokens;
  };
  const connectionOf = async (id: string) =>
    (await spaak.owner.get<{ items: Connection[] }>('/api/connections')).body.items.find((connection) => connection.id === id)!;

  it('leads to the provider with what is asked for, a challenge, and a state that is stored nowhere', async () => {
    const page = await begin(spaak.owner);
    expect(page.href.startsWith(`${provider.url}/authorize?`)).toBe(true);
    expect(Object.fromEntries(page.searchParams)).toMatchObject({
      client_id: provider.clientId,
      redirect_uri: `${world.config.publicUrl}/api/connections/email/callback`,
      response_type: 'code',
      scope: 'https://mail.google.com/ openid email',
      access_type: 'offline',
      prompt: 'consent',
      code_challenge_method: 'S256',
      code_challenge: expect.stringMatching(/^[\w-]{43}$/) as string,
      state: expect.stringMatching(/^[\w-]{22}$/) as string,
    });
    expect(await placesHolding(world, page.searchParams.get('state')!)).toEqual([]);
    const microsoft = await begin(spaak.owner, 'microsoft');
    expect(microsoft.searchParams.get('scope')).toContain('IMAP.AccessAsUser.All');
    expect(microsoft.searchParams.get('scope')).toContain('offline_access');
    expect((await spaak.owner.get('/api/connections/email/login/elsewhere')).status).toBe(404);
  });

  it('brings the account, and shows its address and nothing of its tokens', async () => {
    const id = await signIn(spaak.owner);
    const { body } = await spaak.owner.get<MailLogin>(`/api/connections/email/logins/${id}`);
    expect(body).toMatchObject({ id, provider: 'google', address: ADDRESS });
    expect(new Date(body.expiresAt).getTime() - world.clock.now().getTime()).toBeLessThanOrEqual(15 * 60_000);
    expect(JSON.stringify(body)).not.toMatch(/access-|refresh-/);
    for (const secret of ['refresh-', 'access-', provider.clientSecret]) expect(await placesHolding(world, secret)).toEqual([]);
  });

  it('proves with the code that it is who asked for it', async () => {
    const page = await begin(spaak.owner);
    const stolen = provider.allow(page, ADDRESS).searchParams.get('code')!;
    // The thief has a session and a state of his own: the code alone is worth nothing to him.
    const his = await begin(spaak.owner);
    const back = new URL(provider.deny(his));
    back.searchParams.delete('error');
    back.searchParams.set('code', stolen);
    expect(landing(await spaak.owner.get(pathOf(back))).refused).toBe('mail_login_refused');
  });

  it('takes a state once, for a quarter of an hour, from the session that began', async () => {
    const back = pathOf(provider.allow(await begin(spaak.owner), ADDRESS));
    expect(landing(await spaak.owner.get(back)).login).toBeTruthy();
    expect(landing(await spaak.owner.get(back)).refused).toBe('used_state');

    const other = pathOf(provider.allow(await begin(spaak.owner), ADDRESS));
    const elsewhere = await world.signIn(spaak.ownerEmail);
    expect(landing(await elsewhere.get(other)).refused).toBe('bad_state');
    expect(landing(await linden.owner.get(other)).refused).toBe('bad_state');
    expect((await world.client().get(other)).status).toBe(401);
    world.advance({ minutes: 16 });
    expect(landing(await spaak.owner.get(other)).refused).toBe('expired_state');
    for (const query of ['', 'state=', 'state=a', `state=${'a'.repeat(22)}&code=x`]) {
      expect(landing(await spaak.owner.get(`/api/connections/email/callback?${query}`)).refused).toBe('bad_state');
    }
  });

  it('is over when the person says no, unticks what is needed, or is nobody the provider has verified', async () => {
    const no = provider.deny(await begin(spaak.owner));
    expect(landing(await spaak.owner.get(pathOf(no))).refused).toBe('access_denied');
    provider.scope = 'openid email';
    const less = provider.allow(await begin(spaak.owner), ADDRESS);
    expect(landing(await spaak.owner.get(pathOf(less))).refused).toBe('mail_scope_missing');
    provider.scope = null;
    provider.isVerified = false;
    const unverified = provider.allow(await begin(spaak.owner), ADDRESS);
    expect(landing(await spaak.owner.get(pathOf(unverified))).refused).toBe('mail_login_refused');
  });

  it('says when the provider does not answer, and that it may be tried again', async () => {
    provider.failure = { status: 503, error: 'temporarily_unavailable' };
    const back = provider.allow(await begin(spaak.owner), ADDRESS);
    expect(landing(await spaak.owner.get(pathOf(back))).refused).toBe('mail_login_unavailable');
  });

  it('is nobody else’s: not a colleague’s, not another tenant’s, and not for agents', async () => {
    const id = await signIn(spaak.owner);
    const admin = await colleague(world, spaak.owner, { email: 'admin@spaak.example', name: 'Admin', role: 'admin' });
    const agent = await colleague(world, spaak.owner, { email: 'agent@spaak.example', name: 'Agent', role: 'agent' });
    for (const stranger of [admin, linden.owner]) {
      expect((await stranger.get(`/api/connections/email/logins/${id}`)).status).toBe(404);
      const answer = await connect(stranger, { address: ADDRESS, smtp: { loginId: id } });
      expect(answer).toMatchObject({ status: 422, body: { error: { code: 'mail_login_gone' } } });
    }
    expect((await agent.get('/api/connections/email/login/google')).status).toBe(403);
    expect((await agent.get(`/api/connections/email/logins/${id}`)).status).toBe(403);
  });

  it('is gone after a quarter of an hour, and with the session that began it', async () => {
    const id = await signIn(spaak.owner);
    world.advance({ minutes: 16 });
    expect((await spaak.owner.get(`/api/connections/email/logins/${id}`)).status).toBe(404);
    await world.drain();
    expect(await world.rows('select 1 from mail_login where id = $1', [id])).toEqual([]);
    const client = await world.signIn(spaak.ownerEmail, PASSWORD);
    const other = await signIn(client);
    await client.delete('/api/session');
    expect(await world.rows('select 1 from mail_login where id = $1', [other])).toEqual([]);
    for (let time = 0; time < 15; time++) await begin(spaak.owner);
    const [row] = await world.rows<{ count: number }>('select count(*)::int as count from mail_login');
    expect(row!.count).toBeLessThanOrEqual(12);
  });

  describe('then sending with it', () => {
    it('is tried before it is saved, and refused where the account is not that of the mailbox', async () => {
      const loginId = await signIn(spaak.owner, { address: 'private@spaak.example' });
      const answer = await connect(spaak.owner, { address: 'never@spaak.example', smtp: { loginId } });
      expect(answer).toMatchObject({ status: 422, body: { error: { code: 'smtp_refused', fields: [{ path: 'smtp' }] } } });
      expect(await world.rows("select 1 from connection where external_id = 'never@spaak.example'")).toEqual([]);
    });

    it('works, is shown as such, and keeps what speaks for it sealed', async () => {
      const id = await connected();
      const connection = await connectionOf(id);
      expect(connection).toMatchObject({ state: 'active', mailbox: { login: 'google', hasSmtp: true, inbound: 'raw' } });
      const { user, token, smtp: place } = await accessToken(id);
      expect({ user, owner: provider.ownerOf(token), place }).toMatchObject({ user: ADDRESS, owner: ADDRESS, place: { port: smtp.port } });
      for (const secret of ['refresh-', 'access-']) expect(await placesHolding(world, secret)).toEqual([]);
      const { body } = await spaak.owner.get<Doctor>(`/api/connections/${id}/doctor`);
      const found = Object.fromEntries(body.lines.map(({ check, code }) => [check, code]));
      expect(found).toMatchObject({ mail_login: 'login_good', mail_out: 'mail_server_answers' });
    });

    it('gives way to a server that was named for sending, and keeps its own for what else it is for', async () => {
      const other = await TestSmtp.start({ onAuth: (_, __, done) => done(null, { user: 'relay' }) });
      try {
        const loginId = await signIn(spaak.owner);
        const wish = { address: ADDRESS, ...(isDovecotHere ? { imap: { loginId } } : {}), smtp: { url: other.url('relay', 'password') } };
        const { body } = await connect(spaak.owner, wish);
        expect((await spaak.owner.post(`/api/connections/${body.connection.id}/test-mail`, undefined)).status).toBe(202);
        expect(other.taken[0]).toMatchObject({ from: ADDRESS, to: [ADDRESS] });
        expect(smtp.taken).toEqual([]);
      } finally {
        await other.stop();
      }
    });

    it('asks for a new token when less than five minutes are left, once for everybody who wants one', async () => {
      const id = await connected();
      const { token: first } = await accessToken(id);
      world.advance({ minutes: 54 });
      expect((await accessToken(id)).token).toBe(first);
      world.advance({ minutes: 2 });
      provider.refreshed.length = 0;
      provider.thinksMs = 200;
      const processes = Array.from({ length: 4 }, () => anotherProcess());
      const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => processes[index % 4]!.accessToken(spaak.id, id)));
      expect(new Set(answers.map(({ token }) => token)).size).toBe(1);
      expect(answers[0]!.token).not.toBe(first);
      expect(provider.refreshed).toHaveLength(1);
      expect(provider.asked['scope']).toBeUndefined();
    });

    it('keeps the refresh token where no new one comes, and the new one where it does', async () => {
      for (const name of ['google', 'microsoft']) {
        provider.rotates = name === 'microsoft';
        const id = await connected(name);
        provider.refreshed.length = 0;
        for (let time = 0; time < 3; time++) {
          world.advance({ hours: 1 });
          await accessToken(id);
        }
        expect(new Set(provider.refreshed).size).toBe(name === 'google' ? 1 : 3);
        if (name === 'microsoft') expect(provider.asked['scope']).toContain('IMAP.AccessAsUser.All');
      }
    });

    it('gets another token for one that the server refuses before its time', async () => {
      const id = await connected();
      const { token: refused } = await accessToken(id);
      const [one, two] = await Promise.all([accessToken(id, { refused }), accessToken(id, { refused })]);
      expect(one.token).not.toBe(refused);
      expect(two.token).toBe(one.token);
      expect((await accessToken(id, { refused })).token).toBe(one.token);
    });

    it('breaks the connection when the person took it back, tells the admins once, and is mended by signing in again', async () => {
      const id = await connected();
      provider.revoke();
      world.advance({ hours: 2 });
      await expect(accessToken(id)).rejects.toMatchObject({ remedy: 'reconnect', code: 'grant_gone' });
      expect(await connectionOf(id)).toMatchObject({ state: 'needs_reconnecting', problem: expect.stringContaining('Sign in') as string });
      const { body } = await spaak.owner.get<Doctor>(`/api/connections/${id}/doctor`);
      expect(body.lines.find(({ check }) => check === 'mail_login')).toMatchObject({
        verdict: 'bad',
        code: 'grant_gone',
        remedy: { kind: 'reconnect' },
      });
      expect(await connected()).toBe(id);
      expect(await connectionOf(id)).toMatchObject({ state: 'active', problem: null });
      expect((await accessToken(id)).user).toBe(ADDRESS);
    });

    it.each([
      [{ status: 503, error: 'server_error' }, 'mail_login_unavailable'],
      [{ status: 401, error: 'invalid_client' }, 'mail_login_not_set_up'],
    ])('waits for better times at %j, and breaks nothing', async (failure, code) => {
      const id = await connected();
      world.advance({ hours: 2 });
      provider.failure = failure;
      const error = await accessToken(id).catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(ChannelError);
      expect(error).toMatchObject({ remedy: 'try_later', code });
      expect(await connectionOf(id)).toMatchObject({ state: 'active' });
      provider.failure = null;
      expect((await accessToken(id)).user).toBe(ADDRESS);
    });

    it('goes on with a token that has minutes left while the provider does not answer', async () => {
      const id = await connected();
      const { token } = await accessToken(id);
      world.advance({ minutes: 57 });
      provider.failure = { status: 503, error: 'server_error' };
      expect((await accessToken(id)).token).toBe(token);
      await expect(accessToken(id, { refused: token })).rejects.toMatchObject({ remedy: 'try_later' });
    });

    it('forgets what spoke for it when it is disconnected', async () => {
      const id = await connected();
      await spaak.owner.delete(`/api/connections/${id}`);
      expect(await world.rows('select 1 from mail_grant where connection_id = $1', [id])).toEqual([]);
      await expect(accessToken(id)).rejects.toMatchObject({ remedy: 'reconnect', code: 'not_signed_in' });
    });

    it('is nothing another tenant can use', async () => {
      const id = await connected();
      await expect(world.get(MailTokens).accessToken(linden.id, id)).rejects.toMatchObject({ code: 'not_signed_in' });
    });

    it('lets a former login’s answer that comes late change nothing of a new one', async () => {
      const id = await connected();
      world.advance({ hours: 2 });
      provider.thinksMs = 400;
      provider.refreshed.length = 0;
      const late = accessToken(id);
      await until('the provider is asked', 5000, () => Promise.resolve(provider.refreshed.length === 1));
      provider.thinksMs = 0;
      const loginId = await signIn(spaak.owner);
      await connect(spaak.owner, { address: ADDRESS, smtp: { loginId } });
      const [before] = await world.rows<{ sealed_tokens: Buffer }>('select sealed_tokens from mail_grant where connection_id = $1', [id]);
      await late;
      const [after] = await world.rows<{ sealed_tokens: Buffer }>('select sealed_tokens from mail_grant where connection_id = $1', [id]);
      expect(after!.sealed_tokens.equals(before!.sealed_tokens)).toBe(true);
    });
  });

  (isDovecotHere ? describe : describe.skip)('then fetching with it', () => {
    it('lists the folders of the account, and connects it both ways', async () => {
      const loginId = await signIn(spaak.owner);
      const { status, body } = await spaak.owner.post<{ folders: { path: string }[] }>('/api/connections/email/folders', {
        imap: { loginId },
      });
      expect({ status, paths: body.folders.map(({ path }) => path) }).toEqual({ status: 200, paths: ['INBOX'] });
      const answer = await connect(spaak.owner, { address: ADDRESS, imap: { loginId } });
      expect(answer).toMatchObject({
        status: 201,
        body: { webhookPath: null, connection: { mailbox: { inbound: 'imap', login: 'google', folders: ['INBOX'], hasSmtp: true } } },
      });
    });

    it('says what to do where the provider lets the person in but not into this mailbox', async () => {
      const loginId = await signIn(spaak.owner, { address: 'private@spaak.example' });
      const answer = await connect(spaak.owner, { address: 'never@spaak.example', imap: { loginId } });
      expect(answer).toMatchObject({ status: 422, body: { error: { code: 'imap_refused' } } });
      expect(JSON.stringify(answer.body)).toContain('Switch on IMAP');
    });
  });
});

describe('an installation that is not known to a provider', () => {
  it('says so instead of leading there', async () => {
    const world = await World.open();
    try {
      const { owner } = await world.tenant(0);
      const answer = await owner.get('/api/connections/email/login/microsoft');
      expect(answer.headers.get('location')).toBe('/settings/connections?login_refused=no_mail_login');
    } finally {
      await world.close();
    }
  });
});
