import { createHmac } from 'node:crypto';
import { createTransport } from 'nodemailer';
import { simpleParser } from 'mailparser';
import { MailDoor } from './smtp.js';
import { FaultDesk } from './faults.js';
import { ReceivingApp } from './receiving-app.js';
import type { Simulator } from './simulator.js';
import { startSimulator } from './start-simulator.js';

const SHOP = 'help@spaak.example';
const SANNE = 'sanne@mail.example';
const SECRET = 'inbound-secret';
const DEADLINE_MS = 5000;

let app: ReceivingApp;
let simulator: Simulator;

beforeEach(async () => {
  app = await ReceivingApp.start();
  simulator = await startSimulator({ port: 0, answerTimeoutMs: 300 });
  simulator.connectMailbox({ address: SHOP, webhookUrl: app.url, secret: SECRET });
});
afterEach(async () => {
  await simulator.close();
  await app.close();
});

/** What the shop sends, over the customers' own mail server. */
async function shopSends(mail: Record<string, unknown>): Promise<void> {
  const transport = createTransport({ url: simulator.smtpUrl, ignoreTLS: true });
  try {
    await transport.sendMail({ from: { name: 'Spaak Bikes', address: SHOP }, to: SANNE, ...mail });
  } finally {
    transport.close();
  }
}

describe('mail from a customer', () => {
  it('arrives as the raw mail, signed over the timestamp and exactly those bytes', async () => {
    const mail = await simulator.sendMail({
      from: SANNE,
      to: SHOP,
      subject: 'Slot kapot — één vraag',
      text: 'Hoi,\n\nhet slot gaat niet open.',
    });
    const [post] = app.posts;
    const timestamp = String(post?.headers['x-omnidesk-timestamp']);
    const mac = createHmac('sha256', SECRET)
      .update(`${timestamp}.`)
      .update(post?.body ?? '')
      .digest('hex');
    expect(post?.headers['x-omnidesk-signature']).toBe(`sha256=${mac}`);
    expect(post?.headers['content-type']).toBe('message/rfc822');
    expect(Math.abs(Number(timestamp) - simulator.clock.nowMs() / 1000)).toBeLessThan(5);
    const parsed = await simpleParser(post?.body ?? '');
    expect(parsed).toMatchObject({ subject: 'Slot kapot — één vraag', messageId: mail.messageId });
    expect(parsed.from?.text).toBe('"Sanne de Wit" <sanne@mail.example>');
    expect(mail.state).toBe('taken');
  });

  it('carries a file, and a picture inside its text', async () => {
    const content = Buffer.from('bytes');
    await simulator.sendMail({
      from: SANNE,
      to: SHOP,
      subject: 'Foto',
      text: 'Zie foto',
      inlinePictures: [{ name: 'slot.png', mediaType: 'image/png', content }],
      files: [{ name: 'bon.pdf', mediaType: 'application/pdf', content }],
    });
    const parsed = await simpleParser(app.posts[0]?.body ?? '', { keepCidLinks: true } as object);
    const [picture, file] = parsed.attachments;
    expect([picture?.filename, file?.filename]).toEqual(['slot.png', 'bon.pdf']);
    expect(parsed.html).toContain(`cid:${picture?.cid ?? 'none'}`);
    expect(file?.content.equals(content)).toBe(true);
  });

  it('goes to the mailbox behind a plus address too, once', async () => {
    await simulator.sendMail({ from: SANNE, to: 'help+t.abc@spaak.example', cc: [SHOP], subject: 'x', text: 'x' });
    expect(app.posts).toHaveLength(1);
  });

  it('comes back at once when nobody has that mailbox', async () => {
    const mail = await simulator.sendMail({ from: SANNE, to: 'nobody@spaak.example', subject: 'x', text: 'x' });
    expect([mail.state, mail.reason]).toEqual(['given_up', '550 no such mailbox: it is not connected']);
  });

  it('is tried again when the app has no answer, and not when it refuses', async () => {
    app.plan = [503, 'silence', 200];
    const mail = await simulator.sendMail({ from: SANNE, to: SHOP, subject: 'x', text: 'x' });
    expect([mail.state, mail.reason]).toEqual(['on_its_way', 'HTTP 503']);
    simulator.clock.advance({ seconds: 5 });
    await simulator.until(() => mail.reason === 'timeout', DEADLINE_MS);
    simulator.retryNow();
    await simulator.until(() => mail.state === 'taken', DEADLINE_MS);
    expect(new Set(app.posts.map((post) => post.body.toString('latin1'))).size).toBe(1);
    app.plan = [401];
    expect(await simulator.sendMail({ from: SANNE, to: SHOP, subject: 'y', text: 'y' })).toMatchObject({
      state: 'given_up',
      reason: 'HTTP 401',
    });
  });

  it('goes over SMTP when the mailbox is connected so', async () => {
    const taken: string[] = [];
    const door = new MailDoor(new FaultDesk(), (raw, envelope) => {
      taken.push(`${envelope.from} → ${envelope.to.join()}: ${String(/^Subject: .*$/m.exec(raw.toString()))}`);
      return Promise.resolve();
    });
    await door.listen(0);
    simulator.connectMailbox({ address: SHOP, smtpUrl: door.url });
    const mail = await simulator.sendMail({ from: SANNE, to: SHOP, subject: 'Over SMTP', text: 'x' });
    await door.close();
    expect([mail.state, taken]).toEqual(['taken', [`${SANNE} → ${SHOP}: Subject: Over SMTP`]]);
  });

  it('can be any bytes at all', async () => {
    app.plan = [422];
    const raw = Buffer.from([0x00, 0xff, 0x0a]);
    expect(await simulator.rawMail(SHOP, raw)).toEqual({ outcome: 'refused', answer: 'HTTP 422' });
    expect(app.posts[0]?.body.equals(raw)).toBe(true);
  });
});

