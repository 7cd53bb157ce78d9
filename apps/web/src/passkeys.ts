import type { NewPasskey, PasskeyProof, PasskeyRequest } from '#contract';
import type { PublicKeyCredentialCreationOptionsJSON, PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/browser';
import { api, ApiError } from './api.js';

const DIGITS_OR_V6 = /^(?:\d+\.){3}\d+$|^\[/;

/** Whether this browser can use a passkey at this address; none can at an address of digits. */
export function canUsePasskeys(): boolean {
  return typeof window.PublicKeyCredential === 'function' && !DIGITS_OR_V6.test(window.location.hostname);
}

// The code for it is fetched when somebody reaches for a passkey.
const load = () => import('@simplewebauthn/browser');

/**
 * Have a passkey sign what the server asks at `path`.
 *
 * Errors   ApiError; `passkey_not_used` when the person or the browser stopped it
 */
export async function signWithPasskey(path: string): Promise<PasskeyProof> {
  const [{ attempt, options }, { startAuthentication }] = await Promise.all([api.post<PasskeyRequest>(path, {}), load()]);
  const optionsJSON = options as unknown as PublicKeyCredentialRequestOptionsJSON;
  return { attempt, answer: (await ofPerson(() => startAuthentication({ optionsJSON }))) as unknown as PasskeyProof['answer'] };
}

/** Have the browser make a passkey. Errors: as `signWithPasskey`. */
export async function makePasskey(name: string): Promise<NewPasskey> {
  const [{ attempt, options }, { startRegistration }] = await Promise.all([
    api.post<PasskeyRequest>('/api/factors/passkeys/options', {}),
    load(),
  ]);
  const optionsJSON = options as unknown as PublicKeyCredentialCreationOptionsJSON;
  return { name, attempt, answer: (await ofPerson(() => startRegistration({ optionsJSON }))) as unknown as NewPasskey['answer'] };
}

async function ofPerson<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    const isKnown = error instanceof Error && 'code' in error && error.code === 'ERROR_AUTHENTICATOR_PREVIOUSLY_REGISTERED';
    throw new ApiError(0, isKnown ? 'already_known' : 'passkey_not_used', 'The passkey was not used.');
  }
}
