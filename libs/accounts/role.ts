import type { RoleKind } from '#contract';
import { Refusal, type TenantTx } from '#platform';
import type { Actor } from './actor.js';
import { type Permission, PERMISSIONS, permissionsOf } from './permissions.js';
import { RoleEntity } from './role.entity.js';

/** Everything that a role of a tenant's own can allow, in the order of the table. What everybody may is no choice. */
export const CHOICES: readonly Permission[] = (Object.keys(PERMISSIONS) as Permission[]).filter((name) => name !== 'session:own');

export interface RoleChoice {
  role: RoleKind;
  roleId: string | null;
}

/**
 * The role that an agent is to have, held as it is until the end of `tx`.
 *
 * Errors   unprocessable `no_such_role`; forbidden `beyond_your_rights`
 */
export async function demandGivable(tx: TenantTx, actor: Actor, { role, roleId }: RoleChoice): Promise<RoleChoice> {
  if (role !== 'custom') {
    demandWithin(actor, permissionsOf(role));
    return { role, roleId: null };
  }
  const found =
    roleId === null ? null : await tx.entities.findOne(RoleEntity, { where: { id: roleId }, lock: { mode: 'pessimistic_read' } });
  if (!found) throw noSuchRole();
  demandWithin(actor, found.permissions);
  return { role, roleId: found.id };
}

export function noSuchRole(): Refusal {
  return new Refusal('unprocessable', 'no_such_role', 'There is no such role. Choose one from the list.');
}

/** Nobody gives what he does not have, and nobody changes who may more. Errors: forbidden `beyond_your_rights`. */
export function demandWithin(actor: Actor, permissions: Iterable<string>): void {
  for (const permission of permissions) {
    if (actor.permissions.has(permission as Permission)) continue;
    throw new Refusal(
      'forbidden',
      'beyond_your_rights',
      'This is about rights that your own role does not have. Ask somebody who has them.',
    );
  }
}
