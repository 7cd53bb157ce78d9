import { Injectable } from '@nestjs/common';
import { Audit } from '#audit';
import { Clock, Database, Refusal, type Source, type TenantTx } from '#platform';
import type { Actor } from './actor.js';
import { auditedAs } from './audited-as.js';
import type { Attempt } from './identity-attempts.service.js';
import { type Identity, provedFactors } from './identity-claims.js';
import { IdentityLinks } from './identity-link.service.js';
import type { ProviderRow } from './identity-provider.js';
import { SessionService, type SignedIn } from './session.service.js';
import { mintToken } from './token.js';

interface Came {
  attempt: Attempt;
  provider: ProviderRow;
  identity: Identity;
  sessionToken: string | undefined;
}

/** What a provider proves for somebody who is in already: whose identity this is, and that it is still the same person. */
@Injectable()
export class ConfirmByProvider {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly audit: Audit,
    private readonly links: IdentityLinks,
    private readonly sessions: SessionService,
  ) {}

  now(): Date {
    return this.clock.now();
  }

  /**
   * Go on in the session in which it was begun.
   *
   * Errors   unauthenticated `not_signed_in` in any other session, `session_locked` for connecting in a locked one; conflict `identity_taken`;
   *          unauthenticated `identity_of_another`; forbidden `own_factor_asked` for who has a factor of his own and proved one there
   */
  async within(came: Came, source: Source): Promise<SignedIn & { did: 'connected' | 'confirmed' }> {
    const { attempt, sessionToken = '' } = came;
    const actor = await this.sessions.actorOf(sessionToken, source);
    if (!actor || actor.sessionId !== attempt.sessionId) {
      throw new Refusal('unauthenticated', 'not_signed_in', 'This session has ended meanwhile. Sign in again.');
    }
    if (attempt.purpose === 'confirm') return { did: 'confirmed', ...(await this.confirm(actor, came, source)) };
    if (actor.state === 'locked') throw new Refusal('unauthenticated', 'session_locked', 'This session is locked. Unlock it first.');
    await this.db.inTenant(actor, (tx) => this.links.connect(tx, came.provider.id, came.identity, actor.agentId));
    return { did: 'connected', actor, token: sessionToken };
  }

  /** Note that a factor was proved just now, and open the session if it is locked; under another token, as with every proof that unlocks. */
  private async confirm(actor: Actor, { provider, identity }: Came, source: Source): Promise<SignedIn> {
    const factors = provedFactors(identity, provider.countsAsSecondFactor);
    const hasSecond = actor.secondFactors.length > 0;
    const token = mintToken(actor.tenantId);
    const now = this.clock.now();
    await this.db.inTenant(actor, async (tx) => {
      await this.demandOwn(tx, actor, provider, identity);
      if (hasSecond && factors < 2) {
        throw new Refusal('forbidden', 'own_factor_asked', 'You have a factor of your own here. Give that one.');
      }
      await tx.query(
        `update session set token_digest = $1, locked_at = null, last_active_at = $2, last_seen_at = $2, proved_at = $2,
           proved_all_at = case when $3 then $2::timestamptz else proved_all_at end where id = $4`,
        [token.digest, now, factors === 2 || !actor.hasPassword, actor.sessionId],
      );
      this.audit.append(tx, { act: 'factor_confirmed', by: auditedAs(actor), facts: { by: ['single_sign_on'] } });
      if (actor.state === 'locked') {
        this.audit.append(tx, { act: 'session_unlocked', by: auditedAs(actor), personal: { ip: source.address } });
      }
    });
    const confirmed = await this.sessions.actorOf(token.text, source);
    if (!confirmed) throw new Refusal('unauthenticated', 'not_signed_in', 'This session has ended meanwhile. Sign in again.');
    return { actor: confirmed, token: token.text };
  }

  private async demandOwn(tx: TenantTx, actor: Actor, provider: ProviderRow, identity: Identity): Promise<void> {
    if ((await this.links.agentOf(tx, provider.id, identity)) === actor.agentId) return;
    throw new Refusal(
      'unauthenticated',
      'identity_of_another',
      'At the provider you are somebody else than here. Sign in there as yourself.',
    );
  }
}
