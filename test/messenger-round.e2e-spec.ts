import type { Conversation, ConversationRow, Message, Page } from '#contract';
import { type Tenant, World } from './world.js';

/** The first promise of all: a customer writes, an agent answers, each message once, in the right tenant. */
describe('a round over Messenger', () => {
  let world: World;
  let spaak: Tenant;
  let linden: Tenant;

  beforeAll(async () => {
    world = await World.open();
    spaak = await world.tenant(0);
    linden = await world.tenant(1);
  });
  afterAll(() => world.close());

  const conversations = async (tenant: Tenant) => (await tenant.owner.get<Page<ConversationRow>>('/api/conversations')).body.items;
  const messages = async (tenant: Tenant, id: string) =>
    (await tenant.owner.get<Page<Message>>(`/api/conversations/${id}/messages`)).body.items;

  it('brings what a customer says to the tenant of the page, with the name that Facebook knows', async () => {
    await world.simulator.customerSays(spaak.page.customers[0]!.psid, { text: 'Kan het ook morgen? 🚲' });
    await world.drain();
    const [row] = await conversations(spaak);
    expect(row).toMatchObject({ number: 1, contact: { name: 'Sanne de Wit' }, preview: { text: 'Kan het ook morgen? 🚲' }, unread: true });
    expect(await messages(spaak, row!.id)).toMatchObject([
      { direction: 'in', text: 'Kan het ook morgen? 🚲', author: { kind: 'contact' } },
    ]);
  });

  it('shows nothing of it to another tenant', async () => {
    expect(await conversations(linden)).toEqual([]);
    const [row] = await conversations(spaak);
    for (const path of ['', '/messages']) {
      const answer = await linden.owner.get(`/api/conversations/${row!.id}${path}`);
      expect(answer).toMatchObject({ status: 404, body: { error: { code: 'not_found' } } });
    }
    const reply = await linden.owner.post(`/api/conversations/${row!.id}/replies`, { text: 'not yours' });
    expect(reply.status).toBe(404);
  });

  it('says until when the conversation is kept, under which rule', async () => {
    const [row] = await conversations(spaak);
    const { body } = await spaak.owner.get<Conversation>(`/api/conversations/${row!.id}`);
    const anchor = new Date(body.retention.anchorAt);
    expect(body.retention).toMatchObject({ ruleName: 'Standard', anchor: 'last_message', keepMonths: 24, end: 'erase', policyVersion: 1 });
    expect(new Date(body.retention.endsAt).getUTCFullYear()).toBe(anchor.getUTCFullYear() + 2);
    expect(body.replyWindow.state).toBe('open');
  });

  it.each(['before', 'after'] as const)('sends the answer once, whether its echo comes %s Facebook’s own answer', async (when) => {
    const [row] = await conversations(spaak);
    world.simulator.setBehaviour({ echo: when });
    const text = `Natuurlijk (${when})`;
    const answer = await spaak.owner.post<Message>(`/api/conversations/${row!.id}/replies`, { text });
    expect(answer).toMatchObject({ status: 202, body: { delivery: { state: 'queued' } } });
    await world.drain();
    const thread = await messages(spaak, row!.id);
    expect(thread.filter((message) => message.text === text)).toHaveLength(1);
    expect(thread.at(-1)).toMatchObject({ direction: 'out', author: { name: 'Owner of Spaak Bikes' }, delivery: { state: 'delivered' } });
    const seen = world.simulator.messagesSeenBy(spaak.page.customers[0]!.psid).filter((message) => message.text === text);
    expect(seen).toHaveLength(1);
  });

  it('shows when the customer has read it', async () => {
    const [row] = await conversations(spaak);
    await world.simulator.customerReads(spaak.page.customers[0]!.psid);
    await world.drain();
    expect((await messages(spaak, row!.id)).at(-1)).toMatchObject({ delivery: { state: 'read' } });
  });

  it('refuses an answer after the window, and says why', async () => {
    const [row] = await conversations(spaak);
    world.clock.advance({ hours: 25 });
    const answer = await spaak.owner.post(`/api/conversations/${row!.id}/replies`, { text: 'te laat' });
    expect(answer).toMatchObject({ status: 422, body: { error: { code: 'reply_window_closed' } } });
  });
});
