import fc from 'fast-check';
import { generateKeyPairSync } from 'node:crypto';
import { dkimSign, sealMessage, type DNSResolver } from 'mailauth';
import { authenticateMail, type AuthenticationOptions, type MailAuthentication } from './authentication.js';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const PEM = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const KEY_RECORD = `v=DKIM1; k=rsa; p=${publicKey.export({ type: 'spki', format: 'der' }).toString('base64')}`;

/** The DNS of the tests: what is not in it does not exist. */
const ZONE: Record<string, string> = {
  'TXT s._domainkey.post.example': KEY_RECORD,
  'TXT s._domainkey.news.example': KEY_RECORD,
  'TXT s._domainkey.forwarder.example': KEY_RECORD,
  'TXT s._domainkey.stranger.example': KEY_RECORD,
  'TXT _dmarc.post.example': 'v=DMARC1; p=reject',
  'TXT _dmarc.lenient.example': 'v=DMARC1; p=none',
  'TXT lenient.example': 'v=spf1 ip4:192.0.2.7 -all',
};

const resolve: DNSResolver = (name, type) => {
  const record = ZONE[`${type} ${name}`];
  if (record !== undefined) return Promise.resolve([[record]]);
  return Promise.reject(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }));
};
const brokenDns: DNSResolver = () => Promise.reject(Object.assign(new Error('no answer'), { code: 'ETIMEOUT' }));

function mail(from = 'Anna <anna@post.example>', ...headers: string[]): string {
  return [
    ...headers,
    `From: ${from}`,
    'To: service@spaakbikes.example',
    'Subject: Wiel',
    'Date: Tue, 3 Nov 2026 09:00:00 +0100',
    '',
    'Dag!',
    '',
  ].join('\r\n');
}

async function signed(text: string, signingDomain = 'post.example', more: { maxBodyLength?: number } = {}): Promise<string> {
  const key = { signingDomain, selector: 's', privateKey: PEM };
  const { signatures } = await dkimSign(text, {
    canonicalization: 'relaxed/relaxed',
    ...key,
    signatureData: [{ ...key, ...more }],
  });
  return signatures + text;
}

async function check(text: string, options: Partial<AuthenticationOptions> = {}): Promise<MailAuthentication> {
  return authenticateMail(Buffer.from(text), { resolve, authservIds: [], trustedSealers: [], ...options });
}

describe('whether From is true', () => {
  it('is proved by a signature of the very domain', async () => {
    expect(await check(await signed(mail()))).toMatchObject({
      verdict: 'pass',
      by: 'dmarc',
      fromDomain: 'post.example',
      isDkimAligned: true,
      policy: 'reject',
      problem: null,
    });
  });

  it('is proved by a signature alone where the owner publishes no policy', async () => {
    expect(await check(await signed(mail('news@news.example'), 'news.example'))).toMatchObject({
      verdict: 'pass',
      by: 'dkim',
      policy: null,
    });
  });

  it('is not proved by the signature of another domain, however valid', async () => {
    const forged = await check(await signed(mail(), 'stranger.example'));
    expect(forged).toMatchObject({ verdict: 'fail', by: 'dmarc', isDkimAligned: false });
    expect(forged.reasons).toContainEqual({ method: 'dkim', result: 'pass', domain: 'stranger.example', source: 'own' });
  });

  it('is not proved once the text was changed', async () => {
    const text = (await signed(mail())).replace('Dag!', 'Betaal!');
    expect(await check(text)).toMatchObject({ verdict: 'fail', isDkimAligned: false });
  });

  it('is not proved by a signature that leaves the end of the text open for anybody', async () => {
    const text = `${await signed(mail(), 'post.example', { maxBodyLength: 4 })}Betaal naar een andere rekening.\r\n`;
    expect(await check(text)).toMatchObject({ verdict: 'fail', isDkimAligned: false });
  });

  it('is neither proved nor disproved where nothing is published', async () => {
    expect(await check(mail('bob@nothing.example'))).toMatchObject({ verdict: 'none', by: null, problem: null });
  });

  it('is not called false for want of SPF where the owner only watches, and is where we stood at the door', async () => {
    const text = mail('carl@lenient.example');
    const at = (ip: string) => ({ peer: { ip, helo: 'mx.lenient.example', mailFrom: 'carl@lenient.example' } });
    expect(await check(text)).toMatchObject({ verdict: 'none', policy: 'none' });
    expect(await check(text, at('192.0.2.7'))).toMatchObject({ verdict: 'pass', by: 'dmarc', isDkimAligned: false });
    expect(await check(text, at('192.0.2.8'))).toMatchObject({ verdict: 'fail', by: 'dmarc' });
  });

  it('cannot be told while the DNS does not answer', async () => {
    expect(await check(await signed(mail()), { resolve: brokenDns })).toMatchObject({ verdict: 'temperror' });
  });

  it.each([
    ['two From lines', mail('anna@post.example', 'From: baas@bank.example'), 'several_from', 'fail'],
    ['two domains in one line', mail('Anna <anna@post.example>, baas@bank.example'), 'several_from', 'fail'],
    ['no address', mail('Anna'), 'no_from', 'none'],
  ])('is not asked of a mail with %s', async (_, text, problem, verdict) => {
    expect(await check(text)).toMatchObject({ problem, verdict });
  });

  it('is not proved by a signature of the beginning of a domain that a comment or a space stands in', async () => {
    for (const from of ['Anna <anna@post.example(home) .bank.example>', 'Anna <anna@post.example .bank.example>'])
      expect(await check(await signed(mail(from)))).toMatchObject({ verdict: 'fail', problem: 'several_from' });
  });

  it('never takes an address in a name for the sender', async () => {
    expect(await check(mail('"baas@bank.example" <anna@post.example>'))).toMatchObject({ fromDomain: 'post.example' });
  });
});

