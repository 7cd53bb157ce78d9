import type { MediaStore } from './media.js';
import type { SimCustomer, SimMessage } from './page-world.js';

/** One thing to tell the app about a page, under the field one must be subscribed to. */
export interface PageEvent {
  pageId: string;
  field: string;
  kind: 'messaging' | 'standby' | 'changes';
  atMs: number;
  body: object;
}

type Maker = (customer: SimCustomer, atMs: number, part: object) => PageEvent;

const fromCustomer =
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
  if (message.attachments.length === 0) return {};
  return {
    attachments: message.attachments.map(({ kind, mediaId, stickerId }) => ({
      type: kind,
      payload: { url: media.url(mediaId), ...(stickerId === undefined ? {} : { sticker_id: Number(stickerId) }) },
    })),
  };
}

function contentOf(message: SimMessage, media: MediaStore): object {
  return {
    mid: message.mid,
    ...(message.text === null ? {} : { text: message.text }),
    ...(message.replyToMid === null ? {} : { reply_to: { mid: message.replyToMid } }),
    ...attachmentsOf(message, media),
  };
}

export function messageEvent(customer: SimCustomer, message: SimMessage, media: MediaStore, quickReplyPayload?: string): PageEvent {
  const quickReply = quickReplyPayload === undefined ? {} : { quick_reply: { payload: quickReplyPayload } };
  return messageOf(customer, message.atMs, { message: { ...contentOf(message, media), ...quickReply } });
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
      message: { is_echo: true, ...appId, ...metadata, ...contentOf(message, media) },
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

export function postbackEvent(customer: SimCustomer, postback: { mid: string; title: string; payload: string }, atMs: number): PageEvent {
  return postbackOf(customer, atMs, { postback });
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
  for (const event of events) {
    if (last && last.event.pageId === event.pageId && last.event.kind === event.kind && share()) {
      (last.entry[event.kind] as object[]).push(event.body);
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
