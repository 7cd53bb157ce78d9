import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const API = join(import.meta.dirname, '../../apps/api');
/** Whoever has the first sees every connection; what the others read hangs on none. */
const SEES_EVERYTHING = ['connection:manage', 'policy:read', 'audit:read'];

/** A bare tenant id sees everything of the tenant. What an agent asks for is asked for by the agent. */
describe('a door', () => {
  it('passes on a bare tenant id only where the permission of its route sees everything', () => {
    const files = globSync('*.controller.ts', { cwd: API });
    expect(files.length).toBeGreaterThan(10);
    const bare = files.flatMap((file) => {
      const routes = readFileSync(join(API, file), 'utf8').split('@Allow(').slice(1);
      return routes.flatMap((route) => {
        const permission = /^'([^']+)'/.exec(route)?.[1] ?? '';
        return route.includes('actor.tenantId') ? [{ file, permission }] : [];
      });
    });
    expect(bare.length).toBeGreaterThan(0);
    expect(bare.filter(({ permission }) => !SEES_EVERYTHING.includes(permission))).toEqual([]);
  });
});
