import fc from 'fast-check';
import { resolveMailHost } from './mail-host.js';

const nobody = { demo: false, mailHostsTrusted: [], dnsServers: ['127.0.0.1:9'] };

describe('the mail servers that a tenant may name', () => {
  it('are any public address, under its name', async () => {
    expect(await resolveMailHost('198.51.100.7', { ...nobody, mailHostsTrusted: ['198.51.100.7'] })).toMatchObject({ servername: null });
    expect(await resolveMailHost('9.9.9.9', nobody)).toEqual({ address: '9.9.9.9', servername: null, isLoopback: false });
  });

  it('are never on a private network, however its address is written', async () => {
    const inside = fc.oneof(
      fc.constantFrom(
        '127.0.0.1',
        '127.1.2.3',
        '10.0.0.1',
        '192.168.1.1',
        '172.16.0.9',
        '169.254.169.254',
        '0.0.0.0',
        '100.64.0.1',
        'localhost',
        'LOCALHOST.',
      ),
      fc.constantFrom(
        '::1',
        '[::1]',
        '::',
        '::ffff:127.0.0.1',
        '::ffff:10.0.0.1',
        'fe80::1',
        'fd00::1',
        '64:ff9b::7f00:1',
        '2002:7f00:1::',
      ),
      fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255)).map(([b, c, d]) => `10.${String(b)}.${String(c)}.${String(d)}`),
    );
    await fc.assert(
      fc.asyncProperty(inside, async (host) => {
        await expect(resolveMailHost(host, nobody)).rejects.toMatchObject({ code: 'server_not_allowed', remedy: 'reconnect' });
      }),
    );
  });

  it('are where the operator says so also within: the very host or address he names, and no other', async () => {
    const trusting = { ...nobody, mailHostsTrusted: ['10.0.0.5', 'localhost'] };
    expect(await resolveMailHost('10.0.0.5', trusting)).toMatchObject({ address: '10.0.0.5' });
    expect(await resolveMailHost('Localhost', trusting)).toEqual({ address: '127.0.0.1', servername: 'localhost', isLoopback: true });
    await expect(resolveMailHost('10.0.0.6', trusting)).rejects.toMatchObject({ code: 'server_not_allowed' });
    await expect(resolveMailHost('127.0.0.1', trusting)).rejects.toMatchObject({ code: 'server_not_allowed' });
  });

  it('are on this machine in the demo, and even there nowhere else within', async () => {
    const demo = { ...nobody, demo: true };
    expect(await resolveMailHost('localhost', demo)).toMatchObject({ isLoopback: true });
    await expect(resolveMailHost('192.168.0.1', demo)).rejects.toMatchObject({ code: 'server_not_allowed' });
  });

  it('are told apart from names that nobody could look up', async () => {
    await expect(resolveMailHost('mail.spaak.example', nobody)).rejects.toMatchObject({ code: 'server_unreachable', remedy: 'try_later' });
    await expect(resolveMailHost('', nobody)).rejects.toMatchObject({ remedy: expect.stringMatching(/try_later|reconnect/) as string });
  }, 20_000);
});
