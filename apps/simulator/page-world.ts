import { randomBytes } from 'node:crypto';
import { ADMINS, DEMO_PAGES, demoPageToken, PAGE_SCOPES, type DemoCustomer, type DemoPage } from './demo-world.js';
import { FeedWorld, type SavedFeed } from './feed-world.js';
import type { SimClock } from './sim-clock.js';

export type AttachmentKind = 'image' | 'video' | 'audio' | 'file' | 'sticker';

export interface SimAttachment {
  kind: AttachmentKind;
  mediaId: string;
  name: string;
  stickerId?: string;
}

/** What an attachment can be besides a file: a link, a place, a product. `payload` is told as it stands. */
export interface SimCard {
  type: string;
  payload: object | null;
  /** For the phone's screen. */
  title: string;
}

export interface SimMessage {
  mid: string;
  from: 'customer' | 'page';
  /** On the page's clock, strictly rising within a thread. */
  atMs: number;
  text: string | null;
  attachments: SimAttachment[];
  cards: SimCard[];
  /** Something Messenger cannot pass on to apps. */
  isUnsupported: boolean;
  /** What the customer may press under a page's message. */
  quickReplies: { title: string; payload: string }[];
  replyToMid: string | null;
  /** The app that sent it from the page; null for the customer's own. */
  appId: string | null;
  metadata: string | null;
  /** Under whose name the page said it; null: its own. */
  personaName: string | null;
  /** Null while it stands; its author took it back at this instant. */
  unsentAtMs: number | null;
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
  /** What the person who gave the app this page let it do. */
  scopes: string[];
  /** That person's app-scoped id. */
  grantedBy: string;
  /** By Facebook's own calendar; null: ninety days from whenever one asks. */
  dataAccessExpiresAtMs: number | null;
  /** Meta let the app use the tag HUMAN_AGENT. */
  humanAgent: boolean;
  /** The app may answer under the names of persons. */
  personas: boolean;
  /** The app that a new message goes to; null: conversation routing is not set up, and every app gets everything. */
  defaultAppId: string | null;
  /** The page's own setting that lets an app take a thread from another. */
  mayTakeControl: boolean;
  /** Blocked for breaking a rule: sends are refused. */
  isBlocked: boolean;
}

/** What can be set about a page. */
export type PageSettings = Pick<
  SimPage,
  'tasks' | 'scopes' | 'dataAccessExpiresAtMs' | 'humanAgent' | 'personas' | 'defaultAppId' | 'mayTakeControl'
>;

export interface SimCustomer extends DemoCustomer {
  pageId: string;
  messages: SimMessage[];
  /** The last act that opens the reply window. */
  lastActAtMs: number | null;
  pageSeenAtMs: number | null;
  /** The app that answers this person now, until then; null: nobody. */
  control: { appId: string; untilMs: number } | null;
}

type SavedPage = Omit<SimPage, Exclude<keyof DemoPage, 'id'> | 'customers'> & { id: string };
type SavedCustomer = Pick<SimCustomer, 'psid' | 'messages' | 'lastActAtMs' | 'pageSeenAtMs' | 'control'>;

/** Kept over a restart. What an older simulator did not know is filled in. */
export interface SavedWorld {
  pages: (Pick<SavedPage, 'id'> & Partial<SavedPage>)[];
  customers: (Pick<SavedCustomer, 'psid'> & Partial<SavedCustomer>)[];
  feed?: SavedFeed;
}

const THREAD_MESSAGES_MAX = 1000;
const MID_BYTES = 64;

/** `m_` and 86 base64url characters, as today's message ids are. */
export const newMid = (): string => `m_${randomBytes(MID_BYTES).toString('base64url').slice(0, 86)}`;

export const nameOf = (customer: DemoCustomer): string => `${customer.firstName} ${customer.lastName}`;

const unsaid = (): Omit<SimMessage, 'mid' | 'from' | 'atMs'> => ({
  text: null,
  attachments: [],
  cards: [],
  isUnsupported: false,
  quickReplies: [],
  replyToMid: null,
  appId: null,
  metadata: null,
  personaName: null,
  unsentAtMs: null,
  edits: [],
  customerReaction: null,
  pageReaction: null,
  deliveredAtMs: null,
  readAtMs: null,
});

/** Pages, the people who write to them, and what was said. Holds facts; sends nothing. */
export class PageWorld {
  readonly pages: SimPage[] = [];
  readonly customers: SimCustomer[] = [];
  readonly feed: FeedWorld;

  constructor(
    private readonly appSecret: string,
    private readonly clock: SimClock,
  ) {
    this.feed = new FeedWorld(clock);
    for (const page of DEMO_PAGES) this.addPage(page);
  }

  /** One more page with its people, which nobody is subscribed to yet. */
  addPage({ customers, ...page }: DemoPage): SimPage {
    if (this.page(page.id)) throw new Error(`page ${page.id} exists already`);
    const added: SimPage = {
      ...page,
      tokenGeneration: 0,
      deadTokens: {},
      subscribedFields: null,
      scopes: [...PAGE_SCOPES],
      grantedBy: ADMINS[0].id,
      dataAccessExpiresAtMs: null,
      humanAgent: true,
      personas: true,
      defaultAppId: null,
      mayTakeControl: false,
      isBlocked: false,
    };
    this.pages.push(added);
    for (const post of page.posts) this.feed.addPost({ ...post, pageId: page.id });
    for (const customer of customers) this.addCustomer(page.id, customer);
    return added;
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
    const customer: SimCustomer = { ...person, pageId, messages: [], lastActAtMs: null, pageSeenAtMs: null, control: null };
    this.customers.push(customer);
    return customer;
  }

  /** Adds a message to the thread. A customer's message opens the reply window. */
  say(customer: SimCustomer, from: SimMessage['from'], said: Partial<SimMessage>): SimMessage {
    const message: SimMessage = { mid: newMid(), from, atMs: this.nextInstant(customer), ...unsaid(), ...said };
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
      pages: this.pages.map(({ name, category, mailAddress, tasks, posts, ...kept }) => kept),
      customers: this.customers.map(({ psid, messages, lastActAtMs, pageSeenAtMs, control }) => ({
        psid,
        messages,
        lastActAtMs,
        pageSeenAtMs,
        control,
      })),
      feed: this.feed.saved(),
    };
  }

  restore(saved: SavedWorld): void {
    for (const kept of saved.pages) Object.assign(this.page(kept.id) ?? {}, kept);
    for (const { messages = [], ...kept } of saved.customers)
      Object.assign(this.customer(kept.psid) ?? {}, kept, { messages: messages.map((message) => ({ ...unsaid(), ...message })) });
    if (saved.feed) this.feed.restore(saved.feed);
  }

  /** Meta's receipts are watermarks in milliseconds: two messages of one thread must never share one. */
  nextInstant(customer: SimCustomer): number {
    return Math.max(this.clock.nowMs(), (customer.messages.at(-1)?.atMs ?? 0) + 1);
  }
}
