import type { AgentRole, Locale } from '#contract';
import type { Branded, TenantId } from '#platform';

export type AgentId = Branded<'AgentId'>;
export type SessionId = Branded<'SessionId'>;

/** Who is asking: an agent of one tenant, in one session. */
export interface Actor {
  tenantId: TenantId;
  tenantName: string;
  agentId: AgentId;
  sessionId: SessionId;
  name: string;
  email: string;
  role: AgentRole;
  locale: Locale;
  /** Below what the agent answers by mail. */
  signature: string;
}
