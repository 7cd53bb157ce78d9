import type { Connection, Message, Page } from '#contract';
import { connectMailbox, type Mailbox } from './mailbox.js';
import { type Tenant, World } from './world.js';

/** What becomes of an answer when mail servers say no, say nothing, or want to be asked another time. */
describe('mail servers that do not take a mail', () => {
  let world: World;
  let spaak: Tenant;
  let help: Mailbox;
  let people = 0;

  beforeAll(async () => {
    world = await World.open();
    spaak = await world.tenant(0);
    help = await connectMailbox(world, spaak, { address: 'help@spaak.example' });
  });
  afterAll(() => world.close());
  beforeEach(async () => {
    world.simulator.clearFaults();
    // What one test taught about a server is no news to the next.
    await world.rows('delete from mail_rest');
    await world.rows('delete from mail_relay');
  });

  const wrote = async (domain = 'mail.example', mailbox = help) => {
    const person = `person${String(people++)}@${domain}`;
    await world.simulator.sendMail({ from: person, to: mailbox.address, subject: 'A bill', text: 'May I have the bill?' });
    await world.drain();
    return person;
  };
  const answer = async (person: string, text: string, more: object = {}, mailbox = help) => {
    const [id] = await mailbox.conversationIds(person);
    const answered = await spaak.owner.post<Message>(`/api/conversations/${id!}/replies`, { text, ...more });
    expect(answered.status).toBe(202);
    return answered.body;
  };
  const last = async (person: string, mailbox = help) => (await mailbox.thread(person)).at(-1)!;
  const got = (person: string) => world.simulator.mailTo(person);
  const pass = async (by: Parameters<World['advance']>[0]) => {
    world.advance(by);
    await world.drain();
  };
  const connection = async (mailbox = help) =>
    (await spaak.owner.get<Page<Connection>>('/api/connections')).body.items.find(({ id }) => id === mailbox.connectionId)!;

  it('are asked again after 1, 5 and 15 minutes, and the agent is told from the third failure on, with the time of the next try', async () => {
    const person = await wrote();
    world.simulator.setFaults({ mail: [{ kind: 'greylisted', times: 3, domain: 'mail.example' }] });
    await answer(person, 'patience');
    await world.drain();
    for (const minutes of [1, 5]) {
      expect((await last(person)).delivery).toMatchObject({ state: 'queued', code: null, reason: null });
      await pass({ minutes: minutes - 0.5 });
      expect(got(person)).toHaveLength(0);
      await pass({ minutes: 0.6 });
    }
    const { delivery } = await last(person);
    expect(delivery).toMatchObject({ state: 'queued', code: 'smtp_450', remedy: 'try_later' });
    expect(delivery!.reason).toContain('4.2.0 Greylisted');
    const waitMinutes = (new Date(delivery!.nextTryAt!).getTime() - world.clock.now().getTime()) / 60_000;
    expect(waitMinutes).toBeGreaterThan(14);
    expect(waitMinutes).toBeLessThanOrEqual(15);
    await pass({ minutes: 15 });
    expect((await last(person)).delivery).toMatchObject({ state: 'sent', code: null, reason: null, nextTryAt: null });
    expect(got(person)).toHaveLength(1);
  });

  it.each(['closing', 'busy', 'greylisted'] as const)('and are only busy (%s) get it a little later, once', async (kind) => {
    const person = await wrote();
    world.simulator.setFaults({ mail: [{ kind }] });
    await answer(person, 'later');
    await world.drain();
    expect((await last(person)).delivery).toMatchObject({ state: 'queued' });
    world.simulator.clearFaults();
    await pass({ minutes: 1.1 });
    expect((await last(person)).delivery).toMatchObject({ state: 'sent' });
    expect(got(person)).toHaveLength(1);
  });

  it.each([
    ['unknown_recipient', 'smtp_550', '5.1.1 No such person here'],
    ['too_large', 'smtp_552', '5.3.4 Too large'],
    ['rejected', 'smtp_554', '5.7.1 Rejected'],
  ] as const)('for good (%s) are believed at once, and their words are shown', async (kind, code, words) => {
    const person = await wrote();
    world.simulator.setFaults({ mail: [{ kind, times: 1, domain: 'mail.example' }] });
    await answer(person, 'never');
    await world.drain();
    const { delivery } = await last(person);
    expect(delivery).toMatchObject({ state: 'failed', code, remedy: 'give_up', nextTryAt: null });
    expect(delivery!.reason).toContain(words);
    await pass({ hours: 3 });
    expect(got(person)).toHaveLength(0);
    expect(await connection()).toMatchObject({ state: 'active' });
  });

  it('for two days have failed, and the conversation is open again for its agents', async () => {
    const person = await wrote();
    world.simulator.setFaults({ mail: [{ kind: 'busy' }] });
    await answer(person, 'in vain');
    const [id] = await help.conversationIds(person);
    await world.drain();
    expect((await spaak.owner.patch(`/api/conversations/${id!}`, { status: 'closed' })).status).toBe(200);
    for (let hours = 0; hours < 47; hours++) await pass({ hours: 1 });
    const said = async () => (await help.thread(person)).find(({ text }) => text === 'in vain')!.delivery;
    expect(await said()).toMatchObject({ state: 'queued', code: 'smtp_451' });
    await pass({ hours: 2 });
    expect(await said()).toMatchObject({ state: 'failed', code: 'smtp_451' });
    expect((await spaak.owner.get<{ status: string; unread: boolean }>(`/api/conversations/${id!}`)).body).toMatchObject({
      status: 'open',
      unread: true,
    });
    expect(got(person)).toHaveLength(0);
  }, 120_000);

  it.each([
    ['drop_after_dot', 0],
    ['cut_after_accept', 1],
  ] as const)(
    'or took it and nobody knows (%s) are not asked again but by an agent, and then for the very same mail',
    async (kind, arrived) => {
      const person = await wrote();
      world.simulator.setFaults({ mail: [{ kind, times: 1, domain: 'mail.example' }] });
      const { id } = await answer(person, 'perhaps');
      await world.drain();
      expect((await last(person)).delivery).toMatchObject({ state: 'unknown', remedy: 'unknown' });
      await pass({ days: 3 });
      expect(got(person)).toHaveLength(arrived);
      expect((await spaak.owner.post(`/api/messages/${id}/resend`, {})).status).toBe(202);
      await world.drain();
      expect((await last(person)).delivery).toMatchObject({ state: 'sent' });
      const ids = got(person).map(({ messageId }) => messageId);
      expect(ids).toHaveLength(arrived + 1);
      expect(new Set(ids).size).toBe(1);
      const [stored] = await world.rows<{ external_id: string }>('select external_id from message where id = $1', [id]);
      expect(ids[0]).toContain(stored!.external_id);
    },
  );

  it('because of the password pause the mailbox, and everything goes out once it is mended', async () => {
    const smtpUrl = world.simulator.smtpUrl.replace('smtp://', 'smtp://desk:once-right@');
    const desk = await connectMailbox(world, spaak, { address: 'desk@spaak.example', smtpUrl });
    const [one, other] = [await wrote('mail.example', desk), await wrote('post.example', desk)];
    world.simulator.setFaults({ mail: [{ kind: 'sign_in_refused' }] });
    await answer(one, 'one', {}, desk);
    await answer(other, 'other', {}, desk);
    await world.drain();
    expect(await connection(desk)).toMatchObject({ state: 'needs_reconnecting' });
    for (const person of [one, other]) {
      expect((await last(person, desk)).delivery).toMatchObject({ state: 'queued', code: 'waiting_for_reconnection', remedy: 'reconnect' });
    }
    world.simulator.clearFaults();
    await connectMailbox(world, spaak, { address: desk.address });
    await world.drain();
    for (const person of [one, other]) expect((await last(person, desk)).delivery).toMatchObject({ state: 'sent' });
  });

  it('of one domain are left alone for all of its people, without costing them a try, while others get their mail', async () => {
    const [first, second, elsewhere] = [await wrote('slow.example'), await wrote('slow.example'), await wrote('quick.example')];
    world.simulator.setFaults({ mail: [{ kind: 'greylisted', times: 1, domain: 'slow.example' }] });
    await answer(first, 'first');
    await world.drain();
    await answer(second, 'second');
    await answer(elsewhere, 'elsewhere');
    await world.drain();
    expect(got(elsewhere)).toHaveLength(1);
    // The fault is used up: who did ask now would get through.
    expect([got(first), got(second)]).toEqual([[], []]);
    const tries = await world.rows<{ attempts: number }>(
      `select attempts from outbox join message on message.id = outbox.message_id where text in ('first', 'second') order by text`,
    );
    expect(tries.map(({ attempts }) => attempts)).toEqual([1, 0]);
    await pass({ minutes: 1.1 });
    expect([got(first).length, got(second).length]).toEqual([1, 1]);
    expect(await world.rows(`select 1 from mail_rest where domain = 'slow.example'`)).toEqual([]);
  });

  it('at the door of the mailbox itself rest for everybody, whoever the mail is for, and for no other mailbox', async () => {
    const other = await connectMailbox(world, spaak, { address: 'other@spaak.example' });
    const [one, two] = [await wrote('a.example'), await wrote('b.example')];
    const three = await wrote('c.example', other);
    world.simulator.setFaults({ mail: [{ kind: 'closing' }] });
    await answer(one, 'one');
    await world.drain();
    world.simulator.clearFaults();
    await answer(two, 'two');
    await answer(three, 'three', {}, other);
    await world.drain();
    expect([got(one).length, got(two).length, got(three).length]).toEqual([0, 0, 1]);
    await pass({ minutes: 1.1 });
    expect([got(one).length, got(two).length]).toEqual([1, 1]);
  });

  it('that put off one of several are asked again for that one only', async () => {
    const person = await wrote('mail.example');
    const copy = `copy${String(people++)}@slow.example`;
    world.simulator.setFaults({ mail: [{ kind: 'greylisted', times: 1, domain: 'slow.example' }] });
    await answer(person, 'to both', { cc: [copy] });
    await world.drain();
    expect([got(person).length, got(copy).length]).toEqual([1, 0]);
    expect((await last(person)).delivery).toMatchObject({ state: 'queued' });
    await pass({ minutes: 1.1 });
    expect([got(person).length, got(copy).length]).toEqual([1, 1]);
    expect((await last(person)).delivery).toMatchObject({ state: 'sent', code: null });
    expect(got(copy)[0]!.messageId).toBe(got(person)[0]!.messageId);
  });

  it('that never take a copy leave the mail sent, and say who did not get it', async () => {
    const person = await wrote('mail.example');
    const copy = `copy${String(people++)}@slow.example`;
    world.simulator.setFaults({ mail: [{ kind: 'greylisted', times: 1, domain: 'slow.example' }] });
    await answer(person, 'to both', { cc: [copy] });
    await world.drain();
    world.simulator.setFaults({ mail: [{ kind: 'unknown_recipient', domain: 'slow.example' }] });
    await pass({ minutes: 1.1 });
    const { delivery } = await last(person);
    expect(delivery).toMatchObject({ state: 'sent', code: 'copy_refused' });
    expect(delivery!.reason).toContain(copy);
    expect([got(person).length, got(copy).length]).toEqual([1, 0]);
  });
});

