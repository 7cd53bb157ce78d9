/** What machines write about a mail: that it did not arrive, that it was read, that somebody complained. Each as its RFC asks. */
import { randomUUID } from 'node:crypto';

export const BOUNCE_KINDS = ['hard', 'soft', 'delayed'] as const;
export type BounceKind = (typeof BOUNCE_KINDS)[number];

/** The mail that is reported on. */
export interface ReportedMail {
  raw: Buffer;
  messageId: string;
  subject: string;
  /** To whom it was sent. */
  recipient: string;
  atMs: number;
}

/** The mail in somebody's mailbox, as it is reported on. */
export function reportedMail(mail: Omit<ReportedMail, 'recipient'> & { owner: string }): ReportedMail {
  const { raw, messageId, subject, atMs, owner } = mail;
  return { raw, messageId, subject, atMs, recipient: owner };
}

/** A report as it travels: to whom, and the bytes. It has no sender that could be answered. */
export interface MailReport {
  to: string;
  from: string;
  raw: Buffer;
}

interface Verdict {
  action: 'failed' | 'delayed';
  status: string;
  diagnostic: string;
  words: string;
}

const VERDICTS: Record<BounceKind, (recipient: string) => Verdict> = {
  hard: (recipient) => ({
    action: 'failed',
    status: '5.1.1',
    diagnostic: `550 5.1.1 <${recipient}>: Recipient address rejected: User unknown`,
    words: 'There is nobody of that name here. The mail will not be tried again.',
  }),
  soft: () => ({
    action: 'failed',
    status: '4.2.2',
    diagnostic: '452 4.2.2 The mailbox is full',
    words: 'The mailbox has been full for too long. The mail will not be tried again.',
  }),
  delayed: () => ({
    action: 'delayed',
    status: '4.4.1',
    diagnostic: '421 4.4.1 The server of the recipient does not answer',
    words: 'The mail is late. It will be tried for three more days; you need not send it again.',
  }),
};
const RETRIES_LAST_MS = 3 * 24 * 3_600_000;

/** The mail server tells the sender what became of the mail. Source: RFC 3464. */
export function deliveryReport(kind: BounceKind, mail: ReportedMail, returnPath: string): MailReport {
  const { action, status, diagnostic, words } = VERDICTS[kind](mail.recipient);
  const from = `mailer-daemon@${domainIn(mail.recipient)}`;
  const server = `mx.${domainIn(mail.recipient)}`;
  const report = [
    `Reporting-MTA: dns; ${server}`,
    `Arrival-Date: ${mailDate(mail.atMs)}`,
    '',
    `Final-Recipient: rfc822; ${mail.recipient}`,
    `Action: ${action}`,
    `Status: ${status}`,
    `Diagnostic-Code: smtp; ${diagnostic}`,
    ...(action === 'delayed' ? [`Will-Retry-Until: ${mailDate(mail.atMs + RETRIES_LAST_MS)}`] : []),
  ];
  const text = [`This is the mail server at ${server}.`, '', `Your mail to <${mail.recipient}>:`, words, '', diagnostic];
  const raw = reportMail({
    headers: {
      From: `Mail Delivery System <${from}>`,
      To: returnPath,
      Subject: action === 'delayed' ? 'Delayed mail (still being retried)' : 'Undelivered mail returned to sender',
      'Auto-Submitted': 'auto-replied',
    },
    type: 'delivery-status',
    parts: [plain(text), part('message/delivery-status', report), part('text/rfc822-headers', [headerOf(mail.raw)])],
    atMs: mail.atMs,
    domain: domainIn(mail.recipient),
  });
  return { to: returnPath, from, raw };
}

/** The reader's program tells the sender that the mail was shown. Source: RFC 8098. */
export function readReport(mail: ReportedMail, to: string): MailReport {
  const report = [
    'Reporting-UA: mail.example; The simulator',
    `Final-Recipient: rfc822; ${mail.recipient}`,
    `Original-Message-ID: ${mail.messageId}`,
    'Disposition: manual-action/MDN-sent-manually; displayed',
  ];
  const raw = reportMail({
    headers: { From: mail.recipient, To: to, Subject: `Read: ${asciiOf(mail.subject)}`, 'In-Reply-To': mail.messageId },
    type: 'disposition-notification',
    parts: [plain(['Your mail was read.']), part('message/disposition-notification', report)],
    atMs: mail.atMs,
    domain: domainIn(mail.recipient),
  });
  return { to, from: mail.recipient, raw };
}

/** The reader pressed "this is spam", and his provider tells the sender. Source: RFC 5965. */
export function complaintReport(mail: ReportedMail, returnPath: string): MailReport {
  const from = `complaints@${domainIn(mail.recipient)}`;
  const report = [
    'Feedback-Type: abuse',
    'User-Agent: Simulator/1',
    'Version: 1',
    `Original-Mail-From: <${returnPath}>`,
    `Original-Rcpt-To: <${mail.recipient}>`,
    `Received-Date: ${mailDate(mail.atMs)}`,
  ];
  const raw = reportMail({
    headers: { From: from, To: returnPath, Subject: 'Complaint about a mail' },
    type: 'feedback-report',
    parts: [
      plain(['Somebody reported this mail as advertising.']),
      part('message/feedback-report', report),
      part('message/rfc822', [latin(mail.raw)]),
    ],
    atMs: mail.atMs,
    domain: domainIn(mail.recipient),
  });
  return { to: returnPath, from, raw };
}

interface Report {
  headers: Record<string, string>;
  type: string;
  parts: string[];
  atMs: number;
  domain: string;
}

function reportMail({ headers, type, parts, atMs, domain }: Report): Buffer {
  const boundary = `report-${randomUUID()}`;
  const lines = [
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    `Date: ${mailDate(atMs)}`,
    `Message-ID: <${randomUUID()}@${domain}>`,
    'MIME-Version: 1.0',
    `Content-Type: multipart/report; report-type=${type};\r\n boundary="${boundary}"`,
    '',
    ...parts.flatMap((one) => [`--${boundary}`, one]),
    `--${boundary}--`,
    '',
  ];
  // The original may hold any byte; it goes through as it is.
  return Buffer.from(lines.join('\r\n'), 'latin1');
}

const part = (type: string, lines: readonly string[]): string => [`Content-Type: ${type}`, '', ...lines, ''].join('\r\n');
const plain = (lines: readonly string[]): string => part('text/plain; charset=us-ascii', lines);
const latin = (raw: Buffer): string => raw.toString('latin1');
const domainIn = (address: string): string => address.slice(address.lastIndexOf('@') + 1);
const asciiOf = (text: string): string => text.replaceAll(/[^\x20-\x7e]/g, '?');
const mailDate = (ms: number): string => new Date(ms).toUTCString().replace('GMT', '+0000');

function headerOf(raw: Buffer): string {
  const text = latin(raw);
  const end = text.search(/\r?\n\r?\n/);
  return end < 0 ? text : text.slice(0, end);
}
