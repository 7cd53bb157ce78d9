import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import type { Conversation, Message } from '#contract';
import { connectMailbox, type Mailbox } from './mailbox.js';
import { rawMail } from './raw-mail.js';
import { storedFiles } from './stores.js';
import { type Tenant, World } from './world.js';

const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

/** A customer mails, an agent answers, in one thread for both; and nobody gets into a thread that is not theirs. */
describe('a round over mail', () => {
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
  beforeEach(() => {
    world.simulator.clearFaults();
  });

  const somebody = () => `person${String(people++)}@mail.example`;
  const mailed = async (from: string, text = 'Is my bike ready?', more: object = {}) => {
    const mail = await world.simulator.sendMail({ from, fromName: 'Sanne de Wit', to: help.address, subject: 'My bike', text, ...more });
    await world.drain();
    return mail;
  };
  const raw = async (mail: Parameters<typeof rawMail>[0], mailbox = help) => {
    expect(await world.simulator.rawMail(mailbox.address, rawMail({ to: mailbox.address, ...mail }))).toMatchObject({ outcome: 'taken' });
    await world.drain();
  };
  const answer = async (person: string, text: string, more: object = {}) => {
    const [id] = await help.conversationIds(person);
    const reply = await spaak.owner.post<Message>(`/api/conversations/${id!}/replies`, { text, ...more });
    expect(reply.status).toBe(202);
    await world.drain();
    return reply.body;
  };
  const conversation = async (person: string) =>
    (await spaak.owner.get<Conversation>(`/api/conversations/${(await help.conversationIds(person))[0]!}`)).body;
  const texts = (messages: Message[]) => messages.map(({ text }) => text.trim());
  const externalId = async (id: string) =>
    (await world.rows<{ external_id: string }>('select external_id from message where id = $1', [id]))[0]!.external_id;

  it('brings the mail in, the answer out, and the answer to that back into the same conversation, without what it quotes', async () => {
    const person = somebody();
    const question = await mailed(person);
    expect(await conversation(person)).toMatchObject({
      subject: 'My bike',
      channel: 'email',
      contact: { name: 'Sanne de Wit' },
      unread: true,
    });
    const reply = await answer(person, 'It is ready.');
    const [received] = world.simulator.mailTo(person);
    expect(received).toMatchObject({
      from: { address: help.address, name: 'Owner of Spaak Bikes' },
      subject: 'Re: My bike',
      inReplyTo: question.messageId,
      references: [question.messageId],
      messageId: `<${await externalId(reply.id)}>`,
    });
    expect(received!.text).toContain('It is ready.');
    await world.simulator.sendMail({ from: person, answersMailId: received!.id, text: 'Thank you!' });
    await world.drain();
    const thread = await help.thread(person);
    expect(texts(thread)).toEqual(['Is my bike ready?', 'It is ready.', 'Thank you!']);
    expect(thread.map(({ delivery }) => delivery?.state ?? null)).toEqual([null, 'sent', null]);
    expect(thread[2]!.fullText).toContain('> It is ready.');
    expect(await help.conversationIds(person)).toHaveLength(1);
  });

  it('shows nothing of it to another tenant', async () => {
    const person = somebody();
    await mailed(person, '<b>private</b>', { html: '<b>private</b>' });
    const [id] = await help.conversationIds(person);
    const [message] = await help.thread(person);
    for (const path of [`/api/conversations/${id!}`, `/api/conversations/${id!}/messages`, message!.htmlUrl!]) {
      expect((await linden.owner.get(path)).status).toBe(404);
    }
    expect(await tea.conversationIds(person)).toEqual([]);
  });

  it('answers what the customer said last, not what we said last, and names the whole thread', async () => {
    const person = somebody();
    const question = await mailed(person);
    const first = await answer(person, 'One moment.');
    const second = await answer(person, 'It is ready.');
    const received = world.simulator.mailTo(person).at(-1)!;
    expect(received).toMatchObject({ messageId: `<${await externalId(second.id)}>`, inReplyTo: question.messageId });
    expect(received.references).toContain(`<${await externalId(first.id)}>`);
    expect(received.references.at(-1)).toBe(question.messageId);
  });

  it('knows its own id in whatever case it comes back', async () => {
    const person = somebody();
    await mailed(person);
    const reply = await answer(person, 'It is ready.');
    await raw({ from: person, text: 'In capitals.', headers: { 'In-Reply-To': `<${(await externalId(reply.id)).toUpperCase()}>` } });
    expect(texts(await help.thread(person))).toEqual(['Is my bike ready?', 'It is ready.', 'In capitals.']);
  });

  it('takes in a stranger who holds our token, marks him as one, and goes on answering the customer alone', async () => {
    const person = somebody();
    const stranger = somebody();
    const question = await mailed(person);
    const reply = await answer(person, 'It is ready.');
    await raw({ from: stranger, text: 'I am his neighbour.', headers: { 'In-Reply-To': `<${await externalId(reply.id)}>` } });
    expect(await help.conversationIds(stranger)).toEqual([]);
    expect((await help.thread(person)).at(-1)).toMatchObject({ text: expect.stringContaining('neighbour') as string, fromStranger: true });
    await answer(person, 'For the customer.');
    expect(world.simulator.mailTo(stranger)).toEqual([]);
    const received = world.simulator.mailTo(person).at(-1)!;
    expect(received).toMatchObject({ to: [person], inReplyTo: question.messageId });
    expect(received.text).toContain('For the customer.');
    expect(received.text).not.toContain('neighbour');
    // Having held a token once makes nobody a part of the conversation.
    await raw({ from: stranger, text: 'Without the token.', headers: { References: question.messageId } });
    expect(texts(await help.thread(stranger))).toEqual(['Without the token.']);
  });

  it('believes an id that is not ours only from somebody who takes part', async () => {
    const person = somebody();
    const stranger = somebody();
    const question = await mailed(person);
    await raw({ from: person, text: 'One more thing.', headers: { References: question.messageId } });
    await raw({ from: stranger, text: 'Guessed it.', headers: { References: question.messageId, 'In-Reply-To': question.messageId } });
    expect(texts(await help.thread(person))).toEqual(['Is my bike ready?', 'One more thing.']);
    expect(texts(await help.thread(stranger))).toEqual(['Guessed it.']);
  });

  it('opens a conversation of its own for a mail that names another tenant’s thread, by token or by id', async () => {
    const person = somebody();
    const question = await mailed(person);
    const reply = await answer(person, 'It is ready.');
    for (const id of [`<${await externalId(reply.id)}>`, question.messageId]) {
      await raw({ from: person, text: `about ${id}`, headers: { 'In-Reply-To': id, References: id } }, tea);
    }
    expect(await help.thread(person)).toHaveLength(2);
    const atLinden = [...(await tea.thread(person, 0)), ...(await tea.thread(person, 1))];
    expect(atLinden.map(({ text }) => text.startsWith('about '))).toEqual([true, true]);
  });

  it('keeps a mail once, however often it comes, and another mail with the same id beside it', async () => {
    const person = somebody();
    const mail = { from: person, messageId: `<same-${person}>`, text: 'The first.' };
    for (let copy = 0; copy < 3; copy++) await raw(mail);
    await raw({ ...mail, headers: { 'X-Way': 'another relay' } });
    expect(texts(await help.thread(person))).toEqual(['The first.']);
    await raw({ ...mail, text: 'Quite another.' });
    expect([...texts(await help.thread(person)), ...texts(await help.thread(person, 1))]).toEqual(['The first.', 'Quite another.']);
  });

  it('never cuts the first mail of a conversation: what looks quoted there is what the customer shows us', async () => {
    const person = somebody();
    await raw({
      from: person,
      text: 'See below.\n\nOn Mon, 2 Nov 2026 at 17:30, Your Mechanic <m@elsewhere.example> wrote:\n\n> The chain is new.',
    });
    const [first] = await help.thread(person);
    expect(first!.text).toContain('The chain is new.');
    expect(first!.fullText).toBeNull();
  });

  it('answers where the customer wants the answer', async () => {
    const person = somebody();
    await raw({ from: person, headers: { 'Reply-To': 'Elsewhere <elsewhere@other.example>' } });
    await answer(person, 'There you are.');
    expect(world.simulator.mailTo('elsewhere@other.example')).toMatchObject([{ to: ['elsewhere@other.example'] }]);
    expect(world.simulator.mailTo(person)).toEqual([]);
  });

  it('lets no machine reopen a conversation or mark it unread', async () => {
    const person = somebody();
    await mailed(person);
    const reply = await answer(person, 'It is ready.');
    const [id] = await help.conversationIds(person);
    await spaak.owner.post(`/api/conversations/${id!}/seen`, {});
    await spaak.owner.patch(`/api/conversations/${id!}`, { status: 'closed' });
    const headers = { 'In-Reply-To': `<${await externalId(reply.id)}>`, 'Auto-Submitted': 'auto-replied' };
    await raw({ from: person, subject: 'Automatic reply', text: 'I am away.', headers });
    expect((await help.thread(person)).at(-1)!.text).toContain('I am away.');
    expect(await conversation(person)).toMatchObject({ status: 'closed', unread: false });
    await raw({ from: person, text: 'I am back.', headers: { 'In-Reply-To': headers['In-Reply-To'] } });
    expect(await conversation(person)).toMatchObject({ status: 'open', unread: true });
  });

  it('serves the HTML of a mail without anything that runs, shut in, with its own pictures inside', async () => {
    const person = somebody();
    await mailed(person, 'see', {
      html: '<p onclick="steal()">Look</p><script>steal()</script><img src="https://tracker.example/x.png"><a href="javascript:steal()">x</a>',
      inlinePictures: [{ name: 'wheel.png', mediaType: 'image/png', content: PNG }],
    });
    const [message] = await help.thread(person);
    const html = await spaak.owner.get<string>(message!.htmlUrl!);
    expect(html.status).toBe(200);
    expect(html.headers.get('content-security-policy')).toMatch(/default-src 'none'.*sandbox/);
    expect(html.body).toContain('Look');
    expect(html.body).toContain(`src="data:image/png;base64,${PNG.toString('base64')}"`);
    for (const danger of ['steal', '<script', 'onclick', 'javascript:', ' src="https:']) expect(html.body).not.toContain(danger);
  });

  it('hands out an attachment to be saved, whatever it says it is', async () => {
    const person = somebody();
    const page = Buffer.from('<script>alert(1)</script>');
    await mailed(person, 'see attachment', { files: [{ name: 'bill "1".html', mediaType: 'text/html', content: page }] });
    const [attachment] = (await help.thread(person))[0]!.attachments;
    expect(attachment).toMatchObject({ state: 'stored', sizeBytes: page.length });
    const file = await spaak.owner.get<string>(attachment!.url!);
    expect(file).toMatchObject({ status: 200, body: page.toString() });
    expect(file.headers.get('content-type')).toBe('application/octet-stream');
    expect(file.headers.get('content-disposition')).toMatch(/^attachment;/);
    expect((await linden.owner.get(attachment!.url!)).status).toBe(404);
  });

  it('gives up at once on an address that no mail can go to, and says so', async () => {
    const person = somebody();
    await mailed(person);
    await world.rows("update message set reply_address = 'not(an)@address.example' where reply_address = $1", [person]);
    await answer(person, 'To nowhere.');
    expect((await help.thread(person)).at(-1)).toMatchObject({ delivery: { state: 'failed', remedy: 'give_up', code: 'bad_address' } });
    expect(await world.rows('select 1 from outbox where given_up_at is null')).toEqual([]);
  });

  it('keeps the file of a mail once, also when the mail comes again', async () => {
    const person = somebody();
    const bytes = Buffer.from(
      [
        `From: ${person}`,
        `To: ${help.address}`,
        'Subject: A photo of the frame',
        'Date: Tue, 3 Nov 2026 09:12:04 +0100',
        'Message-ID: <frame@mail.example>',
        'MIME-Version: 1.0',
        'Content-Type: multipart/mixed; boundary=frame',
        '',
        '--frame',
        'Content-Type: text/plain',
        '',
        'See the picture.',
        '--frame',
        'Content-Type: image/png; name=frame.png',
        'Content-Disposition: attachment; filename=frame.png',
        'Content-Transfer-Encoding: base64',
        '',
        PNG.toString('base64'),
        '--frame--',
        '',
      ].join('\r\n'),
    );
    const before = (await storedFiles(world)).length;
    for (const _copy of [1, 2]) {
      expect(await world.simulator.rawMail(help.address, bytes)).toMatchObject({ outcome: 'taken' });
      await world.drain();
      expect((await storedFiles(world)).length).toBe(before + 1);
    }
    expect(await help.conversationIds(person)).toHaveLength(1);
  });

  it('says that it does not know when the line is lost after the mail was handed over, and does not send it twice', async () => {
    const person = somebody();
    await mailed(person);
    world.simulator.setFaults({ mail: [{ kind: 'cut_after_accept', times: 1 }] });
    await answer(person, 'Perhaps.');
    expect((await help.thread(person)).at(-1)).toMatchObject({ delivery: { state: 'unknown', remedy: 'unknown' } });
    world.advance({ hours: 1 });
    await world.drain();
    expect(world.simulator.mailTo(person)).toHaveLength(1);
  });

  it('sends later what the customer’s mail server does not take now, under the same id', async () => {
    const person = somebody();
    await mailed(person);
    world.simulator.setFaults({ mail: [{ kind: 'busy', times: 1 }] });
    const reply = await answer(person, 'With patience.');
    const id = await externalId(reply.id);
    world.advance({ minutes: 30 });
    await world.drain();
    expect(world.simulator.mailTo(person)).toMatchObject([{ messageId: `<${id}>` }]);
    expect((await help.thread(person)).at(-1)).toMatchObject({ delivery: { state: 'sent' } });
    expect(await externalId(reply.id)).toBe(id);
  });

  it('tells the agent whom the mail server refused while it took the mail for others', async () => {
    const server = new SMTPServer({
      disabledCommands: ['AUTH', 'STARTTLS'],
      closeTimeout: 100,
      onRcptTo: ({ address }, _session, callback) => {
        callback(address.startsWith('refused') ? Object.assign(new Error('No such person'), { responseCode: 550 }) : null);
      },
      onData: (stream, _session, callback) => {
        stream.on('end', () => callback(null)).resume();
      },
    });
    server.on('error', () => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const smtpUrl = `smtp://127.0.0.1:${String((server.server.address() as AddressInfo).port)}`;
      const desk = await connectMailbox(world, spaak, { address: 'desk@spaak.example', smtpUrl });
      const copied = somebody();
      await raw({ from: copied }, desk);
      await answer(copied, 'With a copy.', { cc: ['refused@other.example'] });
      expect((await help.thread(copied)).at(-1)).toMatchObject({
        delivery: { state: 'sent', code: 'copy_refused', reason: expect.stringContaining('refused@other.example') as string },
      });
      const person = 'refused-contact@mail.example';
      await raw({ from: person }, desk);
      await answer(person, 'Not for you.', { cc: ['other@other.example'] });
      expect((await help.thread(person)).at(-1)).toMatchObject({
        delivery: { state: 'failed', remedy: 'give_up', code: 'recipient_refused' },
      });
    } finally {
      await new Promise((resolve) => server.close(() => resolve(undefined)));
    }
  });
});
