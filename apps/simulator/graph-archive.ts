/** The Conversations API: what was said on a page, for whoever was not there to hear it. */
import { needsScopes, needsTasks, pageOf, type GraphAsk } from './graph-call.js';
import { invalidParameter, messageDeleted, noPermission, unknownObject } from './graph-error.js';
import { pick, readFields, type Fields } from './graph-fields.js';
import { textIn } from './graph-input.js';
import { pagedBy } from './graph-paging.js';
import type { MediaStore } from './media.js';
import { nameOf, type PageWorld, type SimCard, type SimCustomer, type SimMessage, type SimPage } from './page-world.js';

const CONVERSATION_FIELDS = 'id,updated_time';
const MESSAGE_FIELDS = 'id,created_time';
const CONVERSATIONS_PER_ANSWER_MAX = 25;
const MESSAGES_PER_ANSWER_MAX = 25;
/** Inside a conversation the messages come without a way to the next part. */
const MESSAGES_INSIDE_MAX = 100;
/** Source: Meta, Conversations API: older messages are named, but tell nothing. */
const DETAILED_MESSAGES = 20;

export interface ArchiveDesk {
  world: PageWorld;
  media: MediaStore;
  baseUrl: () => string;
}

/** `GET /{page}/conversations`, newest first, of one person with `user_id`. */
export function conversations(desk: ArchiveDesk, ask: GraphAsk): object {
  const page = pageOf(ask);
  needsTasks(page, 'MESSAGING');
  needsScopes(page, 'pages_messaging');
  const platform = textIn(ask.values, 'platform') ?? 'messenger';
  if (platform !== 'messenger') throw invalidParameter('Param platform must be one of {messenger}');
  const userId = textIn(ask.values, 'user_id');
  const threads = desk.world.customers
    .filter((customer) => customer.pageId === page.id && customer.messages.length > 0 && (userId === null || customer.psid === userId))
    .sort((a, b) => lastAtMs(b) - lastAtMs(a))
    .map((customer) => ({ id: conversationId(customer), customer }));
  const fields = readFields(textIn(ask.values, 'fields') ?? CONVERSATION_FIELDS);
  return pagedBy(ask, threads, {
    perAnswerMax: CONVERSATIONS_PER_ANSWER_MAX,
    baseUrl: desk.baseUrl(),
    factsOf: ({ customer }) => pick(conversationFacts(desk, page, customer), fields),
  });
}

/** `GET /{thread}/messages`, newest first. */
export function threadMessages(desk: ArchiveDesk, ask: GraphAsk): object {
  const page = speaker(ask);
  const customer = threadOf(desk, page, ask);
  const fields = readFields(textIn(ask.values, 'fields') ?? MESSAGE_FIELDS);
  const messages = newestFirst(customer).map((message) => ({ id: message.mid, message }));
  return pagedBy(ask, messages, {
    perAnswerMax: MESSAGES_PER_ANSWER_MAX,
    baseUrl: desk.baseUrl(),
    factsOf: ({ message }, index) => pick(messageFacts(desk, page, { customer, message, index }), fields),
  });
}

/** `GET /{thread}`. */
export function readThread(desk: ArchiveDesk, ask: GraphAsk, fields: Fields | null): object {
  const page = speaker(ask);
  return pick(conversationFacts(desk, page, threadOf(desk, page, ask)), fields ?? readFields(CONVERSATION_FIELDS));
}

/** `GET /{mid}`: one message, as long as it is among the newest of its thread. */
export function readMessage(desk: ArchiveDesk, ask: GraphAsk, fields: Fields | null): object {
  const page = speaker(ask);
  for (const customer of desk.world.customers.filter((one) => one.pageId === page.id)) {
    const index = newestFirst(customer).findIndex((message) => message.mid === ask.id);
    const message = newestFirst(customer)[index];
    if (!message) continue;
    if (index >= DETAILED_MESSAGES) throw messageDeleted();
    return pick(messageFacts(desk, page, { customer, message, index }), fields ?? readFields(MESSAGE_FIELDS));
  }
  throw unknownObject(ask.method, ask.id);
}

