import { Injectable } from '@nestjs/common';
import { Audit, type AuditEntryInput } from '#audit';
import { Database, SecretBox, type Source, type TenantId } from '#platform';
import type { AgentId } from './actor.js';

/** Of tries that name nobody; more are counted. */
const UNKNOWN_PER_MINUTE = 60;

/**
 * Writes down the tries to sign in that failed: with each tenant that knows the address, and where none does with the installation, which
 * learns a keyed digest of it and nothing else. As much is written for an unknown address as for a known one, so time tells nothing.
 */
@Injectable()
export class SignInRecord {
  constructor(
    private readonly db: Database,
    private readonly audit: Audit,
    private readonly secrets: SecretBox,
  ) {}

  /** What was given did not open anything. */
  async refused(email: string, source: Source, tenantId?: string): Promise<void> {
    const tell = (chain: TenantId, entry: AuditEntryInput) => this.audit.record(chain, entry);
    await this.tried('sign_in_refused', { email, ip: source.address, tenantId, perMinute: UNKNOWN_PER_MINUTE }, tell);
  }

  /** There were too many tries: it was not looked at. */
  async slowed(email: string, ip: string): Promise<void> {
    const tell = (chain: TenantId, entry: AuditEntryInput) => this.audit.recordAFew(chain, `sign_in_slowed ${entry.about!.id}`, entry);
    await this.tried('sign_in_slowed', { email, ip, perMinute: 1 }, tell);
  }

  private async tried(
    act: 'sign_in_refused' | 'sign_in_slowed',
    { email, ip, tenantId, perMinute }: { email: string; ip: string; tenantId?: string | undefined; perMinute: number },
    tell: (chain: TenantId, entry: AuditEntryInput) => Promise<unknown>,
  ): Promise<void> {
    const known = await this.db.query<{ tenant_id: TenantId; agent_id: AgentId }>('select * from sign_in_candidates($1)', [email]);
    const by = { kind: 'nobody' } as const;
    for (const { tenant_id, agent_id } of known) {
      if (tenantId !== undefined && tenantId !== tenant_id) continue;
      await tell(tenant_id, { act, by, about: { kind: 'agent', id: agent_id }, personal: { address: email, ip } });
    }
    if (known.length > 0) return;
    const addressDigest = this.secrets.digest('audit-address', email.toLowerCase()).toString('hex');
    const isWritten = await this.audit.recordAFew('installation', act, { act, by, personal: { addressDigest, ip } }, perMinute);
    // A commit that leaves nothing: or whoever has used up the minute would see by the time which addresses are known.
    if (!isWritten) await this.db.query('select pg_current_xact_id()');
  }
}
