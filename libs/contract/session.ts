import { z } from 'zod';
import { Locale, RoleKind } from './agents.js';
import { SecondFactor } from './factors.js';
import { Instant } from './pages.js';
import { EmailAddress, NewPassword } from './passwords.js';

/** Of an agent, and of a mailbox. */
export const SIGNATURE_LENGTH_MAX = 2000;

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

/** `GET /api/session` and the answer of `POST /api/session`. */
export const Session = z.object({
  agent: z.object({ id: z.string(), name: z.string(), email: z.string(), role: RoleKind, locale: Locale, signature: z.string() }),
  tenant: z.object({ id: z.string(), name: z.string() }),
  permissions: z.array(z.string()),
  /** The only pages and mailboxes whose conversations this agent sees; null: all. */
  connections: z.array(z.string()).nullable(),
  /** `locked`: only unlocking and signing out work. `must_enrol`: only setting up a second factor, and signing out. */
  state: z.enum(['live', 'locked', 'must_enrol']),
  /** After how many minutes without a hand on it this session locks itself; null: never. */
  lockAfterMinutes: z.number().nullable(),
  /** By what this agent can be asked to prove who it is. */
  proofs: z.object({
    password: z.boolean(),
    secondFactors: z.array(SecondFactor),
    providers: z.array(z.object({ id: z.string(), name: z.string() })),
  }),
  /** Until when a second factor has to be set up; null when none is asked for, or there is one. */
  enrolBy: Instant.nullable(),
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
