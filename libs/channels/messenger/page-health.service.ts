import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import type { ConnectionState } from '#contract';
import { defineJob, Jobs } from '#jobs';
import { Clock, CONFIG, type Config, Database, DAY_MS, Log, MINUTE_MS, type TenantId } from '#platform';
import { ChannelError, type OpenConnection } from '../channel.js';
import type { ConnectionId } from '../connection-id.js';
import type { ConnectionProblem } from '../connection-words.js';
import { ConnectionService } from '../connection.service.js';
import { isLost, PageSubscription, wantedFields } from './page-subscription.js';
import { PAGE_BROKEN, PageService } from './page.service.js';
import { TokenCheck, type TokenFacts } from './token-check.js';

const CheckPages = defineJob({ name: 'check-pages', payload: z.undefined(), cron: '23 * * * *' });
/** Tried again for an hour's worth; then the next hour's look comes anyway. */
const CheckPage = defineJob({
  name: 'check-page',
  payload: z.object({ tenantId: z.uuid(), connectionId: z.uuid() }),
  attemptsMax: 4,
  attemptTimeoutMs: 120_000,
});
/** All tenants' looks count together at Meta, so they are spread over most of the hour. */
const SPREAD_MS = 40 * MINUTE_MS;

/** Warn while there is time to sign in again. */
export const DATA_ACCESS_WARN_MS = 14 * DAY_MS;

interface Look {
  id: ConnectionId;
  open: OpenConnection;
  facts: TokenFacts;
  /** When it was last in order, or heard, or made. */
  since: Date;
}

/** Once an hour, each page: does the token live, does the page still send us what it should? */
@Injectable()
export class PageHealth implements OnModuleInit {
  constructor(
    private readonly jobs: Jobs,
    private readonly db: Database,
    private readonly connections: ConnectionService,
    private readonly pages: PageService,
    private readonly subscription: PageSubscription,
    private readonly tokens: TokenCheck,
    private readonly clock: Clock,
    private readonly log: Log,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  onModuleInit(): void {
    this.jobs.bind(CheckPages, () => this.all());
    this.jobs.bind(CheckPage, ({ tenantId, connectionId }, run) =>
      this.one({ tenantId: tenantId as TenantId, connectionId: connectionId as ConnectionId }, run),
    );
  }

  /** Have every page of the installation looked at within the hour. Repeats: a page that still waits for its look gets one. */
  async all(): Promise<void> {
    const routes = await this.connections.routesOf('messenger');
    const nowMs = this.clock.now().getTime();
    await this.db.inInstallation(async (tx) => {
      for (const [at, route] of routes.entries()) {
        const runAt = new Date(nowMs + Math.floor((SPREAD_MS * at) / routes.length));
        await this.jobs.enqueue(tx, CheckPage, route, { runAt, onceKey: `check-page:${route.connectionId}` });
      }
    });
  }

  private async one(
    route: { tenantId: TenantId; connectionId: ConnectionId },
    { isLastAttempt }: { isLastAttempt: boolean },
  ): Promise<void> {
    try {
      await this.check(route.tenantId, route.connectionId);
    } catch (error) {
      if (!(error instanceof ChannelError)) throw error;
      this.log.warn('page_check_failed', { connectionId: route.connectionId, code: error.code });
      // Facebook's bad hour says nothing about the page. The next hour's look comes by itself.
      if (!isLastAttempt) throw error;
    }
  }

  /**
   * Look at one page and write down what was found.
   *
   * Errors   ChannelError when Facebook does not answer: then nothing is written
   */
  async check(tenantId: TenantId, id: ConnectionId): Promise<void> {
    const found = await this.load(tenantId, id);
    if (found === null) return;
    const token = found.open.secrets['pageToken'];
    if (token === undefined) return this.broken(tenantId, id);
    const facts = await this.tokens.look(token);
    // Without an answer about the token the rest is still worth asking: Facebook says no to a dead one there too.
    if (typeof facts === 'string') return this.lookWithout(tenantId, { ...found, id });
    if (!facts.isValid) return this.broken(tenantId, id);
    await this.settle(tenantId, { ...found, id, facts });
  }

  private async load(tenantId: TenantId, id: ConnectionId): Promise<Pick<Look, 'open' | 'since'> | null> {
    return this.db.inTenant(tenantId, async (tx) => {
      const [row] = await tx.query<{ state: ConnectionState; since: Date }>(
        'select state, coalesce(sound_at, last_received_at, created_at) as since from connection where id = $1',
        [id],
      );
      if (!row || row.state === 'disconnected') return null;
      return { since: row.since, open: await this.connections.open(tx, id) };
    });
  }

  private lookWithout(tenantId: TenantId, found: Omit<Look, 'facts'>): Promise<void> {
    const facts: TokenFacts = { isValid: true, pageId: null, grantedBy: null, scopes: [], dataAccessEndsAt: null };
    return this.settle(tenantId, { ...found, facts });
  }

  /** The token lives: mend the subscription where it needs that, and write down how things are. */
  private async settle(tenantId: TenantId, look: Look): Promise<void> {
    const { id, open, facts, since } = look;
    const before = await this.fieldsNow(look);
    if (before === null) return this.broken(tenantId, id);
    const isWhole = wantedFields(open.settings).every((field) => before.includes(field));
    const { problem, isBroken } = isWhole ? { problem: null, isBroken: false } : await this.pages.trySubscribing(open);
    if (isBroken) return this.broken(tenantId, id);
    const wasLost = isLost(before);
    await this.db.inTenant(tenantId, async (tx) => {
      await this.connections.markLooked(tx, id, { at: this.clock.now(), grant: { by: facts.grantedBy, scopes: facts.scopes } });
      await this.connections.markMended(tx, id);
      await this.connections.markProblem(tx, id, problem ?? this.dataAccessProblem(facts));
      await this.pages.markSound(tx, id, wasLost ? { since, cause: 'subscription_lost' } : null);
    });
    if (wasLost) this.log.warn('page_subscription_was_lost', { connectionId: id });
  }

  /** What the page sends us now; null when Facebook says that the token is dead. */
  private async fieldsNow({ open }: Look): Promise<string[] | null> {
    try {
      return await this.subscription.current(open, this.config.facebook.appId);
    } catch (error) {
      if (error instanceof ChannelError && error.remedy === 'reconnect') return null;
      throw error;
    }
  }

  private async broken(tenantId: TenantId, id: ConnectionId): Promise<void> {
    await this.db.inTenant(tenantId, async (tx) => {
      await this.connections.markLooked(tx, id, { at: this.clock.now() });
      await this.connections.markBroken(tx, id, PAGE_BROKEN);
    });
  }

  private dataAccessProblem({ dataAccessEndsAt }: TokenFacts): ConnectionProblem | null {
    if (dataAccessEndsAt === null || dataAccessEndsAt.getTime() - this.clock.now().getTime() > DATA_ACCESS_WARN_MS) return null;
    return { code: 'data_access_ends', names: [dataAccessEndsAt.toISOString().slice(0, 10)] };
  }
}
