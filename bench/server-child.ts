import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Config, DatabaseUrls } from '#platform';

const PROGRAM = join(import.meta.dirname, 'server-process.js');
const START_MS_MAX = 30_000;
const STOP_MS_MAX = 15_000;
const ANSWER_MS_MAX = 10_000;

export interface ServerOrder {
  config: Config;
  databaseUrls: DatabaseUrls;
}

/** What became of the process between two moments. */
export interface Watched {
  rssBytesBefore: number;
  rssBytesMax: number;
  /** The longest turn of its event loop, by the processor's time: however busy the machine is with other things. */
  turnCpuMsMax: number;
  /** The same by the clock: what somebody waited who asked for something just then. */
  delayMsMax: number;
}

export interface ServerChild {
  url: URL;
  /** What the process has used of the processor so far: it says more than a rate does when the machine is busy with other things. */
  cpuMs(): Promise<number>;
  /** Looks at its memory and its event loop while `work` goes on. */
  watched(work: () => Promise<unknown>): Promise<Watched>;
  close(): Promise<void>;
}

/** Start a server in a process of its own, as in production, and resolve once it answers. */
export async function startServerChild(order: ServerOrder): Promise<ServerChild> {
  // The flags that production starts it with, not those that this process happens to have.
  const child = fork(PROGRAM, {
    execArgv: process.env['BENCH_NODE_FLAGS']?.split(' ') ?? [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit');
  child.send(order);
  const told = once(child, 'message', { signal: AbortSignal.timeout(START_MS_MAX) }) as Promise<[{ url: string }]>;
  const failed = ended.then(() => Promise.reject(new Error('the server ended before it answered')));
  try {
    const [{ url }] = await Promise.race([told, failed]);
    failed.catch(() => undefined);
    const close = async () => {
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX);
      if (child.connected) child.disconnect();
      await ended;
      clearTimeout(timer);
    };
    const ask = async <Answer>(question: string): Promise<Answer> => {
      const answered = once(child, 'message', { signal: AbortSignal.timeout(ANSWER_MS_MAX) }) as Promise<[Answer]>;
      child.send(question);
      return (await answered)[0];
    };
    const cpuMs = async () => (await ask<{ cpuMs: number }>('cpu')).cpuMs;
    const watched = async (work: () => Promise<unknown>) => {
      await ask('watch');
      await work();
      return ask<Watched>('watched');
    };
    return { url: new URL(url), cpuMs, watched, close };
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
}
