import type { Attachment } from 'mailparser';
import { oneLine, safeFileName } from './mail-words.js';
import { BODY_CHARS_MAX, type MailAttachment, type MailFlag } from './parsed-mail.js';

const CID_CHARS_MAX = 500;

/** The files of a mail, named safely. Inline is what the HTML shows by its cid, whatever its part says. */
export function attachmentsOf(attachments: readonly Attachment[], html: string | null): MailAttachment[] {
  const shown = html === null ? new Set<string>() : cidsIn(html);
  return attachments.map((attachment, index) => {
    const cid = oneLine(attachment.cid ?? '', CID_CHARS_MAX) || null;
    const mediaType = mediaTypeOf(attachment.contentType);
    return {
      name: safeFileName(attachment.filename ?? '', `attachment-${index + 1}${EXTENSIONS[mediaType] ?? ''}`),
      mediaType,
      content: attachment.content,
      cid,
      inline: cid !== null && shown.has(cid.toLowerCase()),
      sizeBytes: attachment.content.length,
    };
  });
}

/** For files the sender gave no name, so that a computer knows what to open them with. */
const EXTENSIONS: Readonly<Record<string, string>> = {
  'image/png': '.png',
  'image/jpeg': '.jpg',
  'image/gif': '.gif',
  'application/pdf': '.pdf',
  'message/rfc822': '.eml',
  'text/calendar': '.ics',
  'text/plain': '.txt',
};

function mediaTypeOf(contentType: string): string {
  const mediaType = contentType.trim().toLowerCase();
  return /^[a-z0-9!#$&^_.+-]{1,80}\/[a-z0-9!#$&^_.+-]{1,120}$/.test(mediaType) ? mediaType : 'application/octet-stream';
}

function cidsIn(html: string): Set<string> {
  const cids = new Set<string>();
  for (const match of html.matchAll(/\bcid:([^\s"'<>)]{1,500})/gi)) {
    const cid = match[1] ?? '';
    cids.add(cid.toLowerCase());
    if (cid.includes('%')) cids.add(decodePercent(cid).toLowerCase());
  }
  return cids;
}

function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a "%" that means itself
  }
}

/** Cut what is too long to keep as text, and attach it whole, so that nothing is lost. */
export function withinBounds(
  text: string,
  html: string | null,
  attachments: MailAttachment[],
  flags: MailFlag[],
): { text: string; html: string | null } {
  const isTextLong = text.length > BODY_CHARS_MAX;
  const isHtmlLong = html !== null && html.length > BODY_CHARS_MAX;
  if (isTextLong) attachments.push(asAttachment('full-text.txt', 'text/plain', text));
  if (isHtmlLong) attachments.push(asAttachment('full-text.html', 'text/html', html));
  if (isTextLong || isHtmlLong) flags.push('body_attached');
  return { text: isTextLong ? text.slice(0, BODY_CHARS_MAX).toWellFormed() : text, html: isHtmlLong ? null : html };
}

function asAttachment(name: string, mediaType: string, body: string): MailAttachment {
  const content = Buffer.from(body, 'utf8');
  return { name, mediaType, content, cid: null, inline: false, sizeBytes: content.length };
}
