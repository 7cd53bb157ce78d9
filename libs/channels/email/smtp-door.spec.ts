import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { startSmtpDoor, type DoorEnvelope, type SmtpDoor, type SmtpDoorOptions } from './smtp-door.js';
import { SmtpSender } from './smtp-sender.js';

const KNOWN = new Set(['service@spaakbikes.example', 'info@spaakbikes.example']);
const MAIL = Buffer.from('From: a@x.example\r\nSubject: Dag\r\n\r\n..dots and\r\n.\u00eb\r\n', 'latin1');

/** A client that says exactly what it is told, and waits for each answer. */
class RawClient {
  private received = '';
  private readonly arrivals: (() => void)[] = [];

  private constructor(private readonly socket: Socket) {
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      this.received += text;
      for (const wake of this.arrivals.splice(0)) wake();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      for (const wake of this.arrivals.splice(0)) wake();
    });
  }

  static async to(door: SmtpDoor): Promise<RawClient> {
    const socket = connect(door.port, door.host);
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  /** The next answer line (the last of several lines with one code). */
  async answer(): Promise<string> {
    for (;;) {
      const line = /^(?:\d{3}-.*\r\n)*(\d{3} .*)\r\n/.exec(this.received);
      if (line !== null) {
        this.received = this.received.slice(line[0].length);
        return line[1] ?? '';
      }
      if (this.socket.destroyed) return 'closed';
      await new Promise<void>((resolve) => this.arrivals.push(resolve));
    }
  }

  async say(line: string): Promise<string> {
    this.socket.write(`${line}\r\n`, 'latin1');
    return this.answer();
  }

  async greeted(hello = 'EHLO client.example'): Promise<this> {
    await this.answer();
    await this.say(hello);
    return this;
  }

  hangUp(): void {
    this.socket.destroy();
  }
}

interface Kept {
  raw: Buffer;
  envelope: DoorEnvelope;
}

const opened: SmtpDoor[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((door) => door.close()));
});

async function openDoor(changes: Partial<SmtpDoorOptions> = {}): Promise<{ door: SmtpDoor; kept: Kept[]; errors: Error[] }> {
  const kept: Kept[] = [];
  const errors: Error[] = [];
  const door = await startSmtpDoor({
    listen: '127.0.0.1:0',
    isKnownRecipient: (address) => Promise.resolve(KNOWN.has(address)),
    accept: (raw, envelope) => {
      kept.push({ raw, envelope });
      return Promise.resolve();
    },
    onError: (error) => errors.push(error),
    name: 'mx.spaakbikes.example',
    ...changes,
  });
  opened.push(door);
  return { door, kept, errors };
}

async function upToData(client: RawClient, recipient = 'service@spaakbikes.example'): Promise<RawClient> {
  expect(await client.say('MAIL FROM:<anna@post.example>')).toMatch(/^250 2\.1\.0/);
  expect(await client.say(`RCPT TO:<${recipient}>`)).toMatch(/^250 2\.1\.5/);
  expect(await client.say('DATA')).toMatch(/^354 /);
  return client;
}

