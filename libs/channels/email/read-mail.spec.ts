import { readFile } from 'node:fs/promises';
import { UnreadableMail, type ParsedMail } from './parsed-mail.js';
import { MailReader } from './read-mail.js';

const FIXTURES = new URL('../../../../libs/channels/email/fixtures/', import.meta.url);

const reader = new MailReader();
afterAll(() => reader.close());

async function fixture(name: string): Promise<ParsedMail> {
  return reader.read(await readFile(new URL(name, FIXTURES)));
}

function mail(headers: string[], body = 'Dag'): Buffer {
  return Buffer.from(['From: Anna <anna@post.example>', ...headers, '', body].join('\r\n'), 'latin1');
}

async function refusalOf(read: Promise<unknown>): Promise<string> {
  return read.then(
    () => 'was read',
    (error: unknown) => (error instanceof UnreadableMail ? error.code : String(error)),
  );
}

describe('reading a mail', () => {
  it('gives who wrote what to whom, when', async () => {
    const parsed = await fixture('first-question.eml');
    expect(parsed).toMatchObject({
      messageId: '20261103.0912.anna@post.example',
      messageIdSynthesised: false,
      from: { address: 'anna.devries@post.example', name: 'Vries, Anna de' },
      to: [{ address: 'service@spaakbikes.example', name: 'Spaak Bikes' }],
      deliveredTo: ['service@spaakbikes.example'],
      subject: 'Vraag over de ketting van mijn Zoëf 8',
      date: new Date('2026-11-03T08:12:04Z'),
      html: null,
      attachments: [],
      mailClass: 'human',
      mayAutoAnswer: true,
      flags: [],
    });
    expect(parsed.text).toContain('zodra ik naar het grote blad schakel');
    expect(parsed.text).toContain('> De ketting is nieuw');
  });

  it('names a machine’s own user, who has no domain, for showing only; a name alone is nobody', async () => {
    const from = (value: string) => reader.read(Buffer.from(`From: ${value}\r\n\r\nDag`));
    expect(await from('Cron Daemon <root>')).toMatchObject({ from: null, localSender: { address: 'root', name: 'Cron Daemon' } });
    expect(await from('Iemand')).toMatchObject({ from: null, localSender: null });
    expect(await from('"Anna <a@b.example>" <x y>')).toMatchObject({ from: null, localSender: null });
    expect((await from('Anna <anna@post.example>')).localSender).toBeNull();
  });

  it('splits references at commas and folding, opens groups, and splits off the quotation', async () => {
    const parsed = await fixture('reply-gmail.eml');
    expect(parsed.inReplyTo).toEqual(['m.one@spaakbikes.example']);
    expect(parsed.references).toEqual(['20261103.0912.anna@post.example', 'm.zero@spaakbikes.example', 'm.one@spaakbikes.example']);
    expect(parsed.cc.map(({ address }) => address)).toEqual(['juergen@post.example', 'bob@post.example', 'carla@post.example']);
    expect(parsed.cc[0]?.name).toBe('Jürgen Müller');
    expect(parsed.split.reply).toBe('Donderdag om tien uur past mij goed.');
    expect(parsed.split.quoted).toContain('Kunt u donderdag');
    expect(parsed.text).toContain('Kunt u donderdag');
  });

  it('knows an inline picture by the HTML that shows it, and not by what its part says', async () => {
    const { attachments } = await fixture('photo-inline.eml');
    expect(attachments.map(({ name, inline, cid }) => ({ name, inline, cid }))).toEqual([
      { name: 'image001.png', inline: true, cid: 'spoke.png@01DB.AAAA' },
      { name: 'logo.png', inline: false, cid: 'nobody-shows-me@post.example' },
      { name: 'bon 4711.pdf', inline: false, cid: null },
    ]);
    expect(attachments[2]?.content.toString()).toBe('%PDF-1.4\n');
    expect(attachments[2]?.sizeBytes).toBe(9);
  });

  it.each([
    ['away.eml', 'auto_reply'],
    ['bounce.eml', 'bounce'],
    ['list.eml', 'list'],
    ['reply-outlook.eml', 'human'],
  ])('tells by its headers what kind of sender wrote %s', async (name, mailClass) => {
    const parsed = await fixture(name);
    expect(parsed.mailClass).toBe(mailClass);
    expect(parsed.mayAutoAnswer).toBe(mailClass === 'human');
  });

  it('makes text of a mail that has only HTML', async () => {
    const { text, safeHtml } = await fixture('reply-outlook.eml');
    expect(text).toContain('Dank, het wiel loopt weer recht.\n\nGroet, Tom');
    expect(safeHtml).toContain('het wiel loopt weer recht');
    expect(safeHtml).not.toContain('class=');
  });

  it('gives a mail without Message-ID one of its own: the same for the same mail by another way, another for another mail', async () => {
    const one = await reader.read(mail(['Subject: Scan']));
    const byAnotherWay = await reader.read(
      Buffer.concat([Buffer.from('Received: from a by b\r\nDelivered-To: x@y.example\r\n'), mail(['Subject: Scan'])]),
    );
    const other = await reader.read(mail(['Subject: Scan'], 'Dag.'));
    expect(one.messageIdSynthesised).toBe(true);
    expect(byAnotherWay.messageId).toBe(one.messageId);
    expect(other.messageId).not.toBe(one.messageId);
  });

  it('tells two mails apart that claim the same Message-ID', async () => {
    const headers = ['Message-ID: <same@post.example>', 'Date: Tue, 3 Nov 2026 09:00:00 +0100'];
    const [first, copy, other] = [
      await reader.read(mail(headers)),
      await reader.read(mail(['X-Scanned: yes', ...headers], 'Dag\r\n')),
      await reader.read(mail(headers, 'Nee')),
    ];
    expect(copy?.contentHash).toBe(first?.contentHash);
    expect(other?.contentHash).not.toBe(first?.contentHash);
  });
});

