import { tnefPacking } from '../apps/simulator/tnef-pack.js';

/* Mails made to stop whoever reads them: each is cheap to send, and ruinous to a reader that goes over it more than once per byte. */

export interface HostileMail {
  name: string;
  raw: Buffer;
}

const TEXT_BYTES = 200 * 1024;
const LINE_BYTES = 5 * 1024 * 1024;
const MANY = 100_000;
const TO = 'help@spaak.example';

interface Shape {
  /** Whole lines, above the usual ones. */
  headers?: readonly string[];
  type?: string;
  encoding?: string;
  subject?: string;
  body: string;
}

function mail(
  from: string,
  { headers = [], type = 'text/plain; charset=utf-8', encoding = '8bit', subject = 'Hello', body }: Shape,
): Buffer {
  const lines = [
    ...headers,
    `From: ${from}`,
    `To: ${TO}`,
    `Subject: ${subject}`,
    'Date: Tue, 3 Nov 2026 09:12:04 +0100',
    `Message-ID: <of-${from}>`,
    'MIME-Version: 1.0',
    `Content-Type: ${type}`,
    `Content-Transfer-Encoding: ${encoding}`,
    '',
    body,
    '',
  ];
  return Buffer.from(lines.join('\r\n'));
}

const filled = (piece: string, bytes = TEXT_BYTES): string => piece.repeat(Math.ceil(bytes / piece.length)).slice(0, bytes);
const answered = ['In-Reply-To: <nobody@knows.example>', 'References: <nobody@knows.example>'];
const html = 'text/html; charset=utf-8';

const TEXTS: Record<string, string> = {
  'an endless "On Monday"': filled('On Monday a b '),
  'an endless "On Monday", line by line': filled('On Monday a b\r\n'),
  'an endless "Op maandag schreef"': filled('Op maandag schreef ik u dat '),
  'an endless "wrote:"': filled('On Mon, 2 Nov 2026 at 10:00 Anna <a@b.example> wrote:\r\n'),
  'nothing but line ends': '\r\n'.repeat(2 * MANY),
  'nothing but dashes': '-'.repeat(2 * MANY),
  'dashes, line by line': filled('--\r\n'),
  'nothing but underscores': '_'.repeat(2 * MANY),
  'nothing but spaces': ' '.repeat(2 * MANY),
  'spaces and tabs before the line end': filled(`${' \t'.repeat(500)}\r\n`),
  'quotes in quotes': '>'.repeat(2 * MANY),
  'quotes that grow': Array.from({ length: 600 }, (_, depth) => `${'>'.repeat(depth)} x`).join('\r\n'),
  'an endless forwarded header': filled('From: a\r\nSent: b\r\nTo: c\r\nSubject: d\r\n'),
  'forwarded again and again': filled('---------- Forwarded message ---------\r\nFrom: A <a@b.example>\r\n\r\n'),
  'addresses without end': filled('a@'.repeat(400) + '\r\n'),
  'links without end': filled('http://a.example/?'.padEnd(2000, 'a')),
  'brackets without end': filled('<'),
  'an answer ladder': filled('[#1][#2][#3] '),
  'nothing that can be seen': filled('\u200b\u200e\u202e\u2066'),
  'right to left and back': filled('\u202eabc\u202c'),
  'marks on one letter': `a${'\u0301'.repeat(MANY)}`,
  'one line of megabytes': 'a '.repeat(LINE_BYTES / 2),
  'one word of megabytes': 'a'.repeat(LINE_BYTES),
  'half of every surrogate': filled('=?utf-8?Q?=ED=A0=80?= '),
  'bounce words without end': filled('550 5.1.1 User unknown; said: 550-'),
};

const PAGES: Record<string, string> = {
  'tags that nobody closes': filled('<div><span><b><i>', 500_000),
  'tags that nobody opened': filled('</div></span>', 500_000),
  'attributes that nobody closes': filled('<a href="', 500_000),
  'comments that nobody closes': filled('<!--', 500_000),
  'marked sections that nobody closes': filled('<![CDATA[', 500_000),
  'tables in tables': filled('<table><tr><td>', 500_000),
  'quotes in quotes, as tags': filled('<blockquote type="cite">', 500_000),
  'attributes without end': `<p ${filled('a=b ', 500_000)}>`,
  'entities without end': filled('&amp;&#x41;&nbsp', 500_000),
  'ampersands without end': filled('&', 500_000),
  'styles without end': `<p style="${filled('a:b;/*', 500_000)}">`,
  'a style sheet without end': `<style>${filled('a{b:c}@import url(', 500_000)}`,
  'pictures without end': filled('<img src="cid:a">', 500_000),
  'drawings in formulas': filled('<math><mtext><svg><style>', 500_000),
  'a page in one line': `<p>${filled('word ', LINE_BYTES)}</p>`,
  'quote markers without end': filled('<div class="gmail_quote">', 500_000),
  'spaces in a tag': `<p${' '.repeat(500_000)}>`,
};

