import type { AttachmentKind } from '#contract';
import type { RecordableAttachment } from '#policies';
import { instant } from './read-time.js';
import { type Fields, id, isObject, list, object, text, words } from './vendor-json.js';

const ATTACHMENTS_MAX = 50;
const NAME_LENGTH_MAX = 200;
const FETCHED: Partial<Record<string, AttachmentKind>> = {
  image: 'image',
  video: 'video',
  audio: 'audio',
  file: 'file',
  sticker: 'sticker',
};
const LINKED = new Set(['fallback', 'reel', 'ig_reel', 'post', 'ig_post', 'share']);
/** What addresses without a host are beneath. */
const FACEBOOK = 'https://www.facebook.com';

/**
 * Meta's attachments in our kinds. Unknown ones stay visible as `unsupported`.
 *
 * Source   https://developers.facebook.com/docs/messenger-platform/reference/webhook-events/messages
 */
export function readAttachments(attachments: Fields[]): RecordableAttachment[] {
  const stickersSeen = new Set<string>();
  const read = attachments.slice(0, ATTACHMENTS_MAX).flatMap((attachment) => {
    // While Meta changed the form, one sticker came as an image and as a sticker in the same message.
    const stickerId = id(object(attachment['payload'])['sticker_id']);
    if (stickerId !== null && stickersSeen.has(stickerId)) return [];
    if (stickerId !== null) stickersSeen.add(stickerId);
    return readAttachment(attachment, stickerId);
  });
  return read.slice(0, ATTACHMENTS_MAX);
}

/** An attachment whose bytes, if any, are at `sourceUrl`. */
export function attachmentOf(kind: AttachmentKind, name: string, sourceUrl: string | null): RecordableAttachment {
  return { kind, name: name.slice(0, NAME_LENGTH_MAX).toWellFormed(), mediaType: null, sourceUrl, content: null, contentId: null };
}

/** Something that the vendor keeps for a while, named by its address; visible also where it has none. */
export function fileOf(kind: AttachmentKind, address: unknown): RecordableAttachment {
  const url = webAddress(address);
  return url === null ? attachmentOf('unsupported', kind, null) : attachmentOf(kind, nameFromUrl(url) ?? kind, url);
}

/** Only what a browser may open without running it, written the one way a parser writes it. */
export function webAddress(value: unknown, base?: string): string | null {
  const given = text(value);
  if (given === null || !URL.canParse(given, base)) return null;
  const url = new URL(given, base);
  return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : null;
}

function readAttachment(attachment: Fields, stickerId: string | null): RecordableAttachment[] {
  const type = text(attachment['type']) ?? 'unknown';
  // An old form of a link has a text as its payload, and title and address beside it.
  const payload = isObject(attachment['payload']) ? attachment['payload'] : attachment;
  const url = webAddress(payload['url']) ?? webAddress(attachment['url']) ?? webAddress(attachment['URL']);
  const title = text(payload['title']) ?? text(attachment['title']);
  const kind = stickerId === null ? FETCHED[type] : 'sticker';
  if (kind !== undefined && url !== null) return [attachmentOf(kind, title ?? nameFromUrl(url) ?? type, url)];
  if (LINKED.has(type)) {
    const address = url ?? pathAddress(payload['url'] ?? attachment['url']);
    return [attachmentOf('link', title ?? address ?? type, address)];
  }
  if (type === 'location') return [attachmentOf('location', locationName(object(payload['coordinates'])), null)];
  if (type === 'template') return readTemplate(payload, title);
  if (type === 'appointment_booking') return [attachmentOf('template', appointmentName(payload), null)];
  return [attachmentOf('unsupported', title ?? type, null)];
}

/** Some of Meta's addresses are a path alone. */
function pathAddress(value: unknown): string | null {
  const path = text(value);
  return path !== null && /^\/(?![/\\])/.test(path) ? webAddress(path, FACEBOOK) : null;
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

/** One line for each product or card, with the page it leads to. Other templates are one line. */
function readTemplate(payload: Fields, title: string | null): RecordableAttachment[] {
  const products = list(object(payload['product'])['elements']);
  const cards = products.length > 0 ? products : list(payload['elements']);
  // A receipt's lines are its own, and its title sums them up.
  if (cards.length === 0 || (title !== null && products.length === 0)) {
    return [
      attachmentOf('template', title ?? text(payload['text']) ?? cardName(cards[0]) ?? text(payload['template_type']) ?? 'template', null),
    ];
  }
  return cards.map((card) => {
    const url = webAddress(object(card['default_action'])['url']) ?? webAddress(card['item_url']) ?? webAddress(card['url']);
    return attachmentOf(url === null ? 'template' : 'link', cardName(card) ?? url ?? 'template', url);
  });
}

function cardName(card: Fields | undefined): string | null {
  const parts = [words(card?.['title']) ?? words(card?.['name']), words(card?.['subtitle'])].filter((part) => part !== null);
  return parts.length === 0 ? null : parts.join(' – ');
}

function appointmentName(payload: Fields): string {
  const zone = text(payload['timezone']);
  const time = new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'short', timeZone: isTimeZone(zone) ? zone : 'UTC' });
  const times = [instant(payload['start_time']), instant(payload['end_time'])].filter((at) => at !== null).map((at) => time.format(at));
  const status = text(payload['status'])?.toLowerCase();
  const when = times.length === 0 ? '' : `: ${times.join(' – ')}${isTimeZone(zone) ? ` ${zone}` : ' UTC'}`;
  return `Appointment${status === undefined ? '' : ` (${status})`}${when}`;
}

function isTimeZone(zone: string | null): zone is string {
  if (zone === null) return false;
  try {
    return Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
