import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { open, readFile, rename, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import type { PostgresHome } from './embedded-postgres-home.js';
import { isRunning } from './embedded-postgres-lock.js';
import { diskFull, StartRefusal, systemCode } from './embedded-postgres-refusal.js';

/*
 * One PostgreSQL server: start it, find one that was left behind, end it. It runs in a process group of its own, so that Ctrl-C in a
 * terminal reaches only us and we end it in order; it therefore survives us when we are killed, and the next start finds it through the
 * file it keeps in its cluster (postmaster.pid).
 */

export const SUPERUSER = 'postgres';
/** The server runs as another account than ours; our environment holds secrets, so it gets none of it. Windows programs need theirs. */
export const SERVER_ENVIRONMENT = process.platform === 'win32' ? undefined : { PATH: '/usr/bin:/bin', TZ: 'UTC' };
const SOCKET_PORT = 5432;
/** Recovery after a crash replays at most `max_wal_size`, seconds; a slow disk deserves patience. */
const READY_TIMEOUT_MS = 5 * 60_000;
const PING_TIMEOUT_MS = 5000;
const POLL_MS = 10;
/** After a kill -9 the server's children need a moment to notice; until then a new server refuses to use their shared memory. */
const ORPHANS_TIMEOUT_MS = 15_000;
const FAST_STOP_TIMEOUT_MS = 20_000;
const IMMEDIATE_STOP_TIMEOUT_MS = 10_000;
const KILL_TIMEOUT_MS = 5000;
const LOG_BYTES_MAX = 4 * 1024 * 1024;
const LOG_TAIL_BYTES = 8 * 1024;

export interface ServerOptions {
  durable: boolean;
  password: string | null;
}

/** Where a server can be reached, and its process. */
export interface RunningServer {
  pid: number;
  /** A folder (socket) or an address (Windows). */
  host: string;
  port: number;
}

/** Start the server of this cluster and resolve once it answers. */
export async function launchServer(home: PostgresHome, options: ServerOptions): Promise<RunningServer> {
  const deadline = performance.now() + ORPHANS_TIMEOUT_MS;
  for (;;) {
    const logStart = await prepareLog(home.logFile);
    const ended = await spawnServer(home, options);
    const server = await whenReady(home, options, ended);
    if (server !== null) return server;
    const log = await logSince(home.logFile, logStart);
    const orphansRemain = log.includes('shared memory block') || log.includes('is another postmaster');
    if (!orphansRemain || performance.now() > deadline) throw startFailure(home, log);
    await delay(POLL_MS * 10);
  }
}

/**
 * The server that a killed start of ours left running on this cluster, if it still answers and runs with today's settings. One that does
 * not is ended.
 */
export async function adoptServer(home: PostgresHome, options: ServerOptions): Promise<RunningServer | null> {
  const left = await readPostmasterFile(home.clusterDir);
  if (left === null || !(await isRunning(left.pid))) return null;
  if (!(await isPostgres(left.pid))) return null;
  const fingerprint = left.isReady ? await ping(left, options).catch(() => null) : null;
  if (fingerprint === fingerprintOf(home, options)) return left;
  await endServer(home, left.pid);
  return null;
}

/** End the server in order; when it does not end in time, at once. Resolves when its process is gone. */
export async function endServer(home: Pick<PostgresHome, 'clusterDir' | 'programs'>, pid: number): Promise<void> {
  if (process.platform === 'win32') {
    const seconds = String(FAST_STOP_TIMEOUT_MS / 1000);
    await promisify(execFile)(home.programs.pgCtl, ['-D', home.clusterDir, '-m', 'fast', '-w', '-t', seconds, 'stop'], {
      timeout: READY_TIMEOUT_MS,
    });
    return;
  }
  // Fast: connections end, everything is written. Immediate: the next start recovers. Neither loses what was committed.
  if (await endedBy(pid, 'SIGINT', FAST_STOP_TIMEOUT_MS)) return;
  if (await endedBy(pid, 'SIGQUIT', IMMEDIATE_STOP_TIMEOUT_MS)) return;
  if (await endedBy(pid, 'SIGKILL', KILL_TIMEOUT_MS)) return;
  throw new Error(`The database server, process ${String(pid)}, cannot be ended.`);
}

/** The process id in a cluster's postmaster.pid, if that process lives and is a PostgreSQL. */
export async function serverProcessOf(clusterDir: string): Promise<number | null> {
  const left = await readPostmasterFile(clusterDir);
  return left !== null && (await isRunning(left.pid)) && (await isPostgres(left.pid)) ? left.pid : null;
}

/** The server of this cluster, if it runs and has said that it is ready. */
export async function readyServerOf(clusterDir: string): Promise<RunningServer | null> {
  const found = await readPostmasterFile(clusterDir);
  return found?.isReady === true && (await isRunning(found.pid)) && (await isPostgres(found.pid)) ? found : null;
}

/**
 * How to connect.
 *
 * Shape    over a socket the address has no host: the folder and the role are in its query, as libpq and pg read them
 */
export function connectionUrl(server: RunningServer, options: ServerOptions, database: string, role: string): string {
  if (options.password !== null) {
    const login = `${encodeURIComponent(role)}:${encodeURIComponent(options.password)}`;
    return `postgresql://${login}@${server.host}:${String(server.port)}/${encodeURIComponent(database)}`;
  }
  const query = new URLSearchParams({ host: server.host, port: String(server.port), user: role });
  return `postgresql:///${encodeURIComponent(database)}?${query.toString()}`;
}

/**
 * What the server is started with. Sized for two cores and little memory. Nothing of a statement may reach the log, neither its text nor
 * its parameters nor the values in an error's detail: content of messages would be in them. So statement errors are not logged at all
 * (whoever sent the statement gets them), and what is logged is terse.
 */
function settingsOf(home: PostgresHome, options: ServerOptions): Record<string, string> {
  return {
    listen_addresses: options.password === null ? '' : '127.0.0.1',
    unix_socket_directories: options.password === null ? home.socketDir : '',
    unix_socket_permissions: '0700',
    max_connections: options.durable ? '60' : '100',
    shared_buffers: '64MB',
    max_wal_size: '256MB',
    min_wal_size: '64MB',
    wal_compression: 'on',
    io_method: 'sync',
    jit: 'off',
    max_parallel_workers_per_gather: '0',
    max_parallel_maintenance_workers: '0',
    timezone: 'UTC',
    log_timezone: 'UTC',
    logging_collector: 'off',
    log_min_messages: 'log',
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
    log_statement: 'none',
    log_min_duration_statement: '-1',
    log_parameter_max_length: '0',
    log_parameter_max_length_on_error: '0',
    log_checkpoints: 'off',
    fsync: options.durable ? 'on' : 'off',
    synchronous_commit: options.durable ? 'on' : 'off',
    full_page_writes: options.durable ? 'on' : 'off',
  };
}

/** Which programs and settings a server runs with, as its `cluster_name`: one left behind by an older Omnidesk is not adopted. */
function fingerprintOf(home: PostgresHome, options: ServerOptions): string {
  const facts = JSON.stringify([home.programs.version, settingsOf(home, options)]);
  return `omnidesk-${createHash('sha256').update(facts).digest('hex').slice(0, 12)}`;
}

/** Start the process; tells whether it has ended since. */
async function spawnServer(home: PostgresHome, options: ServerOptions): Promise<() => boolean> {
  const settings = { ...settingsOf(home, options), cluster_name: fingerprintOf(home, options) };
  const port = options.password === null ? SOCKET_PORT : await freePort();
  const args = Object.entries({ ...settings, port: String(port) }).map(([name, value]) => `--${name}=${value}`);
  if (process.platform === 'win32') {
    // Started through pg_ctl because it gives up administrator's rights first, without which PostgreSQL refuses.
    const line = args.map((arg) => `"${arg}"`).join(' ');
    await promisify(execFile)(home.programs.pgCtl, ['-D', home.clusterDir, '-l', home.logFile, '-o', line, '-w', 'start'], {
      timeout: READY_TIMEOUT_MS,
    });
    return () => false;
  }
  const log = await open(home.logFile, 'a');
  try {
    const child = spawn(home.programs.postgres, ['-D', home.clusterDir, ...args], {
      cwd: '/',
      env: SERVER_ENVIRONMENT,
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      ...home.account,
    });
    let hasEnded = false;
    child.once('exit', () => (hasEnded = true));
    child.once('error', () => (hasEnded = true));
    child.unref();
    return () => hasEnded;
  } finally {
    await log.close();
  }
}

async function whenReady(home: PostgresHome, options: ServerOptions, hasEnded: () => boolean): Promise<RunningServer | null> {
  const deadline = performance.now() + READY_TIMEOUT_MS;
  while (performance.now() < deadline) {
    if (hasEnded()) return null;
    const server = await readPostmasterFile(home.clusterDir);
    // The file may still be that of the killed server before: only the answer tells.
    if (server?.isReady === true) {
      const answer = await ping(server, options).catch(() => null);
      if (answer !== null && !hasEnded()) return server;
    }
    await delay(POLL_MS);
  }
  const pid = await serverProcessOf(home.clusterDir);
  if (pid !== null) await endServer(home, pid);
  return null;
}

async function ping(server: RunningServer, options: ServerOptions): Promise<string> {
  const client = new pg.Client({
    connectionString: connectionUrl(server, options, 'postgres', SUPERUSER),
    ssl: false,
    connectionTimeoutMillis: PING_TIMEOUT_MS,
    query_timeout: PING_TIMEOUT_MS,
  });
  // An error between connecting and ending would otherwise bring the process down; the awaited call reports it.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ name: string }>(`select current_setting('cluster_name') as name`);
    return rows[0]?.name ?? '';
  } finally {
    await client.end();
  }
}

