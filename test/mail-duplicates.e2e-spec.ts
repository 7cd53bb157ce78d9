import { connectMailbox } from './mailbox.js';
import { MailDesk, mailEvent } from './mail-events.js';
import { ReceiveService } from '../libs/ticketing/receive.service.js';
import type { ConnectionId } from '#channels';
import { placesHolding, rowCounts, storedFiles } from './stores.js';
import { World } from './world.js';

/** A mail is one message, in however many mailboxes and however often it arrives, and what was erased does not come back. */
describe('a mail that comes again', () => {
  let world: World;
  let desk: MailDesk;
  let sales: MailDesk;
  let elsewhere: MailDesk;
  let people = 0;

  beforeAll(async () => {
    world = await World.open();
    const spaak = await world.tenant(0);
    desk = await MailDesk.open(world, spaak, 'help@spaak.example');
    sales = await MailDesk.open(world, spaak, 'sales@spaak.example');
    elsewhere = await MailDesk.open(world, await world.tenant(1), 'hello@linden.example');
  });
  afterAll(() => world.close());

  const somebody = () => `twice${String(people++)}@mail.example`;
  const file = (name: string, text: string) => ({
    kind: 'file' as const,
    name,
    mediaType: 'text/plain',
    sourceUrl: null,
    content: Buffer.from(text),
    contentId: null,
  });
  /** Messages of a person, whoever's. */
  const messagesOf = (person: string) =>
    world.rows<{ id: string; conversation_id: string }>(
      `select message.id, conversation_id from message join contact_identity known on known.contact_id = author_contact_id
       where known.external_id = $1`,
      [person],
    );
  const feedLines = async (type: string) => (await world.rows('select 1 from feed_line where type = $1', [type])).length;

  it('to the same mailbox changes nothing at all', async () => {
    const mail = { from: somebody(), messageId: 'again@mail.example', attachments: [file('a.txt', 'a')] };
    expect(await desk.take(mail)).toBe(true);
    const before = await rowCounts(world);
    const files = await storedFiles(world);
    for (let copy = 0; copy < 3; copy++) expect(await desk.take(mail)).toBe(false);
    expect(await rowCounts(world)).toEqual(before);
    expect(await storedFiles(world)).toEqual(files);
  });

  it('to another mailbox of the tenant is one conversation, which names the other mailbox', async () => {
    const person = somebody();
    const mail = { from: person, messageId: 'both@mail.example', to: ['help@spaak.example', 'sales@spaak.example'] };
    const conversation = await desk.taken(mail);
    const changed = await feedLines('message_changed');
    expect(await sales.take(mail)).toBe(false);
    expect(await sales.take(mail)).toBe(false);
    expect(await feedLines('message_changed')).toBe(changed + 1);
    expect(await messagesOf(person)).toHaveLength(1);
    const [message] = await desk.thread(conversation.id);
    expect(message!.mail!.alsoReceivedIn).toEqual([{ id: sales.mailbox.connectionId, name: 'sales@spaak.example' }]);
    expect((await desk.conversation(conversation.id)).connection.id).toBe(desk.mailbox.connectionId);
  });

  it('to both at the same moment is one, too', async () => {
    for (let round = 0; round < 5; round++) {
      const person = somebody();
      const mail = { from: person, messageId: `race-${String(round)}@mail.example` };
      const receive = world.get(ReceiveService);
      const copies = [desk, sales, desk, sales].map((one) => receive.event(one.arrival, mailEvent(one.mailbox, world.clock.now(), mail)));
      expect((await Promise.all(copies)).filter(Boolean)).toHaveLength(1);
      expect(await messagesOf(person)).toHaveLength(1);
    }
  });

  it('is one even where two mailboxes disagree about who wrote it, as a form and its forwarder', async () => {
    const [person, form] = [somebody(), somebody()];
    const mail = { from: form, messageId: 'form@mail.example' };
    const receive = world.get(ReceiveService);
    const asForm = mailEvent(desk.mailbox, world.clock.now(), mail);
    const asPerson = { ...mailEvent(sales.mailbox, world.clock.now(), mail), personId: person };
    const taken = await Promise.all([receive.event(desk.arrival, asForm), receive.event(sales.arrival, asPerson)]);
    expect(taken.filter(Boolean)).toHaveLength(1);
    expect([...(await messagesOf(person)), ...(await messagesOf(form))]).toHaveLength(1);
  });

  it('to another tenant is that tenant’s own', async () => {
    const mail = { from: somebody(), messageId: 'theirs@mail.example' };
    await desk.take(mail);
    expect(await elsewhere.take(mail)).toBe(true);
    const [message] = await elsewhere.thread((await elsewhere.messageOf('theirs@mail.example')).conversation_id);
    expect(message!.mail!.alsoReceivedIn).toEqual([]);
  });

  it('with other words under the same id is another message with a flag, and the first stays as it was shown', async () => {
    const person = somebody();
    const { id } = await desk.taken({ from: person, messageId: 'reused@mail.example', text: 'The first.' });
    const [before] = await desk.thread(id);
    await desk.take({ from: person, messageId: 'reused@mail.example', text: 'Quite another.', token: id });
    const [first, second] = await desk.thread(id);
    expect(first).toEqual(before);
    expect(second).toMatchObject({ text: 'Quite another.', mail: { flags: ['id_reused'] } });
  });

  it('is known where it was taken in before such things were noted', async () => {
    const person = somebody();
    const mail = { from: person, messageId: 'before@mail.example' };
    await desk.take(mail);
    await world.rows('delete from known_mail where message_id = $1', [(await desk.messageOf('before@mail.example')).id]);
    expect(await desk.take(mail)).toBe(false);
    await world.rows('delete from known_mail where message_id = $1', [(await desk.messageOf('before@mail.example')).id]);
    expect(await sales.take(mail)).toBe(false);
    expect(await messagesOf(person)).toHaveLength(1);
    const [message] = await desk.thread((await desk.messageOf('before@mail.example')).conversation_id);
    expect(message!.mail!.alsoReceivedIn).toMatchObject([{ name: 'sales@spaak.example' }]);
  });

  describe('after it was erased', () => {
    const CANARY = 'canary-of-the-erased';
    const erased = async (mail: Parameters<MailDesk['take']>[0]) => {
      const { id } = await desk.taken(mail);
      expect((await desk.tenant.owner.delete(`/api/conversations/${id}`)).status).toBe(204);
      await world.drain();
      return id;
    };

    it('is not taken in again, by any mailbox, and nothing of it is anywhere', async () => {
      const mail = { from: `${CANARY}@mail.example`, name: CANARY, subject: CANARY, text: CANARY, html: CANARY, messageId: `${CANARY}@id` };
      const withFile = { ...mail, attachments: [file(`${CANARY}.txt`, CANARY)] };
      const files = (await storedFiles(world)).length;
      const { id } = await desk.taken(withFile);
      // And all that came of it.
      const upload = await desk.tenant.owner.bytes<{ id: string }>(`/api/uploads?name=${CANARY}.txt`, Buffer.from(CANARY), 'text/plain');
      await desk.answer(id, CANARY, { attachmentIds: [upload.body.id], cc: [`${CANARY}@other.example`] });
      await desk.tenant.owner.post(`/api/conversations/${id}/notes`, { text: CANARY });
      await desk.take({ from: `${CANARY}-stranger@mail.example`, text: CANARY, token: id });
      expect((await placesHolding(world, CANARY)).length).toBeGreaterThan(3);
      expect((await desk.tenant.owner.delete(`/api/conversations/${id}`)).status).toBe(204);
      await world.drain();
      expect(await placesHolding(world, CANARY)).toEqual([]);
      expect(await storedFiles(world)).toHaveLength(files);
      expect(await desk.take(withFile)).toBe(false);
      expect(await sales.take(withFile)).toBe(false);
      await world.drain();
      expect(await placesHolding(world, CANARY)).toEqual([]);
      expect(await storedFiles(world)).toHaveLength(files);
      expect((await desk.tenant.owner.get(`/api/conversations/${id}`)).status).toBe(404);
      expect((await desk.tenant.owner.get(`/api/conversations/${id}/messages`)).status).toBe(404);
    });

    it('is not taken in again where it came before such things were noted', async () => {
      const mail = { from: somebody(), messageId: 'old-and-gone@mail.example' };
      const { id } = await desk.taken(mail);
      await world.rows('delete from known_mail where message_id = $1', [(await desk.messageOf('old-and-gone@mail.example')).id]);
      await desk.tenant.owner.delete(`/api/conversations/${id}`);
      expect(await desk.take(mail)).toBe(false);
    });

    it('leaves everybody else’s words, and whoever is known by something else', async () => {
      const person = somebody();
      const other = await desk.taken({ from: person, subject: 'Another matter' });
      await erased({ from: person, subject: 'To be erased' });
      expect(await desk.conversation(other.id)).toMatchObject({ contact: { name: person } });
      expect(await desk.thread(other.id)).toHaveLength(1);
    });

    it('takes what waits to be sent with it', async () => {
      const { id } = await desk.taken({ from: somebody() });
      await desk.tenant.owner.post(`/api/conversations/${id}/replies`, { text: 'Never sent.' });
      expect((await desk.tenant.owner.delete(`/api/conversations/${id}`)).status).toBe(204);
      await world.drain();
      expect(await world.rows('select 1 from outbox')).toEqual([]);
    });

    it('is one erasure and one taking in, whichever comes first, when both happen at once', async () => {
      const receive = world.get(ReceiveService);
      for (let round = 0; round < 5; round++) {
        const person = somebody();
        const { id } = await desk.taken({ from: person });
        const more = mailEvent(desk.mailbox, world.clock.now(), { from: person, token: id, text: 'Meanwhile.' });
        const [erasure] = await Promise.all([desk.tenant.owner.delete(`/api/conversations/${id}`), receive.event(desk.arrival, more)]);
        expect(erasure.status).toBe(204);
        const left = await messagesOf(person);
        expect(left.every(({ conversation_id }) => conversation_id !== id)).toBe(true);
      }
    });

    it('is done by owners and admins alone, and in their own tenant', async () => {
      const { id } = await desk.taken({ from: somebody() });
      expect((await elsewhere.tenant.owner.delete(`/api/conversations/${id}`)).status).toBe(404);
      expect((await world.client().delete(`/api/conversations/${id}`)).status).toBe(401);
      expect((await desk.conversation(id)).id).toBe(id);
    });
  });

  it('from the mailbox as a whole, because its server numbered everything anew, is not taken in again', async () => {
    const third = await connectMailbox(world, desk.tenant, { address: 'third@spaak.example' });
    const receive = world.get(ReceiveService);
    const arrival = { ...desk.arrival, connectionId: third.connectionId as ConnectionId };
    const mails = Array.from({ length: 10 }, () => mailEvent(third, world.clock.now(), { from: somebody() }));
    for (const mail of mails) await receive.event(arrival, mail);
    const [gone] = await third.conversationIds(mails[4]!.personId);
    await desk.tenant.owner.delete(`/api/conversations/${gone!}`);
    await world.drain();
    const before = await rowCounts(world);
    for (const mail of mails) expect(await receive.event(arrival, mail)).toBe(false);
    expect(await rowCounts(world)).toEqual(before);
  });
});
