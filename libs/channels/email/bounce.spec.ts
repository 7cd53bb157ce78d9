import fc from 'fast-check';
import { readBounce, type BounceReport, type ReportPart } from './bounce.js';
import { judgeFailure, smtpCodeIn, statusIn } from './bounce-verdict.js';

function bounce(parts: (ReportPart | string)[], headers: Record<string, string> = {}): BounceReport {
  return readBounce({
    all: (name) => (headers[name] === undefined ? [] : [headers[name]]),
    fromAddress: 'mailer-daemon@mx.post.example',
    parts: parts.map((part) => (typeof part === 'string' ? { mediaType: 'text/plain', text: part } : part)),
  });
}

function status(...lines: string[]): ReportPart {
  return { mediaType: 'message/delivery-status', text: ['Reporting-MTA: dns; mx.post.example', '', ...lines].join('\n') };
}

const RETURNED: ReportPart = {
  mediaType: 'message/rfc822',
  text: 'From: service@spaakbikes.example\nTo: tom@post.example\nMessage-ID: <m.one@spaakbikes.example>\n\nDag',
};

describe('a bounce with a machine-readable part', () => {
  it('says who was not reached, by which code, why, and which mail it was', () => {
    const report = bounce([
      'Sorry.',
      status(
        'Original-Recipient: rfc822;tom@post.example',
        'Final-Recipient: rfc822; tom@inner.post.example',
        'Action: failed',
        'Status: 5.0.0',
        'Diagnostic-Code: smtp; 550 5.1.1 <tom@inner.post.example>:',
        '  Recipient address rejected: User unknown',
      ),
      RETURNED,
    ]);
    expect(report.messageIds[0]).toBe('m.one@spaakbikes.example');
    expect(report).toEqual({
      kind: 'hard',
      reason: 'user_unknown',
      recipients: [
        {
          address: 'tom@inner.post.example',
          originalAddress: 'tom@post.example',
          action: 'failed',
          status: '5.1.1',
          smtpCode: 550,
          diagnostic: '550 5.1.1 <tom@inner.post.example>: Recipient address rejected: User unknown',
          kind: 'hard',
          reason: 'user_unknown',
        },
      ],
      messageIds: expect.arrayContaining(['m.one@spaakbikes.example']) as unknown,
    });
  });

  it('takes a delay for no failure, and a delivery for neither', () => {
    const group = (action: string, code: string) =>
      status('Final-Recipient: rfc822; tom@post.example', `Action: ${action}`, `Status: ${code}`);
    expect(bounce([group('delayed', '4.4.1')]).kind).toBe('delayed');
    expect(bounce([group('relayed', '2.0.0')]).kind).toBe('delivered');
    expect(bounce([group('expanded', '2.0.0')]).kind).toBe('delivered');
  });

  it('tells several recipients apart, and is as bad as the worst', () => {
    const report = bounce([
      status(
        'Final-Recipient: rfc822; full@post.example',
        'Action: failed',
        'Status: 5.2.2',
        '',
        'Final-Recipient: rfc822; gone@post.example',
        'Action: failed',
        'Status: 5.1.1',
      ),
    ]);
    expect(report.recipients.map(({ address, kind }) => [address, kind])).toEqual([
      ['full@post.example', 'soft'],
      ['gone@post.example', 'hard'],
    ]);
    expect(report.kind).toBe('hard');
  });

  it('is read where a broken mail shows it as text', () => {
    const report = bounce(['Failed.\n\nFinal-Recipient: RFC822; <tom@post.example>\nAction: failed\nStatus: 5.1.1\n\nReceived: from x']);
    expect(report.recipients).toMatchObject([{ address: 'tom@post.example', kind: 'hard', status: '5.1.1' }]);
  });

  it('finds our Message-ID in the headers that came back, and in any part a provider put it into', () => {
    const headers: ReportPart = { mediaType: 'text/rfc822-headers', text: 'Subject: x\nMessage-ID:\n <m.two@spaakbikes.example>\n' };
    expect(bounce(['x', headers]).messageIds[0]).toBe('m.two@spaakbikes.example');
    expect(bounce(['Your mail <m.three@spaakbikes.example> was not delivered to tom@post.example.']).messageIds).toContain(
      'm.three@spaakbikes.example',
    );
    expect(bounce(['x'], { 'in-reply-to': '<m.four@spaakbikes.example>' }).messageIds).toEqual(['m.four@spaakbikes.example']);
  });
});

