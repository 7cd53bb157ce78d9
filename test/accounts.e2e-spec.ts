import { type Algorithm, hash } from '@node-rs/argon2';
import type { Agent, Invited, Page, Session, SignedInSession } from '#contract';
import { JobWorker } from '#jobs';
import { SetupService, SignInService } from '#accounts';
import { hashPassword } from '../libs/accounts/password.js';
import type { ApiClient } from './api-client.js';
import { colleague, invite, tokenOf } from './furnished.js';
import { PASSWORD, World } from './world.js';

const OWNER = 'olga@spaak.example';
const SETUP = { tenantName: 'Spaak Bikes', name: 'Olga', email: OWNER, password: PASSWORD };

interface Refused {
  error: { code: string; message: string; fields?: { path: string; message: string }[] };
}

let shops = 0;
/** A tenant of a test's own in a world that several share, and its owner signed in. */
async function openShop(world: World): Promise<{ owner: ApiClient; at: (name: string) => string }> {
  const domain = `shop${String(++shops)}.example`;
  const at = (name: string) => `${name}@${domain}`;
  await world.get(SetupService).tenant({ ...SETUP, email: at('olga') }, { isEasy: true });
  return { owner: await world.signIn(at('olga')), at };
}

const codeOf = ({ body }: { body: unknown }) => (body as Refused | undefined)?.error?.code;
const signIn = (client: ApiClient, email: string, password = PASSWORD, more: object = {}) =>
  client.post<Session & Refused>('/api/session', { email, password, ...more });
const isSignedIn = async (client: ApiClient) => (await client.get('/api/session')).status === 200;

describe('setting up', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.open();
  });
  afterAll(() => world.close());

  it('makes one tenant, however many try at the same moment', async () => {
    expect((await world.client().get('/api/setup')).body).toEqual({ needed: true });
    const clients = Array.from({ length: 10 }, () => world.client());
    const answers = await Promise.all(clients.map((client, n) => client.post('/api/setup', { ...SETUP, tenantName: `Shop ${String(n)}` })));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array<number>(9).fill(409)]);
    expect(answers.filter(({ status }) => status === 409).map(codeOf)).toEqual(Array<string>(9).fill('already_set_up'));
    expect(await world.rows('select 1 from tenant')).toHaveLength(1);
    expect(await world.rows('select 1 from agent')).toHaveLength(1);
    const winner = clients[answers.findIndex(({ status }) => status === 201)]!;
    expect((await winner.get<Session>('/api/session')).body.agent).toMatchObject({ email: OWNER, role: 'owner' });
    expect((await world.client().get('/api/setup')).body).toEqual({ needed: false });
  });

  it('is closed ever after, and writes nothing then', async () => {
    const answer = await world.client().post('/api/setup', { ...SETUP, email: 'mallory@elsewhere.example' });
    expect([answer.status, codeOf(answer)]).toEqual([409, 'already_set_up']);
    expect(answer.headers.getSetCookie()).toEqual([]);
    expect(await world.rows("select 1 from agent where email like 'mallory%'")).toEqual([]);
  });

  it('asks for a password that is not short, and not so long that hashing it is work', async () => {
    for (const password of ['short', 'x'.repeat(11), 'x'.repeat(1025)]) {
      expect((await world.client().post('/api/setup', { ...SETUP, password })).status).toBe(400);
    }
  });
});

