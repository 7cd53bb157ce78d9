import type { Conversation } from '#contract';
import { type ReadMail, MailDesk } from './mail-events.js';
import { World } from './world.js';

/** What machines send is kept and wakes nobody, and our own machine writes to people only, once, and never in anybody's words but ours. */
describe('mail by machines', () => {
  let world: World;
  let desk: MailDesk;
  let people = 0;

  beforeAll(async () => {
    world = await World.open();
    desk = await MailDesk.open(world, await world.tenant(0), 'help@spaak.example');
  });
  afterAll(() => world.close());

  const somebody = () => `machine${String(people++)}@mail.example`;
  const lines = (id: string) =>
    world.rows<{ type: string; quiet: boolean }>('select type, quiet from feed_line where conversation_id = $1 order by seq', [id]);

  describe('in a conversation that people have', () => {
    it.each(['auto_reply', 'auto_generated', 'list'] as const)('of the class %s stands in it, and wakes nobody', async (mailClass) => {
      const person = somebody();
      const { id } = await desk.taken({ from: person });
      await desk.seen(id);
      await desk.change(id, { status: 'closed' });
      const before = (await lines(id)).length;
      expect(await desk.taken({ from: person, token: id, mailClass, text: 'I am away.' })).toMatchObject({
        id,
        status: 'closed',
        unread: false,
      });
      expect((await desk.thread(id)).at(-1)).toMatchObject({ text: 'I am away.', mail: { class: mailClass } });
      expect((await lines(id)).slice(before).map(({ quiet }) => quiet)).toEqual([true]);
    });

    it('is a person’s doing when it is an invitation, and a calendar’s when it answers one', async () => {
      const person = somebody();
      const { id } = await desk.taken({ from: person });
      const invited = async (method: string) => {
        await desk.seen(id);
        await desk.change(id, { status: 'closed' });
        return desk.taken({ from: person, token: id, mailClass: 'calendar', text: '', calendar: { method, summary: 'Fitting' } });
      };
      expect(await invited('reply')).toMatchObject({ status: 'closed', unread: false });
      expect(await invited('request')).toMatchObject({ status: 'open', unread: true, preview: { text: 'Invitation: Fitting' } });
    });
  });

  it('is work when a shop’s robot begins it: as new and unread as any', async () => {
    for (const mailClass of ['auto_generated', 'list'] as const) {
      const conversation = await desk.taken({ from: somebody(), mailClass });
      expect(conversation).toMatchObject({ status: 'open', unread: true });
      expect((await lines(conversation.id)).every(({ quiet }) => !quiet)).toBe(true);
    }
  });

  it('is nothing new to anybody when it is an absence notice that answers nothing we know', async () => {
    const conversation = await desk.taken({ from: somebody(), mailClass: 'auto_reply' });
    expect(conversation).toMatchObject({ status: 'open', unread: false });
    expect((await lines(conversation.id)).every(({ quiet }) => quiet)).toBe(true);
  });

  it('without a word is never an empty line: the list shows the invitation, or the subject', async () => {
    expect(
      (await desk.taken({ from: somebody(), text: '', mailClass: 'calendar', calendar: { method: 'reply', summary: 'Fitting' } })).preview
        .text,
    ).toBe('Invitation: Fitting');
    expect((await desk.taken({ from: somebody(), text: ' \n ', subject: 'Only a subject' })).preview.text).toBe('Only a subject');
  });

  describe('of our own', () => {
    let desks = 0;
    const acknowledge = async ({ tenant, mailbox }: MailDesk, text: string) => {
      const { status } = await tenant.owner.patch(`/api/connections/${mailbox.connectionId}/mailbox`, { autoReply: { on: true, text } });
      expect(status).toBe(200);
    };
    const acknowledging = async (text = 'Thank you. We answer within a day.') => {
      const one = await MailDesk.open(world, desk.tenant, `desk${String(desks++)}@spaak.example`);
      await acknowledge(one, text);
      return one;
    };
    const taken = async (one: MailDesk, mail: ReadMail): Promise<Conversation> => {
      const conversation = await one.taken(mail);
      await world.drain();
      return conversation;
    };

    it('tells a person once that the mail has arrived, in the admin’s words with the number, and in none of the sender’s', async () => {
      const one = await acknowledging();
      const person = somebody();
      const { id, number } = await taken(one, { from: person, name: 'Buy Pills', subject: 'CHEAP PILLS', text: 'Click evil.example' });
      const [received, ...more] = world.simulator.mailTo(person);
      expect(more).toEqual([]);
      expect(received!.subject).toBe(`We have received your message [#${String(number)}]`);
      expect(received!.text).toContain('We answer within a day.');
      expect(received!.text).toContain(`Your number: ${String(number)}`);
      expect(JSON.stringify(received)).not.toMatch(/pills|evil/i);
      expect((await one.thread(id)).at(-1)).toMatchObject({
        direction: 'out',
        author: { kind: 'system' },
        mail: { class: 'auto_reply' },
        delivery: { state: 'sent' },
      });
      expect(await one.conversation(id)).toMatchObject({ unread: true, preview: { text: 'Click evil.example', direction: 'in' } });
      await taken(one, { from: person, token: id, text: 'Another word.' });
      expect(world.simulator.mailTo(person)).toHaveLength(1);
    });

    it('does not stand in the way of an agent who has seen only what the person wrote', async () => {
      const one = await acknowledging();
      const { id } = await one.taken({ from: somebody() });
      const [seen] = await one.thread(id);
      await world.drain();
      await one.answer(id, 'Yes.', { lastSeenMessageId: seen!.id });
    });

    const unanswered: Record<string, Partial<ReadMail>> = {
      'a machine': { mailClass: 'auto_generated' },
      'an absence notice': { mailClass: 'auto_reply' },
      'a list': { mailClass: 'list' },
      'an invitation': { mailClass: 'calendar' },
      'who asked to be spared': { mayAutoAnswer: false },
      'a forgery': { verdict: 'fail' },
      'what could not be verified': { verdict: 'temperror' },
      'who left no address': { replyAddress: null },
      'a mailbox of the same business': { replyAddress: 'help@spaak.example' },
      'the same by another name': { replyAddress: 'Help+orders@Spaak.example' },
      'who reads nothing': { from: 'no-reply@mail.example' },
      'the mail server itself': { from: 'mailer-daemon@mail.example' },
      'our own automatic mail': { isOurLoop: true },
    };
    it.each(Object.entries(unanswered))('says nothing to %s', async (_whom, mail) => {
      const one = await acknowledging();
      const { id } = await taken(one, { from: somebody(), ...mail });
      expect((await one.thread(id)).filter(({ direction }) => direction === 'out')).toEqual([]);
    });

    it('says nothing to an address that mail does not reach, until that address writes', async () => {
      const one = await acknowledging();
      const [dead, person] = [somebody(), somebody()];
      await world.rows(
        `insert into suppression (tenant_id, id, address, stream, reason, address_digest, since)
         select $1, gen_random_uuid(), $2, 'replies', 'hard_bounce', sha256('any'), now()`,
        [desk.tenant.id, dead],
      );
      await taken(one, { from: person, replyAddress: dead });
      expect(world.simulator.mailTo(dead)).toEqual([]);
      expect((await taken(one, { from: dead })).mail!.suppression).toBeNull();
    });

    it('says nothing where it is off, nor for a mail that was here before', async () => {
      const one = await acknowledging();
      const person = somebody();
      const mail = { from: person, messageId: `copy-${person}`, to: [one.mailbox.address, desk.mailbox.address] };
      await taken(desk, mail);
      await one.take(mail);
      await world.drain();
      expect(world.simulator.mailTo(person)).toEqual([]);
    });

    it('writes to one address ten times in ten minutes at most, of all mailboxes and tenants together', async () => {
      const one = await acknowledging();
      const other = await MailDesk.open(world, await world.tenant(1), 'hello@linden.example');
      await acknowledge(other, 'Hello.');
      const victim = somebody();
      for (let mail = 0; mail < 8; mail++) await one.take({ from: victim, subject: `Matter ${String(mail)}` });
      for (let mail = 0; mail < 8; mail++) await other.take({ from: victim, subject: `Thing ${String(mail)}` });
      await world.drain();
      expect(world.simulator.mailTo(victim)).toHaveLength(10);
      world.advance({ minutes: 11 });
      await one.take({ from: victim, subject: 'Later' });
      await world.drain();
      expect(world.simulator.mailTo(victim)).toHaveLength(11);
    });

    it('writes to an address that nobody vouches for once a day of each mailbox, and three times of all', async () => {
      const ones = [await acknowledging(), await acknowledging(), await acknowledging(), await acknowledging()];
      const victim = somebody();
      for (const one of ones) {
        for (const subject of ['One', 'Two']) await one.take({ from: victim, subject, verdict: 'none' });
      }
      await world.drain();
      expect(world.simulator.mailTo(victim)).toHaveLength(3);
    });

    it('takes a true sender’s word no further than his own address: whom he names for answers is vouched for by nobody', async () => {
      const one = await acknowledging();
      const victim = somebody();
      for (let mail = 0; mail < 4; mail++) await one.take({ from: `attacker${String(mail)}@evil.example`, replyAddress: victim });
      await world.drain();
      expect(world.simulator.mailTo(victim)).toHaveLength(1);
    });

    it('is counted without naming anybody, and forgotten after a day', async () => {
      const counted = await world.rows<{ counted_digest: Buffer }>('select counted_digest from automatic_mail');
      expect(counted.length).toBeGreaterThan(0);
      world.advance({ days: 2 });
      await world.get((await import('../libs/ticketing/sweep-events.job.js')).SweepEventsJob).sweepCounts();
      expect(await world.rows('select 1 from automatic_mail')).toEqual([]);
    });
  });

  describe('that answers ours', () => {
    beforeAll(async () => {
      desk.tenant.owner = await world.signIn(desk.tenant.ownerEmail);
    });

    it('by sending our own mark back ends what goes out by itself, says so, and lasts until an agent writes', async () => {
      const person = somebody();
      const { id } = await desk.taken({ from: person });
      await desk.take({ from: person, token: id, mailClass: 'auto_reply', isOurLoop: true });
      await desk.take({ from: person, token: id, mailClass: 'auto_reply', isOurLoop: true });
      expect((await desk.conversation(id)).mail!.loopStopped).toBe(true);
      expect((await desk.thread(id)).filter(({ kind }) => kind === 'loop_stopped')).toHaveLength(1);
      await desk.answer(id, 'A person.');
      expect((await desk.conversation(id)).mail!.loopStopped).toBe(false);
    });

    it('is seen as a loop in the third round, whatever marks were taken off on the way', async () => {
      const person = somebody();
      const { id } = await desk.taken({ from: person });
      const stopped: boolean[] = [];
      for (let round = 0; round < 3; round++) {
        await world.rows(
          `insert into message (tenant_id, id, conversation_id, connection_id, direction, kind, author_kind, text, recording_version, sent_at, created_at, mail_class)
           select tenant_id, gen_random_uuid(), id, connection_id, 'out', 'text', 'system', '', 1, now(), now(), 'auto_reply' from conversation where id = $1`,
          [id],
        );
        await desk.take({ from: person, token: id, mailClass: 'auto_reply', text: `Round ${String(round)}` });
        stopped.push((await desk.conversation(id)).mail!.loopStopped);
      }
      expect(stopped).toEqual([false, false, true]);
    });
  });
});
