/**
 * The Send API: every rule that decides whether a page may say something to a person now, in the order Meta seems to
 * check them, then the message itself.
 *
 * Source   https://developers.facebook.com/docs/messenger-platform/reference/send-api
 */
import {
  humanAgentNotGranted,
  invalidParameter,
  noSuchPerson,
  otherAppControls,
  outsideWindow,
  pageRestricted,
  privateReplyImpossible,
  privateReplyUsed,
  unknownObject,
} from './graph-error.js';
import { needsScopes, needsTasks, pageOf, type GraphAsk } from './graph-call.js';
import { keepAttachment, type AttachmentDesk } from './graph-attachment.js';
import type { SimComment } from './feed-world.js';
import { recordIn, textIn } from './graph-input.js';
import type { Personas } from './graph-persona.js';
import type { PageAnswers } from './page-answers.js';
import type { PageWorld, SimCustomer, SimMessage, SimPage } from './page-world.js';
import { durationMs, type SimClock } from './sim-clock.js';
import type { ThreadRouting } from './thread-routing.js';

export const STANDARD_WINDOW_MS = durationMs({ hours: 24 });
export const HUMAN_AGENT_WINDOW_MS = durationMs({ days: 7 });
/** Source: Meta, private replies. */
export const PRIVATE_REPLY_WINDOW_MS = durationMs({ days: 7 });
/** Counted in UTF-16 units, the strictest reading of "2,000 characters". */
export const TEXT_LENGTH_MAX = 2000;
const METADATA_LENGTH_MAX = 1000;
const QUICK_REPLIES_MAX = 13;
/** Since 27 April 2026 these are refused. Source: Meta's page on message tags. */
const RETIRED_TAGS = ['CONFIRMED_EVENT_UPDATE', 'POST_PURCHASE_UPDATE', 'ACCOUNT_UPDATE'];
const TAGS_RETIRED_AT_MS = Date.UTC(2026, 3, 27);
const SENDER_ACTIONS = ['typing_on', 'typing_off', 'mark_seen', 'react', 'unreact'];

export interface SendDesk extends AttachmentDesk {
  world: PageWorld;
  answers: PageAnswers;
  routing: ThreadRouting;
  personas: Personas;
  clock: SimClock;
  appId: string;
  onTyping: (customer: SimCustomer, on: boolean) => void;
  onChange: () => void;
}

/** `POST /{page}/messages`. Resolves with the answer's body, when the answer may go out. */
export async function sendMessage(desk: SendDesk, ask: GraphAsk): Promise<object> {
  const page = pageOf(ask);
  needsTasks(page, 'MESSAGING');
  needsScopes(page, 'pages_messaging');
  const message = recordIn(ask.values, 'message');
  const action = textIn(ask.values, 'sender_action');
  if (message && action !== null) throw invalidParameter('Only one of message and sender_action may be given', 2018014);
  const { customer, comment } = recipientOf(desk, page, ask);
  if (action !== null) return act(desk, customer, action, ask);
  if (!message) throw invalidParameter('Either a message or a sender_action is required', 2018032);
  if (page.isBlocked) throw pageRestricted();
  if (!comment) checkWindow(desk, page, customer, ask);
  if (desk.routing.isOtherApps(customer)) throw otherAppControls();
  const personaId = textIn(ask.values, 'persona_id');
  const personaName = personaId === null ? null : desk.personas.must(page, personaId).name;
  const { send, attachmentId } = await contentOf(desk, page, message, ask);
  // Checked again: another call for the same comment may have been carried out while a file was fetched.
  if (comment?.isPrivatelyAnswered === true) throw privateReplyUsed();
  if (comment) comment.isPrivatelyAnswered = true;
  const accepted = desk.answers.accept(customer, { ...send, personaName, appId: desk.appId });
  takeThread(desk, page, customer, ask);
  ask.afterAnswer(accepted.afterAnswer);
  desk.onTyping(customer, false);
  await accepted.beforeAnswer;
  const reusable = attachmentId === null ? {} : { attachment_id: attachmentId };
  return { recipient_id: customer.psid, message_id: accepted.message.mid, ...reusable };
}

/** Answering takes the thread, but for an answer under HUMAN_AGENT on a page where apps may not take threads. */
function takeThread(desk: SendDesk, page: SimPage, customer: SimCustomer, ask: GraphAsk): void {
  if (textIn(ask.values, 'tag') === 'HUMAN_AGENT' && !page.mayTakeControl) return;
  desk.routing.answered(customer, desk.appId);
}

/** The person, and the comment whose one private answer this is. */
function recipientOf(desk: SendDesk, page: SimPage, ask: GraphAsk): { customer: SimCustomer; comment: SimComment | null } {
  const recipient = recordIn(ask.values, 'recipient') ?? {};
  const commentId = textIn(recipient, 'comment_id');
  if (commentId !== null) return authorOf(desk, page, ask, commentId);
  // Only a visitor's post can be answered in private, and the posts here are the page's own.
  if (textIn(recipient, 'post_id') !== null) throw privateReplyImpossible();
  const psid = textIn(recipient, 'id');
  if (psid === null) throw invalidParameter('The parameter recipient must hold an id');
  const customer = desk.world.customer(psid);
  const isKnown = customer?.pageId === page.id && (customer.lastActAtMs !== null || customer.messages.length > 0);
  if (!isKnown) throw noSuchPerson();
  return { customer, comment: null };
}

