import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { removeEmbeddedPostgres } from '../libs/platform/embedded-postgres.js';
import { DEMO_APP } from '../apps/simulator/index.js';

const MAIN = join(import.meta.dirname, '../apps/standalone/main.js');
const READY_MS_MAX = 60_000;
const LOOK_EVERY_MS = 50;
const OUTPUT_CHARS_MAX = 20_000;

/** Wait until it holds, looking often; reject with what was waited for when it does not hold in time. */
export async function until(what: string, timeoutMs: number, holds: () => Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + timeoutMs;
  while (!(await holds())) {
    if (performance.now() > giveUpAt) throw new Error(`not within ${String(timeoutMs)} ms: ${what}`);
    await pause(LOOK_EVERY_MS);
  }
}

/** The one-process server as a program of its own, on a durable database in a folder of its own, to be killed and started again. */
export class KillableServer {
  private child: ChildProcess | undefined;
  private output = '';

  private constructor(
    readonly url: string,
    private readonly outer: string,
    private readonly environment: Record<string, string>,
  ) {}

  static async prepare(graphUrl: string, environment: Record<string, string> = {}): Promise<KillableServer> {
    const outer = await mkdtemp(join(tmpdir(), 'omnidesk-kills-'));
    // When this is root, the account of PostgreSQL must get through.
    await chmod(outer, 0o711);
    const port = await freePort();
    const url = `http://127.0.0.1:${String(port)}`;
    return new KillableServer(url, outer, {
      PATH: process.env['PATH'] ?? '',
      PORT: String(port),
      PUBLIC_URL: url,
      OMNIDESK_DATA: join(outer, 'data'),
      OMNIDESK_SECRET_KEY: randomBytes(32).toString('base64'),
      FACEBOOK_APP_ID: DEMO_APP.id,
      FACEBOOK_APP_SECRET: DEMO_APP.secret,
      FACEBOOK_VERIFY_TOKEN: DEMO_APP.verifyToken,
      GRAPH_URL: graphUrl,
      ...environment,
    });
  }

  /** Start it, and resolve once it can serve. */
  async start(roles = 'gateway,api,worker'): Promise<void> {
    this.output = '';
    const child = spawn(process.execPath, [MAIN], {
      env: { ...this.environment, OMNIDESK_ROLES: roles },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (this.output = (this.output + text).slice(-OUTPUT_CHARS_MAX)));
    }
    await until('the server is ready', READY_MS_MAX, async () => {
      if (child.exitCode !== null) throw new Error(`the server ended by itself:\n${this.output}`);
      const answer = await fetch(`${this.url}/readyz`, { signal: AbortSignal.timeout(1000) }).catch(() => null);
      return answer?.ok === true;
    });
  }

  /** As a power cut would: no handler runs, nothing is flushed. Its database process lives on, as it would on a real machine. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  async stop(): Promise<void> {
    await this.end('SIGTERM');
  }

  /** Leave nothing behind. */
  async remove(): Promise<void> {
    await this.kill();
    await removeEmbeddedPostgres(join(this.outer, 'data'));
    await rm(this.outer, { recursive: true, force: true });
  }

  private async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