describe('the door for mail', () => {
  it('takes a mail from a real client, byte for byte, with its envelope', async () => {
    const { door, kept } = await openDoor();
    const sender = new SmtpSender();
    const to = [...KNOWN];
    const sent = await sender.send({ url: `smtp://127.0.0.1:${door.port}`, envelope: { from: '', to }, raw: MAIL });
    sender.close();
    expect(sent.accepted).toEqual(to);
    expect(kept).toHaveLength(1);
    expect(kept[0]?.raw.equals(MAIL)).toBe(true);
    expect(kept[0]?.envelope).toEqual({ mailFrom: '', rcptTo: to, remoteAddress: '127.0.0.1', helo: '[127.0.0.1]' });
  });

  it('says that a mail is ours only after it is kept', async () => {
    let commit: () => void = () => undefined;
    let asked: () => void = () => undefined;
    const isAsked = new Promise<void>((resolve) => (asked = resolve));
    const { door } = await openDoor({
      accept: () =>
        new Promise<void>((resolve) => {
          commit = resolve;
          asked();
        }),
    });
    const client = await upToData(await (await RawClient.to(door)).greeted());
    let answer = 'none yet';
    const answered = client.say('Subject: x\r\n\r\nx\r\n.').then((line) => (answer = line));
    await isAsked;
    expect(answer).toBe('none yet');
    commit();
    expect(await answered).toMatch(/^250 2\.6\.0 /);
  });

  it('sends the client away to come again when the mail cannot be kept, and tells why without telling what', async () => {
    const { door, errors } = await openDoor({ accept: () => Promise.reject(new Error('database is down')) });
    const client = await upToData(await (await RawClient.to(door)).greeted());
    expect(await client.say('Subject: x\r\n\r\nsecret\r\n.')).toMatch(/^451 4\.3\.0 /);
    expect(errors.map(({ message }) => message)).toEqual(['database is down']);
    expect(await client.say('NOOP')).toMatch(/^250 /);
  });

  it('does not wait for ever for us to keep it', async () => {
    const { door } = await openDoor({ accept: () => new Promise(() => undefined), answerMsMax: 20 });
    const client = await upToData(await (await RawClient.to(door)).greeted());
    expect(await client.say('x\r\n.')).toMatch(/^451 4\.3\.0 /);
  });

  it('refuses an address nobody has here, keeps those that exist, and relays for no one', async () => {
    const { door, kept } = await openDoor();
    const client = await (await RawClient.to(door)).greeted();
    await client.say('MAIL FROM:<anna@post.example>');
    expect(await client.say('RCPT TO:<nobody@spaakbikes.example>')).toMatch(/^550 5\.1\.1 /);
    expect(await client.say('RCPT TO:<someone@elsewhere.example>')).toMatch(/^550 5\.1\.1 /);
    expect(await client.say('DATA')).toMatch(/^503 /);
    expect(await client.say('RCPT TO:<service@spaakbikes.example>')).toMatch(/^250 /);
    await client.say('DATA');
    expect(await client.say('x\r\n.')).toMatch(/^250 /);
    expect(kept[0]?.envelope.rcptTo).toEqual(['service@spaakbikes.example']);
    expect(await client.say('AUTH PLAIN AGEAYg==')).toMatch(/^50\d /);
  });

  it('asks to come again when it cannot find out whether an address exists', async () => {
    const { door, errors } = await openDoor({ isKnownRecipient: () => Promise.reject(new Error('database is down')) });
    const client = await (await RawClient.to(door)).greeted();
    await client.say('MAIL FROM:<anna@post.example>');
    expect(await client.say('RCPT TO:<service@spaakbikes.example>')).toMatch(/^451 4\.3\.0 /);
    expect(errors).toHaveLength(1);
  });

  it('refuses what is too large, whether it says so or not, and keeps nothing of it', async () => {
    const { door, kept } = await openDoor({ sizeBytesMax: 1_000 });
    const client = await (await RawClient.to(door)).greeted();
    expect(await client.say('MAIL FROM:<anna@post.example> SIZE=1001')).toMatch(/^552 5\.3\.4 /);
    await upToData(client);
    expect(await client.say(`${'a'.repeat(998)}\r\n`.repeat(50) + '.')).toMatch(/^552 5\.3\.4 /);
    await upToData(client);
    expect(await client.say('small\r\n.')).toMatch(/^250 /);
    expect(kept.map(({ raw }) => raw.toString())).toEqual(['small\r\n']);
  });

  it('never keeps half a mail of a client that hangs up', async () => {
    const { door, kept } = await openDoor();
    const client = await upToData(await (await RawClient.to(door)).greeted());
    client.hangUp();
    const next = await upToData(await (await RawClient.to(door)).greeted());
    expect(await next.say('whole\r\n.')).toMatch(/^250 /);
    expect(kept.map(({ raw }) => raw.toString())).toEqual(['whole\r\n']);
  });

  it('takes no more clients than it can serve', async () => {
    const { door } = await openDoor({ clientsMax: 1 });
    await (await RawClient.to(door)).greeted();
    expect(await (await RawClient.to(door)).answer()).toMatch(/^421 /);
  });

  it('does not let one stranger take the place of everybody else', async () => {
    const { door } = await openDoor({ clientsPerAddressMax: 2, isStranger: () => true });
    await (await RawClient.to(door)).greeted();
    const second = await (await RawClient.to(door)).greeted();
    expect(await (await RawClient.to(door)).answer()).toMatch(/^421 /);
    expect(await second.say('NOOP')).toMatch(/^250 /);
  });

  it('hangs up on a client that drips for ever, and reads nothing more of it', async () => {
    const { door, kept } = await openDoor({ receiveMsMax: 100 });
    const client = await upToData(await (await RawClient.to(door)).greeted());
    expect(await client.answer()).toMatch(/^421 /);
    expect(await client.say('.\r\nMAIL FROM:<a@x.example>')).toBe('closed');
    expect(kept).toEqual([]);
  });

  it.each([
    ['a dot between line feeds', '\n.\n'],
    ['a dot between carriage returns', '\r.\r'],
    ['a dot behind a line feed', '\n.\r\n'],
    ['a dot before a line feed', '\r\n.\n'],
    ['a dot and a NUL', '\r\n\0.\r\n'],
    ['two dots', '\r\n..\r\n'],
  ])('keeps one mail where %s stands in its text: what stands behind is no second mail', async (_name, end) => {
    const { door, kept } = await openDoor();
    const client = await upToData(await (await RawClient.to(door)).greeted());
    const smuggled = 'MAIL FROM:<admin@bank.example>\r\nRCPT TO:<info@spaakbikes.example>\r\nDATA\r\nFrom: admin@bank.example\r\n\r\nPay.';
    expect(await client.say(`Subject: one\r\n\r\ntext${end}${smuggled}\r\n.`)).toMatch(/^250 /);
    expect(kept).toHaveLength(1);
    expect(kept[0]!.envelope.mailFrom).toBe('anna@post.example');
    expect(kept[0]!.raw.toString()).toContain('MAIL FROM:<admin@bank.example>');
    expect(await client.say('NOOP')).toMatch(/^250 /);
  });

  it('takes what a client sends without waiting for answers as commands only where commands may stand', async () => {
    const { door, kept } = await openDoor();
    const client = await (await RawClient.to(door)).greeted();
    const lines = ['MAIL FROM:<anna@post.example>', 'RCPT TO:<nobody@spaakbikes.example>', 'DATA', 'Subject: x', '.', 'NOOP'];
    const answers = [await client.say(lines.join('\r\n'))];
    for (let n = 1; n < lines.length; n++) answers.push(await client.answer());
    expect(answers.map((line) => line.slice(0, 1))).toEqual(['2', '5', '5', '5', '5', '2']);
    expect(kept).toEqual([]);
  });

  it('offers no way of sending that it does not understand', async () => {
    const { door, kept } = await openDoor();
    const client = await (await RawClient.to(door)).greeted();
    await client.say('MAIL FROM:<anna@post.example>');
    await client.say('RCPT TO:<service@spaakbikes.example>');
    expect(await client.say('BDAT 3 LAST')).toMatch(/^5/);
    expect(kept).toEqual([]);
  });

  it('answers for each recipient when it speaks LMTP', async () => {
    const { door, kept } = await openDoor({ lmtp: true });
    const client = await (await RawClient.to(door)).greeted('LHLO mta.example');
    await client.say('MAIL FROM:<anna@post.example>');
    for (const address of KNOWN) await client.say(`RCPT TO:<${address}>`);
    await client.say('DATA');
    expect(await client.say('x\r\n.')).toMatch(/^250 /);
    expect(await client.answer()).toMatch(/^250 /);
    expect(kept).toHaveLength(1);
  });

  it('closes at once on idle clients, and lets a mail under way be kept', async () => {
    let commit: () => void = () => undefined;
    let asked: () => void = () => undefined;
    const isAsked = new Promise<void>((resolve) => (asked = resolve));
    const { door } = await openDoor({
      accept: () =>
        new Promise<void>((resolve) => {
          commit = resolve;
          asked();
        }),
    });
    const idle = await (await RawClient.to(door)).greeted();
    const busy = await upToData(await (await RawClient.to(door)).greeted());
    const verdict = busy.say('x\r\n.');
    await isAsked;
    const closed = door.close();
    expect(await idle.answer()).toMatch(/^421 /);
    commit();
    expect(await verdict).toMatch(/^250 /);
    busy.hangUp();
    await closed;
  });

  it('refuses to open on an address that is none, or taken', async () => {
    const { door } = await openDoor();
    await expect(openDoor({ listen: `127.0.0.1:${door.port}` })).rejects.toThrow('EADDRINUSE');
    for (const listen of ['', '2525', '127.0.0.1', '127.0.0.1:99999', '[x]:25'])
      await expect(openDoor({ listen })).rejects.toThrow('Not an address');
  });
});
