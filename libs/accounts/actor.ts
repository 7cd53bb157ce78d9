import type { AgentRole, Locale } from '#contract';
import { type Branded, MINUTE_MS, type TenantId } from '#platform';
import type { Permission } from './permissions.js';

export type AgentId = Branded<'AgentId'>;
export type SessionId = Branded<'SessionId'>;

/**
 * What a session is good for. `locked`: for unlocking it. `must_enrol`: for setting up the second factor that the tenant asks for.
 * Signing out is always possible.
 */
export type SessionState = 'live' | 'locked' | 'must_enrol';

/** Who is asking: an agent of one tenant, in one session. */
export interface Actor {
  tenantId: TenantId;
  tenantName: string;
  agentId: AgentId;
  sessionId: SessionId;
  name: string;
  email: string;
  role: AgentRole;
  /** What the role allows at this moment. */
  permissions: ReadonlySet<Permission>;
  state: SessionState;
  /** When a factor was last proved in this session: sensitive acts ask for one that is fresh. Null for whoever came without a session. */
  provedAt: Date | null;
  locale: Locale;
  /** Below what the agent answers by mail. */
  signature: string;
}

/** How long after a factor was proved a sensitive act may follow. */
const FRESH_MS_MAX = 10 * MINUTE_MS;

/** Whether somebody proved a factor a moment ago. */
export function isFresh({ provedAt }: Actor, now: Date): boolean {
  return provedAt !== null && now.getTime() - provedAt.getTime() < FRESH_MS_MAX;
}
