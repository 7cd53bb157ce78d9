import type { FastifyInstance } from 'fastify';
import type { Commenting } from './comment-acts.js';
import type { CustomerSaying, Press } from './customer-acts.js';
import { PAGE_INBOX_APP_ID } from './demo-world.js';
import type { EventStream } from './event-stream.js';
import type { SimComment, SimPost } from './feed-world.js';
import type { MailHabits } from './mail-habits.js';
import type { HandedMail, MailRoute } from './mailbox.js';
import type { MailToSend, SimMail } from './sim-mail.js';
import type { SimMessage } from './page-world.js';
import type { Coming, OptIn } from './person-acts.js';
import type { OrderedProduct, Restriction } from './person-events.js';
import type { Share } from './shares.js';
import type { SimDns } from './sim-dns.js';
import type { SimulatorOptions, SimulatorParts } from './simulator-parts.js';
import { SimulatorSwitches } from './simulator-switches.js';

/** What the simulator's own doors work with. */
export interface SimulatorInside {
  simulator: Simulator;
  parts: SimulatorParts;
  stream: EventStream;
}

/**
 * The outside world on a laptop: Facebook pages with customers behind a Graph API, and the customers' mailboxes. Every
 * method that makes something happen resolves once the app was told for the first time; `settled` waits for the rest.
 */
export class Simulator extends SimulatorSwitches {
  /** `mountOwnDoors` adds the simulator's own page and control API. */
  constructor(options: SimulatorOptions, mountOwnDoors: (server: FastifyInstance, inside: SimulatorInside) => void) {
    super(options);
    mountOwnDoors(this.server, { simulator: this, parts: this.parts, stream: this.stream });
  }

  // What a customer does in the thread.

  customerSays(customerId: string, saying: CustomerSaying): Promise<SimMessage> {
    return this.parts.acts.say(customerId, saying);
  }

  /** Sends an example of it: a photo, a voice clip, a place, a product. `text` replaces the words that go with it. */
  customerShares(customerId: string, what: Share, text?: string): Promise<SimMessage> {
    return this.parts.acts.share(customerId, what, text);
  }

  customerEdits(customerId: string, mid: string, text: string): Promise<SimMessage> {
    return this.parts.acts.edit(customerId, mid, text);
  }

  customerUnsends(customerId: string, mid: string): Promise<SimMessage> {
    return this.parts.acts.unsend(customerId, mid);
  }

  /** `emoji` null takes the reaction back. */
  customerReacts(customerId: string, mid: string, emoji: string | null): Promise<void> {
    return this.parts.acts.react(customerId, mid, emoji);
  }

  /** Everything in the thread is seen. Answers the watermark that was told, in ms. */
  customerReads(customerId: string): Promise<number> {
    return this.parts.answers.read(this.parts.world.mustCustomer(customerId));
  }

  /** Presses a button. Answers the mid of the press. */
  customerPostback(customerId: string, press: Press): Promise<string> {
    return this.parts.acts.press(customerId, press);
  }

  /** The first press in a new thread, perhaps after a link or an ad. */
  customerGetsStarted(customerId: string, coming?: Coming): Promise<string> {
    return this.parts.acts.press(customerId, { title: 'Get Started', payload: 'GET_STARTED', ...(coming ? { coming } : {}) });
  }

  /** Something that Messenger cannot pass on to apps. */
  customerSendsUnsupported(customerId: string): Promise<SimMessage> {
    return this.parts.acts.say(customerId, { unsupported: true });
  }

  // What a customer does around it.

  /** Comes back by a link, a code or an ad, without a word. */
  customerComesBy(customerId: string, coming: Coming): Promise<void> {
    return this.parts.people.comesBy(customerId, coming);
  }

  customerOptsIn(customerId: string, to: OptIn): Promise<void> {
    return this.parts.people.optsIn(customerId, to);
  }

  customerLinksAccount(customerId: string, isLinked = true): Promise<void> {
    return this.parts.people.linksAccount(customerId, isLinked);
  }

  customerSubmitsFeedback(customerId: string, given: { score: number; comment?: string }): Promise<void> {
    return this.parts.people.givesFeedback(customerId, given);
  }

  customerFillsForm(customerId: string, answers: Record<string, string>): Promise<void> {
    return this.parts.people.fillsForm(customerId, answers);
  }

  customerOrders(customerId: string, products: OrderedProduct[], note?: string): Promise<void> {
    return this.parts.people.orders(customerId, { products, ...(note === undefined ? {} : { note }) });
  }

  /** An event of a kind that nobody knows yet, or any other: `part` stands beside sender, recipient and timestamp. */
  unknownEvent(customerId: string, part: object = { thought: { of: 'you' } }, field = 'messages'): Promise<void> {
    return this.parts.people.anything(customerId, field, part);
  }

  // What happens below the posts. Only pages that are subscribed to `feed` hear of it.

  customerComments(customerId: string, said: Commenting): Promise<SimComment> {
    return this.parts.comments.add(customerId, this.parts.world.mustCustomer(customerId).pageId, said);
  }

  customerEditsComment(commentId: string, text: string): Promise<SimComment> {
    return this.parts.comments.edit(commentId, text);
  }

