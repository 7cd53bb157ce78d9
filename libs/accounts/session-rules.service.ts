import { Injectable } from '@nestjs/common';
import { Audit } from '#audit';
import type { SessionRules } from '#contract';
import { Clock, Database, type TenantTx } from '#platform';
import type { Actor } from './actor.js';
import { auditedAs } from './audited-as.js';

/** How long sessions of a tenant last, and when they lock themselves. */
@Injectable()
export class SessionRulesService {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly audit: Audit,
  ) {}

  async read(actor: Actor): Promise<SessionRules> {
    return this.db.inTenant(actor, rulesOf);
  }

  /** Change the rules, for the sessions that are open too. What has locked itself stays locked. */
  async change(actor: Actor, rules: SessionRules): Promise<SessionRules> {
    return this.db.inTenant(actor, async (tx) => {
      // By the old rule, before it is gone.
      await tx.query(
        `update session set locked_at = $1 from tenant
         where tenant.id = session.tenant_id and session.locked_at is null
           and session.last_active_at <= $1::timestamptz - make_interval(mins => tenant.lock_after_minutes)`,
        [this.clock.now()],
      );
      await tx.query('update tenant set lock_after_minutes = $1, session_idle_hours = $2, session_life_hours = $3', [
        rules.lockAfterMinutes,
        rules.idleHours,
        rules.lifeHours,
      ]);
      this.audit.append(tx, { act: 'session_rules_changed', by: auditedAs(actor), facts: { ...rules } });
      return rulesOf(tx);
    });
  }
}

async function rulesOf(tx: TenantTx): Promise<SessionRules> {
  const [rules] = await tx.query<SessionRules>(
    'select lock_after_minutes as "lockAfterMinutes", session_idle_hours as "idleHours", session_life_hours as "lifeHours" from tenant',
  );
  return rules!;
}
