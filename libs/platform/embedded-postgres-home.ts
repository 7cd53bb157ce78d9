import { createHash, randomBytes } from 'node:crypto';
import { lchown, lstat, mkdir, open, readdir, readFile, realpath, rename, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findPrograms, ownerOf, SYSTEM_DIR, tryAs, type Account, type Programs } from './embedded-postgres-programs.js';
import { StartRefusal, systemCode } from './embedded-postgres-refusal.js';

/*
 * Where PostgreSQL's programs and files are, and as whom it runs. For an ordinary account this is simple: as itself, in the data folder.
 * PostgreSQL refuses to run as root, so root starts it as the owner of the files or, for new ones, as `nobody`. That account may be unable
 * to enter the data folder or the checkout (both often lie under /root). Permissions, mounts and security modules make this impossible to
 * predict, so it is tried. What cannot be reached is kept under /var/lib/omnidesk: a copy of the programs, shared and owned by root, and
 * the database in a folder of its own, to which a pointer in the data folder leads.
 */

const POINTER_FILE = 'postgres.location';
const NOBODY_ID = 65_534;
/** A socket's address holds 104 bytes on macOS and 108 on Linux. */
const SOCKET_PATH_BYTES_MAX = 99;
const SOCKET_NAME_BYTES = Buffer.byteLength('/.s.PGSQL.65535.lock');

export interface PostgresHome {
  /** Holds everything of this database: cluster, socket, log. */
  dir: string;
  clusterDir: string;
  socketDir: string;
  logFile: string;
  programs: Programs;
  account: Account | null;
  /** Databases of data folders that were at the same place before and are gone: still on the disk, and not ours to remove. */
  earlierDirs: string[];
}

/** Find or make the folder for the data folder's database, and programs that can be run there. */
export async function findPostgresHome(dataDir: string): Promise<PostgresHome> {
  const { dir, account } = await findDir(dataDir);
  const programs = await findPrograms(account);
  const socketDir = await socketDirFor(dir, account);
  const earlierDirs = await findEarlierDirs(dataDir, dir);
  return { dir, clusterDir: join(dir, 'cluster'), socketDir, logFile: join(dir, 'postgres.log'), programs, account, earlierDirs };
}

/** Write a small file so that after a crash it is there whole or not at all. */
export async function writeDurably(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  const file = await open(draft, 'wx', 0o644);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
}

async function findDir(dataDir: string): Promise<{ dir: string; account: Account | null }> {
  const pointed = await readPointer(dataDir);
  const dir = pointed ?? join(dataDir, 'postgres');
  const owner = await ownerOf(dir);
  if (pointed !== null && owner === null) {
    throw new StartRefusal(
      'data_folder_incomplete',
      `The database of ${dataDir} is kept in ${pointed}, and that folder is not there. Put it back, or remove ${join(dataDir, POINTER_FILE)} to begin with an empty database.`,
    );
  }
  const self = process.geteuid?.();
  if (self === undefined) {
    await mkdir(dir, { recursive: true });
    return { dir, account: null };
  }
  if (self !== 0) {
    if (owner !== null && owner.uid !== self) throw ownedByAnother(dir, owner.uid);
    await mkdir(dir, { recursive: true, mode: 0o700 });
    return { dir, account: null };
  }
  const account = owner !== null && owner.uid !== 0 ? owner : await nobody();
  await mkdir(dir, { recursive: true, mode: 0o700 });
  if (owner?.uid !== account.uid) await chownTree(dir, account);
  if (await canWork(dir, account)) return { dir, account };
  return { dir: await moveOut(dataDir, dir, account), account };
}

/** Choose a folder under /var/lib/omnidesk instead of `dir`, which `account` cannot reach. */
async function moveOut(dataDir: string, dir: string, account: Account): Promise<string> {
  const cannotReach = `PostgreSQL does not run as root, and account ${String(account.uid)}, as which it is started instead, cannot enter`;
  if ((await readdir(dir)).length > 0) {
    throw new StartRefusal(
      'data_folder_not_writable',
      `${cannotReach} ${dir}. Open the folders above it to others (chmod o+x), or start as an ordinary account.`,
    );
  }
  await mkdir(SYSTEM_DIR, { recursive: true, mode: 0o755 });
  // Never an earlier folder of the same key: whoever removed the data folder meant to begin anew.
  const outside = join(SYSTEM_DIR, `${await keyOf(dataDir)}-${randomBytes(3).toString('hex')}`);
  await mkdir(outside, { mode: 0o700 });
  await lchown(outside, account.uid, account.gid);
  if (!(await canWork(outside, account))) {
    await rmdir(outside);
    throw new StartRefusal('data_folder_not_writable', `${cannotReach} ${dir} or ${SYSTEM_DIR}. Start as an ordinary account.`);
  }
  await writeDurably(join(dataDir, POINTER_FILE), `${JSON.stringify({ dir: outside })}\n`);
  await rmdir(dir);
  return outside;
}

