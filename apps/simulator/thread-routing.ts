/**
 * Who answers a person when several apps share a page.
 *
 * A page without a default app has no routing: every app hears everything, and nobody has a thread before it is passed.
 * With a default app a thread belongs to whoever answers, for 24 hours after the last message or as long as it was
 * extended, and then to nobody; the next message goes to the default app. Only the owner hears the person under
 * `messaging`; the others hear some kinds under `standby`, and a press without its payload.
 *
 * Source   https://developers.facebook.com/docs/messenger-platform/conversation-routing
 */
import { PAGE_INBOX_APP_ID } from './demo-world.js';
import type { PageWorld, SimCustomer } from './page-world.js';
import { durationMs, type SimClock } from './sim-clock.js';
import { controlEvent, onStandby, type PageEvent } from './webhook-events.js';
import type { WebhookSender } from './webhook-sender.js';

export const CONTROL_LASTS_MS = durationMs({ hours: 24 });
export const CONTROL_MS_MAX = durationMs({ days: 7 });

export interface ThreadRoutingOptions {
  appId: string;
  world: PageWorld;
  sender: WebhookSender;
  clock: SimClock;
  onChange: () => void;
}

export class ThreadRouting {
  constructor(private readonly options: ThreadRoutingOptions) {}

  /** The app that has the thread now; null: nobody. */
  ownerOf({ control }: SimCustomer): string | null {
    return control && control.untilMs > this.options.clock.nowMs() ? control.appId : null;
  }

  untilMs({ control }: SimCustomer): number {
    return control?.untilMs ?? 0;
  }

  isOtherApps(customer: SimCustomer): boolean {
    const owner = this.ownerOf(customer);
    return owner !== null && owner !== this.options.appId;
  }

  isRouted({ pageId }: SimCustomer): boolean {
    return this.options.world.mustPage(pageId).defaultAppId !== null;
  }

  /** Tells our app of an event of this person, under `messaging` or `standby`, or not at all. */
  async tell(customer: SimCustomer, event: PageEvent): Promise<void> {
    const told = this.isOtherApps(customer) ? onStandby(event) : event;
    if (told) await this.options.sender.queue(told);
  }

  /** The person said something: with routing an idle thread goes to the default app, and a held one stays a day longer. */
  heard(customer: SimCustomer): void {
    const { defaultAppId } = this.options.world.mustPage(customer.pageId);
    const owner = this.ownerOf(customer) ?? defaultAppId;
    if (owner !== null) this.give(customer, owner);
  }

  /** An app answered. With routing the thread is its own from now on. */
  answered(customer: SimCustomer, appId: string | null): void {
    if (appId !== null && (this.isRouted(customer) || this.ownerOf(customer) !== null)) this.give(customer, appId);
  }

  give(customer: SimCustomer, appId: string, forMs = CONTROL_LASTS_MS): void {
    const untilMs = this.options.clock.nowMs() + forMs;
    const sooner = customer.control?.appId === appId ? customer.control.untilMs : 0;
    customer.control = { appId, untilMs: Math.max(untilMs, sooner) };
    this.options.onChange();
  }

  /** Nobody has the thread any more. No app is told. */
  release(customer: SimCustomer): void {
    customer.control = null;
    this.options.onChange();
  }

  /** The owner gives the thread to another app; every app is told. */
  pass(customer: SimCustomer, toAppId: string, metadata: string | null = null): Promise<void> {
    const from = this.ownerOf(customer);
    this.give(customer, toAppId);
    const previous = from === null ? {} : { previous_owner_app_id: Number(from) };
    return this.tellControl(customer, 'pass_thread_control', { ...previous, new_owner_app_id: Number(toAppId), metadata });
  }

  /** An app takes the thread. Nobody is told when nobody had it. */
  take(customer: SimCustomer, byAppId: string, metadata: string | null = null): Promise<void> {
    const from = this.ownerOf(customer);
    this.give(customer, byAppId);
    if (from === null || from === byAppId) return Promise.resolve();
    const owners = { previous_owner_app_id: Number(from), new_owner_app_id: Number(byAppId) };
    return this.tellControl(customer, 'take_thread_control', { ...owners, metadata });
  }

  /** An app asks for the thread; the one that has it decides. */
  request(customer: SimCustomer, byAppId: string = PAGE_INBOX_APP_ID, metadata: string | null = null): Promise<void> {
    return this.tellControl(customer, 'request_thread_control', { requested_owner_app_id: Number(byAppId), metadata });
  }

  private tellControl(customer: SimCustomer, key: string, body: object): Promise<void> {
    return this.options.sender.queue(controlEvent(customer, key, body, this.options.clock.nowMs()));
  }
}
