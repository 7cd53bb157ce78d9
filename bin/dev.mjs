import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { bootstrap } from './bootstrap.mjs';
import { root } from './run-child.mjs';
import { command } from './steps.mjs';

/*
 * For developers: the server is compiled and started again when a file of it changes, the web reloads by itself. The web's own server
 * passes /api and /socket.io on to ours. Ends, with everything it started, when one of its parts ends or on Ctrl-C.
 */

const STOP_TIMEOUT_MS = 30_000;

await command(async () => {
  await bootstrap();
  const { build } = await import('./build-changed.mjs');
  await build();
  const tool = (...path) => join(root, 'node_modules', ...path);
  const children = [
    start([tool('@nestjs', 'cli', 'bin', 'nest.js'), 'build', '--watch']),
    start([
      '--watch-path=dist/apps',
      '--watch-path=dist/libs',
      '--watch-preserve-output',
      '--enable-source-maps',
      'dist/apps/standalone/main.js',
    ]),
    start([tool('vite', 'bin', 'vite.js'), '--config', 'apps/web/vite.config.ts']),
  ];
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stop(children));
  const code = await Promise.race(children.map(ended));
  stop(children);
  await Promise.all(children.map(ended));
  return code;
});

function start(args) {
  return spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env: { OMNIDESK_DEMO: '1', ...process.env } });
}

function stop(children) {
  for (const child of children) child.kill('SIGTERM');
  setTimeout(() => children.forEach((child) => child.kill('SIGKILL')), STOP_TIMEOUT_MS).unref();
}

function ended(child) {
  return child.exitCode === null && child.signalCode === null
    ? new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 0)))
    : Promise.resolve(child.exitCode ?? 0);
}
