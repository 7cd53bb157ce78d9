import fc from 'fast-check';
import { mendMail } from './mend-mail.js';
import { parseMail } from './parse-mail.js';
import { MAIL_LIMITS, UnreadableMail } from './parsed-mail.js';

/** Bytes written as Latin-1 characters. */
async function read(...lines: string[]): ReturnType<typeof parseMail> {
  return parseMail(Buffer.from(lines.join('\r\n'), 'latin1'), MAIL_LIMITS);
}

function inUtf8(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

describe('what real senders do wrong', () => {
  it('is not touched where there is nothing wrong', () => {
    const raw = Buffer.from('From: a@x.example\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nZoë', 'utf8');
    expect(mendMail(raw, MAIL_LIMITS).raw()).toBe(raw);
  });

  it('in a header: raw Latin-1, raw UTF-8, raw bytes in an encoded word, the mail’s own Cyrillic', async () => {
    expect((await read('Subject: R\xfcckgabe f\xfcr Zo\xeb', '', 'x')).subject).toBe('Rückgabe für Zoë');
    expect((await read(`Subject: ${inUtf8('Vraag over ë en 日本語')}`, '', 'x')).subject).toBe('Vraag over ë en 日本語');
    expect((await read('Subject: =?iso-8859-1?Q?R\xfcckgabe?=', '', 'x')).subject).toBe('Rückgabe');
    expect((await read('Subject: \xf0\xd2\xc9\xd7\xc5\xd4', 'Content-Type: text/plain; charset=koi8-r', '', 'x')).subject).toBe('Привет');
  });

  it('with the character set of a text: says UTF-8 and is Windows, says Latin-1 and is UTF-8, says nothing', async () => {
    expect((await read('Content-Type: text/plain; charset=utf-8', '', 'caf\xe9 \x80 5')).text).toBe('café € 5');
    expect((await read('Content-Type: text/plain; charset="iso-8859-1"; format=flowed', '', inUtf8('café'))).text).toBe('café');
    expect((await read('Subject: x', '', 'caf\xe9')).text).toBe('café');
    expect((await read('Content-Type: text/plain', 'Content-Transfer-Encoding: quoted-printable', '', 'caf=E9')).text).toBe('café');
    expect(
      (
        await read(
          'Content-Type: text/plain; charset=utf-8',
          'Content-Transfer-Encoding: base64',
          '',
          Buffer.from('caf\xe9', 'latin1').toString('base64'),
        )
      ).text,
    ).toBe('café');
    expect((await read('Content-Type: text/html', '', '<meta charset=koi8-r><p>\xf0\xd2\xc9\xd7\xc5\xd4</p>')).text).toBe('Привет');
    expect((await read('Content-Type: text/plain; charset=x-nobody-knows', '', 'caf\xe9')).text).toBe('café');
    expect((await read('Content-Type: text/plain; charset=iso-2022-jp', '', inUtf8('日本'))).text).toBe('日本');
  });

  it('in UTF-7: shown as text, and never as HTML', async () => {
    const headers = ['Subject: =?utf-7?Q?Fr+APY-sche_+-_?= 1', 'Content-Transfer-Encoding: quoted-printable'];
    const plain = await read(...headers, 'Content-Type: text/plain; charset=utf-7', '', 'Fr+APY-sche +ADw-b+AD4- a +- b');
    expect(plain.subject).toBe('Frösche + 1');
    expect(plain.text).toBe('Frösche <b> a + b');
    const html = await read('Content-Type: text/html; charset=utf-7', '', 'x +ADw-script+AD4-alert(1)+ADw-/script+AD4-');
    expect(html.safeHtml).not.toContain('<');
  });

  it('with nothing: a part of a digest is a mail, though it does not say so, even where the line before it is missing', async () => {
    const digest = (...mails: string[]) =>
      read('Content-Type: multipart/digest; boundary=d;', '', ...mails.flatMap((one) => ['--d', one]), '--d--');
    const parsed = await digest(
      '\r\nFrom: tom@post.example\r\nSubject: Een\r\n\r\nDag',
      'From: eva@post.example\r\nSubject: Twee\r\n\r\nHoi',
      'Content-Type: text/plain\r\n\r\nEn dit is gewoon tekst.',
    );
    expect(parsed.attachments.map(({ mediaType, mail }) => [mediaType, mail?.subject, mail?.from?.address])).toEqual([
      ['message/rfc822', 'Een', 'tom@post.example'],
      ['message/rfc822', 'Twee', 'eva@post.example'],
    ]);
    expect(parsed.text.trim()).toBe('En dit is gewoon tekst.');
    const nested = await read(
      'Content-Type: multipart/mixed; boundary=m',
      '',
      '--m\r\n\r\nDag Anna',
      '--m\r\nContent-Type: multipart/digest; boundary=d\r\n',
      '--d\r\n\r\nSubject: Een\r\n\r\nDag\r\n--d--',
      '--m\r\n\r\nGroet',
      '--m--',
    );
    expect(nested.attachments.map(({ mail }) => mail?.subject)).toEqual(['Een']);
    expect(nested.text).toContain('Dag Anna');
    expect(nested.text).toContain('Groet');
  });

  it('with the line behind the header: white space in it loses no text, and white space inside a header ends no header', async () => {
    expect((await read('Subject: x', ' \t', 'Dag Anna')).text).toBe('Dag Anna');
    const folded = await read('Subject: een', ' ', ' twee', 'Message-ID: <a@x>', '', 'Dag');
    expect(folded.subject).toBe('een twee');
    expect(folded.messageId).toBe('a@x');
  });

  it('with the structure: no parts, no type, line ends of another age, a boundary over two lines', async () => {
    expect((await read('Content-Type: multipart/mixed; boundary=b', '', 'Dag', '--c', 'x')).text).toContain('Dag');
    expect((await read('Content-Type: multipart/mixed', '', 'Dag')).text).toContain('Dag');
    const typeless = await read(
      'Content-Type: multipart/mixed; boundary=b',
      '',
      '--b',
      '',
      'Dag',
      '--b',
      'Content-Type: ; name="a.zip"',
      '',
      'x',
      '--b--',
    );
    expect(typeless.attachments.map(({ name }) => name)).toEqual(['a.zip']);
    expect((await parseMail(Buffer.from('Subject: oud\r\rDag\rAnna'), MAIL_LIMITS)).text).toBe('Dag\nAnna');
    expect((await read('Content-Type: multipart/mixed; boundary="a', ' b"', '', '--a b', '', 'Dag', '--a b--')).text.trim()).toBe('Dag');
  });

  it('behind a base64 text: what a gateway added is shown as text, and the text stays whole', async () => {
    const body = Buffer.from('Graag donderdag om tien uur.').toString('base64');
    const { text } = await read(
      'Content-Transfer-Encoding: base64',
      'Content-Type: text/plain; charset=utf-8',
      '',
      body,
      'Scanned by gateway-7: no virus found!',
    );
    expect(text).toContain('Graag donderdag om tien uur.');
    expect(text).toContain('Scanned by gateway-7: no virus found!');
  });

  it('on purpose, with two boundaries, is flagged', async () => {
    expect((await read('Content-Type: multipart/mixed; boundary=a; boundary=b', '', '--a', '', 'x', '--a--')).flags).toContain(
      'structure_ambiguous',
    );
  });

  it('never makes reading fail, whatever the bytes', async () => {
    const piece = fc.constantFrom(
      ...[
        '\r\n',
        '\n',
        '\r',
        ' ',
        '--b',
        '--b--',
        'Content-Type: multipart/mixed; boundary=b',
        'Content-Type: text/html',
        'Content-Type: message/rfc822',
      ],
      ...['Subject: \xfc', '=?utf-8?Q?\xff?=', ';', ':', '<', '\xff\xfe', '\u0000', 'Content-Transfer-Encoding: base64', 'AAAA', '='],
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 40 }), async (pieces) => {
        try {
          const parsed = await parseMail(Buffer.from(pieces.join(''), 'latin1'), MAIL_LIMITS);
          expect(JSON.stringify(parsed)).not.toContain('\\u0000');
        } catch (error) {
          expect(error).toBeInstanceOf(UnreadableMail);
        }
      }),
      { numRuns: 400 },
    );
  });
});
