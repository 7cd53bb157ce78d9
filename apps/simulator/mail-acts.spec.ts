import { createTransport } from 'nodemailer';
import { simpleParser } from 'mailparser';
import { MAIL_KINDS } from './mail-kinds.js';
import { ReceivingApp } from './receiving-app.js';
import type { Simulator } from './simulator.js';
import { startSimulator } from './start-simulator.js';

const SHOP = 'help@spaak.example';
const SANNE = 'sanne@mail.example';
const RETURN_PATH = 'help+b.token@spaak.example';
const DEADLINE_MS = 5000;

let app: ReceivingApp;
let simulator: Simulator;

beforeEach(async () => {
  app = await ReceivingApp.start();
  simulator = await startSimulator({ port: 0, answerTimeoutMs: 300 });
  simulator.connectMailbox({ address: SHOP, webhookUrl: app.url, secret: 'secret' });
});
afterEach(async () => {
  await simulator.close();
  await app.close();
});

async function shopSends({ subject = 'Uw fiets', from = RETURN_PATH, headers = {} } = {}): Promise<void> {
  const transport = createTransport({ url: simulator.smtpUrl, ignoreTLS: true });
  const mail = {
    from: SHOP,
    to: SANNE,
    replyTo: 'help+t.token@spaak.example',
    messageId: '<m.1@spaak.example>',
    subject,
    text: 'Klaar!',
    headers,
  };
  await transport.sendMail({ ...mail, envelope: { from, to: [SANNE] } }).finally(() => {
    transport.close();
  });
  await simulator.settled(DEADLINE_MS);
}

const last = () => app.posts.at(-1)!.body.toString('latin1');

describe('what becomes of mail by itself', () => {
  it.each([
    ['hard', 'failed', '5.1.1', 0],
    ['soft', 'failed', '4.2.2', 0],
    ['delayed', 'delayed', '4.4.1', 1],
  ] as const)('a %s bounce is reported to the return path, with the header of the mail', async (bounces, action, status, kept) => {
    simulator.setMailHabits(SANNE, { bounces });
    await shopSends();
    expect(last()).toContain(`To: ${RETURN_PATH}`);
    expect(last()).toMatch(new RegExp(`Action: ${action}\r\nStatus: ${status}`));
    expect(last()).toContain('report-type=delivery-status');
    expect(last()).toContain('<m.1@spaak.example>');
    expect(simulator.mailTo(SANNE)).toHaveLength(kept);
  });

  it('nobody is told what became of a mail without a return path', async () => {
    simulator.setMailHabits(SANNE, { bounces: 'hard' });
    await shopSends({ from: '' });
    expect(app.posts).toEqual([]);
  });

  it('an out-of-office answer says that it is one, comes once, and not to machines', async () => {
    simulator.setMailHabits(SANNE, { outOfOffice: true });
    await shopSends();
    expect((await simpleParser(app.posts[0]!.body)).headers.get('auto-submitted')).toBe('auto-replied');
    expect(last()).toContain('In-Reply-To: <m.1@spaak.example>');
    await shopSends({ headers: { 'Auto-Submitted': 'auto-replied' } });
    await shopSends({ from: '' });
    await shopSends();
    expect(app.posts).toHaveLength(1);
  });

  it('a machine that answers blindly answers everything, as if it were a person, and not for ever', async () => {
    simulator.setMailHabits(SANNE, { answersBlindly: true });
    await shopSends({ headers: { 'Auto-Submitted': 'auto-replied' } });
    expect(last()).toContain('In-Reply-To: <m.1@spaak.example>');
    expect(last()).not.toContain('Auto-Submitted');
    for (let mail = 0; mail < 101; mail += 1) await shopSends();
    expect(app.posts).toHaveLength(100);
  }, 30_000);
});

describe('what a customer does with a mail', () => {
  beforeEach(() => shopSends());
  const received = () => simulator.mailTo(SANNE)[0]!;

  it('confirms that it was read', async () => {
    expect(await simulator.customerConfirmsReading(received().id)).toMatchObject({ outcome: 'taken' });
    expect(last()).toContain('Original-Message-ID: <m.1@spaak.example>');
    expect(last()).toMatch(/Disposition: [^\r]*displayed/);
  });

  it('complains to the provider, who reports it with the whole mail', async () => {
    expect(await simulator.customerComplains(received().id)).toMatchObject({ outcome: 'taken' });
    expect(last()).toContain('Feedback-Type: abuse');
    expect(last()).toContain('Klaar!');
  });

  it('answers from another address, which keeps the thread', async () => {
    await simulator.sendMail({ from: 'sanne@work.example', owner: SANNE, answersMailId: received().id, text: 'Van mijn werk.' });
    expect(last()).toContain('From: sanne@work.example');
    expect(last()).toContain('In-Reply-To: <m.1@spaak.example>');
    expect(simulator.mailsOf(SANNE)).toHaveLength(2);
  });
});

