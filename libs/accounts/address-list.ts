import type { AuditActor } from '#audit';
import { isAddressIn, Refusal, type Source, type TenantId, type TenantTx } from '#platform';
import type { AgentId } from './actor.js';

/** A "no" to somebody who has proved who he is, from a network that the tenant does not name: worth writing down, whichever door it was. */
export class AddressRefusal extends Refusal {
  constructor(
    readonly tenantId: TenantId,
    readonly by: AuditActor,
  ) {
    super(
      'forbidden',
      'address_not_allowed',
      'Your team can be reached from its own networks alone, and this is none of them. Connect from there, or ask an admin.',
    );
  }
}

/** Whether a list of networks lets an address in. An empty one lets everybody in. */
export function isListed(ranges: readonly string[], address: string): boolean {
  return ranges.length === 0 || isAddressIn(address, ranges);
}

/** For every door that lets somebody in, or changes how he comes in. Errors: forbidden `address_not_allowed`. */
export async function demandAddress(tx: TenantTx, agentId: AgentId, { address }: Source): Promise<void> {
  const [allowed] = await tx.query<{ ranges: string[] }>('select array(select range from allowed_range) as ranges');
  if (!isListed(allowed!.ranges, address)) throw new AddressRefusal(tx.tenantId, { kind: 'agent', id: agentId });
}
