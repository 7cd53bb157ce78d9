import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import fc from 'fast-check';
import { Egress } from '#platform';
import { SELF_SIGNED_CERTIFICATE, SELF_SIGNED_KEY } from '../../../test/self-signed.js';
import { autoconfigured, fetchOverHttps, readAutoconfig } from './guess-autoconfig.js';

const ADDRESS = 'anna.smit@firm.example';
const FILE = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE clientConfig [<!ENTITY who SYSTEM "file:///etc/passwd">]>
<clientConfig version="1.1">
  <emailProvider id="firm.example">
    <domain>firm.example</domain>
    <displayName>Firm &amp; Co at %EMAILDOMAIN%</displayName>
    <incomingServer type="pop3"><hostname>pop.firm.example</hostname><port>995</port><socketType>SSL</socketType></incomingServer>
    <incomingServer type="imap">
      <hostname>imap.%EMAILDOMAIN%</hostname><port>143</port><socketType>STARTTLS</socketType>
      <username>%EMAILLOCALPART%</username><authentication>password-cleartext</authentication>
    </incomingServer>
    <incomingServer type="imap">
      <hostname>secure.firm.example</hostname><port>993</port><socketType>SSL</socketType><username>%EMAILADDRESS%</username>
    </incomingServer>
    <outgoingServer type="smtp"><hostname>smtp.firm.example</hostname><port>25</port><socketType>plain</socketType></outgoingServer>
    <outgoingServer type="smtp"><hostname>smtp.firm.example</hostname><port>587</port><socketType>STARTTLS</socketType></outgoingServer>
  </emailProvider>
