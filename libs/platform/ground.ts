import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import type { Config } from './config.js';
import { APP_ROLE, type DatabaseUrls, databaseUrls, JOBS_ROLE } from './database-roles.js';
import { type EmbeddedPostgres, findEmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.js';
import { isMigrated, migrate, SCHEMA_VERSION } from './migrate.js';
import { Refusal } from './refusal.js';

const DATABASE = 'omnidesk';
const SECRET_KEY_BYTES = 32;
/** A server that was told to stop a moment ago may still be at it. */
const LOCK_WAIT_MS = 3_000;

export interface PreparedGround {
  config: Config;
  databaseUrls: DatabaseUrls;
  close(): Promise<void>;
}

/** The database, running and migrated, and the key that seals secrets: what every door stands on. */
export async function prepareGround(config: Config): Promise<PreparedGround> {
  if (config.databaseUrl !== null) {
    const secretKeys = await secretKeysOf(config);
    const secret = secretKeys.at(-1)!;
    await migrate({ ownerUrl: config.databaseUrl, secret });
    return { config: { ...config, secretKeys }, databaseUrls: databaseUrls(config.databaseUrl, secret), close: () => Promise.resolve() };
  }
  const postgres = await startEmbeddedPostgres({ dataDir: config.dataDir, schemaVersion: SCHEMA_VERSION, lockWaitMs: LOCK_WAIT_MS });
  try {
    const secretKeys = await secretKeysOf(config);
    await createDatabase(postgres);
    await migrate({ ownerUrl: postgres.url(DATABASE) });
    return { config: { ...config, secretKeys }, databaseUrls: urlsOf(postgres), close: () => postgres.stop() };
  } catch (error) {
    await postgres.stop();
    throw error;
  }
}

/**
 * The same ground for a command beside a server that may be running on it: its database is used as it is, and left running. Where none
 * runs, the embedded one is started for as long as the command takes.
 *
 * Errors   Refusal `not_migrated` when the database is not at this version's schema
 */
export async function joinGround(config: Config): Promise<PreparedGround> {
  const running = config.databaseUrl === null ? await findEmbeddedPostgres(config.dataDir) : null;
  if (config.databaseUrl === null && running === null) return prepareGround(config);
  const secretKeys = await secretKeysOf(config);
  const urls = running ? urlsOf(running) : databaseUrls(config.databaseUrl!, secretKeys.at(-1)!);
  if (!(await isMigrated(urls.owner))) {
    throw new Refusal(
      'conflict',
      'not_migrated',
      'This database has the tables of another version. Run "npm run omnidesk -- migrate" first.',
    );
  }
  return { config: { ...config, secretKeys }, databaseUrls: urls, close: () => Promise.resolve() };
}

function urlsOf(postgres: Pick<EmbeddedPostgres, 'url'>): DatabaseUrls {
  return { owner: postgres.url(DATABASE), app: postgres.url(DATABASE, APP_ROLE), jobs: postgres.url(DATABASE, JOBS_ROLE) };
}

async function secretKeysOf({ secretKeys, dataDir }: Config): Promise<string[]> {
  return secretKeys.length > 0 ? secretKeys : [await keptSecretKey(dataDir)];
}

async function createDatabase(postgres: EmbeddedPostgres): Promise<void> {
  const client = new Client({ connectionString: postgres.url('postgres') });
  await client.connect();
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`create database ${DATABASE}`);
  } finally {
    await client.end();
  }
}

/** The installation's own key, made on first use. Whoever loses it loses every stored secret, so it lies with the data. */
async function keptSecretKey(dataDir: string): Promise<string> {
  const path = join(dataDir, 'secret-key');
  try {
    // `wx` fails when it exists: of two that start at once, one makes it and both read it.
    await writeFile(path, `${randomBytes(SECRET_KEY_BYTES).toString('base64')}\n`, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return (await readFile(path, 'utf8')).trim();
}
