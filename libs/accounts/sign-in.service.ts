import { Injectable } from '@nestjs/common';
import type { PasskeyProof, PasskeyRequest, SignIn } from '#contract';
import { Clock, Database, newId, Refusal, type Source, type TenantId } from '#platform';
import type { AgentId } from './actor.js';
import { AgentEntity } from './agent.entity.js';
import { AttemptService } from './attempts.service.js';
import { PasskeyService, wrongFactor } from './passkey.service.js';
import { PasswordService } from './passwords.service.js';
import { ProofService } from './proof.service.js';
import { SessionService, type SignedIn } from './session.service.js';
import { SignInRecord } from './sign-in-record.js';

/** What a passkey signs in order to come in: nobody is known yet. */
export const SIGN_IN = { purpose: 'sign_in', boundTo: '' } as const;

/** Coming in by what one knows and has. */
@Injectable()
export class SignInService {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly attempts: AttemptService,
    private readonly passwords: PasswordService,
    private readonly proofs: ProofService,
    private readonly passkeys: PasskeyService,
    private readonly sessions: SessionService,
    private readonly record: SignInRecord,
  ) {}

  /**
   * Sign an agent in with a new session, by a password, and a second factor where there is one.
   *
   * Errors   unauthenticated `bad_credentials` (the same for an unknown address); too_many `too_many_attempts`;
   *          conflict `choose_tenant` when address and password are right for several tenants and none was named;
   *          and only for whoever knows the password: unauthenticated `second_factor_required`, `wrong_factor`
   */
  async byPassword({ email, password, tenantId, code, passkey }: SignIn, source: Source): Promise<SignedIn> {
    await this.attempts.count(email, source.address);
    const matches = await this.matching(email, password, tenantId);
    if (matches.length === 0) {
      await this.record.refused(email, source, tenantId);
      throw new Refusal('unauthenticated', 'bad_credentials', 'The e-mail address or the password is not right.');
    }
    if (matches.length > 1) throw await this.chooseTenant(matches);
    await this.attempts.forget(email);
    const [agent] = matches as [AgentEntity];
    const of = { tenantId: agent.tenantId, agentId: agent.id };
    const isMoreGiven = code !== undefined || passkey !== undefined;
    if (isMoreGiven) await this.proofs.secondFactor(of, { code, passkey }, SIGN_IN, source);
    const rehashed = await this.passwords.rehash(password, agent.passwordHash!);
    return this.db.inTenant(agent.tenantId, async (tx) => {
      if (rehashed !== null) {
        // Whoever has changed the password meanwhile keeps the new one.
        const present = { tenantId: agent.tenantId, id: agent.id, passwordHash: agent.passwordHash! };
        await tx.entities.update(AgentEntity, present, { passwordHash: rehashed });
      }
      return this.sessions.open(tx, agent.id, source, { by: 'password', factors: isMoreGiven ? 2 : 1 });
    });
  }

  /** What any passkey may sign in order to come in, alone or after a password. */
  async askPasskey(source: Source): Promise<PasskeyRequest> {
    await this.attempts.countSource(source.address);
    return this.passkeys.askSignIn(source);
  }

  /**
   * Sign an agent in by a passkey alone. It is never slowed down by what others tried with his address.
   *
   * Errors   unauthenticated `wrong_factor`; too_many `too_many_attempts`
   */
  async byPasskey(proof: PasskeyProof, source: Source): Promise<SignedIn> {
    await this.attempts.countSource(source.address);
    const signer = await this.passkeys.signerOf(proof, SIGN_IN, source);
    if (signer === null) throw wrongFactor();
    return this.db.inTenant(signer.tenantId, (tx) => this.sessions.open(tx, signer.agentId, source, { by: 'passkey', factors: 2 }));
  }

  private async matching(email: string, password: string, tenantId: string | undefined): Promise<AgentEntity[]> {
    const candidates = await this.db.query<{ tenant_id: TenantId; agent_id: AgentId }>('select * from sign_in_candidates($1)', [email]);
    const wanted = candidates.filter((candidate) => tenantId === undefined || candidate.tenant_id === tenantId);
    const now = this.clock.now();
    // Looked for and not found, so that an address that nobody has takes as long as any other.
    const nobody = { tenant_id: newId<TenantId>(now), agent_id: newId<AgentId>(now) };
    const matches: AgentEntity[] = [];
    for (const { tenant_id, agent_id } of wanted.length === 0 ? [nobody] : wanted) {
      const agent = await this.db.inTenant(tenant_id, (tx) => tx.entities.findOneBy(AgentEntity, { id: agent_id }));
      // Whoever has no password comes in by another door; the time of the answer must not say so.
      if (agent?.passwordHash == null) await this.passwords.pretend(password);
      else if (await this.passwords.isRight(password, agent.passwordHash)) matches.push(agent);
    }
    return matches;
  }

  private async chooseTenant(matches: AgentEntity[]): Promise<Refusal> {
    const fields = await Promise.all(
      matches.map(({ tenantId }) =>
        this.db.inTenant(tenantId, async (tx) => {
          const [tenant] = await tx.query<{ name: string }>('select name from tenant');
          return { path: tenantId, message: tenant!.name };
        }),
      ),
    );
    return new Refusal('conflict', 'choose_tenant', 'This address works for several businesses. Choose one.', fields);
  }
}
