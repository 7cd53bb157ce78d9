import { randomBytes } from 'node:crypto';
import { readMended } from './large-files.js';
import { mendMail } from './mend-mail.js';
import { readMime } from './mime-reader.js';
import { MAIL_LIMITS } from './parsed-mail.js';

const file = randomBytes(1_500_001);
const lines = (bytes: Buffer, end = '\r\n') => bytes.toString('base64').replaceAll(/.{76}/g, (line) => `${line}${end}`);
const part = (body: string, headers: string[] = ['Content-Type: application/pdf; name=a.pdf', 'Content-Transfer-Encoding: base64']) =>
  ['--b', ...headers, '', body].join('\r\n');
const mailOf = (...parts: string[]) =>
  Buffer.from(
    ['From: a@elsewhere.example', 'Content-Type: multipart/mixed; boundary=b', '', part('Hello.', []), ...parts, '--b--', ''].join('\r\n'),
    'latin1',
  );

/** Past the reader or through it: nobody can tell from what comes out. */
describe('a large file in a mail', () => {
  const alike = async (raw: Buffer) => {
    const mended = mendMail(raw, MAIL_LIMITS);
    const [past, through] = [await readMended(mended, MAIL_LIMITS), await readMime(mended.raw(), MAIL_LIMITS)];
    expect(past.attachments.map(({ content }) => content.length)).toEqual(through.attachments.map(({ content }) => content.length));
    expect(past.attachments.every(({ content }, at) => content.equals(through.attachments[at]!.content))).toBe(true);
    const rest = ({ attachments, ...mail }: typeof past) => ({ ...mail, files: attachments.map((one) => ({ ...one, content: null })) });
    expect(rest(past)).toEqual(rest(through));
    return past.attachments;
  };
  const base64 = 'Content-Transfer-Encoding: base64';

  it.each<[string, string[]]>([
    ['as everybody sends it', [part(lines(file))]],
    ['twice the same', [part(lines(file)), part(lines(file))]],
    ['beside others of every size', [part('aGFsbG8='), part(lines(file)), part(lines(file.subarray(7))), part('')]],
    ['in one line', [part(file.toString('base64'))]],
    ['with bare line feeds', [part(lines(file, '\n'))]],
    ['without its padding', [part(lines(file).replaceAll('=', ''))]],
    ['with line ends behind its padding', [part(`${lines(file)}\r\n \r\n`)]],
    ['with much white space behind it', [part(`${lines(file)}${'\r\n'.repeat(500)}`)]],
    ['of two that were joined, padding and all', [part(`${lines(file.subarray(1))}\r\n${lines(file)}`)]],
    ['with a disclaimer behind it', [part(`${lines(file)}\r\nThis mail was scanned.`)]],
    ['with strange characters in it', [part(lines(file).replaceAll('a', 'a!'))]],
    ['that is no base64', [part('x-y\r\n'.repeat(400_000))]],
    ['that is a text', [part(lines(file), ['Content-Type: text/csv; name=a.csv', base64])]],
    ['that is a mail', [part(lines(file), ['Content-Type: message/rfc822', base64])]],
    ['without a type', [part(lines(file), [base64, 'Content-Disposition: attachment'])]],
    [
      'with an encoding that is said twice',
      [part(lines(file), ['Content-Type: application/pdf', 'Content-Transfer-Encoding: 8bit', base64])],
    ],
    ['in a part of its own parts', [part(`--c\r\n${part(lines(file)).slice(5)}\r\n--c--`, ['Content-Type: multipart/mixed; boundary=c'])]],
    ['below a header that has to be mended', [part(lines(file), ['Content-Type: application/pdf; name="caf\xe9.pdf"', base64])]],
  ])('%s', async (_, parts) => {
    await alike(mailOf(...parts));
  });

  it('is all there is of a mail, and no part of it', async () => {
    const raw = Buffer.from(`From: a@elsewhere.example\r\nContent-Type: application/pdf\r\n${base64}\r\n\r\n${lines(file)}\r\n`);
    const [only] = await alike(raw);
    expect(only!.content.equals(file)).toBe(true);
  });
});
