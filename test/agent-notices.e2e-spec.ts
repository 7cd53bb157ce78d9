import { dkimVerify } from 'mailauth/lib/dkim/verify.js';
import type { Connection, Page } from '#contract';
import { DkimKeys } from '../libs/channels/email/dkim-key.service.js';
import { colleague } from './furnished.js';
import { connectMailbox, type Mailbox } from './mailbox.js';
import { rawMail } from './raw-mail.js';
import { type Tenant, World } from './world.js';

interface Desk {
  tenant: Tenant;
  help: Mailbox;
  /** Whose mail it is that is looked at. */
  agent: { email: string; id: string };
}

/** What a mailbox sends to its own agents is mail of the mailbox like any other: signed by it, and part of what it may send in a minute. */
describe('the notices that agents get by mail', () => {
  let world: World;
  let spaak: Desk;
  let linden: Desk;
  let people = 0;

  const open = async (pageNumber: 0 | 1, domain: string): Promise<Desk> => {
    const tenant = await world.tenant(pageNumber);
    const help = await connectMailbox(world, tenant, { address: `help@${domain}` });
    await tenant.owner.patch(`/api/connections/${help.connectionId}/mailbox`, { agentMail: true, plusAddressing: 'on' });
    const email = `anja@team-of-${domain}`;
    await colleague(world, tenant.owner, { email, name: 'Anja', role: 'agent' });
    const [row] = await world.rows<{ id: string }>('select id from agent where email = $1', [email]);
    return { tenant, help, agent: { email, id: row!.id } };
  };
  beforeAll(async () => {
    world = await World.open();
    spaak = await open(0, 'spaak.example');
    linden = await open(1, 'linden.example');
    await world.drain();
  });
  afterAll(() => world.close());
  afterEach(async () => {
    world.simulator.clearFaults();
    await later({ hours: 4 });
  });

  const later = async (by: Parameters<World['advance']>[0]) => {
    world.advance(by);
    for (const { tenant } of [spaak, linden]) tenant.owner = await world.signIn(tenant.ownerEmail);
    await world.drain();
  };
  /** Somebody writes, and the agent is given the conversation. */
  const assigned = async ({ tenant, help, agent }: Desk) => {
    const person = `person${String(people++)}@mail.example`;
    expect(await help.post(rawMail({ from: person, to: help.address }))).toBe(200);
    await world.drain();
    const [id] = await help.conversationIds(person);
    expect((await tenant.owner.patch(`/api/conversations/${id!}`, { assigneeId: agent.id })).status).toBe(200);
    await world.drain();
    return id!;
  };
  const noticesOf = ({ agent }: Desk) => world.simulator.mailTo(agent.email);
  const countedOf = async ({ help }: Desk) => {
    const [row] = await world.rows<{ count: number }>('select cardinality(sent_at) as count from mail_relay where connection_id = $1', [
      help.connectionId,
    ]);
    return row?.count ?? 0;
  };
  /** The mailbox has sent as much as it may in this minute. */
  const spend = ({ tenant, help }: Desk) =>
    world.rows(
      `insert into mail_relay (tenant_id, connection_id, sent_at) values ($1, $2, array_fill($3::timestamptz, array[60]))
       on conflict (tenant_id, connection_id) do update set sent_at = excluded.sent_at`,
      [tenant.id, help.connectionId, world.clock.now()],
    );

  it('are signed with the mailbox’s key once its record is published, and not with another tenant’s', async () => {
    await assigned(spaak);
    expect(noticesOf(spaak).at(-1)!.raw.toString('latin1')).not.toContain('DKIM-Signature');
    const { body } = await spaak.tenant.owner.get<Page<Connection>>('/api/connections');
    const { recordName, recordValue } = body.items.find(({ id }) => id === spaak.help.connectionId)!.mailbox!.dkim!;
    world.simulator.dns.set(recordName, 'TXT', [recordValue]);
    await later({ minutes: 2 });
    await world.get(DkimKeys).check(spaak.tenant.id);
    await assigned(spaak);
    const { results } = await dkimVerify(noticesOf(spaak).at(-1)!.raw, {
      resolver: (name: string) =>
        name === recordName ? Promise.resolve([[recordValue]]) : Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' })),
    });
    expect(results[0]?.status).toMatchObject({ result: 'pass', aligned: 'spaak.example' });
    await assigned(linden);
    expect(noticesOf(linden).at(-1)!.raw.toString('latin1')).not.toContain('DKIM-Signature');
  });

  it('count for what their mailbox sends in a minute', async () => {
    await spend(spaak);
    await later({ minutes: 2 });
    await assigned(spaak);
    expect(await countedOf(spaak)).toBe(1);
  });

  it('wait while their mailbox has sent enough, and go once, by themselves; another tenant’s wait for nobody', async () => {
    const before = { spaak: noticesOf(spaak).length, linden: noticesOf(linden).length };
    await spend(spaak);
    await assigned(spaak);
    await assigned(linden);
    expect(noticesOf(spaak)).toHaveLength(before.spaak);
    expect(noticesOf(linden)).toHaveLength(before.linden + 1);
    expect(await countedOf(spaak)).toBe(60);
    expect(world.log.lines.filter((line) => line.includes('job_failed'))).toEqual([]);
    await later({ minutes: 2 });
    await later({ hours: 1 });
    expect(noticesOf(spaak)).toHaveLength(before.spaak + 1);
    expect(noticesOf(spaak).at(-1)!.raw.toString('latin1')).toContain('Auto-Submitted: auto-generated');
  });

  it('bring an answer back too once there is room for it, and nothing of it is lost meanwhile', async () => {
    const conversation = await assigned(spaak);
    const raw = noticesOf(spaak).at(-1)!.raw.toString('latin1');
    const [, header = ''] = /^Reply-To: (.*(?:\r\n[ \t].*)*)/im.exec(raw) ?? [];
    const replyTo = /([^\s<>"]+@[^\s<>"]+)>?\s*$/.exec(header)![1]!;
    await spaak.tenant.owner.patch(`/api/connections/${spaak.help.connectionId}/mailbox`, { agentMail: false });
    const before = noticesOf(spaak).length;
    await spend(spaak);
    await world.simulator.sendMail({ from: spaak.agent.email, to: replyTo, subject: 'Re: My bike', text: 'A long and careful answer.' });
    await world.drain();
    expect(noticesOf(spaak)).toHaveLength(before);
    expect(await world.rows('select 1 from agent_mail_return')).toHaveLength(1);
    await later({ minutes: 2 });
    expect(noticesOf(spaak)).toHaveLength(before + 1);
    expect(noticesOf(spaak).at(-1)!.text).toContain('A long and careful answer.');
    expect(noticesOf(spaak).at(-1)!.text).toContain(conversation);
    expect(await world.rows('select 1 from agent_mail_return')).toEqual([]);
    await spaak.tenant.owner.patch(`/api/connections/${spaak.help.connectionId}/mailbox`, { agentMail: true });
  });

  it('leave a server alone that puts mail off, as all mail of the mailbox does', async () => {
    const before = noticesOf(spaak).length;
    world.simulator.setFaults({ mail: [{ kind: 'busy', times: 1 }] });
    await assigned(spaak);
    expect(noticesOf(spaak)).toHaveLength(before);
    expect(await world.rows('select 1 from mail_rest where connection_id = $1', [spaak.help.connectionId])).toHaveLength(1);
    await later({ hours: 1 });
    expect(noticesOf(spaak)).toHaveLength(before + 1);
    expect(await world.rows('select 1 from mail_rest where connection_id = $1', [spaak.help.connectionId])).toEqual([]);
  });
});
