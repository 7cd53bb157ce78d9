import type { ConversationRow, Message, Page, RecordedKind } from '#contract';
import { DeliveryReader } from '#ticketing';
import { connectMailbox, type Mailbox } from './mailbox.js';
import { rawMail } from './raw-mail.js';
import { changeRecording } from './recording-rules.js';
import { placesHolding } from './stores.js';
import { type Tenant, World } from './world.js';

/** Texts that occur nowhere else. Found in a place, they name the place that kept what it should not. */
const canary = (name: string) => `canary-${name}-7f3a9c`;
const CONTENT = Buffer.from(`the bytes of ${canary('bytes')}`);

/** From now on nothing of these kinds is kept. */
const neverRecord = (world: World, tenant: Tenant, kinds: RecordedKind[]) =>
  changeRecording(world, tenant, Object.fromEntries(kinds.map((kind) => [kind, 'never'])));

async function conversation(tenant: Tenant, channel: 'messenger' | 'email'): Promise<ConversationRow> {
  const { items } = (await tenant.owner.get<Page<ConversationRow>>(`/api/conversations?channel=${channel}`)).body;
  return items[0]!;
}

async function thread(tenant: Tenant, channel: 'messenger' | 'email'): Promise<Message[]> {
  const { id } = await conversation(tenant, channel);
  return (await tenant.owner.get<Page<Message>>(`/api/conversations/${id}/messages?limit=100`)).body.items;
}

describe('a tenant that wants nothing recorded', () => {
  let world: World;
  let spaak: Tenant;
  let linden: Tenant;
  let help: Mailbox;
  let psid: string;

  beforeAll(async () => {
    world = await World.open();
    spaak = await world.tenant(0);
    linden = await world.tenant(1);
    help = await connectMailbox(world, spaak, { address: 'help@spaak.example' });
    await neverRecord(world, spaak, ['message_text', 'attachments', 'sender_name', 'sender_picture', 'mail_headers', 'receipts']);
    psid = addPerson(spaak);
  });
  afterAll(() => world.close());

  const addPerson = (tenant: Tenant) =>
    world.simulator.addCustomer(tenant.page.id, {
      psid: `99900000000${tenant.page.id.slice(-4)}`,
      firstName: canary('first'),
      lastName: canary('last'),
      mailAddress: 'x@mail.example',
      colour: [1, 2, 3],
      locale: 'nl_NL',
    }).psid;
  const nowhere = async (...names: string[]) => {
    for (const name of names) expect({ name, places: await placesHolding(world, canary(name)) }).toEqual({ name, places: [] });
  };

  it('has nothing of what a customer says, sends, is called or reads on Messenger in any place', async () => {
    const said = await world.simulator.customerSays(psid, {
      text: canary('text'),
      quickReply: canary('payload'),
      attachments: [{ kind: 'image', name: `${canary('file')}.png`, mediaType: 'image/png', content: CONTENT }],
    });
    await world.simulator.customerPostback(psid, { title: canary('title'), payload: canary('pressed') });
    await world.simulator.customerReacts(psid, said.mid, canary('emoji'));
    await world.drain();
    await world.simulator.customerEdits(psid, said.mid, canary('edited'));
    await world.drain();
    await nowhere('text', 'payload', 'file', 'bytes', 'title', 'pressed', 'emoji', 'edited', 'first', 'last');
    expect(await thread(spaak, 'messenger')).toMatchObject([
      { text: '', withheld: true, attachments: [{ state: 'not_recorded', name: '', url: null }], reactions: [] },
      { text: '', kind: 'postback', withheld: true },
    ]);
    expect(await conversation(spaak, 'messenger')).toMatchObject({ preview: { text: '' }, contact: { pictureUrl: null } });
  });

  it('still answers on Messenger: what is said goes out, and stays nowhere', async () => {
    const { id } = await conversation(spaak, 'messenger');
    await spaak.owner.post(`/api/conversations/${id}/replies`, { text: canary('reply') });
    await world.drain();
    expect(world.simulator.messagesSeenBy(psid).map(({ text }) => text)).toEqual([canary('reply')]);
    await world.simulator.pageInboxSays(psid, { text: canary('outside') });
    await world.simulator.customerReads(psid);
    await world.drain();
    expect((await thread(spaak, 'messenger')).filter(({ direction }) => direction === 'out')).toMatchObject([
      // That it was delivered and read is a receipt, and receipts are not recorded.
      { text: '', withheld: true, delivery: { state: 'sent' } },
      { text: '', withheld: true, author: { kind: 'outside' } },
    ]);
    expect(
      await world.rows('select 1 from contact_identity where delivered_watermark_at is not null or read_watermark_at is not null'),
    ).toEqual([]);
    expect(await world.rows('select 1 from outbox')).toEqual([]);
    await nowhere('reply', 'outside');
  });

  it('has nothing of a mail in any place, and still answers it', async () => {
    const sent = await world.simulator.sendMail({
      from: 'somebody@mail.example',
      fromName: canary('sender'),
      to: help.address,
      cc: [`${canary('copied')}@other.example`],
      subject: canary('subject'),
      text: canary('mail'),
      html: `<p>${canary('html')}</p>`,
      files: [{ name: `${canary('attached')}.txt`, mediaType: 'text/plain', content: CONTENT }],
    });
    expect(sent.state).not.toBe('given_up');
    await world.drain();
    const { id } = await conversation(spaak, 'email');
    await spaak.owner.post(`/api/conversations/${id}/replies`, { text: canary('answer') });
    await world.drain();
    expect(world.simulator.mailTo('somebody@mail.example')[0]!.text).toContain(canary('answer'));
    await nowhere('sender', 'copied', 'subject', 'mail', 'html', 'attached', 'bytes', 'answer');
    expect(await thread(spaak, 'email')).toMatchObject([
      { text: '', subject: null, htmlUrl: null, cc: [], withheld: true },
      { text: '', withheld: true, delivery: { state: 'sent' } },
    ]);
    expect(await world.rows('select 1 from outbox')).toEqual([]);
  });

  it('takes nothing away from another tenant, who records', async () => {
    const other = addPerson(linden);
    await world.simulator.customerSays(other, { text: canary('linden') });
    await world.drain();
    expect(await thread(linden, 'messenger')).toMatchObject([{ text: canary('linden'), withheld: false }]);
    expect((await conversation(linden, 'messenger')).contact.name).toContain(canary('first'));
    expect(await placesHolding(world, canary('linden'))).toEqual(['public.conversation', 'public.message']);
  });
});

