import { createTransport } from 'nodemailer';
import { connectMailbox, type Mailbox } from './mailbox.js';
import { rawMail } from './raw-mail.js';
import { type Tenant, World } from './world.js';

/** A mail server knocks: what it is told is true, and what it was told is ours is never lost. */
describe.each([
  ['SMTP', '127.0.0.1:0', 'smtp', false],
  ['LMTP', 'lmtp://127.0.0.1:0', 'lmtp', true],
] as const)('the %s door', (_name, listen, via, lmtp) => {
  let world: World;
  let spaak: Tenant;
  let wheels: Tenant;
  let help: Mailbox;
  let desk: Mailbox;
  let people = 0;

  beforeAll(async () => {
    world = await World.open({ SMTP_LISTEN: listen });
    spaak = await world.tenant(0);
    wheels = await world.tenant(1);
    help = await connectMailbox(world, spaak, { address: 'help@spaak.example' });
    desk = await connectMailbox(world, wheels, { address: 'desk@wheels.example' });
  });
  afterAll(() => world.close());

  const somebody = () => `sender${String(people++)}@mail.example`;
  const send = async (to: string | string[], from: string) => {
    const transport = createTransport({ host: '127.0.0.1', port: world.server.smtpPort!, secure: false, ignoreTLS: true, lmtp });
    try {
      const { rejectedErrors = [] } = await transport.sendMail({ envelope: { from, to }, raw: rawMail({ from }) });
      // LMTP answers for each recipient: that some did not get it is no error of the whole.
      if (rejectedErrors.length > 0) throw rejectedErrors[0]!;
    } finally {
      transport.close();
    }
  };

  it('keeps with a mail who brought it for whom, beside its bytes', async () => {
    const from = somebody();
    await send('help+token@spaak.example', from);
    const [row] = await world.rows<{ envelope: object }>('select envelope from delivery');
    expect(row!.envelope).toEqual({ via, mailFrom: from, rcptTo: ['help+token@spaak.example'] });
    await world.drain();
    expect(await help.conversationIds(from)).toHaveLength(1);
  });

  it('brings one mail for two businesses to each of them, and neither sees the other', async () => {
    const from = somebody();
    await send(['help@spaak.example', 'desk@wheels.example'], from);
    await world.drain();
    const [own] = await help.conversationIds(from);
    const [theirs] = await desk.conversationIds(from);
    expect(own).not.toBe(theirs);
    expect((await spaak.owner.get(`/api/conversations/${theirs!}`)).status).toBe(404);
    expect((await wheels.owner.get(`/api/conversations/${own!}`)).status).toBe(404);
  });

  it('sends a mail server away to come again while nothing can be stored, and takes the mail once it can', async () => {
    const from = somebody();
    await world.rows('alter table delivery rename to delivery_away');
    try {
      await expect(send('help@spaak.example', from)).rejects.toMatchObject({ responseCode: 451 });
    } finally {
      await world.rows('alter table delivery_away rename to delivery');
    }
    await send('help@spaak.example', from);
    await world.drain();
    expect(await help.thread(from)).toHaveLength(1);
  });

  it('refuses an address that nobody has here for good, and keeps nothing', async () => {
    await expect(send('nobody@spaak.example', somebody())).rejects.toMatchObject({ responseCode: 550 });
    expect(await world.rows('select 1 from delivery')).toEqual([]);
  });
});