describe('mail to a customer', () => {
  it('is received over SMTP and read, in the customer’s own mailbox only', async () => {
    const arrival = simulator.waitForMail((mail) => mail.subject === 'Uw fiets', DEADLINE_MS);
    await shopSends({ subject: 'Uw fiets', text: 'Klaar!', html: '<p>Klaar!</p>', attachments: [{ filename: 'bon.txt', content: 'x' }] });
    expect(await arrival).toMatchObject({
      owner: SANNE,
      text: 'Klaar!',
      from: { name: 'Spaak Bikes', address: SHOP },
      files: [{ name: 'bon.txt' }],
    });
    expect(simulator.mailTo(SANNE)).toHaveLength(1);
    expect(simulator.mailTo('tomas@mail.example')).toEqual([]);
  });

  it('belongs to the exchange it answers', async () => {
    const asked = await simulator.sendMail({ from: SANNE, to: SHOP, subject: 'Slot', text: 'Kapot' });
    await shopSends({ subject: 'Re: Slot', text: 'Breng maar langs', inReplyTo: asked.messageId, references: asked.messageId });
    await shopSends({ subject: 'Aanbieding', text: 'Nieuw' });
    expect(simulator.mailTo(SANNE).map((mail) => mail.thread === asked.thread)).toEqual([true, false]);
  });

  it.each([
    ['busy', '451'],
    ['unknown_recipient', '550'],
    ['too_large', '552'],
  ] as const)('can be refused: %s', async (kind, code) => {
    simulator.setFaults({ mail: [{ kind, times: 1 }] });
    await expect(shopSends({ subject: 'x', text: 'x' })).rejects.toThrow(code);
    await shopSends({ subject: 'y', text: 'y' });
    expect(simulator.mailTo(SANNE).map((mail) => mail.subject)).toEqual(['y']);
  });

  it('can be kept without the sender ever hearing of it', async () => {
    simulator.setFaults({ mail: [{ kind: 'cut_after_accept', times: 1 }] });
    await expect(shopSends({ subject: 'x', text: 'x' })).rejects.toThrow();
    expect(simulator.mailTo(SANNE)).toHaveLength(1);
  });

  it('comes back to the app where it was for one of its own mailboxes, plus address or not, if the provider does so', async () => {
    await shopSends({ to: SHOP, subject: 'To itself' });
    await simulator.settled(DEADLINE_MS);
    expect(app.posts).toEqual([]);
    const provider = await startSimulator({ port: 0, bringsOwnMail: true });
    provider.connectMailbox({ address: SHOP, webhookUrl: app.url, secret: SECRET });
    const transport = createTransport({ url: provider.smtpUrl, ignoreTLS: true });
    await transport.sendMail({ from: SHOP, to: ['help+test@spaak.example', SANNE], subject: 'To itself', text: 'x' });
    transport.close();
    await provider.settled(DEADLINE_MS);
    expect(app.posts.map(({ body }) => /^Subject: (.*)$/m.exec(body.toString())?.[1]?.trim())).toEqual(['To itself']);
    expect(provider.mailTo(SANNE)).toHaveLength(1);
    await provider.close();
  });

  it('rejects a wait that is in vain, in time', async () => {
    await expect(simulator.waitForMail(() => false, 30)).rejects.toThrow('within 30 ms');
  });
});

describe('an answer from a customer', () => {
  it.each([
    ['gmail', 'en', /wrote:\n\n> Breng maar langs/, /class="gmail_quote/],
    ['gmail', 'nl', /^Op .* om .* schreef Spaak Bikes <help@spaak\.example>:$/m, /class="gmail_quote/],
    ['outlook', 'nl', /^Van: Spaak Bikes <help@spaak\.example>\nVerzonden: .*\nAan: .*\nOnderwerp: Re: Slot$/m, /id="divRplyFwdMsg"/],
  ] as const)('quotes like %s in %s and keeps the thread', async (program, language, text, html) => {
    await shopSends({
      subject: 'Re: Slot',
      text: 'Breng maar langs',
      messageId: '<m.2@spaak.example>',
      references: '<m.1@spaak.example>',
      replyTo: 'help+t.1@spaak.example',
    });
    const [received] = simulator.mailTo(SANNE);
    await simulator.sendMail({ from: SANNE, answersMailId: received?.id ?? '', text: 'Tot morgen!', program, language });
    const raw = app.posts[0]?.body ?? Buffer.alloc(0);
    const parsed = await simpleParser(raw);
    expect(parsed).toMatchObject({
      subject: 'Re: Slot',
      inReplyTo: '<m.2@spaak.example>',
      references: ['<m.1@spaak.example>', '<m.2@spaak.example>'],
    });
    expect([parsed.to].flat()[0]?.text).toBe('help+t.1@spaak.example');
    expect(parsed.text).toMatch(/^Tot morgen!\n/);
    expect(parsed.text).toMatch(text);
    expect(parsed.html).toMatch(html);
  });

  it('is plain text where the program writes no HTML', async () => {
    await simulator.sendMail({ from: SANNE, to: SHOP, subject: 'x', text: 'a < b', program: 'plain' });
    expect((await simpleParser(app.posts[0]?.body ?? '')).html).toBe(false);
  });

  it('never lets a subject add a header', async () => {
    await simulator.sendMail({ from: SANNE, to: SHOP, subject: 'x\r\nX-Evil: 1', text: 'x' });
    expect((await simpleParser(app.posts[0]?.body ?? '')).headers.has('x-evil')).toBe(false);
  });
});
