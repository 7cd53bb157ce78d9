/** Mails that are not simply words: invitations, forwarded mail, Outlook's own packaging, lists, robots. */
import { z } from 'zod';
import type { CustomerMail, MailFile } from './mail-compose.js';
import { tnefPacking } from './tnef-pack.js';

export const MAIL_KINDS = ['invitation', 'forward', 'winmail', 'list_post', 'robot'] as const;
export const MailKind = z.enum(MAIL_KINDS);
export type MailKind = z.infer<typeof MailKind>;

const DAY_MS = 24 * 3_600_000;

type Written = Pick<CustomerMail, 'from' | 'to' | 'subject' | 'text' | 'atMs' | 'headers' | 'files' | 'calendar' | 'quotes'>;

/** The mail, made one of this kind. */
export function asKind(kind: MailKind, mail: CustomerMail): CustomerMail {
  return { ...mail, ...KINDS[kind](mail) };
}

const KINDS: Record<MailKind, (mail: CustomerMail) => Partial<Written>> = {
  invitation: (mail) => ({ calendar: { method: 'REQUEST', content: invitation(mail) } }),
  forward: (mail) => ({
    subject: `Fwd: ${mail.subject}`,
    quotes: [
      '---------- Forwarded message ---------',
      'From: Joris Prins <joris@elders.example>',
      `Date: ${new Date(mail.atMs - DAY_MS).toUTCString()}`,
      `Subject: ${mail.subject}`,
      `To: ${mail.from.name} <${mail.from.address}>`,
      '',
      'Hello, I ordered two inner tubes last week and only one was in the box.',
      'Could you send the other one?',
      '',
      'Joris Prins',
    ].join('\n'),
  }),
  winmail: (mail) => ({ files: [winmail(mail.files ?? [])] }),
  list_post: (mail) => ({
    subject: `[cyclists] ${mail.subject}`,
    headers: {
      ...mail.headers,
      'List-Id': 'Cyclists of the town <cyclists.lists.example>',
      'List-Unsubscribe': '<https://lists.example/leave>',
      Precedence: 'list',
    },
  }),
  robot: (mail) => ({ headers: { ...mail.headers, 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' } }),
};

function winmail(files: readonly MailFile[]): MailFile {
  const packed = files.length > 0 ? files : [{ name: 'order.txt', mediaType: 'text/plain', content: Buffer.from('2 bells, 1 lock\r\n') }];
  return { name: 'winmail.dat', mediaType: 'application/ms-tnef', content: tnefPacking(packed) };
}

/** Source: RFC 5545, RFC 5546. */
function invitation({ from, to, subject, atMs }: CustomerMail): string {
  const beginsAt = new Date(atMs + DAY_MS);
  beginsAt.setUTCHours(13, 0, 0, 0);
  const stamp = (at: Date): string => at.toISOString().replaceAll(/[-:]|\.\d+/g, '');
  return [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//The simulator//EN',
    'METHOD:REQUEST',
    'BEGIN:VEVENT',
    `UID:${String(atMs)}@mail.example`,
    `DTSTAMP:${stamp(new Date(atMs))}`,
    `DTSTART:${stamp(beginsAt)}`,
    `DTEND:${stamp(new Date(beginsAt.getTime() + DAY_MS / 24))}`,
    `SUMMARY:${subject.replaceAll(/[\\;,]/g, String.raw`\$&`)}`,
    `ORGANIZER;CN="${from.name.replaceAll('"', '')}":mailto:${from.address}`,
    ...to.map((address) => `ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:${address}`),
    'LOCATION:At the shop',
    'END:VEVENT',
    'END:VCALENDAR',
    '',
  ].join('\r\n');
}
