import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, cp, lstat, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { StartRefusal, systemCode } from './embedded-postgres-refusal.js';

/** What root keeps for accounts that cannot reach the checkout or the data folder. */
export const SYSTEM_DIR = '/var/lib/omnidesk';
const PROBE_TIMEOUT_MS = 20_000;

/** Whom PostgreSQL runs as when that is not the present account. */
export interface Account {
  uid: number;
  gid: number;
}

export interface Programs {
  initdb: string;
  postgres: string;
  pgCtl: string;
  /** As `18.4`. */
  version: string;
}

/** PostgreSQL's programs where `account` can run them. A copy is made where it cannot reach the installed ones. */
export async function findPrograms(account: Account | null): Promise<Programs> {
  const packageDir = findPackage();
  const own = programsIn(join(packageDir, 'native'));
  const version = await versionOf(own.postgres, account);
  if (version !== null) return { ...own, version };
  if (account === null) throw cannotRun(own.postgres);
  const copied = programsIn(await copyPrograms(packageDir));
  const copiedVersion = await versionOf(copied.postgres, account);
  if (copiedVersion === null) throw cannotRun(copied.postgres);
  return { ...copied, version: copiedVersion };
}

function findPackage(): string {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${system}-${process.arch}`;
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch (error) {
    throw new StartRefusal(
      'database_unavailable',
      `There is no bundled PostgreSQL for this computer (${name} is not installed). Install again with optional packages, or name a PostgreSQL in DATABASE_URL.`,
      { cause: error },
    );
  }
}

function programsIn(native: string): Omit<Programs, 'version'> {
  const program = (name: string) => join(native, 'bin', process.platform === 'win32' ? `${name}.exe` : name);
  return { initdb: program('initdb'), postgres: program('postgres'), pgCtl: program('pg_ctl') };
}

/** A copy that everybody can run and only root can change, made once per version. */
async function copyPrograms(packageDir: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(packageDir, 'package.json'), 'utf8')) as { version: string };
  const target = join(SYSTEM_DIR, `programs-${version}-${process.arch}`);
  if ((await ownerOf(target)) !== null) return target;
  await mkdir(SYSTEM_DIR, { recursive: true, mode: 0o755 });
  const draft = `${target}.${randomBytes(6).toString('hex')}`;
  await cp(join(packageDir, 'native'), draft, { recursive: true, verbatimSymlinks: true });
  await openToAll(draft);
  try {
    await rename(draft, target);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    // Another start was quicker.
    if (!['ENOTEMPTY', 'EEXIST'].includes(systemCode(error))) throw error;
  }
  return target;
}

/** Whether `account` can run this program and read what it needs beside it: its version, or null. */
async function versionOf(postgres: string, account: Account | null): Promise<string | null> {
  try {
    if (account !== null) await tryAs(account, ['-c', 'test -r "$1/../share/postgresql/postgres.bki"', 'sh', dirname(postgres)]);
    const { stdout } = await promisify(execFile)(postgres, ['--version'], {
      timeout: PROBE_TIMEOUT_MS,
      cwd: dirname(postgres),
      ...account,
    });
    return /\d+(\.\d+)+/.exec(stdout)?.[0] ?? null;
  } catch {
    return null;
  }
}

/** Run one line of shell as `account`, or fail as it would. */
export async function tryAs(account: Account, args: string[]): Promise<void> {
  await promisify(execFile)('/bin/sh', args, { cwd: '/', timeout: PROBE_TIMEOUT_MS, ...account });
}

/** Who owns this path; null: it is not there. */
export async function ownerOf(path: string): Promise<Account | null> {
  try {
    const { uid, gid } = await lstat(path);
    return { uid, gid };
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw error;
  }
}

async function openToAll(path: string): Promise<void> {
  const found = await lstat(path);
  if (found.isSymbolicLink()) return;
  await chmod(path, found.isDirectory() || (found.mode & 0o100) !== 0 ? 0o755 : 0o644);
  if (found.isDirectory()) for (const name of await readdir(path)) await openToAll(join(path, name));
}

function cannotRun(postgres: string): StartRefusal {
  return new StartRefusal(
    'database_unavailable',
    `The bundled PostgreSQL (${basename(dirname(dirname(dirname(postgres))))}) does not run on this computer. Name a PostgreSQL 15 or newer in DATABASE_URL.`,
  );
}
