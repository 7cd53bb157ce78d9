import { randomUUID } from 'node:crypto';
import * as contract from '#contract';
import type { Answer } from './api-client.js';
import { colleague, type Furnished, furnish } from './furnished.js';
import { operator, type OperatorClient } from './operator-client.js';
import { World } from './world.js';

/**
 * What a tenant keeps is read by an operator on the tenant's own word alone, for as long as it stands, and every view is in the tenant's
 * audit. Without that word a tenant's conversations do not exist for the operator. (Abuse case D8; GDPR, article 28(3)(a).)
 */
describe('an operator who would read', () => {
  let world: World;
  let boss: OperatorClient;
  let spaak: Furnished;
  let linden: Furnished;

  beforeAll(async () => {
    world = await World.open();
    boss = await operator(world);
    spaak = await furnish(world, await world.tenant(0));
    linden = await furnish(world, await world.tenant(1));
  });
  afterAll(() => world.close());
  beforeEach(async () => {
    // A sensitive act needs a factor that was proved a moment ago.
    spaak.owner = await world.signIn(spaak.ownerEmail);
    await world.rows('update operator_grant set ended_at = now() where ended_at is null');
  });

  const views = (tenant: string, conversation: string) => [
    `/operator/api/tenants/${tenant}/conversations`,
    `/operator/api/tenants/${tenant}/conversations/${conversation}`,
    `/operator/api/tenants/${tenant}/conversations/${conversation}/messages`,
  ];
  const spaaks = () => views(spaak.id, spaak.ids.conversation);
  const grant = (hours = 2, reason = 'an answer that did not arrive') =>
    spaak.owner.post<contract.OperatorGrant>('/api/operator-grants', { reason, hours });
  const code = ({ body }: Answer) => (body as { error?: { code: string } }).error?.code;
  const seen = (tenantId: string) =>
    world.rows<{ act: string; by_id: string; about_id: string }>(
      "select act, by_id, about_id from audit_entry where tenant_id = $1 and act in ('operator_read_list', 'operator_read_conversation') order by seq",
      [tenantId],
    );
  const refusedAsNothing = async () => {
    const nothing = await boss.get(views(randomUUID(), randomUUID())[1]!);
    for (const path of spaaks()) {
      const { status, body, headers } = await boss.get(path);
      expect({ path, status, body }).toEqual({ path, status: 404, body: nothing.body });
      expect([...headers.keys()]).toEqual([...nothing.headers.keys()]);
    }
  };

  it('finds nothing without a grant: the same as where there is nothing', async () => {
    const before = await seen(spaak.id);
    await refusedAsNothing();
    expect(await seen(spaak.id)).toEqual(before);
    const refused = await world.rows<{ about_id: string }>(
      "select about_id from installation_audit_entry where act = 'operator_read_refused'",
    );
    expect(refused.map(({ about_id }) => about_id)).toContain(spaak.id);
  });

  it('sees with it the list, a conversation and what was said, and each view stands in the tenant’s audit', async () => {
    expect((await grant()).status).toBe(201);
    const before = (await seen(spaak.id)).length;
    const [list, one, messages] = await Promise.all(spaaks().map((path) => boss.get(path)));
    expect(contract.pageOf(contract.ConversationRow).parse(list!.body).items.length).toBeGreaterThan(0);
    expect(contract.Conversation.parse(one!.body).id).toBe(spaak.ids.conversation);
    expect(JSON.stringify(contract.pageOf(contract.Message).parse(messages!.body))).toContain('An edited question');
    for (const { headers } of [list!, one!, messages!]) expect(headers.get('cache-control')).toBe('no-store');
    const entries = (await seen(spaak.id)).slice(before);
    expect(entries.map(({ act, about_id }) => `${act} ${about_id}`).sort()).toEqual(
      [`operator_read_list ${spaak.id}`, ...Array<string>(2).fill(`operator_read_conversation ${spaak.ids.conversation}`)].sort(),
    );
    expect(new Set(entries.map(({ by_id }) => by_id))).toEqual(new Set([boss.operatorId]));
  });

  it('of another tenant sees nothing by it', async () => {
    await grant();
    for (const path of views(linden.id, linden.ids.conversation)) expect((await boss.get(path)).status).toBe(404);
    // Nor another tenant's conversation through the one that granted.
    for (const path of views(spaak.id, linden.ids.conversation).slice(1)) expect((await boss.get(path)).status).toBe(404);
    expect(await seen(linden.id)).toEqual([]);
  });

  it('sees nothing more from the moment it is over', async () => {
    await grant(1);
    world.advance({ minutes: 59 });
    expect((await boss.get(spaaks()[0]!)).status).toBe(200);
    world.advance({ minutes: 1, seconds: 1 });
    await refusedAsNothing();
  });

  it('sees nothing more from the moment the tenant ends it', async () => {
    const { body } = await grant();
    expect((await boss.get(spaaks()[0]!)).status).toBe(200);
    expect((await spaak.owner.delete(`/api/operator-grants/${body.id}`)).status).toBe(204);
    await refusedAsNothing();
    expect((await spaak.owner.delete(`/api/operator-grants/${body.id}`)).status).toBe(404);
  });

  it('can change nothing with it: there is no route that would', async () => {
    await grant();
    for (const path of spaaks()) {
      for (const method of ['POST', 'PATCH', 'PUT', 'DELETE']) {
        const { status } = await boss.request(method, path, method === 'DELETE' ? undefined : { status: 'closed' });
        expect({ path, method, status }).toEqual({ path, method, status: 404 });
      }
    }
  });

  it('must be one who may: a watcher may not, whatever was granted', async () => {
    await grant();
    const watcher = await operator(world, 'watcher');
    for (const path of spaaks()) expect(code(await watcher.get(path))).toBe('forbidden');
  });

  describe('gets the word', () => {
    it('of an owner alone; admins and privacy officers see it stand', async () => {
      const officer = await colleague(world, spaak.owner, { email: 'officer@spaak.example', name: 'Officer', role: 'privacy_officer' });
      await grant(3, 'a question about a mailbox');
      const body = { reason: 'not mine to grant', hours: 1 };
      for (const client of [spaak.admin, spaak.agent, officer])
        expect(code(await client.post('/api/operator-grants', body))).toBe('forbidden');
      for (const client of [spaak.admin, officer]) {
        const { items } = (await client.get<contract.Page<contract.OperatorGrant>>('/api/operator-grants')).body;
        expect(items[0]).toMatchObject({ reason: 'a question about a mailbox', grantedBy: expect.any(String) as string, isLive: true });
      }
      expect((await spaak.agent.get('/api/operator-grants')).status).toBe(403);
    });

    it('only with a factor proved a moment ago', async () => {
      world.advance({ minutes: 11 });
      expect(code(await spaak.owner.unattended(() => grant()))).toBe('fresh_factor_required');
      await refusedAsNothing();
    });

    it.each([0, 169, 1.5, -1, '2', null])('for no other time than a week at most: not for %j hours', async (hours) => {
      expect((await spaak.owner.post('/api/operator-grants', { reason: 'a reason', hours })).status).toBe(400);
    });

    it('never without a reason', async () => {
      expect((await grant(1, '  ')).status).toBe(400);
    });

    it('which stands in the tenant’s audit, given and ended', async () => {
      const { body } = await grant();
      await spaak.owner.delete(`/api/operator-grants/${body.id}`);
      const acts = await world.rows<{ act: string }>('select act from audit_entry where about_id = $1 order by seq', [body.id]);
      expect(acts.map(({ act }) => act)).toEqual(['operator_grant_given', 'operator_grant_ended']);
    });

    it('and no grant of another tenant’s can be ended', async () => {
      const { body } = await grant();
      expect((await linden.owner.delete(`/api/operator-grants/${body.id}`)).status).toBe(404);
      expect((await boss.get(spaaks()[0]!)).status).toBe(200);
    });
  });
});
