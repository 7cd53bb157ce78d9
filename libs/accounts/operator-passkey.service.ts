import { Injectable } from '@nestjs/common';
import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';
import { Audit } from '#audit';
import type { OperatorRole, PasskeyMade, PasskeyUsed } from '#contract';
import { Clock, Database, MINUTE_MS, newId, Refusal, type Tx, uuidToBytes } from '#platform';
import { digestOf } from './operator-account.service.js';
import { OperatorSessions, type SignedInOperator } from './operator-session.service.js';
import { type OperatorActor, operatorAuditedAs, type OperatorId } from './operator.js';

/** How long a person has for touching the key. */
const CHALLENGE_LIFE_MS = MINUTE_MS;
/** More at once than there are operators is somebody's mischief. */
const CHALLENGES_OPEN_MAX = 500;
/** More are counted, so that nobody can fill the audit. */
const REFUSALS_NOTED_PER_MINUTE = 60;
const RELYING_PARTY = 'Omnidesk operator';

/** Where the browser is: a passkey made for one address signs for no other. */
export interface ConsoleOrigin {
  /** Scheme, host and port. */
  origin: string;
  address: string;
}

interface PasskeyRow {
  id: string;
  credential_id: string;
  public_key: Buffer;
  counter: string;
  operator_id: OperatorId;
  name: string;
  role: OperatorRole;
}

/**
 * Operators sign in at the console with a passkey and nothing else: something they have, unlocked by something they know or are. What it
 * signs is random, good for a minute and for one answer, and says for which purpose it is.
 *
 * Source   W3C Web Authentication, level 3
 */
