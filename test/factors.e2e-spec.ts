import { randomUUID } from 'node:crypto';
import type { Agent, Factors, Page, PasskeyRequest, RecoveryCodes, SecondFactorOf, Security, Session } from '#contract';
import { type AgentId, SetupService } from '#accounts';
import { Database, type TenantId } from '#platform';
import { TotpService } from '../libs/accounts/totp.service.js';
import type { ApiClient } from './api-client.js';
import { atLocalhost, codeOf, enrolPasskey, enrolTotp, TestPasskey } from './authenticator.js';
import { colleague } from './furnished.js';
import { PASSWORD, World } from './world.js';

interface Refused {
  error: { code: string; fields?: { path: string }[] };
}
const codeIn = ({ body }: { body: unknown }) => (body as Refused | undefined)?.error?.code;

let shops = 0;
interface Shop {
  id: TenantId;
  owner: ApiClient;
  email: string;
  at: (name: string) => string;
}
async function openShop(world: World): Promise<Shop> {
  const at = (name: string) => `${name}@factors${String(++shops)}.example`;
  const email = at('olga');
  const setup = { tenantName: 'Spaak Bikes', name: 'Olga', email, password: PASSWORD };
  const id = await world.get(SetupService).tenant(setup, { isEasy: true });
  const owner = atLocalhost(world);
  await owner.post('/api/session', { email, password: PASSWORD });
  return { id, owner, email, at };
}
const signIn = (client: ApiClient, email: string, more: object = {}) =>
  client.post<Session & Refused>('/api/session', { email, password: PASSWORD, ...more });

