import { createTransport } from 'nodemailer';
import { DeliveryLog } from '#channels';
import type { Conversation, Page, QuarantinedDelivery } from '#contract';
import { connectMailbox, type Mailbox } from './mailbox.js';
import { postMail } from './post-mail.js';
import { rawMail } from './raw-mail.js';
import { type Tenant, World } from './world.js';

const MIB = 1024 * 1024;

/** What a mail is to us: whose it is, how far it is believed, what it says; and that no mail stands in another's way. */
describe('reading mail', () => {
  let world: World;
  let spaak: Tenant;
  let help: Mailbox;
  let people = 0;

  beforeAll(async () => {
    world = await World.open({ SMTP_LISTEN: '127.0.0.1:0' });
    spaak = await world.tenant(0);
    help = await connectMailbox(world, spaak, { address: 'help@spaak.example' });
    await connectMailbox(world, spaak, { address: 'sales@spaak.example' });
  });
  afterAll(() => world.close());
  beforeEach(() => world.simulator.clearFaults());

  const somebody = () => `reader${String(people++)}@mail.example`;
  const arrives = async (raw: Buffer) => {
    await postMail(world, help, raw);
    await world.drain();
  };
  const setting = (column: string, value: unknown) =>
    world.rows(`update mailbox set ${column} = $2 where connection_id = $1`, [help.connectionId, value]);
  /** From now on what this domain has not signed is not its own. */
  const protect = (domain: string) => {
    world.simulator.dns.set(`_dmarc.${domain}`, 'TXT', ['v=DMARC1; p=reject']);
  };
  const quarantined = async () => (await spaak.owner.get<Page<QuarantinedDelivery>>('/api/quarantine')).body.items;
  const last = async (person: string) => (await help.thread(person)).at(-1)!;
  const conversation = async (person: string) =>
    (await spaak.owner.get<Conversation>(`/api/conversations/${(await help.conversationIds(person))[0]!}`)).body;

  describe('from whom', () => {
    it('believes what its sender’s domain has signed', async () => {
      const person = somebody();
      await world.simulator.sendMail({ from: person, to: help.address, text: 'Signed.' });
      await world.drain();
      expect((await last(person)).mail).toMatchObject({
        class: 'human',
        authentication: { verdict: 'pass', domain: 'mail.example' },
        from: { address: person },
        to: [{ address: help.address }],
      });
    });

    it('knows what is not from the domain that it names', async () => {
      protect('bank.example');
      await arrives(rawMail({ from: 'Your Bank <desk@bank.example>' }));
      expect((await last('desk@bank.example')).mail).toMatchObject({
        authentication: { verdict: 'fail', by: 'dmarc', domain: 'bank.example' },
      });
    });

    it('says nothing of a domain that says nothing itself', async () => {
      await arrives(rawMail({ from: 'somebody@nowhere.test' }));
      expect((await last('somebody@nowhere.test')).mail!.authentication).toEqual({ verdict: 'none', by: null, domain: null });
    });

    it('believes its own provider’s word, and nobody else’s who writes the same', async () => {
      const fails = 'mx.provider.example; dmarc=fail header.from=shop.test';
      await arrives(rawMail({ from: 'one@shop.test', headers: { 'Authentication-Results': fails } }));
      expect((await last('one@shop.test')).mail!.authentication!.verdict).toBe('none');
      await setting('authserv_ids', ['mx.provider.example']);
      await arrives(rawMail({ from: 'two@shop.test', headers: { 'Authentication-Results': fails } }));
      expect((await last('two@shop.test')).mail!.authentication!.verdict).toBe('fail');
      await setting('authserv_ids', []);
    });

    it('lets a mail wait for a DNS that does not answer, while others go on, and then takes it as it is', async () => {
      world.simulator.setFaults({ dns: [{ name: 'silent.example', kind: 'servfail' }] });
      await postMail(world, help, rawMail({ from: 'a@silent.example' }));
      const other = somebody();
      await arrives(rawMail({ from: other }));
      expect(await help.conversationIds(other)).toHaveLength(1);
      for (const minutes of [0.5, 0.6, 9]) {
        world.advance({ minutes });
        await world.drain();
        expect(await help.conversationIds('a@silent.example')).toEqual([]);
      }
      world.advance({ minutes: 1 });
      await world.drain();
      expect((await last('a@silent.example')).mail!.authentication!.verdict).toBe('temperror');
      expect(await quarantined()).toEqual([]);
    });

    it('takes a mail that waited for the DNS as what it truly is when the DNS is back', async () => {
      world.simulator.setFaults({ dns: [{ name: 'back.example', kind: 'servfail' }] });
      await arrives(rawMail({ from: 'a@back.example' }));
      expect(await help.conversationIds('a@back.example')).toEqual([]);
      world.simulator.clearFaults();
      world.advance({ minutes: 1, seconds: 30 });
      await world.drain();
      expect((await last('a@back.example')).mail!.authentication!.verdict).toBe('none');
    });
  });

  describe('whose', () => {
    it('is From’s, and answers go to Reply-To', async () => {
      const person = somebody();
      await arrives(rawMail({ from: person, headers: { 'Reply-To': 'office@mail.example' } }));
      expect((await conversation(person)).mail).toMatchObject({ replyAddress: 'office@mail.example' });
    });

    it('is never answered to ourselves', async () => {
      const person = somebody();
      await arrives(rawMail({ from: person, headers: { 'Reply-To': 'sales@spaak.example' } }));
      expect((await conversation(person)).mail).toMatchObject({ replyAddress: person });
    });

    it('is Reply-To’s for a web form that an admin has listed, and for no other', async () => {
      const form = (from: string, person: string) =>
        rawMail({ from: `Website <${from}>`, headers: { 'Reply-To': `Jan Jansen <${person}>` } });
      await arrives(form('noreply@form.example', 'jan@mail.example'));
      expect(await help.conversationIds('jan@mail.example')).toEqual([]);
      await setting('forms', ['noreply@form.example', '@forms.example']);
      await arrives(form('noreply@form.example', 'kees@mail.example'));
      await arrives(form('contact@forms.example', 'loes@mail.example'));
      await arrives(form('contact@sub.forms.example', 'mies@mail.example'));
      expect(await help.conversationIds('kees@mail.example')).toHaveLength(1);
      expect(await help.conversationIds('loes@mail.example')).toHaveLength(1);
      expect(await help.conversationIds('mies@mail.example')).toEqual([]);
      expect((await conversation('kees@mail.example')).contact.name).toBe('Jan Jansen');
    });

    it('is not Reply-To’s when somebody forges the form', async () => {
      protect('form.test');
      await setting('forms', ['noreply@form.test']);
      await arrives(rawMail({ from: 'noreply@form.test', headers: { 'Reply-To': 'victim@mail.example' } }));
      expect(await help.conversationIds('victim@mail.example')).toEqual([]);
      expect(await help.conversationIds('noreply@form.test')).toHaveLength(1);
    });

    it('is the author’s whom a group of our own replaced by its address', async () => {
      const headers = {
        'Reply-To': 'nora@mail.example',
        'X-Original-From': 'Nora <nora@mail.example>',
        'List-Id': '<sales.spaak.example>',
      };
      await arrives(rawMail({ from: '"Nora via Sales" <sales@spaak.example>', headers }));
      expect(await help.conversationIds('nora@mail.example')).toHaveLength(1);
    });

    it('is not whom a stranger’s list names as the author', async () => {
      const headers = { 'Reply-To': 'otto@mail.example', 'X-Original-From': 'Otto <otto@mail.example>', 'List-Id': '<evil.test>' };
      await arrives(rawMail({ from: 'list@evil.test', headers }));
      expect(await help.conversationIds('otto@mail.example')).toEqual([]);
    });

    it('is Sender’s where From names nobody, and says so', async () => {
      await arrives(rawMail({ from: '', headers: { Sender: 'Desk <desk@mail.example>' } }));
      expect((await last('desk@mail.example')).mail!.flags).toContain('from_ambiguous');
    });

    it('is nobody’s where it names nobody, and cannot be answered', async () => {
      await arrives(rawMail({ from: '"boss@spaak.example"' }));
      const [id] = await help.conversationIds('unknown@invalid');
      const reply = await spaak.owner.post(`/api/conversations/${id!}/replies`, { text: 'To whom?' });
      expect(reply.status).toBeGreaterThanOrEqual(400);
    });
  });

  describe('passed on by an agent', () => {
    const forwarded = (from: string, author: string) =>
      rawMail({
        from,
        subject: 'Doorst: Klacht',
        headers: { 'Reply-To': from },
        text: [
          'Pak jij deze?',
          '',
          '-------- Doorgestuurd bericht --------',
          'Onderwerp: Klacht',
          'Datum: Tue, 3 Nov 2026 09:00:00 +0100',
          `Van: Piet Pieters <${author}>`,
          'Aan: piet@spaak.example',
          '',
          'Mijn fiets is kapot.',
        ].join('\n'),
      });

    it('is its first author’s, and what the agent wrote above is not his', async () => {
      const author = somebody();
      await arrives(forwarded(spaak.ownerEmail, author));
      const messages = await help.thread(author);
      expect(messages.find(({ direction }) => direction === 'in')).toMatchObject({
        text: 'Mijn fiets is kapot.',
        subject: 'Klacht',
        author: { name: 'Piet Pieters' },
        mail: { forwardedBy: { address: spaak.ownerEmail } },
      });
      expect(await help.conversationIds(spaak.ownerEmail)).toEqual([]);
    });

    it('is the sender’s own when he is no agent', async () => {
      const [author, stranger] = [somebody(), somebody()];
      await arrives(forwarded(stranger, author));
      expect(await help.conversationIds(author)).toEqual([]);
      expect((await last(stranger)).text).toContain('Pak jij deze?');
    });

    it('is nobody else’s when an agent’s address is forged', async () => {
      const author = somebody();
      // What the DNS did not say a moment ago is remembered for a while.
      world.advance({ minutes: 2 });
      protect(spaak.ownerEmail.split('@')[1]!);
      await arrives(forwarded(spaak.ownerEmail, author));
      expect(await help.conversationIds(author)).toEqual([]);
    });
  });

  it('opens nothing for our own mail that comes back to us', async () => {
    const person = somebody();
    await arrives(rawMail({ from: person }));
    const [id] = await help.conversationIds(person);
    await spaak.owner.post(`/api/conversations/${id!}/replies`, { text: 'An answer.' });
    await world.drain();
    const sent = world.simulator.mailTo(person).at(-1)!;
    const before = await world.rows('select 1 from message');
    await arrives(rawMail({ from: `Spaak <${help.address}>`, messageId: sent.messageId, subject: sent.subject, text: sent.text }));
    expect(await world.rows('select 1 from message')).toEqual(before);
    expect(await quarantined()).toEqual([]);
  });

  it('knows a machine by its null sender, also where no header says so', async () => {
    const person = somebody();
    const transport = createTransport({ host: '127.0.0.1', port: world.server.smtpPort!, ignoreTLS: true });
    await transport.sendMail({ envelope: { from: '', to: help.address }, raw: rawMail({ from: person }) });
    transport.close();
    await world.drain();
    expect((await last(person)).mail!.class).toBe('auto_generated');
  });

  it('finds a token in the envelope alone, where the mail was sent in copy to it unseen', async () => {
    const person = somebody();
    await arrives(rawMail({ from: person, subject: 'Unseen' }));
    const [id] = await help.conversationIds(person);
    await spaak.owner.post(`/api/conversations/${id!}/replies`, { text: 'An answer.' });
    await world.drain();
    const [{ replyTo } = { replyTo: null }] = world.simulator.mailTo(person).map((mail) => ({ replyTo: mail.replyTo ?? null }));
    expect(replyTo).toMatch(/^help\+r/);
    const transport = createTransport({ host: '127.0.0.1', port: world.server.smtpPort!, ignoreTLS: true });
    await transport.sendMail({
      envelope: { from: person, to: replyTo! },
      raw: rawMail({ from: person, subject: 'Another', text: 'Unseen answer.' }),
    });
    transport.close();
    await world.drain();
    expect((await help.thread(person)).map(({ text }) => text.trim())).toContain('Unseen answer.');
  });

  it('shows an invitation as a card, and what an attached mail is', async () => {
    const person = somebody();
    const ics = [
      'BEGIN:VCALENDAR',
      'METHOD:REQUEST',
      'BEGIN:VEVENT',
      'UID:u1',
      'SUMMARY:Proefrit',
      'DTSTART:20261110T090000Z',
      'DTEND:20261110T100000Z',
      `ORGANIZER:mailto:${person}`,
      'END:VEVENT',
      'END:VCALENDAR',
    ].join('\r\n');
    const inner = rawMail({ from: 'Inner <inner@mail.example>', subject: 'Inside', text: 'The inner words.' }).toString();
    const raw = [
      `From: ${person}`,
      'Subject: Both',
      'Content-Type: multipart/mixed; boundary="b"',
      '',
      '--b',
      'Content-Type: text/plain',
      '',
      'See below.',
      '--b',
      'Content-Type: text/calendar; method=REQUEST',
      '',
      ics,
      '--b',
      'Content-Type: message/rfc822',
      '',
      inner,
      '--b--',
      '',
    ].join('\r\n');
    await arrives(Buffer.from(raw));
    const message = await last(person);
    expect(message.mail).toMatchObject({
      class: 'calendar',
      calendar: { method: 'request', summary: 'Proefrit', start: { at: '2026-11-10T09:00:00.000Z' } },
    });
    expect(message.attachments.find(({ mail }) => mail !== null)).toMatchObject({
      mail: { from: { address: 'inner@mail.example' }, subject: 'Inside', preview: expect.stringContaining('inner words') as string },
    });
  });

  describe('beside poison', () => {
    const parts = (from: string) =>
      Buffer.from(`From: ${from}\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\n\r\nx\r\n'.repeat(1200)}--b--\r\n`);

    it('takes in every good mail between the bad ones, and loses none of either', async () => {
      const before = (await quarantined()).length;
      const good = Array.from({ length: 30 }, () => somebody());
      for (const [nth, person] of good.entries()) {
        await postMail(world, help, rawMail({ from: person, text: `good ${String(nth)}` }));
        if (nth % 3 === 0) await postMail(world, help, parts(`poison${String(nth)}@mail.example`));
        if (nth % 10 === 0) await postMail(world, help, rawMail({ from: somebody(), headers: { 'X-Long': 'x'.repeat(2 * MIB) } }));
      }
      await world.drain();
      for (const person of good) expect(await help.conversationIds(person)).toHaveLength(1);
      expect((await quarantined()).length - before).toBe(13);
      expect(await world.rows('select 1 from delivery where quarantined_at is null')).toEqual([]);
      await world.rows('delete from delivery');
    });

    it('counts the try before it reads, and sets aside what its readers died over', async () => {
      await postMail(world, help, rawMail({ from: somebody() }));
      await world.rows('update delivery set attempts = 10');
      const person = somebody();
      await postMail(world, help, rawMail({ from: person }));
      await world.drain();
      expect(await quarantined()).toMatchObject([{ code: 'reader_died' }]);
      expect(await help.conversationIds(person)).toHaveLength(1);
      await world.rows('delete from delivery');
    });

    it('keeps the order of a person’s mails, also between two mailboxes', async () => {
      const person = somebody();
      for (let nth = 0; nth < 20; nth++) {
        const mail = rawMail({
          from: person,
          messageId: `<order-${String(nth)}@mail.example>`,
          text: String(nth),
          headers: { References: '<order-0@mail.example>' },
        });
        await postMail(world, help, mail);
      }
      await world.drain();
      expect((await help.thread(person)).map(({ text }) => Number(text))).toEqual(Array.from({ length: 20 }, (_, nth) => nth));
    });

    it('claims no more than 64 MiB of mail at once, and a larger rest later', async () => {
      const log = world.get(DeliveryLog);
      const large = (from: string) => Buffer.concat([rawMail({ from }), Buffer.alloc(30 * MIB, 'x\r\n')]);
      for (let nth = 0; nth < 3; nth++) await postMail(world, help, large(`large${String(nth)}@mail.example`));
      const first = await log.claim('email');
      expect(first).toHaveLength(2);
      expect(await log.claim('email', first)).toEqual([]);
      expect(await log.claim('messenger', [])).toEqual([]);
      expect(await log.claim('email', first.slice(0, 1))).toHaveLength(1);
      await world.rows('delete from delivery');
    }, 60_000);
  });
});
