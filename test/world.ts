import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Config, MovableClock, readEnv, type TenantId } from '#platform';
import { SetupService } from '#accounts';
import type { ConnectedMailbox } from '#contract';
import { JobWorker } from '#jobs';
import { DeliveryReader } from '#ticketing';
import { startServer, type RunningServer } from '../apps/standalone/server.js';
import { DEMO_APP, DEMO_PAGES, demoPageToken, PROMPT_BEHAVIOUR, type Simulator, startSimulator } from '../apps/simulator/index.js';
import { ApiClient } from './api-client.js';
import { KeptLog } from './kept-log.js';
import { createTestDatabase, type TestDatabase } from './test-database.js';

export { browserPath, createTestDatabase, type TestDatabase } from './test-database.js';
export { KeptLog } from './kept-log.js';

export const PASSWORD = 'a password for tests';

export interface Tenant {
  id: TenantId;
  owner: ApiClient;
  ownerEmail: string;
  /** Its page in the simulator. */
  page: (typeof DEMO_PAGES)[number];
  connectionId: string;
}

/**
 * The whole house on a database of its own, with a clock that moves and the simulator as the outside world. Nothing happens by itself:
 * what is waiting is done by `drain`, so no test sleeps.
 */
export class World {
  private constructor(
    readonly database: TestDatabase,
    readonly server: RunningServer,
    readonly simulator: Simulator,
    readonly clock: MovableClock,
    readonly log: KeptLog,
    readonly config: Config,
    private readonly dataDir: string,
  ) {}

  static async open(environment: Record<string, string> = {}): Promise<World> {
    const database = await createTestDatabase();
    const dataDir = await mkdtemp(join(tmpdir(), 'omnidesk-world-'));
    const simulator = await startSimulator({ port: 0, app: DEMO_APP, webhookUrl: null, behaviour: PROMPT_BEHAVIOUR });
    const config = testConfig({
      OMNIDESK_DATA: dataDir,
      GRAPH_URL: simulator.url,
      FACEBOOK_URL: simulator.url,
      DNS_SERVERS: simulator.dnsServer,
      ...environment,
    });
    const clock = new MovableClock();
    const log = new KeptLog();
    const server = await startServer({ config, databaseUrls: database.urls, clock, log });
    simulator.setWebhookUrl(`${server.url}/webhooks/messenger`);
    return new World(database, server, simulator, clock, log, config, dataDir);
  }

  async close(): Promise<void> {
    await this.server.close();
    await this.simulator.close();
    await this.database.drop();
    await rm(this.dataDir, { recursive: true, force: true });
  }

  /** A part of the running application. */
  get<T>(part: new (...parameters: never[]) => T): T {
    return this.server.app.get(part);
  }

  /** Let time pass, inside and outside. */
  advance(by: Parameters<MovableClock['advance']>[0]): void {
    this.clock.advance(by);
    this.simulator.clock.set(this.clock.now());
  }

  /** Read every delivery and run every job that is due, and what they lead to, until nothing is left. */
  async drain(): Promise<void> {
    await this.simulator.settled(10_000);
    do {
      await this.get(DeliveryReader).drain();
      await this.get(JobWorker).drain();
      await this.simulator.settled(10_000);
    } while ((await this.waiting()) > 0);
  }

  /** A tenant whose page (of the simulator's, by number) is connected, and its owner signed in. */
  async tenant(pageNumber: 0 | 1 = 0): Promise<Tenant> {
    const page = DEMO_PAGES[pageNumber]!;
    const email = `owner${String(pageNumber)}@${page.name.toLowerCase().replace(' ', '-')}.example`;
    const setup = { tenantName: page.name, name: `Owner of ${page.name}`, email, password: PASSWORD };
    const id = await this.get(SetupService).tenant(setup, { isEasy: true });
    const owner = await this.signIn(email);
    const { body } = await owner.post('/api/connections/messenger', {
      pageId: page.id,
      pageToken: demoPageToken(DEMO_APP.secret, page.id),
    });
    return { id, owner, ownerEmail: email, page, connectionId: (body as { id: string }).id };
  }

  /** Connect a mailbox of the tenant's, with the simulator's people at the other end, and its mail server unless another is named. */
  async connectMailbox(
    { owner }: Tenant,
    address: string,
    smtpUrl = this.simulator.smtpUrl,
  ): Promise<ConnectedMailbox & { webhookUrl: string }> {
    const { status, body } = await owner.post<ConnectedMailbox>('/api/connections/email', { address, smtp: { url: smtpUrl } });
    if (status !== 201) throw new Error(`connecting ${address} answered ${String(status)}`);
    const webhookUrl = `${this.server.url}/webhooks/email/${body.mailboxKey}`;
    this.simulator.connectMailbox({ address, webhookUrl, secret: body.inboundSecret });
    return { ...body, webhookUrl };
  }

  /** A browser without a page: keeps its cookie. */
  client(): ApiClient {
    return new ApiClient(this.server.url);
  }

  async signIn(email: string, password = PASSWORD): Promise<ApiClient> {
    const client = this.client();
    const answer = await client.post('/api/session', { email, password });
    if (answer.status !== 200) throw new Error(`signing in answered ${String(answer.status)}`);
    client.password = password;
    return client;
  }

  /** What the database holds, seen past every tenant's wall. */
  async rows<Row extends object>(sql: string, parameters: unknown[] = []): Promise<Row[]> {
    return (await this.database.owner.query<Row>(sql, parameters)).rows;
  }

  private async waiting(): Promise<number> {
    const [row] = await this.rows<{ count: string }>(
      'select count(*) as count from delivery where quarantined_at is null and (retry_at is null or retry_at <= $1)',
      [this.clock.now()],
    );
    return Number(row!.count);
  }
}

/** A configuration as `readEnv` makes it, with what every test needs. Ports are free ones. */
export function testConfig(environment: Record<string, string> = {}): Config {
  return readEnv({
    PORT: '0',
    OPERATOR_PORT: '0',
    OMNIDESK_SECRET_KEY: Buffer.alloc(32, 7).toString('base64'),
    OMNIDESK_ROLES: 'gateway,api',
    FACEBOOK_APP_ID: DEMO_APP.id,
    FACEBOOK_APP_SECRET: DEMO_APP.secret,
    FACEBOOK_VERIFY_TOKEN: DEMO_APP.verifyToken,
    MAIL_HOSTS_TRUSTED: '127.0.0.1',
    ...environment,
  });
}
