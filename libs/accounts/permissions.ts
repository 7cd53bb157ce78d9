import { AgentRole } from '#contract';

/**
 * Everything that can be allowed or not, and to whom of those whose role ships with the product. Routes name one of these; there is no
 * other place where a role decides. A role of a tenant's own is a choice from these keys.
 */
export const PERMISSIONS = {
  'session:own': ['owner', 'admin', 'agent', 'privacy_officer'],
  'conversation:read': ['owner', 'admin', 'agent', 'privacy_officer'],
  'conversation:write': ['owner', 'admin', 'agent'],
  'conversation:erase': ['owner', 'admin', 'privacy_officer'],
  'quarantine:read': ['owner', 'admin', 'agent', 'privacy_officer'],
  'quarantine:manage': ['owner', 'admin', 'agent'],
  'raw:read': ['owner', 'admin', 'agent', 'privacy_officer'],
  'suppression:manage': ['owner', 'admin', 'agent', 'privacy_officer'],
  'agent:read': ['owner', 'admin', 'agent', 'privacy_officer'],
  'agent:manage': ['owner', 'admin'],
  'role:manage': ['owner', 'admin'],
  'team:manage': ['owner', 'admin'],
  'connection:read': ['owner', 'admin', 'agent', 'privacy_officer'],
  'connection:manage': ['owner', 'admin'],
  'policy:read': ['owner', 'admin', 'agent', 'privacy_officer'],
  'audit:read': ['owner', 'admin', 'privacy_officer'],
  'security:read': ['owner', 'admin', 'privacy_officer'],
  'security:manage': ['owner', 'admin'],
  'operator_grant:read': ['owner', 'admin', 'privacy_officer'],
  'operator_grant:manage': ['owner'],
  'api_key:manage': ['owner', 'admin'],
} as const satisfies Record<string, readonly AgentRole[]>;

export type Permission = keyof typeof PERMISSIONS;

/**
 * What a key can be made for. Not what a key could use to get at more than it was made for: people, keys, factors and sessions. A permission
 * that is not here is for people alone.
 */
export const KEY_PERMISSIONS: readonly Permission[] = [
  'conversation:read',
  'conversation:write',
  'conversation:erase',
  'quarantine:read',
  'quarantine:manage',
  'raw:read',
  'suppression:manage',
  'agent:read',
  'connection:read',
  'connection:manage',
  'policy:read',
  'audit:read',
  'security:read',
];

/** Whether somebody may, at this moment, by the role they have. */
export function may({ permissions }: { permissions: ReadonlySet<Permission> }, permission: Permission): boolean {
  return permissions.has(permission);
}

/** What a role that ships with the product allows. */
export function permissionsOf(role: AgentRole): ReadonlySet<Permission> {
  return SHIPPED.get(role)!;
}

const SHIPPED = new Map(
  AgentRole.options.map((role) => {
    const allowed = (Object.keys(PERMISSIONS) as Permission[]).filter((name) => (PERMISSIONS[name] as readonly AgentRole[]).includes(role));
    return [role, new Set(allowed)];
  }),
);