describe('signing in', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.open();
    await world.client().post('/api/setup', SETUP);
  });
  afterAll(() => world.close());

  it('answers an unknown address, a wrong password and somebody invited but not here yet with the same words', async () => {
    const owner = await world.signIn(OWNER);
    await invite(owner, { email: 'waiting@spaak.example', name: 'Waiting', role: 'agent' });
    const answers = await Promise.all(
      ['nobody@spaak.example', OWNER, 'waiting@spaak.example', '', 'not an address', "' or true --"].map((email) =>
        signIn(world.client(), email, 'a wrong password'),
      ),
    );
    for (const { status, body, headers } of answers) {
      expect({ status, body }).toEqual({ status: 401, body: answers[0]!.body });
      expect([...headers.keys()]).toEqual([...answers[0]!.headers.keys()]);
      expect(headers.getSetCookie()).toEqual([]);
    }
    expect(codeOf(answers[0]!)).toBe('bad_credentials');
  });

  // The clock cannot prove this in a test; the queue of hashes can: whoever goes through it comes out behind those already waiting.
  it.each([
    ['an unknown address', 'nobody@spaak.example'],
    ['a known one', OWNER],
  ])('hashes the password for %s before it answers', async (_, email) => {
    const order: string[] = [];
    const ahead = Array.from({ length: 12 }, () =>
      hashPassword('somebody else', world.config.passwordCost).then(() => order.push('ahead')),
    );
    const source = { address: '192.0.2.1', device: '' };
    const answered = world
      .get(SignInService)
      .byPassword({ email, password: 'a wrong password' }, source)
      .catch(() => order.push('answered'));
    await Promise.all([...ahead, answered]);
    expect(order.slice(0, 10)).toEqual(Array<string>(10).fill('ahead'));
  });

  it('hashes a password anew when it was hashed with less, and only for who knows it', async () => {
    const parameters = { algorithm: 2 satisfies Algorithm.Argon2id, memoryCost: 8_192, timeCost: 1, parallelism: 1 };
    const older = await hash(PASSWORD, parameters);
    const kept = async () =>
      (await world.rows<{ hash: string }>('select password_hash as hash from agent where email = $1', [OWNER]))[0]!.hash;
    await world.rows('update agent set password_hash = $1 where email = $2', [older, OWNER]);
    expect((await signIn(world.client(), OWNER, 'a wrong password')).status).toBe(401);
    expect(await kept()).toBe(older);
    expect((await signIn(world.client(), OWNER)).status).toBe(200);
    expect(await kept()).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect((await signIn(world.client(), OWNER)).status).toBe(200);
  });

  it('knows an address in any case, and a password in its own alone', async () => {
    expect((await signIn(world.client(), OWNER.toUpperCase())).status).toBe(200);
    for (const password of [PASSWORD.toUpperCase(), ` ${PASSWORD}`, `${PASSWORD} `, '', `${PASSWORD}\0`, PASSWORD.slice(0, -1)]) {
      expect((await signIn(world.client(), OWNER, password)).status).toBe(401);
    }
    await signIn(world.client(), OWNER);
  });

  it('starts a session of its own each time, and takes over none that was planted before', async () => {
    const planted = 'p'.repeat(64);
    const client = world.client();
    const first = await client.post('/api/session', { email: OWNER, password: PASSWORD }, { cookie: `omnidesk_session=${planted}` });
    expect(first.status).toBe(200);
    const firstCookie = client.sessionCookie!;
    expect(firstCookie).not.toContain(planted);
    await signIn(client, OWNER);
    expect(client.sessionCookie).not.toBe(firstCookie);
    expect((await world.client().get('/api/session', { cookie: `omnidesk_session=${planted}` })).status).toBe(401);
  });

  it('keeps of the session’s secret only a digest', async () => {
    const client = await world.signIn(OWNER);
    const secret = Buffer.from(client.sessionCookie!.split('=')[1]!, 'base64url');
    const [row] = await world.rows<{ text: string }>("select string_agg(session::text, ' ') as text from session");
    expect(row!.text).toMatch(/\\x[0-9a-f]{64}/);
    expect(row!.text).not.toContain(secret.subarray(16).toString('hex'));
  });

  it('gives the cookie to no script and to no other site', async () => {
    const { headers } = await signIn(world.client(), OWNER);
    const [cookie, ...others] = headers.getSetCookie();
    expect(others).toEqual([]);
    const [pair, ...flags] = cookie!.split('; ');
    expect(pair).toMatch(/^omnidesk_session=[\w-]{64}$/);
    expect(flags.sort()).toEqual(['HttpOnly', 'Max-Age=2592000', 'Path=/', 'SameSite=Lax']);
  });

  it('sends the cookie over HTTPS alone where that is how people come', async () => {
    const secure = await World.open({ PUBLIC_URL: 'https://desk.example' });
    try {
      const { headers } = await secure.client().post('/api/setup', SETUP, { origin: 'https://desk.example' });
      expect(headers.getSetCookie()[0]!.split('; ')).toContain('Secure');
    } finally {
      await secure.close();
    }
  });

  it('hands out no cookie and writes no session for a page of another site', async () => {
    const before = await world.rows('select 1 from session');
    const answer = await world.client().post('/api/session', { email: OWNER, password: PASSWORD }, { origin: 'https://elsewhere.example' });
    expect([answer.status, codeOf(answer)]).toEqual([403, 'foreign_origin']);
    expect(answer.headers.getSetCookie()).toEqual([]);
    expect(await world.rows('select 1 from session')).toHaveLength(before.length);
  });

  it('logs neither address nor password nor token', async () => {
    const client = await world.signIn(OWNER);
    await signIn(world.client(), 'canary@address.example', 'canary password');
    const lines = world.log.lines.join('\n');
    for (const secret of [OWNER, 'canary', PASSWORD, client.sessionCookie!.split('=')[1]!]) expect(lines).not.toContain(secret);
  });
});