async function findEarlierDirs(dataDir: string, present: string): Promise<string[]> {
  if (process.geteuid?.() !== 0) return [];
  const prefix = `${await keyOf(dataDir)}-`;
  const names = await readdir(SYSTEM_DIR).catch(() => []);
  return names
    .filter((name) => name.startsWith(prefix))
    .map((name) => join(SYSTEM_DIR, name))
    .filter((dir) => dir !== present);
}

/** A short name that only this folder has. */
async function keyOf(path: string): Promise<string> {
  return createHash('sha256')
    .update(await realpath(path))
    .digest('hex')
    .slice(0, 12);
}

async function readPointer(dataDir: string): Promise<string | null> {
  try {
    const { dir } = JSON.parse(await readFile(join(dataDir, POINTER_FILE), 'utf8')) as { dir?: unknown };
    return typeof dir === 'string' ? dir : null;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw error;
  }
}

async function canWork(dir: string, account: Account): Promise<boolean> {
  try {
    await tryAs(account, ['-c', 'cd "$1" && : > "$1/.probe" && rm "$1/.probe"', 'sh', dir]);
    return true;
  } catch (error) {
    if (['EPERM', 'EINVAL'].includes(systemCode(error))) {
      throw new StartRefusal(
        'database_unavailable',
        'PostgreSQL does not run as root, and this root may not start programs as another account. Start as an ordinary account.',
        {
          cause: error,
        },
      );
    }
    return false;
  }
}

async function socketDirFor(dir: string, account: Account | null): Promise<string> {
  const key = await keyOf(dir);
  const candidates = [join(dir, 'run'), join(tmpdir(), `omnidesk-${key}`), `/tmp/omnidesk-${key}`];
  const socketDir =
    candidates.find((path) => Buffer.byteLength(path) + SOCKET_NAME_BYTES <= SOCKET_PATH_BYTES_MAX) ?? join('/tmp', `omnidesk-${key}`);
  await makePrivate(socketDir, account);
  return socketDir;
}

/** A folder that nobody else made and nobody else can enter: under /tmp anybody could have been there first. */
async function makePrivate(dir: string, account: Account | null): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  if (process.platform === 'win32') return;
  if (account !== null && (await ownerOf(dir))?.uid === 0) await lchown(dir, account.uid, account.gid);
  const found = await lstat(dir);
  if (!found.isDirectory() || found.uid !== (account?.uid ?? process.geteuid?.()) || (found.mode & 0o077) !== 0) {
    throw new StartRefusal(
      'data_folder_not_writable',
      `${dir} should be a private folder of this database's account, and is not. Remove it and start again.`,
    );
  }
}

async function nobody(): Promise<Account> {
  const line = (await readFile('/etc/passwd', 'utf8').catch(() => '')).split('\n').find((entry) => entry.startsWith('nobody:'));
  const [, , uid, gid] = line?.split(':') ?? [];
  // macOS writes -2 there.
  return { uid: toId(uid), gid: toId(gid) };
}

function toId(text: string | undefined): number {
  const id = Number(text);
  return Number.isSafeInteger(id) && id > 0 ? id : NOBODY_ID;
}

async function chownTree(path: string, account: Account): Promise<void> {
  await lchown(path, account.uid, account.gid);
  if (!(await lstat(path)).isDirectory()) return;
  for (const name of await readdir(path)) await chownTree(join(path, name), account);
}

function ownedByAnother(dir: string, uid: number): StartRefusal {
  const who = uid === NOBODY_ID ? 'root' : `account ${String(uid)} or root`;
  return new StartRefusal(
    'data_folder_not_writable',
    `The database in ${dir} belongs to another account. Start as ${who}, or point OMNIDESK_DATA at another folder.`,
  );
}
