import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './run-child.mjs';

/* What may come in with the dependencies: versions without known holes, licences that fit the project's own, one registry. */

/** The first version without a hole that is known to us. */
const FLOORS = {
  nodemailer: '9.0.1',
  multer: '2.2.0',
  'socket.io-parser': '4.2.7',
  ws: '8.21.0',
  dompurify: '3.4.13',
  'sanitize-html': '2.17.7',
  typeorm: '1.1.0',
  '@nestjs/platform-fastify': '11.1.24',
};

/** MPL-2.0 binds changes to its own files only; CC-BY-4.0 is a table of data. */
const LICENCES = new Set([
  'MIT',
  'MIT-0',
  'ISC',
  '0BSD',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'Python-2.0',
  'Unlicense',
  'CC0-1.0',
  'CC-BY-4.0',
  'MPL-2.0',
]);

/** Packages whose package.json names no licence, and the one in their own files. */
const READ_BY_HAND = { 'passport-strategy': 'MIT', pause: 'MIT', 'xmlhttprequest-ssl': 'MIT' };

const REGISTRY = 'https://registry.npmjs.org/';

/** What is wrong with the lockfile, a line each; empty when all is well. */
export function lockfileProblems() {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const own = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const installed = Object.entries(packages)
    .filter(([path]) => path !== '')
    .map(([path, facts]) => ({ path, name: path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length), ...facts }));
  return [...installed.flatMap(problemsOf), ...unpinned(own)];
}

function problemsOf({ path, name, version, license = READ_BY_HAND[name], resolved }) {
  const problems = [];
  const floor = FLOORS[name];
  if (floor !== undefined && isBelow(version, floor)) problems.push(`${path} ${version}: has known holes below ${floor}`);
  if (!isAllowed(license)) problems.push(`${path}: licence ${license ?? 'not stated'} is not on the list`);
  if (resolved !== undefined && !resolved.startsWith(REGISTRY))
    problems.push(`${path}: comes from ${new URL(resolved).host}, not from the public registry`);
  return problems;
}

function unpinned({ dependencies, devDependencies, optionalDependencies }) {
  return Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })
    .filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
    .map(([name, version]) => `package.json: ${name} ${version} is not one exact version`);
}

function isBelow(version, floor) {
  const [found, wanted] = [version, floor].map((text) => text.split('-')[0].split('.').map(Number));
  const different = found.findIndex((part, index) => part !== wanted[index]);
  return different !== -1 && found[different] < wanted[different];
}

/** `A AND B` needs both; `(A OR B)` one of them. */
function isAllowed(licence = '') {
  return licence
    .replace(/[()]/g, '')
    .split(' AND ')
    .every((part) => part.split(' OR ').some((one) => LICENCES.has(one)));
}
