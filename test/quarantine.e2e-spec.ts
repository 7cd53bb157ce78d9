import type { Conversation, Message, Page, QuarantinedCount, QuarantinedDelivery, Released } from '#contract';
import { connectMailbox, type Mailbox } from './mailbox.js';
import { postMail } from './post-mail.js';
import { rawMail } from './raw-mail.js';
import { changeRecording } from './recording-rules.js';
import { rowCounts, storedFiles } from './stores.js';
import { type Tenant, World } from './world.js';

const MIB = 1024 * 1024;

/** What cannot be taken in lies in quarantine with its bytes and the reason, for its own tenant to look at, let in, try again or end. */
describe('the quarantine', () => {
  let world: World;
  let spaak: Tenant;
  let linden: Tenant;
  let help: Mailbox;
  let tea: Mailbox;

  beforeAll(async () => {
    world = await World.open();
    spaak = await world.tenant(0);
    linden = await world.tenant(1);
    help = await connectMailbox(world, spaak, { address: 'help@spaak.example' });
    tea = await connectMailbox(world, linden, { address: 'hello@linden.example' });
  });
  afterAll(() => world.close());
  afterEach(async () => {
    await world.rows('delete from delivery');
  });

  const list = async (tenant = spaak, query = '') => (await tenant.owner.get<Page<QuarantinedDelivery>>(`/api/quarantine${query}`)).body;
  const only = async () => {
    const { items } = await list();
    expect(items).toHaveLength(1);
    return items[0]!;
  };
  /** A bounce that proves nothing: always set aside. */
  const forgedBounce = (nth = 0, more: Parameters<typeof rawMail>[0] = { from: 'mailer-daemon@mx.example' }) =>
    rawMail({
      subject: `Undelivered Mail Returned to Sender ${String(nth)}`,
      headers: { 'Return-Path': '<>', 'X-Failed-Recipients': 'somebody@mail.example' },
      text: `It was not delivered ${String(nth)}.`,
      ...more,
    });
  const arrives = async (raw: Buffer, mailbox = help) => {
    await postMail(world, mailbox, raw);
    await world.drain();
  };
  const tooLarge = (from: string) =>
    Buffer.concat([rawMail({ from, subject: 'Large', text: 'begins' }), Buffer.alloc(50 * MIB - 1000, 'x\r\n')]);
  const manyParts = (from: string, subject = 'Many parts') =>
    Buffer.from(
      `From: Anna de Vries <${from}>\r\nSubject: ${subject}\r\nDate: Tue, 3 Nov 2026 09:12:04 +0100\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\n\r\nx\r\n'.repeat(1100)}--b--\r\n`,
    );

  it('shows what was set aside, newest first, with the reason in words and what of the header can be read', async () => {
    await arrives(manyParts('anna@mail.example', '=?utf-8?q?Vraag_over_caf=C3=A9?='));
    await arrives(forgedBounce());
    const { items, nextCursor } = await list();
    expect(nextCursor).toBeNull();
    expect(items).toMatchObject([
      { code: 'unmatched_bounce', connection: { id: help.connectionId }, canRelease: true },
      {
        code: 'too_many_parts',
        message: expect.stringContaining('parts') as string,
        mail: { from: 'anna@mail.example', subject: 'Vraag over café', date: '2026-11-03T08:12:04.000Z' },
      },
    ]);
    expect(items[1]!.sizeBytes).toBe(manyParts('anna@mail.example', '=?utf-8?q?Vraag_over_caf=C3=A9?=').length);
    expect(await help.conversationIds('anna@mail.example')).toEqual([]);
  });

  it('is read page by page', async () => {
    for (let nth = 0; nth < 5; nth++) await postMail(world, help, forgedBounce(nth));
    await world.drain();
    const first = await list(spaak, '?limit=2');
    const second = await list(spaak, `?limit=2&cursor=${first.nextCursor!}`);
    const third = await list(spaak, `?limit=2&cursor=${second.nextCursor!}`);
    const subjects = [first, second, third].flatMap(({ items }) => items.map(({ mail }) => mail!.subject.at(-1)));
    expect(subjects).toEqual(['4', '3', '2', '1', '0']);
    expect(third.nextCursor).toBeNull();
    expect((await spaak.owner.get('/api/quarantine?cursor=x')).body).toMatchObject({ error: { code: 'bad_cursor' } });
  });

  it('tells the screens when one comes and when one goes', async () => {
    const changes = () =>
      world.rows<{ type: string }>("select type from feed_line where type = 'quarantine_changed' and tenant_id = $1", [spaak.id]);
    const before = (await changes()).length;
    await arrives(forgedBounce());
    expect((await changes()).length).toBe(before + 1);
    await spaak.owner.delete(`/api/quarantine/${(await only()).id}`);
    expect((await changes()).length).toBe(before + 2);
  });

  it('hands out the raw mail byte by byte, to be saved and never to be shown', async () => {
    const raw = forgedBounce();
    await arrives(raw);
    const answer = await spaak.owner.get<string>(`/api/quarantine/${(await only()).id}/raw`);
    expect(answer.status).toBe(200);
    expect(answer.body).toBe(raw.toString());
    expect(answer.headers.get('content-type')).toContain('message/rfc822');
    expect(answer.headers.get('content-disposition')).toMatch(/^attachment/);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('lets one in as a conversation with a notice and the mail as a file, and is rid of it', async () => {
    const raw = manyParts('bert@mail.example', 'My bike');
    await arrives(raw);
    const released = await spaak.owner.post<Released>(`/api/quarantine/${(await only()).id}/release`, {});
    expect(released.status).toBe(200);
    const { conversationId } = released.body;
    expect((await spaak.owner.get<Conversation>(`/api/conversations/${conversationId}`)).body).toMatchObject({
      subject: 'My bike',
      contact: { name: 'Anna de Vries' },
      status: 'open',
      unread: true,
    });
    const { items } = (await spaak.owner.get<Page<Message>>(`/api/conversations/${conversationId}/messages`)).body;
    expect(items).toMatchObject([
      { text: expect.stringContaining('more parts than any') as string, attachments: [{ name: 'mail.eml', sizeBytes: raw.length }] },
    ]);
    expect((await spaak.owner.get<string>(items[0]!.attachments[0]!.url!)).body).toBe(raw.toString());
    expect((await list()).items).toEqual([]);
    await world.drain();
    expect(world.simulator.mailTo('bert@mail.example')).toEqual([]);
  });

  it('lets a mail in of which not even the sender can be read', async () => {
    await arrives(
      Buffer.from(`\0\0garbage ${'--b\r\n'.repeat(3)}Content-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\n\r\nx\r\n'.repeat(1100)}`),
    );
    const { items } = await list();
    for (const { id } of items) expect((await spaak.owner.post(`/api/quarantine/${id}/release`, {})).status).toBe(200);
    expect((await list()).items).toEqual([]);
  });

  it('tries one again, and all of one reason', async () => {
    for (let nth = 0; nth < 3; nth++) await postMail(world, help, forgedBounce(nth));
    await arrives(manyParts('carl@mail.example'));
    const [newest] = (await list()).items;
    expect((await spaak.owner.post(`/api/quarantine/${newest!.id}/retry`, {})).status).toBe(204);
    expect((await list()).items).toHaveLength(3);
    await world.drain();
    expect((await list()).items).toHaveLength(4);
    const again = await spaak.owner.post<QuarantinedCount>('/api/quarantine/retry', { code: 'unmatched_bounce' });
    expect(again).toMatchObject({ status: 200, body: { count: 3 } });
    expect((await list()).items).toMatchObject([{ code: 'too_many_parts' }]);
    await world.drain();
    expect((await list()).items).toHaveLength(4);
  });

  it('reads one anew when what stopped it is gone', async () => {
    const raw = rawMail({ from: 'dora@mail.example', text: 'It works after all.' });
    await postMail(world, help, raw);
    await world.rows("update delivery set quarantined_at = now(), problem = 'broken', attempts = 9, failures = 3");
    await world.drain();
    expect(await help.conversationIds('dora@mail.example')).toEqual([]);
    expect((await spaak.owner.post(`/api/quarantine/${(await only()).id}/retry`, {})).status).toBe(204);
    await world.drain();
    expect((await help.thread('dora@mail.example')).map(({ text }) => text.trim())).toEqual(['It works after all.']);
    expect(await world.rows('select 1 from delivery')).toEqual([]);
  });

  it('ends one, and all of one reason, bytes and all', async () => {
    const files = (await storedFiles(world)).length;
    for (let nth = 0; nth < 3; nth++) await postMail(world, help, forgedBounce(nth));
    await arrives(tooLarge('erik@mail.example'));
    expect((await storedFiles(world)).length).toBe(files + 1);
    const [large] = (await list()).items;
    expect(large!.mail).toMatchObject({ from: 'erik@mail.example', subject: 'Large' });
    expect((await spaak.owner.delete(`/api/quarantine/${large!.id}`)).status).toBe(204);
    expect((await storedFiles(world)).length).toBe(files);
    expect((await spaak.owner.delete('/api/quarantine')).status).toBe(400);
    const gone = await spaak.owner.delete<QuarantinedCount>('/api/quarantine?code=unmatched_bounce');
    expect(gone.body).toEqual({ count: 3 });
    expect(await world.rows('select 1 from delivery')).toEqual([]);
  });

  it('shows nothing of what the recording policy forbids, and keeps the mail', async () => {
    await changeRecording(world, linden, { mail_headers: 'never', message_text: 'never' });
    await arrives(forgedBounce(), tea);
    expect((await list(linden)).items).toMatchObject([{ mail: { from: null, subject: '' } }]);
  });

  it('takes one in once when it is let in and tried again at the same moment, and only one of the two is done', async () => {
    const conversations = async () => (await world.rows('select 1 from conversation')).length;
    for (let round = 0; round < 20; round++) {
      const before = await conversations();
      await postMail(world, help, rawMail({ from: `both${String(round)}@mail.example`, text: 'Only once.' }));
      await world.rows("update delivery set quarantined_at = now(), problem = 'broken', attempts = 9, failures = 3");
      const { id } = await only();
      const answers = await Promise.all([
        spaak.owner.post(`/api/quarantine/${id}/release`, {}),
        spaak.owner.post(`/api/quarantine/${id}/retry`, {}),
      ]);
      await world.drain();
      const done = answers.map(({ status }) => status).toSorted();
      const opened = (await conversations()) - before;
      expect({ round, done, opened }).toEqual({ round, done: [answers[0].status === 200 ? 200 : 204, 404], opened: 1 });
      expect(await world.rows('select 1 from delivery')).toEqual([]);
    }
  });

  it('lets one in once, and ends it or lets it in, when two do so at the same moment', async () => {
    for (let round = 0; round < 10; round++) {
      await arrives(manyParts(`twice${String(round)}@mail.example`));
      const { id } = await only();
      const path = `/api/quarantine/${id}`;
      const other = round % 2 === 0 ? spaak.owner.delete(path) : spaak.owner.post(`${path}/release`, {});
      const [first, second] = await Promise.all([spaak.owner.post(`${path}/release`, {}), other]);
      const isLetIn = first.status === 200 || (round % 2 === 1 && second.status === 200);
      expect([first.status, second.status].filter((status) => status < 300)).toHaveLength(1);
      expect(await help.conversationIds(`twice${String(round)}@mail.example`)).toHaveLength(isLetIn ? 1 : 0);
      expect((await list()).items).toEqual([]);
    }
  });

  it('numbers nothing: what one tenant sees does not tell how much another has', async () => {
    await arrives(forgedBounce());
    for (let nth = 0; nth < 5; nth++) await postMail(world, tea, forgedBounce(nth));
    await world.drain();
    await arrives(forgedBounce(1));
    const numbers = (await world.rows<{ id: string }>('select id from delivery')).map(({ id }) => id);
    const { items, nextCursor } = await list(spaak, '?limit=1');
    const raw = await spaak.owner.get(`/api/quarantine/${items[0]!.id}/raw`);
    const { body } = await spaak.owner.post<Released>(`/api/quarantine/${items[0]!.id}/release`, {});
    const [message] = await world.rows<{ external_id: string }>('select external_id from message where conversation_id = $1', [
      body.conversationId,
    ]);
    const seen = [items[0]!.id, Buffer.from(nextCursor!, 'base64url').toString(), raw.headers.get('content-disposition')!];
    for (const said of [...seen, message!.external_id])
      for (const number of numbers) expect(said.split(/[^\da-z]+/i)).not.toContain(number);
    expect(new Set(items.map(({ id }) => id.length))).toEqual(new Set([64]));
    for (const number of numbers) expect((await spaak.owner.get(`/api/quarantine/${number}/raw`)).status).toBe(404);
  });

  it('is another tenant’s in nothing: not to see, not to hand out, not to change', async () => {
    await arrives(forgedBounce());
    const { id } = await only();
    expect((await list(linden)).items).toEqual([]);
    const before = await rowCounts(world);
    const answers = await Promise.all([
      linden.owner.get(`/api/quarantine/${id}/raw`),
      linden.owner.post(`/api/quarantine/${id}/retry`, {}),
      linden.owner.post(`/api/quarantine/${id}/release`, {}),
      linden.owner.delete(`/api/quarantine/${id}`),
      spaak.owner.delete('/api/quarantine/0'),
      spaak.owner.delete('/api/quarantine/x'),
      spaak.owner.get('/api/quarantine/999999999999999999999/raw'),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 404));
    expect((await linden.owner.delete('/api/quarantine?code=unmatched_bounce')).body).toEqual({ count: 0 });
    expect((await linden.owner.post('/api/quarantine/retry', {})).body).toEqual({ count: 0 });
    expect(await rowCounts(world)).toEqual(before);
  });

  it('takes the sixty-first mail of one person in ten minutes aside, and lets it through when somebody says so', async () => {
    for (let nth = 0; nth < 65; nth++)
      await postMail(world, help, rawMail({ from: 'machine@mail.example', subject: `Alarm ${String(nth)}` }));
    await postMail(world, help, rawMail({ from: 'frans@mail.example', subject: 'A person' }));
    await world.drain();
    expect(await help.conversationIds('machine@mail.example')).toHaveLength(60);
    expect(await help.conversationIds('frans@mail.example')).toHaveLength(1);
    expect((await list()).items.map(({ code }) => code)).toEqual(Array.from({ length: 5 }, () => 'flood'));
    expect((await spaak.owner.post('/api/quarantine/retry', { code: 'flood' })).body).toEqual({ count: 5 });
    await world.drain();
    expect(await help.conversationIds('machine@mail.example')).toHaveLength(65);
    expect((await list()).items).toEqual([]);
  });
});
