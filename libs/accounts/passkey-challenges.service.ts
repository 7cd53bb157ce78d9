import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock, Database, MINUTE_MS, SecretBox } from '#platform';

export const CHALLENGE_LIFE_MS = 5 * MINUTE_MS;
const RANDOM_BYTES = 32;

/** What a signature is for, and which session may ask for it; a sign-in has none. */
export interface ChallengePurpose {
  purpose: 'sign_in' | 'confirm' | 'enrol';
  boundTo: string;
}

/** Noise for passkeys to sign: for one purpose, in one place, once, within five minutes. */
@Injectable()
export class PasskeyChallenges {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly secrets: SecretBox,
  ) {}

  async issue({ purpose, boundTo }: ChallengePurpose): Promise<{ attempt: string; challenge: Buffer }> {
    const attempt = randomBytes(RANDOM_BYTES);
    const challenge = randomBytes(RANDOM_BYTES);
    await this.db.queryPrepared(
      'issue-challenge',
      'insert into passkey_challenge (attempt_digest, challenge, purpose, bound_to_digest, expires_at) values ($1, $2, $3, $4, $5)',
      [digestOf(attempt), challenge, purpose, this.bound(boundTo), new Date(this.clock.now().getTime() + CHALLENGE_LIFE_MS)],
    );
    return { attempt: attempt.toString('base64url'), challenge };
  }

  /** What was to be signed, in base64url; null when nothing was, here and for this, or it is too late. */
  async take(attempt: string, { purpose, boundTo }: ChallengePurpose): Promise<string | null> {
    const [taken] = await this.db.queryPrepared<{ challenge: Buffer; expires_at: Date }>(
      'take-challenge',
      'delete from passkey_challenge where attempt_digest = $1 and purpose = $2 and bound_to_digest = $3 returning challenge, expires_at',
      [digestOf(Buffer.from(attempt, 'base64url')), purpose, this.bound(boundTo)],
    );
    return taken && taken.expires_at > this.clock.now() ? taken.challenge.toString('base64url') : null;
  }

  async sweep(): Promise<void> {
    await this.db.query('delete from passkey_challenge where expires_at < $1', [this.clock.now()]);
  }

  private bound(to: string): Buffer {
    return this.secrets.digest('passkey-challenge', to);
  }
}

function digestOf(attempt: Buffer): Buffer {
  return createHash('sha256').update(attempt).digest();
}
