import type { AuditActor } from '#audit';
import type { OperatorRole } from '#contract';
import type { Branded } from '#platform';

export type OperatorId = Branded<'OperatorId'>;

/**
 * Everything that can be allowed to operators, and to whom. The watcher is for programs that only look: whether all is well, and how much is
 * used. Nothing here opens what a tenant keeps: that takes the tenant's own grant as well.
 */
export const OPERATOR_PERMISSIONS = {
  'session:own': ['full', 'watcher'],
  'health:read': ['full', 'watcher'],
  'tenant:read': ['full', 'watcher'],
  'tenant:manage': ['full'],
  'operator:read': ['full'],
  'operator:manage': ['full'],
  'address:read': ['full'],
  'address:manage': ['full'],
  'installation_audit:read': ['full'],
  'granted_content:read': ['full'],
} as const satisfies Record<string, readonly OperatorRole[]>;

export type OperatorPermission = keyof typeof OPERATOR_PERMISSIONS;

/** Who runs the installation and asks for something. Without an id it is whoever sits at the machine's own console. */
export interface OperatorActor {
  operatorId: OperatorId | null;
  name: string;
  role: OperatorRole;
}

/** Whoever has the console has the data; what is done there is written down as the system's. */
export const CONSOLE: OperatorActor = { operatorId: null, name: 'console', role: 'full' };

export function mayOperate({ role }: OperatorActor, permission: OperatorPermission): boolean {
  return (OPERATOR_PERMISSIONS[permission] as readonly OperatorRole[]).includes(role);
}

export function operatorPermissionsOf(role: OperatorRole): OperatorPermission[] {
  const all = Object.keys(OPERATOR_PERMISSIONS) as OperatorPermission[];
  return all.filter((permission) => (OPERATOR_PERMISSIONS[permission] as readonly OperatorRole[]).includes(role));
}

/** An operator, as the audit names one. */
export function operatorAuditedAs({ operatorId }: OperatorActor): AuditActor {
  return operatorId === null ? { kind: 'system' } : { kind: 'operator', id: operatorId };
}
