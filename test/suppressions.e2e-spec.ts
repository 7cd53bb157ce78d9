import type { Conversation, Message, Page, Suppression } from '#contract';
import { type ApiClient } from './api-client.js';
import { connectMailbox, type Mailbox } from './mailbox.js';
import { complaint, deliveryReport } from './mail-reports.js';
import { rawMail } from './raw-mail.js';
import { type Tenant, World } from './world.js';

interface Refused {
  error: { code: string; message: string };
}

/** Nothing is sent again and again to where nobody is; and nobody is cut off for a stranger's filter, or for long. */
describe('addresses that mail does not reach', () => {
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
  const comes = async (raw: Buffer, mailbox = help) => {
    expect(await mailbox.post(raw)).toBe(200);
    await world.drain();
  };
  const asks = (person: string, mailbox = help) => comes(rawMail({ from: person, to: mailbox.address }), mailbox);
  const reply = async (person: string, more: object = {}) => {
    const [id] = await help.conversationIds(person);
    return spaak.owner.post<Message & Refused>(`/api/conversations/${id!}/replies`, { text: 'It is ready.', ...more });
  };
  /** Answer somebody; the Message-ID of what went out. */
  const answer = async (person: string) => {
    const { status, body } = await reply(person);
    expect(status).toBe(202);
    await world.drain();
    const [row] = await world.rows<{ external_id: string }>('select external_id from message where id = $1', [body.id]);
    return row!.external_id;
  };
  const fails = async (person: string, status: string, said: string) => {
    const about = await answer(person);
    await comes(deliveryReport({ to: help.address, recipients: [{ address: person, status, said }], about }));
  };
  const list = async (client: ApiClient = spaak.owner) => (await client.get<Page<Suppression>>('/api/suppressions?limit=100')).body.items;
  const of = async (person: string) => (await list()).find(({ address }) => address === person.toLowerCase());

  it('are those where nobody is, at the first word of it: an answer there is refused, with what to do', async () => {
    const person = somebody();
    await asks(person);
    await fails(person, '5.1.1', '550 5.1.1 No such user');
    expect(await of(person)).toMatchObject({ stream: 'replies', reason: 'hard_bounce', code: 'user_unknown' });
    const refused = await reply(person);
    expect(refused).toMatchObject({ status: 422, body: { error: { code: 'address_suppressed' } } });
    expect(refused.body.error.message).toContain('take it off the list');
    const [id] = await help.conversationIds(person);
    const { body } = await spaak.owner.get<Conversation>(`/api/conversations/${id!}`);
    expect(body.mail!.suppression).toMatchObject({ address: person.toLowerCase(), code: 'user_unknown' });
    // In copy it is no better.
    const other = somebody();
    await asks(other);
    expect(await reply(other, { cc: [person.toUpperCase()] })).toMatchObject({
      status: 422,
      body: { error: { code: 'address_suppressed' } },
    });
  });

  it('are written to again once somebody takes them off the list, and start from nothing then', async () => {
    const person = somebody();
    await asks(person);
    await fails(person, '5.1.1', '550 5.1.1 No such user');
    const { id } = (await of(person))!;
    expect((await linden.owner.delete(`/api/suppressions/${id}`)).status).toBe(404);
    expect(await of(person)).toBeDefined();
    expect((await spaak.owner.delete(`/api/suppressions/${id}`)).status).toBe(204);
    expect((await spaak.owner.delete(`/api/suppressions/${id}`)).status).toBe(404);
    expect((await spaak.owner.delete('/api/suppressions/nothing')).status).toBe(404);
    expect(await of(person)).toBeUndefined();
    await answer(person);
  });

  it('live again by themselves when their person writes', async () => {
    const person = somebody();
    await asks(person);
    await fails(person, '5.1.1', '550 5.1.1 No such user');
    expect(await of(person)).toBeDefined();
    await asks(person.toUpperCase());
    expect(await of(person)).toBeUndefined();
  });

  it('are those that were not there five times in two weeks, and not those that were less often', async () => {
    const person = somebody();
    await asks(person);
    for (let times = 0; times < 4; times++) await fails(person, '4.2.2', '452 4.2.2 Mailbox full');
    expect(await of(person)).toBeUndefined();
    world.advance({ days: 15 });
    spaak.owner = await world.signIn(spaak.ownerEmail);
    linden.owner = await world.signIn(linden.ownerEmail);
    await fails(person, '4.2.2', '452 4.2.2 Mailbox full');
    expect(await of(person)).toBeUndefined();
    for (let times = 0; times < 4; times++) await fails(person, '4.2.2', '452 4.2.2 Mailbox full');
    expect(await of(person)).toMatchObject({ reason: 'soft_bounces', code: 'mailbox_full' });
    // Taken off the list, nothing is counted against it any more.
    await spaak.owner.delete(`/api/suppressions/${(await of(person))!.id}`);
    await fails(person, '4.2.2', '452 4.2.2 Mailbox full');
    expect(await of(person)).toBeUndefined();
  });

  it('count a report that comes again once', async () => {
    const person = somebody();
    await asks(person);
    const about = await answer(person);
    for (let copy = 0; copy < 6; copy++) {
      await comes(deliveryReport({ to: help.address, recipients: [{ address: person, status: '4.2.2', said: '452 full' }], about }));
    }
    expect(await of(person)).toBeUndefined();
  });

  it('are not those whose mail server only refused this mail, or us', async () => {
    const person = somebody();
    await asks(person);
    for (const [status, said] of [
      ['5.7.1', '550 5.7.1 Message rejected as spam'],
      ['5.7.26', '550 5.7.26 DMARC policy'],
      ['5.3.4', '552 5.3.4 Message too large'],
      ['5.7.25', '550 5.7.25 No PTR record'],
      ['5.7.1', '550 blocked using a list'],
      ['5.0.0', '550 Refused'],
    ] as const) {
      await fails(person, status, said);
    }
    expect(await of(person)).toBeUndefined();
    await answer(person);
  });

  it('get answers but no newsletter where the person called a mail unwanted', async () => {
    const person = somebody();
    await asks(person);
    await comes(complaint({ by: person, to: help.address, about: await answer(person) }));
    expect(await of(person)).toMatchObject({ stream: 'newsletter', reason: 'complaint' });
    await answer(person);
    // An objection is not taken back by writing.
    await asks(person);
    expect(await of(person)).toBeDefined();
    const hidden = somebody();
    await asks(hidden);
    await comes(complaint({ by: null, to: help.address, about: await answer(hidden) }));
    expect(await of(hidden)).toMatchObject({ stream: 'newsletter' });
  });

  it('are each tenant’s own', async () => {
    const person = somebody();
    await asks(person);
    await asks(person, tea);
    await fails(person, '5.1.1', '550 5.1.1 No such user');
    expect(await list(linden.owner)).toEqual([]);
    const [id] = await tea.conversationIds(person);
    expect((await linden.owner.post(`/api/conversations/${id!}/replies`, { text: 'We can.' })).status).toBe(202);
    await world.drain();
  });

  it('are listed the newest first, page by page', async () => {
    const all = (await list()).map(({ id }) => id);
    const paged: string[] = [];
    for (let cursor = ''; ;) {
      const { body } = await spaak.owner.get<Page<Suppression>>(`/api/suppressions?limit=2${cursor}`);
      paged.push(...body.items.map(({ id }) => id));
      if (body.nextCursor === null) break;
      cursor = `&cursor=${encodeURIComponent(body.nextCursor)}`;
    }
    expect(all.length).toBeGreaterThan(2);
    expect(paged).toEqual(all);
    expect((await world.client().get('/api/suppressions')).status).toBe(401);
  });
});
