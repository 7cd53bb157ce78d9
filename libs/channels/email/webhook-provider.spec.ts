import { createHmac, createSign, generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { isAmazonUrl, isSignedBySns, SnsNotification } from './sns-signature.js';
import { readForm } from './webhook-form.js';
import { checkMailgun, readMailgun } from './webhook-mailgun.js';
import { checkPostmark, readPostmark } from './webhook-postmark.js';
import type { ProviderRequest } from './webhook-provider.js';
import { checkSendgrid, readSendgrid } from './webhook-sendgrid.js';
import { checkSes, confirmationUrl, readSes } from './webhook-ses.js';
import { MAIL_LIMITS } from './mail-limits.js';
import { parseMail } from './parse-mail.js';

const NOW = new Date('2026-11-03T10:00:00Z');
const seconds = (agoMs = 0) => String(Math.floor((NOW.getTime() - agoMs) / 1000));
const HOUR_MS = 60 * 60_000;
const RAW = Buffer.from(
  'From: Ria <ria@post.example>\r\nSubject: D\xe9j\xe0\r\nMessage-ID: <a@post.example>\r\n\r\nBroken \xff bytes.\r\n',
  'latin1',
);

/** A form as browsers and providers write it; values are bytes. */
function form(
  fields: Record<string, Buffer | string>,
  files: Record<string, { name: string; type: string; content: Buffer }> = {},
): ProviderRequest {
  const pieces: Buffer[] = Object.entries(fields).flatMap(([name, value]) => [
    Buffer.from(`--edge\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n`),
    Buffer.from(value),
    Buffer.from('\r\n'),
  ]);
  for (const [name, file] of Object.entries(files)) {
    const head = `--edge\r\nContent-Disposition: form-data; name="${name}"; filename="${file.name}"\r\nContent-Type: ${file.type}\r\n\r\n`;
    pieces.push(Buffer.from(head), file.content, Buffer.from('\r\n'));
  }
  return {
    body: Buffer.concat([...pieces, Buffer.from('--edge--\r\n')]),
    headers: { 'content-type': 'multipart/form-data; boundary=edge' },
  };
}

const urlEncoded = (fields: Record<string, Buffer>): ProviderRequest => ({
  body: Buffer.from(
    Object.entries(fields)
      .map(([name, value]) => `${name}=${[...value].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')}`)
      .join('&'),
  ),
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
});
const json = (value: unknown, headers: Record<string, string> = {}): ProviderRequest => ({
  body: Buffer.from(JSON.stringify(value)),
  headers,
});

/** Mail that services bring in forms of their own: the same mail comes out as went in, and nothing counts without their proof. */
describe('a form', () => {
  it('gives every byte back, in either way of writing it', async () => {
    for (const request of [form({ mail: RAW }), urlEncoded({ mail: RAW })]) {
      expect((await readForm(request.headers['content-type']!, request.body))![0]!.content).toEqual(RAW);
    }
  });

  it('never throws, whatever is sent', async () => {
    const types = fc.constantFrom(
      'multipart/form-data; boundary=edge',
      'multipart/form-data',
      'application/x-www-form-urlencoded',
      'text/plain',
      '',
    );
    await fc.assert(
      fc.asyncProperty(
        types,
        fc.oneof(
          fc.uint8Array(),
          fc.string().map((text) => Buffer.from(`--edge\r\n${text}`)),
        ),
        async (type, bytes) => {
          const parts = await readForm(type, Buffer.from(bytes));
          expect(parts === null || Array.isArray(parts)).toBe(true);
        },
      ),
    );
  });
});

describe('Mailgun', () => {
  const KEY = 'the signing key of a test';
  const signed = (timestamp = seconds(), token = 't'.repeat(50), key = KEY) => ({
    timestamp,
    token,
    signature: createHmac('sha256', key)
      .update(timestamp + token)
      .digest('hex'),
  });

  it('is believed by its signature for as long as it goes on trying, and a token names what it was used for', async () => {
    expect(await checkMailgun(form(signed()), KEY, NOW)).toEqual({ is: 'genuine', once: `${seconds()} ${'t'.repeat(50)}` });
    expect(await checkMailgun(form(signed(seconds(8 * HOUR_MS))), KEY, NOW)).toMatchObject({ is: 'genuine' });
  });

  it.each<[string, ProviderRequest, string]>([
    ['another key', form(signed(undefined, undefined, 'another')), KEY],
    ['no key at all', form(signed(undefined, undefined, '')), ''],
    ['an old time', form(signed(seconds(10 * HOUR_MS))), KEY],
    ['a time to come', form(signed(seconds(-HOUR_MS))), KEY],
    ['no token', form(signed(undefined, '')), KEY],
    ['no signature', form({ timestamp: seconds(), token: 'x' }), KEY],
    ['a signature in capitals', form({ ...signed(), signature: signed().signature.toUpperCase() }), KEY],
    ['no form', json(signed()), KEY],
  ])('is not believed with %s', async (_name, request, key) => {
    expect(await checkMailgun(request, key, NOW)).toEqual({ is: 'forged' });
  });

  it('brings the raw mail, byte for byte, with its envelope', async () => {
    for (const make of [form, urlEncoded]) {
      const request = make({ 'body-mime': RAW, sender: Buffer.from('bounce@post.example'), recipient: Buffer.from('help@spaak.example') });
      expect(await readMailgun(request)).toEqual({
        raw: RAW,
        envelope: { via: 'webhook', mailFrom: 'bounce@post.example', rcptTo: ['help@spaak.example'] },
      });
    }
  });

  it('brings a mail taken apart as one that reads the same', async () => {
    const headers = JSON.stringify([
      ['From', 'Ria <ria@post.example>'],
      ['Subject', 'Twee\r\nBcc: hidden@x.example'],
      ['Message-Id', '<b@post.example>'],
      ['Content-Type', 'multipart/mixed; boundary="gone"'],
    ]);
    const file = { name: 'foto.png', type: 'image/png', content: Buffer.from([137, 80, 78, 71, 0, 255]) };
    const fields = { 'message-headers': headers, 'body-plain': 'Daar is hij: €', 'body-html': '<p>Daar is hij <img src="cid:foto1"></p>' };
    const request = form({ ...fields, 'content-id-map': '{"<foto1>":"attachment-1"}' }, { 'attachment-1': file });
    const { raw } = (await readMailgun(request))!;
    expect((await readMailgun(request))!.raw).toEqual(raw);
    const mail = await parseMail(raw, MAIL_LIMITS);
    expect(mail).toMatchObject({
      messageId: 'b@post.example',
      from: { address: 'ria@post.example', name: 'Ria' },
      subject: 'Twee Bcc: hidden@x.example',
    });
    expect(mail.text.trim()).toBe('Daar is hij: €');
    expect(mail.attachments).toMatchObject([
      { name: 'foto.png', mediaType: 'image/png', cid: 'foto1', inline: true, content: file.content },
    ]);
  });

  it('brings nothing where no mail is in it', async () => {
    expect(await readMailgun(form({ 'body-plain': 'x' }))).toBeNull();
    expect(await readMailgun(form({ 'message-headers': '{' }))).toBeNull();
    expect(await readMailgun(json({}))).toBeNull();
  });
});

describe('Postmark', () => {
  const basic = (key: string) => ({ authorization: `Basic ${Buffer.from(key).toString('base64')}` });

  it('is believed by name and password, and by nothing else', () => {
    expect(checkPostmark(json({}, basic('hook:pass word')), 'hook:pass word')).toEqual({ is: 'genuine' });
    for (const headers of [
      {},
      basic('hook:pass'),
      basic(''),
      { authorization: 'Bearer aG9vazpwYXNzIHdvcmQ=' },
      { authorization: 'Basic' },
    ]) {
      expect(checkPostmark(json({}, headers), 'hook:pass word')).toEqual({ is: 'forged' });
    }
    expect(checkPostmark(json({}, basic('')), '')).toEqual({ is: 'forged' });
  });

  const parts = {
    From: 'ria@post.example',
    To: 'help+abc@spaak.example',
    ReplyTo: 'Ria <ria@home.example>',
    OriginalRecipient: 'help+abc@spaak.example',
    Subject: 'Vraag',
    Date: 'Tue, 3 Nov 2026 10:00:00 +0100',
    MessageID: 'not the id of the mail',
    TextBody: 'Hallo',
    HtmlBody: '',
    Headers: [
      { Name: 'Message-ID', Value: '<c@post.example>' },
      { Name: 'In-Reply-To', Value: '<d@spaak.example>' },
    ],
    Attachments: [{ Name: 'a.txt', Content: Buffer.from('kort').toString('base64'), ContentType: 'text/plain', ContentID: '' }],
  };

  it('brings the raw mail where it sends it along', async () => {
    const brought = await readPostmark(json({ ...parts, RawEmail: 'From: x@y.example\n\nraw' }));
    expect(brought).toEqual({
      raw: Buffer.from('From: x@y.example\n\nraw'),
      envelope: { via: 'webhook', rcptTo: ['help+abc@spaak.example'] },
    });
  });

  it('brings a mail taken apart with the sender’s own Message-ID, never with Postmark’s', async () => {
    const mail = await parseMail((await readPostmark(json(parts)))!.raw, MAIL_LIMITS);
    expect(mail).toMatchObject({ messageId: 'c@post.example', inReplyTo: ['d@spaak.example'], subject: 'Vraag' });
    expect(mail.replyTo).toEqual([{ address: 'ria@home.example', name: 'Ria' }]);
    expect(mail.attachments).toMatchObject([{ name: 'a.txt', content: Buffer.from('kort') }]);
  });

  it('brings nothing where no mail is in it', async () => {
    expect(await readPostmark({ body: Buffer.from('['), headers: {} })).toBeNull();
  });
});

describe('SendGrid', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const key = publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
  const signed = (request: ProviderRequest, timestamp = seconds()): ProviderRequest => ({
    ...request,
    headers: {
      ...request.headers,
      'x-twilio-email-event-webhook-timestamp': timestamp,
      'x-twilio-email-event-webhook-signature': createSign('sha256').update(timestamp).update(request.body).sign(privateKey, 'base64'),
    },
  });

  it('is believed by its signature over time and bytes, with the key in either form', () => {
    const request = signed(form({ email: RAW }));
    expect(checkSendgrid(request, key, NOW)).toEqual({ is: 'genuine' });
    expect(checkSendgrid(request, publicKey.export({ format: 'pem', type: 'spki' }).toString(), NOW)).toEqual({ is: 'genuine' });
  });

  it('is not believed when a byte, the time or the key is another, or the key is none', () => {
    const request = signed(form({ email: RAW }));
    const other = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
      .publicKey.export({ format: 'der', type: 'spki' })
      .toString('base64');
    const later = { ...request.headers, 'x-twilio-email-event-webhook-timestamp': seconds(1000) };
    const attempts: [ProviderRequest, string][] = [
      [{ ...request, body: Buffer.concat([request.body, Buffer.from(' ')]) }, key],
      [{ ...request, headers: later }, key],
      [request, other],
      [request, ''],
      [request, 'no key'],
      [form({ email: RAW }), key],
      [signed(form({ email: RAW }), seconds(5 * 24 * HOUR_MS)), key],
    ];
    for (const [attempt, withKey] of attempts) expect(checkSendgrid(attempt, withKey, NOW)).toEqual({ is: 'forged' });
  });

  it('brings the raw mail byte for byte, and its envelope', async () => {
    const envelope = '{"to":["help@spaak.example"],"from":"bounce@post.example"}';
    expect(await readSendgrid(form({ email: RAW, envelope }))).toEqual({
      raw: RAW,
      envelope: { via: 'webhook', mailFrom: 'bounce@post.example', rcptTo: ['help@spaak.example'] },
    });
  });

  it('brings a mail taken apart, each field in its own charset', async () => {
    const request = form(
      {
        headers: 'From: ria@post.example\r\nSubject: Vraag\r\nReferences: <e@x.example>\r\n <f@x.example>\r\n',
        text: Buffer.from('Déjà vu', 'latin1'),
        charsets: '{"text":"iso-8859-1"}',
        envelope: 'no json',
      },
      { attachment1: { name: 'b.bin', type: 'application/octet-stream', content: Buffer.from([0, 255]) } },
    );
    const brought = (await readSendgrid(request))!;
    expect(brought.envelope).toEqual({ via: 'webhook' });
    const mail = await parseMail(brought.raw, MAIL_LIMITS);
    expect(mail).toMatchObject({ subject: 'Vraag', references: ['e@x.example', 'f@x.example'] });
    expect(mail.text.trim()).toBe('Déjà vu');
    expect(mail.attachments).toMatchObject([{ name: 'b.bin', content: Buffer.from([0, 255]) }]);
  });
});

