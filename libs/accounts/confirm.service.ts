import { Injectable } from '@nestjs/common';
import { Audit } from '#audit';
import type { Confirm, PasskeyRequest } from '#contract';
import { Clock, Database, Refusal, type Source } from '#platform';
import type { Actor } from './actor.js';
import { auditedAs } from './audited-as.js';
import { PasskeyService } from './passkey.service.js';
import { ProofService } from './proof.service.js';
import { mintToken } from './token.js';

/** Asks an agent who is in whether it is still him, before something that matters. */
@Injectable()
export class ConfirmService {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly proofs: ProofService,
    private readonly passkeys: PasskeyService,
    private readonly audit: Audit,
  ) {}

  askPasskey(actor: Actor, source: Source): Promise<PasskeyRequest> {
    return this.passkeys.askConfirm(actor, source);
  }

  /**
   * Note that a factor was proved in this session just now: the second one, for whoever has one. With the password beside it, or by a
   * passkey, which is two factors in itself, that is all there is to prove. The session goes on under another token, so that whoever
   * copied the old one has no part in what was proved; its sockets stay.
   *
   * Shape    the new token, for the cookie
   * Repeats  when the answer is lost, so is the session: the old token opens nothing any more
   * Errors   unauthenticated `wrong_factor` when anything that is given is not right; invalid `proof_missing`; too_many `too_many_attempts`
   */
  async confirm(actor: Actor, { password, code, passkey }: Confirm, source: Source): Promise<string> {
    const purpose = { purpose: 'confirm', boundTo: actor.sessionId } as const;
    const isMoreGiven = code !== undefined || passkey !== undefined;
    const hasSecond = actor.secondFactors.length > 0;
    if (hasSecond ? !isMoreGiven : password === undefined) throw missing();
    if (password !== undefined) await this.proofs.password(actor, password);
    const second = isMoreGiven ? await this.proofs.secondFactor(actor, { code, passkey }, purpose, source) : null;
    const isEverything = second === 'passkey' || ((password !== undefined || !actor.hasPassword) && (second !== null || !hasSecond));
    const token = mintToken(actor.tenantId);
    await this.db.inTenant(actor, async (tx) => {
      await tx.query(
        `update session set token_digest = $1, proved_at = $2, proved_all_at = case when $3 then $2 else proved_all_at end where id = $4`,
        [token.digest, this.clock.now(), isEverything, actor.sessionId],
      );
      const by = [...(password === undefined ? [] : ['password']), ...(second === null ? [] : [second])];
      this.audit.append(tx, { act: 'factor_confirmed', by: auditedAs(actor), facts: { by } });
    });
    return token.text;
  }
}

function missing(): Refusal {
  return new Refusal('invalid', 'proof_missing', 'Give a code of your app, a recovery code or a passkey; without those, your password.');
}