/** The least of a winmail.dat: one file, "bon.txt", that says "Ketting 12,50". */
const WRAPPED = Buffer.from(
  [
    '789f3e220100',
    '02' + '02900600' + '00000000' + '0000',
    '02' + '10800100' + '08000000' + Buffer.from('bon.txt\0').toString('hex') + '0000',
    '02' + '0f800600' + '0d000000' + Buffer.from('Ketting 12,50').toString('hex') + '0000',
  ].join(''),
  'hex',
);

describe('what lies inside a mail', () => {
  const part = (type: string, body: string, ...headers: string[]): string =>
    [`--b`, `Content-Type: ${type}`, ...headers, '', body].join('\r\n');
  const mixed = (...parts: string[]): Buffer => mail(['Content-Type: multipart/mixed; boundary=b'], [...parts, '--b--', ''].join('\r\n'));
  const wrapped = (bytes: Buffer): string =>
    part('application/ms-tnef; name=winmail.dat', bytes.toString('base64'), 'Content-Transfer-Encoding: base64');

  it('is unwrapped where Outlook wrapped it, and the wrapping is gone', async () => {
    const { attachments, flags } = await reader.read(mixed(part('text/plain', 'Zie bijlage'), wrapped(WRAPPED)));
    expect(attachments.map(({ name, content }) => [name, content.toString()])).toEqual([['bon.txt', 'Ketting 12,50']]);
    expect(flags).toEqual(['tnef_unpacked']);
  });

  it('stays wrapped where the wrapping is broken, beside what could be saved, and that is said', async () => {
    const cut = Buffer.concat([WRAPPED, WRAPPED.subarray(6, 50)]);
    const { attachments, flags } = await reader.read(mixed(part('text/plain', 'x'), wrapped(cut)));
    expect(attachments.map(({ name }) => name)).toEqual(['winmail.dat', 'bon.txt']);
    expect(flags).toEqual(['tnef_unreadable']);
    expect((await reader.read(mixed(part('text/plain', 'x'), wrapped(Buffer.from('none'))))).attachments[0]?.name).toBe('winmail.dat');
  });

  it('is summed up where it is a mail', async () => {
    const inner =
      'From: =?utf-8?Q?Zo=C3=AB?= <zoe@post.example>\r\nTo: tom@post.example\r\nSubject: Eerder\r\nDate: Tue, 3 Nov 2026 09:00:00 +0100\r\n\r\nToen al stuk.';
    const { attachments, text } = await reader.read(mixed(part('text/plain', 'Zie bijgevoegd.'), part('message/rfc822', inner)));
    expect(text.trim()).toBe('Zie bijgevoegd.');
    expect(attachments[0]?.mail).toEqual({
      from: { address: 'zoe@post.example', name: 'Zoë' },
      to: [{ address: 'tom@post.example', name: null }],
      subject: 'Eerder',
      date: new Date('2026-11-03T08:00:00Z'),
      preview: 'Toen al stuk.',
      fileNames: [],
    });
  });

  it('is a card where it is an invitation', async () => {
    const event =
      'BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:1@post.example\r\nSUMMARY:Rit\r\nDTSTART:20261106T083000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n';
    const asPart = await reader.read(mixed(part('text/plain', 'Kom je?'), part('text/calendar; method=REQUEST', event)));
    expect([asPart.mailClass, asPart.calendar?.summary]).toEqual(['calendar', 'Rit']);
    const asFile = await reader.read(mixed(part('text/plain', 'Kom je?'), part('application/octet-stream; name=rit.ics', event)));
    expect([asFile.mailClass, asFile.calendar?.start?.at]).toEqual(['human', new Date('2026-11-06T08:30:00Z')]);
  });

  it('is told apart where it is a mail passed on', async () => {
    const body =
      'Wil jij dit?\r\n\r\n---------- Forwarded message ---------\r\nVan: Anna <anna@post.example>\r\nDate: di 3 nov 2026\r\nTo: <tom@post.example>\r\n\r\nStuk.';
    const { forwarded, split } = await reader.read(mail(['Subject: Fwd: Ketting'], body));
    expect(forwarded).toMatchObject({ note: 'Wil jij dit?', from: { address: 'anna@post.example' }, text: 'Stuk.' });
    // A mail that answers nothing is never cut.
    expect(split.quoted).toBeNull();
  });

  it('is told by whom it did not reach, where it is a bounce', async () => {
    const { bounce, receipt, complaint } = await fixture('bounce.eml');
    expect(bounce?.recipients).toHaveLength(1);
    expect(bounce?.messageIds.length).toBeGreaterThan(0);
    expect([receipt, complaint]).toEqual([null, null]);
  });
});

