import { z } from 'zod';
import { PasskeyProof } from './factors.js';
import { InvitationToken } from './agents.js';
import { Instant } from './pages.js';
import { Session } from './session.js';

/** A tenant has one provider, or a few while it moves from one to another. */
export const IDENTITY_PROVIDERS_MAX = 10;
export const ROLE_LINES_MAX = 50;
const SCOPES_MAX = 20;
const DOMAINS_MAX = 20;
const NAME_LENGTH_MAX = 60;
const TEXT_LENGTH_MAX = 500;
const SECRET_LENGTH_MAX = 2000;
const KEY_LENGTH_MAX = 100;
const ROLE_VALUE_LENGTH_MAX = 200;
const ANSWER_LENGTH_MAX = 4000;

/** Nobody becomes an owner by what a provider says. */
export const ProviderRole = z.enum(['admin', 'agent', 'privacy_officer', 'custom']);

/** Who has `value` in the claim about roles gets this role; the first line that fits holds. `value` null: whoever fits no other. */
const RoleLine = z.object({
  value: z.string().trim().min(1).max(ROLE_VALUE_LENGTH_MAX).nullable(),
  role: ProviderRole,
  roleId: z.uuid().nullable().default(null),
});
export type RoleLine = z.infer<typeof RoleLine>;

const provider = {
  name: z.string().trim().min(1).max(NAME_LENGTH_MAX),
  issuer: z.url({ protocol: /^https?$/ }).max(TEXT_LENGTH_MAX),
  clientId: z.string().trim().min(1).max(TEXT_LENGTH_MAX),
  scopes: z
    .array(
      z
        .string()
        .max(100)
        .regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/),
    )
    .max(SCOPES_MAX),
  /** The claim that decides about roles; null: roles are given here. */
  roleClaim: z.string().trim().min(1).max(100).nullable(),
  roles: z.array(RoleLine).max(ROLE_LINES_MAX),
  /** Whether people come in who were not invited: those with a verified address in one of `domains`. */
  createsAgents: z.boolean(),
  domains: z
    .array(
      z
        .string()
        .trim()
        .toLowerCase()
        .max(253)
        .regex(/^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/),
    )
    .max(DOMAINS_MAX),
  /** Whether it asks for two factors, by the tenant's word, where it does not say so itself. */
  countsAsSecondFactor: z.boolean(),
  isEnabled: z.boolean(),
};

/** `POST /api/security/identity-providers`. */
export const NewIdentityProvider = z.object({
  ...provider,
  clientSecret: z.string().min(1).max(SECRET_LENGTH_MAX).nullable().default(null),
  scopes: provider.scopes.default(['openid', 'profile', 'email']),
  roleClaim: provider.roleClaim.default(null),
  roles: provider.roles.default([]),
  createsAgents: provider.createsAgents.default(false),
  domains: provider.domains.default([]),
  countsAsSecondFactor: provider.countsAsSecondFactor.default(false),
  isEnabled: provider.isEnabled.default(true),
});
export type NewIdentityProvider = z.input<typeof NewIdentityProvider>;

/** `PATCH /api/security/identity-providers/{id}`: what is not named stays as it is. `clientSecret` null: there is none any more. */
export const IdentityProviderChange = z
  .object({ ...provider, clientSecret: z.string().min(1).max(SECRET_LENGTH_MAX).nullable() })
  .partial();
export type IdentityProviderChange = z.input<typeof IdentityProviderChange>;

/** One item of `GET /api/security/identity-providers`. `signInUrl`: for the tenant's people; `redirectUrl`: for the provider. */
export const IdentityProvider = z.object({
  ...provider,
  id: z.string(),
  hasSecret: z.boolean(),
  signInUrl: z.string(),
  redirectUrl: z.string(),
  /** How many agents come in by it. */
  agents: z.number(),
  createdAt: Instant,
});
export type IdentityProvider = z.infer<typeof IdentityProvider>;

/** `POST /api/security/identity-providers/{id}/test`: what the provider says of itself. */
export const IdentityProviderTest = z.object({ issuer: z.string(), signsInAt: z.string() });
export type IdentityProviderTest = z.infer<typeof IdentityProviderTest>;

/** `GET /api/session/single-sign-on/{key}`: for whoever has the link. */
export const SignInProvider = z.object({ name: z.string(), tenantName: z.string() });
export type SignInProvider = z.infer<typeof SignInProvider>;

/** `POST /api/session/single-sign-on/{key}`. `invitation`: the token of one that is to be accepted so. */
export const BeginSingleSignOn = z.object({ invitation: InvitationToken.shape.token.optional() });
export type BeginSingleSignOn = z.infer<typeof BeginSingleSignOn>;

/** Where the browser goes next: a page of the provider's. */
export const ProviderPage = z.object({ url: z.string() });
export type ProviderPage = z.infer<typeof ProviderPage>;

/** `POST /api/session/single-sign-on/{key}/answer`: what a provider sent the browser back with. More is not read. */
export const ProviderAnswer = z.object({
  state: z.string().max(KEY_LENGTH_MAX),
  code: z.string().max(ANSWER_LENGTH_MAX).optional(),
  iss: z.string().max(TEXT_LENGTH_MAX).optional(),
  error: z.string().max(TEXT_LENGTH_MAX).optional(),
});
export type ProviderAnswer = z.infer<typeof ProviderAnswer>;

/** What that led to. `connected`: the identity opens this account from now on; `confirmed`: the session is fresh, and open if it was locked. */
export const SingleSignOn = z.object({ did: z.enum(['signed_in', 'connected', 'confirmed']), session: Session });
export type SingleSignOn = z.infer<typeof SingleSignOn>;

/** `POST /api/session/single-sign-on/{key}/second-step`: what is asked for beside what the provider has proved. */
export const SecondStep = z.object({ code: z.string().max(100), passkey: PasskeyProof }).partial();
export type SecondStep = z.infer<typeof SecondStep>;

/** One item of `GET /api/factors/identities`: a provider of the tenant's, and since when this agent can come in by it. */
export const OwnIdentity = z.object({
  providerId: z.string(),
  name: z.string(),
  connectedAt: Instant.nullable(),
  lastUsedAt: Instant.nullable(),
});
export type OwnIdentity = z.infer<typeof OwnIdentity>;
