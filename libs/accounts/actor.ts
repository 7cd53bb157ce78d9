import type { Locale, SecondFactor } from '#contract';
import { type Branded, MINUTE_MS, type TenantId } from '#platform';
import type { Rights } from './rights.js';

export type AgentId = Branded<'AgentId'>;
export type SessionId = Branded<'SessionId'>;
export type ApiKeyId = Branded<'ApiKeyId'>;

/** No session has it: of whoever acts without one. */
export const NO_SESSION = '' as SessionId;

/**
 * What a session is good for. `locked`: for unlocking it. `must_enrol`: for setting up the second factor that the tenant asks for.
 * Signing out is always possible.
 */
export type SessionState = 'live' | 'locked' | 'must_enrol';

/** Who is asking: an agent of one tenant, in one session. */
export interface Actor extends Rights {
  tenantId: TenantId;
  tenantName: string;
  agentId: AgentId;
  sessionId: SessionId;
  name: string;
  email: string;
  state: SessionState;
  /** When a factor was last proved in this session: sensitive acts ask for one that is fresh. Null for whoever came without a session. */
  provedAt: Date | null;
  /** When everything that this agent can prove was last asked for, beyond signing in: what changes a factor asks for that. */
  provedAllAt: Date | null;
  /** False for who comes in by another door. */
  hasPassword: boolean;
  secondFactors: readonly SecondFactor[];
  /** By which providers this agent can prove who he is. */
  providers: readonly { id: string; name: string }[];
  /** Until when a second factor has to be set up; null when none is asked for, or there is one. */
  enrolBy: Date | null;
  locale: Locale;
  /** Below what the agent answers by mail. */
  signature: string;
  /** The key with which a program acts in this agent's name. */
  keyId?: ApiKeyId;
  /** After how many minutes without a hand on it the session locks itself; null: never. */
  lockAfterMinutes?: number | null;
}

/** How long after a factor was proved a sensitive act may follow. */
const FRESH_MS_MAX = 10 * MINUTE_MS;

/** Whether somebody proved a factor a moment ago. */
export function isFresh({ provedAt }: Actor, now: Date): boolean {
  return isLately(provedAt, now);
}

/** Whether somebody proved everything there is a moment ago: the password and, for who has one, a second factor. */
export function isWhollyFresh({ provedAllAt }: Actor, now: Date): boolean {
  return isLately(provedAllAt, now);
}

function isLately(at: Date | null, now: Date): boolean {
  return at !== null && now.getTime() - at.getTime() < FRESH_MS_MAX;
}
