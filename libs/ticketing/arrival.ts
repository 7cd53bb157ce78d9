import type { ChannelKind } from '#contract';
import type { ConnectionId } from '#channels';
import type { TenantId, TenantTx } from '#platform';
import type { PoliciesInForce } from '#policies';

/** Where an event came in. */
export interface Arrival {
  tenantId: TenantId;
  connectionId: ConnectionId;
  channel: ChannelKind;
}

/** One event being taken in: the transaction it happens in, where it came in, and what was in force at that moment. */
export interface Taking {
  tx: TenantTx;
  arrival: Arrival;
  policies: PoliciesInForce;
  now: Date;
}
