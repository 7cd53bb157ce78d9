import { z } from 'zod';
import { Instant } from './pages.js';

export const Locale = z.enum(['en', 'nl']);
export type Locale = z.infer<typeof Locale>;

export const AgentRole = z.enum(['owner', 'admin', 'agent', 'privacy_officer']);
export type AgentRole = z.infer<typeof AgentRole>;

export const AgentState = z.enum(['invited', 'active', 'deactivated']);

/** One item of `GET /api/agents`. */
export const Agent = z.object({
  id: z.string(),
  name: z.string(),
  email: z.string(),
  role: AgentRole,
  state: AgentState,
  createdAt: Instant,
});
export type Agent = z.infer<typeof Agent>;

/** `POST /api/agents`: invite by link. */
export const Invite = z.object({ email: z.email().max(254), name: z.string().trim().min(1).max(100), role: AgentRole });
export type Invite = z.infer<typeof Invite>;

/** Its answer. `inviteUrl` is shown once; a new one can be made by inviting again. */
export const Invited = z.object({ agent: Agent, inviteUrl: z.string(), expiresAt: Instant });
export type Invited = z.infer<typeof Invited>;

/** `PATCH /api/agents/{id}` */
export const AgentChange = z.object({ role: AgentRole, state: z.enum(['active', 'deactivated']) }).partial();
export type AgentChange = z.infer<typeof AgentChange>;

/** `POST /api/invitations/look`: what an invitation link is for, before it is accepted. */
export const InvitationToken = z.object({ token: z.string().min(1).max(200) });
export const Invitation = z.object({ tenantName: z.string(), name: z.string(), email: z.string() });
export type Invitation = z.infer<typeof Invitation>;

/** `POST /api/invitations/accept`: signs the agent in, as `POST /api/session` does. */
export const AcceptInvitation = InvitationToken.extend({
  name: z.string().trim().min(1).max(100),
  password: z.string().min(12).max(1024),
  locale: Locale.optional(),
});
export type AcceptInvitation = z.infer<typeof AcceptInvitation>;
