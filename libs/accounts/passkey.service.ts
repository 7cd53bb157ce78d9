import { Inject, Injectable } from '@nestjs/common';
import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';
import type { NewPasskey, PasskeyProof, PasskeyRequest } from '#contract';
import {
  Clock,
  CONFIG,
  type Config,
  Database,
  Log,
  newId,
  Refusal,
  type Source,
  type TenantId,
  type TenantTx,
  uuidFromBytes,
  uuidToBytes,
} from '#platform';
import type { Actor, AgentId } from './actor.js';
import { CHALLENGE_LIFE_MS, type ChallengePurpose, PasskeyChallenges } from './passkey-challenges.service.js';
import { passkeyPlace } from './passkey-place.js';

const PASSKEYS_PER_AGENT_MAX = 20;
const UUID_BYTES = 16;
/** Ed25519, ECDSA on P-256, and RSA: what authenticators in use have. Source: IANA COSE algorithms */
const ALGORITHMS = [-8, -7, -257];

interface KeptPasskey {
  id: string;
  agentId: AgentId;
  credentialId: Buffer;
  publicKey: Buffer;
  counter: string;
}

export interface AgentOf {
  tenantId: TenantId;
  agentId: AgentId;
}

/**
 * Passkeys. Each can be found by the browser itself and demands that its owner unlocks it, so it is two factors in one: something one
 * has, and a finger, face or code. What the browser is told of an agent is his id alone.
 *
 * Source   Web Authentication, level 3
 */
@Injectable()
export class PasskeyService {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly challenges: PasskeyChallenges,
    private readonly log: Log,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** What any passkey of this installation may sign in order to come in. */
  async askSignIn(source: Source): Promise<PasskeyRequest> {
    return this.ask({ purpose: 'sign_in', boundTo: '' }, source, []);
  }

  /** What one of the agent's passkeys may sign in order to prove that it is still him. */
  async askConfirm(actor: Actor, source: Source): Promise<PasskeyRequest> {
    return this.ask({ purpose: 'confirm', boundTo: actor.sessionId }, source, await this.credentialsOf(actor));
  }

  /** What a new passkey signs. */
  async askEnrol(actor: Actor, source: Source): Promise<PasskeyRequest> {
    const { rpId } = passkeyPlace(this.config.publicUrl, source);
    const known = await this.credentialsOf(actor);
    if (known.length >= PASSKEYS_PER_AGENT_MAX)
      throw new Refusal('conflict', 'too_many_passkeys', 'Remove a passkey before you add another.');
    const { attempt, challenge } = await this.challenges.issue({ purpose: 'enrol', boundTo: actor.sessionId });
    const options = await generateRegistrationOptions({
      rpName: `Omnidesk ${actor.tenantName}`,
      rpID: rpId,
      userName: actor.email,
      userDisplayName: actor.name,
      userID: Uint8Array.from(Buffer.concat([uuidToBytes(actor.tenantId), uuidToBytes(actor.agentId)])),
      challenge: Uint8Array.from(challenge),
      timeout: CHALLENGE_LIFE_MS,
      attestationType: 'none',
      excludeCredentials: known,
      authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
      supportedAlgorithmIDs: ALGORITHMS,
    });
    return { attempt, options: { ...options } };
  }

  /**
   * Read what a new passkey signed. The caller keeps it, with `keep`, in a transaction of its own.
   *
   * Errors   unauthenticated `wrong_factor`
   */
  async readNew(actor: Actor, { attempt, answer }: NewPasskey, source: Source) {
    const { rpId, origin } = passkeyPlace(this.config.publicUrl, source);
    const expectedChallenge = await this.challenges.take(attempt, { purpose: 'enrol', boundTo: actor.sessionId });
    if (expectedChallenge === null) throw wrongFactor();
    const expected = { expectedChallenge, expectedOrigin: origin, expectedRPID: rpId, supportedAlgorithmIDs: ALGORITHMS };
    const verified = await this.verifying(() => verifyRegistrationResponse({ response: answer, ...expected }));
    if (verified?.verified !== true || !verified.registrationInfo.userVerified) throw wrongFactor();
    return { ...verified.registrationInfo, transports: answer.response.transports };
  }

  /** Keep a new passkey. Errors: conflict `already_known`. */
  async keep(tx: TenantTx, agentId: AgentId, name: string, read: Awaited<ReturnType<PasskeyService['readNew']>>): Promise<string> {
    const now = this.clock.now();
    const id = newId(now);
    const kept = await tx.query(
      `insert into passkey (tenant_id, id, agent_id, name, credential_id, public_key, counter, transports, synced, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (tenant_id, credential_id) do nothing returning id`,
      [
        tx.tenantId,
        id,
        agentId,
        name,
        Buffer.from(read.credential.id, 'base64url'),
        Buffer.from(read.credential.publicKey),
        read.credential.counter,
        read.transports,
        read.credentialBackedUp,
        now,
      ],
    );
    if (kept.length === 0) throw new Refusal('conflict', 'already_known', 'This passkey is added already.');
    return id;
  }

