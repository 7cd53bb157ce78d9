import { isAddressIn, Refusal, type Source, type TenantTx } from '#platform';

/** Whether a list of networks lets an address in. An empty one lets everybody in. */
export function isListed(ranges: readonly string[], address: string): boolean {
  return ranges.length === 0 || isAddressIn(address, ranges);
}

/** Errors: forbidden `address_not_allowed`. */
export function demandListed(ranges: readonly string[], address: string): void {
  if (isListed(ranges, address)) return;
  throw new Refusal(
    'forbidden',
    'address_not_allowed',
    'Your team can be reached from its own networks alone, and this is none of them. Connect from there, or ask an admin.',
  );
}

/** For every door that lets somebody in, or changes how he comes in. Errors: forbidden `address_not_allowed`. */
export async function demandAddress(tx: TenantTx, { address }: Source): Promise<void> {
  const [allowed] = await tx.query<{ ranges: string[] }>('select array(select range from allowed_range) as ranges');
  demandListed(allowed!.ranges, address);
}
