import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { World } from './world.js';

/** Every table there is, whoever made it. */
async function tables(world: World): Promise<string[]> {
  const rows = await world.rows<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables
     where schemaname not in ('pg_catalog', 'information_schema') order by 1`,
  );
  return rows.map(({ name }) => name);
}

/** How many rows each table holds: what "nothing was stored" is measured by. That something was refused may be in the audit. */
export async function rowCounts(world: World): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const table of await tables(world)) {
    if (/^public\.(installation_)?audit_/.test(table)) continue;
    const [row] = await world.rows<{ count: string }>(`select count(*) as count from ${table}`);
    counts[table] = Number(row!.count);
  }
  return counts;
}

/** Every place that holds this text in the clear: tables (bytes too), files in the data folder, log lines. */
export async function placesHolding(world: World, canary: string): Promise<string[]> {
  const places: string[] = [];
  const hex = Buffer.from(canary).toString('hex');
  for (const table of await tables(world)) {
    const [row] = await world.rows<{ count: string }>(
      `select count(*) as count from ${table} stored where strpos(stored::text, $1) > 0 or strpos(stored::text, $2) > 0`,
      [canary, hex],
    );
    if (Number(row!.count) > 0) places.push(table);
  }
  for (const path of await storedFiles(world)) {
    if (path.includes(canary) || (await readFile(path)).includes(canary)) places.push(path);
  }
  if (world.log.lines.some((line) => line.includes(canary))) places.push('log');
  return places;
}

/** The path of every file in the data folder. */
export async function storedFiles(world: World): Promise<string[]> {
  const entries = await readdir(world.config.dataDir, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
