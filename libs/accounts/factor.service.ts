import { Injectable } from '@nestjs/common';
import { Audit } from '#audit';
import type { FactorAdded, Factors, NewPasskey, NewTotp, Passkey, RecoveryCodes as NewRecoveryCodes } from '#contract';
import { Database, notFound, Refusal, type Source, type TenantTx } from '#platform';
import type { Actor, AgentId } from './actor.js';
import { AgentNotices } from './agent-notices.service.js';
import { AgentService } from './agent.service.js';
import { auditedAs } from './audited-as.js';
import { PasskeyService } from './passkey.service.js';
import { ProofService } from './proof.service.js';
import { RecoveryCodes } from './recovery-codes.service.js';
import { secondFactorsOf } from './second-factor.js';
import { SecuritySettings } from './security.service.js';
import { TotpService } from './totp.service.js';

/** An agent's own second factors. Whoever calls has asked for everything there is to prove, just before. */
@Injectable()
export class FactorService {
  constructor(
    private readonly db: Database,
    private readonly agents: AgentService,
    private readonly settings: SecuritySettings,
    private readonly totp: TotpService,
    private readonly passkeys: PasskeyService,
    private readonly recoveryCodes: RecoveryCodes,
    private readonly proofs: ProofService,
    private readonly notices: AgentNotices,
    private readonly audit: Audit,
  ) {}

  async list(actor: Actor): Promise<Factors> {
    return this.db.inTenant(actor, async (tx) => {
      const [totp] = await tx.query<{ at: Date | null }>('select confirmed_at as at from totp where agent_id = $1', [actor.agentId]);
      return {
        totpSince: totp?.at?.toISOString() ?? null,
        passkeys: await passkeysOf(tx, actor.agentId),
        recoveryCodesLeft: await this.recoveryCodes.left(tx, actor.agentId),
        demanded: await this.settings.demands(tx, actor.role),
      };
    });
  }

  async beginTotp(actor: Actor): Promise<NewTotp> {
    return this.db.inTenant(actor, (tx) => this.totp.begin(tx, actor.agentId, actor));
  }

  /** The app counts from its first right code on. Errors: unauthenticated `wrong_factor`; too_many `too_many_attempts`. */
  async confirmTotp(actor: Actor, code: string): Promise<FactorAdded> {
    await this.proofs.count(actor);
    const added = await this.db.inTenant(actor, async (tx) =>
      (await this.totp.confirm(tx, actor.agentId, code)) ? this.added(tx, actor, 'totp') : null,
    );
    if (added === null) throw await this.proofs.refused(actor, 'first_code');
    await this.proofs.forgive(actor);
    return added;
  }

  /** Errors: conflict `second_factor_demanded` when the tenant asks for one and this is the last. */
  async removeTotp(actor: Actor): Promise<void> {
    await this.db.inTenant(actor, async (tx) => {
      if (!(await this.totp.remove(tx, actor.agentId))) throw notFound();
      await this.removed(tx, actor, 'totp');
    });
  }

  /** Errors: unauthenticated `wrong_factor`; conflict `already_known`. */
  async addPasskey(actor: Actor, passkey: NewPasskey, source: Source): Promise<FactorAdded> {
    const read = await this.passkeys.readNew(actor, passkey, source);
    return this.db.inTenant(actor, async (tx) => {
      await this.passkeys.keep(tx, actor.agentId, passkey.name, read);
      return this.added(tx, actor, 'passkey');
    });
  }

  async renamePasskey(actor: Actor, id: string, name: string): Promise<Passkey> {
    return this.db.inTenant(actor, async (tx) => {
      const renamed = await tx.query('update passkey set name = $1 where id = $2 and agent_id = $3 returning id', [
        name,
        id,
        actor.agentId,
      ]);
      if (renamed.length === 0) throw notFound();
      this.audit.append(tx, { act: 'passkey_renamed', by: auditedAs(actor), about: { kind: 'passkey', id } });
      return (await passkeysOf(tx, actor.agentId)).find((passkey) => passkey.id === id)!;
    });
  }

