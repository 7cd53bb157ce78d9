import type { AttachmentKind } from '#contract';
import type { RecordableAttachment } from '#policies';
import { type Fields, id, isObject, object, text } from './vendor-json.js';

const ATTACHMENTS_MAX = 50;
const NAME_LENGTH_MAX = 200;
const FETCHED: Partial<Record<string, AttachmentKind>> = {
  image: 'image',
  video: 'video',
  audio: 'audio',
  file: 'file',
  sticker: 'sticker',
};
const LINKED = new Set(['fallback', 'reel', 'ig_reel', 'post', 'ig_post']);

/**
 * Meta's attachments in our kinds. Unknown ones stay visible as `unsupported`.
 *
 * Source   https://developers.facebook.com/docs/messenger-platform/reference/webhook-events/messages
 */
export function readAttachments(attachments: Fields[]): RecordableAttachment[] {
  const stickersSeen = new Set<string>();
  return attachments.slice(0, ATTACHMENTS_MAX).flatMap((attachment) => {
    // While Meta changed the form, one sticker came as an image and as a sticker in the same message.
    const stickerId = id(object(attachment['payload'])['sticker_id']);
    if (stickerId !== null && stickersSeen.has(stickerId)) return [];
    if (stickerId !== null) stickersSeen.add(stickerId);
    return [readAttachment(attachment, stickerId)];
  });
}

function readAttachment(attachment: Fields, stickerId: string | null): RecordableAttachment {
  const type = text(attachment['type']) ?? 'unknown';
  // An old form of a link has a text as its payload, and title and address beside it.
  const payload = isObject(attachment['payload']) ? attachment['payload'] : attachment;
  const url = webAddress(payload['url']) ?? webAddress(attachment['url']) ?? webAddress(attachment['URL']);
  const title = text(payload['title']) ?? text(attachment['title']);
  const kind = stickerId === null ? FETCHED[type] : 'sticker';
  if (kind !== undefined && url !== null) return made(kind, title ?? nameFromUrl(url) ?? type, url);
  if (LINKED.has(type)) return made('link', title ?? url ?? type, url);
  if (type === 'location') return made('location', locationName(object(payload['coordinates'])), null);
  if (type === 'template') return made('template', title ?? templateName(payload), null);
  return made('unsupported', title ?? type, null);
}

function made(kind: AttachmentKind, name: string, sourceUrl: string | null): RecordableAttachment {
  return { kind, name: name.slice(0, NAME_LENGTH_MAX), mediaType: null, sourceUrl, content: null, contentId: null };
}

/** Only what a browser may open without running it, written the one way a parser writes it. */
function webAddress(value: unknown): string | null {
  const given = text(value);
  if (given === null || !URL.canParse(given)) return null;
  const url = new URL(given);
  return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : null;
}

/** The last part of the address is the file's name, percent-encoded. */
function nameFromUrl(url: string): string | null {
  if (!URL.canParse(url)) return null;
  const last = new URL(url).pathname.split('/').at(-1) ?? '';
  try {
    return decodeURIComponent(last) || null;
  } catch {
    return last;
  }
}

function locationName({ lat, long }: Fields): string {
  return typeof lat === 'number' && typeof long === 'number' ? `${String(lat)}, ${String(long)}` : 'location';
}

function templateName(payload: Fields): string {
  const elements = object(payload['product'])['elements'] ?? payload['elements'];
  const [first] = Array.isArray(elements) ? elements.filter(isObject) : [];
  return text(first?.['title']) ?? text(payload['template_type']) ?? 'template';
}
