/* One line per step, with the time it took. In a terminal the line is there while the step runs. */

const REDRAW_MS = 500;

/** Do `work` and show it. `doing` while it runs, `done` afterwards; `work` may return another text to show as what was done. */
export async function step(doing, done, work) {
  const isTerminal = process.stdout.isTTY === true;
  const start = performance.now();
  const seconds = () => (performance.now() - start) / 1000;
  const draw = () => process.stdout.write(`\r\u001b[K… ${doing} (${Math.round(seconds())} s)`);
  if (isTerminal) draw();
  const timer = isTerminal ? setInterval(draw, REDRAW_MS) : null;
  const finish = (line) => process.stdout.write(`${isTerminal ? '\r\u001b[K' : ''}${line}\n`);
  try {
    if (!isTerminal) announceLater(doing);
    const told = await work();
    finish(`✓ ${typeof told === 'string' ? told : done} (${seconds() < 10 ? seconds().toFixed(1) : Math.round(seconds())} s)`);
  } catch (error) {
    finish(`✗ ${doing}: failed`);
    throw error;
  } finally {
    if (timer !== null) clearInterval(timer);
    clearAnnouncement();
  }
}

// Without a terminal, only what takes long is announced: a log should not hold two lines for every step.
const ANNOUNCE_AFTER_MS = 3000;
const announcements = [];

function announceLater(doing) {
  announcements.push(setTimeout(() => process.stdout.write(`… ${doing}\n`), ANNOUNCE_AFTER_MS));
}

function clearAnnouncement() {
  clearTimeout(announcements.pop());
}

/** An end that needs no stack: a sentence about what is wrong and one about what to do. */
export class Stop extends Error {
  name = 'Stop';
}

/** Run a command of this project, and end with a sentence when it cannot. */
export async function command(work) {
  try {
    process.exitCode = await work();
  } catch (error) {
    process.stderr.write(`\n${error instanceof Stop ? error.message : error.stack}\n`);
    process.exitCode = 1;
  }
}
