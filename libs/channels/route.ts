import type { ChannelKind } from '#contract';
import { Refusal, type TenantId, type Tx } from '#platform';
import type { ConnectionId } from './connection-id.js';

/** Whose an external id is. */
export interface Route {
  tenantId: TenantId;
  connectionId: ConnectionId;
}

/** What a delivery or a recipient is routed by. A mailbox has two names: the key in its webhook's address, and its own address. */
export type RouteKind = ChannelKind | 'email-address';

export interface RouteName {
  kind: RouteKind;
  externalId: string;
}

/**
 * Make `name` lead to a connection of this tenant's.
 *
 * Errors   conflict `connected_elsewhere` when it leads to another tenant, who is not named
 */
export async function claimRoute(tx: Tx, { kind, externalId }: RouteName, route: Route & { grantedBy: string | null }): Promise<void> {
  const rows = await tx.query(
    `insert into route (channel, external_id, tenant_id, connection_id, granted_by) values ($1, $2, $3, $4, $5)
     on conflict (channel, external_id) do update set connection_id = excluded.connection_id, granted_by = excluded.granted_by
       where route.tenant_id = excluded.tenant_id
     returning channel`,
    [kind, externalId, route.tenantId, route.connectionId, route.grantedBy],
  );
  if (rows.length > 0) return;
  throw new Refusal(
    'conflict',
    'connected_elsewhere',
    'This is connected to another business on this installation. It has to be disconnected there first, or that business has to agree and give you a code.',
  );
}
