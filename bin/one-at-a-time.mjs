import { linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { root } from './run-child.mjs';
import { Stop } from './steps.mjs';

const POLL_MS = 200;
const ANNOUNCE_AFTER_MS = 2000;
const WAIT_MINUTES_MAX = 30;

/**
 * Do `work` while no other process of this checkout does work of the same name. A killed one does not count, unless a child whose id it
 * told goes on: an install outlives whoever started it.
 */
export async function oneAtATime(name, work) {
  const folder = join(root, 'dist');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `.${name}.lock`);
  const deadline = Date.now() + WAIT_MINUTES_MAX * 60_000;
  const announcement = setTimeout(
    () => process.stdout.write(`… waiting for another process of this checkout to finish: ${name}\n`),
    ANNOUNCE_AFTER_MS,
  );
  while (!take(path)) {
    if (Date.now() > deadline)
      throw new Stop(
        `Another process has been busy with "${name}" for ${WAIT_MINUTES_MAX} minutes. If it hangs, end it and remove ${path}.`,
      );
    await delay(POLL_MS);
  }
  clearTimeout(announcement);
  try {
    return await work((pid) => writeFileSync(path, `${process.pid} ${pid}`));
  } finally {
    rmSync(path, { force: true });
  }
}

function take(path) {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, String(process.pid));
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    if (!isHeld(path)) rmSync(path, { force: true });
    return false;
  } finally {
    rmSync(draft, { force: true });
  }
}

function isHeld(path) {
  try {
    // After a restart of the machine the number may belong to anything: a lock this old is nobody's.
    if (Date.now() - statSync(path).mtimeMs > WAIT_MINUTES_MAX * 60_000) return false;
    return readFileSync(path, 'utf8').split(' ').map(Number).some(isRunning);
  } catch (error) {
    if (error.code === 'ENOENT') return false;
    throw error;
  }
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