@Injectable()
export class OperatorPasskeys {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly audit: Audit,
    private readonly sessions: OperatorSessions,
  ) {}

  /** What the browser gives to the passkey, whoever's it turns out to be. */
  async signInOptions({ origin }: ConsoleOrigin): Promise<PublicKeyCredentialRequestOptionsJSON> {
    const options = await generateAuthenticationOptions({
      rpID: new URL(origin).hostname,
      userVerification: 'required',
      timeout: CHALLENGE_LIFE_MS,
    });
    await this.db.inInstallation((tx) => this.keep(tx, options.challenge, { purpose: 'sign_in', operatorId: null }));
    return options;
  }

  /** Errors: unauthenticated `passkey_refused`, for every reason alike. */
  async signIn({ response }: PasskeyUsed, { origin, address }: ConsoleOrigin): Promise<SignedInOperator> {
    const challenge = challengeOf(response.response.clientDataJSON);
    const isOpen = challenge !== null && (await this.db.inInstallation((tx) => this.take(tx, challenge, 'sign_in')));
    if (!isOpen) throw await this.refuse(address, 'challenge');
    const [row] = await this.db.query<PasskeyRow>(
      `select passkey.id, credential_id, public_key, counter, operator.id as operator_id, operator.name, operator.role
       from operator_passkey passkey join operator on operator.id = passkey.operator_id
       where credential_id = $1 and operator.revoked_at is null`,
      [response.id],
    );
    if (!row) throw await this.refuse(address, 'unknown_passkey');
    const verified = await verifyAuthenticationResponse({
      response,
      expectedChallenge: challenge,
      expectedOrigin: origin,
      expectedRPID: new URL(origin).hostname,
      credential: { id: row.credential_id, publicKey: new Uint8Array(row.public_key), counter: Number(row.counter) },
      requireUserVerification: true,
    }).catch(() => null);
    if (verified?.verified !== true) throw await this.refuse(address, 'not_verified');
    const actor = { operatorId: row.operator_id, name: row.name, role: row.role };
    const opened = await this.db.inInstallation(async (tx) => {
      // Revoked at this very moment, or a copy of the key that counts apart: it opens nothing.
      const used = await tx.query(
        `update operator_passkey set counter = $2, last_used_at = $3 from operator
         where operator_passkey.id = $1 and operator.id = operator_id and operator.revoked_at is null and (counter < $2 or (counter = 0 and $2 = 0))
         returning operator_passkey.id`,
        [row.id, verified.authenticationInfo.newCounter, this.clock.now()],
      );
      return used.length === 0 ? null : this.sessions.open(tx, actor, { passkeyId: row.id, address });
    });
    if (!opened) throw await this.refuse(address, 'not_verified');
    return opened;
  }

  /** What the browser makes a new passkey from, for whoever holds a link. Errors: not_found `enrolment_gone`. */
  async enrolOptions(token: string, { origin }: ConsoleOrigin): Promise<PublicKeyCredentialCreationOptionsJSON> {
    return this.db.inInstallation(async (tx) => {
      const operator = await this.holder(tx, token);
      const known = await tx.query<{ credential_id: string }>('select credential_id from operator_passkey where operator_id = $1', [
        operator.id,
      ]);
      const options = await generateRegistrationOptions({
        rpName: RELYING_PARTY,
        rpID: new URL(origin).hostname,
        userName: operator.name,
        userID: new Uint8Array(uuidToBytes(operator.id)),
        attestationType: 'none',
        timeout: CHALLENGE_LIFE_MS,
        excludeCredentials: known.map(({ credential_id }) => ({ id: credential_id })),
        authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      });
      await this.keep(tx, options.challenge, { purpose: 'enrol', operatorId: operator.id });
      return options;
    });
  }

  /**
   * Add the passkey that was made, and sign in with it.
   *
   * Errors   not_found `enrolment_gone`; unauthenticated `passkey_refused`
   * Repeats  the link opens once; of two at the same moment, one gets in
   */
  async enrol({ token, label, response }: PasskeyMade, { origin, address }: ConsoleOrigin): Promise<SignedInOperator> {
    const challenge = challengeOf(response.response.clientDataJSON);
    if (challenge === null) throw await this.refuse(address, 'challenge');
    const verified = await verifyRegistrationResponse({
      response: { ...response, response: { ...response.response, transports: undefined } },
      expectedChallenge: challenge,
      expectedOrigin: origin,
      expectedRPID: new URL(origin).hostname,
      requireUserVerification: true,
    }).catch(() => null);
    if (verified?.verified !== true) throw await this.refuse(address, 'not_verified');
    const { credential } = verified.registrationInfo;
    const added = await this.db.inInstallation(async (tx) => {
      const operator = await this.holder(tx, token);
      if (!(await this.take(tx, challenge, 'enrol', operator.id))) return null;
      await tx.query('delete from operator_enrolment where operator_id = $1', [operator.id]);
      const passkeyId = newId<string>(this.clock.now());
      const kept = await tx.query(
        `insert into operator_passkey (id, operator_id, credential_id, public_key, counter, transports, label, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing returning id`,
        [
          passkeyId,
          operator.id,
          credential.id,
          Buffer.from(credential.publicKey),
          credential.counter,
          response.response.transports ?? [],
          label,
          this.clock.now(),
        ],
      );
      if (kept.length === 0) return null;
      const actor: OperatorActor = { operatorId: operator.id, name: operator.name, role: operator.role };
      const about = { kind: 'operator', id: operator.id };
      this.audit.appendToInstallation(tx, { act: 'operator_passkey_added', by: operatorAuditedAs(actor), about, facts: { passkeyId } });
      return this.sessions.open(tx, actor, { passkeyId, address });
    });
    if (!added) throw await this.refuse(address, 'challenge');
    return added;
  }

  private async holder(tx: Tx, token: string): Promise<{ id: OperatorId; name: string; role: OperatorRole }> {
    const [operator] = await tx.query<{ id: OperatorId; name: string; role: OperatorRole }>(
      `select operator.id, operator.name, operator.role from operator_enrolment enrolment join operator on operator.id = enrolment.operator_id
       where enrolment.token_digest = $1 and enrolment.expires_at > $2 and operator.revoked_at is null for update of enrolment`,
      [digestOf(token), this.clock.now()],
    );
    if (!operator) throw new Refusal('not_found', 'enrolment_gone', 'This link has been used, replaced or is too old. Ask for a new one.');
    return operator;
  }

  private async keep(tx: Tx, challenge: string, of: { purpose: 'sign_in' | 'enrol'; operatorId: string | null }): Promise<void> {
    const now = this.clock.now();
    const [open] = await tx.query<{ count: number }>('select count(*)::int as count from operator_challenge where expires_at > $1', [now]);
    if (open!.count >= CHALLENGES_OPEN_MAX)
      throw new Refusal('too_many', 'too_many_attempts', 'Too many tries at once. Wait a minute, then try again.');
    await tx.query('insert into operator_challenge (challenge_digest, purpose, operator_id, expires_at) values ($1, $2, $3, $4)', [
      digestOf(challenge),
      of.purpose,
      of.operatorId,
      new Date(now.getTime() + CHALLENGE_LIFE_MS),
    ]);
  }

  /** True for the first who answers it in time, for this purpose. */
  private async take(tx: Tx, challenge: string, purpose: 'sign_in' | 'enrol', operatorId: string | null = null): Promise<boolean> {
    const taken = await tx.query(
      `delete from operator_challenge where challenge_digest = $1 and purpose = $2 and operator_id is not distinct from $3::uuid and expires_at > $4
       returning purpose`,
      [digestOf(challenge), purpose, operatorId, this.clock.now()],
    );
    return taken.length > 0;
  }

  private async refuse(address: string, why: string): Promise<Refusal> {
    const entry = { act: 'operator_sign_in_refused', by: { kind: 'nobody' }, facts: { why }, personal: { address } } as const;
    await this.audit.recordAFew('installation', 'operator_sign_in_refused', entry, REFUSALS_NOTED_PER_MINUTE);
    return new Refusal(
      'unauthenticated',
      'passkey_refused',
      'This passkey opens nothing here. Use the one that was set up for this console.',
    );
  }
}

/** The challenge that a browser says it was given; null for what is no such thing. */
function challengeOf(clientDataJson: string): string | null {
  try {
    const { challenge } = JSON.parse(Buffer.from(clientDataJson, 'base64url').toString('utf8')) as { challenge?: unknown };
    return typeof challenge === 'string' ? challenge : null;
  } catch {
    return null;
  }
}
