import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ImapFlow } from 'imapflow';
import type { Simulator } from '../apps/simulator/index.js';
import { Dovecot, hasDovecot } from '../test/dovecot.js';
import { hostileMails } from '../test/hostile-mails.js';
import { rawMail } from '../test/raw-mail.js';
import { SocketClient } from '../test/socket-client.js';
import type { Figure } from './figure.js';
import { makeFolder } from './ground.js';
import { MailHouse, type MailToPost } from './mail-house.js';
import type { Watched } from './server-child.js';

const READING_PROGRAM = join(import.meta.dirname, 'mail-reading-process.js');
const READING_MS_MAX = 60_000;
const MIB = 1024 * 1024;
/** In base64 and with its line ends this becomes a mail of 37 MB. */
const FILE_BYTES = 27_000_000;
const EXTRA_MB_MAX = 150;
/** At once: what they take together is little more than what one takes. */
const LARGE_MAILS = 10;
const TOGETHER_MB_MAX = 2 * EXTRA_MB_MAX;
const BLOCKED_MS_MAX = 50;
const IMAP_MAILS = 5;
const IMAP_SECONDS_MAX = 5;
const IMAP_WAIT_MS_MAX = 20_000;
const LINE_CHARS = 76;
const ORDINARY_MAILS = 100;

/** What one mail can cost the server: memory, the time in which nobody else is served, and how long it takes from an IMAP server to a screen. */
export async function benchMailWeight(simulator: Simulator): Promise<Figure[]> {
  const house = await MailHouse.open(simulator);
  try {
    // What is loaded at the first mail is no mail's own.
    const ordinary = await house.server.watched(() => house.takeIn(ordinaryMails()));
    return [
      await readingMemory(),
      memoryFigure(await weigh(house, 1)),
      memoryFigure(await weigh(house, LARGE_MAILS)),
      blockFigure(await besiege(house), ordinary),
      ...(await imapFigure(simulator, house)),
    ];
  } finally {
    await house.close();
  }
}

function ordinaryMails(): MailToPost[] {
  return Array.from({ length: ORDINARY_MAILS }, (_, n) => {
    const person = `ordinary${String(n)}@elsewhere.example`;
    return { person, raw: rawMail({ from: person }) };
  });
}

interface Weighed extends Watched {
  mails: number;
  mailBytes: number;
}

async function weigh(house: MailHouse, mails: number): Promise<Weighed> {
  const large = Array.from({ length: mails }, (_, n) => {
    const person = `large${String(n)}of${String(mails)}@elsewhere.example`;
    return { person, raw: largeMail(person) };
  });
  const sql = "select 1 from attachment where state = 'stored' and size_bytes = $1";
  const before = await house.rows(sql, [FILE_BYTES]);
  const watched = await house.server.watched(() => house.takeIn(large));
  const kept = await house.rows(sql, [FILE_BYTES]);
  if (kept.length !== before.length + mails) throw new Error('a large file was not kept');
  return { ...watched, mails, mailBytes: large[0]!.raw.length };
}

/** What reading it takes, in a process that does nothing else: there the mail itself is in memory already. */
async function readingMemory(): Promise<Figure> {
  const { dataDir, remove } = await makeFolder();
  const raw = largeMail('large@elsewhere.example');
  const child = fork(READING_PROGRAM, { execArgv: process.env['BENCH_NODE_FLAGS']?.split(' ') ?? [] });
  try {
    await mkdir(dataDir);
    await writeFile(join(dataDir, 'mail'), raw);
    const told = once(child, 'message', { signal: AbortSignal.timeout(READING_MS_MAX) });
    child.send({ path: join(dataDir, 'mail') });
    const [{ rssBytesBefore, rssBytesMax, files }] = (await told) as [Pick<Watched, 'rssBytesBefore' | 'rssBytesMax'> & { files: number }];
    if (files !== 1) throw new Error('the large mail was not read whole');
    return {
      name: 'memory for one large mail, read and authenticated',
      value: (rssBytesMax - rssBytesBefore) / 1e6,
      unit: 'MB',
      limit: { name: 'the mail itself', value: raw.length / 1e6 },
      target: { below: EXTRA_MB_MAX },
      notes: { beforeMb: rssBytesBefore / 1e6 },
    };
  } finally {
    child.kill();
    await remove();
  }
}

/** The same through every door of one server: taken, kept, read, and its file stored. */
function memoryFigure({ rssBytesBefore, rssBytesMax, turnCpuMsMax, mails, mailBytes }: Weighed): Figure {
  return {
    name: `memory for ${mails === 1 ? 'one large mail' : `${String(mails)} large mails at once`}, POST to thread`,
    value: (rssBytesMax - rssBytesBefore) / 1e6,
    unit: 'MB',
    limit: { name: mails === 1 ? 'the mail itself' : 'one of the mails', value: mailBytes / 1e6 },
    target: { below: mails === 1 ? EXTRA_MB_MAX : TOGETHER_MB_MAX },
    notes: { beforeMb: rssBytesBefore / 1e6, turnCpuMsMax },
  };
}