/** Source: https://www.postgresql.org/docs/18/storage-file-layout.html and pidfile.h: pid, cluster, start, port, socket, address, memory, state. */
async function readPostmasterFile(clusterDir: string): Promise<(RunningServer & { isReady: boolean }) | null> {
  let text: string;
  try {
    text = await readFile(join(clusterDir, 'postmaster.pid'), 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw error;
  }
  const [pid, , , port, socketDir, address, , state] = text.split('\n').map((line) => line.trim());
  const host = process.platform === 'win32' ? address : socketDir;
  if (!/^\d+$/.test(pid ?? '')) return null;
  return { pid: Number(pid), host: host ?? '', port: Number(port), isReady: state === 'ready' };
}

/** Whether this process is a PostgreSQL: after a crash or a reboot the number may belong to anything. Where it cannot be told: yes. */
async function isPostgres(pid: number): Promise<boolean> {
  if (process.platform !== 'linux') return true;
  try {
    return (await readFile(`/proc/${String(pid)}/comm`, 'utf8')).trim() === 'postgres';
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes(systemCode(error))) return false;
    throw error;
  }
}

async function endedBy(pid: number, signal: NodeJS.Signals, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (systemCode(error) === 'ESRCH') return true;
    throw error;
  }
  while (performance.now() < deadline) {
    if (!(await isRunning(pid))) return true;
    await delay(POLL_MS);
  }
  return false;
}

/** Keep the log from growing for ever, and tell where the next start's part of it begins. */
async function prepareLog(path: string): Promise<number> {
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  if (size <= LOG_BYTES_MAX) return size;
  await rename(path, `${path}.1`);
  return 0;
}

async function logSince(path: string, start: number): Promise<string> {
  const bytes = await readFile(path).catch(() => Buffer.alloc(0));
  return bytes
    .subarray(Math.max(start, bytes.length - LOG_TAIL_BYTES))
    .toString('utf8')
    .trim();
}

function startFailure(home: PostgresHome, log: string): StartRefusal {
  if (log.includes('No space left on device')) return diskFull(home.dir);
  const lastLine = log.split('\n').findLast((line) => /FATAL|PANIC|ERROR/.test(line)) ?? log.split('\n').at(-1) ?? '';
  return new StartRefusal(
    'database_unavailable',
    `The database in ${home.dir} does not start: ${lastLine || 'it gave no reason'}. More is in ${home.logFile}.`,
  );
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((done, fail) => probe.once('error', fail).listen(0, '127.0.0.1', done));
  const address = probe.address();
  await new Promise((done) => probe.close(done));
  if (address === null || typeof address === 'string') throw new Error('The system gave no free port.');
  return address.port;
}