describe('a mail that is not simply words', () => {
  it.each(MAIL_KINDS)('can be a %s', async (kind) => {
    await simulator.sendMail({ from: SANNE, to: SHOP, subject: 'Zaterdag', text: 'Kijk.', kind });
    const mail = await simpleParser(app.posts[0]!.body);
    const seen = {
      invitation: () =>
        mail.attachments.some(({ contentType, content }) => contentType === 'application/ics' && content.includes('METHOD:REQUEST')) ||
        last().includes('text/calendar'),
      forward: () => (mail.text ?? '').includes('From: Joris Prins <joris@elders.example>'),
      winmail: () => mail.attachments[0]?.content.readUInt32LE(0) === 0x223e9f78,
      list_post: () => mail.headers.has('list'),
      robot: () => mail.headers.get('auto-submitted') === 'auto-generated',
    };
    expect(seen[kind]()).toBe(true);
  });

  it('can go to two mailboxes at once, and reaches each', async () => {
    const desk = 'desk@spaak.example';
    simulator.connectMailbox({ address: desk, webhookUrl: `${app.url}/desk`, secret: 'secret' });
    await simulator.sendMail({ from: SANNE, to: [SHOP, desk], cc: ['tomas@mail.example'], subject: 'x', text: 'x' });
    expect(app.posts.map(({ path }) => path).sort()).toEqual(['/hook', '/hook/desk']);
    expect(app.posts[0]!.body.equals(app.posts[1]!.body)).toBe(true);
  });
});

describe('the customers’ mail server', () => {
  it.each([
    ['sender_refused', '553'],
    ['closing', '421'],
    ['greylisted', '450'],
    ['unknown_recipient', '550'],
    ['busy', '451'],
    ['too_large', '552'],
    ['rejected', '554'],
    ['sign_in_refused', '530'],
  ] as const)('says %s with %s', async (kind, code) => {
    simulator.setFaults({ mail: [{ kind, times: 1 }] });
    await expect(shopSends()).rejects.toThrow(code);
    await shopSends();
    expect(simulator.mailTo(SANNE)).toHaveLength(1);
  });

  it('refuses a password with 535', async () => {
    simulator.setFaults({ mail: [{ kind: 'sign_in_refused', times: 1 }] });
    const transport = createTransport({ url: simulator.smtpUrl, ignoreTLS: true, auth: { user: 'a', pass: 'b' } } as object);
    await expect(transport.verify()).rejects.toThrow('535');
    expect(await transport.verify()).toBe(true);
    transport.close();
  });

  it('can drop the line instead of its answer, and keep nothing', async () => {
    simulator.setFaults({ mail: [{ kind: 'drop_after_dot', times: 1 }] });
    await expect(shopSends()).rejects.toThrow();
    expect(simulator.mailTo(SANNE)).toEqual([]);
  });

  it('can give no answer at all', async () => {
    simulator.setFaults({ mail: [{ kind: 'hang_after_data', times: 1 }] });
    const transport = createTransport({ url: simulator.smtpUrl, ignoreTLS: true, socketTimeout: 300 } as object);
    await expect(transport.sendMail({ from: SHOP, to: SANNE, text: 'x' })).rejects.toThrow(/timeout/i);
    transport.close();
  });

  it('can offer TLS that nobody should trust', async () => {
    simulator.setFaults({ mail: [{ kind: 'tls_failure', times: 1 }] });
    const transport = createTransport({ url: simulator.smtpUrl, requireTLS: true } as object);
    await expect(transport.verify()).rejects.toThrow(/certificate/i);
    transport.close();
  });

  it('can trouble one domain only', async () => {
    simulator.setFaults({ mail: [{ kind: 'busy', domain: 'elsewhere.example' }] });
    await shopSends();
    expect(simulator.mailTo(SANNE)).toHaveLength(1);
  });
});
