import { randomBytes } from 'node:crypto';
import { execFile } from 'node:child_process';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { StartRefusal, systemCode } from './embedded-postgres-refusal.js';

/*
 * One process at a time may use a data folder. The lock is a file with the holder's process id and the moment that process began: ids are
 * used again after a crash or a reboot, an id together with its beginning is not. The file appears whole (`link` of a finished one), so it
 * is never seen half written. A lock whose holder is gone is moved aside first and judged again from what was really moved: between reading
 * and moving, another start may have done the same and put its own lock there.
 */

const LOCK_FILE = 'omnidesk.lock';
const TAKE_ATTEMPTS_MAX = 20;
const POLL_MS = 50;
const PS_TIMEOUT_MS = 5000;
/** How many fields of /proc/<pid>/stat come between the state and the start time. Source: proc_pid_stat(5), fields 3 and 22. */
const START_TIME_AFTER_STATE = 19;

interface Holder {
  pid: number;
  /** When the process began, in whatever unit the system gives; null where it cannot be told. */
  beganAt: string | null;
}

export interface DataFolderLock {
  /** Give the folder free. Repeats: a second call does nothing. */
  release(): Promise<void>;
}

/**
 * Take the data folder for this process.
 *
 * Limits   waits `waitMs` for a process that has it: one that is just ending is not worth a refusal
 * Errors   StartRefusal `data_folder_in_use` that names the process which has it
 */
export async function lockDataFolder(dataDir: string, waitMs = 0): Promise<DataFolderLock> {
  const path = join(dataDir, LOCK_FILE);
  const mine = JSON.stringify({ pid: process.pid, beganAt: await beginningOf(process.pid) } satisfies Holder);
  const deadline = performance.now() + waitMs;
  for (let attempt = 0; attempt < TAKE_ATTEMPTS_MAX; attempt++) {
    if (await placeLock(path, mine)) return { release: () => releaseLock(path, mine) };
    const found = await readIfThere(path);
    if (found === null) continue;
    const holder = parseHolder(found);
    if (holder === null || !(await isAlive(holder))) {
      await removeStale(path, found);
      continue;
    }
    if (performance.now() >= deadline) throw inUse(dataDir, holder.pid);
    await delay(POLL_MS);
    attempt = 0;
  }
  throw new StartRefusal('data_folder_in_use', `The data folder ${dataDir} is being taken by other starts again and again. Start once.`);
}

/** Whether the folder's lock is held by a process that lives. */
export async function isDataFolderInUse(dataDir: string): Promise<boolean> {
  const found = await readIfThere(join(dataDir, LOCK_FILE));
  const holder = found === null ? null : parseHolder(found);
  return holder !== null && (await isAlive(holder));
}

/** Whether a process with this id runs now. One that has ended but was not collected by its parent does not count. */
export async function isRunning(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives, and belongs to somebody else.
    if (systemCode(error) !== 'EPERM') return false;
  }
  return process.platform !== 'linux' || (await linuxStat(pid))?.[0] !== 'Z';
}

async function placeLock(path: string, content: string): Promise<boolean> {
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  await writeFile(draft, content, { mode: 0o644 });
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(systemCode(error))) throw error;
    return await placeWithoutLink(path, content);
  } finally {
    await rm(draft, { force: true });
  }
}

/** For file systems that have no hard links. */
async function placeWithoutLink(path: string, content: string): Promise<boolean> {
  try {
    await writeFile(path, content, { flag: 'wx', mode: 0o644 });
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
}

async function removeStale(path: string, judged: string): Promise<void> {
  const aside = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return;
    throw error;
  }
  // Another start was quicker and what was moved is its living lock: it goes back.
  if ((await readFile(aside, 'utf8')) !== judged) await placeLock(path, await readFile(aside, 'utf8'));
  await rm(aside, { force: true });
}

async function releaseLock(path: string, mine: string): Promise<void> {
  if ((await readIfThere(path)) === mine) await rm(path, { force: true });
}

async function isAlive(holder: Holder): Promise<boolean> {
  if (!(await isRunning(holder.pid))) return false;
  const beganAt = await beginningOf(holder.pid);
  return beganAt === null || holder.beganAt === null || beganAt === holder.beganAt;
}

async function beginningOf(pid: number): Promise<string | null> {
  if (process.platform === 'win32') return null;
  if (process.platform !== 'linux') {
    // Without an answer the process counts as the one that took the lock: refusing too often is safer than two at once.
    const told = await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)], { timeout: PS_TIMEOUT_MS }).catch(() => null);
    return told?.stdout.trim() ?? null;
  }
  const stat = await linuxStat(pid);
  const ticks = stat?.[START_TIME_AFTER_STATE];
  // Ticks count from the machine's start, so they mean something only together with which start that was.
  return ticks === undefined ? null : `${(await readIfThere('/proc/sys/kernel/random/boot_id'))?.trim() ?? ''} ${ticks}`;
}

/** The fields of /proc/<pid>/stat from the state on; the name before it may itself hold spaces and brackets. */
async function linuxStat(pid: number): Promise<string[] | null> {
  const stat = await readIfThere(`/proc/${String(pid)}/stat`);
  return (
    stat
      ?.slice(stat.lastIndexOf(')') + 2)
      .trim()
      .split(' ') ?? null
  );
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    // ESRCH: a process that ended while its /proc file was being read.
    if (['ENOENT', 'ESRCH'].includes(systemCode(error))) return null;
    throw error;
  }
}

function parseHolder(text: string): Holder | null {
  try {
    const { pid, beganAt } = JSON.parse(text) as Partial<Holder>;
    return Number.isSafeInteger(pid) && pid !== undefined && pid > 0
      ? { pid, beganAt: typeof beganAt === 'string' ? beganAt : null }
      : null;
  } catch {
    // A lock that cannot be read was left half written by a power cut: nobody holds it.
    return null;
  }
}

function inUse(dataDir: string, pid: number): StartRefusal {
  return new StartRefusal(
    'data_folder_in_use',
    `The data folder ${dataDir} is in use by process ${String(pid)}. Stop that one first, or point OMNIDESK_DATA at another folder.`,
  );
}
