import { z } from 'zod';
import { RoleKind } from './agents.js';
import { Instant } from './pages.js';

const ROLE_NAME_LENGTH_MAX = 60;
const PERMISSIONS_MAX = 100;

/** One item of `GET /api/roles`. `id` is null for a role that ships; those cannot be changed. */
export const Role = z.object({
  id: z.string().nullable(),
  kind: RoleKind,
  /** Empty for a role that ships: the screen has its name in the agent's language. */
  name: z.string(),
  permissions: z.array(z.string()),
  /** How many people have it, invited and deactivated ones too. */
  agents: z.number(),
});
export type Role = z.infer<typeof Role>;

/** `GET /api/roles`. `permissions`: everything that a role of the tenant's own can allow, in the order in which to show it. */
export const Roles = z.object({ items: z.array(Role), permissions: z.array(z.string()), nextCursor: z.null() });
export type Roles = z.infer<typeof Roles>;

/** `POST /api/roles` */
export const NewRole = z.object({
  name: z.string().trim().min(1).max(ROLE_NAME_LENGTH_MAX),
  permissions: z.array(z.string().max(ROLE_NAME_LENGTH_MAX)).max(PERMISSIONS_MAX),
});
export type NewRole = z.infer<typeof NewRole>;

/** `PATCH /api/roles/{id}`; what is left out stays. */
export const RoleChange = NewRole.partial();
export type RoleChange = z.infer<typeof RoleChange>;

const TEAM_NAME_LENGTH_MAX = 60;
const IN_A_TEAM_MAX = 1000;

/** One item of `GET /api/teams`. A connection that is in no team is everybody's. */
export const Team = z.object({
  id: z.string(),
  name: z.string(),
  agentIds: z.array(z.string()),
  connectionIds: z.array(z.string()),
  createdAt: Instant,
});
export type Team = z.infer<typeof Team>;

/** `POST /api/teams` */
export const NewTeam = z.object({
  name: z.string().trim().min(1).max(TEAM_NAME_LENGTH_MAX),
  agentIds: z.array(z.uuid()).max(IN_A_TEAM_MAX),
  connectionIds: z.array(z.uuid()).max(IN_A_TEAM_MAX),
});
export type NewTeam = z.infer<typeof NewTeam>;

/** `PATCH /api/teams/{id}`; what is left out stays. */
export const TeamChange = NewTeam.partial();
export type TeamChange = z.infer<typeof TeamChange>;
