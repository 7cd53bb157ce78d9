import type { MediaStore } from './media.js';
import { newMid, type PageWorld, type SimCard, type SimCustomer, type SimMessage } from './page-world.js';
import { referralFacts, type Coming } from './person-acts.js';
import type { SimClock } from './sim-clock.js';
import { thumbPicture } from './picture.js';
import { shared, type GivenAttachment, type Share } from './shares.js';
import type { ThreadRouting } from './thread-routing.js';
import { editEvent, messageEvent, postbackEvent, reactionEvent, referralOf, unsendEvent } from './webhook-events.js';

/** Source: Meta's webhook reference, `message_edits`: at most five. */
export const EDITS_MAX = 5;
/** The small thumb. Source: Meta's webhook reference, `messages`. */
export const THUMB_STICKER_ID = '369239263222822';
const THUMB_MEDIA_ID = 'sticker-thumb';

export interface CustomerSaying {
  text?: string;
  attachments?: readonly GivenAttachment[];
  /** A thumbs-up. */
  sticker?: boolean;
  /** The payload of a quick reply that was pressed; `text` is its title. */
  quickReply?: string;
  replyToMid?: string;
  /** A link, a place, a product. */
  cards?: readonly SimCard[];
  /** Something that Messenger cannot pass on. */
  unsupported?: boolean;
  /** How the person came to write this, told inside the message. */
  coming?: Coming;
  /** Keys of Meta's own beside the content, such as `nlp` or `commands`. */
  extra?: object;
}

export interface Press {
  title: string;
  payload: string;
  coming?: Coming;
  /** As older pages and plugins tell it: without a message id. */
  withoutMid?: boolean;
}

export interface CustomerActsOptions {
  world: PageWorld;
  routing: ThreadRouting;
  media: MediaStore;
  clock: SimClock;
  onChange: () => void;
}

/** What a customer does on the phone. Each act resolves once its webhook was tried for the first time. */
export class CustomerActs {
  private readonly world: PageWorld;
  private readonly routing: ThreadRouting;
  private readonly media: MediaStore;
  private readonly clock: SimClock;
  private readonly onChange: () => void;

  constructor({ world, routing, media, clock, onChange }: CustomerActsOptions) {
    this.world = world;
    this.routing = routing;
    this.media = media;
    this.clock = clock;
    this.onChange = onChange;
    media.add('thumb.png', 'image/png', thumbPicture(), THUMB_MEDIA_ID);
  }

  async say(psid: string, saying: CustomerSaying): Promise<SimMessage> {
    const customer = this.world.mustCustomer(psid);
    const { text, attachments = [], cards = [], sticker = false, unsupported = false } = saying;
    if (text === undefined && attachments.length + cards.length === 0 && !sticker && !unsupported)
      throw new Error('a message needs a text, a file or a sticker');
    const kept = attachments.map(({ kind, name, mediaType, content }) => ({
      kind,
      name,
      mediaId: this.media.add(name, mediaType, content),
    }));
    const thumb = { kind: 'sticker', mediaId: THUMB_MEDIA_ID, name: 'thumb.png', stickerId: THUMB_STICKER_ID } as const;
    const message = this.world.say(customer, 'customer', {
      text: text ?? null,
      attachments: sticker ? [...kept, thumb] : kept,
      cards: [...cards],
      isUnsupported: unsupported,
      replyToMid: saying.replyToMid ?? null,
    });
    this.routing.heard(customer);
    this.onChange();
    const { quickReply, coming, extra = {} } = saying;
    await this.routing.tell(
      customer,
      messageEvent(customer, message, this.media, {
        ...(quickReply === undefined ? {} : { quick_reply: { payload: quickReply } }),
        ...(coming === undefined ? {} : referralOf(referralFacts(coming))),
        ...extra,
      }),
    );
    return message;
  }

  /** Sends an example of it. `text` replaces the words that go with it. */
  share(psid: string, what: Share, text?: string): Promise<SimMessage> {
    return this.say(psid, { ...shared(what, this.clock.nowMs()), ...(text === undefined ? {} : { text }) });
  }

  /** Takes one's own message back, whatever was in it. */
  async unsend(psid: string, mid: string): Promise<SimMessage> {
    const { customer, message } = this.find(psid, mid);
    if (message.from !== 'customer' || message.unsentAtMs !== null)
      throw new Error('only what one said and left standing can be taken back');
    const atMs = this.world.nextInstant(customer);
    Object.assign(message, { unsentAtMs: atMs, text: null, attachments: [], cards: [] });
    this.onChange();
    await this.routing.tell(customer, unsendEvent(customer, mid, atMs));
    return message;
  }

  async edit(psid: string, mid: string, text: string): Promise<SimMessage> {
    const { customer, message } = this.find(psid, mid);
    if (message.from !== 'customer' || message.text === null) throw new Error('only one’s own text can be edited');
    if (message.edits.length >= EDITS_MAX) throw new Error(`a message can be edited ${EDITS_MAX} times`);
    message.edits.push({ text, atMs: this.world.nextInstant(customer) });
    message.text = text;
    this.onChange();
    await this.routing.tell(customer, editEvent(customer, message));
    return message;
  }

  /** Reacts to a message, or takes the reaction back with null. Opens the reply window. */
  async react(psid: string, mid: string, emoji: string | null): Promise<void> {
    const { customer, message } = this.find(psid, mid);
    message.customerReaction = emoji;
    const atMs = this.world.nextInstant(customer);
    if (emoji !== null) customer.lastActAtMs = atMs;
    this.onChange();
    await this.routing.tell(customer, reactionEvent(customer, mid, emoji, atMs));
  }

  /** Presses a button. The press is itself a message id, and opens the reply window. */
  async press(psid: string, { title, payload, coming, withoutMid = false }: Press): Promise<string> {
    const customer = this.world.mustCustomer(psid);
    const mid = newMid();
    const atMs = this.world.nextInstant(customer);
    customer.lastActAtMs = atMs;
    this.routing.heard(customer);
    this.onChange();
    const referral = coming === undefined ? {} : referralOf(referralFacts(coming));
    const pressed = { ...(withoutMid ? {} : { mid }), title, payload, ...referral };
    await this.routing.tell(customer, postbackEvent(customer, pressed, atMs));
    return mid;
  }

  private find(psid: string, mid: string): { customer: SimCustomer; message: SimMessage } {
    const customer = this.world.mustCustomer(psid);
    const message = this.world.message(customer, mid);
    if (!message) throw new Error(`there is no message ${mid} in this thread`);
    return { customer, message };
  }
}
