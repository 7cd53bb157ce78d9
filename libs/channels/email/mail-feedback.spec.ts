import fc from 'fast-check';
import type { ReportPart, ReportSource } from './bounce.js';
import { readComplaint, readReceipt } from './mail-feedback.js';

function report(parts: ReportPart[], headers: Record<string, string> = {}): ReportSource {
  return { all: (name) => (headers[name] === undefined ? [] : [headers[name]]), fromAddress: 'tom@post.example', parts };
}

describe('a read receipt', () => {
  const notification = (disposition: string): ReportPart => ({
    mediaType: 'message/disposition-notification',
    text: `Final-Recipient: rfc822;Tom@post.example\nOriginal-Message-ID: <m.one@spaakbikes.example>\nDisposition: ${disposition}\n`,
  });

  it('says which mail was read, by whom, and whether a person let it say so', () => {
    expect(readReceipt(report([notification('manual-action/MDN-sent-manually; displayed')]))).toEqual({
      messageId: 'm.one@spaakbikes.example',
      recipient: 'Tom@post.example',
      disposition: 'displayed',
      isManual: true,
    });
    expect(readReceipt(report([notification('automatic-action/MDN-sent-automatically; deleted/error')]))).toMatchObject({
      disposition: 'deleted',
      isManual: false,
    });
  });

  it('without its own part is known by the mail it answers', () => {
    expect(readReceipt(report([], { 'in-reply-to': '<m.two@spaakbikes.example>' }))).toEqual({
      messageId: 'm.two@spaakbikes.example',
      recipient: 'tom@post.example',
      disposition: 'unknown',
      isManual: false,
    });
  });
});

describe('a complaint', () => {
  const feedback = (type: string): ReportPart => ({
    mediaType: 'message/feedback-report',
    text: `Feedback-Type: ${type}\nUser-Agent: x/1\nVersion: 1\nOriginal-Rcpt-To: <tom@post.example>\n`,
  });
  const returned: ReportPart = { mediaType: 'message/rfc822', text: 'To: eva@post.example\nMessage-ID: <m.one@spaakbikes.example>\n\nx' };

  it('says who objects to which mail', () => {
    expect(readComplaint(report([feedback('abuse'), returned]))).toEqual({
      type: 'abuse',
      recipients: ['tom@post.example'],
      messageIds: ['m.one@spaakbikes.example'],
      isObjection: true,
    });
  });

  it('that hides who complained is known by whom the mail was for', () => {
    expect(readComplaint(report([{ ...feedback('abuse'), text: 'Feedback-Type: abuse\n' }, returned])).recipients).toEqual([
      'eva@post.example',
    ]);
  });

  it('is no objection where it says "not spam"', () => {
    expect(readComplaint(report([feedback('not-spam')])).isObjection).toBe(false);
  });
});

it('reports of any content are read', () => {
  fc.assert(
    fc.property(
      fc.string({ maxLength: 2_000 }),
      fc.constantFrom('message/feedback-report', 'message/rfc822', 'text/plain'),
      (text, mediaType) => {
        expect(readComplaint(report([{ mediaType, text }])).messageIds.length).toBeLessThanOrEqual(50);
        expect(typeof readReceipt(report([{ mediaType, text }])).disposition).toBe('string');
      },
    ),
  );
});