describe('guessing', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.open({ TRUSTED_PROXIES: '127.0.0.1' });
    await world.client().post('/api/setup', SETUP);
  });
  afterAll(() => world.close());
  // What one test tried is forgotten in the next.
  beforeEach(() => world.clock.advance({ minutes: 16 }));

  const guess = (email: string, source: string, password = 'a wrong password') =>
    world.client().post<Refused>('/api/session', { email, password }, { 'x-forwarded-for': source });

  it.each([
    ['of a known address', OWNER],
    ['of an unknown one, just the same', 'nobody@spaak.example'],
  ])('is stopped after ten tries %s, from wherever they come, even with the right password', async (_, email) => {
    const answers = await Promise.all(Array.from({ length: 14 }, (_, n) => guess(email, `198.51.100.${String(n)}`)));
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(10);
    const stopped = answers.filter(({ status }) => status === 429);
    expect(stopped.map(codeOf)).toEqual(Array<string>(4).fill('too_many_attempts'));
    expect((await guess(email.toUpperCase(), '203.0.113.9', PASSWORD)).status).toBe(429);
    expect((await guess('somebody-else@spaak.example', '203.0.113.9')).status).toBe(401);
  });

  it('is free again after a quarter of an hour', async () => {
    for (let n = 0; n < 11; n++) await guess(OWNER, '198.51.100.1');
    world.clock.advance({ minutes: 14 });
    expect((await guess(OWNER, '198.51.100.1', PASSWORD)).status).toBe(429);
    world.clock.advance({ minutes: 2 });
    expect((await guess(OWNER, '198.51.100.1', PASSWORD)).status).toBe(200);
  });

  it('is stopped by where it comes from too, while others come in', async () => {
    const answers = await Promise.all(Array.from({ length: 104 }, (_, n) => guess(`person${String(n)}@spaak.example`, '198.51.100.7')));
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(4);
    expect((await guess(OWNER, '198.51.100.7', PASSWORD)).status).toBe(429);
    expect((await guess(OWNER, '198.51.100.8', PASSWORD)).status).toBe(200);
  });

  it('cannot be hidden by an address that the guesser names itself', async () => {
    const lie = (n: number) => `192.0.2.${String(n % 250)}, 198.51.100.7`;
    const answers = await Promise.all(Array.from({ length: 104 }, (_, n) => guess(`person${String(n)}@spaak.example`, lie(n))));
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(4);
  });

  it('is forgiven by the right password, for that address', async () => {
    for (let round = 0; round < 3; round++) {
      for (let n = 0; n < 6; n++) expect((await guess(OWNER, '198.51.100.1')).status).toBe(401);
      expect((await guess(OWNER, '198.51.100.1', PASSWORD)).status).toBe(200);
    }
  });

  it('leaves nothing that says who tried, and nothing at all once it is over', async () => {
    await guess('canary@spaak.example', '198.51.100.77');
    const text = async () =>
      (await world.rows<{ text: string | null }>("select string_agg(attempt::text, ' ') as text from attempt"))[0]!.text;
    expect(await text()).not.toMatch(/canary|198\.51/);
    world.clock.advance({ minutes: 16 });
    await world.rows("select graphile_worker.add_job('sweep-attempts')");
    await world.get(JobWorker).drain();
    expect(await text()).toBeNull();
  });
});

