import { createPrivateKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import fc from 'fast-check';
import { ed25519Key, isSignedBy, readSignature, type SignatureHeaders } from './check-signature.js';
import { signatureBase, type SignedParts, signRequest } from './sign-request.js';

const NOW = new Date('2026-05-04T10:00:00Z');
const later = (seconds: number) => new Date(NOW.getTime() + seconds * 1000);

describe('a signature', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const bytes = rawBytes(publicKey);
  const keyId = 'k'.repeat(43);
  const url = new URL('https://operator.example/operator/api/tenants?state=active');
  const body = Buffer.from('{"name":"Spaak"}');
  const parts: SignedParts = { method: 'POST', authority: url.host, path: url.pathname, query: url.search, body };
  const signed = (at = NOW) => headersOf(signRequest({ method: 'POST', url, body }, { keyId, privateKey }, at));
  const passes = (headers: SignatureHeaders, of: SignedParts = parts, now = NOW) => {
    const read = readSignature(headers, of, now);
    return read !== null && isSignedBy(bytes, read, of);
  };

  it('of the standard’s own example is made and checked as it stands there', () => {
    // Source: RFC 9421, appendix B.1.4 (the key) and B.2.6 (the signature)
    const key = createPrivateKey(
      '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF\n-----END PRIVATE KEY-----\n',
    );
    const params = '("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"';
    const base = signatureBase(
      [
        ['date', 'Tue, 20 Apr 2021 02:07:55 GMT'],
        ['@method', 'POST'],
        ['@path', '/foo'],
        ['@authority', 'example.com'],
        ['content-type', 'application/json'],
        ['content-length', '18'],
      ],
      params,
    );
    const wanted = 'wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==';
    expect(sign(null, Buffer.from(base), key).toString('base64')).toBe(wanted);
    const known = ed25519Key(Buffer.from('JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=', 'base64'));
    expect(verify(null, Buffer.from(base), known, Buffer.from(wanted, 'base64'))).toBe(true);
  });

  it('passes with the request that it was made for, until it has run out', () => {
    for (const seconds of [0, 30, 59]) expect(passes(signed(), parts, later(seconds))).toBe(true);
    for (const seconds of [60, 61, 3600]) expect(passes(signed(), parts, later(seconds))).toBe(false);
  });

  it('may come from a clock that is a minute ahead, and no more', () => {
    expect([passes(signed(later(60))), passes(signed(later(62)))]).toEqual([true, false]);
  });

  it('is no other request’s: method, host, path, question or body', () => {
    const others: Partial<SignedParts>[] = [
      { method: 'PUT' },
      { authority: 'elsewhere.example' },
      { authority: 'operator.example:8443' },
      { path: '/operator/api/tenant' },
      { path: '/operator/api/tenants/' },
      { query: '?' },
      { query: '?state=suspended' },
      { query: '?state=active&state=suspended' },
      { body: Buffer.from('{"name":"Linden"}') },
      { body: Buffer.alloc(0) },
      { body: null },
    ];
    for (const other of others) expect({ other, passes: passes(signed(), { ...parts, ...other }) }).toEqual({ other, passes: false });
  });

  it('is no other key’s', () => {
    const stranger = generateKeyPairSync('ed25519');
    const read = readSignature(signed(), parts, NOW)!;
    expect(isSignedBy(rawBytes(stranger.publicKey), read, parts)).toBe(false);
  });

  it.each<[string, (headers: SignatureHeaders) => SignatureHeaders]>([
    ['none', () => ({ input: undefined, signature: undefined, contentDigest: undefined })],
    ['no signature', (headers) => ({ ...headers, signature: undefined })],
    ['no input', (headers) => ({ ...headers, input: undefined })],
    ['an empty signature', (headers) => ({ ...headers, signature: 'omnidesk=::' })],
    ['no digest of the body', (headers) => ({ ...headers, contentDigest: undefined })],
    ['the digest of another body', (headers) => ({ ...headers, contentDigest: `sha-256=:${Buffer.alloc(32).toString('base64')}:` })],
    ['two digests', (headers) => ({ ...headers, contentDigest: `${headers.contentDigest!}, ${headers.contentDigest!}` })],
    ['two signatures', (headers) => ({ ...headers, input: twice(headers.input!), signature: twice(headers.signature!) })],
    ['a second signature beside it', (headers) => ({ ...headers, signature: `${headers.signature!}, other=:${'A'.repeat(86)}==:` })],
    ['another label', (headers) => ({ ...headers, input: headers.input!.replace('omnidesk', 'sig1') })],
    ['a part that is missing', (headers) => ({ ...headers, input: headers.input!.replace(' "@query"', '') })],
    ['no parts', (headers) => ({ ...headers, input: headers.input!.replace(/\(.*\)/, '()') })],
    [
      'parts in another order',
      (headers) => ({ ...headers, input: headers.input!.replace('"@method" "@authority"', '"@authority" "@method"') }),
    ],
    ['a part named twice', (headers) => ({ ...headers, input: headers.input!.replace('"@path"', '"@path" "@path"') })],
    ['no nonce', (headers) => ({ ...headers, input: headers.input!.replace(/;nonce="[^"]*"/, '') })],
    ['a short nonce', (headers) => ({ ...headers, input: headers.input!.replace(/nonce="[^"]*"/, 'nonce="AAAA"') })],
    ['no end', (headers) => ({ ...headers, input: headers.input!.replace(/;expires=\d+/, '') })],
    ['no beginning', (headers) => ({ ...headers, input: headers.input!.replace(/;created=\d+/, '') })],
    [
      'a later end than it was signed with',
      (headers) => ({ ...headers, input: headers.input!.replace(/expires=(\d+)/, 'expires=1999999999') }),
    ],
    [
      'parameters in another order',
      (headers) => ({ ...headers, input: headers.input!.replace(/(;keyid="[^"]*")(;alg="ed25519")/, '$2$1') }),
    ],
    ['another algorithm', (headers) => ({ ...headers, input: headers.input!.replace('ed25519', 'hmac-sha256') })],
    ['no algorithm', (headers) => ({ ...headers, input: headers.input!.replace(';alg="ed25519"', '') })],
    ['one more parameter', (headers) => ({ ...headers, input: `${headers.input!};tag="x"` })],
    ['a space where there is none', (headers) => ({ ...headers, input: headers.input!.replace(';created', '; created') })],
    [
      'base64 for URLs',
      (headers) => ({ ...headers, signature: headers.signature!.replaceAll('+', '-').replaceAll('/', '_').replace(/=:$/, ':') }),
    ],
    ['base64 without its end', (headers) => ({ ...headers, signature: headers.signature!.replace('==:', ':') })],
    // The last letter before `==` has four bits that say nothing: sixteen ways to write the same bytes.
    [
      'the same bytes, written in another way',
      (headers) => ({ ...headers, signature: headers.signature!.replace(/.==:$/, (end) => `${next(end[0]!)}==:`) }),
    ],
  ])('is not one with %s', (_, change) => {
    expect(passes(change(signed()))).toBe(false);
  });

  it('is not one when any letter of it is another', () => {
    const headers = signed();
    fc.assert(
      fc.property(
        fc.constantFrom('input', 'signature', 'contentDigest'),
        fc.nat(),
        fc.constantFrom(...'AZaz09+/=":;() '),
        (name, at, letter) => {
          const text = headers[name]!;
          const changed = text.slice(0, at % text.length) + letter + text.slice((at % text.length) + 1);
          expect(passes({ ...headers, [name]: changed })).toBe(changed === text);
        },
      ),
    );
  });

  it('without a body covers that there is none', () => {
    const plain = { ...parts, method: 'GET', body: null };
    const headers = headersOf(signRequest({ method: 'GET', url, body: null }, { keyId, privateKey }, NOW));
    expect(passes(headers, plain)).toBe(true);
    expect(passes(headers, { ...plain, body })).toBe(false);
  });

  it('is never the same twice', () => {
    expect(signed().input).not.toBe(signed().input);
  });
});

function headersOf(headers: Record<string, string>): SignatureHeaders {
  return { input: headers['signature-input'], signature: headers['signature'], contentDigest: headers['content-digest'] };
}

function rawBytes(key: KeyObject): Buffer {
  return Buffer.from(key.export({ format: 'jwk' }).x!, 'base64url');
}

const twice = (header: string) => `${header}, ${header}`;

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const next = (letter: string) => ALPHABET[(ALPHABET.indexOf(letter) + 1) % 64]!;
