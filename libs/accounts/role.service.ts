import { Injectable } from '@nestjs/common';
import { Audit } from '#audit';
import { AgentRole, type NewRole, type Role, type RoleChange, type Roles } from '#contract';
import { Clock, Database, isUuid, newId, notFound, Refusal, type TenantTx } from '#platform';
import type { Actor } from './actor.js';
import { auditedAs } from './audited-as.js';
import { permissionsOf } from './permissions.js';
import { CHOICES, demandWithin } from './role.js';
import { RoleEntity } from './role.entity.js';

const ROLES_MAX = 100;
const NAMED_MAX = 5;

/** The roles of a tenant: those that ship, and its own. */
@Injectable()
export class RoleService {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly audit: Audit,
  ) {}

  /** Those that ship first; then the tenant's own by name. */
  async list(actor: Actor): Promise<Roles> {
    return this.db.inTenant(actor, async (tx) => {
      const own = await tx.entities.find(RoleEntity, { order: { name: 'ASC' }, take: ROLES_MAX });
      const counted = await tx.query<{ role: string; agents: number }>(
        'select coalesce(role_id::text, role) as role, count(*)::int as agents from agent group by 1',
      );
      const agents = new Map(counted.map((row) => [row.role, row.agents]));
      const shipped = AgentRole.options.map((kind) => {
        return { id: null, kind, name: '', permissions: [...permissionsOf(kind)], agents: agents.get(kind) ?? 0 };
      });
      return {
        items: [...shipped, ...own.map((role) => ({ ...describeRole(role), agents: agents.get(role.id) ?? 0 }))],
        permissions: [...CHOICES],
        nextCursor: null,
      };
    });
  }

  /** Errors: invalid `no_such_permission`; forbidden `beyond_your_rights`; conflict `name_taken`, `too_many_roles`. */
  async create(actor: Actor, { name, permissions }: NewRole): Promise<Role> {
    const allowed = demandPermissions(actor, permissions);
    return this.db.inTenant(actor, async (tx) => {
      const now = this.clock.now();
      await demandNameFree(tx, name, null);
      const [{ count } = { count: 0 }] = await tx.query<{ count: number }>('select count(*)::int as count from role');
      if (count >= ROLES_MAX) throw new Refusal('conflict', 'too_many_roles', 'There are a hundred roles already. Delete one first.');
      const role = { tenantId: tx.tenantId, id: newId<string>(now), name, permissions: allowed, createdAt: now };
      await tx.entities.insert(RoleEntity, role);
      this.audit.append(tx, {
        act: 'role_made',
        by: auditedAs(actor),
        about: { kind: 'role', id: role.id },
        facts: { permissions: allowed },
      });
      return describeRole(role);
    });
  }

  /**
   * Change what a role is called or allows. Whoever has it may from now on what it says now.
   *
   * Errors   not_found; as for `create`, also when it allows already what the actor may not
   */
  async change(actor: Actor, id: string, { name, permissions }: RoleChange): Promise<Role> {
    const allowed = permissions && demandPermissions(actor, permissions);
    return this.db.inTenant(actor, async (tx) => {
      const role = await lockRole(tx, id);
      demandWithin(actor, role.permissions);
      if (name !== undefined) await demandNameFree(tx, name, role.id);
      const changed = { ...role, name: name ?? role.name, permissions: allowed ?? role.permissions };
      await tx.entities.save(RoleEntity, changed);
      const facts = { permissions: changed.permissions, permissionsBefore: role.permissions };
      this.audit.append(tx, { act: 'role_changed', by: auditedAs(actor), about: { kind: 'role', id: role.id }, facts });
      const [{ agents } = { agents: 0 }] = await tx.query<{ agents: number }>(
        'select count(*)::int as agents from agent where role_id = $1',
        [role.id],
      );
      return { ...describeRole(changed), agents };
    });
  }

  /** Errors: not_found; forbidden `beyond_your_rights`; conflict `role_in_use` with the names of some who have it. */
  async remove(actor: Actor, id: string): Promise<void> {
    await this.db.inTenant(actor, async (tx) => {
      const role = await lockRole(tx, id);
      demandWithin(actor, role.permissions);
      const people = await tx.query<{ id: string; name: string }>('select id, name from agent where role_id = $1 order by name limit $2', [
        role.id,
        NAMED_MAX,
      ]);
      if (people.length > 0) {
        const sentence = `${people.map((one) => one.name).join(', ')} still have this role. Give them another one first.`;
        throw new Refusal(
          'conflict',
          'role_in_use',
          sentence,
          people.map((one) => ({ path: one.id, message: one.name })),
        );
      }
      await tx.entities.delete(RoleEntity, { tenantId: tx.tenantId, id: role.id });
      const facts = { permissionsBefore: role.permissions };
      this.audit.append(tx, { act: 'role_deleted', by: auditedAs(actor), about: { kind: 'role', id: role.id }, facts });
    });
  }
}

function describeRole({ id, name, permissions }: RoleEntity): Role {
  return { id, kind: 'custom', name, permissions: CHOICES.filter((choice) => permissions.includes(choice)), agents: 0 };
}

/** What is stored: the choice, and what everybody may. */
function demandPermissions(actor: Actor, names: readonly string[]): string[] {
  const unknown = names.find((name) => !(CHOICES as readonly string[]).includes(name));
  if (unknown !== undefined) throw new Refusal('invalid', 'no_such_permission', `There is no permission “${unknown}”.`);
  demandWithin(actor, names);
  return ['session:own', ...CHOICES.filter((choice) => names.includes(choice))];
}

async function lockRole(tx: TenantTx, id: string): Promise<RoleEntity> {
  if (!isUuid(id)) throw notFound();
  const role = await tx.entities.findOne(RoleEntity, { where: { id }, lock: { mode: 'pessimistic_write' } });
  if (!role) throw notFound();
  return role;
}

async function demandNameFree(tx: TenantTx, name: string, id: string | null): Promise<void> {
  const taken = await tx.query('select 1 from role where lower(name) = lower($1) and id is distinct from $2::uuid', [name, id]);
  if (taken.length > 0) throw new Refusal('conflict', 'name_taken', 'Another role is called that already. Choose another name.');
}
