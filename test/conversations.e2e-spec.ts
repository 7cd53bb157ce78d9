import type { Conversation, ConversationRow, Message, Page } from '#contract';
import { connectMailbox } from './mailbox.js';
import { PASSWORD, type Tenant, World } from './world.js';

/** Which conversation a message belongs to, what state it is in, and what its clock of retention says. */
describe('conversations', () => {
  let world: World;
  let spaak: Tenant;
  let linden: Tenant;
  let people = 0;
  let psid: string;

  beforeAll(async () => {
    world = await World.open();
    spaak = await world.tenant(0);
    linden = await world.tenant(1);
  });
  afterAll(() => world.close());
  beforeEach(() => {
    psid = newPerson(spaak);
  });

  const newPerson = (tenant: Tenant) =>
    world.simulator.addCustomer(tenant.page.id, {
      psid: `7770000000000${String(1001 + 2 * people++)}`,
      firstName: 'Eva',
      lastName: 'Jansen',
      mailAddress: 'eva@mail.example',
      colour: [10, 20, 30],
      locale: 'nl_NL',
    }).psid;
  /** Days later everybody has to sign in again. */
  const pass = async (days: number) => {
    world.advance({ days });
    expect((await spaak.owner.post('/api/session', { email: 'owner0@spaak-bikes.example', password: PASSWORD })).status).toBe(200);
    expect((await linden.owner.post('/api/session', { email: 'owner1@linden-tea.example', password: PASSWORD })).status).toBe(200);
  };
  const says = async (text: string, person = psid) => {
    await world.simulator.customerSays(person, { text });
    await world.drain();
  };
  const idsOf = async (person = psid) =>
    (
      await world.rows<{ id: string }>(
        'select conversation.id from conversation join contact_identity known using (contact_id) where known.external_id = $1 order by number',
        [person],
      )
    ).map(({ id }) => id);
  const get = async (id: string, tenant = spaak) => (await tenant.owner.get<Conversation>(`/api/conversations/${id}`)).body;
  const thread = async (id: string) => (await spaak.owner.get<Page<Message>>(`/api/conversations/${id}/messages?limit=100`)).body.items;
  const change = (id: string, body: object, tenant = spaak) => tenant.owner.patch<Conversation>(`/api/conversations/${id}`, body);

  it('begin with the first word of a person, and hold all that follows', async () => {
    await says('one');
    await says('two');
    const [id, ...others] = await idsOf();
    expect(others).toEqual([]);
    expect((await thread(id!)).map(({ text }) => text)).toEqual(['one', 'two']);
  });

  it('are numbered per tenant without a gap', async () => {
    for (let nth = 0; nth < 5; nth++) await says('hello', newPerson(spaak));
    const numbers = (
      await world.rows<{ number: string }>('select number from conversation where tenant_id = $1 order by number', [spaak.id])
    ).map(({ number }) => Number(number));
    expect(numbers).toEqual(numbers.map((_, at) => at + 1));
    await says('hello', newPerson(linden));
    const [first] = (await linden.owner.get<Page<ConversationRow>>('/api/conversations')).body.items;
    expect(first!.number).toBe(1);
  });

  it('open again when the person writes within thirty days of closing, and say so to every agent', async () => {
    await says('thanks');
    const [id] = await idsOf();
    expect((await change(id!, { status: 'closed' })).body.status).toBe('closed');
    await pass(29);
    await says('one more thing');
    expect(await idsOf()).toEqual([id]);
    expect(await get(id!)).toMatchObject({ status: 'open', unread: true });
  });

  it('stay closed when the person comes back later: that is a new matter', async () => {
    await says('thanks');
    const [id] = await idsOf();
    await change(id!, { status: 'closed' });
    await pass(31);
    await says('something else');
    const ids = await idsOf();
    expect(ids).toHaveLength(2);
    expect(await get(ids[0]!)).toMatchObject({ status: 'closed' });
    expect(await get(ids[1]!)).toMatchObject({ status: 'open' });
  });

  it('are not opened again by a receipt, a reaction or the page’s own words', async () => {
    await says('thanks');
    const [id] = await idsOf();
    await change(id!, { status: 'closed' });
    await world.simulator.pageInboxSays(psid, { text: 'from elsewhere' });
    await world.simulator.customerReads(psid);
    await world.drain();
    expect(await get(id!)).toMatchObject({ status: 'closed' });
  });

  it('keep their clock of retention at the last message, whoever said it, and never move it back', async () => {
    await says('first');
    const [id] = await idsOf();
    const first = new Date((await get(id!)).retention.anchorAt);
    world.advance({ hours: 2 });
    await spaak.owner.post(`/api/conversations/${id!}/replies`, { text: 'answer' });
    await world.drain();
    const second = new Date((await get(id!)).retention.anchorAt);
    expect(second.getTime() - first.getTime()).toBeGreaterThanOrEqual(2 * 3_600_000);
    const event = { sender: { id: psid }, recipient: { id: spaak.page.id }, timestamp: first.getTime() - 1000 };
    const body = {
      object: 'page',
      entry: [{ id: spaak.page.id, time: 1, messaging: [{ ...event, message: { mid: `m_late_${psid}`, text: 'late' } }] }],
    };
    await world.simulator.rawDelivery(body);
    await world.drain();
    const after = await get(id!);
    expect(new Date(after.retention.anchorAt)).toEqual(second);
    expect(after.preview.text).toBe('answer');
    expect((await thread(id!)).map(({ text }) => text)).toEqual(['late', 'first', 'answer']);
  });

  it('show who was given what and which state it got as lines in the thread', async () => {
    await says('hello');
    const [id] = await idsOf();
    const { body: session } = await spaak.owner.get<{ agent: { id: string; name: string } }>('/api/session');
    await change(id!, { assigneeId: session.agent.id, status: 'pending', tags: ['b', 'a', 'a'] });
    await change(id!, { status: 'pending' });
    expect(await get(id!)).toMatchObject({ status: 'pending', assignee: { id: session.agent.id }, tags: ['a', 'b'] });
    expect((await thread(id!)).filter(({ direction }) => direction === 'system').map(({ kind, detail }) => [kind, detail])).toEqual([
      ['status_changed', 'pending'],
      ['assigned', session.agent.name],
    ]);
  });

  it('can be given to nobody of another tenant, nor be changed by one', async () => {
    await says('hello');
    const [id] = await idsOf();
    const { body: theirs } = await linden.owner.get<{ agent: { id: string } }>('/api/session');
    expect((await change(id!, { assigneeId: theirs.agent.id })).status).toBe(422);
    expect((await change(id!, { status: 'closed' }, linden)).status).toBe(404);
    expect((await linden.owner.post(`/api/conversations/${id!}/notes`, { text: 'x' })).status).toBe(404);
    expect(await get(id!)).toMatchObject({ status: 'open', assignee: null });
  });

  it('keep notes among agents: nothing of them leaves', async () => {
    await says('hello');
    const [id] = await idsOf();
    expect((await spaak.owner.post(`/api/conversations/${id!}/notes`, { text: 'between us' })).status).toBe(201);
    await world.drain();
    expect((await thread(id!)).at(-1)).toMatchObject({ direction: 'note', text: 'between us', delivery: null });
    expect(world.simulator.messagesSeenBy(psid)).toEqual([]);
  });

  it('keep one person on two channels of a tenant apart, and one address at two tenants', async () => {
    const help = await connectMailbox(world, spaak, { address: 'help@spaak.example' });
    const tea = await connectMailbox(world, linden, { address: 'hello@linden.example' });
    for (const to of [help.address, tea.address])
      await world.simulator.sendMail({ from: 'one@mail.example', to, subject: 'x', text: `to ${to}` });
    await world.drain();
    expect((await help.thread('one@mail.example')).map(({ text }) => text.trim())).toEqual([`to ${help.address}`]);
    expect((await tea.thread('one@mail.example')).map(({ text }) => text.trim())).toEqual([`to ${tea.address}`]);
  });
});
