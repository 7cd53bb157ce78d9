import { z } from 'zod';
import { Locale } from './agents.js';
import { Instant } from './pages.js';
import { EmailAddress } from './passwords.js';

/** Longer than anybody needs to say why. */
const REASON_LENGTH_MAX = 500;
const NAME_LENGTH_MAX = 100;
const Name = z.string().trim().min(1).max(NAME_LENGTH_MAX);
const Reason = z.string().trim().min(3).max(REASON_LENGTH_MAX);

/** How long a tenant may let operators read, at most. */
export const GRANT_HOURS_MAX = 7 * 24;

export const TenantState = z.enum(['active', 'suspended']);

/** What a tenant uses: figures, never what is behind them. */
export const TenantUsage = z.object({
  agents: z.number(),
  connections: z.number(),
  conversations: z.number(),
  storageBytes: z.number(),
  lastActivityAt: Instant.nullable(),
});
export type TenantUsage = z.infer<typeof TenantUsage>;

/** One item of `GET /operator/api/tenants`. `canRead`: until when its content may be read, by a grant of the tenant's. */
export const TenantLine = z.object({
  id: z.string(),
  name: z.string(),
  state: TenantState,
  suspendedAt: Instant.nullable(),
  suspendedReason: z.string().nullable(),
  createdAt: Instant,
  canReadUntil: Instant.nullable(),
  usage: TenantUsage,
});
export type TenantLine = z.infer<typeof TenantLine>;

/** `POST /operator/api/tenants`: makes the tenant; its owner comes in by the link. */
export const NewTenant = z.object({ name: Name, ownerName: Name, ownerEmail: EmailAddress, locale: Locale.optional() });
export type NewTenant = z.infer<typeof NewTenant>;

/** Its answer. The link is shown once. */
export const TenantMade = z.object({ id: z.string(), inviteUrl: z.string(), expiresAt: Instant });
export type TenantMade = z.infer<typeof TenantMade>;

/** `POST /operator/api/tenants/{id}/suspend` */
export const Suspend = z.object({ reason: Reason });

/** `POST /operator/api/tenants/{id}/agents` */
export const OperatorInvite = z.object({ email: EmailAddress, name: Name, role: z.enum(['owner', 'admin', 'agent', 'privacy_officer']) });
export type OperatorInvite = z.infer<typeof OperatorInvite>;

export const OperatorRole = z.enum(['full', 'watcher']);
export type OperatorRole = z.infer<typeof OperatorRole>;

export const OperatorKeyLine = z.object({
  id: z.string(),
  kind: z.enum(['key', 'passkey']),
  label: z.string(),
  createdAt: Instant,
  lastUsedAt: Instant.nullable(),
});
export type OperatorKeyLine = z.infer<typeof OperatorKeyLine>;

/** One item of `GET /operator/api/operators`. */
export const OperatorLine = z.object({
  id: z.string(),
  name: z.string(),
  role: OperatorRole,
  createdAt: Instant,
  revokedAt: Instant.nullable(),
  keys: z.array(OperatorKeyLine),
});
export type OperatorLine = z.infer<typeof OperatorLine>;

/** `POST /operator/api/operators` */
export const NewOperator = z.object({ name: Name, role: OperatorRole.default('full') });
export type NewOperator = z.infer<typeof NewOperator>;

/** `POST /operator/api/operators/{id}/keys`. `publicKey`: the 32 bytes of an Ed25519 key in base64url. */
export const NewOperatorKey = z.object({ publicKey: z.string().regex(/^[A-Za-z0-9_-]{43}$/), label: Name });
export type NewOperatorKey = z.infer<typeof NewOperatorKey>;

/** `POST /operator/api/operators/{id}/enrolment`: a link by which a passkey is made. Shown once. */
export const Enrolment = z.object({ enrolUrl: z.string(), expiresAt: Instant });
export type Enrolment = z.infer<typeof Enrolment>;

const TOKEN = z.string().min(1).max(200);
export const EnrolmentToken = z.object({ token: TOKEN });

