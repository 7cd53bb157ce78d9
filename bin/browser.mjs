import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { root } from './run-child.mjs';
import { step, Stop } from './steps.mjs';

/* The browser that the screen tests drive. There is always one, or the tests do not run: a skipped test proves nothing. */

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const MAC_APPS = ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome', '/Applications/Chromium.app/Contents/MacOS/Chromium'];
const WINDOWS_APPS = [
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
];
const VERSION_TIMEOUT_MS = 30_000;
const INSTALL_TIMEOUT_MS = 10 * 60_000;
const TAIL_LINES = 10;

/** The path of a browser that runs, or null. */
export async function findBrowser() {
  const onPath = NAMES.flatMap((name) => (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name)));
  const { chromium } = await import('playwright-core');
  // Playwright names the one it would download, whether or not it is there.
  const candidates = ['/usr/bin/chromium', ...onPath, ...MAC_APPS, ...WINDOWS_APPS, chromium.executablePath()];
  return candidates.find((path) => path && existsSync(path) && runs(path)) ?? null;
}

/** Find a browser or install one: Debian's package when we may, else the download that Playwright knows. */
export async function ensureBrowser() {
  const found = await findBrowser();
  if (found !== null) return found;
  const reasons = [];
  let installed = null;
  await step('installing a browser for the screen tests', 'browser installed', async () => {
    for (const install of [installFromDebian, installFromPlaywright]) {
      reasons.push(await install());
      installed = await findBrowser();
      if (installed !== null) return;
    }
    throw new Stop(
      `${reasons.filter(Boolean).join('\n')}\n\nThe screen tests need Chromium or Chrome, and none could be installed. Install one (on Debian: apt-get install chromium), then run the tests again.`,
    );
  });
  return installed;
}

async function installFromDebian() {
  if (process.geteuid?.() !== 0 || !existsSync('/etc/debian_version') || !existsSync('/usr/bin/apt-get')) return null;
  const update = await run('apt-get', ['update', '-q']);
  const install = await run('apt-get', ['install', '-y', '-q', '--no-install-recommends', 'chromium', 'fonts-liberation']);
  return install.code === 0 ? null : `${update.output}\n${install.output}`;
}

async function installFromPlaywright() {
  const withSystemLibraries = process.geteuid?.() === 0 && existsSync('/usr/bin/apt-get') ? ['--with-deps'] : [];
  const { code, output } = await run(process.execPath, [
    join(root, 'node_modules', 'playwright-core', 'cli.js'),
    'install',
    ...withSystemLibraries,
    'chromium',
  ]);
  return code === 0 ? 'The downloaded browser does not run: a library of the system is missing.' : output;
}

function runs(path) {
  if (process.platform === 'win32') return true;
  try {
    execFileSync(path, ['--version'], { stdio: 'ignore', timeout: VERSION_TIMEOUT_MS, env: { HOME: homedir(), ...process.env } });
    return true;
  } catch {
    // Distributions leave a stub that only says what to install.
    return false;
  }
}

function run(program, args) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: INSTALL_TIMEOUT_MS,
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
    const chunks = [];
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.stderr.on('data', (chunk) => chunks.push(chunk));
    child.once('error', (error) => resolve({ code: 1, output: error.message }));
    child.once('close', (code) => resolve({ code, output: tail(Buffer.concat(chunks).toString('utf8')) }));
  });
}

function tail(text) {
  return text.trim().split('\n').slice(-TAIL_LINES).join('\n');
}
