import { Injectable } from '@nestjs/common';
import { Audit, type AuditActor, type AuditEntryInput } from '#audit';
import type { ChannelKind, Connection, ConnectionState, PageSettings, PageSettingsChange } from '#contract';
import { Jobs } from '#jobs';
import { Clock, Database, newId, notFound, Refusal, SecretBox, type TenantId, type TenantTx, type TenantView } from '#platform';
import { Feed } from '#realtime';
import type { OpenConnection } from './channel.js';
import type { ConnectionId } from './connection-id.js';
import { type ConnectionProblem, keptProblem } from './connection-words.js';
import { ConnectionEntity } from './connection.entity.js';
import { describeConnection, settingsOf } from './describe-connection.js';
import { NotifyAdmins, ReleaseParked } from './follow-up-jobs.js';
import type { InboundRestriction } from './inbound.js';
import { describeMailboxes, openMailbox } from './mailbox-facts.js';
import { redeemMoveCode } from './move-code.js';
import { claimRoute, type Route, type RouteKind, type RouteName } from './route.js';

export type { Route, RouteKind } from './route.js';

export interface NewConnection {
  channel: ChannelKind;
  externalId: string;
  name: string;
  secrets: Record<string, string>;
  /** The first is how the vendor itself knows it. */
  routes: RouteName[];
  /** Who gave it to us and what it may do, where the vendor says so. */
  grant?: { by: string | null; scopes: string[] };
  /** What must be true together with it. */
  together?: (tx: TenantTx, id: ConnectionId) => Promise<void>;
  /** The consent of the tenant who has it connected now. */
  moveCode?: string | undefined;
  /** Whose doing it is; the installation's own where nobody is named. */
  madeBy?: AuditActor;
}

const CONNECTIONS_MAX = 200;
const RESTRICTION_CHARS_MAX = 200;

