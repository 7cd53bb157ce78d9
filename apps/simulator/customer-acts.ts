import type { MediaStore } from './media.js';
import { newMid, type AttachmentKind, type PageWorld, type SimCustomer, type SimMessage } from './page-world.js';
import type { SimClock } from './sim-clock.js';
import { thumbPicture } from './picture.js';
import { editEvent, messageEvent, postbackEvent, reactionEvent } from './webhook-events.js';
import type { WebhookSender } from './webhook-sender.js';

/** Source: Meta's webhook reference, `message_edits`: at most five. */
export const EDITS_MAX = 5;
/** The small thumb. Source: Meta's webhook reference, `messages`. */
export const THUMB_STICKER_ID = '369239263222822';
const THUMB_MEDIA_ID = 'sticker-thumb';

export interface GivenAttachment {
  kind: Exclude<AttachmentKind, 'sticker'>;
  name: string;
  mediaType: string;
  content: Buffer;
}

export interface CustomerSaying {
  text?: string;
  attachments?: readonly GivenAttachment[];
  /** A thumbs-up. */
  sticker?: boolean;
  /** The payload of a quick reply that was pressed; `text` is its title. */
  quickReply?: string;
  replyToMid?: string;
}

export interface CustomerActsOptions {
  world: PageWorld;
  sender: WebhookSender;
  media: MediaStore;
  clock: SimClock;
  onChange: () => void;
}

/** What a customer does on the phone. Each act resolves once its webhook was tried for the first time. */
export class CustomerActs {
  private readonly world: PageWorld;
  private readonly sender: WebhookSender;
  private readonly media: MediaStore;
  private readonly clock: SimClock;
  private readonly onChange: () => void;

  constructor({ world, sender, media, clock, onChange }: CustomerActsOptions) {
    this.world = world;
    this.sender = sender;
    this.media = media;
    this.clock = clock;
    this.onChange = onChange;
    media.add('thumb.png', 'image/png', thumbPicture(), THUMB_MEDIA_ID);
  }

  async say(psid: string, saying: CustomerSaying): Promise<SimMessage> {
    const customer = this.world.mustCustomer(psid);
    const { text, attachments = [], sticker = false, quickReply, replyToMid } = saying;
    if (text === undefined && attachments.length === 0 && !sticker) throw new Error('a message needs a text, a file or a sticker');
    const kept = attachments.map(({ kind, name, mediaType, content }) => ({
      kind,
      name,
      mediaId: this.media.add(name, mediaType, content),
    }));
    const thumb = { kind: 'sticker', mediaId: THUMB_MEDIA_ID, name: 'thumb.png', stickerId: THUMB_STICKER_ID } as const;
    const message = this.world.say(customer, 'customer', {
      text: text ?? null,
      attachments: sticker ? [...kept, thumb] : kept,
      replyToMid: replyToMid ?? null,
    });
    this.onChange();
    await this.sender.queue(messageEvent(customer, message, this.media, quickReply));
    return message;
  }

  async edit(psid: string, mid: string, text: string): Promise<SimMessage> {
    const { customer, message } = this.find(psid, mid);
    if (message.from !== 'customer' || message.text === null) throw new Error('only one’s own text can be edited');
    if (message.edits.length >= EDITS_MAX) throw new Error(`a message can be edited ${EDITS_MAX} times`);
    message.edits.push({ text, atMs: this.actsNow(customer) });
    message.text = text;
    this.onChange();
    await this.sender.queue(editEvent(customer, message));
    return message;
  }

  /** Reacts to a message, or takes the reaction back with null. Opens the reply window. */
  async react(psid: string, mid: string, emoji: string | null): Promise<void> {
    const { customer, message } = this.find(psid, mid);
    message.customerReaction = emoji;
    const atMs = this.actsNow(customer);
    if (emoji !== null) customer.lastActAtMs = atMs;
    this.onChange();
    await this.sender.queue(reactionEvent(customer, mid, emoji, atMs));
  }

  /** Presses a button. The press is itself a message id, and opens the reply window. */
  async press(psid: string, title: string, payload: string): Promise<string> {
    const customer = this.world.mustCustomer(psid);
    const mid = newMid();
    const atMs = this.actsNow(customer);
    customer.lastActAtMs = atMs;
    this.onChange();
    await this.sender.queue(postbackEvent(customer, { mid, title, payload }, atMs));
    return mid;
  }

  private actsNow(customer: SimCustomer): number {
    return Math.max(this.clock.nowMs(), (customer.messages.at(-1)?.atMs ?? 0) + 1);
  }

  private find(psid: string, mid: string): { customer: SimCustomer; message: SimMessage } {
    const customer = this.world.mustCustomer(psid);
    const message = this.world.message(customer, mid);
    if (!message) throw new Error(`there is no message ${mid} in this thread`);
    return { customer, message };
  }
}
