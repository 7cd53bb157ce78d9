import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { oneAtATime } from './one-at-a-time.mjs';
import { root, runNode } from './run-child.mjs';
import { step, Stop } from './steps.mjs';

/*
 * What every command begins with. It runs on whatever Node the machine has, with nothing installed: it installs the locked dependencies
 * when they changed, and hands over to the Node that came with them when the machine's is older than the project needs.
 */

/** What npm and the build need to install the rest. */
const INSTALLING_NODE_MIN = [20, 19];
/** What the project runs on: `engines` in package.json. */
const RUNNING_NODE_MIN = [24, 9];
const INSTALL_MINUTES_MAX = 20;
const TAIL_LINES = 15;
const stampFile = join(root, 'node_modules', '.omnidesk-installed');
const projectNode = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');

/** Come back once everything is installed and this is the project's Node. Otherwise run this command again on that Node, and exit with it. */
export async function bootstrap() {
  if (isOlder(INSTALLING_NODE_MIN)) {
    throw new Stop(
      `Omnidesk needs Node ${INSTALLING_NODE_MIN.join('.')} or newer; this is ${process.version}. Install a current one from https://nodejs.org.`,
    );
  }
  if (!isInstalled()) await oneAtATime('install', install);
  if (!isOlder(RUNNING_NODE_MIN)) return;
  process.exit(await runNode(process.argv.slice(1), { node: projectNode }));
}

function isOlder([major, minor]) {
  const [ownMajor, ownMinor] = process.versions.node.split('.').map(Number);
  return ownMajor < major || (ownMajor === major && ownMinor < minor);
}

function isInstalled() {
  if (isOlder(RUNNING_NODE_MIN) && !existsSync(projectNode)) return false;
  if (read(stampFile) === wantedStamp()) return true;
  if (!matchesLock()) return false;
  writeFileSync(stampFile, wantedStamp());
  return true;
}

function wantedStamp() {
  const lock = read(join(root, 'package-lock.json'));
  return createHash('sha256').update(`${process.platform} ${process.arch}\n${lock}`).digest('hex');
}

/** Whether a developer's own `npm install` brought exactly what is locked: npm writes down what it installed when it has finished. */
function matchesLock() {
  const installed = JSON.parse(read(join(root, 'node_modules', '.package-lock.json')) ?? '{}').packages;
  if (installed === undefined) return false;
  const locked = JSON.parse(read(join(root, 'package-lock.json'))).packages;
  return Object.entries(locked).every(([path, { version, optional }]) => {
    if (path === '') return true;
    // What is optional may be missing: most of it is for other machines.
    return installed[path] === undefined ? optional === true : installed[path].version === version;
  });
}

async function install(tellChild) {
  // Another process may have installed while this one waited.
  if (isInstalled()) return;
  await step('installing dependencies; the first time this takes a minute', 'installed', async () => {
    rmSync(stampFile, { force: true });
    const { code, output } = await npmCi(tellChild);
    if (code !== 0)
      throw new Stop(`${output.split('\n').slice(-TAIL_LINES).join('\n')}\n\nThe dependencies could not be installed. ${remedy(output)}`);
    // Last: an install that was killed has no stamp and is done again.
    writeFileSync(stampFile, wantedStamp());
  });
}

function npmCi(tellChild) {
  const options = [
    'ci',
    '--loglevel=error',
    '--no-audit',
    '--no-fund',
    '--no-progress',
    '--no-update-notifier',
    '--include=dev',
    '--include=optional',
  ];
  const [program, args] = npmCommand();
  return new Promise((resolve) => {
    const child = spawn(program, [...args, ...options], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: INSTALL_MINUTES_MAX * 60_000,
      shell: process.platform === 'win32' && args.length === 0,
      // A production setting in the environment would leave out what the build needs.
      env: { ...process.env, NODE_ENV: 'development' },
    });
    if (child.pid !== undefined) tellChild(child.pid);
    const chunks = [];
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.stderr.on('data', (chunk) => chunks.push(chunk));
    const end = () => child.kill('SIGTERM');
    process.once('exit', end);
    child.once('error', (error) => resolve({ code: 1, output: error.message }));
    child.once('close', (code) => {
      process.off('exit', end);
      resolve({ code, output: Buffer.concat(chunks).toString('utf8').trim() });
    });
  });
}

/** The npm that started us; else the one beside the machine's Node; else the one on the path. Never run by a Node that it is about to remove. */
function npmCommand() {
  const { npm_execpath: npm = '', npm_node_execpath: npmNode } = process.env;
  const node = outsideNode(npmNode);
  if (node !== null && basename(npm) === 'npm-cli.js') return [node, [npm]];
  const beside = node === null ? '' : join(dirname(dirname(node)), 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js');
  if (node !== null && existsSync(beside)) return [node, [beside]];
  return ['npm', []];
}

function outsideNode(npmNode) {
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  const onPath = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name));
  return [npmNode, process.execPath, ...onPath].find((path) => path && !path.includes('node_modules') && existsSync(path)) ?? null;
}

function remedy(output) {
  if (/ENOSPC|no space left/i.test(output)) return 'The disk is full: make room, then start again.';
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ERR_SOCKET_TIMEOUT|network/i.test(output)) {
    return 'The package registry cannot be reached: check the network, then start again. Only the first start needs it.';
  }
  if (/EACCES|EPERM|EROFS/.test(output)) return `This account may not write in ${root}: give it the folder, then start again.`;
  if (/in sync|EUSAGE/.test(output)) return 'package.json and package-lock.json disagree: run "npm install", then start again.';
  return 'Start again; if it fails the same way, the lines above say why.';
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
}
