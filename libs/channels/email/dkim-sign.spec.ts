import { generateKeyPairSync } from 'node:crypto';
import { dkimVerify } from 'mailauth/lib/dkim/verify.js';
import { composeMail, type OutgoingMail } from './compose-mail.js';
import { signDkim } from './dkim-sign.js';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const KEY = { domain: 'spaak.example', selector: 'od1', privateKey };
const RECORD = `v=DKIM1; k=rsa; p=${publicKey.export({ type: 'spki', format: 'der' }).toString('base64')}`;
const AT = new Date('2026-11-04T10:02:00Z');
const MAIL: OutgoingMail = {
  from: { address: 'help@spaak.example', name: 'Zoë, van Spaak' },
  to: [{ address: 'anna@post.example', name: 'Anna' }],
  cc: [],
  replyTo: 'help+rabc@spaak.example',
  subject: 'Één ketting, en nog een heel lang onderwerp dat over meer dan een enkele regel van de kop gaat lopen',
  messageId: 'm.one@spaak.example',
  inReplyTo: 'her@post.example',
  thread: ['first@post.example'],
  date: AT,
  text: 'Beste Anna,  \n\n\tDe ketting ligt klaar.\n\n\n',
  original: null,
};

async function verdict(raw: Buffer): Promise<{ result: string; aligned: unknown; covered: string[] }> {
  const { results } = await dkimVerify(raw, {
    resolver: (name: string) =>
      name === 'od1._domainkey.spaak.example'
        ? Promise.resolve([[RECORD]])
        : Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' })),
  });
  const [found] = results;
  return {
    result: found?.status.result ?? 'none',
    aligned: found?.status.aligned,
    covered: (found?.signingHeaders?.keys ?? '').toLowerCase().split(/\s*:\s*/),
  };
}

describe('signing what we send', () => {
  it('is believed by those who look the key up, and vouches for the address it is from', async () => {
    const { raw } = await composeMail(MAIL);
    expect(await verdict(await signDkim(raw, KEY, AT))).toMatchObject({ result: 'pass', aligned: 'spaak.example' });
    expect((await verdict(raw)).result).toBe('none');
  });

  it('gives the same bytes for the same mail, so that a mail sent twice is one mail', async () => {
    const [once, again] = [await composeMail(MAIL), await composeMail(MAIL)];
    expect((await signDkim(once.raw, KEY, AT)).equals(await signDkim(again.raw, KEY, AT))).toBe(true);
  });

  it('covers who it is from, what it answers, and both headers by which people unsubscribe', async () => {
    const { raw } = await composeMail({ ...MAIL, automatic: 'auto-generated', unsubscribe: { url: 'https://spaak.example/u/1' } });
    const { result, covered } = await verdict(await signDkim(raw, KEY, AT));
    expect(result).toBe('pass');
    expect(covered).toEqual(
      expect.arrayContaining(['from', 'to', 'subject', 'date', 'message-id', 'in-reply-to', 'references', 'reply-to', 'mime-version']),
    );
    expect(covered).toEqual(expect.arrayContaining(['content-type', 'list-unsubscribe', 'list-unsubscribe-post', 'auto-submitted']));
  });

  it.each([
    ['a second From', (raw: string) => raw.replace('\r\nTo:', '\r\nFrom: evil@x.example\r\nTo:')],
    ['a second From on top', (raw: string) => `From: evil@x.example\r\n${raw}`],
    ['another subject', (raw: string) => raw.replace(/\r\nSubject: /, '\r\nSubject: Not ')],
    ['an unsubscribe link that was not there', (raw: string) => raw.replace('\r\nTo:', '\r\nList-Unsubscribe: <https://x.example>\r\nTo:')],
    ['another word in the body', (raw: string) => raw.replace('ligt klaar', 'is zoek')],
  ])('breaks by %s', async (_, change) => {
    const { raw } = await composeMail(MAIL);
    const changed = Buffer.from(change((await signDkim(raw, KEY, AT)).toString('latin1')), 'latin1');
    expect((await verdict(changed)).result).not.toBe('pass');
  });

  it('stands what mail servers may do: other white space, and lines added at the end', async () => {
    const { raw } = await composeMail(MAIL);
    const moved = (await signDkim(raw, KEY, AT)).toString('latin1').replace('MIME-Version: 1.0', 'MIME-Version:  \t1.0 ');
    expect((await verdict(Buffer.from(`${moved}\r\n\r\n`, 'latin1'))).result).toBe('pass');
  });

  it('is the same for a large mail, which is hashed in pieces', async () => {
    const lines = Array.from({ length: 60_000 }, (_, index) =>
      index % 7 === 0 ? '' : index % 5 === 0 ? ` \t${String(index)}  x ` : 'regel',
    );
    const raw = Buffer.from(`From: a@spaak.example\r\n\r\n${lines.join('\r\n')}\r\n\r\n`, 'latin1');
    expect((await verdict(await signDkim(raw, KEY, AT))).result).toBe('pass');
    const long = Buffer.from(`From: a@spaak.example\r\n\r\n${'x '.repeat(400_000)}`, 'latin1');
    expect((await verdict(await signDkim(long, KEY, AT))).result).toBe('pass');
  });

  it('stands a body of any shape', async () => {
    for (const body of ['', '\r\n', ' \t\r\n', 'x', 'x \r\n\r\n\r\n', '.\r\n..\r\n', '\u00e9\u0000\r\n']) {
      const raw = Buffer.from(`From: a@spaak.example\r\nDate: now\r\n\r\n${body}`, 'latin1');
      expect([body, (await verdict(await signDkim(raw, KEY, AT))).result]).toEqual([body, 'pass']);
    }
  });
});
