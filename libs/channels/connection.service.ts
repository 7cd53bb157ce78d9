import { Injectable } from '@nestjs/common';
import type { ChannelKind, Connection, ConnectionState } from '#contract';
import { Clock, Database, newId, notFound, Refusal, SecretBox, type TenantId, type TenantTx, type Tx } from '#platform';
import { Feed } from '#realtime';
import type { OpenConnection } from './channel.js';
import type { ConnectionId } from './connection-id.js';
import { ConnectionEntity } from './connection.entity.js';

/** Whose an external id is. */
export interface Route {
  tenantId: TenantId;
  connectionId: ConnectionId;
}

/** What a delivery or a recipient is routed by. A mailbox has two names: the key in its webhook's address, and its own address. */
export type RouteKind = ChannelKind | 'email-address';

export interface NewConnection {
  channel: ChannelKind;
  externalId: string;
  name: string;
  secrets: Record<string, string>;
  routes: { kind: RouteKind; externalId: string }[];
}

const CONNECTIONS_MAX = 200;

/** A tenant's own pages and mailboxes. */
@Injectable()
export class ConnectionService {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly secrets: SecretBox,
    private readonly feed: Feed,
  ) {}

  async list(tenantId: TenantId): Promise<Connection[]> {
    return this.db.inTenant(tenantId, async (tx) => {
      const found = await tx.entities.find(ConnectionEntity, { order: { createdAt: 'ASC' }, take: CONNECTIONS_MAX });
      return found.map(describeConnection);
    });
  }

  /**
   * Connect a page or mailbox, or give one of this tenant's own new secrets.
   *
   * Errors   conflict `connected_elsewhere` when it belongs to another tenant, who is not named
   */
  async connect(tenantId: TenantId, connection: NewConnection): Promise<Connection> {
    return this.db.inTenant(tenantId, async (tx) => {
      const known = await tx.entities.findOneBy(ConnectionEntity, { channel: connection.channel, externalId: connection.externalId });
      const id = known?.id ?? newId<ConnectionId>(this.clock.now());
      await tx.entities.save(ConnectionEntity, {
        tenantId,
        id,
        channel: connection.channel,
        externalId: connection.externalId,
        name: connection.name,
        state: 'active',
        problem: null,
        sealedSecrets: this.secrets.seal(JSON.stringify(connection.secrets), sealedFor(tenantId, id)),
        lastReceivedAt: known?.lastReceivedAt ?? null,
        createdAt: known?.createdAt ?? this.clock.now(),
      });
      for (const route of connection.routes) await claimRoute(tx, route.kind, route.externalId, { tenantId, connectionId: id });
      this.feed.append(tx, { type: 'connection_changed', connectionId: id });
      return describeConnection(await tx.entities.findOneByOrFail(ConnectionEntity, { id }));
    });
  }

  /** Forget the secrets and stop receiving. What was said stays, under its policy. Repeats: fine. */
  async disconnect(tenantId: TenantId, id: ConnectionId): Promise<OpenConnection> {
    return this.db.inTenant(tenantId, async (tx) => {
      const connection = await this.open(tx, id);
      await tx.query('delete from route where connection_id = $1 and tenant_id = $2', [id, tenantId]);
      await tx.entities.update(ConnectionEntity, { tenantId, id }, { state: 'disconnected', sealedSecrets: null, problem: null });
      this.feed.append(tx, { type: 'connection_changed', connectionId: id });
      return connection;
    });
  }

  /** Whose this is, or null when nobody connected it. */
  async routeOf(kind: RouteKind, externalId: string): Promise<Route | null> {
    const [row] = await this.db.query<Route>(
      'select tenant_id as "tenantId", connection_id as "connectionId" from route where channel = $1 and external_id = $2',
      [kind, externalId],
    );
    return row ?? null;
  }

  /** The vendor's id of a connection: its page id, its address. Null when it is gone. */
  async externalIdOf({ tenantId, connectionId }: Route): Promise<string | null> {
    const connection = await this.db.inTenant(tenantId, (tx) => tx.entities.findOneBy(ConnectionEntity, { id: connectionId }));
    return connection?.externalId ?? null;
  }

  /** A connection with its secrets, for one call. Errors: not_found. */
  async open(tx: TenantTx, id: ConnectionId): Promise<OpenConnection> {
    const connection = await tx.entities.findOneBy(ConnectionEntity, { id });
    if (!connection) throw notFound();
    const { tenantId, externalId, name, sealedSecrets } = connection;
    const secrets = sealedSecrets === null ? '{}' : this.secrets.open(sealedSecrets, sealedFor(tenantId, id)).toString();
    return { tenantId, id, externalId, name, secrets: JSON.parse(secrets) as Record<string, string> };
  }

  /** The names of connections by id, for whoever shows what came in through them. */
  async names(tx: TenantTx): Promise<ReadonlyMap<string, string>> {
    const rows = await tx.query<{ id: string; name: string }>('select id, name from connection');
    return new Map(rows.map(({ id, name }) => [id, name]));
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

  /** The vendor no longer accepts what we hold. Receiving goes on; the tenant sees what to do. */
  async markBroken(tx: TenantTx, id: ConnectionId, problem: string): Promise<void> {
    const changed = await tx.query(
      "update connection set state = 'needs_reconnecting', problem = $2 where id = $1 and state = 'active' returning id",
      [id, problem],
    );
    if (changed.length > 0) this.feed.append(tx, { type: 'connection_changed', connectionId: id });
  }
}

function describeConnection(connection: ConnectionEntity): Connection {
  return {
    id: connection.id,
    channel: connection.channel,
    name: connection.name,
    externalId: connection.externalId,
    state: connection.state,
    problem: connection.problem,
    lastReceivedAt: connection.lastReceivedAt?.toISOString() ?? null,
    createdAt: connection.createdAt.toISOString(),
  };
}

async function claimRoute(tx: Tx, kind: RouteKind, externalId: string, { tenantId, connectionId }: Route): Promise<void> {
  const rows = await tx.query(
    `insert into route (channel, external_id, tenant_id, connection_id) values ($1, $2, $3, $4)
     on conflict (channel, external_id) do update set connection_id = excluded.connection_id where route.tenant_id = excluded.tenant_id
     returning channel`,
    [kind, externalId, tenantId, connectionId],
  );
  if (rows.length > 0) return;
  throw new Refusal(
    'conflict',
    'connected_elsewhere',
    'This is connected to another business on this installation. It has to be disconnected there first.',
  );
}

function sealedFor(tenantId: TenantId, id: ConnectionId) {
  return { owner: tenantId, purpose: `connection ${id}` };
}
