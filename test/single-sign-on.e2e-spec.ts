import type {
  Agent,
  AuditAct,
  AuditEntry,
  ErrorBody,
  IdentityProvider,
  Invitation,
  NewIdentityProvider,
  OwnIdentity,
  Page,
  ProviderPage,
  Session,
  SingleSignOn,
} from '#contract';
import type { Answer, ApiClient } from './api-client.js';
import { codeOf, enrolTotp } from './authenticator.js';
import { CrookedProvider } from './crooked-provider.js';
import { colleague, invite, tokenOf } from './furnished.js';
import { IdentityProviderServer } from './identity-provider.js';
import { PASSWORD, type Tenant, World } from './world.js';

type AnyProvider = CrookedProvider | IdentityProviderServer;

/** Coming in by a provider that the tenant trusts. */
describe('single sign-on', () => {
  let world: World;
  let spaak: Tenant;
  let linden: Tenant;
  let honest: IdentityProviderServer;
  let crooked: CrookedProvider;
  let other: CrookedProvider;
  let number = 0;
  /** Of one test. */
  const added: string[] = [];

  beforeAll(async () => {
    [honest, crooked, other] = await Promise.all([IdentityProviderServer.start(), CrookedProvider.start(), CrookedProvider.start()]);
    world = await World.open({ IDENTITY_ORIGINS_TRUSTED: [honest, crooked, other].map(({ issuer }) => issuer).join(',') });
    spaak = await world.tenant(0);
    linden = await world.tenant(1);
  });
  beforeEach(async () => {
    world.advance({ minutes: 16 });
    spaak = { ...spaak, owner: await world.signIn(spaak.ownerEmail) };
    Object.assign(crooked, {
      claims: { sub: 'somebody' },
      bend: (claims: object) => claims,
      alg: 'RS256',
      isForged: false,
      iss: null,
      failure: null,
    });
  });
  afterEach(() => world.rows('delete from identity_provider where id = any($1)', [added.splice(0)]));
  afterAll(async () => {
    await world.close();
    await Promise.all([honest, crooked, other].map((provider) => provider.stop()));
  });

  const codeIn = ({ status, body }: Answer) => (status < 300 ? 'in' : ((body as Partial<ErrorBody>).error?.code ?? String(status)));
  const keyOf = ({ signInUrl }: IdentityProvider) => signInUrl.split('/').at(-1)!;
  const way = (provider: IdentityProvider, tail = '') => `/api/session/single-sign-on/${keyOf(provider)}${tail}`;

  const add = async (
    of: AnyProvider,
    wanted: Partial<NewIdentityProvider> = {},
    by: ApiClient = spaak.owner,
  ): Promise<IdentityProvider> => {
    const { issuer, clientId, clientSecret } = of;
    const body = { name: `Provider ${String(++number)}`, issuer, clientId, clientSecret, ...wanted };
    const made = await by.post<IdentityProvider>('/api/security/identity-providers', body);
    if (made.status !== 201) throw new Error(`adding a provider answered ${String(made.status)} ${JSON.stringify(made.body)}`);
    added.push(made.body.id);
    if (of instanceof IdentityProviderServer) of.register([made.body.redirectUrl]);
    return made.body;
  };
  const change = (provider: IdentityProvider, body: object) => spaak.owner.patch(`/api/security/identity-providers/${provider.id}`, body);

  /** Follow a way to its provider and back, with what the provider gave the browser. */
  const answerOf = async (provider: AnyProvider, { url }: ProviderPage) => Object.fromEntries((await provider.visit(url)).searchParams);
  const signIn = async (of: AnyProvider, provider: IdentityProvider, client = world.client(), body: object = {}) => {
    const begun = await client.post<ProviderPage>(way(provider), body);
    if (begun.status !== 200) return begun as Answer as Answer<SingleSignOn>;
    return client.post<SingleSignOn>(way(provider, '/answer'), await answerOf(of, begun.body));
  };
  const connect = async (of: AnyProvider, provider: IdentityProvider, client: ApiClient) => {
    await client.confirm(PASSWORD);
    const begun = await client.post<ProviderPage>(`/api/factors/identities/${provider.id}`, {});
    if (begun.status !== 200) throw new Error(`connecting answered ${String(begun.status)}`);
    return client.post<SingleSignOn>(way(provider, '/answer'), await answerOf(of, begun.body));
  };
  const person = async (role: 'admin' | 'agent' = 'agent') => {
    const email = `sso${String(++number)}@spaak-bikes.example`;
    return { email, client: await colleague(world, spaak.owner, { email, name: 'Somebody', role }) };
  };
  const agentOf = async (email: string) =>
    (await spaak.owner.get<Page<Agent>>('/api/agents')).body.items.find((agent) => agent.email === email);
  const acts = async (act: AuditAct) => (await spaak.owner.get<Page<AuditEntry>>(`/api/audit?act=${act}&limit=5`)).body.items;

  describe('by a provider that nobody of us wrote', () => {
    it('lets in who has connected himself, and writes it down', async () => {
      const provider = await add(honest);
      const { client, email } = await person();
      honest.present = { sub: 'her-name-there' };
      expect((await connect(honest, provider, client)).body).toMatchObject({ did: 'connected' });
      const fresh = world.client();
      const came = await signIn(honest, provider, fresh);
      expect(came.body).toMatchObject({ did: 'signed_in', session: { agent: { email }, proofs: { providers: [{ id: provider.id }] } } });
      expect((await fresh.get('/api/conversations')).status).toBe(200);
      expect(await acts('identity_connected')).toEqual([
        expect.objectContaining({ about: { kind: 'identity_provider', id: provider.id } }),
      ]);
      const own = (await fresh.get<Page<OwnIdentity>>('/api/factors/identities')).body.items.find(
        ({ providerId }) => providerId === provider.id,
      );
      expect(own?.name).toBe(provider.name);
      expect([typeof own?.connectedAt, typeof own?.lastUsedAt]).toEqual(['string', 'string']);
    });

    it('asks for its groups and addresses where its token leaves them out', async () => {
      const provider = await add(honest, {
        roleClaim: 'groups',
        roles: [{ value: 'support-leads', role: 'admin' }],
        createsAgents: true,
        domains: ['spaak-bikes.example'],
      });
      const email = 'new-at-provider@spaak-bikes.example';
      honest.present = { sub: 'new-1', claims: { email, email_verified: true, name: 'New Person', groups: ['support-leads', 'cyclists'] } };
      expect(codeIn(await signIn(honest, provider))).toBe('in');
      expect(await agentOf(email)).toMatchObject({ name: 'New Person', role: 'admin', state: 'active' });
    });

    it('makes whoever confirms there prove once more who he is', async () => {
      const provider = await add(honest);
      const { client } = await person();
      honest.present = { sub: 'confirms' };
      await connect(honest, provider, client);
      await client.post('/api/session/lock', undefined);
      const before = client.sessionCookie;
      const begun = await client.post<ProviderPage>(`/api/session/confirm/providers/${provider.id}`, {});
      expect(new URL(begun.body.url).searchParams.get('prompt')).toBe('login');
      const confirmed = await client.post<SingleSignOn>(way(provider, '/answer'), await answerOf(honest, begun.body));
      expect(confirmed.body).toMatchObject({ did: 'confirmed', session: { state: 'live' } });
      expect(client.sessionCookie).not.toBe(before);
      expect((await client.get('/api/conversations')).status).toBe(200);
    });
  });

  describe('believes nothing that could be a lie:', () => {
    let provider: IdentityProvider;
    beforeAll(async () => {
      spaak = { ...spaak, owner: await world.signIn(spaak.ownerEmail) };
      provider = await add(crooked);
      const { client } = await person();
      crooked.claims = { sub: 'victim' };
      await connect(crooked, provider, client);
      added.splice(0);
    });
    afterAll(() => world.rows('delete from identity_provider where id = $1', [provider.id]));
    beforeEach(() => {
      crooked.claims = { sub: 'victim' };
    });

    it('and lets in who says nothing but the truth', async () => {
      expect(codeIn(await signIn(crooked, provider))).toBe('in');
      expect(crooked.asked.at(-1)!.get('code_verifier')).toMatch(/^[\w-]{43}$/);
    });

    it.each([
      ['another nonce', { bend: (claims: object) => ({ ...claims, nonce: 'another' }) }],
      ['no nonce', { bend: (claims: object) => ({ ...claims, nonce: undefined }) }],
      ['another issuer', { bend: (claims: object) => ({ ...claims, iss: 'https://elsewhere.example' }) }],
      ['another audience', { bend: (claims: object) => ({ ...claims, aud: 'somebody-else' }) }],
      ['a token that is over', { bend: (claims: object) => ({ ...claims, exp: Math.floor(Date.now() / 1000) - 60 }) }],
      ['a token without a signature', { alg: 'none' }],
      ['a signature with a key that is not shown', { isForged: true }],
      ['the answer of another provider', { iss: 'https://elsewhere.example' }],
      ['no subject', { bend: (claims: object) => ({ ...claims, sub: undefined }) }],
      ['a subject that is no text', { bend: (claims: object) => ({ ...claims, sub: ['victim'] }) }],
    ])('%s', async (_, lie) => {
      Object.assign(crooked, lie);
      const client = world.client();
      expect(codeIn(await signIn(crooked, provider, client))).toBe('answer_not_believed');
      expect(client.sessionCookie).toBeNull();
      expect((await acts('single_sign_on_refused'))[0]).toMatchObject({ facts: { code: 'answer_not_believed' } });
    });

    it('a state of nobody, of another browser, of another provider, or one that was used', async () => {
      const client = world.client();
      const begun = await client.post<ProviderPage>(way(provider), {});
      const answer = await answerOf(crooked, begun.body);
      expect(codeIn(await world.client().post(way(provider, '/answer'), { ...answer, state: 'A'.repeat(43) }))).toBe('bad_state');
      expect(codeIn(await client.post(way(provider, '/answer'), answer))).toBe('in');
      expect(codeIn(await client.post(way(provider, '/answer'), answer))).toBe('bad_state');

      const stolen = await answerOf(crooked, (await client.post<ProviderPage>(way(provider), {})).body);
      expect(codeIn(await world.client().post(way(provider, '/answer'), stolen))).toBe('bad_state');
      expect(codeIn(await client.post(way(provider, '/answer'), stolen))).toBe('bad_state');

      const second = await add(other);
      const mixed = await answerOf(crooked, (await client.post<ProviderPage>(way(provider), {})).body);
      expect(codeIn(await client.post(way(second, '/answer'), mixed))).toBe('bad_state');
      expect(other.asked).toEqual([]);
    });

    it('of a hundred at once with one answer, all but one', async () => {
      const client = world.client();
      const answer = await answerOf(crooked, (await client.post<ProviderPage>(way(provider), {})).body);
      const all = await Promise.all(Array.from({ length: 20 }, () => client.post(way(provider, '/answer'), answer)));
      expect(all.map(codeIn).filter((code) => code === 'in')).toHaveLength(1);
    });

    it('an answer that comes after ten minutes', async () => {
      const client = world.client();
      const answer = await answerOf(crooked, (await client.post<ProviderPage>(way(provider), {})).body);
      world.advance({ minutes: 11 });
      expect(codeIn(await client.post(way(provider, '/answer'), answer))).toBe('expired_state');
      await world.drain();
      expect(await world.rows('select 1 from identity_attempt where tenant_id = $1', [spaak.id])).toEqual([]);
    });

    it('the same subject from another issuer', async () => {
      const second = await add(other);
      other.claims = { sub: 'victim' };
      expect(codeIn(await signIn(other, second))).toBe('not_connected');
      // Nor when the provider becomes another one under the same name.
      expect(codeIn(await change(provider, { issuer: other.issuer }))).toBe('secret_again');
      await change(provider, { issuer: other.issuer, clientSecret: other.clientSecret });
      expect(codeIn(await signIn(other, provider))).toBe('not_connected');
      await change(provider, { issuer: crooked.issuer, clientSecret: crooked.clientSecret });
      expect(codeIn(await signIn(crooked, provider))).toBe('in');
    });

    it('a confirmation by somebody who had proved it long ago', async () => {
      const client = world.client();
      await signIn(crooked, provider, client);
      const begun = await client.post<ProviderPage>(`/api/session/confirm/providers/${provider.id}`, {});
      crooked.bend = (claims) => ({ ...claims, auth_time: Math.floor(Date.now() / 1000) - 3600 });
      expect(codeIn(await client.post(way(provider, '/answer'), await answerOf(crooked, begun.body)))).toBe('answer_not_believed');
    });

    it('a confirmation by somebody else', async () => {
      const client = world.client();
      await signIn(crooked, provider, client);
      await client.post('/api/session/lock', undefined);
      const begun = await client.post<ProviderPage>(`/api/session/confirm/providers/${provider.id}`, {});
      crooked.claims = { sub: 'a colleague' };
      expect(codeIn(await client.post(way(provider, '/answer'), await answerOf(crooked, begun.body)))).toBe('identity_of_another');
      expect(codeIn(await client.get('/api/conversations'))).toBe('session_locked');
    });
  });

  describe('an address is nobody’s proof', () => {
    it('and one that somebody here has lets nobody in as him, whatever the provider says', async () => {
      const provider = await add(crooked, {
        createsAgents: true,
        domains: ['spaak-bikes.example'],
        roles: [{ value: null, role: 'agent' }],
      });
      for (const email of [spaak.ownerEmail, spaak.ownerEmail.toUpperCase()]) {
        crooked.claims = { sub: 'attacker', email, email_verified: true };
        expect(codeIn(await signIn(crooked, provider))).toBe('address_of_another');
      }
    });

    it.each([
      ['is not verified', { email: 'x1@spaak-bikes.example' }, 'address_not_verified'],
      [
        'is verified by a word that only looks like it',
        { email: 'x2@spaak-bikes.example', email_verified: 'true' },
        'address_not_verified',
      ],
      ['is in another domain', { email: 'x3@elsewhere.example', email_verified: true }, 'address_not_verified'],
      ['is in a domain that only ends so', { email: 'x4@not-spaak-bikes.example', email_verified: true }, 'address_not_verified'],
    ])('and makes nobody an agent when it %s', async (_, claims, code) => {
      const provider = await add(crooked, {
        createsAgents: true,
        domains: ['spaak-bikes.example'],
        roles: [{ value: null, role: 'agent' }],
      });
      crooked.claims = { sub: 'new', ...claims };
      expect(codeIn(await signIn(crooked, provider))).toBe(code);
      expect(await agentOf(claims.email)).toBeUndefined();
    });

    it('and makes one of who has no role, or of whom the tenant did not ask, neither', async () => {
      crooked.claims = { sub: 'new', email: 'x5@spaak-bikes.example', email_verified: true };
      expect(codeIn(await signIn(crooked, await add(crooked, { createsAgents: true, domains: ['spaak-bikes.example'] })))).toBe(
        'no_role_for_you',
      );
      expect(codeIn(await signIn(crooked, await add(crooked)))).toBe('not_connected');
      const body = { name: 'Open', issuer: crooked.issuer, clientId: 'x', createsAgents: true };
      expect(codeIn(await spaak.owner.post('/api/security/identity-providers', body))).toBe('domains_missing');
    });
  });

  it('lets an invited person in without a password, once, and never with another tenant’s provider', async () => {
    const provider = await add(crooked);
    const theirs = await add(crooked, {}, linden.owner);
    const { inviteUrl } = await invite(spaak.owner, { email: 'invited-sso@spaak-bikes.example', name: 'Invited', role: 'agent' });
    const invitation = tokenOf(inviteUrl);
    const looked = await world.client().post<Invitation>('/api/invitations/look', { token: invitation });
    expect(looked.body.providers).toContainEqual({ key: keyOf(provider), name: provider.name });
    crooked.claims = { sub: 'invited' };
    expect(codeIn(await signIn(crooked, theirs, world.client(), { invitation }))).toBe('not_found');
    const came = await signIn(crooked, provider, world.client(), { invitation });
    expect(came.body).toMatchObject({ session: { agent: { email: 'invited-sso@spaak-bikes.example' }, proofs: { password: false } } });
    expect(codeIn(await signIn(crooked, provider, world.client(), { invitation }))).toBe('invitation_gone');
    expect(codeIn(await signIn(crooked, provider))).toBe('in');
  });

  describe('of another tenant', () => {
    it('is not there, and its answers lead nowhere', async () => {
      const theirs = await add(crooked, {}, linden.owner);
      expect(codeIn(await change(theirs, { name: 'Ours' }))).toBe('not_found');
      expect(codeIn(await spaak.owner.delete(`/api/security/identity-providers/${theirs.id}`))).toBe('not_found');
      expect(codeIn(await spaak.owner.post(`/api/security/identity-providers/${theirs.id}/test`, {}))).toBe('not_found');
      await spaak.owner.confirm(PASSWORD);
      expect(codeIn(await spaak.owner.post(`/api/factors/identities/${theirs.id}`, {}))).toBe('not_found');
      expect(codeIn(await spaak.owner.post(`/api/session/confirm/providers/${theirs.id}`, {}))).toBe('not_found');
      const names = (await spaak.owner.get<Page<IdentityProvider>>('/api/security/identity-providers')).body.items.map(({ id }) => id);
      expect(names).not.toContain(theirs.id);
    });

    it('knows nobody of ours, although the same person is known to the same issuer', async () => {
      const ours = await add(crooked);
      const { client } = await person();
      crooked.claims = { sub: 'of both' };
      await connect(crooked, ours, client);
      expect(codeIn(await signIn(crooked, await add(crooked, {}, linden.owner)))).toBe('not_connected');
    });

    it('cannot be told from one that never was', async () => {
      const provider = await add(crooked, { isEnabled: false });
      const unknown = 'A'.repeat(43);
      for (const path of [way(provider), `/api/session/single-sign-on/${unknown}`, '/api/session/single-sign-on/x']) {
        expect(codeIn(await world.client().get(path))).toBe('not_found');
        expect(codeIn(await world.client().post(path, {}))).toBe('not_found');
      }
    });
  });

  describe('asks everything that every way in asks:', () => {
    const known = async (sub: string, wanted: Partial<NewIdentityProvider> = {}) => {
      const provider = await add(crooked, wanted);
      const { client, email } = await person();
      crooked.claims = { sub };
      expect(codeIn(await connect(crooked, provider, client))).toBe('in');
      return { provider, client, email, agent: (await agentOf(email))! };
    };

    it('nobody comes in who was deactivated', async () => {
      const { provider, agent } = await known('deactivated');
      await spaak.owner.patch(`/api/agents/${agent.id}`, { state: 'deactivated' });
      expect(codeIn(await signIn(crooked, provider))).toBe('bad_credentials');
    });

    it('nor from outside the tenant’s networks', async () => {
      const { provider } = await known('elsewhere');
      await world.rows("insert into allowed_range (tenant_id, range, note, created_at) values ($1, '192.0.2.0/24', '', now())", [spaak.id]);
      try {
        expect(codeIn(await signIn(crooked, provider))).toBe('address_not_allowed');
      } finally {
        await world.rows('delete from allowed_range where tenant_id = $1', [spaak.id]);
      }
    });

    it('who has a factor of his own gives it too, where the provider proves one', async () => {
      const { provider, client, email } = await known('with an app');
      const { key } = await enrolTotp(world, client, PASSWORD);
      const fresh = world.client();
      const came = await signIn(crooked, provider, fresh);
      expect(came).toMatchObject({ status: 401, body: { error: { code: 'second_factor_required', fields: [{ path: 'totp' }] } } });
      expect(codeIn(await world.client().post(way(provider, '/second-step'), { code: codeOf(key, world.clock.now()) }))).toBe('bad_state');
      expect(codeIn(await fresh.post(way(provider, '/second-step'), { code: '000000' }))).toBe('wrong_factor');
      const second = await fresh.post<Session>(way(provider, '/second-step'), { code: codeOf(key, world.clock.now()) });
      expect(second.body).toMatchObject({ agent: { email } });
      expect(codeIn(await fresh.post(way(provider, '/second-step'), { code: codeOf(key, world.clock.now(), 1) }))).toBe('bad_state');
    });

    it.each([
      [{}, 'in'],
      [{ amr: ['pwd', 'otp'] }, 'in'],
      [{ amr: ['mfa'] }, 'in'],
      [{ amr: ['pwd'] }, 'second_factor_required'],
      [{ acr: '0' }, 'second_factor_required'],
    ])('a provider that counts for two factors does so unless it says otherwise: %j', async (claims, code) => {
      const { provider, client } = await known(`counts ${JSON.stringify(claims)}`, { countsAsSecondFactor: true });
      await enrolTotp(world, client, PASSWORD);
      crooked.claims = { ...crooked.claims, ...claims };
      expect(codeIn(await signIn(crooked, provider))).toBe(code);
    });

    it('whose team asks for a second factor has one where the provider proved it, and has to set one up where not', async () => {
      await world.rows(
        `insert into tenant_security (tenant_id, second_factor_since, second_factor_grace_days) values ($2, $1, 0)
         on conflict (tenant_id) do update set second_factor_since = $1, second_factor_grace_days = 0`,
        [JSON.stringify({ agent: '2020-01-01T00:00:00.000Z' }), spaak.id],
      );
      try {
        for (const [counts, state] of [
          [true, 'live'],
          [false, 'must_enrol'],
        ] as const) {
          const provider = await add(crooked, {
            countsAsSecondFactor: counts,
            createsAgents: true,
            domains: ['x.example'],
            roles: [{ value: null, role: 'agent' }],
          });
          crooked.claims = { sub: `demanded ${state}`, email: `${state}@x.example`, email_verified: true };
          expect((await signIn(crooked, provider)).body).toMatchObject({ session: { state } });
        }
      } finally {
        await world.rows('update tenant_security set second_factor_since = $1, second_factor_grace_days = 14', ['{}']);
      }
    });

    it('too many come from one place', async () => {
      const provider = await add(crooked);
      const tries = await Promise.all(Array.from({ length: 101 }, () => world.client().get(way(provider))));
      expect(tries.map(codeIn)).toContain('too_many_attempts');
      world.advance({ minutes: 16 });
    });
  });

  describe('and roles', () => {
    const roles = [
      { value: 'leads', role: 'admin' },
      { value: 'desk', role: 'agent' },
    ] as const;

    it('follow the groups up and down at each sign-in, and end what was open before', async () => {
      const provider = await add(crooked, { roleClaim: 'groups', roles: [...roles] });
      const { client, email } = await person();
      crooked.claims = { sub: 'mapped' };
      await connect(crooked, provider, client);
      crooked.claims = { sub: 'mapped', groups: ['desk', 'leads'] };
      const up = world.client();
      expect((await signIn(crooked, provider, up)).body).toMatchObject({ session: { agent: { role: 'admin' } } });
      expect(codeIn(await client.get('/api/conversations'))).toBe('not_signed_in');
      crooked.claims = { sub: 'mapped', groups: 'desk' };
      expect((await signIn(crooked, provider)).body).toMatchObject({ session: { agent: { role: 'agent' } } });
      expect(codeIn(await up.get('/api/conversations'))).toBe('not_signed_in');
      crooked.claims = { sub: 'mapped', groups: [] };
      expect(codeIn(await signIn(crooked, provider))).toBe('no_role_for_you');
      expect(await agentOf(email)).toMatchObject({ role: 'agent' });
      expect((await acts('role_given_by_provider'))[0]).toMatchObject({ facts: { role: 'agent', roleBefore: 'admin' } });
    });

    it('leave an owner what he is, and make nobody one', async () => {
      const provider = await add(crooked, { roleClaim: 'groups', roles: [...roles] });
      crooked.claims = { sub: 'the owner' };
      await connect(crooked, provider, spaak.owner);
      for (const groups of [['desk'], []]) {
        crooked.claims = { sub: 'the owner', groups };
        expect((await signIn(crooked, provider)).body).toMatchObject({ session: { agent: { role: 'owner' } } });
      }
      const body = { name: 'Makes owners', issuer: crooked.issuer, clientId: 'x', roles: [{ value: 'x', role: 'owner' }] };
      expect(codeIn(await spaak.owner.post('/api/security/identity-providers', body))).toBe('invalid');
    });

    it('are given by nobody who may less, nor changed', async () => {
      const own = await spaak.owner.post<{ id: string }>('/api/roles', {
        name: 'Guards',
        permissions: ['security:read', 'security:manage'],
      });
      const email = 'guard@spaak-bikes.example';
      const guard = await colleague(world, spaak.owner, { email, name: 'Guard', role: 'custom', roleId: own.body.id });
      const body = { name: 'By a guard', issuer: crooked.issuer, clientId: 'x', roles: [{ value: 'x', role: 'admin' }] };
      expect(codeIn(await guard.post('/api/security/identity-providers', body))).toBe('beyond_your_rights');
      const provider = await add(crooked, { roles: [...roles] });
      expect(codeIn(await guard.patch(`/api/security/identity-providers/${provider.id}`, { isEnabled: false }))).toBe('beyond_your_rights');
      expect(codeIn(await guard.delete(`/api/security/identity-providers/${provider.id}`))).toBe('beyond_your_rights');
    });
  });

  describe('where a tenant wants nothing else', () => {
    it('lets nobody in by a password who has it, but owners', async () => {
      const provider = await add(crooked);
      const { client, email } = await person();
      const without = await person();
      crooked.claims = { sub: 'required' };
      await connect(crooked, provider, client);
      expect(codeIn(await spaak.owner.patch('/api/security', { singleSignOnRequired: true }))).toBe('in');
      const byPassword = async (address: string) =>
        codeIn(await world.client().post('/api/session', { email: address, password: PASSWORD }));
      expect(await byPassword(email)).toBe('single_sign_on_required');
      expect(codeIn(await world.client().post('/api/session', { email, password: 'a wrong password' }))).toBe('bad_credentials');
      expect(await byPassword(without.email)).toBe('in');
      expect(await byPassword(spaak.ownerEmail)).toBe('in');
      await change(provider, { isEnabled: false });
      expect(await byPassword(email)).toBe('in');
      await spaak.owner.patch('/api/security', { singleSignOnRequired: false });
    });
  });

  describe('a provider', () => {
    it('that is down leads to what to do, and shuts nobody out who has another way', async () => {
      const provider = await add(crooked);
      crooked.failure = 503;
      expect(codeIn(await signIn(crooked, provider))).toBe('provider_unavailable');
      expect(codeIn(await spaak.owner.post(`/api/security/identity-providers/${provider.id}/test`, {}))).toBe('provider_unavailable');
      crooked.failure = 404;
      expect(codeIn(await spaak.owner.post(`/api/security/identity-providers/${provider.id}/test`, {}))).toBe('provider_unfit');
      crooked.failure = null;
      expect((await spaak.owner.post(`/api/security/identity-providers/${provider.id}/test`, {})).body).toEqual({
        issuer: crooked.issuer,
        signsInAt: crooked.issuer,
      });
    });

    it('cannot be at a private address, nor without TLS, unless the operator says so', async () => {
      const made = (issuer: string) =>
        spaak.owner.post('/api/security/identity-providers', { name: `At ${issuer}`, issuer, clientId: 'x' });
      expect(codeIn(await made('http://idp.example'))).toBe('issuer_not_https');
      expect(codeIn(await made('https://idp.example/?x=1'))).toBe('issuer_not_plain');
      const inside = await made('https://127.0.0.1:1');
      const { id } = inside.body as IdentityProvider;
      expect(codeIn(await spaak.owner.post(`/api/security/identity-providers/${id}/test`, {}))).toBe('provider_unavailable');
      await spaak.owner.delete(`/api/security/identity-providers/${id}`);
    });

    it('never shows its secret, and keeps it sealed', async () => {
      const provider = await add(crooked, { clientSecret: 'canary-of-a-secret' });
      const shown = await spaak.owner.get('/api/security/identity-providers');
      expect(JSON.stringify(shown.body)).not.toContain('canary');
      expect(provider.hasSecret).toBe(true);
      const kept = await world.rows("select 1 from identity_provider where position('canary'::bytea in client_secret_sealed) > 0");
      expect(kept).toEqual([]);
    });
  });

  it('stays connected with one account, and with none as its last way in', async () => {
    const provider = await add(crooked);
    const [first, second] = [await person(), await person()];
    crooked.claims = { sub: 'one identity' };
    expect(codeIn(await connect(crooked, provider, first.client))).toBe('in');
    expect(codeIn(await connect(crooked, provider, second.client))).toBe('identity_taken');
    await first.client.confirm(PASSWORD);
    expect((await first.client.delete(`/api/factors/identities/${provider.id}`)).status).toBe(204);
    expect(codeIn(await signIn(crooked, provider))).toBe('not_connected');
    await connect(crooked, provider, first.client);
    await world.rows('update agent set password_hash = null where email = $1', [first.email]);
    const client = world.client();
    await signIn(crooked, provider, client);
    const begun = await client.post<ProviderPage>(`/api/session/confirm/providers/${provider.id}`, {});
    expect(codeIn(await client.post(way(provider, '/answer'), await answerOf(crooked, begun.body)))).toBe('in');
    expect(codeIn(await client.delete(`/api/factors/identities/${provider.id}`))).toBe('only_way_in');
  });

  it('is connected by nobody who has not just proved everything he can', async () => {
    const provider = await add(crooked);
    const { client } = await person();
    expect(codeIn(await client.post(`/api/factors/identities/${provider.id}`, {}))).toBe('full_proof_required');
  });
});
