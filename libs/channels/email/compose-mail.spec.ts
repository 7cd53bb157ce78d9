import fc from 'fast-check';
import { composeMail, referencesFor, replySubject, type OutgoingMail } from './compose-mail.js';
import { parseMail } from './parse-mail.js';
import { MAIL_LIMITS } from './parsed-mail.js';

const ANSWER: OutgoingMail = {
  from: { address: 'service@spaakbikes.example', name: 'Piet van Spaak Bikes' },
  to: [{ address: 'anna.devries@post.example', name: 'Anna de Vries' }],
  cc: [],
  replyTo: null,
  subject: 'Vraag over de ketting',
  messageId: 'm.one@spaakbikes.example',
  inReplyTo: '20261103.0912.anna@post.example',
  thread: ['20261103.0912.anna@post.example'],
  date: new Date('2026-11-04T10:02:00Z'),
  text: 'Beste Anna,\n\nKunt u donderdag om tien uur?\nGroet, Piet',
  original: {
    author: 'Anna de Vries',
    sentAt: new Date('2026-11-03T08:12:04Z'),
    text: 'De ketting <loopt> eraf.\nKan ik langskomen?',
    language: 'nl',
    timeZone: 'Europe/Amsterdam',
  },
};

async function lines(changes: Partial<OutgoingMail> = {}): Promise<string[]> {
  return (await composeMail({ ...ANSWER, ...changes })).raw.toString('latin1').split('\r\n');
}

