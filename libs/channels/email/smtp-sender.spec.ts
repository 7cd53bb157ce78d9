import { closePeers, closers, outsideAddress, realServer, scriptedServer, selfSigned } from './fixtures/smtp-peers.js';
import { ChannelError } from '../channel.js';
import { MailNotSent } from './smtp-remedy.js';
import { SmtpSender, type MailToSend, type SentMail } from './smtp-sender.js';

const RAW = Buffer.from(`From: service@spaakbikes.example\r\nSubject: Dag\r\n\r\n.dot\r\n${'regel\r\n'.repeat(20_000)}`);
const ENVELOPE = { from: 'service@spaakbikes.example', to: ['anna@post.example', 'tom@post.example'] };
const TIMEOUTS = { connectMs: 2_000, greetingMs: 2_000, silenceMs: 2_000 };

afterEach(closePeers);

function sender(options: ConstructorParameters<typeof SmtpSender>[0] = {}): SmtpSender {
  const made = new SmtpSender(options);
  closers.push(() => made.close());
  return made;
}

function to(port: number, changes: Partial<MailToSend> = {}): MailToSend {
  return { url: `smtp://127.0.0.1:${port}`, envelope: ENVELOPE, raw: RAW, timeouts: TIMEOUTS, ...changes };
}

async function failure(send: Promise<SentMail>): Promise<Pick<MailNotSent, 'remedy' | 'code' | 'phase'>> {
  const error = await send.then(
    () => new Error('was sent'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof MailNotSent)) throw error as Error;
  expect(error.message).not.toContain('anna@');
  return { remedy: error.remedy, code: error.code, phase: error.phase };
}

describe('sending a mail', () => {
  it('hands it over byte for byte', async () => {
    const { port, received } = await realServer();
    const sent = await sender().send(to(port));
    expect(sent).toMatchObject({ accepted: ENVELOPE.to, rejected: [] });
    expect(sent.response).toMatch(/^250 /);
    expect(received.map((raw) => raw.equals(RAW))).toEqual([true]);
  });

  it('says which recipients were refused when others were not', async () => {
    const { port } = await realServer({
      onRcptTo: ({ address }, _session, callback) => {
        if (address.startsWith('tom')) callback(Object.assign(new Error('gone'), { responseCode: 550 }));
        else callback();
      },
    });
    expect(await sender().send(to(port))).toMatchObject({
      accepted: ['anna@post.example'],
      rejected: [{ address: 'tom@post.example', code: 550 }],
    });
  });

  it('uses one connection for the next mail, and a fresh one when the server has hung up meanwhile', async () => {
    const { port, received, connections } = await realServer();
    const one = sender();
    await one.send(to(port));
    await one.send(to(port));
    expect(connections()).toBe(1);
    expect(received).toHaveLength(2);
    one.close();
    await expect(one.send(to(port))).rejects.toThrow('sender_closed');

    const port2 = await scriptedServer({ dot: '250 taken, and goodbye' });
    const other = sender();
    for (let mail = 0; mail < 3; mail += 1) expect((await other.send(to(port2))).response).toMatch(/^250 taken/);
  });

  it('signs in with what the address says, escapes included', async () => {
    const seen: unknown[] = [];
    const { port } = await realServer({
      authOptional: false,
      allowInsecureAuth: true,
      onAuth: ({ username, password }, _session, callback) => {
        seen.push([username, password]);
        callback(null, { user: username });
      },
    });
    await sender().send(to(port, { url: `smtp://service%40spaak:p%3Ass%2Fword@127.0.0.1:${port}` }));
    expect(seen).toEqual([['service@spaak', 'p:ss/word']]);
  });
});

