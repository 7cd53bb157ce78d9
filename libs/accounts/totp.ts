import { randomBytes } from 'node:crypto';
import speakeasy from 'speakeasy';
import { SECOND_MS } from '#platform';

/*
 * Time-based one-time codes, by speakeasy behind a strict door. On its own it takes an empty secret, an array or a padded text for a
 * code, the same code twice, and any number of steps at once; here a code is six digits, a secret is what we made, one step to either
 * side is the most, and the step a code belonged to is given back, so that the caller can store it and refuse it the second time.
 *
 * Source   RFC 6238
 */

const SECRET_BYTES = 20;
export const TOTP_STEP_S = 30;
/** One step before and after: a phone's clock that is half a minute off still works. */
const STEPS_EITHER_SIDE = 1;
const CODE = /^[0-9]{6}$/;

/** 160 bits of our own making: speakeasy's generator and its picture address are not used. */
export function newTotpSecret(): Buffer {
  return randomBytes(SECRET_BYTES);
}

/**
 * The step that `code` belongs to, or null when it is no code of this secret now.
 *
 * Repeats  a code matches as long as its time lasts: store the step, and accept only steps after it
 */
export function matchedTotpStep(secret: Buffer, code: unknown, now: Date): number | null {
  if (secret.length !== SECRET_BYTES || typeof code !== 'string' || !CODE.test(code)) return null;
  const seconds = Math.floor(now.getTime() / SECOND_MS);
  const match = speakeasy.totp.verifyDelta({
    secret: secret.toString('hex'),
    encoding: 'hex',
    token: code,
    time: seconds,
    step: TOTP_STEP_S,
    window: STEPS_EITHER_SIDE,
  });
  return match === undefined ? null : Math.floor(seconds / TOTP_STEP_S) + match.delta;
}
