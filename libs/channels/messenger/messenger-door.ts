import { createHash, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config, Refusal } from '#platform';
import { IntakeService } from '../intake.service.js';
import { isSignedByMeta } from './meta-signature.js';

/** Meta states no limit; real deliveries are far below. */
export const MESSENGER_BODY_BYTES_MAX = 1024 * 1024;
const CHALLENGE = /^[\w-]{1,100}$/;

export interface Verification {
  mode?: string;
  verifyToken?: string;
  challenge?: string;
}

/** What Meta's servers find when they knock. */
@Injectable()
export class MessengerDoor {
  constructor(
    private readonly intake: IntakeService,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * Answer Meta's question whether this is our address, with its challenge.
   *
   * Errors   forbidden `wrong_verify_token`; an installation without a token is nobody's
   */
  verify({ mode, verifyToken, challenge }: Verification): string {
    const expected = this.config.facebook.verifyToken;
    const isOurs = expected !== '' && verifyToken !== undefined && isSameSecret(verifyToken, expected);
    if (mode !== 'subscribe' || !isOurs || challenge === undefined || !CHALLENGE.test(challenge)) {
      throw new Refusal('forbidden', 'wrong_verify_token', 'The verify token does not match.');
    }
    return challenge;
  }

  /**
   * Keep one delivery from Meta and queue it to be read. Resolves once it is committed.
   *
   * Shape    rawBody: the exact bytes, unparsed; a delivery may hold messages for several tenants
   * Errors   unauthenticated `bad_signature`; nothing else about its content: an unknown event is kept, and shown as unsupported later
   * Repeats  the same bytes twice make one row
   * Source   https://developers.facebook.com/docs/messenger-platform/webhooks
   */
  async accept(rawBody: Buffer, signature: string | undefined): Promise<void> {
    if (!isSignedByMeta(rawBody, signature, this.config.facebook.appSecrets)) {
      throw new Refusal('unauthenticated', 'bad_signature', 'The signature does not match.');
    }
    await this.intake.keep({ channel: 'messenger', body: rawBody });
  }
}

// Digests have one length, so the comparison does not tell how long the secret is.
function isSameSecret(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
