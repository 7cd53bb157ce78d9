import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { APP_ROLE, type Config, type DatabaseUrls, JOBS_ROLE, migrate, readEnv, startEmbeddedPostgres } from '#platform';
import { DEMO_APP } from '../apps/simulator/index.js';

const DATABASE = 'bench';

export interface Ground {
  urls: DatabaseUrls;
  /** For blobs. */
  dataDir: string;
  close(): Promise<void>;
}

/** An empty, migrated database on a durable server of its own, as an installation has it. */
export async function openGround(): Promise<Ground> {
  const { dataDir, remove } = await makeFolder();
  try {
    const postgres = await startEmbeddedPostgres({ dataDir });
    const urls = { owner: postgres.url(DATABASE), app: postgres.url(DATABASE, APP_ROLE), jobs: postgres.url(DATABASE, JOBS_ROLE) };
    const close = async () => {
      await postgres.stop();
      await remove();
    };
    try {
      await withClient(postgres.url('postgres'), (client) => client.query(`create database ${DATABASE}`));
      await migrate({ ownerUrl: urls.owner });
      return { urls, dataDir, close };
    } catch (error) {
      await close();
      throw error;
    }
  } catch (error) {
    await remove();
    throw error;
  }
}

/** A data folder that does not exist yet, in a temporary place of its own. */
export async function makeFolder(): Promise<{ dataDir: string; remove: () => Promise<void> }> {
  const outer = await mkdtemp(join(tmpdir(), 'omnidesk-bench-'));
  // When this is root, PostgreSQL's account must get through.
  await chmod(outer, 0o711);
  return { dataDir: join(outer, 'data'), remove: () => rm(outer, { recursive: true, force: true }) };
}

/** Do `work` on a connection of its own, and end it. */
export async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** A configuration as an installation has it, on a free port, with the simulator's Meta app. */
export function benchConfig(dataDir: string, environment: Record<string, string>): Config {
  return readEnv({
    PORT: '0',
    OPERATOR_PORT: '0',
    OMNIDESK_DATA: dataDir,
    OMNIDESK_SECRET_KEY: Buffer.alloc(32, 7).toString('base64'),
    FACEBOOK_APP_ID: DEMO_APP.id,
    FACEBOOK_APP_SECRET: DEMO_APP.secret,
    FACEBOOK_VERIFY_TOKEN: DEMO_APP.verifyToken,
    ...environment,
  });
}
