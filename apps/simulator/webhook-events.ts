import type { MediaStore } from './media.js';
import type { SimCard, SimCustomer, SimMessage } from './page-world.js';

/** One thing to tell the app about a page, under the field one must be subscribed to. */
export interface PageEvent {
  pageId: string;
  field: string;
  kind: 'messaging' | 'standby' | 'changes';
  atMs: number;
  body: object;
}

/** How a person came to the page. What is left out is left out on the wire too, as `source` is in Europe. */
export interface ReferralFacts {
  ref?: string;
  source?: string;
  ad_id?: string;
  referer_uri?: string;
  ads_context_data?: Record<string, string>;
}

type Maker = (customer: SimCustomer, atMs: number, part: object) => PageEvent;

/** An event of this person, under any field, with any part. */
export const fromCustomer =
  (field: string): Maker =>
  (customer, atMs, part) => ({
    pageId: customer.pageId,
    field,
    kind: 'messaging',
    atMs,
    body: { sender: { id: customer.psid }, recipient: { id: customer.pageId }, timestamp: atMs, ...part },
  });

const messageOf = fromCustomer('messages');
const editOf = fromCustomer('message_edits');
const reactionOf = fromCustomer('message_reactions');
const postbackOf = fromCustomer('messaging_postbacks');
const deliveryOf = fromCustomer('message_deliveries');
const readOf = fromCustomer('message_reads');
const controlOf = fromCustomer('messaging_handovers');

const REACTION_NAMES: Record<string, string> = {
  '😆': 'smile',
  '😠': 'angry',
  '😢': 'sad',
  '😮': 'wow',
  '❤': 'love',
  '👍': 'like',
  '👎': 'dislike',
};

function attachmentsOf(message: SimMessage, media: MediaStore): object {
  const files = message.attachments.map(({ kind, mediaId, stickerId }) => ({
    type: kind,
    payload: { url: media.url(mediaId), ...(stickerId === undefined ? {} : { sticker_id: Number(stickerId) }) },
  }));
  const attachments = [...files, ...message.cards.map(({ type, payload }: SimCard) => ({ type, payload }))];
  return attachments.length === 0 ? {} : { attachments };
}

export const referralOf = (facts: ReferralFacts): object => ({ referral: { ...facts, type: 'OPEN_THREAD' } });

function contentOf(message: SimMessage, media: MediaStore): object {
  return {
    mid: message.mid,
    ...(message.text === null ? {} : { text: message.text }),
    ...attachmentsOf(message, media),
    ...(message.isUnsupported ? { is_unsupported: true } : {}),
  };
}

function replyTo(customer: SimCustomer, { replyToMid, from }: SimMessage): object {
  if (replyToMid === null) return {};
  const isSelf = customer.messages.find((message) => message.mid === replyToMid)?.from === from;
  return { reply_to: { mid: replyToMid, is_self_reply: isSelf } };
}

/** `more`: what a message carries besides its content, such as a pressed quick reply or a referral. */
export function messageEvent(customer: SimCustomer, message: SimMessage, media: MediaStore, more: object = {}): PageEvent {
  return messageOf(customer, message.atMs, { message: { ...contentOf(message, media), ...replyTo(customer, message), ...more } });
}

/** Source: documented for Instagram; the same form is taken here. */
export function unsendEvent(customer: SimCustomer, mid: string, atMs: number): PageEvent {
  return messageOf(customer, atMs, { message: { mid, is_deleted: true } });
}

/** What the page itself said, whoever sent it. Here the page is the sender, and `app_id` is a number. */
export function echoEvent(customer: SimCustomer, message: SimMessage, media: MediaStore): PageEvent {
  const appId = message.appId === null ? {} : { app_id: Number(message.appId) };
  const metadata = message.metadata === null ? {} : { metadata: message.metadata };
  return {
    pageId: customer.pageId,
    field: 'message_echoes',
    kind: 'messaging',
    atMs: message.atMs,
    body: {
      sender: { id: customer.pageId },
      recipient: { id: customer.psid },
      timestamp: message.atMs,
      message: { is_echo: true, ...appId, ...metadata, ...contentOf(message, media), ...replyTo(customer, message) },
    },
  };
}

