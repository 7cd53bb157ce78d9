import type { AddressInfo } from 'node:net';
import Fastify, { type FastifyInstance } from 'fastify';
import type { Behaviour } from './behaviour.js';
import type { CustomerSaying } from './customer-acts.js';
import type { DemoCustomer } from './demo-world.js';
import { EventStream } from './event-stream.js';
import type { Faults } from './faults.js';
import { verifyCallback } from './graph-connect.js';
import type { HandedMail, MailRoute, MailToSend, SimMail } from './mailbox.js';
import type { SimCustomer, SimMessage, SimPage } from './page-world.js';
import type { SimClock } from './sim-clock.js';
import { SimulatorParts, type SimulatorOptions } from './simulator-parts.js';
import { faultsOf, type Weather } from './weather.js';
import type { PostAnswer } from './webhook-post.js';
import type { WebhookDelivery } from './webhook-sender.js';
import { wireJson } from './wire-form.js';
import { WorldFile } from './world-file.js';

/** Pictures and files come as base64 inside JSON from the page. */
const BODY_BYTES_MAX = 40 * 1024 * 1024;
/** A file name in an address, percent-encoded. */
const PARAMETER_LENGTH_MAX = 800;
/** Source: the Page inbox's own app id, as echoes carry it. */
const PAGE_INBOX_APP_ID = '263902037430900';
/** What Omnidesk asks for when a page is connected. */
const USUAL_FIELDS = (
  'messages message_echoes message_edits message_deliveries message_reads message_reactions messaging_postbacks messaging_optins ' +
  'messaging_referrals messaging_handovers standby messaging_policy_enforcement'
).split(' ');

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
export class Simulator {
  weather: Weather[] = [];
  private readonly parts: SimulatorParts;
  private readonly stream = new EventStream();
  private readonly file: WorldFile | null;
  private readonly server: FastifyInstance;

  /** `mountOwnDoors` adds the simulator's own page and control API. */
  constructor(
    private readonly options: SimulatorOptions,
    mountOwnDoors: (server: FastifyInstance, inside: SimulatorInside) => void,
  ) {
    const parts = (this.parts = new SimulatorParts(options));
    const { world, media, mail, sender } = parts;
    this.file =
      options.dataDir === undefined
        ? null
        : new WorldFile(options.dataDir, () => ({
            version: 1,
            webhookUrl: sender.url,
            world: world.saved(),
            media: media.saved(),
            ...mail.saved(),
          }));
    parts.watch.onChange(() => {
      this.file?.touch();
      this.stream.changed();
    });
    this.server = Fastify({
      bodyLimit: BODY_BYTES_MAX,
      forceCloseConnections: true,
      routerOptions: { maxParamLength: PARAMETER_LENGTH_MAX },
    });
    parts.mountGraph(this.server, () => this.url);
    media.routes(this.server);
    mountOwnDoors(this.server, { simulator: this, parts, stream: this.stream });
  }

  /** Loads what was kept, and opens the doors. */
  async start(): Promise<this> {
    const { sender, media, world, mail, onProblem } = this.parts;
    const saved = this.file?.load((path) => {
      onProblem(`the simulator's world could not be read; it was put aside as ${path}`);
    });
    sender.url = this.options.webhookUrl ?? saved?.webhookUrl ?? null;
    try {
      await mail.door.listen(this.options.smtpPort ?? 0);
      await this.server.listen({ port: this.options.port, host: this.options.host ?? '127.0.0.1' });
    } catch (error) {
      // One door may be open already; a half-started simulator must not keep its port or the process.
      await this.shut();
      throw error;
    }
    media.baseUrl = this.url;
    if (saved) {
      media.restore(saved.media);
      world.restore(saved.world);
      mail.restore(saved);
    }
    return this;
  }

  get clock(): SimClock {
    return this.parts.clock;
  }

