import { createHash } from 'node:crypto';
import { MINUTE_MS } from '#platform';
import type { InboundEvent, InboundMessage } from '../inbound.js';
import { UnreadableDelivery } from '../inbound.js';
import { readAttachments } from './read-attachments.js';
import { type Fields, id, isObject, list, mid, object, readJson, text } from './vendor-json.js';
import { ownMessageId } from './own-metadata.js';

/**
 * Reads one POST of Meta's into what happened. The envelope is walked as it is found: an entry may hold `messaging`, `standby` and
 * `changes` side by side, ids may be numbers, times may be seconds, strings or missing, and keys we have never seen appear without
 * notice. So nothing here fails on a surprise: what is understood becomes an event, what names a person but is not understood becomes an
 * "unsupported" message, and what names nobody is passed over.
 *
 * Source   https://developers.facebook.com/docs/messenger-platform/reference/webhook-events
 */
export function readMessengerDelivery(body: Buffer, receivedAt: Date): InboundEvent[] {
  const delivery = readJson(body);
  if (delivery === undefined) throw new UnreadableDelivery('not_json');
  if (!isObject(delivery) || delivery['object'] !== 'page') return [];
  return list(delivery['entry']).flatMap((entry) => readEntry(entry, receivedAt));
}

/** More than Meta ever puts in one: a body of 1 MiB cannot make us hold millions of events. */
const EVENTS_PER_ENTRY_MAX = 10_000;

function readEntry(entry: Fields, receivedAt: Date): InboundEvent[] {
  const pageId = id(entry['id']);
  if (pageId === null) return [];
  const entryAt = saidAt(entry['time'], { entryAt: receivedAt, receivedAt });
  const arrived = { entryAt, receivedAt };
  const said = [...list(entry['messaging']), ...list(entry['standby'])].slice(0, EVENTS_PER_ENTRY_MAX);
  const changed = list(entry['changes']).slice(0, EVENTS_PER_ENTRY_MAX);
  return [
    ...said.map((event) => readEvent(event, pageId, arrived)),
    ...changed.map((change) => readChange(change, pageId, arrived)),
  ].filter((event) => event !== null);
}

function readEvent(event: Fields, pageId: string, arrived: Arrived): InboundEvent | null {
  const parties = [id(object(event['sender'])['id']), id(object(event['recipient'])['id'])];
  // What the page says is said to somebody: also where the page calls itself by another id.
  if (object(event['message'])['is_echo'] === true) parties.reverse();
  const personId = parties.find((one) => one !== null && one !== pageId);
  if (personId == null) return null;
  const base = { routeId: pageId, personId, at: saidAt(event['timestamp'], arrived) };
  const { message, postback, delivery, read, reaction, message_edit: edit } = event;
  if (isObject(message)) return readMessage(message, event, base);
  if (isObject(postback)) return readPostback(postback, event, base);
  if (isObject(delivery)) return readReceipt('delivered', delivery, base);
  if (isObject(read)) return readReceipt('read', read, base);
  if (isObject(reaction)) return readReaction(reaction, event, base);
  if (isObject(edit)) return readEdit(edit, event, base);
  return unsupported(nameOf(event), event, base);
}

interface Base {
  routeId: string;
  personId: string;
  at: Date;
}

function readMessage(message: Fields, event: Fields, base: Base): InboundEvent {
  const externalId = mid(message['mid']);
  if (externalId === null) return unsupported('message', event, base);
  const isEcho = message['is_echo'] === true;
  const attachments = readAttachments(list(message['attachments']));
  const said = text(message['text']) ?? '';
  if (said === '' && attachments.length === 0) return { ...unsupported(emptyName(message), event, base), direction: isEcho ? 'out' : 'in' };
  return {
    type: 'message',
    routeId: base.routeId,
    personId: base.personId,
    direction: isEcho ? 'out' : 'in',
    kind: 'text',
    externalId,
    replyToExternalId: mid(object(message['reply_to'])['mid']),
    ownMessageId: isEcho ? ownMessageId(message['metadata']) : null,
    sentAt: base.at,
    content: { text: said, detail: text(object(message['quick_reply'])['payload']), attachments },
    mail: null,
  };
}

function emptyName(message: Fields): string {
  if (message['is_deleted'] === true) return 'message_deleted';
  return message['is_unsupported'] === true ? 'message_unsupported' : 'message_empty';
}

