import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { PROMPT_BEHAVIOUR, type Behaviour } from './behaviour.js';
import { CommentActs } from './comment-acts.js';
import { CustomerActs } from './customer-acts.js';
import { DEMO_APP } from './demo-world.js';
import { FaultDesk } from './faults.js';
import { graphApi } from './graph-api.js';
import { Uploads } from './graph-attachment.js';
import { Personas } from './graph-persona.js';
import { TokenOffice, type SimApp } from './graph-token.js';
import { MailKeys, type MailPolicy } from './mail-keys.js';
import { MailTown } from './mailbox.js';
import { MediaStore } from './media.js';
import { PageAnswers } from './page-answers.js';
import { nameOf, PageWorld, type SimCustomer, type SimPage } from './page-world.js';
import { PersonActs } from './person-acts.js';
import { facePicture } from './picture.js';
import { SeededRandom } from './seeded-random.js';
import { SimClock } from './sim-clock.js';
import { SimDns } from './sim-dns.js';
import { ThreadRouting } from './thread-routing.js';
import { Underway } from './underway.js';
import { Watch } from './watch.js';
import { ANSWER_TIMEOUT_MS } from './webhook-post.js';
import { WebhookSender } from './webhook-sender.js';

export interface SimulatorOptions {
  /** 0: any free one. */
  port: number;
  /** Loopback only: whoever reaches the simulator may do everything. */
  host?: '127.0.0.1';
  smtpPort?: number;
  /** The name server's; UDP. */
  dnsPort?: number;
  /** What the people's domains ask receivers to do with mail they did not sign; left out: nothing, so that tests may write raw mail. */
  mailPolicy?: MailPolicy;
  /** Whether mail that the app sends to its own mailboxes comes back to it, as at a real provider; left out: it does not. */
  bringsOwnMail?: boolean;
  app?: SimApp;
  /** Where webhooks go; may be set later. Pages say nothing before the app subscribes to them. */
  webhookUrl?: string | null;
  /** Decides delays and shuffles, not ids: a restarted simulator never repeats an id. */
  seed?: number;
  behaviour?: Partial<Behaviour>;
  /** How long the app may take to answer a webhook. */
  answerTimeoutMs?: number;
  /** Keeps the world there over a restart; left out: it ends with the process. */
  dataDir?: string;
  /** For what a person should see on the terminal. */
  onProblem?: (problem: unknown) => void;
}

const TYPING_LASTS_MS = 20_000;

/** The simulator's inside: every part, made once and tied together. Its outside is `Simulator`. */
export class SimulatorParts {
  readonly clock = new SimClock();
  readonly watch = new Watch();
  readonly underway = new Underway();
  readonly faults = new FaultDesk();
  readonly app: SimApp;
  readonly behaviour: Behaviour;
  readonly world: PageWorld;
  readonly media: MediaStore;
  readonly sender: WebhookSender;
  readonly answers: PageAnswers;
  readonly routing: ThreadRouting;
  readonly acts: CustomerActs;
  readonly people: PersonActs;
  readonly comments: CommentActs;
  readonly dns: SimDns;
  readonly mailKeys: MailKeys;
  readonly mail: MailTown;
  /** The customers who see that the page is typing. */
  readonly typing = new Set<string>();
  readonly onProblem: (problem: unknown) => void;
  private readonly onChange = (): void => {
    this.watch.changed();
  };

