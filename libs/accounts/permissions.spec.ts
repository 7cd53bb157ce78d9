import { AgentRole } from '#contract';
import { may, PERMISSIONS, type Permission, permissionsOf } from './permissions.js';

describe('what a role may do', () => {
  const all = Object.keys(PERMISSIONS) as Permission[];
  const mayNot = (role: AgentRole) => all.filter((permission) => !may({ permissions: permissionsOf(role) }, permission));

  it('is everything for an owner, for an admin all but letting operators read, and at least what an agent may', () => {
    expect(mayNot('owner')).toEqual([]);
    expect(mayNot('admin')).toEqual(['operator_grant:manage']);
    for (const permission of permissionsOf('agent')) expect(permissionsOf('admin')).toContain(permission);
  });

  it('is for an agent the work: no change of people or ways in, no erasing, and no look at what others did', () => {
    expect(mayNot('agent')).toEqual([
      'conversation:erase',
      'agent:manage',
      'role:manage',
      'team:manage',
      'connection:manage',
      'audit:read',
      'security:read',
      'security:manage',
      'operator_grant:read',
      'operator_grant:manage',
      'api_key:manage',
    ]);
  });

  it('is for a privacy officer everything that can be read, and erasing; not answering, and no change of people or ways in', () => {
    expect(mayNot('privacy_officer')).toEqual([
      'conversation:write',
      'quarantine:manage',
      'agent:manage',
      'role:manage',
      'team:manage',
      'connection:manage',
      'security:manage',
      'operator_grant:manage',
      'api_key:manage',
    ]);
  });

  it('is told to the browser in the words that the doors decide by', () => {
    for (const role of AgentRole.options) {
      expect([...permissionsOf(role)]).toEqual(all.filter((permission) => (PERMISSIONS[permission] as readonly string[]).includes(role)));
    }
  });
});
