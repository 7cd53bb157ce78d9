import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, lchown, mkdir, open, readFile, rename, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findPostgresHome, writeDurably, type PostgresHome } from './embedded-postgres-home.js';
import { isDataFolderInUse, lockDataFolder } from './embedded-postgres-lock.js';
import { asStartRefusal, diskFull, StartRefusal, systemCode } from './embedded-postgres-refusal.js';
import {
  adoptServer,
  connectionUrl,
  endServer,
  launchServer,
  readyServerOf,
  SERVER_ENVIRONMENT,
  serverProcessOf,
  SUPERUSER,
  type ServerOptions,
} from './embedded-postgres-server.js';

/*
 * A private PostgreSQL in the data folder: the real server, started and ended by us.
 *
 *   <data folder>/omnidesk.lock       which process has the folder
 *                 omnidesk-version    the newest schema that was opened here
 *                 postgres/           the server's own: cluster/, run/ (socket), postgres.log
 *                 postgres.location   or, instead of it, where that is (see embedded-postgres-home.ts)
 *
 * It listens on a unix socket in a folder that only its account can enter, and trusts whoever gets there. On Windows, which has no such
 * folder, it listens on the loopback address and asks a password that is kept beside it.
 */

const FREE_BYTES_MIN = 200 * 1024 * 1024;
const INITDB_TIMEOUT_MS = 2 * 60_000;
const VERSION_FILE = 'omnidesk-version';

export { StartRefusal, type StartRefusalCode } from './embedded-postgres-refusal.js';
export { isDataFolderInUse } from './embedded-postgres-lock.js';

export interface EmbeddedPostgresOptions {
  /** Made when it is not there. As root it is made enterable by others, so whatever is secret in it needs a mode of its own. */
  dataDir: string;
  /** The schema this program migrates to; a folder that was opened with a higher one is refused. */
  schemaVersion?: number;
  /** Default true. False only for tests: faster, and a power cut may lose everything. */
  durable?: boolean;
  /** How long to wait for another process that has the data folder, in case it is just ending. Default: not at all. */
  lockWaitMs?: number;
  /** Told in a few words what takes time. */
  onStep?: (step: string) => void;
}

export interface EmbeddedPostgres {
  /** The folder with the socket; on Windows the loopback address. */
  socketDir: string;
  port: number;
  /** The server's process. */
  pid: number;
  /** Where the database's files are. */
  homeDir: string;
  /** True: this server was left running by a killed start, and is ours now. */
  isAdopted: boolean;
  /** Null: whoever reaches the socket is trusted. Else the password of every role made here (Windows). */
  password: string | null;
  /** The address of a database for a role, by default the superuser. */
  url(database: string, role?: string): string;
  /** End the server in order and give the data folder free. Repeats: later calls wait for the first. */
  stop(): Promise<void>;
}

/**
 * Start the data folder's PostgreSQL, making it on first use, and resolve once it answers. What was committed is there again after any kind
 * of end. A server left running by a killed process of ours is taken over.
 *
 * Limits   needs 200 MB of free disk; one process per data folder
 * Errors   StartRefusal for everything a person can act on
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { dataDir } = options;
  try {
    await makeDataDir(dataDir);
    await demandFreeSpace(dataDir);
    const lock = await lockDataFolder(dataDir, options.lockWaitMs);
    try {
      await demandSchemaNotNewer(dataDir, options.schemaVersion);
      const server = await start(options);
      let stopped: Promise<void> | null = null;
      return { ...server, stop: () => (stopped ??= server.stop().finally(() => lock.release())) };
    } catch (error) {
      await lock.release();
      throw error;
    }
  } catch (error) {
    throw asStartRefusal(error, dataDir);
  }
}

/** The data folder's PostgreSQL where another process of ours runs it at this moment; null where none does. */
export async function findEmbeddedPostgres(dataDir: string): Promise<Pick<EmbeddedPostgres, 'url'> | null> {
  if (!(await isDataFolderInUse(dataDir))) return null;
  const home = await findPostgresHome(dataDir);
  const server = await readyServerOf(home.clusterDir);
  if (server === null) return null;
  const options: ServerOptions = { durable: true, password: await passwordOf(home) };
  return { url: (database, role = SUPERUSER) => connectionUrl(server, options, database, role) };
}

/** Remove a data folder and its database, wherever that is kept, ending a server left behind. For tests, and only when nobody uses it. */
export async function removeEmbeddedPostgres(dataDir: string): Promise<void> {
  const home = await findPostgresHome(dataDir);
  const pid = await serverProcessOf(home.clusterDir);
  if (pid !== null) await endServer(home, pid);
  await rm(home.socketDir, { recursive: true, force: true });
  await rm(home.dir, { recursive: true, force: true });
  await rm(dataDir, { recursive: true, force: true });
}