const HEADERS: Record<string, readonly string[]> = {
  'a hundred thousand headers': Array.from({ length: MANY }, (_, at) => `X-Field-${String(at)}: y`),
  'a hundred thousand headers in half a megabyte': Array.from({ length: MANY }, () => 'A: b'),
  'headers without a name': Array.from({ length: MANY / 10 }, () => ': y'),
  'a header of a megabyte': [`X-Long: ${'x'.repeat(1024 * 1024)}`],
  'a folded header of a megabyte': [`X-Long: ${'x\r\n '.repeat(250_000)}`],
  'recipients without end': [`Cc: ${'a@b.example, '.repeat(70_000)}c@d.example`],
  'comments in addresses': [`Cc: ${'('.repeat(500_000)}`],
  'quotes in addresses': [`Cc: ${'"\\'.repeat(250_000)}`],
  'groups in addresses': [`Cc: ${'g:'.repeat(250_000)}`],
  'points in addresses': [`Reply-To: ${'<'.repeat(250_000)}${'@'.repeat(250_000)}`],
  'references without end': [`References: ${'<a@b> '.repeat(150_000)}`],
  'references that nobody closes': [`References: ${'<'.repeat(900_000)}`],
  'encoded words without end': [`Thread-Topic: ${'=?utf-8?Q?=41?= '.repeat(50_000)}`],
  'encoded words that nobody closes': [`Thread-Topic: ${'=?utf-8?Q?'.repeat(90_000)}`],
  'signatures without end': Array.from(
    { length: 3000 },
    (_, at) => `DKIM-Signature: v=1; a=rsa-sha256; d=d${String(at)}.example; s=s; h=from; bh=aa; b=aa`,
  ),
  'a signature over everything': [`DKIM-Signature: v=1; a=rsa-sha256; d=mail.example; s=s; h=${'from:'.repeat(150_000)}; bh=aa; b=aa`],
  'seals without end': Array.from(
    { length: 2000 },
    (_, at) => `ARC-Seal: i=${String(at + 1)}; a=rsa-sha256; cv=pass; d=a.example; s=s; b=aa`,
  ),
  'findings without end': [`Authentication-Results: mx.example; ${'dkim=pass (((( header.d=a.example; '.repeat(20_000)}`],
  'stations without end': Array.from(
    { length: 10_000 },
    () => 'Received: from a (b [192.0.2.1]) by c with ESMTP id d; Tue, 3 Nov 2026 09:12:04 +0100',
  ),
  'parameters without end': [
    `Content-Disposition: attachment; ${Array.from({ length: 20_000 }, (_, at) => `filename*${String(at)}*=a`).join('; ')}`,
  ],
  'dates that are none': [`Resent-Date: ${'Mon, '.repeat(150_000)}`],
  'lists without end': [`List-Unsubscribe: ${'<mailto:a@b.example>, '.repeat(40_000)}`],
};

/** Every mail of the set, each from a person of its own. */
export function hostileMails(): HostileMail[] {
  let people = 0;
  const from = (): string => `hostile${String(people++)}@mail.example`;
  const named = (name: string, shape: Shape): HostileMail => ({ name, raw: mail(from(), shape) });
  return [
    ...Object.entries(TEXTS).map(([name, body]) => named(name, { body, headers: answered })),
    named('a first mail of "On Monday"', { body: filled('On Monday a b ') }),
    ...Object.entries(PAGES).map(([name, body]) => named(name, { body, type: html, headers: answered })),
    ...Object.entries(HEADERS).map(([name, headers]) => named(name, { body: 'Hello.', headers })),
    named('a subject of prefixes', { body: 'Hello.', subject: 'Re: '.repeat(2000) }),
    named('a subject of marks', { body: 'Hello.', subject: '[#'.repeat(20_000) }),
    ...structures(named),
    ...contents(named),
  ];
}

type Named = (name: string, shape: Shape) => HostileMail;

