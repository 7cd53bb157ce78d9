import type { InboundEvent } from '../inbound.js';
import { UnreadableDelivery } from '../inbound.js';
import { readFeed } from './read-comment.js';
import { readPassed, readRequested, readRestriction, readSelfTest, readTaken } from './read-control.js';
import { readEdit, readReaction, readReceipt } from './read-follow-ups.js';
import { readCustomerInformation, readFeedback, readOrder } from './read-forms.js';
import { readMessage, readPostback } from './read-message.js';
import { readAccountLinking, readOptin, readOptout } from './read-person-facts.js';
import { readReferral } from './read-referral.js';
import { type Arrived, saidAt } from './read-time.js';
import { type Told, unsupported } from './told.js';
import { type Fields, id, isObject, isTrue, list, object, readJson } from './vendor-json.js';

/**
 * Reads one POST of Meta's into what happened. The envelope is walked as it is found: an entry may hold `messaging`, `standby` and
 * `changes` side by side, ids may be numbers, times may be seconds, strings or missing, and keys we have never seen appear without
 * notice. So nothing here fails on a surprise: what is understood becomes an event, what names a person but is not understood becomes an
 * "unsupported" message, and what names nobody is passed over.
 *
 * Limits   none of its own: what the door lets in is small enough to be read whole
 * Errors   UnreadableDelivery for what is not JSON
 * Source   https://developers.facebook.com/docs/messenger-platform/reference/webhook-events
 */
export function readMessengerDelivery(body: Buffer, receivedAt: Date, ownAppId: string): InboundEvent[] {
  const delivery = readJson(body);
  if (delivery === undefined) throw new UnreadableDelivery('not_json');
  if (!isObject(delivery) || delivery['object'] !== 'page') return [];
  return list(delivery['entry']).flatMap((entry) => readEntry(entry, receivedAt, ownAppId));
}

type ReadPart = (value: Fields, told: Told, ownAppId: string) => InboundEvent | null;

/** By the key that says what an event is. The first that is there decides. */
const PARTS: [key: string, read: ReadPart][] = [
  ['message', readMessage],
  ['postback', readPostback],
  ['delivery', (value, told) => readReceipt('delivered', value, told)],
  ['read', (value, told) => readReceipt('read', value, told)],
  ['reaction', readReaction],
  ['message_edit', readEdit],
  ['referral', readReferral],
  ['optin', readOptin],
  ['optout', readOptout],
  ['account_linking', readAccountLinking],
  ['pass_thread_control', readPassed],
  ['take_thread_control', readTaken],
  ['request_thread_control', readRequested],
  ['messaging_feedback', readFeedback],
  ['messaging_customer_information', readCustomerInformation],
  ['order', (value, told) => readOrder(value, told)],
];

/** What nobody needs to see: which app has which role, a thumb below our own message, and what Meta gave up years ago. */
const PASSED_OVER = new Set([
  'app_roles',
  'response_feedback',
  'message_request',
  'game_play',
  'payment',
  'pre_checkout',
  'checkout_update',
  'branded_camera',
]);

/** Fields under which the dashboard's test button sends messaging events as changes. */
const MESSAGING_FIELD = /^(?:messag(?:e|es|ing)(?:_\w+)?|standby)$/;

function readEntry(entry: Fields, receivedAt: Date, ownAppId: string): InboundEvent[] {
  const pageId = id(entry['id']);
  if (pageId === null) return [];
  const entryAt = saidAt(entry['time'], { entryAt: receivedAt, receivedAt });
  const context = { pageId, ownAppId, arrived: { entryAt, receivedAt } };
  return [
    ...list(entry['messaging']).map((event) => readEvent(event, context, false)),
    ...list(entry['standby']).map((event) => readEvent(event, context, true)),
    ...list(entry['changes']).map((change) => readChange(change, context)),
  ].filter((event) => event !== null);
}

interface Context {
  pageId: string;
  ownAppId: string;
  arrived: Arrived;
}

function readChange(change: Fields, context: Context): InboundEvent | null {
  const { field, value } = change;
  if (field === 'feed' || field === 'mention') return readFeed(change, context.pageId, context.arrived);
  if (typeof field !== 'string' || !MESSAGING_FIELD.test(field) || !isObject(value)) return null;
  return readEvent(value, context, field === 'standby');
}

function readEvent(event: Fields, { pageId, ownAppId, arrived }: Context, isStandby: boolean): InboundEvent | null {
  const at = saidAt(event['timestamp'], arrived);
  const ofPage = readRestriction(event, pageId, at) ?? readSelfTest(event, pageId);
  if (ofPage) return ofPage;
  const person = personOf(event, pageId);
  if (person === null) return null;
  const told: Told = { event, routeId: pageId, ...person, isStandby, at };
  for (const [key, read] of PARTS) {
    const value = event[key];
    if (isObject(value)) return read(value, told, ownAppId);
  }
  return Object.keys(event).some((key) => PASSED_OVER.has(key)) ? null : unsupported(nameOf(event), told);
}

type Person = Pick<Told, 'personId' | 'formerPersonId' | 'isFromPage'>;

/** Whom an event is about. Somebody who has never written may be known by the name that a web page's plugin gave. */
function personOf(event: Fields, pageId: string): Person | null {
  const [sender, recipient] = [object(event['sender']), object(event['recipient'])];
  const isEcho = isTrue(object(event['message'])['is_echo']);
  const isFromPage = isEcho || id(sender['id']) === pageId;
  // What the page says is said to somebody: also where the page calls itself by another id.
  const parties = isEcho ? [recipient, sender] : [sender, recipient];
  const party = parties.find((one) => id(one['id']) !== null && id(one['id']) !== pageId);
  if (party) return { personId: id(party['id'])!, formerPersonId: earlierName(event) ?? pluginName(party['user_ref']), isFromPage };
  const name = pluginName(sender['user_ref']) ?? pluginName(recipient['user_ref']) ?? pluginName(object(event['optin'])['user_ref']);
  return name === null ? null : { personId: name, formerPersonId: null, isFromPage };
}

function earlierName(event: Fields): string | null {
  return pluginName(object(event['prior_message'] ?? object(event['message'])['prior_message'])['identifier']);
}

function pluginName(value: unknown): string | null {
  const name = id(value);
  return name === null ? null : `user_ref:${name}`;
}

const ENVELOPE_KEYS = new Set(['sender', 'recipient', 'timestamp', 'prior_message', 'hop_context']);

function nameOf(event: Fields): string {
  const [name] = Object.keys(event).filter((key) => !ENVELOPE_KEYS.has(key));
  return name !== undefined && /^[\w-]{1,60}$/.test(name) ? name.toLowerCase().replaceAll('-', '_') : 'unknown';
}