  /** Errors: as `removeTotp`. */
  async removePasskey(actor: Actor, id: string): Promise<void> {
    await this.db.inTenant(actor, async (tx) => {
      const gone = await tx.query('delete from passkey where id = $1 and agent_id = $2 returning id', [id, actor.agentId]);
      if (gone.length === 0) throw notFound();
      await this.removed(tx, actor, 'passkey');
    });
  }

  /** Ten new ones instead of those before. Errors: conflict `no_second_factor`. */
  async newRecoveryCodes(actor: Actor): Promise<NewRecoveryCodes> {
    return this.db.inTenant(actor, async (tx) => {
      if (actor.secondFactors.length === 0) {
        throw new Refusal('conflict', 'no_second_factor', 'Set up an app or a passkey first. Recovery codes stand in for those.');
      }
      const recoveryCodes = await this.recoveryCodes.make(tx, actor.agentId);
      this.audit.append(tx, { act: 'recovery_codes_made', by: auditedAs(actor) });
      await this.notices.tell(tx, actor.agentId, 'recovery_codes_made');
      return { recoveryCodes };
    });
  }

  /**
   * Take away all second factors of a colleague who has lost them, and end his sessions: he sets up new ones. Whoever does so has made
   * sure who is asking.
   *
   * Errors   forbidden `owner_only` when an admin does so to an owner
   */
  async takeAway(actor: Actor, agentId: AgentId): Promise<void> {
    await this.db.inTenant(actor, async (tx) => {
      const agent = await this.agents.byId(tx, agentId);
      if (!agent || agent.state === 'deleted') throw notFound();
      if (agent.role === 'owner' && actor.role !== 'owner') {
        throw new Refusal('forbidden', 'owner_only', 'Only an owner can do this for an owner.');
      }
      await this.totp.remove(tx, agentId);
      await tx.query('delete from passkey where agent_id = $1', [agentId]);
      await this.recoveryCodes.remove(tx, agentId);
      await tx.query('delete from session where agent_id = $1', [agentId]);
      this.audit.append(tx, { act: 'second_factors_taken_away', by: auditedAs(actor), about: { kind: 'agent', id: agentId } });
      await this.notices.tell(tx, agentId, 'second_factors_taken_away');
    });
  }

  private async added(tx: TenantTx, actor: Actor, kind: string): Promise<FactorAdded> {
    this.audit.append(tx, { act: 'second_factor_added', by: auditedAs(actor), facts: { kind } });
    await this.notices.tell(tx, actor.agentId, 'second_factor_added');
    return { recoveryCodes: await this.recoveryCodes.makeFirst(tx, actor.agentId) };
  }

  private async removed(tx: TenantTx, actor: Actor, kind: string): Promise<void> {
    // One at a time, or two could each leave the other one's factor for the last.
    await tx.query('select id from agent where id = $1 for update', [actor.agentId]);
    const left = await secondFactorsOf(tx, actor.agentId);
    if (left.length === 0 && (await this.settings.demands(tx, actor.role))) {
      throw new Refusal(
        'conflict',
        'second_factor_demanded',
        'Your team asks for a second factor. Add another one before you remove this.',
      );
    }
    if (left.length === 0) await this.recoveryCodes.remove(tx, actor.agentId);
    this.audit.append(tx, { act: 'second_factor_removed', by: auditedAs(actor), facts: { kind } });
    await this.notices.tell(tx, actor.agentId, 'second_factor_removed');
  }
}

async function passkeysOf(tx: TenantTx, agentId: AgentId): Promise<Passkey[]> {
  const rows = await tx.query<{ id: string; name: string; synced: boolean; createdAt: Date; lastUsedAt: Date | null }>(
    `select id, name, synced, created_at as "createdAt", last_used_at as "lastUsedAt" from passkey where agent_id = $1 order by created_at, id`,
    [agentId],
  );
  return rows.map((row) => ({ ...row, createdAt: row.createdAt.toISOString(), lastUsedAt: row.lastUsedAt?.toISOString() ?? null }));
}
