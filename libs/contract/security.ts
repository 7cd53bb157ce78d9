import { z } from 'zod';
import { RoleKind } from './agents.js';
import { Instant } from './pages.js';

export const GRACE_DAYS_MAX = 90;

/** `GET /api/security`: what the tenant asks of whoever comes in. */
export const Security = z.object({
  secondFactor: z.object({
    /** Who needs one, and since when that is so. */
    roles: z.array(z.object({ role: RoleKind, since: Instant })),
    /** How long somebody may go on without: from then, or from the day of joining. */
    graceDays: z.number(),
  }),
  /** Whether who comes in by a provider comes in by no password any more. Owners always can. */
  singleSignOnRequired: z.boolean(),
});
export type Security = z.infer<typeof Security>;

/** `PATCH /api/security`: what is not named stays as it is. */
export const SecurityChange = z
  .object({
    secondFactor: z.object({ roles: z.array(RoleKind).max(20), graceDays: z.number().int().min(0).max(GRACE_DAYS_MAX) }).partial(),
    singleSignOnRequired: z.boolean(),
  })
  .partial();
export type SecurityChange = z.infer<typeof SecurityChange>;

/** One item of `GET /api/security/second-factors`: an active agent, and whether the tenant still waits for a second factor. */
export const SecondFactorOf = z.object({
  agentId: z.string(),
  name: z.string(),
  role: RoleKind,
  /** Whether there is one. */
  isReady: z.boolean(),
  /** From when on nothing can be done without one. Null when none is asked for, or there is one. */
  enrolBy: Instant.nullable(),
});
export type SecondFactorOf = z.infer<typeof SecondFactorOf>;
