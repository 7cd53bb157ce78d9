import type { RoleLine } from '#contract';
import { notFound, Refusal, type SecretBox, type TenantId, type TenantTx, uuidFromBytes, uuidToBytes } from '#platform';

/** A provider of a tenant's, as it is stored. */
export interface ProviderRow {
  id: string;
  name: string;
  issuer: string;
  clientId: string;
  secretSealed: Buffer | null;
  scopes: string[];
  roleClaim: string | null;
  createsAgents: boolean;
  domains: string[];
  countsAsSecondFactor: boolean;
  isEnabled: boolean;
  createdAt: Date;
}

export const PROVIDER_COLUMNS = `identity_provider.id, identity_provider.name, identity_provider.issuer, client_id as "clientId",
  client_secret_sealed as "secretSealed", scopes, role_claim as "roleClaim", creates_agents as "createsAgents", domains,
  counts_as_second_factor as "countsAsSecondFactor", is_enabled as "isEnabled", identity_provider.created_at as "createdAt"`;

const KEY_BYTES = 32;
const KEY = /^[A-Za-z0-9_-]{43}$/;

/** Which provider of which tenant a link leads to. It opens nothing; that nobody guesses it keeps who our tenants are to ourselves. */
export interface ProviderKey {
  tenantId: TenantId;
  providerId: string;
}

export function keyText({ tenantId, providerId }: ProviderKey): string {
  return Buffer.concat([uuidToBytes(tenantId), uuidToBytes(providerId)]).toString('base64url');
}

/** Errors: not_found for what is no key. */
export function readKey(text: string): ProviderKey {
  const bytes = KEY.test(text) ? Buffer.from(text, 'base64url') : Buffer.alloc(0);
  if (bytes.length !== KEY_BYTES) throw notFound();
  return { tenantId: uuidFromBytes(bytes.subarray(0, 16)) as TenantId, providerId: uuidFromBytes(bytes.subarray(16)) };
}

/** A provider by which people can come in at this moment. Errors: not_found, also for one that is switched off. */
export async function enabledProvider(tx: TenantTx, id: string): Promise<ProviderRow> {
  const [row] = await tx.query<ProviderRow>(`select ${PROVIDER_COLUMNS} from identity_provider where id = $1 and is_enabled`, [id]);
  if (!row) throw notFound();
  return row;
}

/** Who gets which role, in order. */
export async function roleLinesOf(tx: TenantTx, providerId: string): Promise<RoleLine[]> {
  return tx.query<RoleLine>(
    'select claim_value as value, role, role_id as "roleId" from identity_role where provider_id = $1 order by position',
    [providerId],
  );
}

/** What the tenant's provider knows this installation by; null for a client without a secret. */
export function secretOf(secrets: SecretBox, tenantId: TenantId, { id, secretSealed }: ProviderRow): string | null {
  return secretSealed && secrets.open(secretSealed, sealedFor(tenantId, id)).toString();
}

export function sealedFor(tenantId: TenantId, providerId: string) {
  return { owner: tenantId, purpose: `identity provider ${providerId}` };
}

/** Whether a link was made for what its provider is now. */
export const LIVE_LINK = 'identity_provider.is_enabled and identity_provider.issuer = identity_link.issuer';

/**
 * Where a tenant wants it so, whoever can come in by a provider comes in by no password. Owners can: a provider that is down must not
 * shut everybody out.
 *
 * Errors   forbidden `single_sign_on_required`
 */
export async function demandPasswordsLetIn(tx: TenantTx, agentId: string): Promise<void> {
  const [found] = await tx.query<{ name: string }>(
    `select identity_provider.name from identity_link
     join identity_provider on identity_provider.tenant_id = identity_link.tenant_id and identity_provider.id = identity_link.provider_id
     join agent on agent.tenant_id = identity_link.tenant_id and agent.id = identity_link.agent_id
     join tenant_security on tenant_security.tenant_id = identity_link.tenant_id
     where agent.id = $1 and agent.role <> 'owner' and single_sign_on_required and ${LIVE_LINK} limit 1`,
    [agentId],
  );
  if (!found) return;
  const field = { path: 'provider', message: found.name };
  throw new Refusal('forbidden', 'single_sign_on_required', `Your team signs in with ${found.name}. Use its link.`, [field]);
}
