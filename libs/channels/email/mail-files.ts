import type { Attachment } from 'mailparser';
import { oneLine, safeFileName } from './mail-words.js';
import { BODY_CHARS_MAX, type MailAttachment, type MailFlag } from './parsed-mail.js';
import { unpackTnef, type UnpackedTnef } from './tnef.js';

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

/** Outlook's wrapping, by its media type or the name it always has. */
function isTnef({ contentType, filename }: Attachment): boolean {
  return /^application\/(?:vnd\.)?ms-tnef\b/i.test(contentType) || /^win(?:mail|dat)\.dat$/i.test(filename ?? '');
}

const TNEF_PER_MAIL_MAX = 5;

/** The mail a winmail.dat holds; null when there is none. Of several the first that holds words gives the words. */
export function unwrap(attachments: readonly Attachment[]): Map<Attachment, UnpackedTnef | null> {
  const wrapped = attachments.filter(isTnef).slice(0, TNEF_PER_MAIL_MAX);
  return new Map(wrapped.map((attachment) => [attachment, unpackTnef(attachment.content)]));
}

/**
 * The files of a mail with those of a winmail.dat in its place. The wrapping stays where it could not be read to its end, and `flags` says
 * so.
 */
export function unwrappedAttachments(
  attachments: readonly Attachment[],
  { html, unwrapped, flags }: { html: string | null; unwrapped: ReadonlyMap<Attachment, UnpackedTnef | null>; flags: MailFlag[] },
): MailAttachment[] {
  const plain = attachmentsOf(attachments, html);
  const shown = html === null ? new Set<string>() : cidsIn(html);
  if (unwrapped.size > 0)
    flags.push([...unwrapped.values()].every((one) => one?.isIncomplete === false) ? 'tnef_unpacked' : 'tnef_unreadable');
  return attachments.flatMap((attachment, index) => {
    const tnef = unwrapped.get(attachment) ?? null;
    const own = plain[index];
    const files = (tnef?.files ?? []).map((file, place) => {
      const cid = oneLine(file.cid ?? '', CID_CHARS_MAX).replaceAll(/^<|>$/g, '') || null;
      const mediaType = mediaTypeOf(file.mediaType ?? '');
      return {
        name: safeFileName(file.name, `attachment-${index + 1}-${place + 1}${EXTENSIONS[mediaType] ?? ''}`),
        mediaType,
        // A copy: the view would keep the whole wrapping alive, and could not be handed over by itself.
        content: Buffer.from(file.content),
        cid,
        inline: cid !== null && shown.has(cid.toLowerCase()),
        sizeBytes: file.content.length,
      };
    });
    const isKept = own !== undefined && tnef?.isIncomplete !== false && !isTwin(attachment, attachments);
    return isKept ? [own, ...files] : files;
  });
}

/** Invitations come twice, as a part that calendars read and as a file of the same bytes for people: one of them is enough. */
function isTwin({ contentType, filename, content }: Attachment, attachments: readonly Attachment[]): boolean {
  if (filename !== undefined || mediaTypeOf(contentType) !== 'text/calendar') return false;
  const isSame = (other: Buffer): boolean => other.toString('latin1').trim() === content.toString('latin1').trim();
  return attachments.some((other) => other.filename?.toLowerCase().endsWith('.ics') === true && isSame(other.content));
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
