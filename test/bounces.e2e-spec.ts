import type { Conversation, Message, Page, QuarantinedDelivery, Suppression } from '#contract';
import { colleague } from './furnished.js';
import { connectMailbox, type Mailbox } from './mailbox.js';
import { deliveryReport, readReceipt } from './mail-reports.js';
import { rawMail } from './raw-mail.js';
import { changeRecording } from './recording-rules.js';
import { type Tenant, World } from './world.js';

/** What does not arrive is shown at the very message, for the agent to do something about; and nobody can make it look so by a forged report. */
describe('what becomes of mail we sent', () => {
  let world: World;
  let spaak: Tenant;
  let linden: Tenant;
  let help: Mailbox;
  let tea: Mailbox;
  let people = 0;

  beforeAll(async () => {
    world = await World.open();
    spaak = await world.tenant(0);
    linden = await world.tenant(1);
    help = await connectMailbox(world, spaak, { address: 'help@spaak.example' });
    tea = await connectMailbox(world, linden, { address: 'hello@linden.example' });
  });
  afterAll(() => world.close());

  const somebody = () => `Person${String(people++)}@mail.example`;
  /** Somebody asks and is answered; the conversation is then closed and seen by the agent. */
  const answered = async (person: string, more: object = {}, { tenant = spaak, mailbox = help } = {}) => {
    expect(await mailbox.post(rawMail({ from: person, to: mailbox.address }))).toBe(200);
    await world.drain();
    const [conversation] = await mailbox.conversationIds(person);
    const reply = await tenant.owner.post<Message>(`/api/conversations/${conversation!}/replies`, { text: 'It is ready.', ...more });
    expect(reply.status).toBe(202);
    await world.drain();
    await tenant.owner.post(`/api/conversations/${conversation!}/seen`, {});
    await tenant.owner.patch(`/api/conversations/${conversation!}`, { status: 'closed' });
    const [row] = await world.rows<{ external_id: string }>('select external_id from message where id = $1', [reply.body.id]);
    return { conversation: conversation!, message: reply.body.id, id: row!.external_id, tenant };
  };
  const comes = async (raw: Buffer, mailbox = help) => {
    expect(await mailbox.post(raw)).toBe(200);
    await world.drain();
  };
  const shown = async ({ conversation, message, tenant }: { conversation: string; message: string; tenant: Tenant }) => {
    const { body } = await tenant.owner.get<Page<Message>>(`/api/conversations/${conversation}/messages?limit=100`);
    const { status, unread } = (await tenant.owner.get<Conversation>(`/api/conversations/${conversation}`)).body;
    return { delivery: body.items.find(({ id }) => id === message)!.delivery!, status, unread };
  };
  const everything = async () => ({
    messages: await world.rows('select id, delivery_state, delivery_code, delivery_reason from message order by id'),
    conversations: await world.rows('select id, status, unread from conversation order by id'),
    suppressions: await world.rows('select address, stream from suppression order by address'),
  });

  it('shows at the message that its address does not exist, opens the conversation again for the agent, and sends nothing', async () => {
    const person = somebody();
    const sent = await answered(person);
    const mails = world.simulator.mailTo(person.toLowerCase()).length;
    const conversations = (await world.rows('select 1 from conversation')).length;
    await comes(deliveryReport({ to: help.address, recipients: [{ address: person.toLowerCase() }], about: sent.id }));
    const after = await shown(sent);
    expect(after).toMatchObject({ status: 'open', unread: true });
    expect(after.delivery).toMatchObject({ state: 'failed', code: 'bounced_user_unknown', remedy: 'give_up' });
    expect(after.delivery.reason).toBe('Not delivered: the address does not exist. It said: 550 5.1.1 User unknown');
    expect(world.simulator.mailTo(person.toLowerCase())).toHaveLength(mails);
    expect(await world.rows('select 1 from conversation')).toHaveLength(conversations);
    // The same again, and what was on its way before it: nothing moves any more.
    const before = await everything();
    await comes(deliveryReport({ to: help.address, recipients: [{ address: person }], about: sent.id }));
    await comes(
      deliveryReport({ to: help.address, recipients: [{ address: person, action: 'delayed', status: '4.4.1' }], about: sent.id }),
    );
    expect(await everything()).toEqual(before);
  });

  it('says that it takes longer, as long as it does', async () => {
    const person = somebody();
    const sent = await answered(person);
    const late = { address: person, action: 'delayed' as const, status: '4.4.1', said: '451 4.4.1 no answer from host' };
    await comes(deliveryReport({ to: help.address, recipients: [late], about: sent.id }));
    expect(await shown(sent)).toMatchObject({ delivery: { state: 'sent', code: 'delayed' }, status: 'closed', unread: false });
    await comes(
      deliveryReport({ to: help.address, recipients: [{ address: person, action: 'delivered', status: '2.0.0' }], about: sent.id }),
    );
    expect(await shown(sent)).toMatchObject({ delivery: { state: 'delivered', code: null, reason: null }, status: 'closed' });
  });

  it('notes who in copy did not get it, and does not call the message lost for that', async () => {
    const person = somebody();
    const sent = await answered(person, { cc: ['copied@other.example'] });
    const full = { address: 'copied@other.example', status: '4.2.2', said: '452 4.2.2 Mailbox full' };
    await comes(deliveryReport({ to: help.address, recipients: [full], about: sent.id }));
    const { delivery, status } = await shown(sent);
    expect(delivery).toMatchObject({ state: 'sent', code: 'copy_bounced' });
    expect(delivery.reason).toMatch(/^copied@other\.example did not get it: the mailbox is full\./);
    expect(status).toBe('closed');
  });

  it('believes no report without a secret of ours, about somebody the mail never went to, or with the secret of another tenant', async () => {
    const person = somebody();
    const sent = await answered(person);
    const elsewhere = await answered(somebody(), {}, { tenant: linden, mailbox: tea });
    const before = await everything();
    for (const about of [null, `m.${'a'.repeat(32)}.${'b'.repeat(26)}@spaak.example`, `${sent.id.slice(0, 40)}@spaak.example`]) {
      await comes(deliveryReport({ to: help.address, recipients: [{ address: person }], about }));
    }
    await comes(deliveryReport({ to: help.address, recipients: [{ address: person }], about: elsewhere.id }));
    await comes(deliveryReport({ to: tea.address, recipients: [{ address: person }], about: sent.id }), tea);
    await comes(deliveryReport({ to: help.address, recipients: [{ address: 'victim@other.example' }], about: sent.id }));
    expect(await everything()).toEqual(before);
    // What proves nothing lies in quarantine, with its bytes: it may be true, only nobody can tell.
    const { body } = await spaak.owner.get<Page<QuarantinedDelivery>>('/api/quarantine');
    expect(body.items.filter(({ code }) => code === 'unmatched_bounce')).toHaveLength(4);
    expect(world.simulator.mailTo('victim@other.example')).toEqual([]);
  });

  it('finds the message by the return path alone, where the report says nothing else', async () => {
    await spaak.owner.patch(`/api/connections/${help.connectionId}/mailbox`, { plusAddressing: 'on' });
    const person = somebody();
    const sent = await answered(person);
    const { envelopeFrom } = world.simulator.mailTo(person.toLowerCase()).at(-1)!;
    expect(envelopeFrom).toMatch(/^help\+b[a-z2-7]{48}@spaak\.example$/);
    await comes(deliveryReport({ to: envelopeFrom!, recipients: [{ address: person }], about: null }));
    expect((await shown(sent)).delivery).toMatchObject({ state: 'failed', code: 'bounced_user_unknown' });
    await spaak.owner.patch(`/api/connections/${help.connectionId}/mailbox`, { plusAddressing: 'off' });
  });

  it('notes a report about a message that was answered since, and calls neither it nor the address dead', async () => {
    const person = somebody();
    const sent = await answered(person);
    await comes(rawMail({ from: person, text: 'Thank you!', headers: { 'In-Reply-To': `<${sent.id}>` } }));
    await comes(deliveryReport({ to: help.address, recipients: [{ address: person }], about: sent.id }));
    expect((await shown(sent)).delivery).toMatchObject({ state: 'sent', code: 'bounced_user_unknown' });
    const { body } = await spaak.owner.get<Page<Suppression>>('/api/suppressions');
    expect(body.items.map(({ address }) => address)).not.toContain(person.toLowerCase());
  });

  it('shows that the person has read it, and asks nobody in copy', async () => {
    const person = somebody();
    const sent = await answered(person, { cc: ['colleague@other.example'] });
    await comes(readReceipt({ from: 'colleague@other.example', to: help.address, about: sent.id }));
    expect((await shown(sent)).delivery.state).toBe('sent');
    await comes(readReceipt({ from: person, to: help.address, about: sent.id }));
    expect(await shown(sent)).toMatchObject({ delivery: { state: 'read' }, status: 'closed', unread: false });
  });

  it('keeps of it what the tenant wants recorded: no receipts, and nobody’s address, where the policy says so', async () => {
    await changeRecording(world, spaak, { receipts: 'never', mail_headers: 'never' });
    const person = somebody();
    const sent = await answered(person, { cc: ['secret@other.example'] });
    await comes(readReceipt({ from: person, to: help.address, about: sent.id }));
    await comes(
      deliveryReport({ to: help.address, recipients: [{ address: person, action: 'delivered', status: '2.0.0' }], about: sent.id }),
    );
    expect((await shown(sent)).delivery.state).toBe('sent');
    const said = '550 5.1.1 <secret@other.example>: unknown';
    await comes(deliveryReport({ to: help.address, recipients: [{ address: 'secret@other.example', said }], about: sent.id }));
    const { delivery } = await shown(sent);
    expect(delivery).toMatchObject({ code: 'copy_bounced', reason: 'Somebody in copy did not get it: the address does not exist.' });
    await changeRecording(world, spaak, { receipts: 'record', mail_headers: 'record' });
  });

  it('tells the screens of everybody at once, without a word of content', async () => {
    const agent = await colleague(world, spaak.owner, { email: 'anja@spaak.example', name: 'Anja', role: 'agent' });
    const person = somebody();
    const sent = await answered(person);
    const [head] = await world.rows<{ seq: string }>('select seq from feed_head where tenant_id = $1', [spaak.id]);
    await comes(deliveryReport({ to: help.address, recipients: [{ address: person }], about: sent.id }));
    const lines = await world.rows<{ change: { type: string } }>(
      'select to_jsonb(change) as change from feed_line change where tenant_id = $1 and seq > $2',
      [spaak.id, head!.seq],
    );
    expect(lines.map(({ change }) => change.type)).toEqual(
      expect.arrayContaining(['message_changed', 'conversation_changed', 'contact_changed']),
    );
    expect(JSON.stringify(lines)).not.toContain('mail.example');
    expect((await agent.get(`/api/conversations/${sent.conversation}`)).status).toBe(200);
  });
});
