import { Inject, Injectable } from '@nestjs/common';
import { Audit, type AuditEntryInput } from '#audit';
import type { IdentityProvider, IdentityProviderTest, RoleLine } from '#contract';
import { IDENTITY_PROVIDERS_MAX, type IdentityProviderChange, NewIdentityProvider } from '#contract';
import { Clock, CONFIG, type Config, Database, isUuid, newId, notFound, Refusal, SecretBox, type TenantTx } from '#platform';
import type { z } from 'zod';
import type { Actor } from './actor.js';
import { auditedAs } from './audited-as.js';
import { IdentityClient } from './identity-client.js';
import { keyText, PROVIDER_COLUMNS, type ProviderRow, roleLinesOf, sealedFor } from './identity-provider.js';
import { demandGivable } from './role.js';

type Wanted = z.output<typeof NewIdentityProvider>;

/** The providers by which a tenant's people come in, and what each may decide. */
@Injectable()
export class IdentityProviderService {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly audit: Audit,
    private readonly secrets: SecretBox,
    private readonly client: IdentityClient,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** By name. */
  async list(actor: Actor): Promise<IdentityProvider[]> {
    return this.db.inTenant(actor, async (tx) => {
      const rows = await tx.query<ProviderRow>(`select ${PROVIDER_COLUMNS} from identity_provider order by lower(name), id`);
      const described: IdentityProvider[] = [];
      for (const row of rows) described.push(await this.describe(tx, row));
      return described;
    });
  }

  /**
   * Errors   conflict `name_taken`, `too_many_providers`; unprocessable `issuer_not_https`, `issuer_not_plain`, `domains_missing`,
   *          `no_such_role`; forbidden `beyond_your_rights` for a role that may more than the actor
   */
  async create(actor: Actor, wanted: Wanted): Promise<IdentityProvider> {
    return this.db.inTenant(actor, async (tx) => {
      const now = this.clock.now();
      await tx.query('select id from tenant for update');
      const [{ count } = { count: 0 }] = await tx.query<{ count: number }>('select count(*)::int as count from identity_provider');
      if (count >= IDENTITY_PROVIDERS_MAX) {
        throw new Refusal('conflict', 'too_many_providers', 'There are ten providers already. Delete one first.');
      }
      const id = newId<string>(now);
      await this.keep(tx, actor, { ...wanted, id, createdAt: now, secretSealed: this.sealed(tx, id, wanted.clientSecret) });
      return this.record(tx, actor, 'identity_provider_made', id);
    });
  }

  /**
   * Errors   not_found; unprocessable `secret_again` when the issuer changes and its secret is not given anew: what was given to one is
   *          shown to no other; as for `create`, also when roles that it gives already may more than the actor
   */
  async change(actor: Actor, id: string, change: z.output<typeof IdentityProviderChange>): Promise<IdentityProvider> {
    return this.db.inTenant(actor, async (tx) => {
      const before = await lock(tx, id);
      const roles = await roleLinesOf(tx, id);
      for (const line of roles) await demandGivable(tx, actor, line);
      const { clientSecret, ...rest } = change;
      const isElsewhere = change.issuer !== undefined && change.issuer !== before.issuer;
      if (isElsewhere && before.secretSealed !== null && clientSecret === undefined) {
        throw new Refusal('unprocessable', 'secret_again', 'This is another issuer. Give its secret too.');
      }
      const secretSealed = clientSecret === undefined ? before.secretSealed : this.sealed(tx, id, clientSecret);
      await this.keep(tx, actor, { roles, ...before, ...defined(rest), secretSealed });
      return this.record(tx, actor, 'identity_provider_changed', id);
    });
  }

  /** Whoever came in by it alone asks for a new password. Errors: not_found; forbidden `beyond_your_rights`. */
  async remove(actor: Actor, id: string): Promise<void> {
    await this.db.inTenant(actor, async (tx) => {
      await lock(tx, id);
      for (const line of await roleLinesOf(tx, id)) await demandGivable(tx, actor, line);
      await this.record(tx, actor, 'identity_provider_deleted', id);
      await tx.query('delete from identity_provider where id = $1', [id]);
    });
  }

  /** Ask the provider who it is. Errors: not_found; unavailable `provider_unavailable`; unprocessable `provider_unfit`. */
  async test(actor: Actor, id: string): Promise<IdentityProviderTest> {
    if (!isUuid(id)) throw notFound();
    const row = await this.db.inTenant(actor, (tx) => find(tx, id));
    return this.client.look(actor.tenantId, row);
  }

