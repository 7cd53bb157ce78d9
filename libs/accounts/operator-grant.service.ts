import { Injectable } from '@nestjs/common';
import { Audit } from '#audit';
import type { NewOperatorGrant, OperatorGrant } from '#contract';
import { Clock, Database, HOUR_MS, isUuid, newId, notFound, type TenantTx } from '#platform';
import type { Actor } from './actor.js';
import { auditedAs } from './audited-as.js';

const GRANTS_LISTED_MAX = 50;

interface GrantRow {
  id: string;
  reason: string;
  granted_by: string;
  granted_at: Date;
  ends_at: Date;
  ended_at: Date | null;
}

/**
 * A tenant's word that operators may read what it keeps: for a stated time and reason, ended whenever it wants. Without one the operator
 * sees figures and nothing else.
 *
 * Source   GDPR, articles 28(3)(a) and 29: content is read on the tenant's instruction alone
 */
@Injectable()
export class OperatorGrants {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly audit: Audit,
  ) {}

  /** The newest first. */
  async list(actor: Actor): Promise<OperatorGrant[]> {
    return this.db.inTenant(actor, async (tx) => {
      const rows = await tx.query<GrantRow & { agent_name: string }>(
        `select operator_grant.*, agent.name as agent_name from operator_grant
         join agent on agent.tenant_id = operator_grant.tenant_id and agent.id = granted_by order by granted_at desc, id desc limit $1`,
        [GRANTS_LISTED_MAX],
      );
      return rows.map((row) => this.describe(row, row.agent_name));
    });
  }

  async grant(actor: Actor, { reason, hours }: NewOperatorGrant): Promise<OperatorGrant> {
    const now = this.clock.now();
    const endsAt = new Date(now.getTime() + hours * HOUR_MS);
    const id = newId<string>(now);
    return this.db.inTenant(actor, async (tx) => {
      const [row] = await tx.query<GrantRow>(
        'insert into operator_grant (tenant_id, id, reason, granted_by, granted_at, ends_at) values ($1, $2, $3, $4, $5, $6) returning *',
        [actor.tenantId, id, reason, actor.agentId, now, endsAt],
      );
      this.note(tx, actor, { act: 'operator_grant_given', id, facts: { hours } });
      return this.describe(row!, actor.name);
    });
  }

  /** Repeats: ending what has ended is not found. */
  async end(actor: Actor, id: string): Promise<void> {
    if (!isUuid(id)) throw notFound();
    const now = this.clock.now();
    await this.db.inTenant(actor, async (tx) => {
      const ended = await tx.query(
        'update operator_grant set ended_at = $2, ended_by = $3 where id = $1 and ended_at is null and ends_at > $2 returning id',
        [id, now, actor.agentId],
      );
      if (ended.length === 0) throw notFound();
      this.note(tx, actor, { act: 'operator_grant_ended', id });
    });
  }

  /** The grant that is good at this moment and longest; null when there is none. */
  async live(tx: TenantTx): Promise<{ id: string; endsAt: Date } | null> {
    const [row] = await tx.query<{ id: string; endsAt: Date }>(
      'select id, ends_at as "endsAt" from operator_grant where ended_at is null and ends_at > $1 order by ends_at desc limit 1',
      [this.clock.now()],
    );
    return row ?? null;
  }

  private note(
    tx: TenantTx,
    actor: Actor,
    { act, id, facts }: { act: 'operator_grant_given' | 'operator_grant_ended'; id: string; facts?: Record<string, number> },
  ): void {
    this.audit.append(tx, { act, by: auditedAs(actor), about: { kind: 'operator_grant', id }, facts });
  }

  private describe(row: GrantRow, grantedBy: string): OperatorGrant {
    return {
      id: row.id,
      reason: row.reason,
      grantedBy,
      grantedAt: row.granted_at.toISOString(),
      endsAt: row.ends_at.toISOString(),
      endedAt: row.ended_at?.toISOString() ?? null,
      isLive: row.ended_at === null && row.ends_at > this.clock.now(),
    };
  }
}
