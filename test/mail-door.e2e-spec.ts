import { createTransport } from 'nodemailer';
import { signInbound } from '#channels';
import { until } from './killable-server.js';
import { knock } from './knock.js';
import { connectMailbox, type Mailbox } from './mailbox.js';
import { rawMail } from './raw-mail.js';
import { rowCounts } from './stores.js';
import { type Tenant, World } from './world.js';

const MIB = 1024 * 1024;
const MAIL_BYTES_MAX = 50 * MIB;

/** Whatever is posted at a mailbox's door: a clear answer, nothing lost, and the next mail is read as if nothing had happened. */
describe('the webhook of a mailbox', () => {
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

  const somebody = () => `person${String(people++)}@mail.example`;
  const seconds = (ms = world.clock.now().getTime()) => String(Math.floor(ms / 1000));
  const post = (body: Buffer, { url = help.webhookUrl, secret = help.secret, timestamp = seconds(), isChunked = false } = {}) =>
    knock(url, {
      body,
      isChunked,
      headers: {
        'content-type': 'message/rfc822',
        'x-omnidesk-timestamp': timestamp,
        'x-omnidesk-signature': signInbound(body, secret, timestamp),
      },
    });
  const quarantined = async () =>
    (await world.rows<{ problem: string }>('select problem from delivery where quarantined_at is not null order by id')).map(
      ({ problem }) => problem,
    );
  const nextIsUnaffected = async () => {
    const person = somebody();
    expect((await post(rawMail({ from: person, text: 'An ordinary mail.' }))).status).toBe(200);
    await world.drain();
    expect((await help.thread(person)).map(({ text }) => text.trim())).toEqual(['An ordinary mail.']);
  };

  it('takes what is signed with the mailbox’s secret now', nextIsUnaffected);

  it('refuses everything else with one and the same answer, and stores nothing', async () => {
    const mail = rawMail({ from: somebody() });
    const now = seconds();
    const signature = signInbound(mail, help.secret, now);
    const headers = { 'content-type': 'message/rfc822', 'x-omnidesk-timestamp': now, 'x-omnidesk-signature': signature };
    const late = seconds(world.clock.now().getTime() - 301_000);
    const early = seconds(world.clock.now().getTime() + 310_000);
    const before = await rowCounts(world);
    const refused = await Promise.all([
      knock(help.webhookUrl, { body: mail, headers: { 'content-type': 'message/rfc822' } }),
      knock(help.webhookUrl, { body: mail, headers: { ...headers, 'x-omnidesk-signature': '' } }),
      knock(help.webhookUrl, { body: mail, headers: { ...headers, 'x-omnidesk-signature': signature.slice(0, -1) } }),
      knock(help.webhookUrl, { body: mail, headers: { ...headers, 'x-omnidesk-signature': `sha256=${signature.slice(7).toUpperCase()}` } }),
      knock(help.webhookUrl, { body: Buffer.concat([mail, Buffer.from(' ')]), headers }),
      knock(help.webhookUrl, { body: mail, headers: { ...headers, 'x-omnidesk-timestamp': String(Number(now) + 1) } }),
      knock(help.webhookUrl, { body: mail, headers: { ...headers, 'x-omnidesk-timestamp': `${now}.0` } }),
      post(mail, { secret: 'another secret' }),
      post(mail, { secret: '' }),
      post(mail, { timestamp: late }),
      post(mail, { timestamp: early }),
      post(mail, { url: `${world.server.url}/webhooks/email/${'0'.repeat(30)}` }),
      post(mail, { url: `${world.server.url}/webhooks/email/${'0'.repeat(30)}`, secret: 'a key nobody has' }),
      post(mail, { url: `${world.server.url}/webhooks/email/help@spaak.example` }),
    ]);
    expect(refused.map(({ status }) => status)).toEqual(refused.map(() => 401));
    expect(new Set(refused.map(({ body }) => body)).size).toBe(1);
    expect(await rowCounts(world)).toEqual(before);
  });

  it('refuses the mail of one mailbox at the door of another', async () => {
    const desk = await connectMailbox(world, spaak, { address: 'desk@spaak.example' });
    expect((await post(rawMail({ from: somebody() }), { secret: desk.secret })).status).toBe(401);
  });

  it('says that there is no mail in an empty request', async () => {
    const answer = await post(Buffer.alloc(0));
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body)).toMatchObject({ error: { code: 'empty' } });
  });

  it('takes a mail of nothing but line ends, and goes on', async () => {
    expect((await post(Buffer.from('\r\n\r\n'))).status).toBe(200);
    await world.drain();
    expect(await quarantined()).toEqual([]);
    expect(await world.rows("select 1 from contact_identity where external_id = 'unknown@invalid'")).toHaveLength(1);
    await nextIsUnaffected();
  });

  it('knows a mail without Message-ID again when it comes twice, and tells two such mails apart', async () => {
    const person = somebody();
    const mail = rawMail({ from: person, messageId: null, text: 'No id.' });
    for (const body of [mail, mail, rawMail({ from: person, messageId: null, text: 'No id either.' })]) {
      expect((await post(body)).status).toBe(200);
      await world.drain();
    }
    const texts = [...(await help.thread(person, 0)), ...(await help.thread(person, 1))].map(({ text }) => text.trim());
    expect(texts).toEqual(['No id.', 'No id either.']);
  });

  it.each<[string, (from: string) => Buffer]>([
    ['a thousand parts', (from) => multipart(from, 1100)],
    ['a header of a megabyte', (from) => rawMail({ from, headers: { 'X-Long': 'x'.repeat(MIB) } })],
  ])('sets a mail with %s aside with its bytes and the reason, or reads it, and goes on', async (_name, make) => {
    const person = somebody();
    const mail = make(person);
    expect((await post(mail)).status).toBe(200);
    await world.drain();
    const isRead = (await help.conversationIds(person)).length === 1;
    expect(isRead ? ['read'] : await quarantined()).toEqual([expect.stringMatching(/^(read|too_many_parts|header_too_large)$/)]);
    await nextIsUnaffected();
    await world.rows('delete from delivery');
  });

  it('reads a mail of nine hundred parts whole', async () => {
    const person = somebody();
    expect((await post(multipart(person, 900))).status).toBe(200);
    await world.drain();
    const [message] = await help.thread(person);
    expect(message!.attachments.length).toBeGreaterThan(100);
    expect(await quarantined()).toEqual([]);
  });

  it('keeps the rest of a mail with NUL bytes, broken UTF-8 and ids longer than any', async () => {
    const person = somebody();
    const mail = Buffer.concat([
      rawMail({
        from: person,
        messageId: `<${'i'.repeat(5000)}@x>`,
        subject: 'a\0b',
        headers: { 'In-Reply-To': `<${'r'.repeat(5000)}@x>`, 'Content-ID': 'a\0b' },
      }),
      Buffer.from([0x62, 0x65, 0x00, 0xff, 0xfe, 0xed, 0xa0, 0x80, 0x66, 0x0a]),
    ]);
    expect((await post(mail)).status).toBe(200);
    await world.drain();
    expect(await quarantined()).toEqual([]);
    expect(await help.thread(person)).toHaveLength(1);
    await nextIsUnaffected();
  });

  it('refuses more than 50 MiB with 413, declared or not, and stores nothing of it', async () => {
    const before = await rowCounts(world);
    const large = Buffer.alloc(MAIL_BYTES_MAX + 1, 'x');
    for (const isChunked of [false, true]) {
      const answer = await post(large, { isChunked });
      expect(answer.status).toBe(413);
      expect(JSON.parse(answer.body)).toMatchObject({ error: { code: 'too_large' } });
    }
    expect(await rowCounts(world)).toEqual(before);
    await nextIsUnaffected();
  });

  it('keeps a mail of many megabytes until it is read, and nothing of it afterwards but its attachment', async () => {
    const person = somebody();
    const content = Buffer.alloc(10 * MIB, 'attached ');
    await world.simulator.sendMail({
      from: person,
      to: help.address,
      text: 'large',
      files: [{ name: 'a.bin', mediaType: 'application/octet-stream', content }],
    });
    // So much takes its time on a busy machine, and whoever sends it may have to try again, as mail servers do.
    await until('the mail is read', 20_000, async () => {
      world.simulator.retryNow();
      await world.drain();
      return (await help.conversationIds(person)).length > 0;
    });
    expect((await help.thread(person))[0]!.attachments).toMatchObject([{ name: 'a.bin', sizeBytes: content.length, state: 'stored' }]);
    expect(await world.rows('select 1 from delivery')).toEqual([]);
  });
});