function structures(named: Named): HostileMail[] {
  const nested = (depth: number): string =>
    Array.from({ length: depth }, (_, at) => `--b${String(at)}\r\nContent-Type: multipart/mixed; boundary=b${String(at + 1)}\r\n\r\n`).join(
      '',
    );
  const attached = (depth: number): string => 'Content-Type: message/rfc822\r\n\r\n'.repeat(depth);
  const many = (piece: string, count: number): string => `${piece.repeat(count)}--b--`;
  return [
    named('parts in parts', { type: 'multipart/mixed; boundary=b0', body: nested(1000) }),
    named('parts in ten thousand parts', { type: 'multipart/mixed; boundary=b0', body: nested(10_000) }),
    named('a hundred thousand parts', { type: 'multipart/mixed; boundary=b', body: many('--b\r\n\r\nx\r\n', MANY) }),
    named('a thousand files', {
      type: 'multipart/mixed; boundary=b',
      body: many('--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\n\r\nx\r\n', 990),
    }),
    named('mails in mails', { type: 'message/rfc822', body: attached(2000) }),
    named('a boundary that is a megabyte', { type: `multipart/mixed; boundary="${'b'.repeat(900_000)}"`, body: '--b\r\n\r\nx' }),
    named('a boundary in every line, never closed', { type: 'multipart/mixed; boundary=b', body: filled('--b', 1_000_000) }),
    named('almost the boundary', { type: 'multipart/mixed; boundary=aaaaaaaaab', body: filled('--aaaaaaaaa', 2_000_000) }),
    named('two boundaries', { type: 'multipart/mixed; boundary=a; boundary=b', body: '--a\r\n\r\nx\r\n--b\r\n\r\ny\r\n--b--\r\n--a--' }),
    named('a type of parameters', { type: `text/plain; ${'a=b; '.repeat(100_000)}`, body: 'Hello.' }),
    named('a charset that nobody knows', { type: `text/plain; charset="${'x-'.repeat(100_000)}"`, body: 'H\u00e9llo.' }),
  ];
}

function contents(named: Named): HostileMail[] {
  const calendar = (lines: string): string =>
    `BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:a\r\n${lines}END:VEVENT\r\nEND:VCALENDAR`;
  const part = (type: string, content: Buffer): string =>
    `--b\r\nContent-Type: ${type}\r\nContent-Transfer-Encoding: base64\r\n\r\n${content.toString('base64').replace(/.{76}/g, '$&\r\n')}\r\n--b--`;
  const packed = (content: Buffer): Shape => ({
    type: 'multipart/mixed; boundary=b',
    body: part('application/ms-tnef; name=winmail.dat', content),
  });
  const files = Array.from({ length: 2000 }, (_, at) => ({
    name: `${String(at)}.txt`,
    mediaType: 'text/plain',
    content: Buffer.from('x'),
  }));
  const lying = tnefPacking([{ name: 'a.txt', mediaType: 'text/plain', content: Buffer.alloc(1000, 'x') }]);
  // Every attribute says that it is four gigabytes long.
  for (let at = 0; at + 4 < lying.length; at += 97) lying.writeUInt32LE(0xff_ff_ff_ff, at);
  return [
    named('base64 that never ends', { encoding: 'base64', body: filled('QUJD', LINE_BYTES) }),
    named('base64 with a line after every letter', { encoding: 'base64', body: filled('Q\r\n', 1_000_000) }),
    named('base64 that is none', { encoding: 'base64', body: filled('=', 1_000_000) }),
    named('quoted-printable of breaks', { encoding: 'quoted-printable', body: filled('=\r\n', 1_000_000) }),
    named('quoted-printable of signs', { encoding: 'quoted-printable', body: filled('=', 1_000_000) }),
    named('uuencoded without end', { body: `begin 644 a\r\n${filled(`M${'#'.repeat(60)}\r\n`, 1_000_000)}` }),
    named('UTF-7 without end', { type: 'text/plain; charset=utf-7', body: filled('+AGE', 1_000_000) }),
    named('Japanese that changes its mind', { type: 'text/plain; charset=iso-2022-jp', body: filled('\u001b$B\u001b(B', 1_000_000) }),
    named('a calendar of fifty thousand guests', {
      type: 'text/calendar; method=REQUEST',
      body: calendar(filled('ATTENDEE;CN=A:mailto:a@b.example\r\n', 2_000_000)),
    }),
    named('a calendar that repeats for ever', {
      type: 'text/calendar; method=REQUEST',
      body: calendar('DTSTART:20260101T000000Z\r\nRRULE:FREQ=SECONDLY;INTERVAL=1;COUNT=4294967295\r\n'),
    }),
    named('a calendar in one folded line', {
      type: 'text/calendar; method=REQUEST',
      body: calendar(`SUMMARY:${filled('a\r\n ', 1_000_000)}\r\n`),
    }),
    named('a calendar of calendars', { type: 'text/calendar', body: filled('BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n', 1_000_000) }),
    named('a packing of two thousand files', packed(tnefPacking(files))),
    named('a packing that lies about its size', packed(lying)),
    named('a packing of nothing', packed(Buffer.concat([lying.subarray(0, 6), Buffer.alloc(1_000_000)]))),
    named('a report on fifty thousand people', {
      type: 'multipart/report; report-type=delivery-status; boundary=b',
      body: `--b\r\n\r\nFailed.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; a.example\r\n\r\n${filled('Final-Recipient: rfc822; a@b.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n', 2_000_000)}--b--`,
    }),
    named('a report that repeats one field', {
      type: 'multipart/report; report-type=delivery-status; boundary=b',
      body: `--b\r\n\r\nFailed.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n${filled('Diagnostic-Code: smtp; 550 ', 1_000_000)}\r\n--b--`,
    }),
    named('rich text of brackets', { type: 'text/rtf', body: `{\\rtf1${filled('{', 1_000_000)}` }),
  ];
}
