import { Injectable } from '@nestjs/common';
import { Audit } from '#audit';
import type { RoleKind, SecondFactorOf, Security, SecurityChange } from '#contract';
import { Clock, Database, Refusal, type TenantTx } from '#platform';
import type { Actor } from './actor.js';
import { auditedAs } from './audited-as.js';
import { DEMANDED_FROM_SQL, SECOND_FACTORS_SQL } from './second-factor.js';

export const GRACE_DAYS_DEFAULT = 14;
/** Who can change everything: only an owner may let them do without. */
const GUARDED_ROLES: readonly RoleKind[] = ['owner', 'admin'];
const PEOPLE_LISTED_MAX = 1000;

interface Row {
  since: Record<string, string>;
  graceDays: number;
  singleSignOnRequired: boolean;
}

/** What a tenant asks of whoever comes in. A tenant without a row has the defaults. */
@Injectable()
export class SecuritySettings {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly audit: Audit,
  ) {}

  /** A new tenant asks its owners and admins for a second factor, after the days of grace. */
  async begin(tx: TenantTx): Promise<void> {
    await this.keep(tx, {
      since: Object.fromEntries(GUARDED_ROLES.map((role) => [role, this.clock.now().toISOString()])),
      graceDays: GRACE_DAYS_DEFAULT,
      singleSignOnRequired: false,
    });
  }

  async get(actor: Actor): Promise<Security> {
    return this.db.inTenant(actor, async (tx) => describe(await this.row(tx)));
  }

  /**
   * Change what is asked for. It holds at once, in open sessions too.
   *
   * Errors   forbidden `owner_only` when somebody else lets owners or admins do without a second factor, or wait longer
   */
  async change(actor: Actor, { secondFactor, singleSignOnRequired }: SecurityChange): Promise<Security> {
    return this.db.inTenant(actor, async (tx) => {
      await tx.query('select id from tenant for update');
      const before = await this.row(tx);
      const after = {
        ...merged(before, secondFactor ?? {}, this.clock.now()),
        singleSignOnRequired: singleSignOnRequired ?? before.singleSignOnRequired,
      };
      if (actor.role !== 'owner' && isLooser(before, after)) {
        throw new Refusal('forbidden', 'owner_only', 'Only an owner can let owners and admins do without a second factor.');
      }
      await this.keep(tx, after);
      const facts = {
        secondFactorRoles: Object.keys(after.since),
        secondFactorGraceDays: after.graceDays,
        singleSignOnRequired: after.singleSignOnRequired,
      };
      this.audit.append(tx, { act: 'security_changed', by: auditedAs(actor), facts });
      return describe(after);
    });
  }

  /** Who can come in, and whether they have a second factor: the ones who still need one first. */
  async people(actor: Actor): Promise<SecondFactorOf[]> {
    return this.db.inTenant(actor, async (tx) => {
      const rows = await tx.query<Omit<SecondFactorOf, 'enrolBy'> & { enrolBy: Date | null }>(
        `select "agentId", name, role, "isReady", case when "isDemanded" and not "isReady" then "demandedFrom" end as "enrolBy"
         from (
           select agent.id as "agentId", agent.name, agent.role, ${SECOND_FACTORS_SQL} <> '{}' as "isReady",
             security.second_factor_since ? agent.role as "isDemanded", ${DEMANDED_FROM_SQL} as "demandedFrom"
           from agent left join tenant_security security on security.tenant_id = agent.tenant_id
           where agent.state = 'active'
         ) as person
         order by "enrolBy" nulls last, name limit $1`,
        [PEOPLE_LISTED_MAX],
      );
      return rows.map((row) => ({ ...row, enrolBy: row.enrolBy?.toISOString() ?? null }));
    });
  }

  /** Whether the tenant asks this role for a second factor, be it only after some days. */
  async demands(tx: TenantTx, role: RoleKind): Promise<boolean> {
    return (await this.row(tx)).since[role] !== undefined;
  }

  private async row(tx: TenantTx): Promise<Row> {
    const [row] = await tx.query<Row>(
      `select second_factor_since as since, second_factor_grace_days as "graceDays", single_sign_on_required as "singleSignOnRequired"
       from tenant_security`,
    );
    return row ?? { since: {}, graceDays: GRACE_DAYS_DEFAULT, singleSignOnRequired: false };
  }

  private async keep(tx: TenantTx, { since, graceDays, singleSignOnRequired }: Row): Promise<void> {
    await tx.query(
      `insert into tenant_security (tenant_id, second_factor_since, second_factor_grace_days, single_sign_on_required)
       values ($1, $2, $3, $4)
       on conflict (tenant_id) do update set second_factor_since = excluded.second_factor_since,
         second_factor_grace_days = excluded.second_factor_grace_days, single_sign_on_required = excluded.single_sign_on_required`,
      [tx.tenantId, JSON.stringify(since), graceDays, singleSignOnRequired],
    );
  }
}

function merged(
  before: Row,
  { roles, graceDays }: NonNullable<SecurityChange['secondFactor']>,
  now: Date,
): Omit<Row, 'singleSignOnRequired'> {
  const wanted = roles ?? Object.keys(before.since);
  return {
    since: Object.fromEntries(wanted.map((role) => [role, before.since[role] ?? now.toISOString()])),
    graceDays: graceDays ?? before.graceDays,
  };
}

function isLooser(before: Row, after: Row): boolean {
  const guarded = GUARDED_ROLES.filter((role) => before.since[role] !== undefined);
  return guarded.some((role) => after.since[role] === undefined) || (guarded.length > 0 && after.graceDays > before.graceDays);
}

function describe({ since, graceDays, singleSignOnRequired }: Row): Security {
  const roles = Object.entries(since).map(([role, at]) => ({ role: role as RoleKind, since: at }));
  return { secondFactor: { roles, graceDays }, singleSignOnRequired };
}