describe('a session', () => {
  let world: World;
  let owner: ApiClient;
  let at: (name: string) => string;
  beforeAll(async () => {
    world = await World.open();
  });
  afterAll(() => world.close());
  beforeEach(async () => {
    ({ owner, at } = await openShop(world));
  });

  const sessionsOf = async (client: ApiClient) => (await client.get<Page<SignedInSession>>('/api/security/sessions')).body.items;
  const agentId = async (email: string) =>
    (await owner.get<Page<Agent>>('/api/agents')).body.items.find((agent) => agent.email === email)!.id;

  it('ends at sign-out, and its cookie opens nothing any more', async () => {
    const cookie = owner.sessionCookie!;
    const answer = await owner.delete('/api/session');
    expect(answer.status).toBe(204);
    expect(answer.headers.getSetCookie()[0]).toMatch(/^omnidesk_session=;/);
    expect((await world.client().get('/api/session', { cookie })).status).toBe(401);
    expect((await world.client().post('/api/agents', {}, { cookie })).status).toBe(401);
  });

  it('ends after a week without use', async () => {
    world.clock.advance({ days: 6, hours: 23 });
    expect(await isSignedIn(owner)).toBe(true);
    world.clock.advance({ days: 6, hours: 23 });
    expect(await isSignedIn(owner)).toBe(true);
    world.clock.advance({ days: 7, minutes: 1 });
    expect(await isSignedIn(owner)).toBe(false);
  });

  it('ends after thirty days, however much it is used', async () => {
    for (let day = 0; day < 29; day++) {
      world.clock.advance({ days: 1 });
      expect(await isSignedIn(owner)).toBe(true);
    }
    world.clock.advance({ days: 1, minutes: 1 });
    expect(await isSignedIn(owner)).toBe(false);
  });

  it('is listed with its device, and ended from the list', async () => {
    const other = world.client();
    await other.post('/api/session', { email: at('olga'), password: PASSWORD }, { 'user-agent': 'A phone' });
    const listed = (await sessionsOf(owner)).filter((session) => session.device === 'A phone' || session.current);
    expect(listed).toHaveLength(2);
    const phone = listed.find((session) => session.device === 'A phone')!;
    expect(phone.current).toBe(false);
    expect((await owner.delete(`/api/security/sessions/${phone.id}`)).status).toBe(204);
    expect(await isSignedIn(other)).toBe(false);
    expect(await isSignedIn(owner)).toBe(true);
  });

  it('can end all others of its agent, and nobody else’s', async () => {
    const mia = await colleague(world, owner, { email: at('mia'), name: 'Mia', role: 'agent' });
    const others = [await world.signIn(at('olga')), await world.signIn(at('olga'))];
    expect((await owner.delete('/api/security/sessions')).status).toBe(204);
    expect(await Promise.all(others.map(isSignedIn))).toEqual([false, false]);
    expect(await Promise.all([owner, mia].map(isSignedIn))).toEqual([true, true]);
    expect(await sessionsOf(owner)).toHaveLength(1);
  });

  it('cannot be listed or ended by an agent of another tenant', async () => {
    await world.get(SetupService).tenant({ ...SETUP, tenantName: 'Linden Tea', email: at('lars') });
    const lars = await world.signIn(at('lars'));
    const [own] = await sessionsOf(owner);
    expect((await sessionsOf(lars)).map(({ id }) => id)).not.toContain(own!.id);
    expect((await lars.delete(`/api/security/sessions/${own!.id}`)).status).toBe(404);
    await lars.delete('/api/security/sessions');
    expect(await isSignedIn(owner)).toBe(true);
  });

  it.each([
    ['is deactivated', { state: 'deactivated' }],
    ['gets another role', { role: 'admin' }],
  ])('ends at once, on every device, when its agent %s', async (_, change) => {
    const mia = await colleague(world, owner, { email: at('mia'), name: 'Mia', role: 'agent' });
    const phone = await world.signIn(at('mia'));
    expect((await owner.patch(`/api/agents/${await agentId(at('mia'))}`, change)).status).toBe(200);
    expect(await Promise.all([mia, phone].map(isSignedIn))).toEqual([false, false]);
  });

  it('cannot be started by somebody deactivated, who hears the same as anybody with a wrong password', async () => {
    await colleague(world, owner, { email: at('mia'), name: 'Mia', role: 'agent' });
    await owner.patch(`/api/agents/${await agentId(at('mia'))}`, { state: 'deactivated' });
    const right = await signIn(world.client(), at('mia'));
    const wrong = await signIn(world.client(), 'nobody@nowhere.example', 'a wrong password');
    expect([right.status, right.body]).toEqual([401, wrong.body]);
  });
});

