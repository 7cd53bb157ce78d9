import { z } from 'zod';
import { Instant } from './pages.js';
import { NewPassword } from './passwords.js';

export const Locale = z.enum(['en', 'nl']);
export type Locale = z.infer<typeof Locale>;

/** The roles that ship. */
export const AgentRole = z.enum(['owner', 'admin', 'agent', 'privacy_officer']);
export type AgentRole = z.infer<typeof AgentRole>;

/** `custom`: a role of the tenant's own, named by `roleId`. */
export const RoleKind = z.enum([...AgentRole.options, 'custom']);
export type RoleKind = z.infer<typeof RoleKind>;

export const AgentState = z.enum(['invited', 'active', 'deactivated']);

/** One item of `GET /api/agents`. */
export const Agent = z.object({
  id: z.string(),
  name: z.string(),
  email: z.string(),
  role: RoleKind,
  roleId: z.string().nullable(),
  state: AgentState,
  createdAt: Instant,
});
export type Agent = z.infer<typeof Agent>;

/** A role that ships, or with `custom` the `roleId` of one of the tenant's own. */
const RoleChoice = { role: RoleKind, roleId: z.uuid().nullable().optional() };

/** `POST /api/agents`: invite by link. */
export const Invite = z.object({ email: z.email().max(254), name: z.string().trim().min(1).max(100), ...RoleChoice });
export type Invite = z.infer<typeof Invite>;

/**
 * Its answer. `inviteUrl` is shown once; a new one can be made by inviting again. `isMailed`: the person gets one by mail too; either
 * opens, once.
 */
export const Invited = z.object({ agent: Agent, inviteUrl: z.string(), expiresAt: Instant, isMailed: z.boolean() });
export type Invited = z.infer<typeof Invited>;

/** `PATCH /api/agents/{id}` */
export const AgentChange = z.object({ ...RoleChoice, state: z.enum(['active', 'deactivated']) }).partial();
export type AgentChange = z.infer<typeof AgentChange>;

/** `POST /api/invitations/look`: what an invitation link is for, before it is accepted. */
export const InvitationToken = z.object({ token: z.string().min(1).max(200) });
export const Invitation = z.object({
  tenantName: z.string(),
  name: z.string(),
  email: z.string(),
  /** By which providers it can be accepted without a password. */
  providers: z.array(z.object({ key: z.string(), name: z.string() })),
});
export type Invitation = z.infer<typeof Invitation>;

/** `POST /api/invitations/accept`: signs the agent in, as `POST /api/session` does. */
export const AcceptInvitation = InvitationToken.extend({
  name: z.string().trim().min(1).max(100),
  password: NewPassword,
  locale: Locale.optional(),
});
export type AcceptInvitation = z.infer<typeof AcceptInvitation>;
