import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Audit, type AuditActor } from '#audit';
import type { Connection, ConnectPage, MoveCode, PageSettingsChange } from '#contract';
import { Jobs } from '#jobs';
import { Clock, CONFIG, type Config, Database, DAY_MS, Log, MINUTE_MS, Refusal, type TenantId, type TenantTx } from '#platform';
import { ChannelError, type OpenConnection } from '../channel.js';
import type { ConnectionId } from '../connection-id.js';
import type { ConnectionProblem } from '../connection-words.js';
import { ConnectionService } from '../connection.service.js';
import { StartSweep, SWEEP_BACK_DAYS_MAX } from '../follow-up-jobs.js';
import { cancelMoveCode, mintMoveCode } from '../move-code.js';
import { GraphClient } from './graph-client.js';
import { isLost, missingFieldsProblem, PageSubscription } from './page-subscription.js';
import { TokenCheck } from './token-check.js';

/** What was said just before a page was last seen in order may still have been on its way. */
const SWEEP_MARGIN_MS = 10 * MINUTE_MS;
/** What the tenant reads when Facebook no longer accepts what we hold. */
export const PAGE_BROKEN = { code: 'needs_reconnecting' };
const NOT_SUBSCRIBED = { code: 'not_subscribed' };
const NOT_SUBSCRIBED_YET = { code: 'not_subscribed_yet' };

const Page = z.object({ id: z.coerce.string(), name: z.string() });

/** With these not even messages come in. */
const IN_DISORDER: ReadonlySet<ConnectionProblem | null> = new Set<ConnectionProblem | null>([NOT_SUBSCRIBED, NOT_SUBSCRIBED_YET]);

/** Since when something may have been missed, and why. */
export interface Gap {
  since: Date;
  cause: 'reconnected' | 'subscription_lost';
}

interface Away {
  id: ConnectionId;
  state: Connection['state'];
  since: Date;
}

