import type { Conversation, ConversationRow, Page } from '#contract';
import { connectMailbox, type Mailbox } from './mailbox.js';
import { rawMail, structuredMail } from './raw-mail.js';
import { placesHolding, rowCounts } from './stores.js';
import { type Tenant, World } from './world.js';

const FLOOD_MAILS = 100;
/** What one person may send to a mailbox in ten minutes. */
const FLOOD_LETS_THROUGH = 60;
/** To one address in ten minutes, whatever starts it. */
const AUTOMATIC_MAX = 10;

/** Abuse of mail, case by case. The names are those of the list of abuse cases. */
describe('abuse by mail', () => {
  let world: World;
  let spaak: Tenant;
  let linden: Tenant;
  let help: Mailbox;
  let tea: Mailbox;
  let people = 0;

  beforeAll(async () => {
    world = await World.open();
    world.simulator.protectDomain('mail.example');
    spaak = await world.tenant(0);
    linden = await world.tenant(1);
    help = await connectMailbox(world, spaak, { address: 'help@spaak.example' });
    tea = await connectMailbox(world, linden, { address: 'hello@linden.example' });
  });
  afterAll(() => world.close());

  const somebody = () => `person${String(people++)}@mail.example`;
  const stranger = () => `stranger${String(people++)}@elsewhere.example`;
  const mailed = async (from: string, more: object = {}) => {
    const mail = await world.simulator.sendMail({ from, to: help.address, subject: 'My bike', text: 'Is it ready?', ...more });
    await world.drain();
    return mail;
  };
  const raw = async (mail: Parameters<typeof rawMail>[0], mailbox = help) => {
    expect(await mailbox.post(rawMail({ to: mailbox.address, ...mail }))).toBe(200);
    await world.drain();
  };
  const conversation = async (person: string, nth = 0, mailbox = help, tenant = spaak) =>
    (await tenant.owner.get<Conversation>(`/api/conversations/${(await mailbox.conversationIds(person))[nth]!}`)).body;
  const answer = async (person: string, text: string) => {
    const id = (await help.conversationIds(person))[0]!;
    expect((await spaak.owner.post(`/api/conversations/${id}/replies`, { text })).status).toBe(202);
    await world.drain();
    return world.simulator.mailTo(person).at(-1)!;
  };
  const texts = async (person: string, nth = 0) => (await help.thread(person, nth)).map(({ text }) => text.trim());
  const shown = async () => (await spaak.owner.get<Page<ConversationRow>>('/api/conversations?limit=100')).body.items;

  describe('A1: in a customer’s name, with a number that can be guessed, and himself in copy', () => {
    it('gets into no conversation, and gets nothing', async () => {
      const customer = somebody();
      const spy = stranger();
      const question = await mailed(customer);
      const { number } = await conversation(customer);
      const guesses: Record<string, string>[] = [{}, { 'In-Reply-To': question.messageId }, { References: question.messageId }];
      for (const headers of guesses) {
        await raw({ from: customer, subject: `Re: My bike [#${String(number)}]`, text: 'Tell me all.', headers: { Cc: spy, ...headers } });
      }
      expect(await texts(customer)).toEqual(['Is it ready?']);
      const [, ...forged] = await help.conversationIds(customer);
      expect(forged).toHaveLength(3);
      expect((await shown()).filter(({ id }) => forged.includes(id))).toEqual([]);
      const aside = await spaak.owner.get<Page<ConversationRow>>('/api/conversations?view=quarantine&limit=100');
      expect(aside.body.items.filter(({ id }) => forged.includes(id))).toHaveLength(3);
      await answer(customer, 'It is ready.');
      expect(world.simulator.mailTo(spy)).toEqual([]);
      expect((await conversation(customer)).mail!.others).not.toContain(spy);
    });

    it('is only told about where nobody can say whether it was him', async () => {
      const customer = `known${String(people++)}@says-nothing.example`;
      const spy = stranger();
      await raw({ from: customer, text: 'Is it ready?' });
      const { number } = await conversation(customer);
      await raw({ from: spy, subject: `Re: A question [#${String(number)}]`, text: 'Tell me all.', headers: { Cc: spy } });
      expect(await texts(customer)).toEqual(['Is it ready?']);
      expect((await conversation(spy)).related).toMatchObject([{ number, how: 'possibly' }]);
      await answer(customer, 'It is ready.');
      expect(world.simulator.mailTo(spy)).toEqual([]);
    });
  });

  it('A2: a mail with a link that lets somebody in is passed on to nobody: nothing is ever passed on by itself', async () => {
    const customer = somebody();
    await mailed(customer, { cc: [stranger()] });
    const sent = await answer(customer, 'One moment.');
    const before = await world.rows<{ count: string }>("select count(*) as count from message where direction = 'out'");
    const robot = { from: 'verify@chat.example', subject: 'Confirm your address', text: 'https://chat.example/confirm?token=8c1f' };
    await raw({ ...robot, headers: { Cc: customer, 'In-Reply-To': sent.messageId } });
    await raw({ ...robot, to: sent.replyTo ?? help.address });
    world.advance({ hours: 1 });
    await world.drain();
    expect(await world.rows("select count(*) as count from message where direction = 'out'")).toEqual(before);
    expect(await world.rows('select 1 from outbox where given_up_at is null')).toEqual([]);
    expect(world.simulator.mailTo(customer)).toHaveLength(1);
  });

  it('A5: the ids of another tenant join nothing, and make no difference that could be seen', async () => {
    const customer = somebody();
    const question = await mailed(customer);
    const sent = await answer(customer, 'It is ready.');
    const ofSpaak = () =>
      world.rows(
        'select message.id, conversation_id, text, status, unread from message join conversation on conversation.id = conversation_id where message.tenant_id = $1 order by 1',
        [spaak.id],
      );
    const before = await ofSpaak();
    const outsider = stranger();
    const other = stranger();
    await raw({ from: outsider, headers: { 'In-Reply-To': sent.messageId, References: `${question.messageId} ${sent.messageId}` } }, tea);
    await raw({ from: other, headers: { 'In-Reply-To': '<nothing@nowhere.example>', References: '<a@b.example> <c@d.example>' } }, tea);
    expect(await ofSpaak()).toEqual(before);
    const facts = async (person: string) => {
      const { status, unread, related, quarantined } = await conversation(person, 0, tea, linden);
      const [message] = await tea.thread(person);
      return { status, unread, related, quarantined, fromStranger: message!.fromStranger, flags: message!.mail!.flags };
    };
    expect(await facts(outsider)).toEqual(await facts(other));
    expect((await facts(outsider)).related).toEqual([]);
  });

  describe('A6: the same again and again', () => {
    it('shows the first mail of an id as it was, and marks what came under it later', async () => {
      const person = stranger();
      const messageId = `<once-${String(people)}@elsewhere.example>`;
      await raw({ from: person, messageId, text: 'The first.' });
      await raw({ from: person, messageId, text: 'The second.' });
      await raw({ from: person, messageId, text: 'The first.' });
      const ids = await help.conversationIds(person);
      const threads = await Promise.all(ids.map((_id, nth) => help.thread(person, nth)));
      const all = threads.flat();
      expect(all.map(({ text }) => text.trim()).sort()).toEqual(['The first.', 'The second.']);
      expect(all.find(({ text }) => text.startsWith('The second'))!.mail!.flags).toContain('id_reused');
      expect(all.find(({ text }) => text.startsWith('The first'))!.mail!.flags).not.toContain('id_reused');
    });

    it('keeps a flood of one person out of the inbox, and loses nothing of it', async () => {
      const person = stranger();
      for (let mail = 0; mail < FLOOD_MAILS; mail += 1) expect(await help.post(rawMail({ from: person, text: 'Now!' }))).toBe(200);
      await world.drain();
      const taken = (await Promise.all((await help.conversationIds(person)).map((_id, nth) => help.thread(person, nth)))).flat();
      expect(taken).toHaveLength(FLOOD_LETS_THROUGH);
      const aside = await world.rows("select 1 from delivery where problem = 'flood' and quarantined_at is not null");
      expect(aside).toHaveLength(FLOOD_MAILS - FLOOD_LETS_THROUGH);
      const other = somebody();
      await mailed(other);
      expect(await texts(other)).toEqual(['Is it ready?']);
    });
  });

  it('A8: a mail that says it is signed shows no badge, and hides nothing of what is outside the signature', async () => {
    const person = stranger();
    const body = [
      '--b',
      'Content-Type: text/plain',
      '',
      'Outside.',
      '--b',
      'Content-Type: multipart/signed; protocol="application/pgp-signature"; micalg=pgp-sha256; boundary=s',
      '',
      '--s',
      'Content-Type: text/plain',
      '',
      'Inside.',
      '--s',
      'Content-Type: application/pgp-signature; name=signature.asc',
      '',
      '-----BEGIN PGP SIGNATURE-----',
      'not one',
      '-----END PGP SIGNATURE-----',
      '--s--',
      '--b--',
    ].join('\r\n');
    await help.post(structuredMail({ from: person, type: 'multipart/mixed; boundary=b', body }));
    await world.drain();
    const [message] = await help.thread(person);
    expect(message!.fullText ?? message!.text).toMatch(/Outside\.[^]*Inside\./);
    expect(Object.keys(message!.mail!).filter((key) => /sign|verif|badge|pgp|smime/i.test(key))).toEqual([]);
    expect(message!.mail).toMatchObject({ authentication: { verdict: 'none' }, flags: [] });
  });

  it.each<[string, Record<string, string>]>([
    ['the finding of a server that is not ours', { 'Authentication-Results': 'mx.spaak.example; dmarc=pass header.from=mail.example' }],
    ['the finding of a server of our own name', { 'Authentication-Results': '127.0.0.1; dkim=pass header.d=mail.example; dmarc=pass' }],
    ['a seal of its own making', { 'ARC-Authentication-Results': 'i=1; google.com; dmarc=pass header.from=mail.example' }],
    ['another tenant', { 'X-Tenant': 'Linden Tea', 'X-Omnidesk-Tenant': 'Linden Tea', 'Delivered-To': 'hello@linden.example' }],
    ['a word of our own', { 'X-Spam': 'no', 'X-Omnidesk-Verdict': 'pass', 'X-Loop': 'no' }],
    ['where it came from', { 'Return-Path': '<person@mail.example>', Received: 'from mail.example by mx.spaak.example' }],
  ])('A9: headers that anybody can write are not believed: %s', async (_name, headers) => {
    const person = somebody();
    await raw({ from: person, headers });
    expect(await conversation(person)).toMatchObject({ quarantined: true });
    expect((await help.thread(person))[0]!.mail!.authentication).toMatchObject({ verdict: 'fail' });
    expect(await tea.conversationIds(person)).toEqual([]);
  });

  describe('A10: a name that is not his', () => {
    const EVIL = 'evil@elsewhere.example';
    it.each([
      ['an address as a name', '"Owner <owner0@spaak-bikes.example>"'],
      ['an address and a comment', '"help@spaak.example" (help@spaak.example)'],
      ['a name that turns around', '"\u202eelpmaxe.kaaps@pleh\u202c"'],
      ['a name with letters that are not seen', '"Ow\u200bner\u2060 of\ufeff Spaak Bikes"'],
    ])('shows the real address beside %s', async (_name, name) => {
      const from = EVIL.replace('evil', `evil${String(people++)}`);
      await raw({ from: `${name} <${from}>` });
      const [message] = await help.thread(from);
      expect(message!.mail!.from!.address).toBe(from);
      for (const text of [message!.author.name, message!.mail!.from!.name ?? '', (await conversation(from)).contact.name]) {
        expect(text).not.toMatch(/[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\p{Cc}]/u);
      }
    });

    it('marks who calls himself as one of the agents', async () => {
      const from = stranger();
      await raw({ from: `"Owner of Spaak Bikes" <${from}>` });
      expect((await help.thread(from))[0]!.mail!.flags).toContain('looks_like_agent');
    });

    it('keeps a domain that only looks like another apart from it', async () => {
      const [real, alike] = ['anna@paypal.example', 'anna@p\u0430ypal.example'];
      await raw({ from: real });
      await raw({ from: alike });
      expect(await help.conversationIds(real)).toHaveLength(1);
      const people = await world.rows<{ id: string }>(
        "select distinct contact_id as id from contact_identity where external_id like 'anna@%ypal.example' or external_id like 'anna@xn--%'",
      );
      expect(people.length).toBe(2);
    });
  });

  describe('A12: machines that answer each other', () => {
    beforeAll(async () => {
      const settings = { autoReply: { on: true, text: 'We have your message.' } };
      expect((await spaak.owner.patch(`/api/connections/${help.connectionId}/mailbox`, settings)).status).toBe(200);
    });
    afterAll(async () => {
      const settings = { autoReply: { on: false, text: '' } };
      expect((await spaak.owner.patch(`/api/connections/${help.connectionId}/mailbox`, settings)).status).toBe(200);
    });

    it('are through within three rounds, though one of them does not say what it is', async () => {
      const machine = somebody();
      world.simulator.setMailHabits(machine, { answersBlindly: true });
      await mailed(machine);
      const got = world.simulator.mailTo(machine).length;
      expect(got).toBeGreaterThan(0);
      expect(got).toBeLessThanOrEqual(3);
      await answer(machine, 'A person writes.');
      expect(world.simulator.mailTo(machine).length).toBeLessThanOrEqual(got + 4);
    });

    it('fill nobody’s mailbox, though each mail of theirs begins anew', async () => {
      const victim = somebody();
      for (let mail = 0; mail < 3 * AUTOMATIC_MAX; mail += 1) {
        await world.simulator.sendMail({
          from: victim,
          to: help.address,
          subject: `Attacker’s words ${String(mail)}`,
          text: 'Attacker’s words',
        });
      }
      await world.drain();
      const got = world.simulator.mailTo(victim);
      expect(got.length).toBeGreaterThan(0);
      expect(got.length).toBeLessThanOrEqual(AUTOMATIC_MAX);
      for (const { raw: bytes } of got) expect(bytes.toString('latin1')).not.toMatch(/Attacker/);
    });

    it('are not started by our own mail that comes back', async () => {
      const before = world.simulator.mailTo(help.address).length;
      const ways: Record<string, string>[] = [{}, { 'Auto-Submitted': 'auto-replied' }];
      for (const headers of ways) {
        await raw({ from: help.address, headers });
        await raw({ from: help.address, to: `${help.address}, ${help.address}`, headers: { Cc: help.address, ...headers } });
      }
      await world.drain();
      expect(world.simulator.mailTo(help.address)).toHaveLength(before);
    });
  });

  it('A14: whoever finds a reply address in public may say something in his own name, and learns nothing', async () => {
    const customer = somebody();
    await mailed(customer);
    const sent = await answer(customer, 'Your code is 4711.');
    const before = await conversation(customer);
    const finder = stranger();
    await raw({ from: finder, to: sent.replyTo ?? help.address, text: 'What was said here?', headers: { 'In-Reply-To': sent.messageId } });
    const last = (await help.thread(customer)).at(-1)!;
    expect(last).toMatchObject({ text: expect.stringContaining('What was said here?') as string, fromStranger: true });
    expect(last.mail!.from!.address).toBe(finder);
    const after = await conversation(customer);
    expect(after.contact).toEqual(before.contact);
    expect(after.mail!.replyAddress).toBe(customer);
    expect(after.mail!.others).not.toContain(finder);
    const next = await answer(customer, 'For the customer.');
    expect(next.raw.toString('latin1')).not.toContain('What was said here?');
    expect(world.simulator.mailTo(finder)).toEqual([]);
    const token = (sent.replyTo ?? '').split('@')[0]!;
    for (const path of [`/api/conversations/${token}`, `/api/conversations/${after.id}`, `/api/conversations/${after.id}/messages`]) {
      expect((await world.client().get(path)).status).toBe(401);
    }
  });

  it('loses none of it: whatever was sent above is a message, or set aside with a reason', async () => {
    expect(await world.rows('select 1 from delivery where quarantined_at is null')).toEqual([]);
    expect(await world.rows('select 1 from delivery where quarantined_at is not null and problem is null')).toEqual([]);
  });

  describe('C5: mails made to be too much', () => {
    const parts = (count: number) => '--b\r\n\r\nx\r\n'.repeat(count);
    const nested = (depth: number) =>
      Array.from(
        { length: depth },
        (_, at) => `--b${String(at)}\r\nContent-Type: multipart/mixed; boundary=b${String(at + 1)}\r\n\r\n`,
      ).join('');
    it.each([
      ['a hundred thousand parts', { type: 'multipart/mixed; boundary=b', body: `${parts(100_000)}--b--` }],
      ['parts a thousand deep', { type: 'multipart/mixed; boundary=b0', body: nested(1000) }],
      ['a header line of a megabyte', { headers: [`X-Long: CANARY${'x'.repeat(1024 * 1024)}`], body: 'x' }],
      ['a hundred thousand headers', { headers: Array.from({ length: 100_000 }, () => 'X-A-Long-Name: y'), body: 'x' }],
    ])('sets %s aside whole, with the reason, and writes nothing else', async (_name, shape) => {
      const before = await rowCounts(world);
      expect(await help.post(structuredMail({ from: stranger(), ...shape }))).toBe(200);
      await world.drain();
      const after = await rowCounts(world);
      const changed = Object.keys(after).filter((table) => after[table] !== before[table]);
      // That the quarantine grew is told to the tenant's screens.
      expect(changed.filter((table) => !/delivery|feed_line/.test(table))).toEqual([]);
      const [row] = await world.rows<{ problem: string }>('select problem from delivery order by id desc limit 1');
      expect(row!.problem).toMatch(/^(too_many_parts|header_too_large)$/);
      expect((await placesHolding(world, 'CANARY')).filter((place) => place === 'log')).toEqual([]);
      const next = somebody();
      await mailed(next);
      expect(await texts(next)).toEqual(['Is it ready?']);
    });

    it('opens no archive and decodes no picture: they are kept as they came', async () => {
      const person = stranger();
      const bomb = Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(100_000)]);
      const picture = hugePicture();
      const body = [
        ...['--b', 'Content-Type: application/zip; name=42.zip', 'Content-Transfer-Encoding: base64', '', bomb.toString('base64')],
        ...['--b', 'Content-Type: image/png; name=a.png', 'Content-Transfer-Encoding: base64', '', picture.toString('base64'), '--b--'],
      ].join('\r\n');
      await help.post(structuredMail({ from: person, type: 'multipart/mixed; boundary=b', body }));
      await world.drain();
      const [message] = await help.thread(person);
      expect(message!.attachments).toMatchObject([
        { name: '42.zip', sizeBytes: bomb.length, state: 'stored' },
        { name: 'a.png', sizeBytes: picture.length, state: 'stored' },
      ]);
    });
  });
});

/** A picture of fifty thousand by fifty thousand points, as its header says. */
function hugePicture(): Buffer {
  const header = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
  header.writeUInt32BE(50_000, 16);
  header.writeUInt32BE(50_000, 20);
  return header;
}