function authorOf(desk: SendDesk, page: SimPage, ask: GraphAsk, commentId: string): { customer: SimCustomer; comment: SimComment } {
  const comment = desk.world.feed.comment(commentId);
  if (comment?.pageId !== page.id || comment.isRemoved) throw unknownObject(ask.method, commentId);
  const customer = desk.world.customer(comment.fromId);
  if (!customer || desk.clock.nowMs() - comment.atMs >= PRIVATE_REPLY_WINDOW_MS) throw privateReplyImpossible();
  if (comment.isPrivatelyAnswered) throw privateReplyUsed();
  return { customer, comment };
}

function checkWindow(desk: SendDesk, page: SimPage, customer: SimCustomer, ask: GraphAsk): void {
  const type = textIn(ask.values, 'messaging_type');
  const tag = textIn(ask.values, 'tag');
  const silentMs = desk.clock.nowMs() - (customer.lastActAtMs ?? 0);
  if (type === 'RESPONSE' || type === 'UPDATE') {
    if (tag !== null) throw invalidParameter('A tag is only allowed with the messaging_type MESSAGE_TAG');
    if (silentMs >= STANDARD_WINDOW_MS) throw outsideWindow();
    return;
  }
  if (type !== 'MESSAGE_TAG') throw invalidParameter('Param messaging_type must be one of {RESPONSE, UPDATE, MESSAGE_TAG}');
  if (tag === 'HUMAN_AGENT') {
    if (!page.humanAgent) throw humanAgentNotGranted();
    if (silentMs >= HUMAN_AGENT_WINDOW_MS) throw outsideWindow();
    return;
  }
  const retired = desk.clock.nowMs() >= TAGS_RETIRED_AT_MS;
  if (tag === null || retired || !RETIRED_TAGS.includes(tag)) throw invalidParameter('Param tag is not a tag that can be used');
}

async function contentOf(
  desk: SendDesk,
  page: SimPage,
  message: Record<string, unknown>,
  ask: GraphAsk,
): Promise<{ send: Partial<SimMessage>; attachmentId: string | null }> {
  const text = textIn(message, 'text');
  const attachment = recordIn(message, 'attachment');
  const metadata = textIn(message, 'metadata');
  if (text !== null && attachment) throw invalidParameter('Only one of the text and attachment fields can be specified');
  if (text === null && !attachment) throw invalidParameter('The message is empty', 2018034);
  if (text !== null && text.length > TEXT_LENGTH_MAX)
    throw invalidParameter(`Length of param message[text] must be less than or equal to ${TEXT_LENGTH_MAX}`);
  if (metadata !== null && metadata.length > METADATA_LENGTH_MAX)
    throw invalidParameter(`Length of param message[metadata] must be less than or equal to ${METADATA_LENGTH_MAX}`);
  const kept = attachment ? await keepAttachment(desk, page, attachment, ask.file) : null;
  const replyTo = recordIn(ask.values, 'reply_to') ?? recordIn(message, 'reply_to');
  return {
    send: {
      text,
      metadata,
      attachments: kept ? [kept.attachment] : [],
      quickReplies: quickRepliesOf(message),
      replyToMid: replyTo ? textIn(replyTo, 'mid') : null,
    },
    attachmentId: kept?.attachmentId ?? null,
  };
}

function quickRepliesOf(message: Record<string, unknown>): SimMessage['quickReplies'] {
  const given: unknown[] = Array.isArray(message.quick_replies) ? message.quick_replies : [];
  if (given.length > QUICK_REPLIES_MAX) throw invalidParameter(`At most ${QUICK_REPLIES_MAX} quick replies are allowed`);
  return given.map((one) => {
    const reply = recordIn({ one }, 'one') ?? {};
    const title = textIn(reply, 'title');
    if (title === null) throw invalidParameter('Every quick reply needs a title');
    return { title, payload: textIn(reply, 'payload') ?? title };
  });
}

function act(desk: SendDesk, customer: SimCustomer, action: string, ask: GraphAsk): object {
  if (!SENDER_ACTIONS.includes(action)) throw invalidParameter(`Param sender_action must be one of {${SENDER_ACTIONS.join(', ')}}`);
  if (action === 'typing_on' || action === 'typing_off') desk.onTyping(customer, action === 'typing_on');
  if (action === 'mark_seen') customer.pageSeenAtMs = desk.clock.nowMs();
  if (action === 'react' || action === 'unreact') {
    const payload = recordIn(ask.values, 'payload') ?? {};
    const mid = textIn(payload, 'message_id') ?? '';
    const message = desk.world.message(customer, mid);
    if (!message) throw unknownObject(ask.method, mid);
    message.pageReaction = action === 'react' ? (textIn(payload, 'reaction') ?? '❤') : null;
  }
  desk.onChange();
  return { recipient_id: customer.psid };
}
