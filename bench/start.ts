import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { startEmbeddedPostgres } from '#platform';
import type { ConversationRow, Page } from '#contract';
import { DEMO_OWNERS, DEMO_PASSWORD } from '../apps/standalone/demo.js';
import { ApiClient } from '../test/api-client.js';
import type { Figure } from './figure.js';
import { makeFolder } from './ground.js';

const ROOT = join(import.meta.dirname, '../..');
const START = join(ROOT, 'bin/start.mjs');
const READY_MS_MAX = 60_000;
const STOP_MS_MAX = 20_000;
const POLL_MS = 20;
const POLL_TIMEOUT_MS = 1000;
const SIGN_IN_EVERY_MS = 1000;
const IDLE_MS = 20_000;
const SIMULATOR_SMTP_PORT_STEP = 25;
const PORTS_TRIED_MAX = 20;
const BYTES_PER_MB = 1024 * 1024;

/**
 * The second `npm start`, when all is installed and built and the data folder exists, until it can serve; and what its one server process
 * holds in memory when nothing has happened for a while. The limits are what a program can do least: Node and PostgreSQL started and
 * nothing else, and the memory of a Node that does nothing.
 */
export async function benchStart(): Promise<Figure[]> {
  const { dataDir, remove } = await makeFolder();
  try {
    const ports = await freePorts();
    const environment = { ...process.env, ...ports, OMNIDESK_DATA: dataDir };
    const first = await start(environment);
    try {
      await untilDemoIsRead(ports['PORT']!);
    } finally {
      await stop(first.child);
    }
    const limitMs = await bareStart(dataDir);
    const second = await start(environment);
    try {
      await pause(IDLE_MS);
      const server = await memoryOf(await serverPid(dataDir));
      return [
        {
          name: 'second start until ready',
          value: second.tookMs / 1000,
          unit: 's',
          limit: { name: 'Node and PostgreSQL alone', value: limitMs / 1000 },
          target: { below: 6 },
          notes: { firstS: first.tookMs / 1000 },
        },
        {
          name: 'idle memory of the server',
          value: server,
          unit: 'MB',
          limit: { name: 'Node alone', value: await bareMemory() },
          target: { below: 220 },
        },
      ];
    } finally {
      await stop(second.child);
    }
  } finally {
    await remove();
  }
}

async function start(env: NodeJS.ProcessEnv): Promise<{ child: ChildProcess; tookMs: number }> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [START], { cwd: ROOT, env, stdio: ['ignore', 'ignore', 'inherit'] });
  const url = `http://127.0.0.1:${env['PORT']!}/readyz`;
  while (performance.now() - startedAt < READY_MS_MAX) {
    if (child.exitCode !== null) throw new Error(`npm start ended with ${String(child.exitCode)}`);
    // Refused until the door is open: that is what is being waited for.
    const answer = await fetch(url, { signal: AbortSignal.timeout(POLL_TIMEOUT_MS) }).catch(() => null);
    if (answer?.ok) return { child, tookMs: performance.now() - startedAt };
    await pause(POLL_MS);
  }
  await stop(child);
  throw new Error('npm start was not ready in time');
}

/** The demo's last words are a mail. Once it is there, nothing of the first start is left for the second one to do. */
async function untilDemoIsRead(port: string): Promise<void> {
  const agent = new ApiClient(`http://127.0.0.1:${port}`);
  const giveUpAt = performance.now() + READY_MS_MAX;
  while (performance.now() < giveUpAt) {
    // The doors open before the demo is made, so the first tries may be refused.
    const { status } = await agent.post('/api/session', { email: DEMO_OWNERS.spaak, password: DEMO_PASSWORD });
    const found = await agent.get<Page<ConversationRow>>('/api/conversations');
    if (status === 200 && found.body.items.some(({ channel }) => channel === 'email')) return;
    await pause(SIGN_IN_EVERY_MS);
  }
  throw new Error('the demo was not read in time');
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX);
  await ended;
  clearTimeout(timer);
}

/** The least a start can be: a Node that does nothing, and the folder's database until it answers. */
async function bareStart(dataDir: string): Promise<number> {
  const startedAt = performance.now();
  await promisify(execFile)(process.execPath, ['-e', '0'], { timeout: READY_MS_MAX });
  const postgres = await startEmbeddedPostgres({ dataDir });
  const tookMs = performance.now() - startedAt;
  await postgres.stop();
  return tookMs;
}

async function bareMemory(): Promise<number> {
  const child = spawn(process.execPath, ['-e', 'process.stdout.write("up"); setInterval(() => {}, 1000)'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  const memory = await memoryOf(child.pid!);
  await stop(child);
  return memory;
}

/** The process that has the data folder: the server, not the simulator beside it nor whoever started them. */
async function serverPid(dataDir: string): Promise<number> {
  const { pid } = JSON.parse(await readFile(join(dataDir, 'omnidesk.lock'), 'utf8')) as { pid: number };
  return pid;
}

/** Resident memory in MB, as the system counts it. */
async function memoryOf(pid: number): Promise<number> {
  if (process.platform === 'linux') {
    const status = await readFile(`/proc/${String(pid)}/status`, 'utf8');
    return (Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)![1]) * 1024) / BYTES_PER_MB;
  }
  const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(pid)]);
  return (Number(stdout.trim()) * 1024) / BYTES_PER_MB;
}

/** Ports that nobody has at this moment. The simulator's mail server needs the one that stands above its page. */
async function freePorts(): Promise<Record<string, string>> {
  for (let attempt = 0; attempt < PORTS_TRIED_MAX; attempt++) {
    const held = await Promise.all([0, 0, 0].map(hold));
    const [port, operator, simulator] = held.map(({ port: free }) => free) as [number, number, number];
    const smtp = await hold(simulator + SIMULATOR_SMTP_PORT_STEP).catch(() => null);
    for (const { server } of [...held, ...(smtp ? [smtp] : [])]) await new Promise((resolve) => server.close(resolve));
    if (smtp) return { PORT: String(port), OPERATOR_PORT: String(operator), SIMULATOR_PORT: String(simulator) };
  }
  throw new Error('no free ports were found');
}

async function hold(port: number): Promise<{ server: Server; port: number }> {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as { port: number }).port };
}