describe('an invitation', () => {
  let world: World;
  let owner: ApiClient;
  let at: (name: string) => string;
  beforeAll(async () => {
    world = await World.open();
  });
  afterAll(() => world.close());
  beforeEach(async () => {
    ({ owner, at } = await openShop(world));
  });

  let mia: { email: string; name: string; role: 'agent' };
  beforeEach(() => {
    mia = { email: at('mia'), name: 'Mia', role: 'agent' };
  });
  const look = (token: string) => world.client().post('/api/invitations/look', { token });
  const accept = (token: string, client = world.client()) =>
    client.post<Session & Refused>('/api/invitations/accept', { token, name: 'Mia B.', password: PASSWORD, locale: 'nl' });

  it('brings one person in, with the role that was meant and the name that person chose', async () => {
    const token = tokenOf((await invite(owner, mia)).inviteUrl);
    expect((await look(token)).body).toEqual({ tenantName: 'Spaak Bikes', name: 'Mia', email: mia.email, providers: [] });
    const client = world.client();
    const { status, body } = await accept(token, client);
    expect(status).toBe(200);
    expect(body.agent).toMatchObject({ name: 'Mia B.', email: mia.email, role: 'agent', locale: 'nl' });
    expect(await isSignedIn(client)).toBe(true);
    expect(await isSignedIn(await world.signIn(mia.email))).toBe(true);
  });

  it('opens once', async () => {
    const token = tokenOf((await invite(owner, mia)).inviteUrl);
    await accept(token);
    const again = await accept(token);
    expect([again.status, codeOf(again)]).toEqual([404, 'invitation_gone']);
    expect((await look(token)).status).toBe(404);
  });

  it('lets one in of five who open it at the same moment', async () => {
    const token = tokenOf((await invite(owner, mia)).inviteUrl);
    const answers = await Promise.all(Array.from({ length: 5 }, () => accept(token)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 404, 404, 404, 404]);
    expect(await world.rows('select 1 from session join agent on agent.id = agent_id where email = $1', [mia.email])).toHaveLength(1);
  });

  it('is too old after three days', async () => {
    const token = tokenOf((await invite(owner, mia)).inviteUrl);
    world.clock.advance({ days: 2, hours: 23 });
    expect((await look(token)).status).toBe(200);
    world.clock.advance({ hours: 2 });
    expect((await look(token)).status).toBe(404);
    expect((await accept(token)).status).toBe(404);
  });

  it('made anew ends the one before', async () => {
    const first = tokenOf((await invite(owner, mia)).inviteUrl);
    const second = tokenOf((await invite(owner, { ...mia, email: mia.email.toUpperCase() })).inviteUrl);
    expect((await accept(first)).status).toBe(404);
    expect((await accept(second)).status).toBe(200);
    expect(await world.rows('select 1 from agent where lower(email) = $1', [mia.email])).toHaveLength(1);
  });

  it('ends when the person is deactivated before coming', async () => {
    const invited = await invite(owner, mia);
    await owner.patch(`/api/agents/${invited.agent.id}`, { state: 'deactivated' });
    expect((await accept(tokenOf(invited.inviteUrl))).status).toBe(404);
  });

  it('cannot be skipped by making an invited person active', async () => {
    const invited = await invite(owner, mia);
    const answer = await owner.patch(`/api/agents/${invited.agent.id}`, { state: 'active' });
    expect([answer.status, codeOf(answer)]).toEqual([409, 'not_accepted_yet']);
  });

  it('is for new people: somebody who works here keeps the password and the role', async () => {
    await colleague(world, owner, mia);
    const again = await owner.post<Invited & Refused>('/api/agents', { ...mia, role: 'admin' });
    expect([again.status, codeOf(again)]).toEqual([409, 'already_an_agent']);
    expect((await (await world.signIn(mia.email)).get<Session>('/api/session')).body.agent.role).toBe('agent');
  });

  it('opens nothing when a letter of it is changed, when it is empty, or when it names another tenant', async () => {
    const token = tokenOf((await invite(owner, mia)).inviteUrl);
    const linden = await world.get(SetupService).tenant({ ...SETUP, tenantName: 'Linden Tea', email: at('lars') });
    const bytes = Buffer.from(token, 'base64url');
    const ofLinden = Buffer.concat([Buffer.from(linden.replaceAll('-', ''), 'hex'), bytes.subarray(16)]).toString('base64url');
    const flipped = `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`;
    for (const wrong of [
      ofLinden,
      flipped,
      ` ${token}`,
      `${token}=`,
      token.toLowerCase(),
      token.slice(0, -4),
      `${token}AAAA`,
      ' ',
      '%20',
    ]) {
      expect((await look(wrong)).status).toBe(404);
      expect((await accept(wrong)).status).toBe(404);
    }
    expect((await look('')).status).toBe(400);
    expect((await accept(token)).status).toBe(200);
  });

  it('travels behind the hash of its address, and is stored as a digest alone', async () => {
    const { inviteUrl } = await invite(owner, mia);
    expect(new URL(inviteUrl)).toMatchObject({ pathname: '/invite', search: '' });
    const [row] = await world.rows<{ text: string }>("select string_agg(invitation::text, ' ') as text from invitation");
    expect(row!.text).not.toContain(Buffer.from(tokenOf(inviteUrl), 'base64url').subarray(16).toString('hex'));
    expect(world.log.lines.join('\n')).not.toContain(tokenOf(inviteUrl));
  });
});