function multipart(from: string, parts: number): Buffer {
  const part = (at: number) => [
    '--b',
    'Content-Type: text/plain',
    `Content-Disposition: attachment; filename="${String(at)}.txt"`,
    '',
    `part ${String(at)}`,
  ];
  return Buffer.from(
    [
      `From: ${from}`,
      'To: help@spaak.example',
      'Subject: many parts',
      `Message-ID: <parts-${String(parts)}@mail.example>`,
      'MIME-Version: 1.0',
      'Content-Type: multipart/mixed; boundary="b"',
      '',
      ...Array.from({ length: parts }, (_, at) => part(at)).flat(),
      '--b--',
      '',
    ].join('\r\n'),
  );
}

describe('the SMTP door', () => {
  let world: World;
  let spaak: Tenant;
  let help: Mailbox;
  let people = 0;

  beforeAll(async () => {
    world = await World.open({ SMTP_LISTEN: '127.0.0.1:0' });
    spaak = await world.tenant(0);
    help = await connectMailbox(world, spaak, { address: 'help@spaak.example' });
  });
  afterAll(() => world.close());

  const send = async (to: string, from: string) => {
    const transport = createTransport({ host: '127.0.0.1', port: world.server.smtpPort!, secure: false, ignoreTLS: true });
    try {
      return await transport.sendMail({ envelope: { from, to }, raw: rawMail({ from, to }) });
    } finally {
      transport.close();
    }
  };

  it.each(['help@spaak.example', 'HELP@Spaak.Example', 'help+anything@spaak.example'])('takes mail for %s', async (to) => {
    const from = `sender${String(people++)}@mail.example`;
    expect((await send(to, from)).response).toMatch(/^250/);
    await world.drain();
    expect(await help.conversationIds(from)).toHaveLength(1);
  });

  it('refuses mail for an address that nobody has here with 550', async () => {
    await expect(send('nobody@spaak.example', 'a@mail.example')).rejects.toMatchObject({ responseCode: 550 });
    expect(await world.rows('select 1 from delivery')).toEqual([]);
  });
});
