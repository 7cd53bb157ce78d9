import type { Behaviour } from './behaviour.js';
import type { MediaStore } from './media.js';
import type { PageWorld, SimCustomer, SimMessage } from './page-world.js';
import type { SeededRandom } from './seeded-random.js';
import type { SimClock } from './sim-clock.js';
import type { Underway } from './underway.js';
import { deliveryEvent, echoEvent, readEvent } from './webhook-events.js';
import type { ThreadRouting } from './thread-routing.js';

export interface PageAnswersOptions {
  world: PageWorld;
  routing: ThreadRouting;
  media: MediaStore;
  clock: SimClock;
  random: SeededRandom;
  underway: Underway;
  behaviour: () => Behaviour;
  onChange: () => void;
}

/** A send that was carried out. The echo may have to come before the answer, so the answer waits for `beforeAnswer`. */
export interface AcceptedSend {
  message: SimMessage;
  beforeAnswer: Promise<void>;
  /** Call when the answer is out, or the line was cut. */
  afterAnswer: () => void;
}

/** What happens when a page says something: the customer gets it, the apps hear an echo, the phone reports. */
export class PageAnswers {
  constructor(private readonly options: PageAnswersOptions) {}

  accept(customer: SimCustomer, said: Partial<SimMessage>): AcceptedSend {
    const { world, clock, routing, media, random, underway, behaviour } = this.options;
    const message = world.say(customer, 'page', said);
    this.options.onChange();
    const ended = underway.begin(`echo and receipts of ${message.mid}`);
    const { echo } = behaviour();
    const echoed = (): Promise<void> => routing.tell(customer, echoEvent(customer, message, media));
    const afterMs = typeof echo === 'object' ? random.between(echo.fromMs, echo.toMs) : 0;
    const early = echo === 'before' ? echoed() : afterMs < 0 ? overlapping(echoed(), clock.pass(-afterMs)) : null;
    return {
      message,
      beforeAnswer: early ?? Promise.resolve(),
      afterAnswer: () => {
        const late = early ?? (echo === 'none' ? Promise.resolve() : clock.pass(afterMs).then(echoed));
        void late.then(() => this.report(customer, message)).finally(ended);
      },
    };
  }

  /** Somebody answered from the page with another tool: the app only hears the echo. */
  async sayFromElsewhere(customer: SimCustomer, said: Partial<SimMessage>): Promise<SimMessage> {
    const message = this.options.world.say(customer, 'page', said);
    this.options.onChange();
    this.options.routing.answered(customer, message.appId);
    await this.options.routing.tell(customer, echoEvent(customer, message, this.options.media));
    await this.report(customer, message);
    return message;
  }

  private async report(customer: SimCustomer, message: SimMessage): Promise<void> {
    const { receipts } = this.options.behaviour();
    if (receipts === 'none') return;
    const { clock, routing } = this.options;
    message.deliveredAtMs = Math.max(clock.nowMs(), message.atMs);
    this.options.onChange();
    await routing.tell(customer, deliveryEvent(customer, [message.mid], message.atMs, message.deliveredAtMs));
    if (receipts === 'delivered_and_read') await this.read(customer);
  }

  /** The customer looks at the thread: everything up to now is read. Answers the watermark. */
  async read(customer: SimCustomer): Promise<number> {
    const { clock, routing } = this.options;
    const watermarkMs = Math.max(clock.nowMs(), customer.messages.at(-1)?.atMs ?? 0);
    for (const message of customer.messages) {
      if (message.from === 'page') message.readAtMs ??= watermarkMs;
    }
    this.options.onChange();
    await routing.tell(customer, readEvent(customer, watermarkMs, watermarkMs));
    return watermarkMs;
  }
}

/** The echo is posted, the answer follows so much later, whether or not the echo has been answered by then. */
async function overlapping(echo: Promise<void>, pause: Promise<void>): Promise<void> {
  void echo;
  await pause;
}
