import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { bootstrap } from './bootstrap.mjs';
import { root } from './run-child.mjs';
import { command, Stop } from './steps.mjs';

/* Everything that can be known without running the program. One line per check; what is wrong follows, only for those that failed. */

const CHECK_MINUTES_MAX = 10;
const LINES_MAX = 200;
const SCHEMA_FILE = 'libs/platform/migrations/schema.sql';
const PRINT_SCHEMA = 'dist/libs/platform/print-schema.js';

/** The longest first, so that the short ones fill the gaps. Each resolves with what is wrong, or an empty text. */
const checks = {
  lint: () => tool('eslint/bin/eslint.js', '--quiet', '.'),
  'types of the server': () => tool('typescript/bin/tsc', '--pretty', 'false', '-p', '.'),
  'types of the web': () => tool('typescript/bin/tsc', '--pretty', 'false', '-p', 'apps/web/tsconfig.json'),
  build: async () => {
    const { build } = await import('./build-changed.mjs');
    await build();
    return '';
  },
  schema: checkSchema,
  boundaries: async () => {
    const { brokenBoundaries } = await import('./boundaries.mjs');
    return (await brokenBoundaries()).join('\n');
  },
  'boundaries have teeth': async () => {
    const { toothlessRules } = await import('./boundaries.mjs');
    return (await toothlessRules()).map((name) => `${name} let a wrong import pass`).join('\n');
  },
  'dead code': () => tool('knip/bin/knip.js', '--no-progress', '--no-config-hints'),
  format: () => tool('prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'),
  map: async () => {
    const { MAP_FILE, mapText } = await import('./map-text.mjs');
    const isFresh = existsSync(join(root, MAP_FILE)) && readFileSync(join(root, MAP_FILE), 'utf8') === (await mapText());
    return isFresh ? '' : `${MAP_FILE} does not show what is there: npm run map`;
  },
  permissions: async () => {
    const { PERMISSIONS_FILE, permissionsText } = await import('./permissions-text.mjs');
    const isFresh =
      existsSync(join(root, PERMISSIONS_FILE)) && readFileSync(join(root, PERMISSIONS_FILE), 'utf8') === (await permissionsText());
    return isFresh ? '' : `${PERMISSIONS_FILE} does not show what is there: npm run map`;
  },
  'licences, versions and registry': async () => {
    const { lockfileProblems } = await import('./lockfile.mjs');
    return lockfileProblems().join('\n');
  },
};

/** The schema is read from a database, which needs the compiled migrations. */
const AFTER = { schema: 'build', permissions: 'build' };

await command(async () => {
  await bootstrap();
  const failed = await runAll();
  for (const [name, wrong] of failed) process.stdout.write(`\n── ${name} ──\n${shorten(wrong)}\n`);
  const count = Object.keys(checks).length;
  process.stdout.write(
    `\n${count - failed.length} of ${count} checks passed${failed.length > 0 ? `; failed: ${failed.map(([name]) => name).join(', ')}` : ''}\n`,
  );
  return failed.length === 0 ? 0 : 1;
});

async function runAll() {
  const waiting = Object.entries(checks);
  const running = {};
  const failed = [];
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [name, check] = next;
      await running[AFTER[name]];
      running[name] = runOne(name, check, failed);
      await running[name];
    }
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), 4) }, worker));
  return failed;
}

async function runOne(name, check, failed) {
  const start = performance.now();
  // A check that breaks down has not passed.
  const wrong = await check().catch((error) => (error instanceof Stop ? error.message : error.stack));
  if (wrong !== '') failed.push([name, wrong]);
  process.stdout.write(`${wrong === '' ? '✓' : '✗'} ${name} (${((performance.now() - start) / 1000).toFixed(1)} s)\n`);
}

/** The committed schema is what the migrations make, so that every change of it shows in a review. */
async function checkSchema() {
  if (!existsSync(join(root, PRINT_SCHEMA))) return '';
  const { code, output, errors } = await run([join(root, PRINT_SCHEMA)]);
  if (code !== 0) return `${output}${errors}`;
  const committed = existsSync(join(root, SCHEMA_FILE)) ? readFileSync(join(root, SCHEMA_FILE), 'utf8') : '';
  return output === committed ? '' : `${SCHEMA_FILE} is not what the migrations make: node ${PRINT_SCHEMA} > ${SCHEMA_FILE}`;
}

async function tool(program, ...args) {
  const { code, output, errors } = await run([join(root, 'node_modules', program), ...args]);
  return code === 0 ? '' : `${output}${errors}`.trim() || `ended with code ${code}`;
}

function run(args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: CHECK_MINUTES_MAX * 60_000,
      env: { ...process.env, NO_COLOR: '1', NODE_NO_WARNINGS: '1' },
    });
    const [output, errors] = [[], []];
    child.stdout.on('data', (chunk) => output.push(chunk));
    child.stderr.on('data', (chunk) => errors.push(chunk));
    child.once('error', reject);
    child.once('close', (code) =>
      resolve({ code, output: Buffer.concat(output).toString('utf8'), errors: Buffer.concat(errors).toString('utf8') }),
    );
  });
}

function shorten(text) {
  const lines = text.split('\n');
  return lines.length <= LINES_MAX ? text : `${lines.slice(0, LINES_MAX).join('\n')}\n… and ${lines.length - LINES_MAX} more lines`;
}