async function start({
  dataDir,
  schemaVersion,
  durable = true,
  onStep = () => undefined,
}: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const home = await findPostgresHome(dataDir);
  for (const earlier of home.earlierDirs) onStep(`an earlier database of this data folder is still in ${earlier}`);
  await demandFreeSpace(home.dir);
  const options: ServerOptions = { durable, password: await passwordOf(home) };
  const isNew = !(await demandClusterFits(home));
  if (isNew) {
    onStep('making a new database');
    await makeCluster(home, options);
  }
  const adopted = isNew ? null : await adoptServer(home, options);
  if (adopted !== null) onStep('took over the database server of a start that was killed');
  const server = adopted ?? (await launchServer(home, options));
  if (schemaVersion !== undefined) await writeDurably(join(dataDir, VERSION_FILE), `${String(schemaVersion)}\n`);
  return {
    socketDir: server.host,
    port: server.port,
    pid: server.pid,
    homeDir: home.dir,
    isAdopted: adopted !== null,
    password: options.password,
    url: (database, role = SUPERUSER) => connectionUrl(server, options, database, role),
    stop: () => endServer(home, server.pid),
  };
}

async function makeDataDir(dataDir: string): Promise<void> {
  const made = await mkdir(dataDir, { recursive: true, mode: 0o700 });
  // The account that PostgreSQL runs as must get through to its own folder inside. What else is in here has its own modes.
  if (made !== undefined && process.geteuid?.() === 0) await chmod(dataDir, 0o711);
  const probe = join(dataDir, `.probe-${randomBytes(6).toString('hex')}`);
  await (await open(probe, 'wx')).close();
  await rm(probe);
}

async function demandFreeSpace(dir: string): Promise<void> {
  const { bavail, bsize } = await statfs(dir);
  if (bavail * bsize < FREE_BYTES_MIN) throw diskFull(dir);
}

async function demandSchemaNotNewer(dataDir: string, schemaVersion: number | undefined): Promise<void> {
  const text = await readIfThere(join(dataDir, VERSION_FILE));
  if (text === null || schemaVersion === undefined) return;
  const found = Number(text.trim());
  if (!Number.isSafeInteger(found) || found <= schemaVersion) return;
  throw new StartRefusal(
    'data_folder_newer',
    `The data folder ${dataDir} was last used by a newer Omnidesk (schema ${String(found)}; this one knows ${String(schemaVersion)}). Start that newer one, or point OMNIDESK_DATA at another folder.`,
  );
}

/** Whether there is a cluster, and one that these programs can open. */
async function demandClusterFits(home: PostgresHome): Promise<boolean> {
  const text = await readIfThere(join(home.clusterDir, 'PG_VERSION'));
  if (text === null) return false;
  const [found, known] = [Number.parseInt(text, 10), Number.parseInt(home.programs.version, 10)];
  if (found === known) return true;
  const isNewer = found > known;
  throw new StartRefusal(
    isNewer ? 'data_folder_newer' : 'data_folder_older',
    `The database in ${home.dir} was made by PostgreSQL ${String(found)}; this Omnidesk brings ${String(known)}. ` +
      (isNewer
        ? 'Start the newer Omnidesk that made it.'
        : 'Start the older Omnidesk that made it, back it up there, and restore it here.'),
  );
}

/** Make the cluster beside its place and move it there whole: one whose making was interrupted is never opened. */
async function makeCluster(home: PostgresHome, { password, durable }: ServerOptions): Promise<void> {
  const draft = `${home.clusterDir}.new`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { mode: 0o700 });
  if (home.account !== null) await lchown(draft, home.account.uid, home.account.gid);
  const args = [
    '-D',
    draft,
    '-U',
    SUPERUSER,
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--no-instructions',
  ];
  if (password === null) args.push('--auth=trust');
  else args.push('--auth=scram-sha-256', `--pwfile=${join(home.dir, 'password')}`);
  if (!durable) args.push('--no-sync');
  try {
    await promisify(execFile)(home.programs.initdb, args, {
      cwd: home.dir,
      timeout: INITDB_TIMEOUT_MS,
      env: SERVER_ENVIRONMENT,
      ...home.account,
    });
  } catch (error) {
    throw initdbFailure(home, error);
  }
  await rename(draft, home.clusterDir);
}

function initdbFailure(home: PostgresHome, error: unknown): StartRefusal {
  const output = typeof error === 'object' && error !== null && 'stderr' in error ? String(error.stderr).trim() : '';
  if (output.includes('No space left on device')) return diskFull(home.dir, error);
  const reason = output.split('\n').findLast((line) => /error|fatal|panic/i.test(line)) ?? output.split('\n').at(-1) ?? '';
  return new StartRefusal(
    'database_unavailable',
    `A new database cannot be made in ${home.dir}: ${reason || systemCode(error) || 'no reason given'}.`,
    { cause: error },
  );
}

async function passwordOf(home: PostgresHome): Promise<string | null> {
  if (process.platform !== 'win32') return null;
  const path = join(home.dir, 'password');
  const known = await readIfThere(path);
  if (known !== null) return known.trim();
  const password = randomBytes(24).toString('base64url');
  await writeDurably(path, password);
  return password;
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw error;
  }
}
