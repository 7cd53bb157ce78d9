import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { type Answer, decode, encode } from 'dns-packet';
import { MovableClock } from '#platform';
import { mailResolver } from './mail-dns.js';

const NO_SUCH_NAME = 3;

/** A name server that says what it is given, and counts what it is asked. */
class NameServer {
  readonly asked: string[] = [];
  readonly says = new Map<string, Answer[]>();

  private constructor(private readonly socket: Socket) {
    socket.on('message', (packet, { port, address }) => {
      const { id, questions = [] } = decode(packet);
      const { type, name } = questions[0]!;
      this.asked.push(`${type} ${name}`);
      const answers = this.says.get(`${type} ${name.toLowerCase()}`);
      socket.send(encode({ type: 'response', id, flags: answers ? 0 : NO_SUCH_NAME, questions, answers: answers ?? [] }), port, address);
    });
  }

  static async open(): Promise<NameServer> {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new NameServer(socket);
  }

  get dnsServers(): string[] {
    return [`127.0.0.1:${String(this.socket.address().port)}`];
  }

  async close(): Promise<void> {
    this.socket.close();
    await once(this.socket, 'close');
  }
}

describe('the DNS, as mail asks it', () => {
  let server: NameServer;
  beforeEach(async () => {
    server = await NameServer.open();
  });
  afterEach(() => server.close());

  it('asks the servers of the configuration, and gives each kind of record its shape', async () => {
    const resolve = mailResolver(server);
    server.says.set('TXT a.example', [{ type: 'TXT', name: 'a.example', data: ['one ', 'text'] }]);
    server.says.set('MX a.example', [{ type: 'MX', name: 'a.example', data: { preference: 5, exchange: 'mx.a.example' } }]);
    expect(await resolve('a.example', 'TXT')).toEqual([['one ', 'text']]);
    expect(await resolve('a.example', 'MX')).toMatchObject([{ exchange: 'mx.a.example', priority: 5 }]);
  });

  it('asks once what many want to know, and again after a minute', async () => {
    const clock = new MovableClock();
    const resolve = mailResolver(server, clock);
    server.says.set('A a.example', [{ type: 'A', name: 'a.example', data: '192.0.2.1' }]);
    await Promise.all([resolve('a.example', 'A'), resolve('A.Example', 'A'), resolve('a.example.', 'A')]);
    await resolve('a.example', 'A');
    expect(server.asked).toHaveLength(1);
    clock.advance({ seconds: 61 });
    await resolve('a.example', 'A');
    expect(server.asked).toHaveLength(2);
  });

  it('remembers only for ten seconds that there is no such name: somebody may be about to make it', async () => {
    const clock = new MovableClock();
    const resolve = mailResolver(server, clock);
    const asking = () => resolve('new.example', 'TXT').catch((error: unknown) => (error as NodeJS.ErrnoException).code);
    expect([await asking(), await asking(), server.asked.length]).toEqual(['ENOTFOUND', 'ENOTFOUND', 1]);
    server.says.set('TXT new.example', [{ type: 'TXT', name: 'new.example', data: 'here' }]);
    clock.advance({ seconds: 11 });
    expect(await asking()).toEqual([['here']]);
  });

  it.each(['', '.', '..', 'a..b', 'x'.repeat(64), `${'x.'.repeat(200)}example`, 'a\0b.example', 'ü.example', ' '])(
    'says of %j with a code that it is no name, and goes on',
    async (name) => {
      const resolve = mailResolver(server);
      await expect(resolve(name, 'TXT')).rejects.toMatchObject({ code: expect.stringMatching(/^E/) as string });
    },
  );
});
