import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/*
 * Run a program in our place: its output is our output, our signals are its signals, its exit code is ours. It ends when we are killed.
 */

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const PARENT_POLL_MS = 500;
const SIGNAL_NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };
const endWithParent = new URL('./end-with-parent.mjs', import.meta.url).href;

export const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Run a Node program until it ends, and resolve with its exit code.
 *
 * Shape    a program that a signal ended has 128 plus the signal's number, as in a shell
 */
export function runNode(args, { env = process.env, node = process.execPath } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(node, ['--import', endWithParent, ...args], { cwd: root, env, stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
    const letGo = endWithUs(child);
    child.once('error', (error) => {
      letGo();
      reject(error);
    });
    child.once('exit', (code, signal) => {
      letGo();
      resolve(code ?? 128 + (SIGNAL_NUMBERS[signal] ?? 0));
    });
  });
}

/** Hand our end on to a child: by signal, by the death of whoever runs us. Returns how to stop doing so. */
export function endWithUs(child) {
  const forward = (signal) => {
    // In a terminal Ctrl-C reaches the child by itself, and a second one would mean "now".
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
  };
  const end = () => child.kill('SIGTERM');
  for (const signal of FORWARDED) process.on(signal, forward);
  process.once('disconnect', end);
  const timer = whenNpmIsGone(end);
  return () => {
    for (const signal of FORWARDED) process.off(signal, forward);
    process.off('disconnect', end);
    clearInterval(timer);
  };
}

/** npm runs us in a shell, and a signal to npm ends that shell but not us: notice it by who our parents are. */
function whenNpmIsGone(end) {
  if (process.env.npm_lifecycle_event === undefined) return null;
  const before = parents();
  const timer = setInterval(() => {
    if (parents() === before) return;
    clearInterval(timer);
    end();
  }, PARENT_POLL_MS);
  timer.unref();
  return timer;
}

/** Our parent and, when that is only npm's shell, npm. Whoever started npm may go: that is how things run in the background. */
function parents() {
  const parent = process.ppid;
  try {
    const [, option] = readFileSync(`/proc/${parent}/cmdline`, 'utf8').split('\0');
    if (option !== '-c') return String(parent);
    const stat = readFileSync(`/proc/${parent}/stat`, 'utf8');
    const [, grandparent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return `${parent} ${grandparent}`;
  } catch {
    // Not Linux, or the parent has just ended, which its number will show.
    return String(parent);
  }
}