</clientConfig>`;

describe('what a domain says about its mail servers', () => {
  it('is read for one address, TLS from the first byte before STARTTLS, and nothing without either', () => {
    expect(readAutoconfig(FILE, ADDRESS)).toEqual({
      provider: 'Firm & Co at firm.example',
      imap: { host: 'secure.firm.example', port: 993, security: 'tls' },
      smtp: { host: 'smtp.firm.example', port: 587, security: 'starttls' },
      user: ADDRESS,
    });
  });

  it('may want the name before the @ alone', () => {
    const file = FILE.replace('<socketType>SSL</socketType><username>%EMAILADDRESS%', '<socketType>plain</socketType><username>x');
    expect(readAutoconfig(file, ADDRESS)).toMatchObject({ imap: { host: 'imap.firm.example', port: 143 }, user: 'anna.smit' });
  });

  it('is nothing where it offers no encrypted way in, or names no host', () => {
    expect(readAutoconfig(FILE.replaceAll('SSL', 'plain').replaceAll('STARTTLS', 'plain'), ADDRESS)).toBeNull();
    for (const host of ['127.0.0.1', 'localhost', 'a b', 'evil.example/x', 'user@evil.example', '', '[::1]']) {
      const file = FILE.replaceAll('secure.firm.example', host).replaceAll('imap.%EMAILDOMAIN%', host);
      expect(readAutoconfig(file, ADDRESS)).toBeNull();
    }
    for (const port of ['0', '65536', '-1', '993x', '']) {
      const file = FILE.replace('<port>993<', `<port>${port}<`).replace('<port>143<', `<port>${port}<`);
      expect(readAutoconfig(file, ADDRESS)).toBeNull();
    }
  });

  it('is read in a moment, whatever it is', () => {
    fc.assert(fc.property(fc.string({ maxLength: 500 }), (xml) => void readAutoconfig(xml, ADDRESS)));
    expect(readAutoconfig('<incomingServer type="imap">'.repeat(100_000), ADDRESS)).toBeNull();
    expect(readAutoconfig(`<a>${'&amp;'.repeat(100_000)}`, ADDRESS)).toBeNull();
  });

  it('is asked at both places by the domain alone, and the first of them counts', async () => {
    const asked: string[] = [];
    const found = await autoconfigured(ADDRESS, 'firm.example', (url) => {
      asked.push(url);
      return Promise.resolve(url.includes('.well-known') ? FILE.replace('Firm', 'Other') : FILE);
    });
    expect(found?.provider).toBe('Firm & Co at firm.example');
    expect(asked).toEqual([
      'https://autoconfig.firm.example/mail/config-v1.1.xml',
      'https://firm.example/.well-known/autoconfig/mail/config-v1.1.xml',
    ]);
    expect(asked.join(' ')).not.toContain('anna');
    const second = await autoconfigured(ADDRESS, 'firm.example', (url) => Promise.resolve(url.includes('.well-known') ? FILE : '<html>'));
    expect(second?.imap?.host).toBe('secure.firm.example');
  });
});

describe('fetching such a file', () => {
  let server: Server;
  let secure: Server;
  let origin: string;
  let secureOrigin: string;
  let knocks = 0;
  const certificates = getCACertificates('default');

  beforeAll(async () => {
    server = createServer((_, response) => {
      knocks += 1;
      response.end(FILE);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
    setDefaultCACertificates([...certificates, SELF_SIGNED_CERTIFICATE]);
    secure = createSecureServer({ key: SELF_SIGNED_KEY, cert: SELF_SIGNED_CERTIFICATE }, ({ url = '/' }, response) => {
      const answers: Record<string, () => void> = {
        '/file': () => response.end(FILE),
        '/elsewhere': () => response.writeHead(302, { location: '/file' }).end(),
        '/in-the-clear': () => response.writeHead(302, { location: `${origin}/file` }).end(),
        '/inside': () => response.writeHead(302, { location: 'https://10.0.0.1/file' }).end(),
        '/round': () => response.writeHead(302, { location: '/round' }).end(),
        '/long': () => response.end('x'.repeat(1024 * 1024)),
      };
      (answers[url] ?? (() => response.writeHead(404).end(FILE)))();
    });
    await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve));
    secureOrigin = `https://127.0.0.1:${String((secure.address() as AddressInfo).port)}`;
  });
  afterAll(async () => {
    setDefaultCACertificates(certificates);
    for (const one of [server, secure]) {
      one.closeAllConnections();
      await new Promise<void>((resolve) => one.close(() => resolve()));
    }
  });

  it('follows where it has moved to, over HTTPS and within bounds', async () => {
    const fetchFile = fetchOverHttps(new Egress([secureOrigin]));
    expect(await fetchFile(`${secureOrigin}/file`)).toBe(FILE);
    expect(await fetchFile(`${secureOrigin}/elsewhere`)).toBe(FILE);
    for (const path of ['in-the-clear', 'inside', 'round', 'long', 'missing'])
      expect(await fetchFile(`${secureOrigin}/${path}`)).toBeNull();
    expect(knocks).toBe(0);
  });

  it('believes nobody whose certificate is not good', async () => {
    setDefaultCACertificates(certificates);
    expect(await fetchOverHttps(new Egress([secureOrigin]))(`${secureOrigin}/file`)).toBeNull();
    setDefaultCACertificates([...certificates, SELF_SIGNED_CERTIFICATE]);
  });

  it('goes over HTTPS alone: whoever listens on the way could name a server of his own', async () => {
    expect(await fetchOverHttps(new Egress([origin]))(`${origin}/mail/config-v1.1.xml`)).toBeNull();
    expect(knocks).toBe(0);
  });

  it.each(['https://127.0.0.1', 'https://[::1]', 'https://169.254.169.254', 'https://10.1.2.3', 'https://localhost', 'https://0x7f000001'])(
    'never reaches %s, which only stands inside',
    async (inside) => {
      const { port } = server.address() as AddressInfo;
      expect(await fetchOverHttps(new Egress())(`${inside}:${String(port)}/mail/config-v1.1.xml`)).toBeNull();
      expect(knocks).toBe(0);
    },
  );
});
