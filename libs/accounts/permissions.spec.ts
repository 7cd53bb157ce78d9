import { may, PERMISSIONS, type Permission, permissionsOf } from './permissions.js';

describe('what a role may do', () => {
  const all = Object.keys(PERMISSIONS) as Permission[];

  it('is everything for an owner, and for each role at least what the next may', () => {
    expect(permissionsOf('owner')).toEqual(all);
    for (const permission of permissionsOf('agent')) expect(may('admin', permission)).toBe(true);
  });

  it('is for an agent the work: no change of people or ways in, and no erasing', () => {
    expect(all.filter((permission) => !may('agent', permission))).toEqual(['conversation:erase', 'agent:manage', 'connection:manage']);
  });

  it('is told to the browser in the words that the doors decide by', () => {
    for (const role of ['owner', 'admin', 'agent'] as const) {
      expect(permissionsOf(role)).toEqual(all.filter((permission) => may(role, permission)));
    }
  });
});