describe('what our provider wrote', () => {
  const own = { authservIds: ['mx.ours.example'] };

  it('is believed under its own name, without asking the DNS', async () => {
    const text = mail(
      undefined,
      'Authentication-Results: mx.ours.example; dkim=pass header.d=post.example; dmarc=pass (p=REJECT) header.from=post.example',
    );
    expect(await check(text, { ...own, resolve: brokenDns })).toMatchObject({ verdict: 'pass', by: 'dmarc', isDkimAligned: true });
  });

  it('is not believed under any other name', async () => {
    const text = mail(undefined, 'Authentication-Results: mx.evil.example; dmarc=pass header.from=post.example');
    expect(await check(text, own)).toMatchObject({ verdict: 'fail' });
    expect(await check(text)).toMatchObject({ verdict: 'fail' });
  });

  it('counts in its topmost line only: what lies below came with the mail', async () => {
    const text = mail(
      undefined,
      'Authentication-Results: mx.ours.example; dmarc=fail header.from=post.example',
      'Received: from evil',
      'Authentication-Results: mx.ours.example; dmarc=pass header.from=post.example',
    );
    expect(await check(text, own)).toMatchObject({ verdict: 'fail', by: 'dmarc' });
  });

  it('says nothing about a From it does not name', async () => {
    const text = mail(
      undefined,
      'Authentication-Results: mx.ours.example; dmarc=pass header.from=other.example; dkim=pass header.d=other.example',
    );
    expect(await check(text, own)).toMatchObject({ verdict: 'fail' });
  });

  it('cannot be smuggled in by a comment', async () => {
    const text = mail(
      undefined,
      'Authentication-Results: mx.ours.example (; dmarc=pass) ; dmarc=fail (dmarc=pass) header.from=post.example',
    );
    expect(await check(text, own)).toMatchObject({ verdict: 'fail' });
  });
});

describe('what a forwarder found', () => {
  async function forwarded(results = 'dmarc=pass header.from=post.example'): Promise<string> {
    const changed = (await signed(mail())).replace('Subject: Wiel', 'Subject: [lijst] Wiel');
    const seal = await sealMessage(changed, {
      signingDomain: 'forwarder.example',
      selector: 's',
      privateKey: PEM,
      cv: 'none',
      authResults: `mx.forwarder.example; ${results}`,
    });
    return seal.toString() + changed;
  }

  it('saves a mail it changed, if we trust it by name', async () => {
    expect(await check(await forwarded(), { trustedSealers: ['forwarder.example'] })).toMatchObject({ verdict: 'pass', by: 'arc' });
    expect(await check(await forwarded())).toMatchObject({ verdict: 'fail' });
    expect(await check(await forwarded('dmarc=fail header.from=post.example'), { trustedSealers: ['forwarder.example'] })).toMatchObject({
      verdict: 'fail',
    });
  });

  it('is worth nothing once somebody changed the mail behind it', async () => {
    const text = (await forwarded()).replace('Dag!', 'Betaal!');
    expect(await check(text, { trustedSealers: ['forwarder.example'] })).toMatchObject({ verdict: 'fail' });
  });
});

describe('a hostile mail', () => {
  it('with more signatures than anybody has costs no questions', async () => {
    let asked = 0;
    const counting: DNSResolver = (name, type) => {
      asked += 1;
      return resolve(name, type);
    };
    const one = 'DKIM-Signature: v=1; a=rsa-sha256; d=post.example; s=s; h=from; bh=AA==; b=AA==';
    const found = await check(mail(undefined, ...Array.from({ length: 500 }, () => one)), { resolve: counting });
    expect([found.verdict, found.problem, asked]).toEqual(['none', 'too_many_signatures', 0]);
  });

  it('of any bytes gives a verdict, and never a pass', async () => {
    const word = fc.constantFrom(
      'From:',
      'DKIM-Signature:',
      'ARC-Seal:',
      'Authentication-Results:',
      'a@post.example',
      ';',
      '=',
      '\r\n',
      '\r\n\r\n',
      '(',
      '"',
      '<',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(word, fc.string({ maxLength: 20 })), { maxLength: 60 }), async (words) => {
        expect((await check(words.join(''))).verdict).not.toBe('pass');
      }),
      { numRuns: 150 },
    );
  });
});
