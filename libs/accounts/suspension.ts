import { Refusal, type TenantTx } from '#platform';

/** Whether anybody of the tenant may act. What comes in for a suspended one is still kept. */
export async function isActive(tx: TenantTx): Promise<boolean> {
  const [tenant] = await tx.query<{ state: string }>('select state from tenant');
  return tenant?.state === 'active';
}

/** For every door that lets somebody in, or changes how he comes in. Errors: forbidden `tenant_suspended`. */
export async function demandActive(tx: TenantTx): Promise<void> {
  if (await isActive(tx)) return;
  // Said only to whoever has proved to be one of theirs.
  throw new Refusal('forbidden', 'tenant_suspended', 'Access for your business is suspended. Ask whoever runs this Omnidesk for you.');
}
