import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { Resolver } from 'node:dns/promises';
import { authenticate } from 'mailauth';
import { ReceivingApp } from './receiving-app.js';
import type { Simulator } from './simulator.js';
import { startSimulator } from './start-simulator.js';

const SHOP = 'help@spaak.example';
const SANNE = 'sanne@mail.example';

let simulator: Simulator;
let resolver: Resolver;

beforeEach(async () => {
  simulator = await startSimulator({ port: 0 });
  resolver = new Resolver({ timeout: 100, tries: 1 });
  resolver.setServers([simulator.dnsServer]);
});
afterEach(() => simulator.close());

describe('the DNS of the simulated world', () => {
  it('says what was entered, of every kind, whatever the case of the name', async () => {
    const long = 'p='.padEnd(700, 'A');
    simulator.dns.set('key.shop.example', 'TXT', [long, 'second']);
    simulator.dns.set('shop.example', 'MX', [{ exchange: 'mx.shop.example', priority: 5 }]);
    simulator.dns.set('shop.example', 'A', ['192.0.2.1']);
    simulator.dns.set('_imaps._tcp.shop.example', 'SRV', [{ name: 'imap.shop.example', port: 993 }]);
    simulator.dns.set('www.shop.example', 'CNAME', ['shop.example']);
    expect((await resolver.resolve('Key.Shop.example', 'TXT')).map((pieces) => pieces.join(''))).toEqual([long, 'second']);
    expect(await resolver.resolve('shop.example', 'MX')).toMatchObject([{ exchange: 'mx.shop.example', priority: 5 }]);
    expect(await resolver.resolve('_imaps._tcp.shop.example', 'SRV')).toMatchObject([
      { name: 'imap.shop.example', port: 993, priority: 0, weight: 0 },
    ]);
    expect(await resolver.resolve('www.shop.example', 'A')).toEqual(['192.0.2.1']);
  });

  it('tells a name that does not exist from one that says nothing of this kind, and from an answer that does not come', async () => {
    simulator.dns.set('a.b.example', 'TXT', ['x']);
    const code = (name: string, type: string) =>
      resolver.resolve(name, type).then(String, (error: unknown) => (error as NodeJS.ErrnoException).code);
    expect(await code('nobody.example', 'TXT')).toBe('ENOTFOUND');
    expect(await code('a.b.example', 'MX')).toBe('ENODATA');
    expect(await code('b.example', 'TXT')).toBe('ENODATA');
    expect(await code('a.b.example', 'CAA')).toBe('ENODATA');
    simulator.setFaults({ dns: [{ kind: 'servfail', name: 'b.example' }] });
    expect(await code('a.b.example', 'TXT')).toBe('ESERVFAIL');
    expect(await code('nobody.example', 'TXT')).toBe('ENOTFOUND');
    simulator.setFaults({ dns: [{ kind: 'silence' }] });
    expect(await code('a.b.example', 'TXT')).toBe('ETIMEOUT');
    simulator.clearFaults();
    simulator.dns.unset('a.b.example');
    expect(await code('a.b.example', 'TXT')).toBe('ENOTFOUND');
  });

  it('refuses records that are none', () => {
    expect(() => simulator.dns.set('a.example', 'A', ['not an address'])).toThrow();
    expect(() => simulator.dns.set('a.example', 'MX', [{ exchange: 'not a name' }])).toThrow();
  });

  it('is not disturbed by packets that are no questions', async () => {
    const socket = createSocket('udp4');
    const port = Number(simulator.dnsServer.split(':')[1]);
    for (const packet of [Buffer.alloc(0), Buffer.from('?'), Buffer.alloc(12), Buffer.alloc(500, 0xff)]) {
      await new Promise((resolve) => socket.send(packet, port, '127.0.0.1', resolve));
    }
    expect(await resolver.resolve('mail.example', 'MX')).toMatchObject([{ exchange: 'mx.mail.example' }]);
    socket.close();
    await once(socket, 'close');
  });
});

describe('mail of the simulated people', () => {
  let app: ReceivingApp;
  beforeEach(async () => {
    app = await ReceivingApp.start();
    simulator.connectMailbox({ address: SHOP, webhookUrl: app.url, secret: 'secret' });
  });
  afterEach(() => app.close());

  const verdict = async () => {
    const checked = await authenticate(app.posts.at(-1)!.body, {
      resolver: (name, type) => resolver.resolve(name, type) as Promise<string[][]>,
    });
    return [checked.dkim.results[0]?.status.result, checked.dmarc === false ? null : checked.dmarc.status.result];
  };

  it('is signed by the domain of its sender, so that it is known to be true', async () => {
    await simulator.sendMail({ from: SANNE, to: SHOP, subject: 'x', text: 'x' });
    expect(await verdict()).toEqual(['pass', 'none']);
    simulator.protectDomain('mail.example');
    await simulator.sendMail({
      from: SANNE,
      to: SHOP,
      subject: 'y',
      text: 'y',
      files: [{ name: 'a', mediaType: 'text/plain', content: Buffer.alloc(9e5, 'a') }],
    });
    expect(await verdict()).toEqual(['pass', 'pass']);
    await simulator.sendMail({ from: 'director@elsewhere.example', to: SHOP, subject: 'z', text: 'z' });
    expect((await verdict())[0]).toBe('pass');
  });

  it('is not when somebody else wrote it in that name', async () => {
    simulator.protectDomain('mail.example');
    await simulator.sendMail({ from: SANNE, to: SHOP, subject: 'x', text: 'x', isForged: true });
    expect(await verdict()).toEqual(['none', 'fail']);
  });
});