describe('a tenant that records', () => {
  let world: World;
  let spaak: Tenant;
  let help: Mailbox;

  beforeAll(async () => {
    world = await World.open();
    spaak = await world.tenant(0);
    help = await connectMailbox(world, spaak, { address: 'help@spaak.example' });
  });
  afterAll(() => world.close());

  it('has what was said in the tables of the conversation and nowhere else: no log, no job, no feed, no file', async () => {
    const psid = world.simulator.addCustomer(spaak.page.id, {
      psid: '9991',
      firstName: canary('name'),
      lastName: 'X',
      mailAddress: 'x@mail.example',
      colour: [1, 2, 3],
      locale: 'nl_NL',
    }).psid;
    await world.simulator.customerSays(psid, {
      text: canary('text'),
      attachments: [{ kind: 'file', name: `${canary('file')}.pdf`, mediaType: 'application/pdf', content: CONTENT }],
    });
    // Failing is what writes logs: the profile, the sending and a delivery fail on the way.
    world.simulator.setFaults({
      graph: [
        { on: ['profile'], times: 1, does: { kind: 'error', code: 2, httpStatus: 500, message: canary('graph') } },
        { on: ['send'], times: 1, does: { kind: 'error', code: 613, httpStatus: 400, message: canary('graph') } },
      ],
    });
    await world.drain();
    const { id } = await conversation(spaak, 'messenger');
    await spaak.owner.post(`/api/conversations/${id}/replies`, { text: canary('reply') });
    await spaak.owner.post(`/api/conversations/${id}/notes`, { text: canary('note') });
    await world.simulator.rawDelivery(`{"broken": "${canary('broken')}`);
    await world.drain();
    const jobs = await world.rows<{ payload: string }>('select payload::text as payload from graphile_worker._private_jobs');
    expect(jobs.length).toBeGreaterThan(0);
    await world.simulator.sendMail({ from: 'a@mail.example', to: help.address, subject: canary('subject'), text: canary('mail') });
    await world.get(DeliveryReader).drain();
    const queued = await world.rows('select 1 from graphile_worker._private_jobs where payload::text like $1', ['%mail.example%']);
    expect(queued).toEqual([]);
    await world.simulator.rawMail(
      help.address,
      rawMail({ from: 'b@mail.example', subject: canary('late'), headers: { 'X-Long': 'x'.repeat(1024 * 1024) } }),
    );
    await world.drain();
    world.advance({ hours: 1 });
    await world.drain();

    const places = async (name: string) => placesHolding(world, canary(name));
    expect(await places('text')).toEqual(['public.message']);
    expect(await places('reply')).toEqual(['public.message']);
    expect(await places('note')).toEqual(['public.conversation', 'public.message']);
    expect(await places('file')).toEqual(['public.attachment']);
    expect(await places('name')).toEqual(['public.contact']);
    expect(await places('subject')).toEqual(['public.conversation', 'public.message']);
    expect(await places('mail')).toEqual(['public.conversation', 'public.message']);
    for (const name of ['bytes', 'graph']) expect({ name, places: await places(name) }).toEqual({ name, places: [] });
    // What could not be read waits with its bytes, and is named there only.
    expect(await places('broken')).toEqual(['public.delivery']);
    expect(world.log.lines.length).toBeGreaterThan(3);
  });
});