  get behaviour(): Readonly<Behaviour> {
    return this.parts.behaviour;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.server.address() as AddressInfo).port}`;
  }

  /** Base of the Graph API, without the version; the login dialog is beneath it too. */
  get graphUrl(): string {
    return this.url;
  }

  get smtpUrl(): string {
    return this.parts.mail.door.url;
  }

  get pages(): readonly SimPage[] {
    return this.parts.world.pages;
  }

  get customers(): readonly SimCustomer[] {
    return this.parts.world.customers;
  }

  /** Every webhook that was posted, oldest first, bounded. */
  get deliveries(): readonly WebhookDelivery[] {
    return this.parts.sender.journal;
  }

  /** How many deliveries were refused and wait for a later try. */
  get waitingDeliveries(): number {
    return this.parts.sender.waitingCount;
  }

  get webhookUrl(): string | null {
    return this.parts.sender.url;
  }

  setWebhookUrl(url: string | null): void {
    this.parts.sender.url = url;
    this.parts.watch.changed();
  }

  /** Asks the webhook address the challenge, as the dashboard does. Answers what is wrong, or null. */
  verifyWebhook(): Promise<string | null> {
    if (this.parts.sender.url === null) throw new Error('the simulator knows no webhook address yet');
    return verifyCallback(this.parts.sender.url, this.parts.app.verifyToken);
  }

  /** As if the app had called `subscribed_apps`, for tests that begin after connecting. */
  subscribePage(pageId: string, fields: string[] = USUAL_FIELDS): void {
    this.parts.world.mustPage(pageId).subscribedFields = fields;
    this.parts.watch.changed();
  }

  customerSays(customerId: string, saying: CustomerSaying): Promise<SimMessage> {
    return this.parts.acts.say(customerId, saying);
  }

  customerEdits(customerId: string, mid: string, text: string): Promise<SimMessage> {
    return this.parts.acts.edit(customerId, mid, text);
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
  customerPostback(customerId: string, postback: { title: string; payload: string }): Promise<string> {
    return this.parts.acts.press(customerId, postback.title, postback.payload);
  }

  /** Somebody answers in the Page inbox: an echo with an app id that is not ours. `appId` null: with none at all. */
  pageInboxSays(customerId: string, said: { text: string; appId?: string | null }): Promise<SimMessage> {
    const { text, appId = PAGE_INBOX_APP_ID } = said;
    return this.parts.answers.sayFromElsewhere(this.parts.world.mustCustomer(customerId), { text, appId });
  }

  /** One POST outside every queue: text and bytes as they are, an object in wire form. `signature` null: unsigned. */
  rawDelivery(body: string | Buffer | object, signature?: string | null): Promise<PostAnswer> {
    const bytes = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : wireJson(body));
    return this.parts.sender.raw(bytes, signature);
  }

  /** What the page said to this customer, oldest first. */
  messagesSeenBy(customerId: string): SimMessage[] {
    return this.parts.world.mustCustomer(customerId).messages.filter((message) => message.from === 'page');
  }

  /** The first of these that fits, now or within `timeoutMs`. */
  waitForMessage(customerId: string, fits: (message: SimMessage) => boolean, timeoutMs: number): Promise<SimMessage> {
    return this.parts.watch.until(() => this.messagesSeenBy(customerId).find(fits), timeoutMs, 'such message');
  }

  /** Resolves when `holds` is true, now or after a change within `timeoutMs`. */
  async until(holds: () => boolean, timeoutMs: number): Promise<void> {
    await this.parts.watch.until(() => (holds() ? true : undefined), timeoutMs, 'such state of the simulator');
  }

  /** Every part that is named is replaced; what is left out stays. */
  setFaults(faults: Faults): void {
    this.weather = [];
    this.parts.faults.set(faults);
    this.parts.watch.changed();
  }

  clearFaults(): void {
    this.setWeather([]);
  }

  setWeather(weather: Weather[]): void {
    this.weather = weather;
    this.parts.faults.set(faultsOf(weather));
    this.parts.watch.changed();
  }

  setBehaviour(behaviour: Partial<Behaviour>): void {
    Object.assign(this.parts.behaviour, behaviour);
    this.parts.watch.changed();
  }

  /** The page's token is refused with 190 from now on; the next login hands out a new one. */
  killPageToken(pageId: string, subcode = 460): void {
    this.parts.world.killToken(this.parts.world.mustPage(pageId), subcode);
    this.parts.watch.changed();
  }

  revivePageToken(pageId: string): void {
    this.parts.world.reviveTokens(this.parts.world.mustPage(pageId));
    this.parts.watch.changed();
  }

  /** From now on mail to this address reaches the app: by signed POST, or over SMTP. */
  connectMailbox(route: MailRoute): void {
    this.parts.mail.connect(route);
  }

  sendMail(mail: MailToSend): Promise<SimMail> {
    return this.parts.mail.send(mail);
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

  /** Resolves when nothing is under way. What was refused and waits for a later try does not count: see `waitingDeliveries`. */
  settled(timeoutMs: number): Promise<void> {
    return this.parts.underway.idle(timeoutMs);
  }

  /** Tries everything that waits for a later try now, without moving the clock. */
  retryNow(): void {
    this.parts.sender.retryNow();
    this.parts.mail.retryNow();
  }

  /** One more person who can write to a page, for tests that need a crowd. */
  addCustomer(pageId: string, person: DemoCustomer): SimCustomer {
    return this.parts.world.addCustomer(pageId, person);
  }

  /** Closes every door and forgets what waits; the world is kept when it has a folder. */
  async close(): Promise<void> {
    await this.shut();
    this.file?.save();
  }

  private async shut(): Promise<void> {
    const { sender, mail, clock } = this.parts;
    this.stream.close();
    await Promise.all([sender.close(), mail.close()]);
    await this.server.close();
    clock.close();
  }
}
