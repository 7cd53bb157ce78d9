import { dkimVerify } from 'mailauth/lib/dkim/verify.js';
import { DkimKeys } from '../libs/channels/email/dkim-key.service.js';
import type { Connection, Message, Page } from '#contract';
import { connectMailbox, type Mailbox } from './mailbox.js';
import { type Tenant, World } from './world.js';

/** Our signature under what a mailbox sends: from the moment that those who get it can check it, and no longer. */
describe('signing mail', () => {
  let world: World;
  let spaak: Tenant;
  let linden: Tenant;
  let help: Mailbox;

  beforeAll(async () => {
    world = await World.open();
    spaak = await world.tenant(0);
    linden = await world.tenant(1);
    help = await connectMailbox(world, spaak, { address: 'help@spaak.example' });
    await world.drain();
    await world.simulator.sendMail({ from: 'sanne@mail.example', to: help.address, subject: 'Bike', text: 'Ready?' });
    await world.drain();
    await look();
  });
  afterAll(() => world.close());

  const look = () => world.get(DkimKeys).check(spaak.id);
  const dkim = async () =>
    (await spaak.owner.get<Page<Connection>>('/api/connections')).body.items.find(({ id }) => id === help.connectionId)!.mailbox!.dkim!;
  const publish = (name: string, value: string) => {
    world.simulator.dns.set(name, 'TXT', [value]);
    // What the DNS said is remembered for a minute.
    world.advance({ minutes: 2 });
  };
  const sent = async () => {
    const [id] = await help.conversationIds('sanne@mail.example');
    await spaak.owner.post<Message>(`/api/conversations/${id!}/replies`, { text: 'Nearly.' });
    await world.drain();
    return world.simulator.mailTo('sanne@mail.example').at(-1)!.raw;
  };
  const verdict = async (raw: Buffer) => {
    const { recordName, recordValue } = await dkim();
    const { results } = await dkimVerify(raw, {
      resolver: (name: string) =>
        name === recordName ? Promise.resolve([[recordValue]]) : Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' })),
    });
    return results[0]?.status;
  };

  it('waits while the record is not in the DNS, and tells the admin what to put there', async () => {
    const found = await dkim();
    expect(found).toMatchObject({ state: 'waiting' });
    expect(found.recordName).toMatch(/^od[0-9a-f]{10}\._domainkey\.spaak\.example$/);
    expect(found.recordValue).toMatch(/^v=DKIM1; k=rsa; p=[A-Za-z0-9+/]{300,}={0,2}$/);
    expect((await sent()).toString('latin1')).not.toContain('DKIM-Signature');
  });

  it('signs once the record is found, for the address that the mail is from', async () => {
    const { recordName, recordValue } = await dkim();
    publish(recordName, recordValue);
    await look();
    expect(await dkim()).toMatchObject({ state: 'signing' });
    expect(await verdict(await sent())).toMatchObject({ result: 'pass', aligned: 'spaak.example' });
  });

  it('goes on while nobody can say whether the record is there, and stops when it is gone or another’s', async () => {
    const { recordName, recordValue } = await dkim();
    world.simulator.setFaults({ dns: [{ kind: 'servfail', name: recordName }] });
    world.advance({ minutes: 2 });
    await look();
    expect(await dkim()).toMatchObject({ state: 'signing' });
    world.simulator.clearFaults();
    publish(recordName, recordValue.replace('p=', 'p=AAAA'));
    await look();
    expect(await dkim()).toMatchObject({ state: 'waiting' });
    expect((await sent()).toString('latin1')).not.toContain('DKIM-Signature');
    publish(recordName, recordValue.replace('; p=', ';p = ').replace(/(.{100})/g, '$1 '));
    await look();
    expect(await dkim()).toMatchObject({ state: 'signing' });
    world.simulator.dns.unset(recordName);
    world.advance({ minutes: 2 });
    await look();
    expect(await dkim()).toMatchObject({ state: 'waiting' });
  });

  it('keeps one key for each mailbox, and its private half sealed', async () => {
    const first = await dkim();
    await look();
    await world.get(DkimKeys).ensure(spaak.id, help.connectionId as never);
    expect((await dkim()).recordName).toBe(first.recordName);
    const [row] = await world.rows<{ sealed_private_key: Buffer }>('select sealed_private_key from mail_key');
    expect(row!.sealed_private_key.toString('latin1')).not.toContain('PRIVATE KEY');
    await world.get(DkimKeys).ensure(linden.id, help.connectionId as never);
    expect(await world.rows('select 1 from mail_key where tenant_id = $1', [linden.id])).toEqual([]);
  });

  it('is no matter of ours where the provider’s own domain would have to carry the key', async () => {
    const free = await connectMailbox(world, spaak, { address: 'shop@gmail.com' });
    await look();
    expect(await world.rows('select 1 from mail_key where connection_id = $1', [free.connectionId])).toEqual([]);
  });
});
