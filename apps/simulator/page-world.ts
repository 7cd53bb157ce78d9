import { randomBytes } from 'node:crypto';
import { DEMO_PAGES, demoPageToken, type DemoCustomer, type DemoPage } from './demo-world.js';
import type { SimClock } from './sim-clock.js';

export type AttachmentKind = 'image' | 'video' | 'audio' | 'file' | 'sticker';

export interface SimAttachment {
  kind: AttachmentKind;
  mediaId: string;
  name: string;
  stickerId?: string;
}

export interface SimMessage {
  mid: string;
  from: 'customer' | 'page';
  /** On the page's clock, strictly rising within a thread. */
  atMs: number;
  text: string | null;
  attachments: SimAttachment[];
  /** What the customer may press under a page's message. */
  quickReplies: { title: string; payload: string }[];
  replyToMid: string | null;
  /** The app that sent it from the page; null for the customer's own. */
  appId: string | null;
  metadata: string | null;
  edits: { text: string; atMs: number }[];
  customerReaction: string | null;
  pageReaction: string | null;
  deliveredAtMs: number | null;
  readAtMs: number | null;
}

export interface SimPage extends Omit<DemoPage, 'customers'> {
  tokenGeneration: number;
  /** Tokens that no longer work, with the subcode they die with. */
  deadTokens: Record<string, number>;
  /** Null while the app is not subscribed to the page. */
  subscribedFields: string[] | null;
}

export interface SimCustomer extends DemoCustomer {
  pageId: string;
  messages: SimMessage[];
  /** The last act that opens the reply window. */
  lastActAtMs: number | null;
  pageSeenAtMs: number | null;
}

export interface SavedWorld {
  pages: { id: string; tokenGeneration: number; deadTokens: Record<string, number>; subscribedFields: string[] | null }[];
  customers: { psid: string; messages: SimMessage[]; lastActAtMs: number | null; pageSeenAtMs: number | null }[];
}

const THREAD_MESSAGES_MAX = 1000;
const MID_BYTES = 64;

/** `m_` and 86 base64url characters, as today's message ids are. */
export const newMid = (): string => `m_${randomBytes(MID_BYTES).toString('base64url').slice(0, 86)}`;

export const nameOf = (customer: DemoCustomer): string => `${customer.firstName} ${customer.lastName}`;

/** Pages, the people who write to them, and what was said. Holds facts; sends nothing. */
export class PageWorld {
  readonly pages: SimPage[] = [];
  readonly customers: SimCustomer[] = [];

  constructor(
    private readonly appSecret: string,
    private readonly clock: SimClock,
  ) {
    for (const { customers, ...page } of DEMO_PAGES) {
      this.pages.push({ ...page, tokenGeneration: 0, deadTokens: {}, subscribedFields: null });
      for (const customer of customers)
        this.customers.push({ ...customer, pageId: page.id, messages: [], lastActAtMs: null, pageSeenAtMs: null });
    }
  }

  page(pageId: string): SimPage | undefined {
    return this.pages.find((page) => page.id === pageId);
  }

  customer(psid: string): SimCustomer | undefined {
    return this.customers.find((customer) => customer.psid === psid);
  }

  /** The customer, or a plain error: for callers that name one of ours. */
  mustCustomer(psid: string): SimCustomer {
    const customer = this.customer(psid);
    if (!customer) throw new Error(`there is no customer ${psid} in the simulator`);
    return customer;
  }

  mustPage(pageId: string): SimPage {
    const page = this.page(pageId);
    if (!page) throw new Error(`there is no page ${pageId} in the simulator`);
    return page;
  }

  message(customer: SimCustomer, mid: string): SimMessage | undefined {
    return customer.messages.find((message) => message.mid === mid);
  }

  /** One more person who can write to a page; a test that needs a crowd makes it. */
  addCustomer(pageId: string, person: DemoCustomer): SimCustomer {
    this.mustPage(pageId);
    if (this.customer(person.psid)) throw new Error(`customer ${person.psid} exists already`);
    const customer: SimCustomer = { ...person, pageId, messages: [], lastActAtMs: null, pageSeenAtMs: null };
    this.customers.push(customer);
    return customer;
  }

  /** Adds a message to the thread. A customer's message opens the reply window. */
  say(customer: SimCustomer, from: SimMessage['from'], said: Partial<SimMessage>): SimMessage {
    const message: SimMessage = {
      mid: newMid(),
      from,
      atMs: this.nextInstant(customer),
      text: null,
      attachments: [],
      quickReplies: [],
      replyToMid: null,
      appId: null,
      metadata: null,
      edits: [],
      customerReaction: null,
      pageReaction: null,
      deliveredAtMs: null,
      readAtMs: null,
      ...said,
    };
    customer.messages.push(message);
    if (customer.messages.length > THREAD_MESSAGES_MAX) customer.messages.shift();
    if (from === 'customer') customer.lastActAtMs = message.atMs;
    return message;
  }

  currentToken(page: SimPage): string {
    return demoPageToken(this.appSecret, page.id, page.tokenGeneration);
  }

  /** From now on the page's token is refused with 190 and `subcode`; a login hands out a new one. */
  killToken(page: SimPage, subcode: number): void {
    page.deadTokens[this.currentToken(page)] = subcode;
    page.tokenGeneration += 1;
  }

  /** Every token the page ever had works again. */
  reviveTokens(page: SimPage): void {
    page.deadTokens = {};
  }

  /** Every token this page was ever given, dead or alive. */
  tokensOf(page: SimPage): string[] {
    return Array.from({ length: page.tokenGeneration + 1 }, (_, generation) => demoPageToken(this.appSecret, page.id, generation));
  }

  saved(): SavedWorld {
    return {
      pages: this.pages.map(({ id, tokenGeneration, deadTokens, subscribedFields }) => ({
        id,
        tokenGeneration,
        deadTokens,
        subscribedFields,
      })),
      customers: this.customers.map(({ psid, messages, lastActAtMs, pageSeenAtMs }) => ({ psid, messages, lastActAtMs, pageSeenAtMs })),
    };
  }

  restore(saved: SavedWorld): void {
    for (const kept of saved.pages) Object.assign(this.page(kept.id) ?? {}, kept);
    for (const kept of saved.customers) Object.assign(this.customer(kept.psid) ?? {}, kept);
  }

  /** Meta's receipts are watermarks in milliseconds: two messages of one thread must never share one. */
  private nextInstant(customer: SimCustomer): number {
    return Math.max(this.clock.nowMs(), (customer.messages.at(-1)?.atMs ?? 0) + 1);
  }
}
