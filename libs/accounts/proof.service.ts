import { Injectable } from '@nestjs/common';
import { Audit } from '#audit';
import type { PasskeyProof } from '#contract';
import { Database, type Source, type TenantTx } from '#platform';
import type { AgentId } from './actor.js';
import { AgentNotices } from './agent-notices.service.js';
import { AttemptService, tooMany } from './attempts.service.js';
import type { ChallengePurpose } from './passkey-challenges.service.js';
import { type AgentOf, PasskeyService, wrongFactor } from './passkey.service.js';
import { PasswordService } from './passwords.service.js';
import { RecoveryCodes } from './recovery-codes.service.js';
import { TotpService } from './totp.service.js';

/** Six digits or a recovery code, or what a passkey signed. */
export interface GivenFactor {
  code?: string | undefined;
  passkey?: PasskeyProof | undefined;
}

export type ProvedFactor = 'totp' | 'recovery_code' | 'passkey';

/** Checks what somebody who is known already proves once more. Five wrong ones in a quarter of an hour, and nothing is looked at. */
@Injectable()
export class ProofService {
  constructor(
    private readonly db: Database,
    private readonly attempts: AttemptService,
    private readonly passwords: PasswordService,
    private readonly totp: TotpService,
    private readonly recoveryCodes: RecoveryCodes,
    private readonly passkeys: PasskeyService,
    private readonly notices: AgentNotices,
    private readonly audit: Audit,
  ) {}

  /**
   * By which second factor this agent has proved who he is.
   *
   * Errors   unauthenticated `wrong_factor`, also for who has none; too_many `too_many_attempts`
   */
  async secondFactor(of: AgentOf, given: GivenFactor, purpose: ChallengePurpose, source: Source): Promise<ProvedFactor> {
    await this.count(of);
    const proved = await this.check(of, given, purpose, source);
    if (proved === null) throw await this.refused(of, given.passkey === undefined ? 'code' : 'passkey');
    await this.forgive(of);
    return proved;
  }

  /** Resolves for the agent's present password. Errors: as `secondFactor`. */
  async password(of: AgentOf, password: string): Promise<void> {
    await this.count(of);
    const [agent] = await this.db.inTenant(of.tenantId, (tx) =>
      tx.query<{ hash: string | null }>('select password_hash as hash from agent where id = $1', [of.agentId]),
    );
    const isRight = agent?.hash != null && (await this.passwords.isRight(password, agent.hash));
    if (!isRight) throw await this.refused(of, 'password');
    await this.forgive(of);
  }

  /** Count before looking. Whoever is guessing is past the first door: the person hears of it, once. */
  async count(of: AgentOf): Promise<void> {
    const { isRefused, isFirstRefused } = await this.attempts.countProof(of.agentId);
    if (!isRefused) return;
    if (isFirstRefused) {
      await this.db.inTenant(of.tenantId, async (tx) => {
        this.audit.append(tx, { act: 'proofs_slowed', by: { kind: 'nobody' }, about: { kind: 'agent', id: of.agentId } });
        await this.notices.tell(tx, of.agentId, 'second_factor_guessed');
      });
    }
    throw tooMany();
  }

  async forgive({ agentId }: AgentOf): Promise<void> {
    await this.attempts.forgetProofs(agentId);
  }

  async refused(of: AgentOf, kind: string) {
    const about = { kind: 'agent', id: of.agentId };
    await this.audit.record(of.tenantId, { act: 'proof_refused', by: { kind: 'nobody' }, about, facts: { kind } });
    return wrongFactor();
  }

  private async check(
    of: AgentOf,
    { code, passkey }: GivenFactor,
    purpose: ChallengePurpose,
    source: Source,
  ): Promise<ProvedFactor | null> {
    if (passkey !== undefined) return (await this.passkeys.signerOf(passkey, purpose, source, of)) === null ? null : 'passkey';
    if (code === undefined) return null;
    return this.db.inTenant(of.tenantId, async (tx) => {
      if (await this.totp.use(tx, of.agentId, code)) return 'totp';
      return (await this.useRecoveryCode(tx, of.agentId, code)) ? 'recovery_code' : null;
    });
  }

  private async useRecoveryCode(tx: TenantTx, agentId: AgentId, code: string): Promise<boolean> {
    if (!(await this.recoveryCodes.use(tx, agentId, code))) return false;
    const left = await this.recoveryCodes.left(tx, agentId);
    this.audit.append(tx, { act: 'recovery_code_used', by: { kind: 'agent', id: agentId }, facts: { left } });
    await this.notices.tell(tx, agentId, 'recovery_code_used');
    return true;
  }
}