describe('a mail that was not sent', () => {
  it('can be tried later when the server is not there, is busy, or goes away before the text', async () => {
    const port = await scriptedServer({});
    await closePeers();
    expect(await failure(sender().send(to(port)))).toEqual({ remedy: 'try_later', code: 'connection_failed', phase: 'connect' });
    const cases: [Parameters<typeof scriptedServer>[0], string, string][] = [
      [{ greeting: 'hang up' }, 'connection_failed', 'connect'],
      [{ greeting: '421 busy' }, 'smtp_421', 'connect'],
      [{ greeting: '554 not you' }, 'smtp_554', 'connect'],
      [{ MAIL: 'hang up' }, 'connection_lost', 'envelope'],
      [{ MAIL: '421 come back later' }, 'smtp_421', 'envelope'],
      [{ RCPT: '450 greylisted' }, 'smtp_450', 'envelope'],
      [{ RCPT: 'hang up' }, 'connection_lost', 'envelope'],
      [{ DATA: '451 not now' }, 'smtp_451', 'envelope'],
      [{ DATA: 'hang up' }, 'connection_lost', 'envelope'],
      [{ dot: '452 disk full' }, 'smtp_452', 'verdict'],
    ];
    for (const [script, code, phase] of cases) {
      expect(await failure(sender().send(to(await scriptedServer(script))))).toEqual({ remedy: 'try_later', code, phase });
    }
  });

  it('can be tried later when the connection broke in the middle of the text: without the final dot it was not sent', async () => {
    const large = Buffer.alloc(8 * 1024 * 1024, 'regel\r\n');
    expect(await failure(sender().send(to(await scriptedServer({ text: 'hang up' }), { raw: large })))).toEqual({
      remedy: 'try_later',
      code: 'connection_lost',
      phase: 'data',
    });
  });

  it('may have been sent when the answer to the final dot is lost: then nobody may repeat it blindly', async () => {
    expect(await failure(sender().send(to(await scriptedServer({ dot: 'hang up' }))))).toEqual({
      remedy: 'unknown',
      code: 'connection_lost',
      phase: 'verdict',
    });
    const silent = to(await scriptedServer({ dot: 'silence' }), { timeouts: { ...TIMEOUTS, silenceMs: 100 } });
    expect(await failure(sender().send(silent))).toEqual({ remedy: 'unknown', code: 'timed_out', phase: 'verdict' });
  });

  it('is given up when the server refuses it for good', async () => {
    for (const script of [
      { MAIL: '550 no' },
      { RCPT: '550 5.1.1 nobody' },
      { RCPT: '553 no' },
      { DATA: '554 no' },
      { dot: '552 5.3.4 too big' },
      { dot: '550 5.7.1 spam' },
    ]) {
      expect(await failure(sender().send(to(await scriptedServer(script))))).toMatchObject({ remedy: 'give_up' });
    }
  });

  it('waits for somebody to reconnect the mailbox when it is the mailbox that is wrong', async () => {
    const { port } = await realServer({
      authOptional: false,
      allowInsecureAuth: true,
      onAuth: (_auth, _session, callback) => callback(Object.assign(new Error('bad'), { responseCode: 535 })),
    });
    expect(await failure(sender().send(to(port)))).toMatchObject({ remedy: 'reconnect', code: 'smtp_530' });
    const withPassword = to(port, { url: `smtp://service:wrong@127.0.0.1:${port}` });
    expect(await failure(sender().send(withPassword))).toEqual({ remedy: 'reconnect', code: 'smtp_535', phase: 'sign_in' });
    for (const url of ['', 'http://x.example', 'smtp://', 'smtp://a%zz@x.example']) {
      expect(await failure(sender().send(to(port, { url })))).toMatchObject({ remedy: 'reconnect', code: 'bad_smtp_url' });
    }
  });

  it('is not waited for when the server does not speak', async () => {
    const silent = { timeouts: { connectMs: 50, greetingMs: 50, silenceMs: 50 } };
    expect(await failure(sender().send(to(await scriptedServer({ greeting: 'silence' }), silent)))).toMatchObject({
      remedy: 'try_later',
      code: 'timed_out',
    });
    expect(await failure(sender().send(to(await scriptedServer({ RCPT: 'silence' }), silent)))).toMatchObject({
      remedy: 'try_later',
      code: 'timed_out',
      phase: 'envelope',
    });
  });
});

describe('a server that drips', () => {
  it('is not listened to for ever: before the text nothing was sent, after it nobody knows', async () => {
    const timeouts = { connectMs: 2_000, greetingMs: 2_000, silenceMs: 2_000, wholeMs: 150 };
    expect(await failure(sender().send(to(await scriptedServer({ RCPT: 'drip' }), { timeouts })))).toEqual({
      remedy: 'try_later',
      code: 'timed_out',
      phase: 'envelope',
    });
    expect(await failure(sender().send(to(await scriptedServer({ dot: 'drip' }), { timeouts })))).toEqual({
      remedy: 'unknown',
      code: 'timed_out',
      phase: 'verdict',
    });
  });
});

