import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { oneAtATime } from './one-at-a-time.mjs';
import { root } from './run-child.mjs';
import { step, Stop } from './steps.mjs';

/* Only for the project's own Node: load it after `bootstrap`. Build what changed: each part has a fingerprint of everything it is made of, written down after it was built. */

const BUILD_MINUTES_MAX = 10;
const stampsFile = join(root, 'dist', '.built.json');
const SERVER_FOLDERS = ['apps', 'libs', 'test', 'bench'];

const parts = {
  server: {
    sources: [
      ...SERVER_FOLDERS.map((folder) => `${folder}/**/*.ts`),
      '.swcrc',
      'nest-cli.json',
      'tsconfig.json',
      'tsconfig.build.json',
      'package-lock.json',
    ],
    leaves: 'dist/libs/platform/index.js',
    async build() {
      removeOrphans();
      const { folders, config } = nestConfig();
      await tool('nest', '@nestjs/cli/bin/nest.js', ['build', '--config', config]);
      rmSync(join(root, config), { force: true });
      if (folders.length === 0) throw new Stop('There is nothing to build.');
    },
  },
  web: {
    sources: ['apps/web/**/*', 'libs/contract/**/*.ts', 'package-lock.json'],
    leaves: 'dist/web/index.html',
    needs: 'apps/web/vite.config.ts',
    build: () => tool('vite', 'vite/bin/vite.js', ['build', '--config', 'apps/web/vite.config.ts', '--logLevel', 'warn']),
  },
  console: {
    sources: ['apps/web/**/*', 'libs/contract/**/*.ts', 'package-lock.json'],
    leaves: 'dist/console/index.html',
    needs: 'apps/web/vite.console.config.ts',
    build: () => tool('vite', 'vite/bin/vite.js', ['build', '--config', 'apps/web/vite.console.config.ts', '--logLevel', 'warn']),
  },
};

/** Build the parts whose sources changed since they were last built. */
export async function build() {
  if (Object.keys(changedParts()).length === 0) return;
  await oneAtATime('build', async () => {
    // Again: another process may have built while this one waited.
    const changed = changedParts();
    const names = Object.keys(changed);
    if (names.length === 0) return;
    await step(`building ${names.join(' and ')}`, `built ${names.join(' and ')}`, async () => {
      const results = await Promise.allSettled(names.map((name) => buildPart(name, changed[name])));
      const failed = results.find(({ status }) => status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    });
  });
}

async function buildPart(name, fingerprint) {
  await parts[name].build();
  writeFileSync(stampsFile, JSON.stringify({ ...readStamps(), [name]: fingerprint }));
}

/** The parts to build, each with the fingerprint of what it will be built from. */
function changedParts() {
  const stamps = readStamps();
  const changed = {};
  for (const [name, { sources, leaves, needs }] of Object.entries(parts)) {
    if (needs !== undefined && !existsSync(join(root, needs))) continue;
    const fingerprint = fingerprintOf(sources);
    if (stamps[name] !== fingerprint || !existsSync(join(root, leaves))) changed[name] = fingerprint;
  }
  return changed;
}

function fingerprintOf(patterns) {
  const hash = createHash('sha256');
  const files = globSync(patterns, { cwd: root, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  for (const path of files)
    hash
      .update(`${path.slice(root.length)}\0`)
      .update(readFileSync(path))
      .update('\0');
  return hash.digest('hex');
}

/** Nest is told which folders to compile, and refuses one that is not there. */
function nestConfig() {
  const config = JSON.parse(readFileSync(join(root, 'nest-cli.json'), 'utf8'));
  const folders = SERVER_FOLDERS.filter((folder) => existsSync(join(root, folder)));
  config.compilerOptions.builder.options.filenames = folders;
  const path = 'dist/.nest-cli.json';
  writeFileSync(join(root, path), JSON.stringify(config));
  return { folders, config: path };
}

/** Compiled files whose source is gone would still be found by the tests. */
function removeOrphans() {
  for (const path of globSync(
    SERVER_FOLDERS.map((folder) => `dist/${folder}/**/*.js`),
    { cwd: root },
  )) {
    const source = path.slice('dist/'.length).replace(/\.js$/, '.ts');
    if (existsSync(join(root, source))) continue;
    rmSync(join(root, path));
    rmSync(join(root, `${path}.map`), { force: true });
  }
}

function tool(name, program, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, 'node_modules', program), ...args], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: BUILD_MINUTES_MAX * 60_000,
      env: { ...process.env, NODE_ENV: 'production', NO_COLOR: '1' },
    });
    const chunks = [];
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.stderr.on('data', (chunk) => chunks.push(chunk));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new Stop(`${Buffer.concat(chunks).toString('utf8').trim()}\n\nThe build failed (${name}).`));
    });
  });
}

function readStamps() {
  try {
    return JSON.parse(readFileSync(stampsFile, 'utf8'));
  } catch {
    // None, or half written by a build that was killed: everything is built again.
    return {};
  }
}
