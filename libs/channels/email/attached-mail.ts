import { htmlToText } from './html-text.js';
import { addressesOf } from './mail-address.js';
import { cutAt, oneLine, safeFileName, storableText } from './mail-words.js';
import { mendMail } from './mend-mail.js';
import { readMime } from './mime-reader.js';
import { UnreadableMail, type AttachedMail, type MailLimits } from './parsed-mail.js';

/** Enough for the header and the beginning of the text; a mail in a mail may be as large as the mail. */
const READ_BYTES_MAX = 256 * 1024;
const PREVIEW_CHARS_MAX = 500;
const SUBJECT_CHARS_MAX = 1_000;
const FILES_MAX = 20;
const HTML_CHARS_MAX = 100_000;

/**
 * What an attached mail is, in a few lines; null when it is no mail.
 *
 * Limits   its first 256 KiB
 */
export async function summariseMail(content: Buffer, limits: MailLimits): Promise<AttachedMail | null> {
  try {
    const mail = await readMime(mendMail(content.subarray(0, READ_BYTES_MAX), limits).raw(), limits);
    const from = addressesOf(mail.from)[0] ?? null;
    const subject = oneLine(mail.subject ?? '', SUBJECT_CHARS_MAX);
    if (from === null && subject === '' && mail.date === undefined) return null;
    const text = mail.text ?? (typeof mail.html === 'string' ? htmlToText(mail.html.slice(0, HTML_CHARS_MAX)).text : '');
    return {
      from,
      to: addressesOf(mail.to),
      subject,
      date: mail.headers.has('date') && mail.date !== undefined && Number.isFinite(mail.date.getTime()) ? mail.date : null,
      preview: cutAt(storableText(text).trim(), PREVIEW_CHARS_MAX),
      fileNames: mail.attachments.slice(0, FILES_MAX).map(({ filename }, index) => safeFileName(filename ?? '', `attachment-${index + 1}`)),
    };
  } catch (error) {
    // It stays a file like any other.
    if (error instanceof UnreadableMail) return null;
    throw error;
  }
}
