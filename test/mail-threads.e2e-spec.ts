import type { Conversation } from '#contract';
import { MailDesk } from './mail-events.js';
import { World } from './world.js';

/** A mail belongs to the conversation that it proves, to no other, and it never opens a door for somebody who takes no part. */
describe('the thread of a mail', () => {
  let world: World;
  let desk: MailDesk;
  let elsewhere: MailDesk;
  let people = 0;

  beforeAll(async () => {
    world = await World.open();
    desk = await MailDesk.open(world, await world.tenant(0), 'help@spaak.example');
    elsewhere = await MailDesk.open(world, await world.tenant(1), 'hello@linden.example');
  });
  afterAll(() => world.close());

  const somebody = () => `threader${String(people++)}@mail.example`;
  const texts = async (id: string) => (await desk.thread(id)).map(({ text }) => text);
  const related = ({ related: found }: Conversation) => found.map(({ id, how }) => ({ id, how }));
  const number = ({ number: own }: Conversation) => own;

  describe('named by a token of ours', () => {
    it('is the conversation of the token, whoever writes, and a stranger is shown as one under his own name', async () => {
      const person = somebody();
      const stranger = somebody();
      const conversation = await desk.taken({ from: person, text: 'Mine.' });
      expect(await desk.taken({ from: stranger, token: conversation.id, text: 'The neighbour.' })).toMatchObject({
        id: conversation.id,
        contact: { id: conversation.contact.id },
        mail: { replyAddress: person },
      });
      const [own, strange] = await desk.thread(conversation.id);
      expect([own!.fromStranger, strange!.fromStranger]).toEqual([false, true]);
      expect(strange).toMatchObject({ author: { name: stranger }, mail: { from: { address: stranger } } });
    });

    it('makes nobody who held it once a part of the conversation', async () => {
      const stranger = somebody();
      const messageId = `root-${stranger}`;
      const conversation = await desk.taken({ from: somebody(), messageId });
      await desk.take({ from: stranger, token: conversation.id });
      const next = await desk.taken({ from: stranger, references: [messageId] });
      expect(next.id).not.toBe(conversation.id);
      expect(related(next)).toEqual([{ id: conversation.id, how: 'possibly' }]);
    });

    it('holds even for a mail that is not from whom it says: it is shown with its verdict, and turns no answer anywhere', async () => {
      const person = somebody();
      const conversation = await desk.taken({ from: person });
      const forged = {
        from: person,
        token: conversation.id,
        verdict: 'fail' as const,
        replyAddress: 'thief@evil.example',
        text: 'Pay here.',
      };
      expect((await desk.taken(forged)).id).toBe(conversation.id);
      expect((await desk.thread(conversation.id)).at(-1)).toMatchObject({ mail: { authentication: { verdict: 'fail' } } });
      expect((await desk.conversation(conversation.id)).mail!.replyAddress).toBe(person);
      await desk.answer(conversation.id, 'To you alone.');
      expect(world.simulator.mailTo('thief@evil.example')).toEqual([]);
      expect(world.simulator.mailTo(person)).toHaveLength(1);
    });

    it('opens a new conversation once its own was erased', async () => {
      const person = somebody();
      const conversation = await desk.taken({ from: person });
      expect((await desk.tenant.owner.delete(`/api/conversations/${conversation.id}`)).status).toBe(204);
      const next = await desk.taken({ from: person, token: conversation.id, text: 'Still there?' });
      expect(next.id).not.toBe(conversation.id);
      expect(next.related).toEqual([]);
    });
  });

  describe('named by an id or a number that proves nothing', () => {
    it('is that conversation for who takes part in it', async () => {
      const person = somebody();
      const conversation = await desk.taken({ from: person, messageId: `first-${person}` });
      await desk.take({ from: person, references: [`first-${person}`], text: 'By its id.' });
      await desk.take({ from: person, subjectNumber: number(conversation), text: 'By its number.' });
      expect(await texts(conversation.id)).toEqual(['Is it ready?', 'By its id.', 'By its number.']);
    });

    it('is a new one for everybody else, which may be related, and both say so', async () => {
      const conversation = await desk.taken({ from: somebody(), messageId: 'of-another@mail.example' });
      const byId = await desk.taken({ from: somebody(), references: ['of-another@mail.example'] });
      const byNumber = await desk.taken({ from: somebody(), subjectNumber: number(conversation) });
      for (const one of [byId, byNumber]) {
        expect(related(one)).toEqual([{ id: conversation.id, how: 'possibly' }]);
        expect(await desk.thread(one.id)).toHaveLength(1);
      }
      expect(related(await desk.conversation(conversation.id))).toEqual(
        expect.arrayContaining([byId, byNumber].map(({ id }) => ({ id, how: 'possibly' }))),
      );
      expect(await desk.thread(conversation.id)).toHaveLength(1);
    });

    it('is a new one for who takes part, too, when the mail is not from whom it says', async () => {
      const person = somebody();
      const conversation = await desk.taken({ from: person, messageId: `true-${person}` });
      const forged = await desk.taken({ from: person, references: [`true-${person}`], verdict: 'fail' });
      expect(forged).toMatchObject({ quarantined: true, related: [{ id: conversation.id, how: 'possibly' }] });
      // Nor does the forgery show beside the real one, as long as nobody believes it.
      expect((await desk.conversation(conversation.id)).related).toEqual([]);
      expect(await desk.thread(conversation.id)).toHaveLength(1);
    });

    it('is that conversation while it cannot be found out whether the mail is true', async () => {
      const person = somebody();
      const conversation = await desk.taken({ from: person, messageId: `slow-${person}` });
      expect((await desk.taken({ from: person, references: [`slow-${person}`], verdict: 'temperror' })).id).toBe(conversation.id);
    });

    it('is found by any id that a mail shares with an earlier one, also one that never came to us', async () => {
      const person = somebody();
      const conversation = await desk.taken({ from: person, references: [`never-came-${person}`] });
      expect((await desk.taken({ from: person, references: ['unknown@mail.example', `never-came-${person}`] })).id).toBe(conversation.id);
    });

    it('is the nearest of several', async () => {
      const person = somebody();
      const far = await desk.taken({ from: person, messageId: `far-${person}`, subject: 'One' });
      const near = await desk.taken({ from: person, messageId: `near-${person}`, subject: 'Two' });
      await desk.take({ from: person, token: far.id, text: 'newest activity' });
      expect((await desk.taken({ from: person, references: [`near-${person}`, `far-${person}`] })).id).toBe(near.id);
    });

    it('looks at fifty ids, so that a mail with thousands costs no more', async () => {
      const person = somebody();
      const conversation = await desk.taken({ from: person, messageId: `deep-${person}` });
      const many = (count: number) => Array.from({ length: count }, (_, at) => `filler-${String(at)}-${person}`);
      expect((await desk.taken({ from: person, references: [...many(49), `deep-${person}`] })).id).toBe(conversation.id);
      const endless = await desk.taken({ from: person, references: [...many(4_000), `deep-${person}`], subject: 'Else', token: null });
      const remembered = await world.rows('select 1 from mail_reference where conversation_id = $1', [endless.id]);
      expect(remembered.length).toBeLessThanOrEqual(110);
    });

    it('says nothing when half the world names it, as the id of a newsletter', async () => {
      const references = ['newsletter@shop.example'];
      for (let reader = 0; reader < 5; reader++) await desk.take({ from: somebody(), references });
      const person = somebody();
      const own = await desk.taken({ from: person, references });
      expect(own.related).toEqual([]);
      expect((await desk.taken({ from: person, references, text: 'And again.' })).id).toBe(own.id);
    });
  });

  describe('long over', () => {
    const closedLongAgo = async (person: string) => {
      const conversation = await desk.taken({ from: person, messageId: `old-${person}`, subject: 'My bike' });
      await desk.change(conversation.id, { status: 'closed' });
      world.advance({ days: 31 });
      desk.tenant.owner = await world.signIn(desk.tenant.ownerEmail);
      return conversation;
    };

    it('goes on where it ended under the same subject, however the program marks an answer', async () => {
      const person = somebody();
      const old = await closedLongAgo(person);
      expect(await desk.taken({ from: person, token: old.id, subject: 'Antw: RE: My  bike [#7]' })).toMatchObject({
        id: old.id,
        status: 'open',
      });
    });

    it('is a new conversation under another subject, which continues the old one and stays together itself', async () => {
      const person = somebody();
      const old = await closedLongAgo(person);
      const next = await desk.taken({ from: person, token: old.id, references: [`old-${person}`], subject: 'An invoice' });
      expect(related(next)).toEqual([{ id: old.id, how: 'continues' }]);
      expect(related(await desk.conversation(old.id))).toEqual([{ id: next.id, how: 'continues' }]);
      expect(await desk.conversation(old.id)).toMatchObject({ status: 'closed' });
      expect((await desk.taken({ from: person, token: old.id, subject: 'Re: An invoice' })).id).toBe(next.id);
    });

    it('is told apart from a conversation that was closed a moment ago, where a new subject is only a flag', async () => {
      const person = somebody();
      const conversation = await desk.taken({ from: person });
      await desk.change(conversation.id, { status: 'closed' });
      expect(await desk.taken({ from: person, token: conversation.id, subject: 'By the way' })).toMatchObject({
        id: conversation.id,
        status: 'open',
      });
      const flags = (await desk.thread(conversation.id)).flatMap(({ mail }) => mail?.flags ?? []);
      expect(flags).toEqual(['subject_changed']);
    });
  });

  it('never reaches into another tenant, and is the same there as if nothing of it existed', async () => {
    // Time has passed since the others: everybody has to sign in again.
    elsewhere.tenant.owner = await world.signIn(elsewhere.tenant.ownerEmail);
    const person = somebody();
    const conversation = await desk.taken({ from: person, messageId: `ours-${person}` });
    const unknown = await elsewhere.taken({ from: person, references: ['never@mail.example'], subjectNumber: 900_000 });
    for (const mail of [
      { token: conversation.id },
      { references: [`ours-${person}`] },
      { subjectNumber: 1_000_000 + number(conversation), token: conversation.id },
    ]) {
      const there = await elsewhere.taken({ from: person, text: JSON.stringify(mail), ...mail });
      expect(there.related).toEqual(unknown.related);
      expect(await elsewhere.thread(there.id)).toHaveLength(1);
    }
    expect(await texts(conversation.id)).toEqual(['Is it ready?']);
  });
});
