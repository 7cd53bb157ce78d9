import { SetupService } from '#accounts';
import type { ApiClient } from './api-client.js';
import { colleague, invite } from './furnished.js';
import { PASSWORD, World } from './world.js';

const OWNER = 'olga@spaak.example';
/** So dear that everything else which signing in costs is small beside it. */
const COST = { ARGON2_MEMORY_KIB: '65536', ARGON2_PASSES: '10' };
const WRONG = 'not the password at all';

/**
 * The time of an answer must not say whose address it was. Time is the machine's; what we answer for is the work: the processor's share of
 * each refusal is counted, which is the same however busy the machine is. `npm run bench -- sign-in` measures the time.
 */
describe('refusing to sign somebody in', () => {
  let world: World;
  let owner: ApiClient;

  beforeAll(async () => {
    world = await World.open({ OMNIDESK_ROLES: 'api', ...COST });
    await world.get(SetupService).tenant({ tenantName: 'Spaak Bikes', name: 'Olga', email: OWNER, password: PASSWORD }, { isEasy: true });
    owner = await world.signIn(OWNER);
    await colleague(world, owner, { email: 'gone@spaak.example', name: 'Gone', role: 'agent' });
    await invite(owner, { email: 'invited@spaak.example', name: 'Invited', role: 'agent' });
    await world.rows("update agent set state = 'deactivated' where email = 'gone@spaak.example'");
    await colleague(world, owner, { email: 'sso@spaak.example', name: 'Elsewhere', role: 'agent' });
    await world.rows("update agent set password_hash = null where email = 'sso@spaak.example'");
    // The first one makes the hash that others are compared with.
    await workOf('nobody@spaak.example', WRONG);
  });
  afterAll(() => world.close());

  /** Milliseconds of processor time that one refused try takes, in all threads of this process. */
  const workOf = async (email: string, password: string) => {
    const before = process.cpuUsage();
    const { status } = await world.client().post('/api/session', { email, password });
    const { user, system } = process.cpuUsage(before);
    expect({ email, status }).toEqual({ email, status: 401 });
    return (user + system) / 1_000;
  };

  /** Of three tries: what else this process does now and then is no part of them. */
  const leastWorkOf = async (email: string, password: string) => {
    const tries = [];
    for (let n = 0; n < 3; n++) tries.push(await workOf(email, password));
    return Math.min(...tries);
  };

  it('takes one check of a password, whether the address is known, unknown, deactivated, invited or without a password', async () => {
    const known = await leastWorkOf(OWNER, WRONG);
    const others: [string, string][] = [
      ['nobody@elsewhere.example', WRONG],
      ['gone@spaak.example', WRONG],
      ['gone@spaak.example', PASSWORD],
      ['invited@spaak.example', WRONG],
      ['sso@spaak.example', WRONG],
    ];
    for (const [email, password] of others) {
      const share = (await leastWorkOf(email, password)) / known;
      expect({ email, isOneCheck: share > 0.6 && share < 1.6 ? true : share }).toEqual({ email, isOneCheck: true });
    }
  });

  it('leaves as much behind: one line, with the tenant that knows the address or with the installation', async () => {
    const lines = async () => {
      const [row] = await world.rows<{ count: number }>(
        `select (select count(*) from audit_entry where entry::jsonb ->> 'act' = 'sign_in_refused')::int
              + (select count(*) from installation_audit_entry where entry::jsonb ->> 'act' = 'sign_in_refused')::int as count`,
      );
      return row!.count;
    };
    world.advance({ minutes: 16 });
    for (const email of [OWNER, 'somebody@elsewhere.example', 'gone@spaak.example', 'invited@spaak.example', 'sso@spaak.example']) {
      const before = await lines();
      await workOf(email, WRONG);
      expect({ email, lines: (await lines()) - before }).toEqual({ email, lines: 1 });
    }
  });
});
