import { createSocket, type Socket } from 'node:dgram';
import { mailResolver } from './mail-dns.js';
import { dkimLine, dmarcLine, ownDkimLine, spfLine, type TextLookup, textLookup } from './mail-domain.js';

/** A DNS server of one zone's texts. What is null is answered with "server failure". */
const ZONE: Record<string, string[] | null> = {
  'good.example': ['v=spf1 include:_spf.mail.example -all', 'some-verification=1'],
  'selector1._domainkey.good.example': ['v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCB'],
  '_dmarc.good.example': ['v=DMARC1; p=reject; rua=mailto:d@good.example'],
  'two.example': ['v=spf1 -all', 'v=spf1 ~all'],
  'open.example': ['v=spf1 +all'],
  '_dmarc.open.example': ['v=DMARC1; p=none'],
  'revoked._domainkey.open.example': ['v=DKIM1; p='],
  'default._domainkey.open.example': ['v=DKIM1; p='],
  'google.example': ['v=spf1 include:_spf.google.com ~all'],
  'broken.example': null,
  'xn--bcher-kva.example': ['v=spf1 ~all'],
};

describe('what a domain says about its mail', () => {
  let server: Socket;
  let txt: TextLookup;

  beforeAll(async () => {
    server = createSocket('udp4');
    server.on('message', (question, { port, address }) => server.send(answerTo(question), port, address));
    await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve));
    txt = textLookup(mailResolver({ dnsServers: [`127.0.0.1:${String(server.address().port)}`] }));
  });
  afterAll(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
      }),
  );

  it('is all well where it names its senders, publishes a key and wants forged mail refused', async () => {
    expect(await spfLine('good.example', txt)).toMatchObject({ check: 'spf', verdict: 'good', code: 'spf_found', remedy: null });
    expect(await dkimLine('good.example', txt)).toMatchObject({ check: 'dkim', verdict: 'good', code: 'dkim_found' });
    expect(await dmarcLine('good.example', txt)).toMatchObject({ check: 'dmarc', verdict: 'good', code: 'dmarc_found' });
  });

  it('counts for the names beneath it too, where it is about forged mail', async () => {
    expect(await dmarcLine('help.shop.good.example', txt)).toMatchObject({ verdict: 'good' });
  });

  it.each([
    ['nothing.example', 'spf_missing', 'bad'],
    ['two.example', 'spf_several', 'bad'],
    ['open.example', 'spf_open', 'warning'],
    ['bücher.example', 'spf_found', 'good'],
  ])('is, of the senders of %s, %s', async (domain, code, verdict) => {
    expect(await spfLine(domain, txt)).toMatchObject({ code, verdict });
  });

  it('names the relay in its advice where it knows by which name that is let in', async () => {
    expect(await spfLine('nothing.example', txt, 'smtp.gmail.com')).toMatchObject({
      code: 'spf_missing_include',
      names: ['_spf.google.com'],
    });
    expect(await spfLine('nothing.example', txt, 'mail.own.example')).toMatchObject({ code: 'spf_missing', names: ['mail.own.example'] });
    expect(await spfLine('good.example', txt, 'smtp.gmail.com')).toMatchObject({ code: 'spf_relay_missing', verdict: 'warning' });
    expect(await spfLine('google.example', txt, 'smtp.gmail.com')).toMatchObject({ code: 'spf_found' });
    expect(await spfLine('good.example', txt, 'mail.own.example')).toMatchObject({ code: 'spf_found' });
  });

  it('has our own key to show, and says whether it counts already', () => {
    const key = { recordName: 'o1._domainkey.good.example', recordValue: 'v=DKIM1; k=rsa; p=MIIB' };
    expect(ownDkimLine('good.example', { ...key, state: 'signing' })).toMatchObject({ verdict: 'good', code: 'dkim_signing' });
    const waiting = ownDkimLine('good.example', { ...key, state: 'waiting' });
    expect(waiting).toMatchObject({ verdict: 'warning', code: 'dkim_waiting', names: [key.recordName, key.recordValue] });
  });

  it('does not take a withdrawn key for a key, and calls a key that was not found unknown: it may have any name', async () => {
    expect(await dkimLine('open.example', txt)).toMatchObject({ verdict: 'unknown', code: 'dkim_not_found' });
  });

  it('says when nothing is asked of receivers, or nothing is said at all', async () => {
    expect(await dmarcLine('open.example', txt)).toMatchObject({ verdict: 'warning', code: 'dmarc_none' });
    expect(await dmarcLine('nothing.example', txt)).toMatchObject({ verdict: 'warning', code: 'dmarc_missing' });
  });

  it('is not taken for nothing when it could not be asked', async () => {
    await expect(spfLine('broken.example', txt)).rejects.toThrow();
  });
});

/** Source: RFC 1035, 4.1 */
function answerTo(question: Buffer): Buffer {
  const labels: string[] = [];
  let at = 12;
  while (question[at] !== 0) {
    labels.push(question.toString('ascii', at + 1, at + 1 + question[at]!));
    at += 1 + question[at]!;
  }
  const asked = question.subarray(12, at + 5);
  const texts = ZONE[labels.join('.').toLowerCase()];
  const header = Buffer.from(question.subarray(0, 12));
  // An answer; 2 is "server failure", 3 "no such name".
  header.writeUInt16BE(0x8180 | (texts === null ? 2 : texts === undefined ? 3 : 0), 2);
  header.writeUInt16BE(texts?.length ?? 0, 6);
  header.writeUInt32BE(0, 8);
  const records = (texts ?? []).map((text) => {
    const piece = Buffer.concat([Buffer.of(text.length), Buffer.from(text)]);
    const head = Buffer.from([0xc0, 0x0c, 0, 16, 0, 1, 0, 0, 0, 1, 0, 0]);
    head.writeUInt16BE(piece.length, 10);
    return Buffer.concat([head, piece]);
  });
  return Buffer.concat([header, asked, ...records]);
}
