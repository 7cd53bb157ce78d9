import { simpleParser } from 'mailparser';
import type { Message, Page, Upload } from '#contract';
import { connectMailbox, type Mailbox } from './mailbox.js';
import { DOT } from './messenger-desk.js';
import { rawMail } from './raw-mail.js';
import { type Tenant, World } from './world.js';

/** What an answer by mail is made of: whom it names and whom not, what stands below it, and where answers to it come back. */
describe('an answer by mail', () => {
  let world: World;
  let spaak: Tenant;
  let linden: Tenant;
  let help: Mailbox;
  let people = 0;

  beforeAll(async () => {
    world = await World.open();
    spaak = await world.tenant(0);
    linden = await world.tenant(1);
    help = await connectMailbox(world, spaak, { address: 'help@spaak.example' });
    await world.drain();
  });
  afterAll(() => world.close());
  beforeEach(async () => {
    world.simulator.clearFaults();
    await world.rows('delete from mail_relay');
  });

  const person = () => `person${String(people++)}@mail.example`;
  const wrote = async (more: Partial<Parameters<World['simulator']['sendMail']>[0]> = {}) => {
    const from = person();
    await world.simulator.sendMail({ from, to: help.address, subject: 'My bike', text: 'Is it ready?', ...more });
    await world.drain();
    return from;
  };
  const conversationOf = async (from: string) => (await help.conversationIds(from)).at(-1)!;
  const reply = async (from: string, body: object) =>
    spaak.owner.post<Message>(`/api/conversations/${await conversationOf(from)}/replies`, body);
  const answer = async (from: string, body: object) => {
    const answered = await reply(from, body);
    expect(answered).toMatchObject({ status: 202 });
    await world.drain();
    return answered.body;
  };
  const got = (from: string) => world.simulator.mailTo(from).at(-1)!;
  const read = async (from: string) => simpleParser(got(from).raw, { keepCidLinks: true } as object);
  const upload = async (name: string, bytes: Buffer, mediaType: string, client = spaak.owner) =>
    (await client.bytes<Upload>(`/api/uploads?name=${encodeURIComponent(name)}`, bytes, mediaType)).body.id;

  describe('and where answers and reports come back', () => {
    it('names an address with a token to answer to, under the mailbox’ name, and another for reports', async () => {
      const from = await wrote();
      await answer(from, { text: 'Tomorrow.' });
      const mail = await read(from);
      expect(mail.from!.value[0]!.address).toBe(help.address);
      expect(mail.replyTo!.value[0]!.address).toMatch(/^help\+r[a-z2-7]{42}@spaak\.example$/);
      expect(mail.replyTo!.value[0]!.name).not.toBe('');
      expect(got(from).envelopeFrom).toMatch(/^help\+b[a-z2-7]{48}@spaak\.example$/);
    });

    it('is found by the reply address alone, whatever else was lost', async () => {
      const from = await wrote();
      await answer(from, { text: 'Tomorrow.' });
      const to = (await read(from)).replyTo!.value[0]!.address!;
      await help.post(rawMail({ from, to, subject: 'Something else', text: 'Fine!' }));
      await world.drain();
      expect(await help.conversationIds(from)).toHaveLength(1);
      expect((await help.thread(from)).at(-1)).toMatchObject({ text: 'Fine!' });
    });

    it('goes out under the plain address where the server takes no other, at once, and is not tried with a token for a day', async () => {
      const from = await wrote();
      world.simulator.setFaults({ mail: [{ kind: 'sender_refused', times: 1 }] });
      await answer(from, { text: 'one' });
      expect(world.simulator.mailTo(from)).toHaveLength(1);
      expect(got(from).envelopeFrom).toBe(help.address);
      expect((await help.thread(from)).at(-1)).toMatchObject({ delivery: { state: 'sent', code: null } });
      await answer(from, { text: 'two' });
      expect(got(from).envelopeFrom).toBe(help.address);
      world.advance({ days: 1, minutes: 1 });
      await answer(from, { text: 'three' });
      expect(got(from).envelopeFrom).toMatch(/\+b/);
    });

    it('has no token where mail to such an address does not come in', async () => {
      await spaak.owner.patch(`/api/connections/${help.connectionId}/mailbox`, { plusAddressing: 'off' });
      const from = await wrote();
      await answer(from, { text: 'Plain.' });
      expect((await read(from)).replyTo).toBeUndefined();
      expect(got(from).envelopeFrom).toBe(help.address);
      await spaak.owner.patch(`/api/connections/${help.connectionId}/mailbox`, { plusAddressing: 'auto' });
    });

    it('goes to whom it was written for, also when somebody else of the conversation writes before it left', async () => {
      const from = await wrote();
      world.simulator.setFaults({ mail: [{ kind: 'busy', times: 1, domain: 'mail.example' }] });
      await answer(from, { text: 'for you' });
      await world.rows("update message set reply_address = 'elsewhere@other.example' where reply_address = $1", [from]);
      world.advance({ minutes: 2 });
      await world.drain();
      expect(got(from).text).toContain('for you');
      expect(world.simulator.mailTo('elsewhere@other.example')).toEqual([]);
    });

    it('gives Outlook back its own names for the thread', async () => {
      const from = person();
      const index = Buffer.alloc(22, 7).toString('base64');
      await help.post(rawMail({ from, subject: 'Bike', headers: { 'Thread-Index': index, 'Thread-Topic': 'Bike' } }));
      await world.drain();
      await answer(from, { text: 'Yes.' });
      const { headers } = await read(from);
      expect(headers.get('thread-index')).toBe(index);
      expect(headers.get('thread-topic')).toBe('Bike');
    });
  });

  describe('and who gets it', () => {
    it('is nobody’s business of those in blind copy: no header names them, to nobody', async () => {
      const from = await wrote();
      const [open, hidden] = [person(), person()];
      const { id } = await answer(from, { text: 'To all', cc: [open], bcc: [hidden] });
      for (const one of [from, open, hidden]) {
        const raw = got(one).raw.toString('latin1');
        expect(raw).toContain('To all');
        expect(raw.toLowerCase()).not.toContain('bcc');
        expect(raw).not.toContain(hidden);
        expect(raw).toContain(open);
      }
      const shown = (await help.thread(from)).find((message) => message.id === id)!;
      expect(shown).toMatchObject({ cc: [open], mail: { bcc: [hidden] } });
      expect(shown.mail!.to).toEqual([{ address: from, name: null }]);
    });

    it('is not kept in any form where the policy keeps no addresses', async () => {
      await recording('mail_headers', 'never');
      const from = await wrote();
      const hidden = person();
      await answer(from, { text: 'Hidden', bcc: [hidden], cc: [hidden.replace('person', 'open')] });
      expect(world.simulator.mailTo(hidden)).toHaveLength(1);
      const rows = await world.rows('select cc, bcc, mail_headers from message where direction = $1 order by created_at desc limit 1', [
        'out',
      ]);
      expect(rows).toEqual([{ cc: [], bcc: [], mail_headers: null }]);
      await recording('mail_headers', 'record');
    });

    it('is refused before it is stored where there is no address to answer to', async () => {
      const from = await wrote();
      await world.rows("update message set reply_address = 'unknown@invalid' where reply_address = $1", [from]);
      expect(await reply(from, { text: 'To nobody' })).toMatchObject({ status: 422, body: { error: { code: 'no_reply_address' } } });
    });

    it('is refused where mail does not arrive, for those in copy as well', async () => {
      const [from, other] = [await wrote(), person()];
      await world.rows(
        `insert into suppression (tenant_id, id, address, stream, reason, code, since, address_digest)
         values ($1, gen_random_uuid(), $2, 'replies', 'hard_bounce', 'user_unknown', now(), decode(repeat('00', 32), 'hex'))`,
        [spaak.id, other],
      );
      for (const copies of [{ cc: [other] }, { bcc: [other] }]) {
        expect(await reply(from, { text: 'x', ...copies })).toMatchObject({ status: 422, body: { error: { code: 'address_suppressed' } } });
      }
    });
  });

  describe('written as HTML', () => {
    it('carries its pictures inside, its words beside, and is shown here as it went out', async () => {
      const from = await wrote();
      const [picture, bill] = [await upload('dot.png', DOT, 'image/png'), await upload('bill.pdf', Buffer.from('%PDF'), 'application/pdf')];
      const html = `<p>Hello <b onclick="x()">you</b></p><p><img src="upload:${picture}" alt="dot"></p><script>steal()</script>`;
      const { id } = await answer(from, { html, attachmentIds: [picture, bill] });
      const mail = await read(from);
      const [inline, file] = mail.attachments;
      expect(mail.html).toContain(`src="cid:${inline!.cid!}"`);
      expect(inline).toMatchObject({ related: true, contentType: 'image/png', contentDisposition: 'inline' });
      expect(inline!.content.equals(DOT)).toBe(true);
      expect(file).toMatchObject({ filename: 'bill.pdf', contentDisposition: 'attachment' });
      expect(mail.html).toContain('<b>you</b>');
      expect(mail.html).not.toMatch(/script|onclick|upload:/);
      expect(mail.text).toContain('Hello you');
      const shown = (await help.thread(from)).find((message) => message.id === id)!;
      expect(shown.text).toContain('Hello you');
      expect(shown.attachments.map(({ name, inline: isInline }) => [name, isInline])).toEqual([
        ['dot.png', true],
        ['bill.pdf', false],
      ]);
      expect((await spaak.owner.get<string>(shown.htmlUrl!)).body).toContain(`src="data:image/png;base64,${DOT.toString('base64')}"`);
    });

    it('gets at no file but the agent’s own uploads of this very answer', async () => {
      const from = await wrote();
      const own = await upload('own.png', DOT, 'image/png');
      const foreign = await upload('foreign.png', DOT, 'image/png', linden.owner);
      const refused = { status: 422, body: { error: { code: 'no_such_upload' } } };
      const naming = (source: string) => `<p>x</p><img src="${source}">`;
      expect(await reply(from, { html: naming(`upload:${own}`) })).toMatchObject(refused);
      expect(await reply(from, { html: naming(`upload:${foreign}`), attachmentIds: [foreign] })).toMatchObject(refused);
      expect(await reply(from, { html: naming('cid:1'), attachmentIds: [own] })).toMatchObject(refused);
      expect(await reply(from, { html: naming('cid:picture@somewhere'), attachmentIds: [own] })).toMatchObject(refused);
      // Other ways to name a file are no pictures at all.
      await answer(from, {
        html: `${naming('file:///etc/passwd')}${naming('/api/attachments/1')}${naming('&#117;pload:1')}`,
        attachmentIds: [own],
      });
      const mail = await read(from);
      expect(mail.html).not.toMatch(/passwd|attachments|pload:/);
      expect(mail.attachments).toHaveLength(1);
    });

    it('that says nothing is no answer', async () => {
      const from = await wrote();
      expect(await reply(from, { html: '<p> </p><script>1</script>' })).toMatchObject({
        status: 422,
        body: { error: { code: 'nothing_said' } },
      });
    });
  });

  it('is signed by the agent and the mailbox, and the thread shows what really went out', async () => {
    await spaak.owner.patch('/api/profile', { signature: 'Piet <Spaak>' });
    await spaak.owner.patch(`/api/connections/${help.connectionId}/mailbox`, { signature: 'Spaak Bikes\nMain Street 1' });
    const from = await wrote();
    const { id } = await answer(from, { text: 'Done.' });
    const mail = await read(from);
    expect(mail.text).toContain('Done.\n\n-- \nPiet <Spaak>\n\nSpaak Bikes\nMain Street 1\n\n');
    expect(mail.html).toContain('-- <br>Piet &lt;Spaak&gt;<br><br>Spaak Bikes<br>Main Street 1');
    expect((await help.thread(from)).find((message) => message.id === id)).toMatchObject({
      text: 'Done.',
      fullText: 'Done.\n\n-- \nPiet <Spaak>\n\nSpaak Bikes\nMain Street 1',
    });
    await spaak.owner.patch('/api/profile', { signature: '' });
    await spaak.owner.patch(`/api/connections/${help.connectionId}/mailbox`, { signature: '' });
  });

  it('quotes what it answers as it looked, with the pictures that stood in it and no other file', async () => {
    const from = await wrote({
      text: 'See the picture',
      inlinePictures: [{ name: 'frame.png', mediaType: 'image/png', content: DOT }],
      files: [{ name: 'secret.pdf', mediaType: 'application/pdf', content: Buffer.from('%PDF secret') }],
    });
    await answer(from, { text: 'I see it.' });
    const mail = await read(from);
    expect(mail.attachments.map(({ filename }) => filename)).toEqual(['frame.png']);
    const [picture] = mail.attachments;
    expect(mail.html).toMatch(new RegExp(`<blockquote type="cite">.*See the picture.*src="cid:${picture!.cid!}"`, 's'));
    expect(mail.text).toContain('> See the picture');
  });

  it('never fetches from outside for who reads it: what was remote in the mail it quotes stays behind', async () => {
    const from = await wrote({ text: 'Look', html: '<p>Look</p><img src="https://track.example/pixel.png">' });
    await answer(from, { text: 'No.' });
    expect(got(from).raw.toString('latin1')).not.toContain('track.example');
  });

  async function recording(kind: string, mode: string): Promise<void> {
    await world.rows(
      `insert into recording_policy (tenant_id, version, rules, created_at)
       select tenant_id, version + 1, jsonb_set(rules, array['all', $2], to_jsonb($3::text)), now()
       from recording_policy where tenant_id = $1 order by version desc limit 1`,
      [spaak.id, kind, mode],
    );
  }

  it('of another tenant’s conversation is not there', async () => {
    const from = await wrote();
    const id = await conversationOf(from);
    expect((await linden.owner.post(`/api/conversations/${id}/replies`, { text: 'x', bcc: [person()] })).status).toBe(404);
    expect((await linden.owner.get<Page<Message>>(`/api/conversations/${id}/messages`)).status).toBe(404);
  });
});