function readPostback(postback: Fields, event: Fields, base: Base): InboundEvent {
  const title = text(postback['title']);
  const payload = text(postback['payload']);
  return {
    type: 'message',
    routeId: base.routeId,
    personId: base.personId,
    direction: 'in',
    kind: 'postback',
    externalId: mid(postback['mid']) ?? digestId('postback', event),
    replyToExternalId: null,
    ownMessageId: null,
    sentAt: base.at,
    content: { text: title ?? payload ?? '', detail: payload },
    mail: null,
  };
}

function readReceipt(state: 'delivered' | 'read', receipt: Fields, { routeId, personId, at }: Base): InboundEvent {
  const externalIds = Array.isArray(receipt['mids']) ? receipt['mids'].map(mid).filter((one) => one !== null) : [];
  return { type: 'receipt', routeId, personId, state, watermarkAt: instant(receipt['watermark']) ?? at, externalIds };
}

/** The longest emoji are families of many code points; a name stands where there is none. */
const EMOJI_LENGTH_MAX = 64;

function readReaction(reaction: Fields, event: Fields, base: Base): InboundEvent {
  const externalId = mid(reaction['mid']);
  if (externalId === null) return unsupported('reaction', event, base);
  // Name and emoji can disagree; the emoji is what the person saw.
  const shown = text(reaction['emoji']) ?? text(reaction['reaction']) ?? '👍';
  const emoji = reaction['action'] === 'unreact' ? null : shown.slice(0, EMOJI_LENGTH_MAX);
  return { type: 'reaction', routeId: base.routeId, personId: base.personId, externalId, emoji, reactedAt: base.at };
}

function readEdit(edit: Fields, event: Fields, base: Base): InboundEvent {
  const externalId = mid(edit['mid']);
  const said = text(edit['text']);
  if (externalId === null || said === null) return unsupported('message_edit', event, base);
  return { type: 'edit', routeId: base.routeId, personId: base.personId, externalId, text: said, editedAt: base.at };
}

function readChange(change: Fields, pageId: string, arrived: Arrived): InboundEvent | null {
  const value = object(change['value']);
  const personId = id(object(value['from'])['id']);
  // Our own posts, likes and other people's news arrive on the same field; only a comment is somebody talking to the page.
  if (change['field'] !== 'feed' || value['item'] !== 'comment' || personId === null || personId === pageId) return null;
  const at = saidAt(value['created_time'], arrived);
  return unsupported(`comment_${text(value['verb']) ?? 'unknown'}`, change, { routeId: pageId, personId, at });
}

function unsupported(name: string, event: Fields, { routeId, personId, at }: Base): InboundMessage {
  return {
    type: 'message',
    routeId,
    personId,
    direction: 'in',
    kind: 'unsupported',
    externalId: mid(object(event['message'])['mid']) ?? digestId(name, event),
    replyToExternalId: null,
    ownMessageId: null,
    sentAt: at,
    content: { text: '', detail: name },
    mail: null,
  };
}

const ENVELOPE_KEYS = new Set(['sender', 'recipient', 'timestamp', 'prior_message', 'hop_context']);

function nameOf(event: Fields): string {
  const [name] = Object.keys(event).filter((key) => !ENVELOPE_KEYS.has(key));
  return name !== undefined && /^[a-z_-]{1,60}$/.test(name) ? name.replaceAll('-', '_') : 'unknown';
}

/** An id for what has none, the same however often it comes. */
function digestId(name: string, event: Fields): string {
  return `${name}:${createHash('sha256').update(JSON.stringify(event)).digest('hex')}`;
}

/** Below this a number of the year 2000 or later is seconds. */
const SECONDS_MAX = 100_000_000_000;

/** Beyond this JavaScript has no date. */
const INSTANT_MS_MAX = 8_640_000_000_000_000;

function instant(value: unknown): Date | null {
  const number = typeof value === 'number' ? value : typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : null;
  if (number !== null) {
    const ms = number < SECONDS_MAX ? number * 1000 : number;
    return ms > 0 && ms <= INSTANT_MS_MAX ? new Date(ms) : null;
  }
  const parsed = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(parsed) ? null : new Date(parsed);
}

interface Arrived {
  /** When the vendor says it made the entry. */
  entryAt: Date;
  receivedAt: Date;
}

/** A vendor's clock may run a little ahead of ours. */
const CLOCK_SKEW_MS_MAX = 5 * MINUTE_MS;

/** When something was said. An instant in the future would keep a conversation, and the right to answer in it, for as long. */
function saidAt(value: unknown, { entryAt, receivedAt }: Arrived): Date {
  const at = instant(value) ?? entryAt;
  return at.getTime() > receivedAt.getTime() + CLOCK_SKEW_MS_MAX ? receivedAt : at;
}
