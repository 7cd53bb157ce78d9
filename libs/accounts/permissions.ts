import type { AgentRole } from '#contract';

/** Everything that can be allowed or not, and to whom. Routes name one of these; there is no other place where a role decides. */
export const PERMISSIONS = {
  'session:own': ['owner', 'admin', 'agent'],
  'conversation:read': ['owner', 'admin', 'agent'],
  'conversation:write': ['owner', 'admin', 'agent'],
  'conversation:erase': ['owner', 'admin'],
  'quarantine:read': ['owner', 'admin', 'agent'],
  'quarantine:manage': ['owner', 'admin', 'agent'],
  'suppression:manage': ['owner', 'admin', 'agent'],
  'agent:read': ['owner', 'admin', 'agent'],
  'agent:manage': ['owner', 'admin'],
  'connection:read': ['owner', 'admin', 'agent'],
  'connection:manage': ['owner', 'admin'],
  'policy:read': ['owner', 'admin', 'agent'],
} as const satisfies Record<string, readonly AgentRole[]>;

export type Permission = keyof typeof PERMISSIONS;

export function may(role: AgentRole, permission: Permission): boolean {
  return (PERMISSIONS[permission] as readonly AgentRole[]).includes(role);
}

export function permissionsOf(role: AgentRole): Permission[] {
  return (Object.keys(PERMISSIONS) as Permission[]).filter((permission) => may(role, permission));
}
