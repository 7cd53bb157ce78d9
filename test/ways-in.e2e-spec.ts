import { AddressChangeService, PasswordResetService, type AgentId } from '#accounts';
import type { Agent, ErrorBody, Invited, MadeApiKey, Page, PasskeyRequest } from '#contract';
import { Database } from '#platform';
import type { Answer, ApiClient } from './api-client.js';
import { atLocalhost, enrolPasskey, type TestPasskey } from './authenticator.js';
import { colleague, type Furnished, furnish, invite, tokenOf } from './furnished.js';
import { houseRoutes } from './house-routes.js';
import { SocketClient, type SocketOptions } from './socket-client.js';
import { PASSWORD, World } from './world.js';

/** What may keep somebody out, and how each comes to be. */
const STATES = ['good', 'elsewhere', 'deactivated', 'demoted', 'locked', 'too old', 'must enrol', 'suspended'] as const;
type State = (typeof STATES)[number];

/** Said to whoever has proved to be one of theirs. */
const SUSPENDED = { suspended: 'tenant_suspended' };

/** Every way to come in or to come back. What is not said of a state is as for `good`: let in. */
const DOORS: Record<string, Partial<Record<State, string>>> = {
  password: { ...SUSPENDED, elsewhere: 'address_not_allowed', deactivated: 'bad_credentials', 'must enrol': 'must_enrol' },
  passkey: { ...SUSPENDED, elsewhere: 'address_not_allowed', deactivated: 'bad_credentials' },
  invitation: {
    ...SUSPENDED,
    elsewhere: 'address_not_allowed',
    deactivated: 'invitation_gone',
    'too old': 'invitation_gone',
    'must enrol': 'must_enrol',
  },
  'link for a new password': { ...SUSPENDED, elsewhere: 'address_not_allowed', deactivated: 'link_gone', 'too old': 'link_gone' },
  'link for a new address': { ...SUSPENDED, elsewhere: 'address_not_allowed', deactivated: 'link_gone', 'too old': 'link_gone' },
  cookie: asSession('session_locked', 'must_enrol'),
  'cookie, a file': asSession('session_locked', 'must_enrol'),
  'cookie, a raw mail': asSession('session_locked', 'must_enrol'),
  'cookie, a socket': asSocket(),
  'cookie, a polled socket': asSocket(),
  key: asKey(),
  // An agent who is not in the team that has the connection sees nothing of it, and neither does his key.
  'key, a file': { ...asKey(), demoted: 'not_found' },
  'key, a socket': { ...asKey(), suspended: 'unauthenticated', deactivated: 'unauthenticated', 'too old': 'unauthenticated' },
  'key, a polled socket': { ...asKey(), suspended: 'unauthenticated', deactivated: 'unauthenticated', 'too old': 'unauthenticated' },
};

function asSession(locked: string, mustEnrol: string): Partial<Record<State, string>> {
  const gone = { deactivated: 'not_signed_in', demoted: 'not_signed_in', 'too old': 'not_signed_in', suspended: 'not_signed_in' };
  return { ...gone, elsewhere: 'address_not_allowed', locked, 'must enrol': mustEnrol };
}
function asSocket(): Partial<Record<State, string>> {
  const names = ['deactivated', 'demoted', 'locked', 'too old', 'must enrol', 'suspended'] as const;
  return { ...Object.fromEntries(names.map((name) => [name, 'unauthenticated'])), elsewhere: 'address_not_allowed' };
}
function asKey(): Partial<Record<State, string>> {
  return { elsewhere: 'address_not_allowed', deactivated: 'not_signed_in', 'too old': 'not_signed_in', suspended: 'not_signed_in' };
}

/** Every route that asks for no session, and by which of the doors it is tried here; or why it lets nobody into a tenant. */
const OPEN_ROUTES: Record<string, { door: keyof typeof DOORS } | { because: string }> = {
  'POST /api/session': { door: 'password' },
  'POST /api/session/passkey': { door: 'passkey' },
  'POST /api/invitations/accept': { door: 'invitation' },
  'POST /api/password-resets/use': { door: 'link for a new password' },
  'POST /api/address-changes/confirm': { door: 'link for a new address' },
  'POST /api/session/passkey/options': { because: 'only something to sign' },
  'POST /api/invitations/look': { because: 'tells whoever holds the link whose it is' },
  'POST /api/password-resets/look': { because: 'tells whoever holds the link whose it is' },
  'POST /api/password-resets': { because: 'orders a mail, with one answer for everybody' },
  'GET /api/setup': { because: 'there is no tenant yet, or this says nothing of any' },
  'POST /api/setup': { because: 'there is no tenant yet' },
  'GET /healthz': { because: 'says nothing of a tenant' },
  'GET /readyz': { because: 'says nothing of a tenant' },
  'GET /deletion/:code': { because: 'a contact looks, from wherever he is' },
};

