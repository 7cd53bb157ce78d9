import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Audit, type AuditEntryInput } from '#audit';
import { defineJob, Jobs } from '#jobs';
import { Clock, Database, isUuid, notFound, Refusal, type TenantId, type TenantTx } from '#platform';
import { type OperatorActor, operatorAuditedAs } from './operator.js';
import { isActive } from './suspension.js';

/** A tenant may act again: what waited to go out may go. Done by the room that holds what waits. */
export const TenantResumed = defineJob({ name: 'tenant-resumed', payload: z.object({ tenantId: z.uuid() }) });

/** What the operator may know of a tenant. */
export interface TenantFacts {
  id: TenantId;
  name: string;
  state: 'active' | 'suspended';
  createdAt: Date;
  suspendedAt: Date | null;
  suspendedReason: string | null;
  agents: number;
  /** When somebody of theirs was last here. */
  lastSeenAt: Date | null;
}

/** Tenants as the operator sees them, and the one thing the operator can do to them: suspend them. */
@Injectable()
export class TenantService {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly audit: Audit,
    private readonly jobs: Jobs,
  ) {}

  /** The tenants after this one, in the order they were made. */
  async idsAfter(after: TenantId | null, limit: number): Promise<TenantId[]> {
    const rows = await this.db.query<{ id: TenantId }>(
      'select id from tenant_ids() as id where $1::uuid is null or id > $1 order by id limit $2',
      [after, limit],
    );
    return rows.map(({ id }) => id);
  }

  async countByState(): Promise<{ active: number; suspended: number }> {
    const [row] = await this.db.query<{ active: number; suspended: number }>('select active, suspended from tenant_counts()');
    return row!;
  }

  /** Null when there is no such tenant. */
  async facts(tx: TenantTx): Promise<TenantFacts | null> {
    const [tenant] = await tx.query<TenantFacts>(
      `select id, name, state, created_at as "createdAt", suspended_at as "suspendedAt", suspended_reason as "suspendedReason",
         (select count(*)::int from agent where state = 'active') as agents, (select max(last_seen_at) from session) as "lastSeenAt"
       from tenant`,
    );
    return tenant ?? null;
  }

  /** Whether anybody of the tenant may act. What comes in for a suspended one is still kept. */
  isActive(tx: TenantTx): Promise<boolean> {
    return isActive(tx);
  }

  /**
   * Let nobody of this tenant in until it is resumed: every session ends now, and nothing is sent. Nothing is lost: what comes in is kept.
   *
   * Errors   not_found; conflict `already_suspended`
   */
  async suspend(operator: OperatorActor, id: string, reason: string): Promise<void> {
    await this.inExisting(id, async (tx) => {
      const done = await tx.query(
        "update tenant set state = 'suspended', suspended_at = $1, suspended_reason = $2 where state = 'active' returning id",
        [this.clock.now(), reason],
      );
      if (done.length === 0) throw new Refusal('conflict', 'already_suspended', 'This tenant is suspended already.');
      await tx.query('delete from session');
      this.note(tx, operator, 'tenant_suspended', { personal: { reason } });
    });
  }

  /** Errors: not_found; conflict `not_suspended`. */
  async resume(operator: OperatorActor, id: string): Promise<void> {
    await this.inExisting(id, async (tx) => {
      const done = await tx.query(
        "update tenant set state = 'active', suspended_at = null, suspended_reason = null where state = 'suspended' returning id",
      );
      if (done.length === 0) throw new Refusal('conflict', 'not_suspended', 'This tenant is not suspended.');
      await this.jobs.enqueue(tx, TenantResumed, { tenantId: tx.tenantId });
      this.note(tx, operator, 'tenant_resumed');
    });
  }

  /** Do something for a tenant that there is. Errors: not_found. */
  async inExisting<T>(id: string, work: (tx: TenantTx) => Promise<T>): Promise<T> {
    if (!isUuid(id)) throw notFound();
    return this.db.inTenant(id as TenantId, async (tx) => {
      if ((await tx.query('select id from tenant for update')).length === 0) throw notFound();
      return work(tx);
    });
  }

  /** What the operator does to a tenant stands in both books: the tenant's, and the installation's. */
  note(
    tx: TenantTx,
    operator: OperatorActor,
    act: 'tenant_suspended' | 'tenant_resumed' | 'agent_invited' | 'addresses_cleared',
    more: Pick<AuditEntryInput, 'facts' | 'personal'> = {},
  ): void {
    const entry = { act, by: operatorAuditedAs(operator), about: { kind: 'tenant', id: tx.tenantId }, ...more };
    this.audit.append(tx, entry);
    this.audit.appendToInstallation(tx, entry);
  }
}
