import 'reflect-metadata';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { availableParallelism, loadavg } from 'node:os';
import { dirname, join } from 'node:path';
import { benchDoorbell } from './doorbell.js';
import { benchEvents } from './events.js';
import { type Figure, ratioOf, tableOf, verdictOf } from './figure.js';
import { benchIntake } from './intake.js';
import { benchLists } from './lists.js';
import { benchMail } from './mail.js';
import { benchSignIn } from './sign-in.js';
import { benchStart } from './start.js';

/* npm run bench [-- name …]: measures, prints a table, and keeps the figures for the next reader. */

const RESULTS = join(import.meta.dirname, '../../bench/results/latest.json');
const BENCHES: Record<string, () => Promise<Figure[]>> = {
  intake: benchIntake,
  doorbell: benchDoorbell,
  events: benchEvents,
  lists: benchLists,
  mail: benchMail,
  'sign-in': benchSignIn,
  start: benchStart,
};

interface Result {
  measuredAt: string;
  node: string;
  cores: number;
  /** Other work on this machine at the start: figures taken on a busy machine say little. */
  loadBefore: number;
  figures: object[];
}

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in BENCHES));
if (unknown.length > 0) {
  process.stderr.write(`Nothing is called ${unknown.join(', ')}. There is: ${Object.keys(BENCHES).join(', ')}.\n`);
  process.exitCode = 1;
} else {
  const figures: Figure[] = [];
  for (const name of asked.length > 0 ? asked : Object.keys(BENCHES)) figures.push(...(await measure(name)));
  process.stdout.write(`\n${tableOf(figures)}\n`);
}

async function measure(name: string): Promise<Figure[]> {
  process.stdout.write(`measuring ${name} …\n`);
  const loadBefore = loadavg()[0]!;
  const figures = await BENCHES[name]!();
  await keep(name, {
    measuredAt: new Date().toISOString(),
    node: process.version,
    cores: availableParallelism(),
    loadBefore: round(loadBefore),
    figures: figures.map((figure) => ({
      name: figure.name,
      value: round(figure.value),
      unit: figure.unit,
      limit: { name: figure.limit.name, value: round(figure.limit.value) },
      ratio: round(ratioOf(figure)),
      target: figure.target,
      verdict: verdictOf(figure),
      ...(figure.notes ? { notes: Object.fromEntries(Object.entries(figure.notes).map(([key, value]) => [key, round(value)])) } : {}),
    })),
  });
  return figures;
}

/** Keep this measurement beside the last ones of the others. */
async function keep(name: string, result: Result): Promise<void> {
  const results = { ...(await readResults()), [name]: result };
  const ordered = Object.fromEntries(Object.keys(BENCHES).flatMap((known) => (known in results ? [[known, results[known]]] : [])));
  await mkdir(dirname(RESULTS), { recursive: true });
  await writeFile(RESULTS, `${JSON.stringify(ordered, null, 2)}\n`);
}

async function readResults(): Promise<Record<string, unknown>> {
  try {
    return JSON.parse(await readFile(RESULTS, 'utf8')) as Record<string, unknown>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}
