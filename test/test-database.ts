import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { APP_ROLE, type DatabaseUrls, JOBS_ROLE } from '#platform';

/** What the runner made before the first test: one database server, one migrated database to clone, one browser. */
interface TestRun {
  serverUrl: string;
  templateName: string | null;
  browserPath: string;
}

declare const omnideskTestRun: TestRun;

export interface TestDatabase {
  urls: DatabaseUrls;
  /** The owner's view of everything, whichever tenant: for looking, never for preparing. */
  owner: Client;
  drop(): Promise<void>;
}

/** A database of this test file's own, cloned from the migrated one. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const { templateName } = omnideskTestRun;
  if (templateName === null) throw new Error('There is no migrated database to clone; see the first lines of this run.');
  return createDatabase(templateName);
}

/** A database that no migration has seen. */
export function createEmptyDatabase(): Promise<TestDatabase> {
  return createDatabase('template0');
}

async function createDatabase(templateName: string): Promise<TestDatabase> {
  const { serverUrl } = omnideskTestRun;
  const name = `t_${randomBytes(6).toString('hex')}`;
  await asServer(`create database ${name} template ${templateName}`);
  const urls = { owner: urlOf(serverUrl, name), app: urlOf(serverUrl, name, APP_ROLE), jobs: urlOf(serverUrl, name, JOBS_ROLE) };
  const owner = new Client({ connectionString: urls.owner });
  await owner.connect();
  return {
    urls,
    owner,
    drop: async () => {
      await owner.end();
      await asServer(`drop database ${name} with (force)`);
    },
  };
}

async function asServer(statement: string): Promise<void> {
  const client = new Client({ connectionString: omnideskTestRun.serverUrl });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

function urlOf(serverUrl: string, database: string, role?: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  if (role !== undefined) url.searchParams.set('user', role);
  return url.toString();
}

export function browserPath(): string {
  return omnideskTestRun.browserPath;
}
