import { MailDesk } from './mail-events.js';
import { World } from './world.js';

/** Whose words a mail's words are: shown under the real address, and under nobody else's name. */
describe('the sender of a mail', () => {
  let world: World;
  let desk: MailDesk;
  let people = 0;

  beforeAll(async () => {
    world = await World.open();
    desk = await MailDesk.open(world, await world.tenant(0), 'help@spaak.example');
  });
  afterAll(() => world.close());

  const somebody = () => `sender${String(people++)}@mail.example`;
  const first = async (id: string) => (await desk.thread(id))[0]!;

  it('is shown by his real address beside the name he gives himself, with who else got it and how far it is believed', async () => {
    const person = somebody();
    const { id } = await desk.taken({ from: person, name: 'Sanne de Wit', to: [desk.mailbox.address, 'partner@other.example'] });
    expect(await first(id)).toMatchObject({
      author: { kind: 'contact', name: 'Sanne de Wit' },
      mail: {
        class: 'human',
        authentication: { verdict: 'pass', by: 'dkim', domain: 'mail.example' },
        from: { address: person, name: 'Sanne de Wit' },
        to: [{ address: desk.mailbox.address }, { address: 'partner@other.example' }],
        forwardedBy: null,
        flags: [],
        alsoReceivedIn: [],
      },
    });
  });

  it('gets the answer where he wants it, and those who got his mail are offered, without us', async () => {
    const person = somebody();
    const to = [desk.mailbox.address, 'help+shop@spaak.example', 'partner@other.example', person];
    const { id } = await desk.taken({ from: person, to, replyAddress: 'answers@other.example' });
    expect((await desk.conversation(id)).mail).toEqual({
      replyAddress: 'answers@other.example',
      others: ['partner@other.example'],
      suppression: null,
      loopStopped: false,
    });
  });

  it('renames nobody by writing as another', async () => {
    const person = somebody();
    const { id } = await desk.taken({ from: person, name: 'Sanne de Wit' });
    await desk.take({ from: person, name: 'Your Bank', token: id });
    expect((await desk.conversation(id)).contact.name).toBe('Sanne de Wit');
  });

  it('gives no name to an address that he forges, and its owner is called by the one he gives himself later', async () => {
    const person = somebody();
    const forged = await desk.taken({ from: person, name: 'The Director', verdict: 'fail' });
    expect(forged.contact.name).toBe(person);
    await desk.take({ from: person, name: 'Sanne de Wit' });
    expect((await desk.conversation(forged.id)).contact.name).toBe('Sanne de Wit');
  });

  it.each(['Owner of Spaak Bikes', 'OWNER  of Spaak Bikes', 'Оwner оf Spaak Вikes', 'Owner\u200b of Spaak Bikes'])(
    'is told apart from the agent whose name he takes: %s',
    async (name) => {
      const { id } = await desk.taken({ from: somebody(), name });
      expect((await first(id)).mail!.flags).toEqual(['looks_like_agent']);
    },
  );

  it('is the agent himself when it is his address', async () => {
    const { id } = await desk.taken({ from: desk.tenant.ownerEmail, name: 'Owner of Spaak Bikes' });
    expect((await first(id)).mail!.flags).toEqual([]);
  });

  it('makes a contact of himself alone, however many he wrote to', async () => {
    const before = await world.rows('select 1 from contact');
    await desk.take({ from: somebody(), to: [desk.mailbox.address, 'one@other.example', 'two@other.example'] });
    expect(await world.rows('select 1 from contact')).toHaveLength(before.length + 1);
  });

  it('is who wrote it first when an agent passes it on, and what the agent wrote above is his note', async () => {
    const person = somebody();
    const by = { address: desk.tenant.ownerEmail, name: 'Owner' };
    const { id, contact } = await desk.taken({
      from: person,
      text: 'My bike is gone.',
      forwarded: { by, note: 'Found this in my own mail.' },
    });
    expect(contact.name).toBe(person);
    const [said, note] = await desk.thread(id);
    expect(said).toMatchObject({ direction: 'in', author: { kind: 'contact', id: contact.id }, text: 'My bike is gone.' });
    expect(note).toMatchObject({
      direction: 'note',
      author: { kind: 'agent', name: 'Owner of Spaak Bikes' },
      text: 'Found this in my own mail.',
    });
    await desk.answer(id, 'We look into it.');
    expect(world.simulator.mailTo(person)).toHaveLength(1);
    expect(world.simulator.mailTo(person)[0]!.text).not.toContain('Found this');
  });
});
