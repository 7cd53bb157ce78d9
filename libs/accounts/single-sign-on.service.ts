import { Injectable } from '@nestjs/common';
import { Audit } from '#audit';
import type { ProviderAnswer, SecondStep, SignInProvider } from '#contract';
import { Database, notFound, Refusal, type Source, type TenantTx } from '#platform';
import type { Actor, AgentId } from './actor.js';
import { demandAddress } from './address-list.js';
import { AttemptService } from './attempts.service.js';
import { ConfirmByProvider } from './confirm-by-provider.service.js';
import { type Attempt, type Begun, IdentityAttempts } from './identity-attempts.service.js';
import { type Identity, provedFactors } from './identity-claims.js';
import { IdentityClient } from './identity-client.js';
import { IdentityLinks } from './identity-link.service.js';
import { enabledProvider, type ProviderKey, type ProviderRow, readKey } from './identity-provider.js';
import { InvitationService } from './invitation.service.js';
import { ProofService } from './proof.service.js';
import { SIGN_IN } from './sign-in.service.js';
import { SessionService, type SignedIn } from './session.service.js';
import { demandActive } from './suspension.js';
import { readToken } from './token.js';

/** Of what one provider's answers were refused for; more are counted. */
const REFUSALS_PER_MINUTE = 20;

/** What a browser brings: what a provider gave it, the cookie that it got when it left, and whose session it is in. */
export interface Return {
  answer: ProviderAnswer;
  browser: string | undefined;
  sessionToken: string | undefined;
}

/** A way to a provider's page, and what stays in the cookie of the browser that goes there. */
export interface Departure {
  url: string;
  browser: string;
}

export interface Arrival extends SignedIn {
  did: 'signed_in' | 'connected' | 'confirmed';
}

interface Came {
  key: ProviderKey;
  provider: ProviderRow;
  attempt: Attempt;
  identity: Identity;
  back: Return;
}

/** Coming in by a provider that the tenant trusts: there, and back in the same browser. */
@Injectable()
export class SingleSignOnService {
  constructor(
    private readonly db: Database,
    private readonly counts: AttemptService,
    private readonly attempts: IdentityAttempts,
    private readonly client: IdentityClient,
    private readonly links: IdentityLinks,
    private readonly invitations: InvitationService,
    private readonly proofs: ProofService,
    private readonly sessions: SessionService,
    private readonly confirmation: ConfirmByProvider,
    private readonly audit: Audit,
  ) {}

  /** What a sign-in link leads to. Errors: not_found, also for a provider that is switched off; too_many `too_many_attempts`. */
  async look(keyText: string, source: Source): Promise<SignInProvider> {
    await this.counts.countSource(source.address);
    const { tenantId, providerId } = readKey(keyText);
    return this.db.inTenant(tenantId, async (tx) => {
      const { name } = await enabledProvider(tx, providerId);
      const [tenant] = await tx.query<{ name: string }>('select name from tenant');
      return { name, tenantName: tenant!.name };
    });
  }

  /**
   * Begin to sign in, or with the token of an invitation to accept it so.
   *
   * Errors   not_found; not_found `invitation_gone`; too_many `too_many_attempts`; as `IdentityClient.pageUrl`
   */
  async begin(keyText: string, invitation: string | undefined, source: Source): Promise<Departure> {
    await this.counts.countSource(source.address);
    const key = readKey(keyText);
    if (invitation === undefined) return this.depart(key, { purpose: 'sign_in' }, null);
    await this.invitations.look(invitation);
    const token = readToken(invitation)!;
    if (token.tenantId !== key.tenantId) throw notFound();
    return this.depart(key, { purpose: 'invitation', invitationDigest: token.digest }, null);
  }

  /** Begin to connect an identity with the actor's own account. Errors: not_found; as `IdentityClient.pageUrl`. */
  async beginConnecting({ tenantId, agentId, sessionId }: Actor, providerId: string): Promise<Departure> {
    return this.depart({ tenantId, providerId }, { purpose: 'connect', agentId, sessionId }, null);
  }

  /** Begin to prove once more who one is, also in order to unlock. Errors: not_found; as `IdentityClient.pageUrl`. */
  async beginConfirming({ tenantId, agentId, sessionId }: Actor, providerId: string): Promise<Departure> {
    return this.depart({ tenantId, providerId }, { purpose: 'confirm', agentId, sessionId }, this.confirmation.now());
  }

  /**
   * Take in what the provider sent the browser back with.
   *
   * Errors   unprocessable `bad_state` (also in another browser), `expired_state`; as `IdentityClient.identityOf`; unauthenticated
   *          `second_factor_required`, after which `secondStep` goes on; as `IdentityLinks.makeAgent`, `connect`, `giveRole`,
   *          `SessionService.open` and `ConfirmByProvider.confirm`; too_many `too_many_attempts`
   * Repeats  refused: a state is good once
   */
  async finish(keyText: string, back: Return, source: Source): Promise<Arrival> {
    await this.counts.countSource(source.address);
    const key = readKey(keyText);
    try {
      const { answer, browser } = back;
      const attempt = await this.attempts.take(key, { state: answer.state, browser });
      const provider = await this.db.inTenant(key.tenantId, (tx) => enabledProvider(tx, key.providerId));
      const since = attempt.purpose === 'confirm' ? attempt.beganAt : null;
      const identity = await this.client.identityOf(key.tenantId, provider, answer, { state: answer.state, since });
      return await this.arrive({ key, provider, attempt, identity, back }, source);
    } catch (error) {
      if (error instanceof Refusal) await this.noteRefusal(key, error, source);
      throw error;
    }
  }

