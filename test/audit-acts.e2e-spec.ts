import type { AuditAct, AuditEntry, AuditVerification, Page } from '#contract';
import { DEMO_APP } from '../apps/simulator/index.js';
import { knock, metaSignature } from './knock.js';
import { colleague } from './furnished.js';
import { PASSWORD, type Tenant, World } from './world.js';

const WRONG = 'not the password';

/** What is done through the doors is written down once, in the chain of the tenant whom it concerns. */
describe('the audit of what was done', () => {
  let world: World;
  let spaak: Tenant;
  let linden: Tenant;

  beforeAll(async () => {
    world = await World.open();
    spaak = await world.tenant(0);
    linden = await world.tenant(1);
  });
  afterAll(() => world.close());

  const entries = async ({ owner }: Tenant, act: AuditAct) => (await owner.get<Page<AuditEntry>>(`/api/audit?act=${act}`)).body.items;
  const inInstallation = (act: AuditAct) =>
    world.rows<{ entry: string; personal: Record<string, string> }>(
      `select entry, (select json_object_agg(name, value) from installation_audit_personal p where p.seq = e.seq) as personal
       from installation_audit_entry e where act = $1 order by seq`,
      [act],
    );
  const tryToSignIn = (email: string) => world.client().post('/api/session', { email, password: WRONG });

  it('has a sign-in that was refused with the tenant that knows the address, and with no other', async () => {
    await tryToSignIn(spaak.ownerEmail);
    const [refused] = await entries(spaak, 'sign_in_refused');
    expect(refused).toMatchObject({ by: { kind: 'nobody' }, personal: { address: spaak.ownerEmail, ip: '127.0.0.1' } });
    expect(await entries(linden, 'sign_in_refused')).toEqual([]);
    expect(await inInstallation('sign_in_refused')).toEqual([]);
  });

  it('has one of an address that nobody knows with the installation, without the address', async () => {
    await tryToSignIn('nobody@elsewhere.example');
    const [refused, ...others] = await inInstallation('sign_in_refused');
    expect(others).toEqual([]);
    expect(refused!.personal['addressDigest']).toMatch(/^[0-9a-f]{64}$/);
    expect(JSON.stringify(refused)).not.toContain('elsewhere');
    expect(await entries(spaak, 'sign_in_refused')).toHaveLength(1);
  });

  it('has that there were too many, a few times', async () => {
    for (let tries = 0; tries < 15; tries++) await tryToSignIn(linden.ownerEmail);
    expect(await entries(linden, 'sign_in_refused')).toHaveLength(10);
    expect(await entries(linden, 'sign_in_slowed')).toHaveLength(1);
    expect(await entries(spaak, 'sign_in_slowed')).toEqual([]);
    world.advance({ minutes: 16 });
  });

  it('has who came in and went, who was invited and came, and what became of him', async () => {
    const agent = await colleague(world, spaak.owner, { email: 'new@spaak.example', name: 'Somebody New', role: 'agent' });
    const { id } = (await agent.get<{ agent: { id: string } }>('/api/session')).body.agent;
    await agent.delete('/api/session');
    await spaak.owner.patch(`/api/agents/${id}`, { role: 'admin' });
    const { items } = (await spaak.owner.get<Page<AuditEntry>>(`/api/audit?by=${id}`)).body;
    expect(items.map(({ act }) => act)).toEqual(['signed_out', 'signed_in', 'invitation_accepted']);
    const about = (await spaak.owner.get<Page<AuditEntry>>(`/api/audit?about=${id}`)).body.items;
    expect(about.map(({ act, facts }) => [act, facts])).toEqual([
      ['agent_changed', { role: 'admin', roleBefore: 'agent', state: 'active', stateBefore: 'active' }],
      ['agent_invited', { role: 'agent' }],
    ]);
    expect((await linden.owner.get<Page<AuditEntry>>(`/api/audit?about=${id}`)).body.items).toEqual([]);
  });

  it('has a webhook that was forged with the installation, once a minute for each door', async () => {
    const body = Buffer.from('{"object":"page","entry":[]}');
    const headers = { 'content-type': 'application/json', 'x-hub-signature-256': metaSignature(`${DEMO_APP.secret}x`, body) };
    for (let nth = 0; nth < 5; nth++) expect((await knock(`${world.server.url}/webhooks/messenger`, { body, headers })).status).toBe(401);
    const refused = await inInstallation('webhook_refused');
    expect(refused.map(({ entry }) => (JSON.parse(entry) as AuditEntry).facts)).toEqual([
      { code: 'bad_signature', method: 'POST', route: '/webhooks/messenger' },
    ]);
  });

  it('has a change of a connection only where it was made', async () => {
    await spaak.owner.patch(`/api/connections/${spaak.connectionId}`, { personas: true });
    await spaak.owner.delete(`/api/connections/${spaak.connectionId}`);
    const { items } = (await spaak.owner.get<Page<AuditEntry>>(`/api/audit?about=${spaak.connectionId}`)).body;
    expect(items.map(({ act }) => act)).toEqual(['connection_removed', 'connection_changed', 'connection_made']);
    expect(await entries(linden, 'connection_removed')).toEqual([]);
  });

  it('is whole after all of that, and each tenant checks its own', async () => {
    for (const { owner, ownerEmail } of [spaak, linden]) {
      const { body } = await owner.post<AuditVerification>('/api/audit/verify', {});
      expect(body).toMatchObject({ isDone: true, broken: null, verifiedTo: body.newest });
      await world.signIn(ownerEmail, PASSWORD);
    }
  });
});