  /**
   * Whose passkey signed this, here and now; null when nobody's did. What was to be signed is used up either way.
   *
   * Shape    known: who it has to be, where that is known already
   */
  async signerOf({ attempt, answer }: PasskeyProof, purpose: ChallengePurpose, source: Source, known?: AgentOf): Promise<AgentOf | null> {
    const { rpId, origin } = passkeyPlace(this.config.publicUrl, source);
    const expectedChallenge = await this.challenges.take(attempt, purpose);
    const named = answer.response.userHandle === undefined ? known : readHandle(answer.response.userHandle);
    if (expectedChallenge === null || !named || (known && !isSame(named, known))) return null;
    const credentialId = Buffer.from(answer.id, 'base64url');
    const passkey = await this.db.inTenant(named.tenantId, (tx) => find(tx, named.agentId, credentialId));
    if (!passkey) return null;
    const verified = await this.verifying(() =>
      verifyAuthenticationResponse({
        response: answer,
        expectedChallenge,
        expectedOrigin: origin,
        expectedRPID: rpId,
        requireUserVerification: true,
        credential: { id: answer.id, publicKey: Uint8Array.from(passkey.publicKey), counter: Number(passkey.counter) },
      }),
    );
    if (verified?.verified !== true) return null;
    const { newCounter, credentialBackedUp } = verified.authenticationInfo;
    const used = await this.db.inTenant(named.tenantId, (tx) =>
      // Two at once with one counter: a copy of the passkey, or of its answer.
      tx.query('update passkey set counter = $1, last_used_at = $2, synced = $3 where id = $4 and counter = $5 returning id', [
        newCounter,
        this.clock.now(),
        credentialBackedUp,
        passkey.id,
        passkey.counter,
      ]),
    );
    return used.length > 0 ? named : null;
  }

  private async ask(purpose: ChallengePurpose, source: Source, allowCredentials: { id: string }[]): Promise<PasskeyRequest> {
    const { rpId } = passkeyPlace(this.config.publicUrl, source);
    const { attempt, challenge } = await this.challenges.issue(purpose);
    const options = await generateAuthenticationOptions({
      rpID: rpId,
      allowCredentials,
      challenge: Uint8Array.from(challenge),
      timeout: CHALLENGE_LIFE_MS,
      userVerification: 'required',
    });
    return { attempt, options: { ...options } };
  }

  private async credentialsOf({ tenantId, agentId }: Actor): Promise<{ id: string; transports: string[] }[]> {
    const rows = await this.db.inTenant(tenantId, (tx) =>
      tx.query<{ id: Buffer; transports: string[] }>('select credential_id as id, transports from passkey where agent_id = $1 limit $2', [
        agentId,
        PASSKEYS_PER_AGENT_MAX,
      ]),
    );
    return rows.map(({ id, transports }) => ({ id: id.toString('base64url'), transports }));
  }

  /** The library says no by throwing, whatever it is about. */
  private async verifying<T>(verify: () => Promise<T>): Promise<T | null> {
    try {
      return await verify();
    } catch (error) {
      this.log.info('passkey_not_verified', { code: error instanceof Error ? error.name : 'unknown' });
      return null;
    }
  }
}

export function wrongFactor(): Refusal {
  return new Refusal('unauthenticated', 'wrong_factor', 'That is not right, or was used before. Try once more with a new one.');
}

async function find(tx: TenantTx, agentId: AgentId, credentialId: Buffer): Promise<KeptPasskey | undefined> {
  const [passkey] = await tx.query<KeptPasskey>(
    `select id, agent_id as "agentId", credential_id as "credentialId", public_key as "publicKey", counter::text
     from passkey where agent_id = $1 and credential_id = $2`,
    [agentId, credentialId],
  );
  return passkey;
}

/** Whom a passkey says it belongs to. It is only believed once its signature is right. */
function readHandle(text: string): AgentOf | null {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.length !== 2 * UUID_BYTES) return null;
  return {
    tenantId: uuidFromBytes(bytes.subarray(0, UUID_BYTES)) as TenantId,
    agentId: uuidFromBytes(bytes.subarray(UUID_BYTES)) as AgentId,
  };
}

function isSame(one: AgentOf, other: AgentOf): boolean {
  return one.tenantId === other.tenantId && one.agentId === other.agentId;
}