describe('Amazon SES', () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString();
  const TOPIC = 'arn:aws:sns:eu-west-1:111122223333:mail';
  const CERT = 'https://sns.eu-west-1.amazonaws.com/Certificate-1.pem';
  const certificate = (url: string) => Promise.resolve(url === CERT ? pem : null);

  const notification = (changes: Partial<SnsNotification> = {}, version: '1' | '2' = '2') => {
    const whole = {
      Type: 'Notification' as const,
      MessageId: 'one',
      TopicArn: TOPIC,
      Message: '{}',
      Timestamp: '2026-11-03T10:00:00.000Z',
      SignatureVersion: version,
      SigningCertURL: CERT,
      ...changes,
    };
    const names = ['Message', 'MessageId', 'Subject', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'] as const;
    const text = names.flatMap((name) =>
      (whole as Partial<SnsNotification>)[name] === undefined ? [] : [`${name}\n${(whole as SnsNotification)[name]!}\n`],
    );
    return {
      ...whole,
      Signature: createSign(version === '1' ? 'sha1' : 'sha256')
        .update(text.join(''))
        .sign(privateKey, 'base64'),
    };
  };
  const check = (value: unknown, topic = TOPIC) => checkSes(json(value), topic, { now: NOW, certificate });

  it('is believed for its own topic by Amazon’s signature of either version', async () => {
    for (const version of ['1', '2'] as const)
      expect(await check(notification({ Subject: 'with a subject' }, version))).toEqual({ is: 'genuine' });
  });

  it('is not believed for another topic, a changed field, a certificate from elsewhere, or none', async () => {
    const good = notification();
    expect(await check(good, 'arn:aws:sns:eu-west-1:111122223333:other')).toEqual({ is: 'forged' });
    expect(await check(good, '')).toEqual({ is: 'forged' });
    for (const change of [
      { Message: '{"a":1}' },
      { Timestamp: '2026-11-03T10:00:01.000Z' },
      { Signature: 'AAAA' },
      { SigningCertURL: `${CERT}x` },
    ]) {
      expect(await check({ ...good, ...change })).toEqual({ is: 'forged' });
    }
  });

  it('never has a certificate fetched from a host that is not Amazon’s', async () => {
    const asked: string[] = [];
    const urls = [
      'http://sns.eu-west-1.amazonaws.com/c.pem',
      'https://sns.eu-west-1.amazonaws.com.evil.example/c.pem',
      'https://evil.example/sns.eu-west-1.amazonaws.com.pem',
      'https://sns.eu-west-1.amazonaws.com@evil.example/c.pem',
      'https://sns.eu-west-1.amazonaws.com:8443/c.pem',
      'https://s3.eu-west-1.amazonaws.com/bucket/c.pem',
      'https://sns.amazonaws.com/c.pem',
      'https://169.254.169.254/latest/meta-data',
      'file:///etc/passwd',
      'nonsense',
    ];
    for (const SigningCertURL of urls) {
      expect(isAmazonUrl(SigningCertURL)).toBe(false);
      const source = (url: string) => {
        asked.push(url);
        return Promise.resolve(pem);
      };
      expect(await checkSes(json(notification({ SigningCertURL })), TOPIC, { now: NOW, certificate: source })).toEqual({ is: 'forged' });
    }
    expect(asked).toEqual([]);
    expect(isAmazonUrl(CERT)).toBe(true);
  });

  it('asks for a yes only at Amazon’s own hosts', () => {
    const SubscribeURL = 'https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=x';
    const ask = (changes: Partial<SnsNotification>) =>
      confirmationUrl(json(notification({ Type: 'SubscriptionConfirmation', Token: 'x', ...changes })));
    expect(ask({ SubscribeURL })).toBe(SubscribeURL);
    expect(ask({ SubscribeURL: 'https://evil.example/' })).toBeNull();
    expect(confirmationUrl(json(notification({ SubscribeURL })))).toBeNull();
  });

  const receiving = (changes: object = {}) =>
    json(
      notification({
        Message: JSON.stringify({
          notificationType: 'Received',
          mail: { source: 'bounce@post.example', messageId: 'q', destination: ['help@spaak.example'], commonHeaders: { subject: 'Vraag' } },
          receipt: {
            recipients: ['help@spaak.example'],
            spfVerdict: { status: 'PASS' },
            dmarcVerdict: { status: 'FAIL' },
            dmarcPolicy: 'reject',
          },
          ...changes,
        }),
      }),
    );

  it('brings the mail that is in it, plain or in base64, with what Amazon found out', async () => {
    const found = { spf: 'pass', dmarc: 'fail', dmarcPolicy: 'reject' };
    const envelope = { via: 'webhook', mailFrom: 'bounce@post.example', rcptTo: ['help@spaak.example'], found };
    expect(await readSes(receiving({ content: 'From: a@b.example\n\nx' }))).toEqual({
      raw: Buffer.from('From: a@b.example\n\nx'),
      envelope,
    });
    const receipt = { action: { type: 'SNS', encoding: 'BASE64' } };
    expect((await readSes(receiving({ content: RAW.toString('base64'), receipt })))!.raw).toEqual(RAW);
  });

  it('shows what is known of a mail that lies elsewhere, and says what to change', async () => {
    const mail = await parseMail((await readSes(receiving()))!.raw, MAIL_LIMITS);
    expect(mail).toMatchObject({ from: { address: 'bounce@post.example' }, subject: 'Vraag', messageId: 'q@amazonses.com' });
    expect(mail.text).toContain('This mail is not here');
  });

  it('brings nothing of other notifications', async () => {
    expect(await readSes(json(notification()))).toBeNull();
    expect(await readSes(json(notification({ Type: 'UnsubscribeConfirmation' })))).toBeNull();
  });

  it('does not take a certificate that is none', () => {
    expect(isSignedBySns(SnsNotification.parse(notification()), 'no certificate', NOW)).toBe(false);
  });
});