  /** Whoever wrote it; the comments that answer it go with it. */
  customerRemovesComment(commentId: string): Promise<void> {
    return this.parts.comments.remove(commentId);
  }

  customerLikesPost(customerId: string, postId: string, on = true): Promise<void> {
    return this.parts.comments.likePost(customerId, postId, on);
  }

  /** On Facebook itself, not through the app. */
  pageHidesComment(commentId: string, isHidden = true): Promise<SimComment> {
    return this.parts.comments.hide(commentId, isHidden);
  }

  /** The page comments on Facebook itself. */
  pageComments(pageId: string, said: Commenting): Promise<SimComment> {
    return this.parts.comments.add(pageId, pageId, said);
  }

  pagePosts(pageId: string, text: string): Promise<SimPost> {
    return this.parts.comments.write(pageId, text);
  }

  // What others do with the page.

  /** Somebody answers in the Page inbox: an echo with an app id that is not ours. `appId` null: with none at all. */
  pageInboxSays(customerId: string, said: { text: string; appId?: string | null }): Promise<SimMessage> {
    const { text, appId = PAGE_INBOX_APP_ID } = said;
    return this.parts.answers.sayFromElsewhere(this.parts.world.mustCustomer(customerId), { text, appId });
  }

  /**
   * Another app takes the thread from whoever has it. A page without routing gets it first, as its owner would set it up: we are the
   * default app, and apps may take threads from each other. So we hear of it, and can take the thread back.
   */
  otherAppTakesThread(customerId: string, appId = PAGE_INBOX_APP_ID): Promise<void> {
    const { world, routing, app } = this.parts;
    const customer = world.mustCustomer(customerId);
    if (!routing.isRouted(customer)) this.setPage(customer.pageId, { defaultAppId: app.id, mayTakeControl: true });
    if (routing.ownerOf(customer) === null) routing.give(customer, app.id);
    return routing.take(customer, appId);
  }

  /** The app that has the thread passes it to us. */
  otherAppGivesBack(customerId: string): Promise<void> {
    return this.parts.routing.pass(this.parts.world.mustCustomer(customerId), this.parts.app.id);
  }

  /** Another app asks us for the thread. */
  otherAppAsksForThread(customerId: string, appId = PAGE_INBOX_APP_ID): Promise<void> {
    return this.parts.routing.request(this.parts.world.mustCustomer(customerId), appId);
  }

  /** The app that has the thread lets it go. Meta tells nobody. */
  otherAppReleasesThread(customerId: string): void {
    this.parts.routing.release(this.parts.world.mustCustomer(customerId));
  }

  /** Meta warns the page, blocks it, or lets go. */
  pageIsRestricted(pageId: string, action: Restriction, reason?: string): Promise<void> {
    const given = reason ?? (action === 'unblock' ? null : 'The page sent messages that people reported.');
    return this.parts.people.restricts(pageId, action, given);
  }

  // Mail.

  /** What the mail domains say about themselves: `set` and `unset` records there. */
  get dns(): SimDns {
    return this.parts.dns;
  }

  /** From now on the domain asks receivers to refuse what it did not sign. */
  protectDomain(domain: string): void {
    this.parts.mailKeys.protect(domain);
  }

  /** From now on mail to this address reaches the app: by signed POST, or over SMTP. */
  connectMailbox(route: MailRoute): void {
    this.parts.mail.connect(route);
  }

  sendMail(mail: MailToSend): Promise<SimMail> {
    return this.parts.mail.send(mail);
  }

  /** These bytes with the signature of their sender's domain, as its mail server would send them. Sends nothing. */
  signMail(raw: Buffer, sender: string): Promise<Buffer> {
    return this.parts.mailKeys.sign(raw, sender);
  }

  /** What happens to this address's mail by itself: out-of-office answers, a machine that answers blindly, bounces. */
  setMailHabits(address: string, habits: Partial<MailHabits>): void {
    this.parts.mail.habits.set(address, habits);
    this.parts.watch.changed();
  }

  mailHabits(address: string): Readonly<MailHabits> {
    return this.parts.mail.habits.of(address);
  }

  /** The customer lets the sender of this received mail know that it was read. */
  customerConfirmsReading(mailId: string): Promise<HandedMail> {
    return this.parts.mail.tell(mailId, 'read');
  }

  /** The customer reports this received mail as unwanted; his provider tells its sender. */
  customerComplains(mailId: string): Promise<HandedMail> {
    return this.parts.mail.tell(mailId, 'complaint');
  }

  rawMail(to: string, raw: Buffer, from?: string): Promise<HandedMail> {
    return this.parts.mail.rawMail(to, raw, from);
  }

  /** What arrived for this address, oldest first. */
  mailTo(address: string): SimMail[] {
    return this.parts.mail.to(address);
  }

  /** Everything in this customer's mailbox, sent and received, oldest first. */
  mailsOf(address: string): SimMail[] {
    return this.parts.mail.mails.filter((mail) => mail.owner === address.toLowerCase());
  }

  waitForMail(fits: (mail: SimMail) => boolean, timeoutMs: number): Promise<SimMail> {
    return this.parts.mail.waitFor(fits, timeoutMs);
  }
}