  private async keep(tx: TenantTx, actor: Actor, wanted: ProviderRow & { roles: readonly RoleLine[] }): Promise<void> {
    this.client.demandIssuer(wanted.issuer);
    if (wanted.createsAgents && wanted.domains.length === 0) {
      throw new Refusal('unprocessable', 'domains_missing', 'Say which domains the addresses of people who come uninvited are in.');
    }
    const taken = await tx.query('select 1 from identity_provider where lower(name) = lower($1) and id <> $2', [wanted.name, wanted.id]);
    if (taken.length > 0) throw new Refusal('conflict', 'name_taken', 'Another provider is called that already. Choose another name.');
    await tx.query(UPSERT, [
      tx.tenantId,
      wanted.id,
      wanted.name,
      wanted.issuer,
      wanted.clientId,
      wanted.secretSealed,
      wanted.scopes,
      wanted.roleClaim,
      wanted.createsAgents,
      wanted.domains,
      wanted.countsAsSecondFactor,
      wanted.isEnabled,
      wanted.createdAt,
    ]);
    await tx.query('delete from identity_role where provider_id = $1', [wanted.id]);
    for (const [position, line] of wanted.roles.entries()) {
      const { role, roleId } = await demandGivable(tx, actor, line);
      await tx.query(
        'insert into identity_role (tenant_id, provider_id, position, claim_value, role, role_id) values ($1, $2, $3, $4, $5, $6)',
        [tx.tenantId, wanted.id, position, line.value, role, roleId],
      );
    }
  }

  private async record(tx: TenantTx, actor: Actor, act: ProviderAct, id: string): Promise<IdentityProvider> {
    const provider = await this.describe(tx, await find(tx, id));
    const { issuer, clientId, roleClaim, roles, createsAgents, domains, countsAsSecondFactor, isEnabled } = provider;
    const given = roles.map(({ value, role, roleId }) => `${value ?? '*'}: ${roleId ?? role}`);
    const facts = { issuer, clientId, roleClaim, roles: given, createsAgents, domains, countsAsSecondFactor, isEnabled };
    this.audit.append(tx, { act, by: auditedAs(actor), about: { kind: 'identity_provider', id }, facts });
    return provider;
  }

  private async describe(tx: TenantTx, { secretSealed, createdAt, ...row }: ProviderRow): Promise<IdentityProvider> {
    const [{ agents } = { agents: 0 }] = await tx.query<{ agents: number }>(
      'select count(*)::int as agents from identity_link where provider_id = $1 and issuer = $2',
      [row.id, row.issuer],
    );
    const key = keyText({ tenantId: tx.tenantId, providerId: row.id });
    return {
      ...row,
      roles: await roleLinesOf(tx, row.id),
      hasSecret: secretSealed !== null,
      signInUrl: `${this.config.publicUrl}/enter/${key}`,
      redirectUrl: this.client.redirectUrl(tx.tenantId, row),
      agents,
      createdAt: createdAt.toISOString(),
    };
  }

  private sealed(tx: TenantTx, id: string, secret: string | null): Buffer | null {
    return secret === null ? null : this.secrets.seal(secret, sealedFor(tx.tenantId, id));
  }
}

type ProviderAct = Extract<AuditEntryInput['act'], `identity_provider_${string}`>;

const UPSERT = `
  insert into identity_provider (tenant_id, id, name, issuer, client_id, client_secret_sealed, scopes, role_claim, creates_agents, domains,
    counts_as_second_factor, is_enabled, created_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
  on conflict (tenant_id, id) do update set name = excluded.name, issuer = excluded.issuer, client_id = excluded.client_id,
    client_secret_sealed = excluded.client_secret_sealed, scopes = excluded.scopes, role_claim = excluded.role_claim,
    creates_agents = excluded.creates_agents, domains = excluded.domains, counts_as_second_factor = excluded.counts_as_second_factor,
    is_enabled = excluded.is_enabled`;

async function find(tx: TenantTx, id: string): Promise<ProviderRow> {
  const [row] = await tx.query<ProviderRow>(`select ${PROVIDER_COLUMNS} from identity_provider where id = $1`, [id]);
  if (!row) throw notFound();
  return row;
}

async function lock(tx: TenantTx, id: string): Promise<ProviderRow> {
  if (!isUuid(id)) throw notFound();
  await tx.query('select id from identity_provider where id = $1 for update', [id]);
  return find(tx, id);
}

function defined<T extends object>(change: T): { [Name in keyof T]: Exclude<T[Name], undefined> } {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)) as {
    [Name in keyof T]: Exclude<T[Name], undefined>;
  };
}
