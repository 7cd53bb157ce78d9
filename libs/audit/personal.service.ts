import { Injectable } from '@nestjs/common';
import { addMonths, Clock, Database, type TenantTx, type Tx } from '#platform';
import { Audit, type AuditActor } from './audit.service.js';
import { inChain, tablesOfChain } from './chain-tables.js';
import type { ChainId } from './chain.js';

/** Who it was is a question of the first while; what was done is kept longer. */
const PERSONAL_LIFE_MONTHS = 24;

/** Erases what lies beside a chain. The chain keeps a number that says nothing, and holds as before. */
@Injectable()
export class AuditPersonal {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly audit: Audit,
  ) {}

  /** Everything about this person, by the id under which he acted or was acted upon, in the transaction that ends him. */
  async forget(tx: TenantTx, id: string, by: AuditActor): Promise<void> {
    const count = await this.erase(tx, tablesOfChain(tx.tenantId).forgetPersonal, id);
    this.audit.append(tx, { act: 'audit_personal_erased', by, about: { kind: 'person', id }, facts: { count } });
  }

  /** What is too old. */
  async sweep(chain: ChainId): Promise<void> {
    const before = addMonths(this.clock.now(), -PERSONAL_LIFE_MONTHS);
    await inChain(this.db, chain, (tx) => this.erase(tx, tablesOfChain(chain).erasePersonal, before));
  }

  private async erase(tx: Tx, statement: string, parameter: string | Date): Promise<number> {
    const [erased] = await tx.query<{ count: number }>(statement, [parameter]);
    return erased!.count;
  }
}