describe('a tenant', () => {
  let world: World;
  let owner: ApiClient;
  let at: (name: string) => string;
  beforeAll(async () => {
    world = await World.open();
  });
  afterAll(() => world.close());
  beforeEach(async () => {
    ({ owner, at } = await openShop(world));
  });

  const idOf = async (email: string) => (await owner.get<Page<Agent>>('/api/agents')).body.items.find((agent) => agent.email === email)!.id;

  it.each([{ role: 'agent' }, { role: 'admin' }, { state: 'deactivated' }])('keeps its last owner: %j is refused', async (change) => {
    await colleague(world, owner, { email: at('ada'), name: 'Ada', role: 'admin' });
    const answer = await owner.patch(`/api/agents/${await idOf(at('olga'))}`, change);
    expect([answer.status, codeOf(answer)]).toEqual([409, 'last_owner']);
    expect(await isSignedIn(owner)).toBe(true);
  });

  it('keeps one of two owners who step down at the same moment', async () => {
    const second = await colleague(world, owner, { email: at('otto'), name: 'Otto', role: 'owner' });
    const [olga, otto] = [await idOf(at('olga')), await idOf(at('otto'))];
    const answers = await Promise.all([
      owner.patch(`/api/agents/${olga}`, { role: 'agent' }),
      second.patch(`/api/agents/${otto}`, { role: 'agent' }),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(await world.rows("select 1 from agent where role = 'owner' and state = 'active' and email like $1", [at('%')])).toHaveLength(1);
  });

  it('does not count an owner who was only invited', async () => {
    await invite(owner, { email: at('otto'), name: 'Otto', role: 'owner' });
    expect((await owner.patch(`/api/agents/${await idOf(at('olga'))}`, { role: 'agent' })).status).toBe(409);
  });

  it('lets no admin make, change or deactivate an owner', async () => {
    const admin = await colleague(world, owner, { email: at('ada'), name: 'Ada', role: 'admin' });
    const [olga, ada] = [await idOf(at('olga')), await idOf(at('ada'))];
    const tries = [
      () => admin.patch(`/api/agents/${olga}`, { role: 'agent' }),
      () => admin.patch(`/api/agents/${olga}`, { state: 'deactivated' }),
      () => admin.patch(`/api/agents/${ada}`, { role: 'owner' }),
      () => admin.post('/api/agents', { email: at('new'), name: 'New', role: 'owner' }),
    ];
    for (const one of tries) {
      const answer = await one();
      expect([answer.status, codeOf(answer)]).toEqual([403, 'owner_only']);
    }
    expect(await isSignedIn(owner)).toBe(true);
  });

  it('lets no admin take an invited owner’s place by inviting the same address again', async () => {
    const admin = await colleague(world, owner, { email: at('ada'), name: 'Ada', role: 'admin' });
    await invite(owner, { email: at('otto'), name: 'Otto', role: 'owner' });
    const answer = await admin.post<Invited & Refused>('/api/agents', { email: at('otto'), name: 'Otto', role: 'agent' });
    expect([answer.status, codeOf(answer)]).toEqual([403, 'owner_only']);
    const [otto] = await world.rows<{ role: string }>('select role from agent where email = $1', [at('otto')]);
    expect(otto).toEqual({ role: 'owner' });
  });

  it('is chosen by who works for two with one address and one password, and only then are its names told', async () => {
    const linden = await world.get(SetupService).tenant({ ...SETUP, tenantName: 'Linden Tea', email: at('olga') });
    const answer = await signIn(world.client(), at('olga'));
    expect([answer.status, codeOf(answer)]).toEqual([409, 'choose_tenant']);
    expect(answer.headers.getSetCookie()).toEqual([]);
    expect(answer.body.error.fields!.map(({ message }) => message).sort()).toEqual(['Linden Tea', 'Spaak Bikes']);
    const chosen = await signIn(world.client(), at('olga'), PASSWORD, { tenantId: linden });
    expect(chosen.body.tenant).toEqual({ id: linden, name: 'Linden Tea' });
    const wrong = await signIn(world.client(), at('olga'), 'a wrong password');
    expect([wrong.status, wrong.body.error.fields]).toEqual([401, undefined]);
  });

  it('is opened by the password of its own agent, not by that of a namesake at another tenant', async () => {
    const linden = await world
      .get(SetupService)
      .tenant({ ...SETUP, tenantName: 'Linden Tea', email: at('olga'), password: 'the password at linden' });
    expect((await signIn(world.client(), at('olga'))).body.tenant.name).toBe('Spaak Bikes');
    expect((await signIn(world.client(), at('olga'), 'the password at linden')).body.tenant.name).toBe('Linden Tea');
    expect((await signIn(world.client(), at('olga'), PASSWORD, { tenantId: linden })).status).toBe(401);
  });

  it('lets an agent change the own name and language, and nothing else about anybody', async () => {
    const mia = await colleague(world, owner, { email: at('mia'), name: 'Mia', role: 'agent' });
    const { body } = await mia.request<Session>('PATCH', '/api/profile', {
      name: 'Mia B.',
      locale: 'nl',
      role: 'owner',
      email: 'x@y.example',
    });
    expect(body.agent).toMatchObject({ name: 'Mia B.', locale: 'nl', role: 'agent', email: at('mia') });
    expect((await mia.get<Session>('/api/session')).body.agent).toMatchObject({ name: 'Mia B.', role: 'agent' });
    expect((await owner.get<Session>('/api/session')).body.agent.name).toBe('Olga');
  });
});
