import type { RoleKind } from '#contract';
import { type Permission, PERMISSIONS, permissionsOf } from './permissions.js';

/** What of an agent decides what he may do and see; what `rightsOf` reads. */
export const RIGHTS_COLUMNS = `agent.role, agent.role_id as "roleId",
  (select permissions from role where role.tenant_id = agent.tenant_id and role.id = agent.role_id) as "rolePermissions",
  connections_seen_by(agent.id) as "givenConnections"`;

export interface RightsRow {
  role: RoleKind;
  roleId: string | null;
  rolePermissions: string[] | null;
  givenConnections: string[] | null;
}

/** What somebody may do and see at one moment. */
export interface Rights {
  role: RoleKind;
  /** Which role of the tenant's own; null for one that ships. */
  roleId: string | null;
  permissions: ReadonlySet<Permission>;
  /** The connections whose conversations are seen; null: all. */
  connections: readonly string[] | null;
}

/** What an agent may do, and which connections he sees: whoever manages connections sees them all. */
export function rightsOf({ role, roleId, rolePermissions, givenConnections }: RightsRow): Rights {
  const permissions = role === 'custom' ? known(rolePermissions ?? []) : permissionsOf(role);
  return { role, roleId, permissions, connections: permissions.has('connection:manage') ? null : givenConnections };
}

/** Whether somebody sees what belongs to this connection. */
export function sees({ connections }: Pick<Rights, 'connections'>, connectionId: string): boolean {
  return connections === null || connections.includes(connectionId);
}

/** Whether two moments' rights are the same. */
export function sameRights(one: Rights, other: Rights): boolean {
  return textOf(one) === textOf(other);
}

function textOf({ role, roleId, permissions, connections }: Rights): string {
  return JSON.stringify([role, roleId, [...permissions].toSorted(), connections?.toSorted() ?? null]);
}

// A permission that a later version no longer knows allows nothing.
function known(names: readonly string[]): ReadonlySet<Permission> {
  return new Set((Object.keys(PERMISSIONS) as Permission[]).filter((name) => names.includes(name)));
}