async function besiege(house: MailHouse): Promise<Watched & { mails: number }> {
  const mails = hostileMails().map(({ raw }, at) => ({ person: `hostile${String(at)}@mail.example`, raw }));
  const watched = await house.server.watched(() => house.takeIn(mails));
  const [lost] = await house.rows<{ count: string }>('select count(*) from delivery where quarantined_at is null or problem is null');
  if (lost!.count !== '0') throw new Error('a mail is neither read nor set aside with a reason');
  return { ...watched, mails: mails.length };
}

function blockFigure(hostile: Watched & { mails: number }, ordinary: Watched): Figure {
  return {
    name: 'longest block while hostile mails are read',
    value: hostile.turnCpuMsMax,
    unit: 'ms',
    limit: { name: `${String(ORDINARY_MAILS)} ordinary mails`, value: ordinary.turnCpuMsMax },
    target: { below: BLOCKED_MS_MAX },
    notes: {
      mails: hostile.mails,
      delayMsMax: hostile.delayMsMax,
      ordinaryDelayMsMax: ordinary.delayMsMax,
      rssMbMax: hostile.rssBytesMax / MIB,
    },
  };
}

/** From the moment a mail lies in the folder until the agent's browser is told; beside it a client that does nothing but wait for it. */
async function imapFigure(simulator: Simulator, house: MailHouse): Promise<Figure[]> {
  if (!hasDovecot('how long a mail takes from an IMAP server to a screen')) return [];
  const dovecot = await Dovecot.start();
  const user = { address: 'desk@spaak.example', password: 'of the desk' };
  await dovecot.user(user.address, user.password);
  const bare = new ImapFlow({
    host: '127.0.0.1',
    port: dovecot.port,
    secure: false,
    doSTARTTLS: false,
    auth: { user: user.address, pass: user.password },
    logger: false,
  });
  const socket = new SocketClient(house.server.url.origin, { cookie: house.owner.sessionCookie });
  try {
    await socket.until(({ ready }) => ready);
    await bare.connect();
    const mailbox = { address: user.address, imap: { url: dovecot.url(user.address, user.password) }, smtp: { url: simulator.smtpUrl } };
    const { status, body } = await house.owner.post('/api/connections/email', mailbox);
    if (status !== 201) throw new Error(`the IMAP mailbox could not be connected: ${JSON.stringify(body)}`);
    await bare.mailboxOpen('INBOX');
    // By itself it waits for a while before it does.
    void bare.idle();
    await house.until('the mailbox was looked into', "select 1 from mailbox where inbound = 'imap' and last_seen_at is null");
    const took = { house: [] as number[], bare: [] as number[] };
    for (let n = 0; n < IMAP_MAILS; n += 1) {
      const heard = within(new Promise((resolve) => bare.once('exists', resolve)));
      const before = socket.changes.length;
      const startedAt = performance.now();
      await dovecot.deliver(user.address, rawMail({ from: `imap${String(n)}@elsewhere.example`, to: user.address }));
      await Promise.all([
        heard.then(() => took.bare.push((performance.now() - startedAt) / 1000)),
        socket
          .until(({ changes }) => changes.slice(before).some(({ type }) => type === 'message_added'))
          .then(() => took.house.push((performance.now() - startedAt) / 1000)),
      ]);
    }
    const limit = { name: 'to a bare IMAP client', value: Math.max(...took.bare) };
    return [
      {
        name: `new mail, IMAP to socket, slowest of ${String(IMAP_MAILS)}`,
        value: Math.max(...took.house),
        unit: 's',
        limit,
        target: { below: IMAP_SECONDS_MAX },
      },
    ];
  } finally {
    socket.close();
    bare.close();
    await dovecot.stop();
  }
}

async function within<T>(promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('the IMAP server did not tell of a new mail')), IMAP_WAIT_MS_MAX);
  });
  return Promise.race([promise, late]).finally(() => {
    clearTimeout(timer);
  });
}

function largeMail(from: string): Buffer {
  const file = randomBytes(FILE_BYTES).toString('base64');
  const lines = Array.from({ length: Math.ceil(file.length / LINE_CHARS) }, (_, at) => file.slice(at * LINE_CHARS, (at + 1) * LINE_CHARS));
  return Buffer.from(
    [
      `From: ${from}`,
      'To: help@spaak.example',
      'Subject: A large file',
      'Date: Tue, 3 Nov 2026 09:12:04 +0100',
      `Message-ID: <id-of-${from}>`,
      'MIME-Version: 1.0',
      'Content-Type: multipart/mixed; boundary=b',
      '',
      '--b',
      'Content-Type: text/plain',
      '',
      'See the file.',
      '--b',
      'Content-Type: application/octet-stream; name=film.mp4',
      'Content-Disposition: attachment; filename=film.mp4',
      'Content-Transfer-Encoding: base64',
      '',
      ...lines,
      '--b--',
      '',
    ].join('\r\n'),
  );
}