describe('a bounce written for people', () => {
  it.each([
    [
      'an address and what was said of it below',
      'Could not deliver:\n\n<tom@post.example>:\n192.0.2.1 does not like recipient, and said: 550 no such user here\n',
      '550',
    ],
    ['an address alone, indented', 'The following address(es) failed:\n\n  tom@post.example\n    550 5.1.1 mailbox not found\n', '550'],
    ['a label before the address', 'Unknown user: tom@post.example\n\nRCPT TO answered: 550 unknown user\n', '550'],
    ['a sentence', 'There was an error delivering your mail to <tom@post.example>.\n550-5.1.1 This user does not exist.\n', '550'],
  ])('%s', (_, text, code) => {
    const report = bounce([`${text}\n--- Below this line is a copy of the message.\n\nTo: else@post.example\n`]);
    expect(report.recipients).toMatchObject([
      { address: 'tom@post.example', kind: 'hard', reason: 'user_unknown', smtpCode: Number(code) },
    ]);
  });

  it('names several, each with its own reason', () => {
    const report = bounce(['<a@post.example>:\n550 unknown user\n\n<b@post.example>:\n552 mailbox full\n']);
    expect(report.recipients.map(({ address, reason }) => [address, reason])).toEqual([
      ['a@post.example', 'user_unknown'],
      ['b@post.example', 'mailbox_full'],
    ]);
  });

  it('never takes for dead whoever sent it, got it, or is named as helper', () => {
    const text =
      'From: mailer-daemon@mx.post.example\nPlease contact help@post.example for assistance.\n\n<tom@post.example>: unknown user\n';
    const report = bounce([text], { to: 'service@spaakbikes.example', from: 'MAILER-DAEMON@mx.post.example' });
    expect(report.recipients.map(({ address }) => address)).toEqual(['tom@post.example']);
  });

  it('believes the header that names who failed, before the words', () => {
    const report = bounce(['Something about x@y.example.'], { 'x-failed-recipients': 'tom@post.example, eva@post.example' });
    expect(report.recipients.map(({ address }) => address)).toEqual(['tom@post.example', 'eva@post.example']);
  });

  it('falls back to whom the returned mail was written to', () => {
    expect(bounce(['It did not work.', RETURNED]).recipients).toMatchObject([{ address: 'tom@post.example' }]);
  });

  it.each([
    'Warning: message delayed 24 hours\n\nThe message has not yet been delivered to tom@post.example.\nNo action is required.',
    'Delivery of your message to tom@post.example has been delayed. We will keep trying.',
  ])('knows a delay by its words: %j', (text) => {
    expect(bounce([text]).kind).toBe('delayed');
  });
});