/** Connecting and disconnecting Facebook pages. */
@Injectable()
export class PageService {
  constructor(
    private readonly graph: GraphClient,
    private readonly connections: ConnectionService,
    private readonly subscription: PageSubscription,
    private readonly tokens: TokenCheck,
    private readonly db: Database,
    private readonly jobs: Jobs,
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly audit: Audit,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * Connect a page whose token the tenant holds: the token is tried first, then the page is told to send us its messages. What Facebook
   * then does not allow is the connection's `problem`.
   *
   * Errors   unprocessable `page_token_refused`, `page_token_of_other_page`, `move_code_wrong`; conflict `connected_elsewhere`; unavailable
   *          `facebook_unavailable`
   */
  async connect(
    tenantId: TenantId,
    { pageId, pageToken, moveCode, grantedBy }: ConnectPage & { grantedBy?: string },
    madeBy: AuditActor,
  ): Promise<Connection> {
    const [page, facts] = await Promise.all([
      this.ask(() => this.graph.call({ path: 'me', token: pageToken, query: { fields: 'id,name' } }, Page)),
      this.tokens.look(pageToken),
    ]);
    if (page.id !== pageId) {
      throw new Refusal(
        'unprocessable',
        'page_token_of_other_page',
        'This token belongs to another page. Copy the page id and its own token.',
      );
    }
    const before = await this.db.inTenant(tenantId, (tx) => away(tx, pageId));
    const { id } = await this.connections.connect(tenantId, {
      channel: 'messenger',
      externalId: pageId,
      name: page.name,
      secrets: { pageToken },
      routes: [{ kind: 'messenger', externalId: pageId }],
      grant: {
        by: grantedBy ?? (typeof facts === 'string' ? null : facts.grantedBy),
        scopes: typeof facts === 'string' ? [] : facts.scopes,
      },
      moveCode,
      madeBy,
    });
    // After the route exists: what Meta sends at once must already have a tenant.
    const gap = before?.state === 'needs_reconnecting' ? { since: before.since, cause: 'reconnected' as const } : null;
    return this.subscribeAnew(tenantId, id as ConnectionId, gap);
  }

  /**
   * Tell the page to send us what its settings want; what Facebook does not allow becomes the connection's `problem`. Where it had stopped
   * sending, what was missed is looked for.
   *
   * Errors   not_found; unprocessable `not_a_page`
   */
  async subscribe(tenantId: TenantId, id: ConnectionId): Promise<Connection> {
    const open = await this.openPage(tenantId, id);
    const [before, known] = await Promise.all([this.fieldsBefore(open), this.db.inTenant(tenantId, (tx) => away(tx, open.externalId))]);
    const gap = known && before !== null && isLost(before) ? { since: known.since, cause: 'subscription_lost' as const } : null;
    return this.subscribeAnew(tenantId, id, gap);
  }

  /** Errors: not_found; unprocessable `not_a_page`. */
  async change(tenantId: TenantId, id: ConnectionId, change: PageSettingsChange, by: AuditActor): Promise<Connection> {
    const before = await this.openPage(tenantId, id);
    const changed = await this.db.inTenant(tenantId, (tx) => this.connections.change(tx, id, change, by));
    const isOtherSubscription = changed.settings.comments !== before.settings.comments;
    return isOtherSubscription && changed.state === 'active' ? this.subscribeAnew(tenantId, id, null) : changed;
  }

  /** Let another business on this installation connect this page: whoever has the code, for a day, once. Errors: not_found. */
  async allowMove(tenantId: TenantId, id: ConnectionId, by: AuditActor): Promise<MoveCode> {
    await this.openPage(tenantId, id);
    const { code, expiresAt } = await this.db.inTenant(tenantId, (tx) => {
      this.audit.append(tx, { act: 'connection_offered', by, about: { kind: 'connection', id } });
      return mintMoveCode(tx, id, this.clock.now());
    });
    return { code, expiresAt: expiresAt.toISOString() };
  }

  /** Errors: not_found. Repeats: fine. */
  async forbidMove(tenantId: TenantId, id: ConnectionId, by: AuditActor): Promise<void> {
    await this.openPage(tenantId, id);
    await this.db.inTenant(tenantId, (tx) => {
      this.audit.append(tx, { act: 'connection_offer_withdrawn', by, about: { kind: 'connection', id } });
      return cancelMoveCode(tx, id);
    });
  }

  /** Stop the page's deliveries, then destroy the token. Meta's refusal does not stop the second: the tenant wants to be gone. */
  async disconnect(tenantId: TenantId, id: ConnectionId, by: AuditActor): Promise<void> {
    const open = await this.connections.disconnect(tenantId, id, by);
    if (open.secrets['pageToken'] === undefined) return;
    try {
      await this.subscription.end(open);
    } catch (error) {
      if (!(error instanceof ChannelError)) throw error;
      this.log.warn('page_unsubscribe_failed', { connectionId: id, code: error.code });
    }
  }

  /** Errors: ChannelError when Facebook does not answer now. What it answers is the outcome. */
  async trySubscribing(open: OpenConnection): Promise<{ problem: ConnectionProblem | null; isBroken: boolean }> {
    if (open.secrets['pageToken'] === undefined) return { problem: null, isBroken: true };
    try {
      return { problem: missingFieldsProblem(await this.subscription.subscribe(open)), isBroken: false };
    } catch (error) {
      if (!(error instanceof ChannelError) || isForLater(error)) throw error;
      this.log.warn('page_subscribe_refused', { connectionId: open.id, code: error.code });
      return { problem: NOT_SUBSCRIBED, isBroken: error.remedy === 'reconnect' };
    }
  }

  /** It is in order now; have what may have been missed before looked for. */
  async markSound(tx: TenantTx, id: ConnectionId, gap: Gap | null): Promise<void> {
    const now = this.clock.now();
    await tx.query('update connection set sound_at = $2 where id = $1', [id, now]);
    if (gap === null) return;
    const oldestMs = now.getTime() - SWEEP_BACK_DAYS_MAX * DAY_MS;
    const sinceMs = Math.max(gap.since.getTime() - SWEEP_MARGIN_MS, oldestMs);
    await this.jobs.enqueue(tx, StartSweep, { tenantId: tx.tenantId, connectionId: id, sinceMs, cause: gap.cause });
  }

  private async openPage(tenantId: TenantId, id: ConnectionId): Promise<OpenConnection> {
    const { open, channel } = await this.db.inTenant(tenantId, async (tx) => {
      const [row] = await tx.query<{ channel: string }>('select channel from connection where id = $1', [id]);
      return { open: await this.connections.open(tx, id), channel: row?.channel };
    });
    if (channel === 'messenger') return open;
    throw new Refusal('unprocessable', 'not_a_page', 'This is not a Facebook page.');
  }

  private async subscribeAnew(tenantId: TenantId, id: ConnectionId, gap: Gap | null): Promise<Connection> {
    const open = await this.openPage(tenantId, id);
    const outcome = await this.trySubscribing(open).catch((error: unknown) => {
      if (!(error instanceof ChannelError)) throw error;
      this.log.warn('page_subscribe_failed', { connectionId: id, code: error.code });
      return { problem: NOT_SUBSCRIBED_YET, isBroken: false };
    });
    await this.db.inTenant(tenantId, async (tx) => {
      if (outcome.isBroken) return this.connections.markBroken(tx, id, PAGE_BROKEN);
      await this.connections.markProblem(tx, id, outcome.problem);
      if (!IN_DISORDER.has(outcome.problem)) await this.markSound(tx, id, gap);
    });
    return this.connections.find(tenantId, id);
  }

  /** What the page sent us until now; null when Facebook does not say. */
  private async fieldsBefore(open: OpenConnection): Promise<string[] | null> {
    try {
      return await this.subscription.current(open, this.config.facebook.appId);
    } catch (error) {
      if (!(error instanceof ChannelError)) throw error;
      return null;
    }
  }

  private async ask<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof ChannelError)) throw error;
      if (isForLater(error)) {
        throw new Refusal('unavailable', 'facebook_unavailable', 'Facebook does not answer right now. Try again in a moment.');
      }
      throw new Refusal('unprocessable', 'page_token_refused', 'Facebook does not accept this token. Make a new page token and try again.');
    }
  }
}

function isForLater({ remedy }: ChannelError): boolean {
  return remedy === 'try_later' || remedy === 'unknown';
}

/** How long the tenant's own page has been without our looking, if it was ours before. */
async function away(tx: TenantTx, pageId: string): Promise<Away | null> {
  const [known] = await tx.query<Away>(
    `select id, state, coalesce(sound_at, last_received_at, created_at) as since from connection
     where channel = 'messenger' and external_id = $1`,
    [pageId],
  );
  return known ?? null;
}