async function header(name: string, changes: Partial<OutgoingMail> = {}): Promise<string[]> {
  const all = (await lines(changes)).join('\n');
  const unfolded = all
    .slice(0, all.indexOf('\n\n'))
    .replaceAll(/\n[ \t]/g, ' ')
    .split('\n');
  return unfolded.filter((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`));
}

describe('an answer to a mail', () => {
  it('is these bytes, each time', async () => {
    expect(await lines()).toEqual([
      'From: Piet van Spaak Bikes <service@spaakbikes.example>',
      'To: Anna de Vries <anna.devries@post.example>',
      'In-Reply-To: <20261103.0912.anna@post.example>',
      'References: <20261103.0912.anna@post.example>',
      'Subject: Re: Vraag over de ketting',
      'Message-ID: <m.one@spaakbikes.example>',
      'Date: Wed, 04 Nov 2026 10:02:00 +0000',
      'MIME-Version: 1.0',
      'Content-Type: multipart/alternative;',
      ' boundary="--_NmP-0871d165179e2e77-Part_1"',
      '',
      '----_NmP-0871d165179e2e77-Part_1',
      'Content-Type: text/plain; charset=utf-8',
      'Content-Transfer-Encoding: 7bit',
      '',
      'Beste Anna,',
      '',
      'Kunt u donderdag om tien uur?',
      'Groet, Piet',
      '',
      'Op 3 november 2026 om 09:12 schreef Anna de Vries:',
      '',
      '> De ketting <loopt> eraf.',
      '> Kan ik langskomen?',
      '',
      '----_NmP-0871d165179e2e77-Part_1',
      'Content-Type: text/html; charset=utf-8',
      'Content-Transfer-Encoding: quoted-printable',
      '',
      '<!DOCTYPE html><html><body><p>Beste Anna,</p><p>Kunt u donderdag om tien =',
      'uur?<br>Groet, Piet</p><div style=3D"display:none;font-size:0;line-height:0=',
      ';max-height:0;overflow:hidden" aria-hidden=3D"true">m.one</div><div =',
      'class=3D"gmail_quote"><p>Op 3 november 2026 om 09:12 schreef Anna de =',
      'Vries:</p><blockquote type=3D"cite"><p>De ketting &lt;loopt&gt; eraf.=',
      '<br>Kan ik langskomen?</p></blockquote></div></body></html>',
      '',
      '----_NmP-0871d165179e2e77-Part_1--',
      '',
    ]);
    const [once, again] = [await composeMail(ANSWER), await composeMail(ANSWER)];
    expect(once.raw.equals(again.raw)).toBe(true);
    expect(once.envelope).toEqual({ from: 'service@spaakbikes.example', to: ['anna.devries@post.example'] });
  });

  it('comes back from our own reader as it was written', async () => {
    const { raw } = await composeMail({
      ...ANSWER,
      from: { address: 'service@spaakbikes.example', name: 'Zoë, van Spaak' },
      text: 'Één voor allen 🚲\n.\nFrom here',
    });
    const parsed = await parseMail(raw, MAIL_LIMITS);
    expect(parsed.from).toEqual({ address: 'service@spaakbikes.example', name: 'Zoë, van Spaak' });
    expect(parsed.split.reply).toBe('Één voor allen 🚲\n.\nFrom here');
    expect(parsed.inReplyTo).toEqual(['20261103.0912.anna@post.example']);
    expect(parsed.date).toEqual(ANSWER.date);
  });

  it('carries copies, a reply address and attachments, and sends to each address once', async () => {
    const both = { address: 'anna.devries@post.example', name: null };
    const mail = { ...ANSWER, cc: [both, { address: 'tom@post.example', name: null }], replyTo: 'service+rabc@spaakbikes.example' };
    const composed = await composeMail({
      ...mail,
      attachments: [{ name: 'bon ë.pdf', mediaType: 'application/pdf', content: Buffer.from('%PDF') }],
    });
    const parsed = await parseMail(composed.raw, MAIL_LIMITS);
    expect(composed.envelope.to).toEqual(['anna.devries@post.example', 'tom@post.example']);
    expect(parsed.replyTo).toEqual([{ address: 'service+rabc@spaakbikes.example', name: 'Piet van Spaak Bikes' }]);
    expect(parsed.attachments).toMatchObject([{ name: 'bon ë.pdf', mediaType: 'application/pdf', sizeBytes: 4 }]);
  });

  it('written by a machine says so, and is left alone by other machines', async () => {
    expect(await header('Auto-Submitted')).toEqual([]);
    expect(await header('Auto-Submitted', { automatic: 'auto-replied' })).toEqual(['Auto-Submitted: auto-replied']);
    expect(await header('X-Auto-Response-Suppress', { automatic: 'auto-replied' })).toEqual(['X-Auto-Response-Suppress: All']);
    const { raw } = await composeMail({ ...ANSWER, automatic: 'auto-replied' });
    expect((await parseMail(raw, MAIL_LIMITS)).mayAutoAnswer).toBe(false);
  });
});

describe('what else a mail may carry', () => {
  const CID = '0.abc@spaakbikes.example';
  const PNG = Buffer.from('89504e47', 'hex');

  it('names those in blind copy on the envelope only', async () => {
    const { raw, envelope } = await composeMail({ ...ANSWER, bcc: ['boss@spaakbikes.example', 'anna.devries@post.example'] });
    expect(envelope.to).toEqual(['anna.devries@post.example', 'boss@spaakbikes.example']);
    expect(raw.toString('latin1')).not.toMatch(/boss|bcc/i);
    await expect(composeMail({ ...ANSWER, bcc: ['a b@x.example'] })).rejects.toThrow('one address');
  });

  it('shows pictures in the HTML, and lets files lie beside', async () => {
    const html = `<p>See <img src="cid:${CID}"></p>`;
    const attachments = [
      { name: 'dot.png', mediaType: 'image/png', content: PNG, cid: CID },
      { name: 'bon.pdf', mediaType: 'application/pdf', content: Buffer.from('%PDF'), cid: null },
    ];
    const parsed = await parseMail((await composeMail({ ...ANSWER, html, attachments })).raw, MAIL_LIMITS);
    expect(parsed.attachments.map(({ name, inline }) => [name, inline])).toEqual([
      ['dot.png', true],
      ['bon.pdf', false],
    ]);
    expect(parsed.html).toContain(html);
    for (const cid of ['a>\r\nX: y', 'a b', '']) {
      await expect(composeMail({ ...ANSWER, attachments: [{ name: 'x', mediaType: 'image/png', content: PNG, cid }] })).rejects.toThrow();
    }
  });

  it('puts the signature between the text and what is quoted, behind the line that programs know it by', async () => {
    const { raw } = await composeMail({ ...ANSWER, signature: 'Piet\n<Spaak>' });
    const parsed = await parseMail(raw, MAIL_LIMITS);
    expect(parsed.text).toMatch(/Groet, Piet\n\n-- \nPiet\n<Spaak>\n\nOp 3 november 2026/);
    expect(parsed.html).toContain('-- <br>Piet<br>&lt;Spaak&gt;');
  });

  it('passes a mail on so that our own reader, and others, know it again', async () => {
    const passedOn = {
      from: { name: 'Anna de Vries', address: 'anna.devries@post.example' },
      sentAt: new Date('2026-11-03T08:12:00Z'),
      subject: 'Vraag over de ketting',
      to: ['service@spaakbikes.example'],
      text: 'De ketting loopt eraf.',
      html: null,
      timeZone: 'Europe/Amsterdam',
    };
    for (const language of ['nl', 'en', 'de', 'fr'] as const) {
      const mail = { ...ANSWER, inReplyTo: null, thread: [], original: null, passedOn: { ...passedOn, language }, text: 'Kun jij dit?' };
      const parsed = await parseMail((await composeMail(mail)).raw, MAIL_LIMITS);
      expect(parsed.subject).toBe('Fwd: Vraag over de ketting');
      expect(parsed.forwarded).toMatchObject({
        note: 'Kun jij dit?',
        from: { address: 'anna.devries@post.example', name: 'Anna de Vries' },
        subject: 'Vraag over de ketting',
        text: 'De ketting loopt eraf.',
      });
    }
  });

  it('says how to end what goes to many, in both headers, and takes no other address for it', async () => {
    const unsubscribe = { url: 'https://spaakbikes.example/p/unsubscribe/abc' };
    expect(await header('List-Unsubscribe', { unsubscribe })).toEqual([`List-Unsubscribe: <${unsubscribe.url}>`]);
    expect(await header('List-Unsubscribe-Post', { unsubscribe })).toEqual(['List-Unsubscribe-Post: List-Unsubscribe=One-Click']);
    for (const url of ['http://x.example', 'https://x.example>\r\nBcc: a@b', 'https://x y.example', 'javascript:1']) {
      await expect(composeMail({ ...ANSWER, unsubscribe: { url } })).rejects.toThrow('https address');
    }
  });

  it('gives Outlook its names back only where they can stand in a header', async () => {
    const index = Buffer.alloc(27, 3).toString('base64');
    expect(await header('Thread-Index', { outlookThread: { index, topic: 'Ketting' } })).toEqual([`Thread-Index: ${index}`]);
    expect(await header('Thread-Index', { outlookThread: { index: 'x\r\nBcc: a@b', topic: null } })).toEqual([]);
    expect(await header('Bcc', { outlookThread: { index: null, topic: 'x\r\nBcc: a@b' } })).toEqual([]);
  });

  it('keeps a machine’s own subject, and carries the mark that we know it by', async () => {
    const own = { automatic: 'auto-replied' as const, keepsSubject: true, subject: 'We have it [#4]', loopMark: 'abc123' };
    expect(await header('Subject', own)).toEqual(['Subject: We have it [#4]']);
    expect(await header('X-Loop', own)).toEqual(['X-Loop: abc123']);
    expect(await header('Precedence', own)).toEqual(['Precedence: auto_reply']);
  });
});

describe('the headers of a mail we send', () => {
  it('cannot be added to by a name or a subject', async () => {
    const evil = 'Dag\r\nBcc: mallory@evil.example\n\n<script>\u0000';
    const sent = await lines({
      subject: evil,
      from: { ...ANSWER.from, name: evil },
      to: [{ address: 'anna.devries@post.example', name: evil }],
    });
    expect(sent.filter((line) => /^bcc/i.test(line))).toEqual([]);
    expect(sent.indexOf('')).toBe((await lines()).indexOf(''));
    expect(await header('Subject', { subject: evil })).toEqual(['Subject: Re: Dag Bcc: mallory@evil.example <script>']);
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), async (hostile) => {
        const { raw } = await composeMail({ ...ANSWER, subject: hostile, from: { ...ANSWER.from, name: hostile } });
        const names = raw
          .toString('latin1')
          .split('\r\n\r\n', 1)[0]
          ?.split('\r\n')
          .filter((line) => !/^[ \t]/.test(line))
          .map((line) => line.split(':', 1)[0]);
        expect(names).toEqual(['From', 'To', 'In-Reply-To', 'References', 'Subject', 'Message-ID', 'Date', 'MIME-Version', 'Content-Type']);
      }),
      { numRuns: 200 },
    );
  });

  it('hold one address each, and one id: anything else is refused', async () => {
    for (const address of ['a@x.example\r\nBcc: b@y.example', 'a@x.example, b@y.example', 'Anna <a@x.example>', 'a', '', 'a b@x.example']) {
      await expect(composeMail({ ...ANSWER, to: [{ address, name: null }] })).rejects.toThrow('one address');
    }
    for (const messageId of ['', 'a@x\r\nBcc: b', '<a@x>', 'a b@x'])
      await expect(composeMail({ ...ANSWER, messageId })).rejects.toThrow('one id');
    await expect(composeMail({ ...ANSWER, to: [] })).rejects.toThrow('at least one');
  });

  it('leave out an id of the contact that cannot stand in a header, instead of repairing it', async () => {
    expect(await header('In-Reply-To', { inReplyTo: 'a@x>\r\nBcc: b@y' })).toEqual([]);
    expect(await header('References', { thread: ['ok@x', 'a b@x', 'c@x\r\nBcc: d'] })).toEqual([
      'References: <ok@x> <20261103.0912.anna@post.example>',
    ]);
  });
});

describe('the subject of an answer', () => {
  it.each([
    ['Ketting', 'Re: Ketting'],
    ['Re: Ketting', 'Re: Ketting'],
    ['RE: Antw: AW: re[2]: Ketting', 'Re: Ketting'],
    ['Fwd: Ketting', 'Re: Fwd: Ketting'],
    ['Reparatie: ketting', 'Re: Reparatie: ketting'],
    ['', 'Re:'],
  ])('of %j is %j', (subject, expected) => {
    expect(replySubject(subject)).toBe(expected);
    expect(replySubject(expected)).toBe(expected);
  });
});

describe('the references of an answer', () => {
  it('are the first, as many of the newest as fit 1,500 characters, and the one answered', () => {
    const thread = Array.from({ length: 200 }, (_, index) => `message-${index}@post.example`);
    const references = referencesFor(thread, 'answered@post.example');
    expect(references[0]).toBe('message-0@post.example');
    expect(references.at(-1)).toBe('answered@post.example');
    expect(references.at(-2)).toBe('message-199@post.example');
    const written = references.map((id) => `<${id}>`).join(' ').length;
    expect(written).toBeLessThanOrEqual(1_500);
    expect(written).toBeGreaterThan(1_400);
  });

  it('name each id once, and the answered one last', () => {
    expect(referencesFor(['a@x', 'b@x', 'a@x', 'c@x'], 'b@x')).toEqual(['a@x', 'c@x', 'b@x']);
    expect(referencesFor([], 'b@x')).toEqual(['b@x']);
  });
});
