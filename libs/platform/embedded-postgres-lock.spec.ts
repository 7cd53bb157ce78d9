import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { isDataFolderInUse, isRunning, lockDataFolder } from './embedded-postgres-lock.js';

const TEST_TIMEOUT_MS = 60_000;
const STARTS = 6;
const lockModule = fileURLToPath(new URL('./embedded-postgres-lock.js', import.meta.url));

let folder = '';
const children: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'omnidesk-lock-'));
});

afterEach(async () => {
  for (const child of children.splice(0)) await killed(child);
  await rm(folder, { recursive: true });
});

/** A process that takes the folder, says whether it got it, and holds it until it is killed. */
async function takeInChild(): Promise<string> {
  const program = `
    const { lockDataFolder } = await import(${JSON.stringify(lockModule)});
    console.log(await lockDataFolder(${JSON.stringify(folder)}).then(() => 'taken', (error) => error.code));
    process.stdin.resume();`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  for await (const line of createInterface(child.stdout as NodeJS.ReadableStream)) return line;
  throw new Error('The child told nothing.');
}

async function killed(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

describe('the lock of a data folder', () => {
  it(
    'is taken by exactly one of many that start at the same moment over the lock of a killed one',
    async () => {
      expect(await takeInChild()).toBe('taken');
      for (const child of children.splice(0)) await killed(child);
      expect(await isDataFolderInUse(folder)).toBe(false);

      const answers = await Promise.all(Array.from({ length: STARTS }, takeInChild));
      expect(answers.filter((answer) => answer === 'taken')).toHaveLength(1);
      expect(answers.filter((answer) => answer === 'data_folder_in_use')).toHaveLength(STARTS - 1);
      expect(await isDataFolderInUse(folder)).toBe(true);
      // Nothing of the others' attempts stays behind.
      expect(await readdir(folder)).toEqual(['omnidesk.lock']);
    },
    TEST_TIMEOUT_MS,
  );

  it('is nobody’s when its process id now belongs to another process, when it is unreadable, and when it is empty', async () => {
    const lock = await lockDataFolder(folder);
    const path = join(folder, 'omnidesk.lock');
    const held = JSON.parse(await readFile(path, 'utf8')) as { pid: number; beganAt: string };
    expect(held.pid).toBe(process.pid);
    await lock.release();
    const ofAnother = process.platform === 'win32' ? [] : [JSON.stringify({ ...held, beganAt: `${held.beganAt}0` })];
    for (const stale of [...ofAnother, '{"pid":', '', 'null', '{"pid":"1"}', '{"pid":-1}']) {
      await writeFile(path, stale);
      expect(await isDataFolderInUse(folder)).toBe(false);
      await (await lockDataFolder(folder)).release();
    }
    expect(await readdir(folder)).toEqual([]);
  });

  it('is waited for when whoever holds it is just ending', async () => {
    expect(await takeInChild()).toBe('taken');
    const waiting = lockDataFolder(folder, TEST_TIMEOUT_MS);
    for (const child of children.splice(0)) await killed(child);
    await (await waiting).release();
  });

  it('is given free only by whoever holds it', async () => {
    const first = await lockDataFolder(folder);
    await first.release();
    expect(await takeInChild()).toBe('taken');
    await first.release();
    expect(await isDataFolderInUse(folder)).toBe(true);
  });

  it('does not count a process that has ended as running', async () => {
    const child = spawn(process.execPath, ['-e', '']);
    const { pid = 0 } = child;
    await once(child, 'exit');
    expect(await isRunning(pid)).toBe(false);
    expect(await isRunning(process.pid)).toBe(true);
  });
});