describe('signing in with a token', () => {
  const place = (port: number) => ({ host: '127.0.0.1', port, security: 'none' as const });

  it('says user and token as the providers want it, and sends', async () => {
    const seen: unknown[] = [];
    const { port, received } = await realServer({
      authOptional: false,
      allowInsecureAuth: true,
      authMethods: ['XOAUTH2'],
      onAuth: ({ method, username, accessToken }, _session, callback) => {
        seen.push([method, username, accessToken]);
        callback(null, { user: username ?? '' });
      },
    });
    const mail = { place: place(port), user: 'help@spaak.example', accessToken: 'ya29.token', envelope: ENVELOPE, raw: RAW };
    await sender().send({ ...mail, timeouts: TIMEOUTS });
    expect(seen).toEqual([['XOAUTH2', 'help@spaak.example', 'ya29.token']]);
    expect(received).toHaveLength(1);
  });

  it('is the mailbox’ affair when the token is refused', async () => {
    const { port } = await realServer({
      authOptional: false,
      allowInsecureAuth: true,
      authMethods: ['XOAUTH2'],
      onAuth: (_auth, _session, callback) =>
        callback(null, { data: { status: '401', schemes: 'bearer', scope: 'https://mail.google.com/' } }),
    });
    const mail = { place: place(port), user: 'help@spaak.example', accessToken: 'old', envelope: ENVELOPE, raw: RAW, timeouts: TIMEOUTS };
    expect(await failure(sender().send(mail))).toMatchObject({ remedy: 'reconnect', phase: 'sign_in' });
  });
});

describe('a server that a tenant names', () => {
  it('is reached at the address that was checked, and not at all where that may not be', async () => {
    const { port, received } = await realServer();
    const found: string[] = [];
    const findHost = (host: string) => {
      found.push(host);
      return host === 'mail.spaak.example'
        ? Promise.resolve({ address: '127.0.0.1', servername: host, isLoopback: true })
        : Promise.reject(new ChannelError('reconnect', 'server_not_allowed', 'No.'));
    };
    const one = sender({ findHost });
    await one.send(to(port, { url: `smtp://mail.spaak.example:${port}` }));
    expect(received).toHaveLength(1);
    expect(await failure(one.send(to(port, { url: `smtp://inside.spaak.example:${port}` })))).toMatchObject({
      remedy: 'reconnect',
      code: 'server_not_allowed',
    });
    expect(found).toEqual(['mail.spaak.example', 'inside.spaak.example']);
  });
});

describe('the way to the server', () => {
  it('is refused when its certificate is not trusted, and taken when it is', async () => {
    const own = selfSigned();
    const { port, received } = await realServer({ secure: true, ...own });
    const mail = to(port, { url: `smtps://localhost:${port}` });
    expect(await failure(sender().send(mail))).toMatchObject({ remedy: 'reconnect', code: 'tls_failed' });
    expect(received).toEqual([]);
    const trusting = sender({ trustedCertificates: [own.cert] });
    expect((await trusting.send(mail)).response).toMatch(/^250 /);
    expect(received).toHaveLength(1);
  });

  it('of another machine is refused when its certificate is for somebody else', async () => {
    const own = selfSigned();
    const { port, received } = await realServer({ secure: true, ...own });
    const mail = to(port, { url: `smtps://127.0.0.1:${port}` });
    expect(await failure(sender({ trustedCertificates: [own.cert] }).send(mail))).toMatchObject({
      remedy: 'reconnect',
      code: 'tls_failed',
    });
    expect(received).toEqual([]);
  });

  it('off this machine is encrypted by STARTTLS before anything is said', async () => {
    const outside = outsideAddress();
    if (outside === null) return;
    const seen: boolean[] = [];
    const { port } = await realServer(
      { hideSTARTTLS: false, ...selfSigned(), onMailFrom: (_address, session, callback) => (seen.push(session.secure), callback()) },
      '0.0.0.0',
    );
    expect(await failure(sender().send(to(port, { url: `smtp://${outside}:${port}` })))).toMatchObject({
      remedy: 'reconnect',
      code: 'tls_failed',
    });
    expect(seen).toEqual([]);
  });

  it('off this machine needs TLS: a server that offers none gets neither password nor mail', async () => {
    const outside = outsideAddress();
    if (outside === null) return;
    const commands: string[] = [];
    const { port, received } = await realServer(
      { hideSTARTTLS: true, disabledCommands: ['STARTTLS'], allowInsecureAuth: true, onAuth: () => commands.push('AUTH') },
      '0.0.0.0',
    );
    const mail = to(port, { url: `smtp://service:secret@${outside}:${port}` });
    expect(await failure(sender().send(mail))).toMatchObject({ remedy: 'reconnect', code: 'tls_failed', phase: 'connect' });
    expect([...commands, ...received]).toEqual([]);
  });
});