describe('how much a mailbox sends', () => {
  it('is what its mail server takes in a minute; the rest goes on by itself, in order', async () => {
    const world = await World.open();
    try {
      const spaak = await world.tenant(0);
      const help = await connectMailbox(world, spaak, { address: 'help@spaak.example' });
      const person = 'busy@mail.example';
      await world.simulator.sendMail({ from: person, to: help.address, subject: 'Many', text: 'Questions.' });
      await world.drain();
      const [id] = await help.conversationIds(person);
      for (let number = 1; number <= 65; number++) {
        expect((await spaak.owner.post(`/api/conversations/${id!}/replies`, { text: `answer ${String(number)}` })).status).toBe(202);
      }
      await world.drain();
      expect(world.simulator.mailTo(person)).toHaveLength(60);
      const thread = await spaak.owner.get<Page<Message>>(`/api/conversations/${id!}/messages?limit=100`);
      // Nothing is wrong with it, so nothing is said.
      expect(thread.body.items.at(-1)!.delivery).toMatchObject({ state: 'queued', code: null });
      world.advance({ seconds: 64 });
      await world.drain();
      const texts = world.simulator.mailTo(person).map(({ text }) => /answer \d+/.exec(text)![0]);
      expect(texts).toEqual(Array.from({ length: 65 }, (_, index) => `answer ${String(index + 1)}`));
    } finally {
      await world.close();
    }
  }, 120_000);
});
