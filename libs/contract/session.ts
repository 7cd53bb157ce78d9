import { z } from 'zod';
import { AgentRole, Locale } from './agents.js';
import { Instant } from './pages.js';

/** Longer input is refused before it is hashed: hashing time must not be the sender's choice. */
export const PASSWORD_LENGTH_MAX = 1024;
export const PASSWORD_LENGTH_MIN = 12;

const EMAIL_LENGTH_MAX = 254;
export const EmailAddress = z.email().max(EMAIL_LENGTH_MAX);
/** Of an agent, and of a mailbox. */
export const SIGNATURE_LENGTH_MAX = 2000;
export const NewPassword = z.string().min(PASSWORD_LENGTH_MIN).max(PASSWORD_LENGTH_MAX);

/** `POST /api/setup`: the first tenant and its owner, while there is no tenant. */
export const Setup = z.object({
  tenantName: z.string().trim().min(1).max(100),
  name: z.string().trim().min(1).max(100),
  email: EmailAddress,
  password: NewPassword,
  locale: Locale.optional(),
});
export type Setup = z.infer<typeof Setup>;

/** `GET /api/setup` */
export const SetupState = z.object({ needed: z.boolean() });

/** `POST /api/session`. `tenantId` is needed only after a `choose_tenant` refusal. */
export const SignIn = z.object({
  email: z.string().trim().max(EMAIL_LENGTH_MAX),
  password: z.string().max(PASSWORD_LENGTH_MAX),
  tenantId: z.uuid().optional(),
});
export type SignIn = z.infer<typeof SignIn>;

/** `GET /api/session` and the answer of `POST /api/session`. */
export const Session = z.object({
  agent: z.object({ id: z.string(), name: z.string(), email: z.string(), role: AgentRole, locale: Locale, signature: z.string() }),
  tenant: z.object({ id: z.string(), name: z.string() }),
  permissions: z.array(z.string()),
  /** `locked`: only unlocking and signing out work. `must_enrol`: only setting up a second factor, and signing out. */
  state: z.enum(['live', 'locked', 'must_enrol']),
});
export type Session = z.infer<typeof Session>;

/** `GET /api/security/sessions`: where this agent is signed in. */
export const SignedInSession = z.object({
  id: z.string(),
  device: z.string(),
  createdAt: Instant,
  lastSeenAt: Instant,
  current: z.boolean(),
});
export type SignedInSession = z.infer<typeof SignedInSession>;

/** `PATCH /api/profile`. `signature`: below what the agent answers by mail. */
export const ProfileChange = z
  .object({ name: z.string().trim().min(1).max(100), locale: Locale, signature: z.string().max(SIGNATURE_LENGTH_MAX) })
  .partial();
export type ProfileChange = z.infer<typeof ProfileChange>;