describe('a second factor', () => {
  let world: World;
  let shop: Shop;

  beforeAll(async () => {
    world = await World.open();
  });
  afterAll(() => world.close());
  beforeEach(async () => {
    world.advance({ minutes: 16 });
    shop = await openShop(world);
  });

  const acts = async () =>
    (await world.rows<{ act: string }>('select act from audit_entry where tenant_id = $1 order by seq', [shop.id])).map(({ act }) => act);
  const stranger = () => atLocalhost(world);
  const sessionsLeft = () => world.rows('select 1 from session where tenant_id = $1', [shop.id]);

  describe('by an app', () => {
    it('is set up with a picture and a key, counts once its first code was right, and is asked for from then on', async () => {
      await shop.owner.confirm(PASSWORD);
      const begun = await shop.owner.post<{ key: string; picture: string }>('/api/factors/totp', {});
      expect(begun.body.key).toMatch(/^[A-Z2-7]{32}$/);
      expect(begun.body.picture).toMatch(/^data:image\/svg\+xml;base64,/);
      expect((await signIn(stranger(), shop.email)).status).toBe(200);
      expect((await shop.owner.post('/api/factors/totp/confirm', { code: '000000' })).status).toBe(401);
      const code = codeOf(begun.body.key, world.clock.now());
      const added = await shop.owner.post<RecoveryCodes>('/api/factors/totp/confirm', { code });
      expect(added.body.recoveryCodes).toHaveLength(10);
      const asked = await signIn(stranger(), shop.email);
      expect([asked.status, codeIn(asked), asked.headers.getSetCookie()]).toEqual([401, 'second_factor_required', []]);
      expect(asked.body.error.fields!.map(({ path }) => path)).toEqual(['totp']);
      expect((await shop.owner.get<Session>('/api/session')).body.proofs).toEqual({
        password: true,
        providers: [],
        secondFactors: ['totp'],
      });
      expect(await acts()).toEqual(expect.arrayContaining(['factor_confirmed', 'second_factor_added', 'proof_refused']));
    });

    it('says nothing to whoever does not know the password', async () => {
      const { key } = await enrolTotp(world, shop.owner, PASSWORD);
      const code = codeOf(key, world.clock.now());
      const answers = await Promise.all([
        stranger().post('/api/session', { email: shop.email, password: 'a wrong password', code }),
        stranger().post('/api/session', { email: shop.email, password: 'a wrong password' }),
        stranger().post('/api/session', { email: 'nobody@elsewhere.example', password: 'a wrong password', code }),
      ]);
      for (const answer of answers) expect([answer.status, answer.body]).toEqual([401, answers[0].body]);
      expect(codeIn(answers[0])).toBe('bad_credentials');
      expect((await signIn(stranger(), shop.email, { code })).status).toBe(200);
    });

    it('takes a code once, also the one it was set up with', async () => {
      await shop.owner.confirm(PASSWORD);
      const { key } = (await shop.owner.post<{ key: string }>('/api/factors/totp', {})).body;
      const first = codeOf(key, world.clock.now());
      await shop.owner.post('/api/factors/totp/confirm', { code: first });
      expect(codeIn(await signIn(stranger(), shop.email, { code: first }))).toBe('wrong_factor');
      world.advance({ seconds: 30 });
      const second = codeOf(key, world.clock.now());
      expect((await signIn(stranger(), shop.email, { code: second })).status).toBe(200);
      expect(codeIn(await signIn(stranger(), shop.email, { code: second }))).toBe('wrong_factor');
      expect(codeIn(await signIn(stranger(), shop.email, { code: codeOf(key, world.clock.now(), -1) }))).toBe('wrong_factor');
    });

    it('lets one in of a hundred who use one code at the same moment', async () => {
      const { key } = await enrolTotp(world, shop.owner, PASSWORD);
      const code = codeOf(key, world.clock.now());
      const [agent] = await world.rows<{ id: AgentId }>('select id from agent where tenant_id = $1', [shop.id]);
      const used = await Promise.all(
        Array.from({ length: 100 }, () => world.get(Database).inTenant(shop.id, (tx) => world.get(TotpService).use(tx, agent!.id, code))),
      );
      expect(used.filter(Boolean)).toHaveLength(1);
    });

    it('lets one in of many at the door itself', async () => {
      const { key } = await enrolTotp(world, shop.owner, PASSWORD);
      const code = codeOf(key, world.clock.now());
      const answers = await Promise.all(Array.from({ length: 9 }, () => signIn(stranger(), shop.email, { code })));
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    });

    it('is one step to either side of now, six digits, and its own agent’s', async () => {
      const { key } = await enrolTotp(world, shop.owner, PASSWORD);
      const other = await openShop(world);
      const { key: theirs } = await enrolTotp(world, other.owner, PASSWORD);
      world.advance({ minutes: 2 });
      const now = world.clock.now();
      const good = codeOf(key, now, -1);
      const wrong = [codeOf(key, now, -2), codeOf(key, now, 2), codeOf(theirs, now), ` ${good}`];
      for (const code of wrong) expect(codeIn(await signIn(stranger(), shop.email, { code }))).toBe('wrong_factor');
      for (const code of [[good], Number(good), { $gt: '' }, true, null]) {
        expect((await signIn(stranger(), shop.email, { code })).status).toBe(400);
      }
      expect((await signIn(stranger(), shop.email, { code: good })).status).toBe(200);
    });

    it('is refused where none was set up, in whatever state that is', async () => {
      expect(codeIn(await signIn(stranger(), shop.email, { code: '123456' }))).toBe('wrong_factor');
      await shop.owner.confirm(PASSWORD);
      const { key } = (await shop.owner.post<{ key: string }>('/api/factors/totp', {})).body;
      expect(codeIn(await signIn(stranger(), shop.email, { code: codeOf(key, world.clock.now()) }))).toBe('wrong_factor');
    });

    it('looks at nothing after five wrong ones, from wherever they come, until a quarter of an hour is over', async () => {
      const { key } = await enrolTotp(world, shop.owner, PASSWORD);
      for (let n = 0; n < 5; n++) expect(codeIn(await signIn(stranger(), shop.email, { code: '000000' }))).toBe('wrong_factor');
      const right = () => signIn(stranger(), shop.email, { code: codeOf(key, world.clock.now()) });
      expect(codeIn(await right())).toBe('too_many_attempts');
      expect((await acts()).filter((act) => act === 'proofs_slowed')).toHaveLength(1);
      world.advance({ minutes: 16 });
      expect((await right()).status).toBe(200);
    });

    it('keeps its key sealed, for this tenant and this agent', async () => {
      const { key } = await enrolTotp(world, shop.owner, PASSWORD);
      const [row] = await world.rows<{ text: string }>('select totp::text as text from totp where tenant_id = $1', [shop.id]);
      expect(row!.text).not.toContain(key);
      const other = await openShop(world);
      await enrolTotp(world, other.owner, PASSWORD);
      await world.rows('update totp set secret_sealed = (select secret_sealed from totp where tenant_id = $1) where tenant_id = $2', [
        shop.id,
        other.id,
      ]);
      expect((await signIn(stranger(), other.email, { code: codeOf(key, world.clock.now()) })).status).toBe(503);
    });
  });

  describe('by a recovery code', () => {
    it('opens once, in any spelling, and is kept as a digest', async () => {
      const { recoveryCodes } = await enrolTotp(world, shop.owner, PASSWORD);
      const [one, two] = recoveryCodes!;
      const text = (
        await world.rows<{ text: string }>('select recovery_code::text as text from recovery_code where tenant_id = $1', [shop.id])
      )
        .map((row) => row.text)
        .join(' ');
      for (const code of recoveryCodes!) expect(text).not.toContain(code);
      const answers = await Promise.all(Array.from({ length: 5 }, () => signIn(stranger(), shop.email, { code: one })));
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      expect((await signIn(stranger(), shop.email, { code: two!.toUpperCase().replaceAll('-', ' ') })).status).toBe(200);
      expect((await shop.owner.get<Factors>('/api/factors')).body.recoveryCodesLeft).toBe(8);
      expect((await acts()).filter((act) => act === 'recovery_code_used')).toHaveLength(2);
    });

    it('opens nothing once there are new ones, which are made only after everything was proved', async () => {
      const { key, recoveryCodes } = await enrolTotp(world, shop.owner, PASSWORD);
      world.advance({ minutes: 11 });
      expect(codeIn(await shop.owner.post('/api/factors/recovery-codes', {}))).toBe('full_proof_required');
      await shop.owner.confirm(PASSWORD, codeOf(key, world.clock.now()));
      const made = await shop.owner.post<RecoveryCodes>('/api/factors/recovery-codes', {});
      expect(codeIn(await signIn(stranger(), shop.email, { code: recoveryCodes![0] }))).toBe('wrong_factor');
      expect((await signIn(stranger(), shop.email, { code: made.body.recoveryCodes[0] })).status).toBe(200);
    });

    it('of a namesake at another tenant opens nothing', async () => {
      const { recoveryCodes } = await enrolTotp(world, shop.owner, PASSWORD);
      const other = await openShop(world);
      await enrolTotp(world, other.owner, PASSWORD);
      expect(codeIn(await signIn(stranger(), other.email, { code: recoveryCodes![0] }))).toBe('wrong_factor');
    });
  });

  describe('cannot be got round', () => {
    it('by a session alone: nothing is added, removed or made anew without everything proved', async () => {
      const hijacked = shop.owner;
      const tries = [
        () => hijacked.post('/api/factors/totp', {}),
        () => hijacked.post('/api/factors/passkeys/options', {}),
        () => hijacked.post('/api/factors/recovery-codes', {}),
        () => hijacked.delete('/api/factors/totp'),
        () => hijacked.delete(`/api/factors/passkeys/${randomUUID()}`),
        () => hijacked.post('/api/profile/address', { email: 'mallory@elsewhere.example' }),
        () => hijacked.post('/api/profile/delete', { email: shop.email }),
      ];
      for (const one of tries) expect(codeIn(await one())).toBe('full_proof_required');
      await enrolTotp(world, shop.owner, PASSWORD);
      world.advance({ minutes: 11 });
      for (const one of tries) expect(codeIn(await one())).toBe('full_proof_required');
    });

    it('by a password alone, when it is asked for again', async () => {
      const { key } = await enrolTotp(world, shop.owner, PASSWORD);
      world.advance({ minutes: 11 });
      const patch = () => shop.owner.patch<Security>('/api/security', { secondFactor: { graceDays: 3 } });
      expect(codeIn(await patch())).toBe('fresh_factor_required');
      const answer = await shop.owner.post('/api/session/confirm', { password: PASSWORD });
      expect([answer.status, codeIn(answer)]).toEqual([400, 'proof_missing']);
      expect(codeIn(await shop.owner.post('/api/session/confirm', { password: PASSWORD, code: '000000' }))).toBe('wrong_factor');
      expect(codeIn(await patch())).toBe('fresh_factor_required');
      expect((await shop.owner.post('/api/session/confirm', { code: codeOf(key, world.clock.now()) })).status).toBe(204);
      expect((await patch()).status).toBe(200);
      // A code is enough for what is sensitive, not for what changes how one comes in.
      expect(codeIn(await shop.owner.delete('/api/factors/totp'))).toBe('full_proof_required');
    });

    it('is removed with everything proved, and then not asked for any more', async () => {
      const { key } = await enrolTotp(world, shop.owner, PASSWORD);
      await shop.owner.confirm(PASSWORD, codeOf(key, world.clock.now()));
      expect((await shop.owner.delete('/api/factors/totp')).status).toBe(204);
      expect((await signIn(stranger(), shop.email)).status).toBe(200);
      expect((await shop.owner.get<Factors>('/api/factors')).body).toMatchObject({ totpSince: null, recoveryCodesLeft: 0 });
    });

    it('is taken away by an owner for who has lost it, whose sessions end with it; by no admin from an owner, and by nobody of another tenant', async () => {
      const admin = await colleague(world, shop.owner, { email: shop.at('ada'), name: 'Ada', role: 'admin' });
      const mia = shop.at('mia');
      const agent = await colleague(world, shop.owner, { email: mia, name: 'Mia', role: 'agent' });
      await enrolTotp(world, agent, PASSWORD);
      const agents = (await shop.owner.get<Page<Agent>>('/api/agents')).body.items;
      const idOf = (email: string) => agents.find((one) => one.email === email)!.id;
      const other = await openShop(world);
      expect((await other.owner.delete(`/api/agents/${idOf(mia)}/factors`)).status).toBe(404);
      expect(codeIn(await admin.delete(`/api/agents/${idOf(shop.email)}/factors`))).toBe('owner_only');
      expect((await agent.get('/api/session')).status).toBe(200);
      expect((await shop.owner.delete(`/api/agents/${idOf(mia)}/factors`)).status).toBe(204);
      expect((await agent.get('/api/session')).status).toBe(401);
      expect((await signIn(stranger(), mia)).status).toBe(200);
    });
  });

  describe('by a passkey', () => {
    const ask = async (client = stranger()) => (await client.post<PasskeyRequest>('/api/session/passkey/options', {})).body;
    const enrolled = async () => {
      await shop.owner.confirm(PASSWORD);
      return enrolPasskey(shop.owner);
    };

    it('is the whole sign-in, with nothing typed, and counts for two', async () => {
      const passkey = await enrolled();
      const client = stranger();
      const request = await ask(client);
      expect(request.options).toMatchObject({ userVerification: 'required', allowCredentials: [], rpId: 'localhost' });
      const answer = await client.post<Session>('/api/session/passkey', passkey.signed(request));
      expect([answer.status, answer.body.agent.email]).toEqual([200, shop.email]);
      expect((await client.get('/api/session')).status).toBe(200);
      const { passkeys } = (await client.get<Factors>('/api/factors')).body;
      expect(passkeys).toMatchObject([{ name: 'A passkey', lastUsedAt: expect.stringMatching(/Z$/) as string }]);
    });

    it('is the second step after a password, and asked for there', async () => {
      const passkey = await enrolled();
      const asked = await signIn(stranger(), shop.email);
      expect([codeIn(asked), asked.body.error.fields!.map(({ path }) => path)]).toEqual(['second_factor_required', ['passkey']]);
      const client = stranger();
      expect((await signIn(client, shop.email, { passkey: passkey.signed(await ask(client)) })).status).toBe(200);
    });

    it('signs one challenge once, within five minutes, for what it was asked and in the session that asked', async () => {
      const passkey = await enrolled();
      const tryIt = (body: object) => stranger().post('/api/session/passkey', body);
      const signed = passkey.signed(await ask());
      expect((await tryIt(signed)).status).toBe(200);
      expect(codeIn(await tryIt(signed))).toBe('wrong_factor');
      const late = passkey.signed(await ask());
      world.advance({ minutes: 5, seconds: 1 });
      expect(codeIn(await tryIt(late))).toBe('wrong_factor');
      // The challenge of one purpose, at the door of another.
      const confirmation = (await shop.owner.post<PasskeyRequest>('/api/session/confirm/options', {})).body;
      expect(codeIn(await tryIt(passkey.signed(confirmation)))).toBe('wrong_factor');
      expect(codeIn(await shop.owner.post('/api/session/confirm', { passkey: passkey.signed(await ask()) }))).toBe('wrong_factor');
      // That of one session, in another.
      const elsewhere = stranger();
      await elsewhere.post('/api/session/passkey', passkey.signed(await ask()));
      const theirs = (await elsewhere.post<PasskeyRequest>('/api/session/confirm/options', {})).body;
      expect(codeIn(await shop.owner.post('/api/session/confirm', { passkey: passkey.signed(theirs) }))).toBe('wrong_factor');
      const own = (await shop.owner.post<PasskeyRequest>('/api/session/confirm/options', {})).body;
      expect((await shop.owner.post('/api/session/confirm', { passkey: passkey.signed(own) })).status).toBe(204);
    });

    it('is refused from another origin, unverified, of another kind, for another person, and when its counter goes back', async () => {
      const passkey = await enrolled();
      const other = await openShop(world);
      await other.owner.confirm(PASSWORD);
      const theirs = await enrolPasskey(other.owner);
      const tryIt = async (changes: object) => codeIn(await stranger().post('/api/session/passkey', passkey.signed(await ask(), changes)));
      expect(await tryIt({ origin: 'https://elsewhere.example' })).toBe('wrong_factor');
      expect(await tryIt({ origin: 'http://localhost:1' })).toBe('wrong_factor');
      expect(await tryIt({ isVerified: false })).toBe('wrong_factor');
      expect(await tryIt({ type: 'webauthn.create' })).toBe('wrong_factor');
      expect(await tryIt({ handle: theirs.handle })).toBe('wrong_factor');
      expect(await tryIt({ handle: Buffer.alloc(32, 7).toString('base64url') })).toBe('wrong_factor');
      expect(await tryIt({ handle: '' })).toBe('wrong_factor');
      expect(codeIn(await signIn(stranger(), shop.email, { passkey: theirs.signed(await ask()) }))).toBe('wrong_factor');
      expect(await tryIt({})).toBeUndefined();
      passkey.counter = 1;
      expect(await tryIt({})).toBe('wrong_factor');
    });

    it('is made with its owner verified, at this origin, and never by the answer to another question', async () => {
      await shop.owner.confirm(PASSWORD);
      const askNew = async () => (await shop.owner.post<PasskeyRequest>('/api/factors/passkeys/options', {})).body;
      const add = async (changes: object) => {
        const passkey = new TestPasskey(shop.owner.url);
        return codeIn(await shop.owner.post('/api/factors/passkeys', { name: 'A', ...passkey.made(await askNew(), changes) }));
      };
      expect(await add({ isVerified: false })).toBe('wrong_factor');
      expect(await add({ origin: 'https://elsewhere.example' })).toBe('wrong_factor');
      const request = await askNew();
      const answer = { name: 'A', ...new TestPasskey(shop.owner.url).made(request) };
      expect((await shop.owner.post('/api/factors/passkeys', answer)).status).toBe(201);
      expect(codeIn(await shop.owner.post('/api/factors/passkeys', answer))).toBe('wrong_factor');
    });

    it('comes in numbers, each with a name, and each can be removed; another agent’s cannot', async () => {
      const first = await enrolled();
      await enrolPasskey(shop.owner, 'The phone');
      const list = async () => (await shop.owner.get<Factors>('/api/factors')).body.passkeys;
      const [one] = await list();
      expect((await shop.owner.patch(`/api/factors/passkeys/${one!.id}`, { name: 'The laptop' })).status).toBe(200);
      expect((await list()).map(({ name }) => name)).toEqual(['The laptop', 'The phone']);
      const mia = await colleague(world, shop.owner, { email: shop.at('mia'), name: 'Mia', role: 'agent' });
      await mia.confirm(PASSWORD);
      expect((await mia.delete(`/api/factors/passkeys/${one!.id}`)).status).toBe(404);
      expect((await shop.owner.delete(`/api/factors/passkeys/${one!.id}`)).status).toBe(204);
      expect(codeIn(await stranger().post('/api/session/passkey', first.signed(await ask())))).toBe('wrong_factor');
    });

    it('comes in while somebody else keeps the password’s door busy with wrong ones', async () => {
      const passkey = await enrolled();
      for (let n = 0; n < 11; n++) await stranger().post('/api/session', { email: shop.email, password: 'a wrong password' });
      expect(codeIn(await signIn(stranger(), shop.email))).toBe('too_many_attempts');
      expect((await stranger().post('/api/session/passkey', passkey.signed(await ask()))).status).toBe(200);
    });

    it('lets nobody in who is deactivated', async () => {
      const mia = shop.at('mia');
      const client = atLocalhost(world);
      await colleague(world, shop.owner, { email: mia, name: 'Mia', role: 'agent' });
      await signIn(client, mia);
      await client.confirm(PASSWORD);
      const passkey = await enrolPasskey(client);
      const { items } = (await shop.owner.get<Page<Agent>>('/api/agents')).body;
      await shop.owner.patch(`/api/agents/${items.find(({ email }) => email === mia)!.id}`, { state: 'deactivated' });
      const before = await sessionsLeft();
      expect(codeIn(await stranger().post('/api/session/passkey', passkey.signed(await ask())))).toBe('bad_credentials');
      expect(await sessionsLeft()).toHaveLength(before.length);
    });

    it('needs a name for the place: at an address of digits none can be made', async () => {
      const answer = await world.client().post('/api/session/passkey/options', {});
      expect([answer.status, codeIn(answer)]).toEqual([422, 'passkeys_need_a_name']);
    });
  });

  describe('that the tenant asks for', () => {
    const demand = (secondFactor: object) => shop.owner.patch<Security & Refused>('/api/security', { secondFactor });
    const stateOf = async (client: ApiClient) => (await client.get<Session>('/api/session')).body;

    it('is announced while there is grace, and then nothing else can be done until it is there, in open sessions too', async () => {
      const mia = await colleague(world, shop.owner, { email: shop.at('mia'), name: 'Mia', role: 'agent' });
      expect((await stateOf(mia)).enrolBy).toBeNull();
      const { secondFactor } = (await demand({ roles: ['agent'], graceDays: 7 })).body;
      expect(secondFactor).toMatchObject({ roles: [{ role: 'agent' }], graceDays: 7 });
      const since = new Date(secondFactor.roles[0]!.since);
      const by = new Date(since.getTime() + 7 * 86_400_000).toISOString();
      expect(await stateOf(mia)).toMatchObject({ state: 'live', enrolBy: by });
      expect((await mia.get('/api/conversations')).status).toBe(200);
      for (let day = 0; day < 7; day++) {
        world.advance({ days: 1 });
        await mia.get('/api/session');
      }
      expect((await stateOf(mia)).state).toBe('must_enrol');
      const shut = await mia.get('/api/conversations');
      expect([shut.status, codeIn(shut)]).toEqual([403, 'must_enrol']);
      const { key } = await enrolTotp(world, mia, PASSWORD);
      expect(await stateOf(mia)).toMatchObject({ state: 'live', enrolBy: null });
      expect((await mia.get('/api/conversations')).status).toBe(200);
      await mia.confirm(PASSWORD, codeOf(key, world.clock.now()));
      expect(codeIn(await mia.delete('/api/factors/totp'))).toBe('second_factor_demanded');
      expect((await mia.get<Factors>('/api/factors')).body).toMatchObject({ demanded: true });
    });

    it('gives whoever joins later the same days, and nobody of another role any', async () => {
      await demand({ roles: ['agent'], graceDays: 2 });
      world.advance({ days: 5 });
      await signIn(shop.owner, shop.email);
      const mia = await colleague(world, shop.owner, { email: shop.at('mia'), name: 'Mia', role: 'agent' });
      expect((await stateOf(mia)).state).toBe('live');
      expect(await stateOf(shop.owner)).toMatchObject({ state: 'live', enrolBy: null });
    });

    it('without grace holds at once', async () => {
      const mia = await colleague(world, shop.owner, { email: shop.at('mia'), name: 'Mia', role: 'agent' });
      await demand({ roles: ['agent'], graceDays: 0 });
      expect(codeIn(await mia.get('/api/conversations'))).toBe('must_enrol');
      expect((await mia.delete('/api/session')).status).toBe(204);
    });

    it('is asked of owners and admins by every new tenant, after two weeks, and only an owner may let them off', async () => {
      const email = shop.at('nora');
      await world.get(SetupService).tenant({ tenantName: 'Linden Tea', name: 'Nora', email, password: PASSWORD });
      const owner = await world.signIn(email);
      expect(await stateOf(owner)).toMatchObject({ state: 'live', enrolBy: expect.stringMatching(/Z$/) as string });
      const admin = await colleague(world, owner, { email: shop.at('ada'), name: 'Ada', role: 'admin' });
      const off = { secondFactor: { roles: [] } };
      expect(codeIn(await admin.patch('/api/security', off))).toBe('owner_only');
      expect(codeIn(await admin.patch('/api/security', { secondFactor: { graceDays: 90 } }))).toBe('owner_only');
      expect((await owner.patch('/api/security', off)).status).toBe(200);
      const agent = await colleague(world, owner, { email: shop.at('mia'), name: 'Mia', role: 'agent' });
      expect((await agent.get('/api/security')).status).toBe(403);
    });

    it('is told of everybody who can come in: who is ready, and until when the others can do without', async () => {
      const people = async () => (await shop.owner.get<Page<SecondFactorOf>>('/api/security/second-factors')).body.items;
      const mia = await colleague(world, shop.owner, { email: shop.at('mia'), name: 'Mia', role: 'agent' });
      const tom = await colleague(world, shop.owner, { email: shop.at('tom'), name: 'Tom', role: 'agent' });
      expect(await people()).toMatchObject([{ name: 'Mia' }, { name: 'Olga' }, { name: 'Tom' }]);
      await demand({ roles: ['agent'], graceDays: 3 });
      await enrolTotp(world, tom, PASSWORD);
      const { enrolBy } = await stateOf(mia);
      expect(await people()).toMatchObject([
        { name: 'Mia', role: 'agent', isReady: false, enrolBy },
        { name: 'Olga', role: 'owner', isReady: false, enrolBy: null },
        { name: 'Tom', role: 'agent', isReady: true, enrolBy: null },
      ]);
      expect((await mia.get('/api/security/second-factors')).status).toBe(403);
      const other = await openShop(world);
      const seenThere = (await other.owner.get<Page<SecondFactorOf>>('/api/security/second-factors')).body.items;
      expect(seenThere.map(({ name, enrolBy }) => [name, enrolBy])).toEqual([['Olga', null]]);
    });

    it('of one tenant is asked of nobody of another', async () => {
      const other = await openShop(world);
      await demand({ roles: ['owner'], graceDays: 0 });
      expect((await stateOf(shop.owner)).state).toBe('must_enrol');
      expect((await stateOf(other.owner)).state).toBe('live');
    });
  });
});
