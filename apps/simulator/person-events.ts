/** The events about a person that are no messages, and the one that is about no person. Field names and forms are Meta's. */
import type { SimCustomer } from './page-world.js';
import { fromCustomer, referralOf, type PageEvent, type ReferralFacts } from './webhook-events.js';

const referral = fromCustomer('messaging_referrals');
const optin = fromCustomer('messaging_optins');
const linking = fromCustomer('messaging_account_linking');
const feedback = fromCustomer('messaging_feedback');
const form = fromCustomer('messaging_customer_information');
/** Under which field an order comes is not published; beside messages it is heard by every app that answers. */
const order = fromCustomer('messages');

export function referralEvent(customer: SimCustomer, facts: ReferralFacts, atMs: number): PageEvent {
  return referral(customer, atMs, referralOf(facts));
}

export function optinEvent(customer: SimCustomer, body: object, atMs: number): PageEvent {
  return optin(customer, atMs, { optin: body });
}

/** A checkbox on a web page was ticked: Meta does not know the person yet, so there is no sender. */
export function checkboxEvent(pageId: string, optin: { ref: string; user_ref: string }, atMs: number): PageEvent {
  return {
    pageId,
    field: 'messaging_optins',
    kind: 'messaging',
    atMs,
    body: { recipient: { id: pageId }, timestamp: atMs, optin },
  };
}

export function linkingEvent(customer: SimCustomer, isLinked: boolean, atMs: number): PageEvent {
  const body = isLinked ? { status: 'linked', authorization_code: 'code-of-the-shop' } : { status: 'unlinked' };
  return linking(customer, atMs, { account_linking: body });
}

export function feedbackEvent(customer: SimCustomer, given: { score: number; comment?: string }, atMs: number): PageEvent {
  const followUp = given.comment === undefined ? {} : { follow_up: { type: 'free_form', payload: given.comment } };
  const questions = { how_was_it: { type: 'csat', payload: String(given.score), ...followUp } };
  return feedback(customer, atMs, { messaging_feedback: { feedback_screens: [{ screen_id: 0, questions }] } });
}

/** Here the time comes as text. */
export function formEvent(customer: SimCustomer, answers: Record<string, string>, atMs: number): PageEvent {
  const responses = Object.entries(answers).map(([key, value]) => ({ key, value }));
  const event = form(customer, atMs, { messaging_customer_information: { screens: [{ screen_id: 'address', responses }] } });
  return { ...event, body: { ...event.body, timestamp: String(atMs) } };
}

export interface OrderedProduct {
  id: string;
  name: string;
  unit_price: number;
  currency: string;
  quantity: number;
  retailer_id?: string;
}

export function orderEvent(customer: SimCustomer, ordered: { products: OrderedProduct[]; note?: string }, atMs: number): PageEvent {
  return order(customer, atMs, { order: ordered });
}

export type Restriction = 'warning' | 'block' | 'unblock';

/** About the page itself: there is no sender, and letting go needs no reason. */
export function restrictionEvent(pageId: string, restriction: { action: Restriction; reason: string | null }, atMs: number): PageEvent {
  const { action, reason } = restriction;
  return {
    pageId,
    field: 'messaging_policy_enforcement',
    kind: 'messaging',
    atMs,
    body: { recipient: { id: pageId }, timestamp: atMs, policy_enforcement: { action, ...(reason === null ? {} : { reason }) } },
  };
}
