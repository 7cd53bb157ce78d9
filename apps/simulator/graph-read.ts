/** What a page may look up: itself, the people who wrote to it, and what was said. */
import { GraphError, invalidParameter, unknownObject } from './graph-error.js';
import { needsTasks, pageOf, type GraphAsk } from './graph-call.js';
import { pageFacts } from './graph-connect.js';
import { pick, readFields } from './graph-fields.js';
import { limitIn, textIn } from './graph-input.js';
import { ADMIN_USER_ID } from './graph-token.js';
import type { MediaStore } from './media.js';
import { nameOf, type PageWorld, type SimCustomer, type SimMessage, type SimPage } from './page-world.js';

const PROFILE_FIELDS = 'first_name,last_name,profile_pic';
const CONVERSATION_FIELDS = 'id,updated_time';
const CONVERSATIONS_PER_ANSWER_MAX = 25;
const MESSAGES_PER_ANSWER_MAX = 100;
/** Source: Meta, Conversations API: older messages are named, but tell nothing. */
const DETAILED_MESSAGES = 20;
/** Each needs a permission of its own, which the app does not have. */
const WITHHELD_FIELDS = ['locale', 'timezone', 'gender'];

export interface ReadDesk {
  world: PageWorld;
  media: MediaStore;
  faceOf: (customer: SimCustomer) => string;
}

/** `GET /{id}`: a page reads itself or a person; `me` is whoever the token speaks for. */
export function readNode(desk: ReadDesk, ask: GraphAsk): object {
  const fields = textIn(ask.values, 'fields');
  if (ask.token.kind === 'user' && ask.id === 'me')
    return pick({ id: ADMIN_USER_ID, name: 'Robin Vermeer' }, readFields(fields ?? 'id,name'));
  if (ask.token.kind !== 'page') throw unknownObject(ask.method, ask.id);
  const { page } = ask.token;
  if (ask.id === 'me' || ask.id === page.id) return pick(pageFacts(page), readFields(fields ?? 'id,name'));
  const customer = desk.world.customer(ask.id);
  if (customer?.pageId !== page.id || customer.lastActAtMs === null) throw unknownObject(ask.method, ask.id);
  return profile(desk, customer, fields ?? PROFILE_FIELDS);
}

function profile(desk: ReadDesk, customer: SimCustomer, asked: string): object {
  const fields = readFields(asked);
  if (WITHHELD_FIELDS.some((field) => fields.has(field)))
    throw new GraphError({ code: 100, subcode: 2018247, message: '(#100) Insufficient permission to access user profile.' });
  const { psid, firstName, lastName } = customer;
  const picture = desk.media.url(desk.faceOf(customer));
  return pick({ id: psid, name: nameOf(customer), first_name: firstName, last_name: lastName, profile_pic: picture }, fields);
}

/** `GET /{page}/conversations`, newest first, of one person with `user_id`. */
export function conversations(desk: ReadDesk, ask: GraphAsk): object {
  const page = pageOf(ask);
  needsTasks(page, 'MESSAGING');
  const platform = textIn(ask.values, 'platform') ?? 'messenger';
  if (platform !== 'messenger') throw invalidParameter('Param platform must be one of {messenger}');
  const userId = textIn(ask.values, 'user_id');
  const threads = desk.world.customers
    .filter((customer) => customer.pageId === page.id && customer.messages.length > 0 && (userId === null || customer.psid === userId))
    .sort((a, b) => lastAtMs(b) - lastAtMs(a));
  const after = textIn(ask.values, 'after');
  const from = after === null ? 0 : threads.findIndex((customer) => conversationId(customer) === after) + 1;
  const shown = threads.slice(from, from + limitIn(ask.values, CONVERSATIONS_PER_ANSWER_MAX));
  const fields = readFields(textIn(ask.values, 'fields') ?? CONVERSATION_FIELDS);
  const data = shown.map((customer) => pick(conversationFacts(desk, page, customer), fields));
  const [first, last] = [shown[0], shown.at(-1)];
  return first && last ? { data, paging: { cursors: { before: conversationId(first), after: conversationId(last) } } } : { data };
}

const conversationId = (customer: SimCustomer): string => `t_${customer.psid}`;
const lastAtMs = (customer: SimCustomer): number => customer.messages.at(-1)?.atMs ?? 0;
const graphTime = (ms: number): string => new Date(ms).toISOString().replace(/\.\d{3}Z$/, '+0000');

function conversationFacts(desk: ReadDesk, page: SimPage, customer: SimCustomer): Record<string, unknown> {
  const person = { name: nameOf(customer), email: `${customer.psid}@facebook.com`, id: customer.psid };
  const itself = { name: page.name, email: `${page.id}@facebook.com`, id: page.id };
  const newestFirst = customer.messages.toReversed().slice(0, MESSAGES_PER_ANSWER_MAX);
  const details = (message: SimMessage, index: number): object => {
    const named = { id: message.mid, created_time: graphTime(message.atMs) };
    if (index >= DETAILED_MESSAGES) return named;
    const [from, to] = message.from === 'page' ? [itself, person] : [person, itself];
    const attachments = message.attachments.map((attachment) => attachmentFacts(desk, attachment.mediaId, attachment.name));
    const withFiles = attachments.length === 0 ? {} : { attachments: { data: attachments } };
    return { ...named, from, to: { data: [to] }, message: message.text ?? '', ...withFiles };
  };
  return {
    id: conversationId(customer),
    link: `/${page.id}/inbox/${customer.psid}/`,
    updated_time: graphTime(lastAtMs(customer)),
    participants: { data: [person, itself] },
    message_count: customer.messages.length,
    messages: { data: newestFirst.map(details) },
  };
}

function attachmentFacts(desk: ReadDesk, mediaId: string, name: string): object {
  const facts = desk.media.find(mediaId);
  const url = desk.media.url(mediaId);
  const place = facts?.mediaType.startsWith('image/') ? { image_data: { url } } : { file_url: url };
  return { id: mediaId, mime_type: facts?.mediaType ?? 'application/octet-stream', name, size: facts?.sizeBytes ?? 0, ...place };
}
