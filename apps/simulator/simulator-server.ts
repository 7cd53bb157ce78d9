import type { AddressInfo } from 'node:net';
import Fastify, { type FastifyInstance } from 'fastify';
import type { Behaviour } from './behaviour.js';
import { EventStream } from './event-stream.js';
import { verifyCallback } from './graph-connect.js';
import type { SimComment, SimPost } from './feed-world.js';
import type { SimCustomer, SimMessage, SimPage } from './page-world.js';
import type { SimClock } from './sim-clock.js';
import { SimulatorParts, type SimulatorOptions } from './simulator-parts.js';
import type { PostAnswer } from './webhook-post.js';
import type { WebhookDelivery } from './webhook-sender.js';
import { wireJson } from './wire-form.js';
import { WorldFile } from './world-file.js';

/** Pictures and files come as base64 inside JSON from the page. */
const BODY_BYTES_MAX = 40 * 1024 * 1024;
/** A file name in an address, percent-encoded. */
const PARAMETER_LENGTH_MAX = 800;
/** What Omnidesk asks for when a page is connected. */
const USUAL_FIELDS = (
  'messages message_echoes message_edits message_deliveries message_reads message_reactions messaging_postbacks messaging_optins ' +
  'messaging_referrals messaging_handovers standby messaging_policy_enforcement'
).split(' ');

/** The simulator as a running thing: its doors, its clock, what it told the app, and waiting for it. */
export class SimulatorServer {
  protected readonly parts: SimulatorParts;
  protected readonly stream = new EventStream();
  protected readonly server: FastifyInstance;
  private readonly file: WorldFile | null;

  constructor(private readonly options: SimulatorOptions) {
    const parts = (this.parts = new SimulatorParts(options));
    const { world, media, mail, mailKeys, dns, sender } = parts;
    this.file =
      options.dataDir === undefined
        ? null
        : new WorldFile(options.dataDir, () => ({
            version: 1,
            webhookUrl: sender.url,
            world: world.saved(),
            media: media.saved(),
            ...mail.saved(),
            mailKeys: mailKeys.saved(),
            dns: dns.saved(),
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
  }

  /** Loads what was kept, and opens the doors. */
  async start(): Promise<this> {
    const { sender, media, world, mail, mailKeys, dns, onProblem } = this.parts;
    const saved = this.file?.load((path) => {
      onProblem(`the simulator's world could not be read; it was put aside as ${path}`);
    });
    sender.url = this.options.webhookUrl ?? saved?.webhookUrl ?? null;
    try {
      await mail.door.listen(this.options.smtpPort ?? 0);
      await dns.listen(this.options.dnsPort ?? 0);
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
      mailKeys.restore(saved.mailKeys ?? {});
      dns.restore(saved.dns ?? []);
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

  /** The name server of the simulated world, `host:port`. */
  get dnsServer(): string {
    return this.parts.dns.server;
  }

  get pages(): readonly SimPage[] {
    return this.parts.world.pages;
  }

  get customers(): readonly SimCustomer[] {
    return this.parts.world.customers;
  }

  get posts(): readonly SimPost[] {
    return this.parts.world.feed.posts;
  }

  /** Every comment that was ever made, removed ones too, oldest first. */
  get comments(): readonly SimComment[] {
    return this.parts.world.feed.comments;
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

  /** Null: nobody listens, and what happens meanwhile is told to nobody, ever. */
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

  /** The page's subscription is gone without anybody having asked, as after an hour of failed deliveries. */
  dropSubscription(pageId: string): void {
    this.parts.sender.forgetPage(pageId);
    this.parts.world.mustPage(pageId).subscribedFields = null;
    this.parts.watch.changed();
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

  /** Whether this customer sees that the page is typing. */
  seesTyping(customerId: string): boolean {
    return this.parts.typing.has(customerId);
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

  /** Closes every door and forgets what waits; the world is kept when it has a folder. */
  async close(): Promise<void> {
    await this.shut();
    this.file?.save();
  }

  private async shut(): Promise<void> {
    const { sender, mail, dns, clock } = this.parts;
    this.stream.close();
    await Promise.all([sender.close(), mail.close(), dns.close()]);
    await this.server.close();
    clock.close();
  }
}
