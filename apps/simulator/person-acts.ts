import type { PageWorld, SimCustomer } from './page-world.js';
import {
  checkboxEvent,
  feedbackEvent,
  formEvent,
  linkingEvent,
  optinEvent,
  orderEvent,
  referralEvent,
  restrictionEvent,
  type OrderedProduct,
  type Restriction,
} from './person-events.js';
import { durationMs, type SimClock } from './sim-clock.js';
import type { ThreadRouting } from './thread-routing.js';
import { fromCustomer, type PageEvent, type ReferralFacts } from './webhook-events.js';
import type { WebhookSender } from './webhook-sender.js';

/** How a person comes to the page. `source` left out or null: Meta does not say, as for people in Europe. */
export interface Coming {
  source?: 'SHORTLINK' | 'ADS' | 'CUSTOMER_CHAT_PLUGIN' | 'MESSENGER_CODE' | 'DISCOVER_TAB' | null;
  /** What the page put into its own link. */
  ref?: string;
  /** The ad that was pressed. */
  ad?: { id: string; title?: string; postId?: string };
  /** The web page on which it was. */
  url?: string;
}

/**
 * What a person agrees to.
 *
 * Shape    plugin: a button on a web page, which Meta knows the person of; checkbox: it does not, and only a `userRef` is told; one_time:
 *          one message later; notification_messages: a subscription, which can be stopped and resumed
 */
export type OptIn =
  | { kind: 'plugin'; ref: string }
  | { kind: 'checkbox'; ref: string; userRef: string }
  | { kind: 'one_time'; payload?: string }
  | { kind: 'notification_messages' | 'stop_notifications' | 'resume_notifications'; title?: string; payload?: string };

export interface PersonActsOptions {
  world: PageWorld;
  sender: WebhookSender;
  routing: ThreadRouting;
  clock: SimClock;
  onChange: () => void;
}

const NOTIFICATIONS_END_AFTER_MS = durationMs({ days: 270 });

export function referralFacts({ source, ref, ad, url }: Coming): ReferralFacts {
  const adContext = {
    ...(ad?.title === undefined ? {} : { ad_title: ad.title }),
    ...(ad?.postId === undefined ? {} : { post_id: ad.postId }),
  };
  return {
    ...(ref === undefined ? {} : { ref }),
    ...(source === undefined || source === null ? {} : { source }),
    ...(ad === undefined ? {} : { ad_id: ad.id }),
    ...(url === undefined ? {} : { referer_uri: url }),
    ...(Object.keys(adContext).length === 0 ? {} : { ads_context_data: adContext }),
  };
}

/** What a person does around the thread without saying anything. Each act resolves once its webhook was tried for the first time. */
export class PersonActs {
  constructor(private readonly options: PersonActsOptions) {}

  /** By a link, a code or an ad. In a thread that exists it opens the reply window again. */
  comesBy(psid: string, coming: Coming): Promise<void> {
    return this.act(psid, (customer, atMs) => {
      if (customer.lastActAtMs !== null) customer.lastActAtMs = atMs;
      return referralEvent(customer, referralFacts(coming), atMs);
    });
  }

  optsIn(psid: string, to: OptIn): Promise<void> {
    if (to.kind === 'checkbox') {
      const { pageId } = this.options.world.mustCustomer(psid);
      return this.options.sender.queue(checkboxEvent(pageId, { ref: to.ref, user_ref: to.userRef }, this.options.clock.nowMs()));
    }
    return this.act(psid, (customer, atMs) => {
      if (to.kind === 'plugin') customer.lastActAtMs = atMs;
      return optinEvent(customer, optinBody(customer, to, atMs), atMs);
    });
  }

  linksAccount(psid: string, isLinked: boolean): Promise<void> {
    return this.act(psid, (customer, atMs) => linkingEvent(customer, isLinked, atMs));
  }

  givesFeedback(psid: string, given: { score: number; comment?: string }): Promise<void> {
    return this.act(psid, (customer, atMs) => feedbackEvent(customer, given, atMs));
  }

  fillsForm(psid: string, answers: Record<string, string>): Promise<void> {
    return this.act(psid, (customer, atMs) => formEvent(customer, answers, atMs));
  }

  orders(psid: string, ordered: { products: OrderedProduct[]; note?: string }): Promise<void> {
    return this.act(psid, (customer, atMs) => orderEvent(customer, ordered, atMs));
  }

  /** Any event there may ever be: a field one must be subscribed to, and what stands beside sender, recipient and timestamp. */
  anything(psid: string, field: string, part: object): Promise<void> {
    return this.act(psid, (customer, atMs) => fromCustomer(field)(customer, atMs, part));
  }

  /** Meta warns, blocks or unblocks the page for what was sent from it. */
  restricts(pageId: string, action: Restriction, reason: string | null): Promise<void> {
    const page = this.options.world.mustPage(pageId);
    if (action !== 'warning') page.isBlocked = action === 'block';
    this.options.onChange();
    return this.options.sender.queue(restrictionEvent(pageId, { action, reason }, this.options.clock.nowMs()));
  }

  private async act(psid: string, make: (customer: SimCustomer, atMs: number) => PageEvent): Promise<void> {
    const { world, routing, onChange } = this.options;
    const customer = world.mustCustomer(psid);
    const event = make(customer, world.nextInstant(customer));
    onChange();
    await routing.tell(customer, event);
  }
}

function optinBody(customer: SimCustomer, to: Exclude<OptIn, { kind: 'checkbox' }>, atMs: number): object {
  if (to.kind === 'plugin') return { ref: to.ref };
  const payload = to.payload ?? 'NEWS';
  if (to.kind === 'one_time') return { type: 'one_time_notif_req', payload, one_time_notif_token: `7${customer.psid}1` };
  const status = { stop_notifications: 'STOP NOTIFICATIONS', resume_notifications: 'RESUME NOTIFICATIONS', notification_messages: null };
  return {
    type: 'notification_messages',
    payload,
    notification_messages_token: `9${customer.psid}1`,
    notification_messages_timezone: 'Europe/Amsterdam',
    token_expiry_timestamp: atMs + NOTIFICATIONS_END_AFTER_MS,
    user_token_status: 'NOT_REFRESHED',
    ...(status[to.kind] === null ? {} : { notification_messages_status: status[to.kind] }),
    title: to.title ?? 'Offers of the week',
  };
}
