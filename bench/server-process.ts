import 'reflect-metadata';
import { once } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { startServer } from '../apps/standalone/server.js';
import type { ServerOrder, Watched } from './server-child.js';

/* The server as it runs in production, in a process of its own. It is told what to be, says where it is, and ends when it is let go. */

const LOOK_EVERY_MS = 2;
const NS_PER_MS = 1e6;

const [{ config, databaseUrls }] = (await once(process, 'message')) as [ServerOrder];
const server = await startServer({ config, databaseUrls });
process.send!({ url: server.url });
const watch = {
  delay: monitorEventLoopDelay({ resolution: LOOK_EVERY_MS }),
  rssBytesBefore: 0,
  rssBytesMax: 0,
  turnCpuMsMax: 0,
  cpuMsBefore: 0,
  timer: undefined as NodeJS.Timeout | undefined,
};
process.on('message', (asked) => {
  if (asked === 'watch') beginWatch();
  process.send!(asked === 'watched' ? watched() : { cpuMs: cpuMs() });
});
await once(process, 'disconnect');
clearInterval(watch.timer);
await server.close();

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function beginWatch(): void {
  watch.rssBytesBefore = watch.rssBytesMax = process.memoryUsage.rss();
  watch.cpuMsBefore = threadCpuMs();
  watch.turnCpuMsMax = 0;
  watch.delay.reset();
  watch.delay.enable();
  // Looking costs as much as some mails do: only while somebody wants to know.
  watch.timer = setInterval(look, LOOK_EVERY_MS);
}

function look(): void {
  const cpuMsNow = threadCpuMs();
  watch.turnCpuMsMax = Math.max(watch.turnCpuMsMax, cpuMsNow - watch.cpuMsBefore);
  watch.cpuMsBefore = cpuMsNow;
  watch.rssBytesMax = Math.max(watch.rssBytesMax, process.memoryUsage.rss());
}

/** Of the thread that serves, without those that read mail. */
function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

function watched(): Watched {
  clearInterval(watch.timer);
  watch.delay.disable();
  const { rssBytesBefore, rssBytesMax, turnCpuMsMax } = watch;
  return { rssBytesBefore, rssBytesMax, turnCpuMsMax, delayMsMax: watch.delay.max / NS_PER_MS };
}