  constructor(options: SimulatorOptions) {
    const { clock, watch, underway, faults, onChange } = this;
    const { dataDir, answerTimeoutMs = ANSWER_TIMEOUT_MS } = options;
    const random = new SeededRandom(options.seed ?? clock.nowMs());
    const behaviour = (): Behaviour => this.behaviour;
    this.onProblem =
      options.onProblem ??
      ((problem) => {
        process.emitWarning(String(problem));
      });
    this.app = options.app ?? { ...DEMO_APP };
    this.behaviour = { ...PROMPT_BEHAVIOUR, ...options.behaviour };
    const world = (this.world = new PageWorld(this.app.secret, clock));
    const media = (this.media = new MediaStore({
      clock,
      faults,
      appSecret: this.app.secret,
      folder: dataDir === undefined ? null : join(dataDir, 'media'),
    }));
    const sender = (this.sender = new WebhookSender({
      appSecret: this.app.secret,
      clock,
      random,
      faults,
      underway,
      answerTimeoutMs,
      isSubscribed: (pageId, field) => world.page(pageId)?.subscribedFields?.includes(field) ?? false,
      onGivenUp: (pageId) => {
        world.mustPage(pageId).subscribedFields = null;
        onChange();
      },
      onChange,
    }));
    const routing = (this.routing = new ThreadRouting({ appId: this.app.id, world, sender, clock, onChange }));
    this.answers = new PageAnswers({ world, routing, media, clock, random, underway, behaviour, onChange });
    this.acts = new CustomerActs({ world, routing, media, clock, onChange });
    this.people = new PersonActs({ world, sender, routing, clock, onChange });
    this.comments = new CommentActs({ world, sender, media, clock, onChange });
    this.dns = new SimDns(faults);
    const isPersons = (domain: string): boolean => world.customers.some(({ mailAddress }) => mailAddress.endsWith(`@${domain}`));
    const keys = (this.mailKeys = new MailKeys(this.dns, options.mailPolicy ?? 'none', isPersons));
    const mailNameOf = (address: string): string | null => this.mailName(address);
    const { bringsOwnMail = false } = options;
    this.mail = new MailTown({
      clock,
      media,
      faults,
      underway,
      answerTimeoutMs,
      watch,
      keys,
      bringsOwnMail,
      nameOf: mailNameOf,
      onProblem: this.onProblem,
    });
  }

  /** Opens the Graph API on this server. `baseUrl` is known once it listens. */
  mountGraph(server: FastifyInstance, baseUrl: () => string): void {
    const { app, world, clock, media, faults, sender, answers, routing, onChange, onProblem } = this;
    const tokens = new TokenOffice(app, world, clock);
    const personas = new Personas();
    const uploads = new Uploads(clock);
    const onTyping = (customer: SimCustomer, on: boolean): void => {
      this.showTyping(customer, on);
    };
    const onTokenDeath = (page: SimPage, subcode: number): void => {
      world.killToken(page, subcode);
      onChange();
    };
    graphApi(server, {
      calls: { app, tokens, faults, clock, behaviour: () => this.behaviour, onTokenDeath, onProblem },
      connect: { app, tokens, world, clock, sender, baseUrl, appFields: null, onChange },
      read: { app, world, media, personas, baseUrl, faceOf: (customer) => this.faceOf(customer) },
      send: { world, media, clock, answers, routing, personas, uploads, appId: app.id, onTyping, onChange },
      thread: { world, routing, clock, appId: app.id },
      comment: { world, uploads, comments: this.comments, baseUrl },
      dialog: { tokens, world },
    });
  }

  /** The picture of a customer's face, drawn once. */
  faceOf(customer: SimCustomer): string {
    const id = `face-${customer.psid}`;
    return this.media.content(id) ? id : this.media.add('picture.png', 'image/png', facePicture(customer.colour), id);
  }

  private mailName(address: string): string | null {
    const customer = this.world.customers.find((one) => one.mailAddress === address.toLowerCase());
    return customer ? nameOf(customer) : null;
  }

  private showTyping(customer: SimCustomer, on: boolean): void {
    const { psid } = customer;
    if (on) {
      this.typing.add(psid);
      this.clock.at(this.clock.nowMs() + TYPING_LASTS_MS, () => {
        if (this.typing.delete(psid)) this.onChange();
      });
    } else this.typing.delete(psid);
    this.onChange();
  }
}