const WEBAUTHN_LENGTH_MAX = 20_000;
const Base64Url = z
  .string()
  .regex(/^[A-Za-z0-9_-]*$/)
  .max(WEBAUTHN_LENGTH_MAX);
const Credential = z.object({ id: Base64Url, rawId: Base64Url, type: z.literal('public-key') });

/** What a browser says when a passkey was made. Source: W3C WebAuthn, RegistrationResponseJSON */
export const PasskeyMade = EnrolmentToken.extend({
  label: Name,
  response: Credential.extend({
    response: z.object({
      clientDataJSON: Base64Url,
      attestationObject: Base64Url,
      transports: z.array(z.string().max(20)).max(10).optional(),
    }),
    clientExtensionResults: z.object({}).loose(),
  }),
});
export type PasskeyMade = z.infer<typeof PasskeyMade>;

/** What a browser says when a passkey signed. Source: W3C WebAuthn, AuthenticationResponseJSON */
export const PasskeyUsed = z.object({
  response: Credential.extend({
    response: z.object({ clientDataJSON: Base64Url, authenticatorData: Base64Url, signature: Base64Url, userHandle: Base64Url.optional() }),
    clientExtensionResults: z.object({}).loose(),
  }),
});
export type PasskeyUsed = z.infer<typeof PasskeyUsed>;

/** `GET /operator/api/session` */
export const OperatorSession = z.object({
  operator: z.object({ id: z.string(), name: z.string(), role: OperatorRole }),
  permissions: z.array(z.string()),
});
export type OperatorSession = z.infer<typeof OperatorSession>;

/** One item of `GET /operator/api/addresses`. `isYours`: the request that asked came from there. */
export const OperatorAddress = z.object({ range: z.string(), label: z.string(), addedAt: Instant, isYours: z.boolean() });
export type OperatorAddress = z.infer<typeof OperatorAddress>;

/** `GET /operator/api/addresses` */
export const OperatorAddresses = z.object({ yours: z.string(), items: z.array(OperatorAddress) });
export type OperatorAddresses = z.infer<typeof OperatorAddresses>;

/** `POST /operator/api/addresses` and `POST …/addresses/remove`. `range`: an address or a CIDR range. */
export const AddressRange = z.object({ range: z.string().trim().min(1).max(50) });
export const NewOperatorAddress = AddressRange.extend({ label: z.string().trim().max(NAME_LENGTH_MAX).default('') });
export type NewOperatorAddress = z.infer<typeof NewOperatorAddress>;

/** One line of the installation's doctor. `advice`: what to do; null when all is well. */
export const HealthLine = z.object({
  key: z.enum(['database', 'migrations', 'disk', 'mail', 'meta_app', 'public_address', 'jobs']),
  state: z.enum(['good', 'warn', 'bad']),
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  advice: z.string().nullable(),
});
export type HealthLine = z.infer<typeof HealthLine>;

/** `GET /operator/api/health` */
export const InstallationHealth = z.object({
  lines: z.array(HealthLine),
  figures: z.object({
    deliveriesWaiting: z.number(),
    deliveriesSetAside: z.number(),
    /** How old the oldest is that waits; 0 when none does. */
    deliveryLagSeconds: z.number(),
    jobsWaiting: z.number(),
    jobsFailed: z.number(),
    jobLagSeconds: z.number(),
    tenantsActive: z.number(),
    tenantsSuspended: z.number(),
  }),
});
export type InstallationHealth = z.infer<typeof InstallationHealth>;

/** One item of `GET /api/operator-grants`: when operators may read, why, and until when. */
export const OperatorGrant = z.object({
  id: z.string(),
  reason: z.string(),
  grantedBy: z.string(),
  grantedAt: Instant,
  endsAt: Instant,
  endedAt: Instant.nullable(),
  isLive: z.boolean(),
});
export type OperatorGrant = z.infer<typeof OperatorGrant>;

/** `POST /api/operator-grants` */
export const NewOperatorGrant = z.object({ reason: Reason, hours: z.number().int().min(1).max(GRANT_HOURS_MAX) });
export type NewOperatorGrant = z.infer<typeof NewOperatorGrant>;
