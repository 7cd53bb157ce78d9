import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import {
  APP_ROLE,
  type Config,
  type DatabaseUrls,
  databaseUrls,
  type EmbeddedPostgres,
  JOBS_ROLE,
  migrate,
  SCHEMA_VERSION,
  startEmbeddedPostgres,
} from '#platform';

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
    const secretKeys = config.secretKeys.length > 0 ? config.secretKeys : [await keptSecretKey(config.dataDir)];
    const secret = secretKeys.at(-1)!;
    await migrate({ ownerUrl: config.databaseUrl, secret });
    return { config: { ...config, secretKeys }, databaseUrls: databaseUrls(config.databaseUrl, secret), close: () => Promise.resolve() };
  }
  const postgres = await startEmbeddedPostgres({ dataDir: config.dataDir, schemaVersion: SCHEMA_VERSION, lockWaitMs: LOCK_WAIT_MS });
  try {
    const secretKeys = config.secretKeys.length > 0 ? config.secretKeys : [await keptSecretKey(config.dataDir)];
    await createDatabase(postgres);
    await migrate({ ownerUrl: postgres.url(DATABASE) });
    const urls = { owner: postgres.url(DATABASE), app: postgres.url(DATABASE, APP_ROLE), jobs: postgres.url(DATABASE, JOBS_ROLE) };
    return { config: { ...config, secretKeys }, databaseUrls: urls, close: () => postgres.stop() };
  } catch (error) {
    await postgres.stop();
    throw error;
  }
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
