import { readBounce, type ReportSource } from './bounce.js';
import { readCalendarCard, type CalendarCard } from './calendar-card.js';
import { readComplaint, readReceipt } from './mail-feedback.js';
import type { MendedMail } from './mend-mail.js';
import { partText } from './part-body.js';
import type { MailAttachment, MailClass, ParsedMail } from './parsed-mail.js';

const REPORT_PARTS_MAX = 30;
const REPORT_PART_BYTES_MAX = 256 * 1024;
const REPORT_TYPES = /^(?:text\/(?:plain|html|rfc822-headers)|message\/.+)$/;

/** What a machine's report says; null where the mail is no such report. */
export function reportsOf(
  mailClass: MailClass,
  { mended, ...mail }: Omit<ReportSource, 'parts'> & { mended: MendedMail },
): Pick<ParsedMail, 'bounce' | 'receipt' | 'complaint'> {
  if (mailClass !== 'bounce' && mailClass !== 'receipt' && mailClass !== 'complaint')
    return { bounce: null, receipt: null, complaint: null };
  // A multipart whose parts cannot be found is read as the text it is.
  const leaves = mended.parts.filter((part) => mended.parts.length === 1 || (!part.isMultipart && REPORT_TYPES.test(part.mediaType)));
  const parts = leaves.slice(0, REPORT_PARTS_MAX).map((part) => ({
    mediaType: REPORT_TYPES.test(part.mediaType) ? part.mediaType : 'text/plain',
    text: partText(mended.source, part, REPORT_PART_BYTES_MAX),
  }));
  const source: ReportSource = { ...mail, parts };
  return {
    bounce: mailClass === 'bounce' ? readBounce(source) : null,
    receipt: mailClass === 'receipt' ? readReceipt(source) : null,
    complaint: mailClass === 'complaint' ? readComplaint(source) : null,
  };
}

const CALENDAR_TYPES = new Set(['text/calendar', 'application/ics', 'text/x-vcalendar']);
const CALENDAR_BYTES_MAX = 512 * 1024;

/** The first invitation in a mail, as a part of its own or as a file. */
export function calendarOf(mended: MendedMail, attachments: readonly MailAttachment[]): CalendarCard | null {
  const part = mended.parts.find(({ mediaType }) => mediaType === 'text/calendar');
  const card = part === undefined ? null : readCalendarCard(partText(mended.source, part, CALENDAR_BYTES_MAX));
  if (card !== null) return card;
  const file = attachments.find(({ mediaType, name }) => CALENDAR_TYPES.has(mediaType) || name.toLowerCase().endsWith('.ics'));
  return file === undefined ? null : readCalendarCard(file.content.toString('utf8', 0, CALENDAR_BYTES_MAX));
}
