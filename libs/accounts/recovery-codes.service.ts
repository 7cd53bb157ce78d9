import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { TenantTx } from '#platform';
import type { AgentId } from './actor.js';
import { base32 } from './base32.js';

const CODES = 10;
/** 120 bits: from 112 on a plain digest is enough. Source: OWASP ASVS 5.0, 6.5.2 */
const CODE_BYTES = 15;
const GROUP = /.{6}(?=.)/g;
const CODE = /^[A-Z2-7]{24}$/;

/** Codes on paper, for the day the phone is gone. Each opens once. */
@Injectable()
export class RecoveryCodes {
  /** Ten new codes, to be shown this once; earlier ones open nothing any more. */
  async make(tx: TenantTx, agentId: AgentId): Promise<string[]> {
    const codes = Array.from({ length: CODES }, () => base32(randomBytes(CODE_BYTES)));
    await tx.query('delete from recovery_code where agent_id = $1', [agentId]);
    await tx.query('insert into recovery_code (tenant_id, agent_id, digest) select $1, $2, unnest($3::bytea[])', [
      tx.tenantId,
      agentId,
      codes.map(digestOf),
    ]);
    return codes.map((code) => code.replace(GROUP, '$&-').toLowerCase());
  }

  /** Codes for who adds the first factor; null for who had one already. */
  async makeFirst(tx: TenantTx, agentId: AgentId): Promise<string[] | null> {
    return (await this.left(tx, agentId)) > 0 ? null : this.make(tx, agentId);
  }

  async left(tx: TenantTx, agentId: AgentId): Promise<number> {
    const [row] = await tx.query<{ count: number }>('select count(*)::int as count from recovery_code where agent_id = $1', [agentId]);
    return row!.count;
  }

  /** Whether this, in any spelling, is a code that was not used before. It is then. */
  async use(tx: TenantTx, agentId: AgentId, text: string): Promise<boolean> {
    const code = text.replace(/[\s-]/g, '').toUpperCase();
    if (!CODE.test(code)) return false;
    const used = await tx.query('delete from recovery_code where agent_id = $1 and digest = $2 returning agent_id', [
      agentId,
      digestOf(code),
    ]);
    return used.length > 0;
  }

  async remove(tx: TenantTx, agentId: AgentId): Promise<void> {
    await tx.query('delete from recovery_code where agent_id = $1', [agentId]);
  }
}

function digestOf(code: string): Buffer {
  return createHash('sha256').update(code).digest();
}