export function editEvent(customer: SimCustomer, message: SimMessage): PageEvent {
  const edit = message.edits.at(-1);
  if (!edit) throw new Error('this message was never edited');
  return editOf(customer, edit.atMs, { message_edit: { mid: message.mid, text: edit.text, num_edit: message.edits.length } });
}

/** `emoji` null takes the reaction back; then neither emoji nor name is told, as in real deliveries. */
export function reactionEvent(customer: SimCustomer, mid: string, emoji: string | null, atMs: number): PageEvent {
  const name = emoji === null ? null : (REACTION_NAMES[emoji.replaceAll('\ufe0f', '')] ?? 'other');
  return reactionOf(customer, atMs, {
    reaction: { mid, ...(emoji === null ? { action: 'unreact' } : { action: 'react', reaction: name, emoji }) },
  });
}

/** `mid` is left out in older deliveries. */
export function postbackEvent(customer: SimCustomer, postback: { mid?: string; title: string; payload: string }, atMs: number): PageEvent {
  return postbackOf(customer, atMs, { postback });
}

/** Who may answer in the thread changes. The sender is the person, whoever did it. */
export function controlEvent(customer: SimCustomer, key: string, body: object, atMs: number): PageEvent {
  return controlOf(customer, atMs, { [key]: body });
}

const STANDBY_FIELDS = new Set(['messages', 'message_echoes', 'message_reads', 'message_deliveries', 'messaging_postbacks']);

/**
 * The event as an app hears it that does not have the thread, or null where it does not. A press comes without its payload.
 *
 * Source   https://developers.facebook.com/docs/messenger-platform/reference/webhook-events/standby
 */
export function onStandby(event: PageEvent): PageEvent | null {
  if (event.field === 'messaging_handovers') return event;
  if (!STANDBY_FIELDS.has(event.field)) return null;
  const { postback } = event.body as { postback?: { payload?: string } };
  if (!postback) return { ...event, field: 'standby', kind: 'standby' };
  const { payload, ...rest } = postback;
  return { ...event, field: 'standby', kind: 'standby', body: { ...event.body, postback: rest } };
}

export function deliveryEvent(customer: SimCustomer, mids: string[], watermarkMs: number, atMs: number): PageEvent {
  return deliveryOf(customer, atMs, { delivery: { mids, watermark: watermarkMs } });
}

/** A watermark alone: it speaks for everything the page sent up to it. */
export function readEvent(customer: SimCustomer, watermarkMs: number, atMs: number): PageEvent {
  return readOf(customer, atMs, { read: { watermark: watermarkMs } });
}

/** One POST body for these events. Neighbours of one page may share an entry, which `share` decides. */
export function envelope(events: readonly PageEvent[], share: () => boolean): object {
  const entries: Record<string, unknown>[] = [];
  let last: { entry: Record<string, unknown>; event: PageEvent } | null = null;
  // Changes count time in seconds, so they never share an entry with the rest.
  const fits = (a: PageEvent, b: PageEvent): boolean => a.pageId === b.pageId && (a.kind === 'changes') === (b.kind === 'changes');
  for (const event of events) {
    if (last && fits(last.event, event) && share()) {
      last.entry[event.kind] = [...((last.entry[event.kind] as object[] | undefined) ?? []), event.body];
      continue;
    }
    // Comments and other changes are stamped in seconds, messages in milliseconds.
    const time = event.kind === 'changes' ? Math.floor(event.atMs / 1000) : event.atMs;
    const entry = { id: event.pageId, time, [event.kind]: [event.body] };
    entries.push(entry);
    last = { entry, event };
  }
  return { object: 'page', entry: entries };
}
