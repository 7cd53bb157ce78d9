import type { ChannelKind } from '#contract';
import type { ConnectionId } from '#channels';
import type { TenantId } from '#platform';

/** Where an event came in. */
export interface Arrival {
  tenantId: TenantId;
  connectionId: ConnectionId;
  channel: ChannelKind;
}
