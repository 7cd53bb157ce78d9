/** What a machine or a provider says became of a mail. Written as machines write it, byte by byte. */
export interface DeliveryReport {
  /** To whose mailbox it comes: the mailbox itself, or a return path of ours. */
  to: string;
  recipients: { address: string; action?: 'failed' | 'delayed' | 'delivered'; status?: string; said?: string }[];
  /** The Message-ID of the mail that it is about, without brackets; null: it does not say. */
  about: string | null;
}

let reports = 0;

/** A delivery status notification (RFC 3464), with the header of the mail it is about. */
export function deliveryReport({ to, recipients, about }: DeliveryReport): Buffer {
  const boundary = `report${String(reports)}`;
  const fields = recipients.flatMap(({ address, action = 'failed', status = '5.1.1', said = '550 5.1.1 User unknown' }) => [
    `Final-Recipient: rfc822; ${address}`,
    `Action: ${action}`,
    `Status: ${status}`,
    ...(action === 'delivered' ? [] : [`Diagnostic-Code: smtp; ${said}`]),
    '',
  ]);
  return message([
    'Return-Path: <>',
    'From: Mail Delivery System <mailer-daemon@relay.example>',
    `To: ${to}`,
    'Subject: Delivery report',
    'Auto-Submitted: auto-replied',
    ...mime(boundary, 'delivery-status'),
    `--${boundary}`,
    'Content-Type: text/plain; charset=us-ascii',
    '',
    'This is the mail system at relay.example.',
    '',
    `--${boundary}`,
    'Content-Type: message/delivery-status',
    '',
    'Reporting-MTA: dns; relay.example',
    '',
    ...fields,
    ...(about === null
      ? []
      : [`--${boundary}`, 'Content-Type: text/rfc822-headers', '', `Message-ID: <${about}>`, 'Subject: Re: A question', '']),
    `--${boundary}--`,
  ]);
}

/** A read receipt (RFC 8098). */
export function readReceipt({ from, to, about }: { from: string; to: string; about: string }): Buffer {
  const boundary = `report${String(reports)}`;
  return message([
    `From: ${from}`,
    `To: ${to}`,
    'Subject: Read: Re: A question',
    ...mime(boundary, 'disposition-notification'),
    `--${boundary}`,
    'Content-Type: text/plain; charset=us-ascii',
    '',
    'The mail was opened.',
    '',
    `--${boundary}`,
    'Content-Type: message/disposition-notification',
    '',
    `Final-Recipient: rfc822; ${from}`,
    `Original-Message-ID: <${about}>`,
    'Disposition: manual-action/MDN-sent-manually; displayed',
    '',
    `--${boundary}--`,
  ]);
}

/** A complaint (RFC 5965). `by`: who it was, where the provider tells. */
export function complaint({ by, to, about }: { by: string | null; to: string; about: string }): Buffer {
  const boundary = `report${String(reports)}`;
  return message([
    'From: feedback@provider.example',
    `To: ${to}`,
    'Subject: Complaint',
    ...mime(boundary, 'feedback-report'),
    `--${boundary}`,
    'Content-Type: text/plain; charset=us-ascii',
    '',
    'Somebody called a mail unwanted.',
    '',
    `--${boundary}`,
    'Content-Type: message/feedback-report',
    '',
    'Feedback-Type: abuse',
    'User-Agent: Provider/1.0',
    'Version: 1',
    ...(by === null ? [] : [`Original-Rcpt-To: ${by}`]),
    '',
    `--${boundary}`,
    'Content-Type: message/rfc822',
    '',
    `Message-ID: <${about}>`,
    'From: help@spaak.example',
    'Subject: Re: A question',
    '',
    'It is ready.',
    `--${boundary}--`,
  ]);
}

function mime(boundary: string, reportType: string): string[] {
  return ['MIME-Version: 1.0', `Content-Type: multipart/report; report-type=${reportType}; boundary="${boundary}"`];
}

function message(lines: string[]): Buffer {
  const [first, ...rest] = lines;
  const id = `Message-ID: <report-${String(reports++)}@relay.example>`;
  const separated = rest.flatMap((line) => (line.startsWith('Content-Type: multipart/report') ? [line, ''] : [line]));
  return Buffer.from([first!, id, 'Date: Tue, 3 Nov 2026 10:00:00 +0100', ...separated, ''].join('\r\n'));
}