  /**
   * Come in with a factor of one's own beside what the provider has proved.
   *
   * Errors   unprocessable `bad_state`, `expired_state`; unauthenticated `wrong_factor`; too_many `too_many_attempts`; as `SessionService.open`
   */
  async secondStep(keyText: string, given: SecondStep, from: { browser: string | undefined; source: Source }): Promise<SignedIn> {
    await this.counts.countSource(from.source.address);
    const key = readKey(keyText);
    const { id, agentId } = await this.attempts.secondStep(key, from.browser);
    const { tenantId } = key;
    await this.proofs.secondFactor({ tenantId, agentId }, given, SIGN_IN, from.source);
    await this.attempts.end(tenantId, id);
    return this.db.inTenant(tenantId, async (tx) => {
      await enabledProvider(tx, key.providerId);
      return this.sessions.open(tx, agentId, from.source, { by: 'single_sign_on', factors: 2 });
    });
  }

  private async depart(key: ProviderKey, errand: Parameters<IdentityAttempts['begin']>[1], since: Date | null): Promise<Departure> {
    const provider = await this.db.inTenant(key.tenantId, (tx) => enabledProvider(tx, key.providerId));
    const begun: Begun = await this.attempts.begin(key, errand);
    return { url: await this.client.pageUrl(key.tenantId, provider, { state: begun.state, since }), browser: begun.browser };
  }

  private async arrive(came: Came, source: Source): Promise<Arrival> {
    const { attempt, back, provider, identity } = came;
    if (attempt.purpose === 'connect' || attempt.purpose === 'confirm') {
      return this.confirmation.within({ attempt, provider, identity, sessionToken: back.sessionToken }, source);
    }
    return { did: 'signed_in', ...(await this.signIn(came, source)) };
  }

  private async signIn({ key, provider, attempt, identity, back }: Came, source: Source): Promise<SignedIn> {
    const { tenantId } = key;
    // Who it is and what he may is kept also when a second step is still to come.
    const agentId = await this.db.inTenant(tenantId, async (tx) => {
      await demandActive(tx);
      const known = await this.links.agentOf(tx, provider.id, identity);
      const found = await this.comer(tx, { provider, attempt, identity }, known);
      await demandAddress(tx, found, source);
      if (attempt.invitationDigest !== null) await this.invitations.acceptElsewhere(tx, attempt.invitationDigest, source);
      if (known === null) await this.links.connect(tx, provider.id, identity, found);
      await this.demandMember(tx, found);
      await this.links.giveRole(tx, provider, identity, found);
      return found;
    });
    const factors = provedFactors(identity, provider.countsAsSecondFactor);
    try {
      return await this.db.inTenant(tenantId, (tx) => this.sessions.open(tx, agentId, source, { by: 'single_sign_on', factors }));
    } catch (error) {
      if (error instanceof Refusal && error.code === 'second_factor_required') {
        await this.attempts.awaitSecondStep(key, agentId, back.browser!);
      }
      throw error;
    }
  }

  /** Whom an identity lets in: whose it is, who was invited, or somebody new. */
  private async comer(
    tx: TenantTx,
    { provider, attempt, identity }: Pick<Came, 'provider' | 'attempt' | 'identity'>,
    known: AgentId | null,
  ) {
    if (attempt.invitationDigest === null) return known ?? this.links.makeAgent(tx, provider, identity);
    const invited = await this.invitations.invitedBy(tx, attempt.invitationDigest);
    if (known !== null)
      throw new Refusal('conflict', 'identity_taken', 'This identity belongs to another account here. Sign in to that one instead.');
    return invited;
  }

  private async demandMember(tx: TenantTx, agentId: AgentId): Promise<void> {
    const active = await tx.query("select id from agent where id = $1 and state = 'active'", [agentId]);
    if (active.length === 0) throw new Refusal('unauthenticated', 'bad_credentials', 'This account cannot sign in.');
  }

  // Another gate writes down who came from the wrong place; that one more step is asked for is no refusal.
  private async noteRefusal({ tenantId, providerId }: ProviderKey, { code }: Refusal, { address: ip }: Source): Promise<void> {
    const known = await this.db.inTenant(tenantId, (tx) => tx.query('select 1 from identity_provider where id = $1', [providerId]));
    if (known.length === 0 || code === 'second_factor_required' || code === 'address_not_allowed') return;
    const about = { kind: 'identity_provider', id: providerId };
    const entry = { act: 'single_sign_on_refused', by: { kind: 'nobody' }, about, facts: { code }, personal: { ip } } as const;
    await this.audit.recordAFew(tenantId, `single sign-on ${providerId} ${code}`, entry, REFUSALS_PER_MINUTE);
  }
}