describe('the verdict', () => {
  it.each([
    ['hard', 'user_unknown', '550 5.1.1 user unknown'],
    ['hard', 'host_unknown', '5.4.4 Host or domain name not found'],
    ['hard', 'disabled', '554 This account has been disabled'],
    ['hard', 'user_unknown', '550 5.4.1 Recipient address rejected: Access denied'],
    ['soft', 'mailbox_full', '550 5.1.1 over quota'],
    ['soft', 'rate', '421 4.7.0 Too many messages from you'],
    ['soft', 'network', '4.4.1 Connection timed out'],
    ['soft', 'network', '4.4.4 Host or domain name not found'],
    ['blocked', 'reputation', '550 5.7.1 Client host blocked using zen.spamhaus.org'],
    ['blocked', 'authentication', '550 5.7.26 Unauthenticated email: DMARC policy'],
    ['blocked', 'spam', '554 This looks like spam'],
    ['blocked', 'sender_refused', 'error after MAIL FROM: 550 No such domain'],
    ['blocked', 'relay_refused', '550 5.7.1 Unable to relay for tom@post.example: user unknown'],
    ['soft', 'loop', '554 5.1.1 Recipient address rejected: undeliverable address: mail for post.example loops back to myself'],
    ['hard', 'host_unknown', '550 5.4.310 DNS domain post.example does not exist [Message=InfoDomainNonexistent]'],
    ['blocked', 'policy', '550 Tom is only accepting mail from specific people'],
    ['blocked', 'undetermined', '550 Zut'],
    ['soft', 'undetermined', 'Hm.'],
  ] as const)('is %s, %s for %j', (kind, reason, said) => {
    expect(judgeFailure({ action: 'failed', status: statusIn(said), smtpCode: smtpCodeIn(said), said })).toEqual({ kind, reason });
  });

  it('gives up no address for what a filter said once it had read the mail', () => {
    const failure = { action: 'failed', status: '5.0.0', smtpCode: 550, said: '550 User unknown' };
    expect(judgeFailure({ ...failure, isAboutText: true }).kind).toBe('blocked');
    expect(judgeFailure({ ...failure, isAboutAddress: true }).kind).toBe('hard');
  });

  it('gives up no address for "unknown" alone: the answer must name it, answer RCPT, or have the code of an address', () => {
    const judged = (said: string) =>
      judgeFailure({
        action: 'failed',
        status: statusIn(said) ?? '5.0.0',
        smtpCode: smtpCodeIn(said),
        said,
        address: 'tom@post.example',
        isAnswer: true,
      });
    for (const said of [
      '550 : User unknown',
      '550 5.2.0 no such user',
      'No such user.',
      '550 5.1.351 unknown recipient -> 550 : User unknown',
    ])
      expect([said, judged(said)]).toEqual([said, { kind: 'soft', reason: 'user_unknown' }]);
    for (const said of ['550 <tom@post.example>: User unknown', '550 5.1.1 no such user', '550 no such user (in reply to RCPT TO command)'])
      expect([said, judged(said).kind]).toEqual([said, 'hard']);
    // What a notice says in its own words, it knows.
    expect(judgeFailure({ action: null, status: null, smtpCode: null, said: 'tom@post.example: user unknown' }).kind).toBe('hard');
  });

  it.each(['550 Mailbox is frozen', '550 5.7.1 user temporarily locked', '550 This account has been suspended', '550 5.2.1 inactive user'])(
    'gives up no address that may come back: %s',
    (said) => {
      expect(judgeFailure({ action: 'failed', status: statusIn(said), smtpCode: 550, said })).toEqual({ kind: 'soft', reason: 'disabled' });
    },
  );

  it('takes a drawn line for no word on when it was said', () => {
    const text = 'Received >>> 550 5.1.1 <tom@post.example>... user unknown\n\n****** End of message ******\n';
    expect(bounce([text]).recipients).toMatchObject([{ address: 'tom@post.example', kind: 'hard' }]);
  });

  it('finds words, not letters inside other words', () => {
    // "locked" in "blocked", "uce" in "reduce".
    const said = '550 Your message was blocked. Please reduce it.';
    expect(judgeFailure({ action: null, status: null, smtpCode: 550, said }).kind).toBe('blocked');
  });

  it('takes no IP address or year for a code', () => {
    expect(statusIn('host 5.1.1.7 at 192.5.1.1')).toBeNull();
    expect(smtpCodeIn('in 4500 ms, call 550-1234')).not.toBe(450);
    expect(smtpCodeIn('[203.0.113.55]')).toBeNull();
  });
});