describe('a hostile or broken mail', () => {
  it('puts no line end into a subject, no path and no hidden character into a file name, no NUL anywhere', async () => {
    const parsed = await reader.read(
      mail(
        ['Subject: =?utf-8?Q?Dag=0D=0ABcc:_x@evil.example=00?=', 'Content-Type: multipart/mixed; boundary=b'],
        [
          '--b',
          'Content-Type: text/plain',
          '',
          'Dag\u0000 daar',
          '--b',
          'Content-Type: text/html; name="=?utf-8?Q?=E2=80=8B=2Ehtaccess?="',
          'Content-Disposition: attachment; filename="../../etc/cron.d/x=?utf-8?Q?=0A=E2=80=AEgpj=2Eexe?="',
          '',
          'x',
          '--b--',
        ].join('\r\n'),
      ),
    );
    expect(parsed.subject).toBe('Dag Bcc: x@evil.example');
    expect(parsed.text.trim()).toBe('Dag daar');
    expect(parsed.attachments[0]?.name).toMatch(/^[^/\\\n\u202e\u200b]+$/);
    expect(JSON.stringify(parsed)).not.toContain('\\u0000');
  });

  it('never takes an address out of a display name, and strips what hides in one', async () => {
    const spoofed = await reader.read(Buffer.from('From: "service@bank.example" <mallory@evil.example>\r\n\r\nx'));
    expect(spoofed.from).toEqual({ address: 'mallory@evil.example', name: 'service@bank.example' });
    const encoded = await reader.read(
      Buffer.from('From: =?utf-8?Q?=22CEO=22_=3Cceo=40bank.example=3E=E2=80=AE=E2=80=8B?= <mallory@evil.example>\r\n\r\nx'),
    );
    expect(encoded.from).toEqual({ address: 'mallory@evil.example', name: '"CEO" <ceo@bank.example>' });
    const several = await reader.read(Buffer.from('From: a@x.example, b@y.example\r\nFrom: c@z.example\r\n\r\nx'));
    expect(several.from?.address).toBe('a@x.example');
    expect(several.flags).toContain('from_ambiguous');
    const absent = await reader.read(Buffer.from('Sender: robot@x.example\r\nSubject: x\r\n\r\nx'));
    expect(absent.from?.address).toBe('robot@x.example');
    expect(absent.flags).toContain('from_ambiguous');
  });

  it('is refused with the reason, and the next mail is read as if nothing had happened', async () => {
    const parts = Array.from({ length: 1_001 }, () => '--b\r\n\r\nx').join('\r\n');
    expect(await refusalOf(reader.read(mail(['Content-Type: multipart/mixed; boundary=b'], `${parts}\r\n--b--`)))).toBe('too_many_parts');
    expect(await refusalOf(reader.read(mail([`X-Long: ${'a'.repeat(1024 * 1024)}`])))).toBe('header_too_large');
    expect(await refusalOf(reader.read(mail([]), { bytesMax: 10 }))).toBe('too_large');
    expect(await refusalOf(reader.read(Buffer.alloc(20 * 1024 * 1024, 'Subject: x\r\n\r\nlong '), { wallClockMsMax: 1 }))).toBe('too_slow');
    expect((await fixture('first-question.eml')).subject).toContain('ketting');
  });

  it('that eats the memory of its thread is refused, and does not end the program', async () => {
    const small = new MailReader({ threads: 1, heapMiBMax: 24 });
    try {
      const greedy = mail(['Content-Type: text/html; charset=utf-8'], '<p title="x">y</p>'.repeat(55_000));
      expect(await refusalOf(small.read(greedy))).toBe('broken');
      expect((await small.read(mail(['Subject: next']))).subject).toBe('next');
    } finally {
      await small.close();
    }
  });

  it('of a thousand nested parts, a million angle brackets or nothing at all is read or refused, never worse', async () => {
    const nested = Array.from({ length: 900 }, (_, index) => `Content-Type: multipart/mixed; boundary=b${index}\r\n\r\n--b${index}`).join(
      '\r\n',
    );
    const hostile = [
      Buffer.from(`From: a@x.example\r\n${nested}\r\n\r\nx`),
      mail(['Content-Type: text/html'], '<b>'.repeat(200_000)),
      mail(['Content-Type: text/html'], '<'.repeat(1_000_000)),
      mail(['References: ' + '<'.repeat(100_000)]),
      mail([], '\n'.repeat(200_000)),
      Buffer.alloc(0),
      Buffer.from('\u0000\u0000\u0000'),
      Buffer.from('\r\n\r\n'),
    ];
    for (const raw of hostile) expect(await refusalOf(reader.read(raw))).toMatch(/^(was read|too_|header_|broken)/);
  });

  it('longer than we keep loses nothing: the whole of it is attached', async () => {
    const parsed = await reader.read(mail(['Content-Type: text/plain'], 'lang '.repeat(300_000)));
    expect(parsed.text).toHaveLength(1_000_000);
    expect(parsed.flags).toContain('body_attached');
    expect(parsed.attachments[0]).toMatchObject({ name: 'full-text.txt', sizeBytes: 1_500_000 });
  });
});

describe('the mail reader', () => {
  it('reads many mails at once, each into its own result', async () => {
    const subjects = Array.from({ length: 40 }, (_, index) => `Vraag ${index}`);
    const read = await Promise.all(subjects.map((subject) => reader.read(mail([`Subject: ${subject}`]))));
    expect(read.map(({ subject }) => subject)).toEqual(subjects);
  });

  it('leaves the bytes it was given as they were', async () => {
    const raw = await readFile(new URL('photo-inline.eml', FIXTURES));
    const before = Buffer.from(raw);
    await reader.read(raw);
    expect(raw.equals(before)).toBe(true);
  });

  it('once closed tells those who wait to come again, and does not call their mail unreadable', async () => {
    const closing = new MailReader();
    const waiting = refusalOf(closing.read(mail([])));
    await closing.close();
    expect(await waiting).toContain('closed');
    expect(await refusalOf(closing.read(mail([])))).toContain('closed');
  });
});
