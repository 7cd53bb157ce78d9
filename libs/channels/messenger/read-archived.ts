import type { AttachmentKind } from '#contract';
import { SECOND_MS } from '#platform';
import type { RecordableAttachment } from '#policies';
import type { InboundMessage } from '../inbound.js';
import { attachmentOf, webAddress } from './read-attachments.js';
import { instant } from './read-time.js';
import { messageOf } from './told.js';
import { type Fields, id, isTrue, list, mid, object, rawOf, text } from './vendor-json.js';

/** Whose thread it is. */
export interface ThreadOwner {
  routeId: string;
  personId: string;
  personName: string | null;
}

export interface ArchivedMessage {
  externalId: string;
  /** To the second. */
  sentAt: Date;
  /** Null: the archive names it, and tells nothing more unless asked. */
  message: InboundMessage | null;
}

const ATTACHMENTS_MAX = 50;
/** What stands in the place of files that European rules keep from programs. Source: answers of the API since December 2020 */
const WITHHELD_FILE = /^Media not available/i;

/** A message as the page's archive has it. Empty for what has no id or no time. */
export function readArchived(value: unknown, thread: ThreadOwner): ArchivedMessage[] {
  const fields = object(value);
  const externalId = mid(fields['id']);
  const sentAt = instant(fields['created_time']);
  if (externalId === null || sentAt === null) return [];
  // Older messages are named, and say neither from whom they are nor what they say.
  const authorId = id(object(fields['from'])['id']);
  return [{ externalId, sentAt, message: authorId === null ? null : archivedMessage(fields, { thread, externalId, sentAt, authorId }) }];
}

/** Not older than `since`, as far as whole seconds can tell. */
export function isWithin(sentAt: Date, since: Date): boolean {
  return sentAt.getTime() + SECOND_MS > since.getTime();
}

function archivedMessage(
  fields: Fields,
  { thread, externalId, sentAt, authorId }: { thread: ThreadOwner; externalId: string; sentAt: Date; authorId: string },
): InboundMessage {
  const { routeId, personId, personName } = thread;
  const isFromPage = authorId === routeId;
  const attachments = attachmentsOf(fields);
  const said = text(fields['message']) ?? '';
  const told = { event: fields, routeId, personId, formerPersonId: null, isFromPage, isStandby: false, at: sentAt };
  const isEmpty = said === '' && attachments.length === 0;
  return messageOf(told, {
    kind: isEmpty ? 'unsupported' : 'text',
    externalId,
    replyToExternalId: mid(object(fields['reply_to'])['mid']),
    content: {
      text: said,
      detail: isEmpty ? (isTrue(fields['is_unsupported']) ? 'message_unsupported' : 'message_empty') : null,
      senderName: isFromPage ? null : personName,
      attachments,
    },
    raw: isEmpty ? rawOf(fields) : null,
  });
}

function attachmentsOf(fields: Fields): RecordableAttachment[] {
  const files = list(object(fields['attachments'])['data']).map(readFile);
  const shares = list(object(fields['shares'])['data']).map((share) => {
    const link = webAddress(share['link']);
    return attachmentOf('link', text(share['name']) ?? text(share['description']) ?? link ?? 'link', link);
  });
  const sticker = webAddress(fields['sticker']);
  return [...files, ...shares, ...(sticker === null ? [] : [attachmentOf('sticker', 'sticker', sticker)])].slice(0, ATTACHMENTS_MAX);
}

/** Each kind of file has its address in a place of its own. */
function readFile(file: Fields): RecordableAttachment {
  const name = text(file['name']);
  const mediaType = text(file['mime_type']);
  const image = webAddress(object(file['image_data'])['url']) ?? webAddress(file['image_url']);
  const video = webAddress(object(file['video_data'])['url']) ?? webAddress(file['video_url']);
  const url =
    image ?? video ?? webAddress(object(file['audio_data'])['url']) ?? webAddress(file['audio_url']) ?? webAddress(file['file_url']);
  if (url === null || (name !== null && WITHHELD_FILE.test(name)))
    return attachmentOf('unsupported', name ?? mediaType ?? 'attachment', null);
  const kind: AttachmentKind = image !== null ? 'image' : video !== null ? 'video' : kindOf(mediaType);
  return { ...attachmentOf(kind, name ?? kind, url), mediaType };
}

function kindOf(mediaType: string | null): AttachmentKind {
  const [family] = mediaType?.split('/') ?? [];
  return family === 'image' || family === 'video' || family === 'audio' ? family : 'file';
}
