import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import config, { floors } from '../.dependency-cruiser.mjs';
import { root } from './run-child.mjs';

/* Who may use whom: reads the imports of the whole project, and proves that each rule can still say no. */

const CRUISE_TIMEOUT_MS = 2 * 60_000;
const OUTPUT_BYTES_MAX = 256 * 1024 * 1024;
const FOLDERS = ['apps', 'libs', 'test', 'bench'];

/** One wrong import per rule, as file and what it imports. */
const WRONG = {
  'front-door-of-rooms': ['libs/accounts/a.ts', '../platform/secret.js'],
  'front-door-of-doors': ['apps/api/a.ts', '../../libs/platform/secret.js'],
  'channels-apart': ['libs/channels/email/a.ts', '../messenger/index.js'],
  'doors-apart': ['apps/api/b.ts', '../worker/index.js'],
  'rooms-below-doors': ['libs/accounts/b.ts', '../../apps/worker/index.js'],
  'tests-apart': ['libs/accounts/c.ts', '../../test/world.js'],
  'web-shares-contract': ['apps/web/src/a.ts', '../../../libs/platform/index.js'],
  'contract-alone': ['libs/contract/a.ts', 'fastify'],
  'no-http-in-rooms': ['libs/accounts/d.ts', 'fastify'],
  'on-the-map': ['apps/api/c.ts', '../../libs/elsewhere/index.js'],
  'no-circles': ['libs/accounts/e.ts', './circle.js'],
  resolvable: ['libs/accounts/f.ts', './nowhere.js'],
  'no-tools-in-production': ['libs/accounts/g.ts', 'vite'],
};

/** Every import that breaks a rule, as a line for people; empty when all is well. */
export async function brokenBoundaries() {
  const { summary } = await cruise(root);
  const strangers = readdirSync(join(root, 'libs')).filter((room) => !floors.flat().includes(room));
  return [
    ...summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`),
    ...strangers.map((room) => `on-the-map: libs/${room} has no place in the array of floors (.dependency-cruiser.mjs)`),
  ];
}

/** The names of rules that let their wrong import pass: a rule that never says no protects nothing. */
export async function toothlessRules() {
  const example = join(root, 'dist', '.boundaries-example');
  rmSync(example, { recursive: true, force: true });
  try {
    makeExample(example);
    const { summary } = await cruise(example);
    const fired = new Set(summary.violations.map(({ rule }) => rule.name));
    return config.forbidden.map(({ name }) => name).filter((name) => !fired.has(name));
  } finally {
    rmSync(example, { recursive: true, force: true });
  }
}

/** What dependency-cruiser found. */
export async function cruise(folder) {
  const program = join(root, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruiser.mjs');
  const present = FOLDERS.filter((name) => existsSync(join(folder, name)));
  const args = [program, '--config', join(root, '.dependency-cruiser.mjs'), '--output-type', 'json', ...present];
  const options = { cwd: folder, timeout: CRUISE_TIMEOUT_MS, maxBuffer: OUTPUT_BYTES_MAX };
  // With violations it ends with their number; without a report something else went wrong.
  const { stdout } = await promisify(execFile)(process.execPath, args, options).catch((error) =>
    error.stdout?.startsWith('{') ? error : Promise.reject(error),
  );
  return JSON.parse(stdout);
}

function makeExample(folder) {
  const write = (path, text) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  const target = 'export const there = 1;\n';
  for (const room of [...floors.flat(), 'elsewhere', 'channels/messenger']) write(`libs/${room}/index.ts`, target);
  for (const path of ['libs/platform/secret.ts', 'apps/worker/index.ts', 'test/world.ts']) write(path, target);
  write('libs/accounts/circle.ts', "export * from './e.js';\n");
  for (const [path, imported] of Object.values(WRONG)) write(path, `export * from '${imported}';\n`);
  // Each room uses its neighbour, or the room above it where it has the floor to itself.
  for (const [depth, floor] of floors.entries()) {
    for (const room of floor) {
      const other = floor.find((neighbour) => neighbour !== room) ?? floors[depth - 1]?.[0];
      if (other !== undefined) write(`libs/${room}/upwards.ts`, `export * from '#${other}';\n`);
    }
  }
  write(
    'package.json',
    JSON.stringify({
      type: 'module',
      imports: { '#*': './libs/*/index.ts' },
      dependencies: { fastify: '*' },
      devDependencies: { vite: '*' },
    }),
  );
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
}
