import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { SELF_SIGNED_CERTIFICATE, SELF_SIGNED_KEY } from '../../test/self-signed.js';
import { Egress, EgressFailure, isPublicAddress } from './egress.js';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

describe('a call to the outside', () => {
  const servers: Server[] = [];
  let hits = 0;

  async function listen(answer: Answer = (_, response) => response.end('inside')): Promise<number> {
    const server = createServer((request, response) => {
      hits++;
      answer(request, response);
    });
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }
  beforeEach(() => (hits = 0));
  afterEach(async () => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  const failure = async (call: Promise<unknown>) => {
    const error: unknown = await call.then(
      () => new Error('it went through'),
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(EgressFailure);
    const { code, sent } = error as EgressFailure;
    return { code, sent };
  };
  const trusting = (port: number) => ({
    url: `http://127.0.0.1:${String(port)}`,
    egress: new Egress([`http://127.0.0.1:${String(port)}`]),
  });

  describe('never reaches a private address', () => {
    const notations = [
      '127.0.0.1', '127.1', '127.0.1', '0177.0.0.1', '2130706433', '0x7f000001', '0x7f.1', '017700000001', '①②⑦.0.0.1', '127.0.0.1.',
      '[::1]', '[0:0:0:0:0:0:0:1]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[::127.0.0.1]', '[64:ff9b::7f00:1]', '[2002:7f00:1::]',
      '0.0.0.0', '0', '[::]', 'localhost', 'LOCALHOST',
    ]; // prettier-ignore

    it.each(notations)('written as %s', async (host) => {
      const port = await listen();
      expect(await failure(new Egress().request({ url: `http://${host}:${String(port)}/` }))).toEqual({
        code: 'refused_address',
        sent: false,
      });
      expect(hits).toBe(0);
    });

    it.each([
      '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '169.254.169.254', '100.64.0.1', '192.0.0.8', '192.0.2.1', '198.18.0.1',
      '224.0.0.1', '240.0.0.1', '255.255.255.255', '[fc00::1]', '[fd12::1]', '[fe80::1]', '[fec0::1]', '[ff02::1]', '[2001:db8::1]', '[2001::1]',
      '[::ffff:10.0.0.1]', '[::ffff:a9fe:a9fe]', '[64:ff9b::a9fe:a9fe]', '[2002:a00:1::]',
    ])('such as %s', async (host) => {
      expect(await failure(new Egress().request({ url: `http://${host}/latest/meta-data` }))).toEqual({ code: 'refused_address', sent: false });
    }); // prettier-ignore

    it('by a redirect, nor does it leave the web by one', async () => {
      const inside = await listen();
      for (const location of [
        `http://127.0.0.1:${String(inside)}/`,
        `http://localhost:${String(inside)}/`,
        `//[::1]:${String(inside)}/`,
        'http://169.254.169.254/',
        'file:///etc/passwd',
        'ftp://127.0.0.1/',
      ]) {
        const { url, egress } = trusting(await listen((_, response) => response.writeHead(302, { location }).end()));
        hits = 0;
        expect(await failure(egress.request({ url, followRedirects: true }))).toMatchObject({ code: 'refused_address' });
        expect(hits).toBe(1);
      }
    });

    it('by a name, however it ends', async () => {
      const port = await listen();
      // Some resolvers know this name and some do not; either way nobody is called.
      const { code, sent } = await failure(new Egress().request({ url: `http://localhost.:${String(port)}/` }));
      expect(['refused_address', 'unreachable']).toContain(code);
      expect([sent, hits]).toEqual([false, 0]);
    });

    it.each(['file:///etc/passwd', 'ftp://example.com/', 'gopher://example.com/', 'data:text/plain,x', 'javascript:1', 'blob:x'])(
      'nor goes to %s',
      async (url) => {
        expect(await failure(new Egress().request({ url }))).toEqual({ code: 'refused_address', sent: false });
      },
    );

    it.each(['http://graph.facebook.com@127.0.0.1/', 'http://user:password@93.184.215.14/', 'http://user@example.com/'])(
      'nor to %s',
      async (url) => {
        expect(await failure(new Egress().request({ url }))).toEqual({ code: 'refused_address', sent: false });
      },
    );

    it('nor through a proxy that the environment names', async () => {
      const proxy = await listen();
      const { url, egress } = trusting(await listen((_, response) => response.end('direct')));
      const before = process.env['http_proxy'];
      process.env['http_proxy'] = `http://127.0.0.1:${String(proxy)}`;
      try {
        expect((await egress.request({ url })).body.toString()).toBe('direct');
      } finally {
        if (before === undefined) delete process.env['http_proxy'];
        else process.env['http_proxy'] = before;
      }
    });
  });

  it('reaches an origin that the configuration trusts, at that port and scheme alone', async () => {
    const { url, egress } = trusting(await listen());
    expect((await egress.request({ url: `${url}/path` })).body.toString()).toBe('inside');
    const elsewhere = await listen();
    hits = 0;
    expect(await failure(egress.request({ url: `http://127.0.0.1:${String(elsewhere)}/` }))).toMatchObject({ code: 'refused_address' });
    expect(await failure(egress.request({ url: url.replace('http:', 'https:') }))).toMatchObject({ code: 'refused_address' });
    expect(hits).toBe(0);
  });

  it('gives any status as an answer, with its headers and exact bytes', async () => {
    const { url, egress } = trusting(
      await listen((_, response) => response.writeHead(418, { 'X-Kind': 'teapot' }).end(Buffer.of(0, 255, 13))),
    );
    const { status, headers, body } = await egress.request({ url });
    expect([status, headers['x-kind'], [...body]]).toEqual([418, 'teapot', [0, 255, 13]]);
  });

  it('follows no redirect unless asked, and three at most', async () => {
    const { url, egress } = trusting(await listen((_, response) => response.writeHead(302, { location: '/again' }).end()));
    expect((await egress.request({ url })).status).toBe(302);
    hits = 0;
    expect(await failure(egress.request({ url, followRedirects: true }))).toMatchObject({ code: 'too_many_redirects' });
    expect(hits).toBe(4);
  });

  it.each([
    ['that says how long it is', (response: ServerResponse) => response.writeHead(200, { 'content-length': '3000' }).end('x'.repeat(3000))],
    ['that does not say', (response: ServerResponse) => response.write('x'.repeat(3000)) && response.end()],
    ['that never ends', (response: ServerResponse) => void setInterval(() => response.write('x'.repeat(500)), 1).unref()],
    [
      'that is small only while packed',
      (response: ServerResponse) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('x'.repeat(1_000_000))),
    ],
  ])('takes no answer %s when it is longer than allowed', async (_, answer) => {
    const { url, egress } = trusting(
      await listen((_request, response) => {
        answer(response);
      }),
    );
    expect(await failure(egress.request({ url, responseBytesMax: 2000 }))).toEqual({ code: 'too_large', sent: true });
  });

  it.each([
    ['never answers', () => undefined],
    ['answers a letter at a time', (response: ServerResponse) => void setInterval(() => response.write('x'), 5).unref()],
    ['begins and stops', (response: ServerResponse) => void response.writeHead(200).write('x')],
  ])('ends when the other side %s, and says that it may have arrived', async (_, answer) => {
    const { url, egress } = trusting(await listen((_request, response) => answer(response)));
    expect(await failure(egress.request({ url, timeoutMs: 150 }))).toEqual({ code: 'timeout', sent: true });
  });

  it('says that nothing was sent where nobody listens, and that it may have been where the line was cut', async () => {
    const port = await listen((request) => request.socket.destroy());
    const { url, egress } = trusting(port);
    expect(await failure(egress.request({ url, method: 'POST', body: 'x' }))).toEqual({ code: 'unreachable', sent: true });
    const [server] = servers.splice(0);
    server!.closeAllConnections();
    await new Promise((resolve) => server!.close(resolve));
    expect(await failure(egress.request({ url }))).toEqual({ code: 'unreachable', sent: false });
  });

  it('trusts no certificate that nobody vouches for, not even of a trusted origin', async () => {
    const server = createTlsServer({ cert: SELF_SIGNED_CERTIFICATE, key: SELF_SIGNED_KEY }, (_, response) => {
      hits++;
      response.end('inside');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const origin = `https://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
      expect(await failure(new Egress([origin]).request({ url: origin }))).toMatchObject({ code: 'unreachable' });
      expect(hits).toBe(0);
    } finally {
      server.close();
    }
  });

  it('fails with a code, and with nothing of what was sent', async () => {
    const { url, egress } = trusting(await listen((request) => request.socket.destroy()));
    const error: unknown = await egress
      .request({ url: `${url}/?token=canary`, method: 'POST', headers: { authorization: 'Bearer canary' }, body: { text: 'canary' } })
      .catch((thrown: unknown) => thrown);
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('canary');
  });
});

describe('a public address', () => {
  it.each(['8.8.8.8', '93.184.215.14', '2606:4700::1111', '::ffff:8.8.8.8'])('is %s', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it('is never one of a private range, in either family', () => {
    const byte = fc.nat(255);
    const privateRange = fc.oneof(
      fc.tuple(fc.constantFrom(10, 127, 0), byte, byte, byte),
      fc.tuple(fc.constant(192), fc.constant(168), byte, byte),
      fc.tuple(fc.constant(169), fc.constant(254), byte, byte),
      fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), byte, byte),
      fc.tuple(fc.constant(100), fc.integer({ min: 64, max: 127 }), byte, byte),
      fc.tuple(fc.integer({ min: 224, max: 255 }), byte, byte, byte),
    );
    fc.assert(
      fc.property(privateRange, (bytes) => {
        const text = bytes.join('.');
        expect([isPublicAddress(text), isPublicAddress(`::ffff:${text}`)]).toEqual([false, false]);
      }),
    );
  });

  it.each(['', 'example.com', 'not an address', '8.8.8.8, 127.0.0.1', '8.8.8.8/8'])('is not %j', (text) => {
    expect(isPublicAddress(text)).toBe(false);
  });
});