const LATER_HOURS = 24 * 8;

describe('every way in', () => {
  let world: World;
  let spaak: Furnished;
  const opened: SocketClient[] = [];

  beforeAll(async () => {
    world = await World.open();
    spaak = await furnish(world, await world.tenant(0));
    await world.rows('update tenant_security set second_factor_since = $1', ['{}']);
    await list(['127.0.0.0/8', '::1']);
  });
  afterEach(() => {
    for (const client of opened.splice(0)) client.close();
  });
  afterAll(() => world.close());

  const list = async (ranges: string[]) => {
    await world.rows('delete from allowed_range where tenant_id = $1', [spaak.id]);
    await world.rows(
      "insert into allowed_range (tenant_id, range, note, created_at) select $1, range, '', now() from unnest($2::text[]) as range",
      [spaak.id, ranges],
    );
  };

  it('is one of these: a route without a session that nobody has thought of fails here', () => {
    const open = houseRoutes(world.server.app).filter(({ openTo, path }) => openTo !== undefined && !path.startsWith('/webhooks/'));
    expect(open.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(Object.keys(OPEN_ROUTES).sort());
  });

  interface Person {
    id: AgentId;
    email: string;
    client: ApiClient;
    passkey: TestPasskey | null;
    key: string;
    invited: Invited;
    reset: string;
    address: string;
  }

  let number = 0;
  const idOf = async (email: string) => {
    const { items } = (await spaak.owner.get<Page<Agent>>('/api/agents')).body;
    return items.find((agent) => agent.email === email)!.id as AgentId;
  };

  /** Somebody who has one of everything that opens a door. A passkey is a second factor too, so it comes last and only where it is tried. */
  const prepare = async (): Promise<Person> => {
    const email = `person${String(++number)}@spaak-bikes.example`;
    const client = await colleague(world, spaak.owner, { email, name: 'Somebody', role: 'admin' });
    const made = await client.post<MadeApiKey>('/api/api-keys', { name: 'A key', permissions: ['conversation:read'], days: 7 });
    const invited = await invite(spaak.owner, { email: `invited-${email}`, name: 'Invited', role: 'agent' });
    const id = await idOf(email);
    const reset = await world.get(Database).inTenant(spaak.id, (tx) => world.get(PasswordResetService).mint(tx, id));
    await client.confirm(PASSWORD);
    await world.rows(`insert into address_change (tenant_id, id, agent_id, email, expires_at) values ($1, gen_random_uuid(), $2, $3, $4)`, [
      spaak.id,
      id,
      `next-${email}`,
      new Date(world.clock.now().getTime() + 3_600_000),
    ]);
    const address = await world.get(Database).inTenant(spaak.id, (tx) => world.get(AddressChangeService).mint(tx, id, 'present'));
    return { id, email, client, passkey: null, key: made.body.token, invited, reset: reset!, address: address!.token };
  };

  const bring: Record<State, (person: Person) => Promise<unknown>> = {
    good: () => Promise.resolve(),
    elsewhere: () => list(['192.0.2.0/24']),
    deactivated: async ({ id, invited }) => {
      await spaak.owner.confirm(PASSWORD);
      await spaak.owner.patch(`/api/agents/${id}`, { state: 'deactivated' });
      await spaak.owner.patch(`/api/agents/${invited.agent.id}`, { state: 'deactivated' });
    },
    demoted: async ({ id }) => {
      await spaak.owner.confirm(PASSWORD);
      return spaak.owner.patch(`/api/agents/${id}`, { role: 'agent' });
    },
    locked: ({ client }) => client.post('/api/session/lock', undefined),
    'too old': () => {
      world.advance({ hours: LATER_HOURS });
      return Promise.resolve();
    },
    'must enrol': () =>
      world.rows('update tenant_security set second_factor_since = $1, second_factor_grace_days = 0', [
        JSON.stringify({ admin: '2020-01-01T00:00:00.000Z', agent: '2020-01-01T00:00:00.000Z' }),
      ]),
    // Its sessions and keys are left where they are: none of them may be what keeps it out.
    suspended: () => world.rows("update tenant set state = 'suspended', suspended_at = now() where id = $1", [spaak.id]),
  };
  const takeBack = async (): Promise<void> => {
    await world.rows("update tenant set state = 'active', suspended_at = null where id = $1", [spaak.id]);
    await list(['127.0.0.0/8', '::1']);
    await world.rows('update tenant_security set second_factor_since = $1, second_factor_grace_days = 14', ['{}']);
  };

  const outcome = ({ status, body }: Answer) => (status < 300 ? 'in' : ((body as Partial<ErrorBody>).error?.code ?? String(status)));
  /** Somebody who was let in may still not be able to do anything. */
  const inside = async (client: ApiClient, answer: Answer) =>
    outcome(answer) === 'in' ? outcome(await client.get('/api/conversations')) : outcome(answer);
  const socket = async (options: SocketOptions) => {
    const client = new SocketClient(world.server.url, options);
    opened.push(client);
    await client.until(({ ready, refusal }) => ready ?? refusal);
    return client.refusal ?? 'in';
  };
  const withKey = ({ key }: Person) => ({ authorization: `Bearer ${key}` });
  const file = () => `/api/attachments/${spaak.ids.attachment}`;

  const knock: Record<keyof typeof DOORS, (person: Person) => Promise<string>> = {
    password: async ({ email }) => {
      const client = world.client();
      return inside(client, await client.post('/api/session', { email, password: PASSWORD }));
    },
    passkey: async ({ passkey }) => {
      const client = atLocalhost(world);
      const asked = await client.post<PasskeyRequest>('/api/session/passkey/options', {});
      return inside(client, await client.post('/api/session/passkey', passkey!.signed(asked.body)));
    },
    invitation: async ({ invited }) => {
      const client = world.client();
      const body = { token: tokenOf(invited.inviteUrl), name: 'Invited', password: PASSWORD };
      return inside(client, await client.post('/api/invitations/accept', body));
    },
    'link for a new password': async ({ reset }) =>
      outcome(await world.client().post('/api/password-resets/use', { token: reset, password: 'another password for tests' })),
    'link for a new address': async ({ address }) => outcome(await world.client().post('/api/address-changes/confirm', { token: address })),
    cookie: async ({ client }) => outcome(await client.get('/api/conversations')),
    'cookie, a file': async ({ client }) => outcome(await client.get(file())),
    'cookie, a raw mail': async ({ client }) => outcome(await client.get(`/api/quarantine/${spaak.ids.setAside}/raw`)),
    'cookie, a socket': ({ client }) => socket({ cookie: client.sessionCookie }),
    'cookie, a polled socket': ({ client }) => socket({ cookie: client.sessionCookie, transport: 'polling' }),
    key: async (person) => outcome(await world.client().get('/api/conversations', withKey(person))),
    'key, a file': async (person) => outcome(await world.client().get(file(), withKey(person))),
    'key, a socket': (person) => socket({ headers: withKey(person) }),
    'key, a polled socket': (person) => socket({ headers: withKey(person), transport: 'polling' }),
  };

  it.each(STATES)('asks everything of somebody who is %s', async (state) => {
    world.advance({ minutes: 16 });
    spaak = { ...spaak, owner: await world.signIn(spaak.ownerEmail) };
    const person = await prepare();
    await bring[state](person);
    try {
      // The links end sessions or change who it is, so they are tried last.
      const doors = Object.keys(DOORS).filter((door) => door !== 'passkey');
      const inOrder = [...doors.filter((door) => !door.startsWith('link')), ...doors.filter((door) => door.startsWith('link'))];
      const found: Record<string, string> = {};
      for (const door of inOrder) found[door] = await knock[door]!(person);
      expect(found).toEqual(Object.fromEntries(inOrder.map((door) => [door, DOORS[door]![state] ?? 'in'])));
    } finally {
      await takeBack();
    }
  });

  it.each(STATES)('by a passkey asks as much of somebody who is %s', async (state) => {
    world.advance({ minutes: 16 });
    spaak = { ...spaak, owner: await world.signIn(spaak.ownerEmail) };
    const person = await prepare();
    const client = atLocalhost(world);
    await client.post('/api/session', { email: person.email, password: PASSWORD });
    await client.confirm(PASSWORD);
    const passkey = await enrolPasskey(client);
    await bring[state](person);
    try {
      expect(await knock['passkey']!({ ...person, passkey })).toBe(DOORS['passkey']![state] ?? 'in');
    } finally {
      await takeBack();
    }
  });
});