function speaker(ask: GraphAsk): SimPage {
  if (ask.token.kind !== 'page') throw noPermission('A page access token is required for this call');
  const { page } = ask.token;
  needsTasks(page, 'MESSAGING');
  needsScopes(page, 'pages_messaging');
  return page;
}

function threadOf(desk: ArchiveDesk, page: SimPage, ask: GraphAsk): SimCustomer {
  const customer = desk.world.customers.find((one) => one.pageId === page.id && conversationId(one) === ask.id);
  if (!customer || customer.messages.length === 0) throw unknownObject(ask.method, ask.id);
  return customer;
}

const conversationId = (customer: SimCustomer): string => `t_${customer.psid}`;
/** What was taken back is gone from the archive too. */
const newestFirst = (customer: SimCustomer): SimMessage[] => customer.messages.filter((one) => one.unsentAtMs === null).toReversed();
const lastAtMs = (customer: SimCustomer): number => customer.messages.at(-1)?.atMs ?? 0;
const graphTime = (ms: number): string => new Date(ms).toISOString().replace(/\.\d{3}Z$/, '+0000');

function partiesOf(page: SimPage, customer: SimCustomer): { person: object; itself: object } {
  const address = (id: string): string => `${id}@facebook.com`;
  return {
    person: { name: nameOf(customer), email: address(customer.psid), id: customer.psid },
    itself: { name: page.name, email: address(page.id), id: page.id },
  };
}

function conversationFacts(desk: ArchiveDesk, page: SimPage, customer: SimCustomer): Record<string, unknown> {
  const { person, itself } = partiesOf(page, customer);
  const shown = newestFirst(customer).slice(0, MESSAGES_INSIDE_MAX);
  return {
    id: conversationId(customer),
    link: `/${page.id}/inbox/${customer.psid}/`,
    updated_time: graphTime(lastAtMs(customer)),
    participants: { data: [person, itself] },
    message_count: customer.messages.length,
    can_reply: true,
    messages: { data: shown.map((message, index) => messageFacts(desk, page, { customer, message, index })) },
  };
}

/** Times are whole seconds here, unlike in webhooks. */
function messageFacts(
  desk: ArchiveDesk,
  page: SimPage,
  { customer, message, index }: { customer: SimCustomer; message: SimMessage; index: number },
): Record<string, unknown> {
  const named = { id: message.mid, created_time: graphTime(message.atMs) };
  if (index >= DETAILED_MESSAGES) return named;
  const { person, itself } = partiesOf(page, customer);
  const [from, to] = message.from === 'page' ? [itself, person] : [person, itself];
  const files = message.attachments.filter(({ stickerId }) => stickerId === undefined);
  const sticker = message.attachments.find(({ stickerId }) => stickerId !== undefined);
  const attachments = files.map((attachment) => attachmentFacts(desk, attachment.mediaId, attachment.name));
  const shares = message.cards.map(shareFacts);
  return {
    ...named,
    from,
    to: { data: [to] },
    message: message.text ?? '',
    ...(attachments.length === 0 ? {} : { attachments: { data: attachments } }),
    ...(shares.length === 0 ? {} : { shares: { data: shares } }),
    ...(sticker ? { sticker: desk.media.url(sticker.mediaId) } : {}),
    ...(message.isUnsupported ? { is_unsupported: true } : {}),
    ...(message.replyToMid === null ? {} : { reply_to: { mid: message.replyToMid } }),
    ...(message.customerReaction === null
      ? {}
      : { reactions: { data: [{ reaction: message.customerReaction, users: [{ id: customer.psid }] }] } }),
  };
}

function shareFacts({ title, payload }: SimCard): object {
  const { url } = (payload ?? {}) as { url?: string };
  return { name: title, ...(url === undefined ? {} : { link: url }) };
}

/** Each kind of file in a place of its own. */
function attachmentFacts(desk: ArchiveDesk, mediaId: string, name: string): object {
  const facts = desk.media.find(mediaId);
  const url = desk.media.url(mediaId);
  const type = facts?.mediaType ?? 'application/octet-stream';
  const place = type.startsWith('image/')
    ? { image_data: { url, preview_url: url } }
    : type.startsWith('video/')
      ? { video_data: { url, preview_url: url } }
      : { file_url: url };
  return { id: mediaId, mime_type: type, name, size: facts?.sizeBytes ?? 0, ...place };
}
