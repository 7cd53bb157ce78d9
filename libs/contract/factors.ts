import { z } from 'zod';
import { EmailAddress, NewPassword, PASSWORD_LENGTH_MAX } from './passwords.js';
import { Instant } from './pages.js';

/** What an agent can have beside a password. A recovery code stands in for either. */
export const SecondFactor = z.enum(['totp', 'passkey']);
export type SecondFactor = z.infer<typeof SecondFactor>;

const CREDENTIAL_LENGTH_MAX = 1400;
const CEREMONY_LENGTH_MAX = 64 * 1024;
const base64Url = (lengthMax: number) =>
  z
    .string()
    .max(lengthMax)
    .regex(/^[\w-]*$/);
const credential = {
  id: base64Url(CREDENTIAL_LENGTH_MAX),
  rawId: base64Url(CREDENTIAL_LENGTH_MAX),
  type: z.literal('public-key'),
  authenticatorAttachment: z.enum(['platform', 'cross-platform']).optional(),
  clientExtensionResults: z.record(z.string(), z.unknown()).default({}),
};

/** What a passkey is to sign: `options` goes to the browser as it is; `attempt` comes back with the answer, once, within five minutes. */
export const PasskeyRequest = z.object({ attempt: z.string(), options: z.record(z.string(), z.unknown()) });
export type PasskeyRequest = z.infer<typeof PasskeyRequest>;

const attempt = z.string().max(100);

/**
 * What the browser gave back when a passkey signed.
 *
 * Source   Web Authentication, level 3: AuthenticationResponseJSON
 */
export const PasskeyProof = z.object({
  attempt,
  answer: z.object({
    ...credential,
    response: z.object({
      clientDataJSON: base64Url(CEREMONY_LENGTH_MAX),
      authenticatorData: base64Url(CEREMONY_LENGTH_MAX),
      signature: base64Url(CEREMONY_LENGTH_MAX),
      userHandle: base64Url(CREDENTIAL_LENGTH_MAX).optional(),
    }),
  }),
});
export type PasskeyProof = z.infer<typeof PasskeyProof>;

const PASSKEY_NAME_LENGTH_MAX = 60;
const TRANSPORTS_MAX = 10;
const passkeyName = z.string().trim().min(1).max(PASSKEY_NAME_LENGTH_MAX);

/**
 * `POST /api/factors/passkeys`
 *
 * Source   Web Authentication, level 3: RegistrationResponseJSON
 */
export const NewPasskey = z.object({
  name: passkeyName,
  attempt,
  answer: z.object({
    ...credential,
    response: z.object({
      clientDataJSON: base64Url(CEREMONY_LENGTH_MAX),
      attestationObject: base64Url(CEREMONY_LENGTH_MAX),
      transports: z.array(z.string().max(20)).max(TRANSPORTS_MAX).default([]),
    }),
  }),
});
export type NewPasskey = z.infer<typeof NewPasskey>;

/** `PATCH /api/factors/passkeys/{id}` */
export const PasskeyChange = z.object({ name: passkeyName });
export type PasskeyChange = z.infer<typeof PasskeyChange>;

/** Six digits of an authenticator app, or a recovery code in any spelling of it. */
const code = z.string().max(64);
const password = z.string().max(PASSWORD_LENGTH_MAX);

/** `POST /api/session`. `tenantId` is needed only after a `choose_tenant` refusal, a code or passkey after `second_factor_required`. */
export const SignIn = z.object({
  email: z.string().trim().max(254),
  password,
  tenantId: z.uuid().optional(),
  code: code.optional(),
  passkey: PasskeyProof.optional(),
});
export type SignIn = z.infer<typeof SignIn>;

/** `POST /api/session/confirm` and `/unlock`: that it is still you. Whoever has a second factor proves that; a password alone is then not enough. */
export const Confirm = z.object({ password, code, passkey: PasskeyProof }).partial();
export type Confirm = z.infer<typeof Confirm>;

export const Passkey = z.object({
  id: z.string(),
  name: z.string(),
  /** Its maker keeps copies of it on the person's other devices. */
  synced: z.boolean(),
  createdAt: Instant,
  lastUsedAt: Instant.nullable(),
});
export type Passkey = z.infer<typeof Passkey>;

/** `GET /api/factors`: by what this agent can prove who it is. */
export const Factors = z.object({
  totpSince: Instant.nullable(),
  passkeys: z.array(Passkey),
  recoveryCodesLeft: z.number(),
  /** Whether the tenant asks this role for a second factor. */
  demanded: z.boolean(),
});
export type Factors = z.infer<typeof Factors>;

/** `POST /api/factors/totp`: a key that proves nothing until a code of it is confirmed. `picture`: a data URL to be scanned. */
export const NewTotp = z.object({ key: z.string(), picture: z.string() });
export type NewTotp = z.infer<typeof NewTotp>;

/** `POST /api/factors/totp/confirm` */
export const ConfirmTotp = z.object({ code });
export type ConfirmTotp = z.infer<typeof ConfirmTotp>;

/** The answer to adding a factor. `recoveryCodes`: shown this once, and only with the first factor; null later. */
export const FactorAdded = z.object({ recoveryCodes: z.array(z.string()).nullable() });
export type FactorAdded = z.infer<typeof FactorAdded>;

/** `POST /api/factors/recovery-codes`: earlier ones open nothing from then on. */
export const RecoveryCodes = z.object({ recoveryCodes: z.array(z.string()) });
export type RecoveryCodes = z.infer<typeof RecoveryCodes>;

/** `POST /api/profile/password` */
export const PasswordChange = z.object({ present: password, next: NewPassword, endOthers: z.boolean().default(false) });
export type PasswordChange = z.infer<typeof PasswordChange>;

/** `POST /api/profile/address`: a mail goes to both addresses; it changes when both have said yes. */
export const AddressChange = z.object({ email: EmailAddress });
export type AddressChange = z.infer<typeof AddressChange>;

/** `POST /api/profile/delete`. `email`: one's own address, typed once more. */
export const DeleteAccount = z.object({ email: z.string().trim().max(254) });
export type DeleteAccount = z.infer<typeof DeleteAccount>;

/** A link that came by mail. */
export const MailedToken = z.object({ token: z.string().min(1).max(200) });

/** `POST /api/address-changes/confirm`. `isChanged`: both addresses have said yes. */
export const AddressConfirmed = z.object({ isChanged: z.boolean() });
export type AddressConfirmed = z.infer<typeof AddressConfirmed>;

/** `POST /api/password-resets`: answers the same whether anybody has this address. */
export const AskPasswordReset = z.object({ email: z.string().trim().max(254) });
export type AskPasswordReset = z.infer<typeof AskPasswordReset>;

/** `POST /api/password-resets/look`: what a link is for, before it is used. */
export const PasswordReset = z.object({ tenantName: z.string(), email: z.string() });
export type PasswordReset = z.infer<typeof PasswordReset>;

/** `POST /api/password-resets/use`: every session ends; a second factor stays. */
export const UsePasswordReset = MailedToken.extend({ password: NewPassword });
export type UsePasswordReset = z.infer<typeof UsePasswordReset>;
