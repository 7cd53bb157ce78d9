import type { Recordable } from '#policies';
import type { InboundMessage } from '../inbound.js';
import { messageOf, type Told, unsupported } from './told.js';
import { digestId, type Fields, isObject, list, mid, object, text, words } from './vendor-json.js';

/** Nobody answers, fills in or buys more at once. */
const LINES_MAX = 200;

/**
 * What a person answered in a feedback form: a line for each question, and what was written freely below it.
 *
 * Source   https://developers.facebook.com/docs/messenger-platform/send-messages/templates/customer-feedback-template
 */
export function readFeedback(feedback: Fields, told: Told): InboundMessage {
  const lines = list(feedback['feedback_screens']).flatMap((screen) => questionsOf(screen['questions']).flatMap(answerLines));
  return filledIn('feedback', lines, told);
}

/** A form that asked for address and the like: a line for each field. */
export function readCustomerInformation(information: Fields, told: Told): InboundMessage {
  const lines = list(information['screens']).flatMap((screen) =>
    list(screen['responses']).map(({ key, value }) => `${words(key) ?? '?'}: ${words(value) ?? ''}`),
  );
  return filledIn('form', lines, told);
}

/** What a person answered before an ad led to the page: a line for each question. Null where nothing was answered. */
export function readLead(lead: Fields, told: Told): InboundMessage | null {
  const lines = list(lead['data']).map(({ question, answer }) => `${words(question) ?? '?'}: ${words(answer) ?? ''}`);
  return lines.length === 0 ? null : filledIn('form', lines, told);
}

/** A cart: a line for each product, then the buyer's note. Meta does not say whether it comes inside a message or beside it. */
export function readOrder(order: Fields, told: Told, message: Fields = {}): InboundMessage {
  const lines = [text(message['text']), ...list(order['products']).map(productLine), text(order['note'])].filter((line) => line !== null);
  return filledIn('order', lines, told, mid(message['mid']));
}

function filledIn(kind: 'feedback' | 'form' | 'order', lines: string[], told: Told, externalId: string | null = null): InboundMessage {
  // What has no line that we can read is still something that somebody filled in.
  if (lines.length === 0) return unsupported(kind, told);
  const content: Recordable = { text: lines.slice(0, LINES_MAX).join('\n') };
  return messageOf(told, { kind, externalId: externalId ?? digestId(kind, told.event), content });
}

/** By their ids in one object, as Meta's example has them, or as a list. */
function questionsOf(questions: unknown): { name: string; question: Fields }[] {
  if (Array.isArray(questions)) return list(questions).map((question) => ({ name: words(question['id']) ?? '?', question }));
  return Object.entries(object(questions)).flatMap(([name, question]) => (isObject(question) ? [{ name, question }] : []));
}

function answerLines({ name, question }: { name: string; question: Fields }): string[] {
  const answer = words(question['payload']);
  const more = words(object(question['follow_up'])['payload']);
  const label = text(question['title']) ?? text(question['type']) ?? name;
  return [...(answer === null ? [] : [`${label}: ${answer}`]), ...(more === null ? [] : [more])];
}

function productLine(product: Fields): string {
  const quantity = words(product['quantity']) ?? '1';
  const name = words(product['name']) ?? words(product['retailer_id']) ?? words(product['id']) ?? '?';
  const price = [words(product['unit_price']), words(product['currency'])].filter((part) => part !== null).join(' ');
  const article = words(product['retailer_id']);
  return `${quantity} × ${name}${article === null || article === name ? '' : ` (${article})`}${price === '' ? '' : `, ${price}`}`;
}
