/** Who has a thread, and changing that: `/{page}/thread_owner` and the five control calls. */
import { needsTasks, pageOf, type GraphAsk } from './graph-call.js';
import { invalidParameter, noSuchPerson, notThreadOwner, otherAppControls, routingOff } from './graph-error.js';
import { recordIn, textIn } from './graph-input.js';
import type { PageWorld, SimCustomer } from './page-world.js';
import type { SimClock } from './sim-clock.js';
import { CONTROL_MS_MAX, type ThreadRouting } from './thread-routing.js';

const METADATA_LENGTH_MAX = 1000;
const APP_ID = /^\d{1,20}$/;

export interface ThreadDesk {
  world: PageWorld;
  routing: ThreadRouting;
  clock: SimClock;
  /** The calling app. */
  appId: string;
}

/** `GET /{page}/thread_owner?recipient=`: empty while nobody has it; of another app only until when. */
export function threadOwner(desk: ThreadDesk, ask: GraphAsk): object {
  const customer = personOf(desk, ask);
  const owner = desk.routing.ownerOf(customer);
  if (owner === null) return { data: [] };
  const expiration = Math.floor(desk.routing.untilMs(customer) / 1000);
  return { data: [{ thread_owner: owner === desk.appId ? { app_id: owner, expiration } : { expiration } }] };
}

/** `POST /{page}/take_thread_control`. Of a thread that another app has only where the page's settings allow it. */
export function takeThread(desk: ThreadDesk, ask: GraphAsk): object {
  const customer = personOf(desk, ask);
  if (!desk.routing.isRouted(customer)) throw routingOff();
  const { mayTakeControl } = desk.world.mustPage(customer.pageId);
  if (desk.routing.isOtherApps(customer) && !mayTakeControl) throw otherAppControls();
  // The apps are told while the answer is on its way: either may arrive first.
  void desk.routing.take(customer, desk.appId, metadataIn(ask));
  return { success: true };
}

/** `POST /{page}/pass_thread_control`, to a named app or the default one. */
export function passThread(desk: ThreadDesk, ask: GraphAsk): object {
  const customer = personOf(desk, ask);
  const target = textIn(ask.values, 'target_app_id') ?? desk.world.mustPage(customer.pageId).defaultAppId;
  if (target === null || !APP_ID.test(target)) throw invalidParameter('Param target_app_id must be an app of this page', 2018164);
  if (desk.routing.isOtherApps(customer)) throw notThreadOwner();
  void desk.routing.pass(customer, target, metadataIn(ask));
  return { success: true };
}

/** `POST /{page}/request_thread_control`: the app that has the thread hears of it; from nobody there is nothing to ask. */
export function requestThread(desk: ThreadDesk, ask: GraphAsk): object {
  personOf(desk, ask);
  metadataIn(ask);
  return { success: true };
}

/** `POST /{page}/release_thread_control`: back to nobody. */
export function releaseThread(desk: ThreadDesk, ask: GraphAsk): object {
  const customer = personOf(desk, ask);
  if (desk.routing.ownerOf(customer) !== desk.appId) throw notThreadOwner();
  desk.routing.release(customer);
  return { success: true };
}

/** `POST /{page}/extend_thread_control` by so many seconds, at most seven days. */
export function extendThread(desk: ThreadDesk, ask: GraphAsk): object {
  const customer = personOf(desk, ask);
  const durationMs = Number(textIn(ask.values, 'duration')) * 1000;
  if (!Number.isInteger(durationMs) || durationMs <= 0 || durationMs > CONTROL_MS_MAX)
    throw invalidParameter(`Param duration must be 1 to ${CONTROL_MS_MAX / 1000} seconds`);
  if (desk.routing.ownerOf(customer) !== desk.appId) throw notThreadOwner();
  desk.routing.give(customer, desk.appId, durationMs);
  return { success: true };
}

function personOf(desk: ThreadDesk, ask: GraphAsk): SimCustomer {
  const page = pageOf(ask);
  needsTasks(page, 'MESSAGING');
  const psid = textIn(recordIn(ask.values, 'recipient') ?? {}, 'id') ?? textIn(ask.values, 'recipient');
  if (psid === null) throw invalidParameter('The parameter recipient must hold an id');
  const customer = desk.world.customer(psid);
  if (customer?.pageId !== page.id || customer.messages.length === 0) throw noSuchPerson();
  return customer;
}

function metadataIn(ask: GraphAsk): string | null {
  const metadata = textIn(ask.values, 'metadata');
  if (metadata !== null && metadata.length > METADATA_LENGTH_MAX)
    throw invalidParameter(`Length of param metadata must be less than or equal to ${METADATA_LENGTH_MAX}`);
  return metadata;
}