describe('a notice whose parts say different things', () => {
  const gone = status(
    'Final-Recipient: rfc822; tom@post.example',
    'Action: failed',
    'Status: 5.1.1',
    'Diagnostic-Code: smtp; 550 unknown user',
  );

  it('gives nobody up where it says as well that there is no room', () => {
    for (const words of ['Not enough disk space.', 'The mailbox is full.', 'Your mail to <tom> was refused:\n disk full'])
      expect(bounce([words, gone]).recipients).toMatchObject([{ address: 'tom@post.example', kind: 'soft', reason: 'mailbox_full' }]);
    expect(bounce(['Quota exceeded.\n\n\n<tom@post.example>: 550 unknown user\n']).kind).toBe('soft');
  });

  it('believes the server where the words only explain what may happen, or speak of somebody else as well', () => {
    expect(bounce(['This happens if a mailbox is full.', gone]).kind).toBe('hard');
    const other = status(
      'Final-Recipient: rfc822; full@post.example',
      'Action: failed',
      'Status: 4.2.2',
      '',
      ...gone.text.split('\n').slice(2),
    );
    expect(bounce(['<full@post.example>: the mailbox is full.', other]).recipients.map(({ kind }) => kind)).toEqual(['soft', 'hard']);
  });

  it('takes "unknown" for the word of a filter where another part says that the text had been read', () => {
    const read = `Transcript:\n${'.\n'.repeat(600)}(in reply to end of DATA command)`;
    expect(bounce([`tom@post.example failed.\n${read}`, gone]).recipients).toMatchObject([{ kind: 'blocked', reason: 'policy' }]);
    expect(bounce([`<tom@post.example>: 550 unknown user\n${read}`]).recipients).toMatchObject([{ kind: 'blocked', reason: 'policy' }]);
    expect(bounce(['tom@post.example failed.', gone]).kind).toBe('hard');
  });
});

describe('a server that names its users without a domain', () => {
  const text =
    'Your mail to the following recipients was refused, because they are not accepting mail from list@spaakbikes.example:\n\n\ttom.smit\n\teva\n\nSorry.\n\n  Later\n';

  it('means its own, not whoever wrote the mail', () => {
    expect(bounce([text]).recipients.map(({ address }) => address)).toEqual(['tom.smit@mx.post.example', 'eva@mx.post.example']);
  });

  it('is not asked where something else names who was not reached, nor where it has no domain itself', () => {
    expect(bounce([text, RETURNED]).recipients.map(({ address }) => address)).toEqual(['tom@post.example']);
    for (const fromAddress of ['mailer-daemon@localhost', 'anna@post.example', null]) {
      const report = readBounce({ all: () => [], fromAddress, parts: [{ mediaType: 'text/plain', text }] });
      expect(report.recipients).toEqual([]);
    }
  });
});

describe('a hostile bounce', () => {
  const pieces = fc.constantFrom(
    'Final-Recipient: rfc822; ',
    'a@post.example',
    '<',
    '>',
    '\n',
    '\n\n',
    ': 550 5.1.1 ',
    'Message-ID: <',
    '@',
    'original message',
    ' ',
    '"',
    '\t',
    'x'.repeat(200),
  );

  it('is read whatever it holds, within the limits', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string({ maxLength: 30 })), { maxLength: 200 }), (words) => {
        const report = bounce([words.join(''), status(words.join('')), { mediaType: 'message/rfc822', text: words.join('') }]);
        expect(report.recipients.length).toBeLessThanOrEqual(100);
        expect(report.messageIds.length).toBeLessThanOrEqual(50);
        for (const { address, diagnostic } of report.recipients) {
          expect(address).toMatch(/^[^\s<>]+@[^\s<>]+$/);
          expect(diagnostic ?? '').not.toMatch(/[\n\r\u0000]/);
        }
      }),
    );
  });

  it.each([
    ['addresses', 'a@b.example\n'.repeat(17_000)],
    ['at signs', '@'.repeat(200_000)],
    ['brackets', '<'.repeat(200_000)],
    ['one endless address', `${'a'.repeat(100_000)}@${'b.'.repeat(50_000)}`],
    ['ids', '<a@b>'.repeat(40_000)],
    ['fields', 'Final-Recipient: rfc822; a@b.example\n\n'.repeat(5_000)],
    ['folds', `Final-Recipient: rfc822;\n${' a@b.example\n'.repeat(15_000)}`],
    ['blank lines', '\n'.repeat(200_000)],
    ['message ids', 'Message-ID:\n '.repeat(15_000)],
  ])('of nothing but %s is read to the limits', (_, text) => {
    const report = bounce([text, status(text)]);
    expect(report.recipients.length).toBeLessThanOrEqual(100);
    expect(report.messageIds.length).toBeLessThanOrEqual(50);
  });
});