/** A tenant's own pages and mailboxes. */
@Injectable()
export class ConnectionService {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly secrets: SecretBox,
    private readonly feed: Feed,
    private readonly jobs: Jobs,
    private readonly audit: Audit,
  ) {}

  async list(view: TenantView): Promise<Connection[]> {
    return this.db.inTenant(view, async (tx) => {
      const found = await tx.entities.find(ConnectionEntity, { order: { createdAt: 'ASC' }, take: CONNECTIONS_MAX });
      const mailboxes = await describeMailboxes(tx, null);
      return found.map((connection) => this.described(connection, mailboxes));
    });
  }

  /** Errors: not_found. */
  async find(whose: TenantId | TenantView, id: ConnectionId): Promise<Connection> {
    return this.db.inTenant(whose, (tx) => this.describe(tx, id));
  }

  /** The same inside a transaction. Errors: not_found. */
  async describe(tx: TenantTx, id: ConnectionId): Promise<Connection> {
    const connection = await this.row(tx, id);
    return this.described(connection, connection.channel === 'email' ? await describeMailboxes(tx, id) : new Map<string, never>());
  }

  /**
   * Connect a page or mailbox, or give one of this tenant's own new secrets: then what waited to go out goes.
   *
   * Errors   conflict `connected_elsewhere` when it belongs to another tenant, who is not named; unprocessable `move_code_wrong`
   */
  async connect(tenantId: TenantId, connection: NewConnection): Promise<Connection> {
    const { moveCode, routes } = connection;
    const holder = moveCode === undefined ? null : await this.routeOf(routes[0]!.kind, routes[0]!.externalId);
    if (moveCode === undefined || holder === null || holder.tenantId === tenantId) {
      return this.db.inTenant(tenantId, (tx) => this.take(tx, connection));
    }
    return this.db.handOver(
      { from: holder.tenantId, to: tenantId },
      (tx) => this.give(tx, holder.connectionId, moveCode),
      (tx) => this.take(tx, connection, 'connection_taken'),
    );
  }

  /** Forget the secrets and stop receiving. What was said stays, under its policy. Repeats: fine. */
  async disconnect(tenantId: TenantId, id: ConnectionId, by: AuditActor): Promise<OpenConnection> {
    return this.db.inTenant(tenantId, async (tx) => {
      const connection = await this.open(tx, id);
      await this.shut(tx, id, null);
      this.audit.append(tx, { act: 'connection_removed', by, about: { kind: 'connection', id } });
      return connection;
    });
  }

  /** Change what an admin may say about it. Errors: not_found. */
  async change(tx: TenantTx, id: ConnectionId, change: PageSettingsChange, by: AuditActor): Promise<Connection> {
    await this.row(tx, id);
    const { humanAgent, personas, comments } = change;
    await tx.query(
      `update connection set human_agent = coalesce($2, human_agent), personas = coalesce($3, personas), comments = coalesce($4, comments)
       where id = $1`,
      [id, humanAgent ?? null, personas ?? null, comments ?? null],
    );
    this.audit.append(tx, { act: 'connection_changed', by, about: { kind: 'connection', id }, facts: { ...change } });
    return this.announce(tx, id);
  }

  /** Tell the screens that something about it has changed, and give back how it is now. Errors: not_found. */
  async announce(tx: TenantTx, id: ConnectionId): Promise<Connection> {
    this.feed.append(tx, { type: 'connection_changed', connectionId: id });
    return this.describe(tx, id);
  }

  /** Whose this is, or null when nobody connected it. */
  async routeOf(kind: RouteKind, externalId: string): Promise<Route | null> {
    const [row] = await this.db.queryPrepared<Route>(
      'whose-external-id',
      'select tenant_id as "tenantId", connection_id as "connectionId" from route where channel = $1 and external_id = $2',
      [kind, externalId],
    );
    return row ?? null;
  }

  /** Every connection of one kind in the installation, whosever it is. */
  async routesOf(kind: RouteKind): Promise<Route[]> {
    return this.db.query<Route>(
      'select tenant_id as "tenantId", connection_id as "connectionId" from route where channel = $1 order by external_id',
      [kind],
    );
  }

  /** The vendor's id of a connection: its page id, its address. Null when it is gone. */
  async externalIdOf({ tenantId, connectionId }: Route): Promise<string | null> {
    const connection = await this.db.inTenant(tenantId, (tx) => tx.entities.findOneBy(ConnectionEntity, { id: connectionId }));
    return connection?.externalId ?? null;
  }

  /** A connection with its secrets, for one call. Errors: not_found. */
  async open(tx: TenantTx, id: ConnectionId): Promise<OpenConnection> {
    const connection = await this.row(tx, id);
    const { tenantId, externalId, name, channel } = connection;
    return {
      tenantId,
      id,
      externalId,
      name,
      secrets: this.secretsOf(connection),
      settings: settingsOf(connection),
      mailbox: channel === 'email' ? await openMailbox(tx, id) : null,
    };
  }

  /** Its secrets alone: what every request of a door that checks one asks for. Errors: not_found. */
  async secretsFor(tx: TenantTx, id: ConnectionId): Promise<Record<string, string>> {
    const [row] = await tx.queryPrepared<{ sealed_secrets: Buffer | null }>(
      'secrets-of-a-connection',
      'select sealed_secrets from connection where id = $1',
      [id],
    );
    if (!row) throw notFound();
    return this.secretsOf({ tenantId: tx.tenantId, id, sealedSecrets: row.sealed_secrets });
  }

  /** Errors: not_found. */
  async settingsOf(tx: TenantTx, id: ConnectionId): Promise<PageSettings> {
    return settingsOf(await this.row(tx, id));
  }

  /** How many are connected. */
  async count(tx: TenantTx): Promise<number> {
    const [row] = await tx.query<{ count: number }>("select count(*)::int as count from connection where state <> 'disconnected'");
    return row!.count;
  }

  /** The names of connections by id, for whoever shows what came in through them. */
  async names(tx: TenantTx): Promise<ReadonlyMap<string, string>> {
    const rows = await tx.query<{ id: string; name: string }>('select id, name from connection');
    return new Map(rows.map(({ id, name }) => [id, name]));
  }

  /** The addresses of the tenant's own mailboxes, in lower case. */
  async mailboxAddresses(tx: TenantTx): Promise<ReadonlySet<string>> {
    const rows = await tx.query<{ external_id: string }>("select external_id from connection where channel = 'email'");
    return new Set(rows.map(({ external_id }) => external_id.toLowerCase()));
  }

  /** Whether a mailbox acknowledges what opens a conversation. */
  async repliesByItself(tx: TenantTx, id: ConnectionId): Promise<boolean> {
    const [row] = await tx.queryPrepared<{ auto_reply_on: boolean }>(
      'replies-by-itself',
      'select auto_reply_on from mailbox where connection_id = $1',
      [id],
    );
    return row?.auto_reply_on ?? false;
  }

  /** Whether anything can go out through it. Errors: not_found. */
  async stateOf(tx: TenantTx, id: ConnectionId): Promise<ConnectionState> {
    return (await this.row(tx, id)).state;
  }

  /** Errors: unprocessable `connection_gone` when nothing can be sent through it any more. */
  async demandConnected(tx: TenantTx, id: ConnectionId): Promise<void> {
    const [connection] = await tx.query<{ state: ConnectionState }>('select state from connection where id = $1', [id]);
    if (connection && connection.state !== 'disconnected') return;
    throw new Refusal('unprocessable', 'connection_gone', 'This page or mailbox is no longer connected. Connect it again to answer here.');
  }

  async markReceived(tx: TenantTx, id: ConnectionId, at: Date): Promise<void> {
    await tx.query(
      "update connection set last_received_at = $2 where id = $1 and (last_received_at is null or last_received_at < $2::timestamptz - interval '10 seconds')",
      [id, at],
    );
  }

  /** The vendor no longer accepts what we hold. Receiving goes on; the tenant sees what to do, and its admins are told once. */
  async markBroken(tx: TenantTx, id: ConnectionId, problem: ConnectionProblem): Promise<void> {
    const changed = await tx.query(
      "update connection set state = 'needs_reconnecting', problem = $2 where id = $1 and state = 'active' returning id",
      [id, keptProblem(problem)],
    );
    if (changed.length === 0) return;
    this.feed.append(tx, { type: 'connection_changed', connectionId: id });
    await this.jobs.enqueue(tx, NotifyAdmins, { tenantId: tx.tenantId, connectionId: id }, { onceKey: `notify-admins:${id}` });
  }

  /** The vendor accepts what we hold again, without anybody's doing: what waited to go out goes. */
  async markMended(tx: TenantTx, id: ConnectionId): Promise<void> {
    const mended = await tx.query(
      "update connection set state = 'active', problem = null where id = $1 and state = 'needs_reconnecting' returning id",
      [id],
    );
    if (mended.length === 0) return;
    this.feed.append(tx, { type: 'connection_changed', connectionId: id });
    await this.jobs.enqueue(tx, ReleaseParked, { tenantId: tx.tenantId, connectionId: id });
  }

  /** Somebody looked whether it still works. `grant`: whose it is and what it may do, as far as the vendor said so. */
  async markLooked(
    tx: TenantTx,
    id: ConnectionId,
    { at, grant = { by: null, scopes: [] } }: { at: Date; grant?: { by: string | null; scopes: string[] } },
  ): Promise<void> {
    await tx.query(
      `update connection set checked_at = $2, granted_by = coalesce($3, granted_by),
         granted_scopes = case when cardinality($4::text[]) > 0 then $4::text[] else granted_scopes end
       where id = $1 and state <> 'disconnected'`,
      [id, at, grant.by, grant.scopes],
    );
    await tx.query('update route set granted_by = coalesce($3, granted_by) where tenant_id = $1 and connection_id = $2', [
      tx.tenantId,
      id,
      grant.by,
    ]);
  }

  /** It works, but not all of it: what is missing. Null: nothing is. Says nothing about one that is broken. */
  async markProblem(tx: TenantTx, id: ConnectionId, problem: ConnectionProblem | null): Promise<void> {
    const changed = await tx.query(
      "update connection set problem = $2 where id = $1 and state = 'active' and problem is distinct from $2 returning id",
      [id, problem === null ? null : keptProblem(problem)],
    );
    if (changed.length > 0) this.feed.append(tx, { type: 'connection_changed', connectionId: id });
  }

  /** The vendor restricts it, or lets go; the newest word counts, whichever comes first. Let go, what waited to go out goes. */
  async markRestriction(
    tx: TenantTx,
    id: ConnectionId,
    { action, reason, actedAt }: Pick<InboundRestriction, 'action' | 'reason' | 'actedAt'>,
  ): Promise<void> {
    const restriction = action === 'block' ? (reason ?? 'block').slice(0, RESTRICTION_CHARS_MAX) : action === 'warning' ? 'warning' : null;
    const changed = await tx.query(
      'update connection set restriction = $2, restricted_at = $3 where id = $1 and (restricted_at is null or restricted_at < $3) returning id',
      [id, restriction, actedAt],
    );
    if (changed.length === 0) return;
    this.feed.append(tx, { type: 'connection_changed', connectionId: id });
    if (action === 'unblock') await this.jobs.enqueue(tx, ReleaseParked, { tenantId: tx.tenantId, connectionId: id });
  }

  /** Our own question came back through the public address. */
  async markSelfTest(tx: TenantTx, id: ConnectionId, nonce: string, at: Date): Promise<void> {
    await tx.query('update connection set self_test_nonce = $2, self_test_at = $3 where id = $1', [id, nonce, at]);
  }

  private async row(tx: TenantTx, id: ConnectionId): Promise<ConnectionEntity> {
    const connection = await tx.entities.findOneBy(ConnectionEntity, { id });
    if (!connection) throw notFound();
    return connection;
  }

  private described(connection: ConnectionEntity, mailboxes: Awaited<ReturnType<typeof describeMailboxes>>): Connection {
    const mailbox = mailboxes.get(connection.id);
    const hasSmtp = () => this.secretsOf(connection)['smtpUrl'] !== undefined;
    return describeConnection(connection, mailbox === undefined ? null : { ...mailbox, hasSmtp: mailbox.login !== null || hasSmtp() });
  }

  private secretsOf({ tenantId, id, sealedSecrets }: Pick<ConnectionEntity, 'tenantId' | 'id' | 'sealedSecrets'>): Record<string, string> {
    if (sealedSecrets === null) return {};
    return JSON.parse(this.secrets.open(sealedSecrets, sealedFor(tenantId, id)).toString()) as Record<string, string>;
  }

  private async take(tx: TenantTx, connection: NewConnection, act?: 'connection_taken'): Promise<Connection> {
    const { tenantId } = tx;
    const { channel, externalId, name, secrets, routes, grant, together } = connection;
    const known = await tx.entities.findOneBy(ConnectionEntity, { channel, externalId });
    const id = known?.id ?? newId<ConnectionId>(this.clock.now());
    await tx.entities.save(ConnectionEntity, {
      tenantId,
      id,
      channel,
      externalId,
      name,
      state: 'active',
      problem: null,
      sealedSecrets: this.secrets.seal(JSON.stringify(secrets), sealedFor(tenantId, id)),
      grantedBy: grant?.by ?? null,
      grantedScopes: grant?.scopes ?? [],
      ...(known ? {} : { humanAgent: false, personas: false, comments: true, createdAt: this.clock.now() }),
    });
    for (const name of routes) await claimRoute(tx, name, { tenantId, connectionId: id, grantedBy: grant?.by ?? null });
    await together?.(tx, id);
    this.audit.append(tx, { ...connected(connection, known), ...(act ? { act } : {}), about: { kind: 'connection', id } });
    this.feed.append(tx, { type: 'connection_changed', connectionId: id });
    if (known) await this.jobs.enqueue(tx, ReleaseParked, { tenantId, connectionId: id });
    return this.describe(tx, id);
  }

  private async give(tx: TenantTx, id: ConnectionId, moveCode: string): Promise<void> {
    await redeemMoveCode(tx, id, { code: moveCode, now: this.clock.now() });
    await this.shut(tx, id, { code: 'moved_away' });
    this.audit.append(tx, { act: 'connection_given', by: { kind: 'system' }, about: { kind: 'connection', id } });
  }

  private async shut(tx: TenantTx, id: ConnectionId, problem: ConnectionProblem | null): Promise<void> {
    await tx.query('delete from route where connection_id = $1 and tenant_id = $2', [id, tx.tenantId]);
    await tx.query('delete from move_code where connection_id = $1', [id]);
    await tx.query('delete from mail_grant where connection_id = $1', [id]);
    await tx.query(
      `update connection set state = 'disconnected', sealed_secrets = null, granted_by = null, granted_scopes = '{}', problem = $2
       where id = $1`,
      [id, problem === null ? null : keptProblem(problem)],
    );
    this.feed.append(tx, { type: 'connection_changed', connectionId: id });
  }
}

function connected({ channel, externalId, madeBy }: NewConnection, known: ConnectionEntity | null): AuditEntryInput {
  const isRenewed = known !== null && known.state !== 'disconnected';
  const renewed = channel === 'messenger' ? 'page_token_replaced' : 'mailbox_changed';
  return {
    act: isRenewed ? renewed : 'connection_made',
    by: madeBy ?? { kind: 'system' },
    facts: channel === 'email' ? { channel } : { channel, externalId },
    personal: { address: channel === 'email' ? externalId : '' },
  };
}

function sealedFor(tenantId: TenantId, id: ConnectionId) {
  return { owner: tenantId, purpose: `connection ${id}` };
}
