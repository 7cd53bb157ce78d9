import { runMigrations as migrateJobQueue } from 'graphile-worker';
import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { APP_ROLE, JOBS_ROLE, LOOKUP_ROLE, rolePassword } from './database-roles.js';
import * as migrations from './migrations/index.js';
import { Refusal } from './refusal.js';

/** Any constant: it names the lock that lets one process migrate while others wait. */
const MIGRATION_LOCK = 7_266_001;

/** How many migrations this version knows: a data folder that has seen more belongs to a newer one. */
export const SCHEMA_VERSION = Object.keys(migrations).length;

export interface MigrateOptions {
  /** A role that may create tables and roles. */
  ownerUrl: string;
  /** Base64; null where the server trusts its private socket. */
  secret?: string | null;
}

/**
 * Bring the database to this version's schema. Resolves once it is there; does nothing when it already is.
 *
 * Errors   Refusal `database_is_newer` when a later version of Omnidesk has migrated it
 * Repeats  any number of processes may call it at once: one works, the others wait and find it done
 */
export async function migrate({ ownerUrl, secret = null }: MigrateOptions): Promise<void> {
  const client = new Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await createRoles(client, secret);
    await migrateTables(ownerUrl);
    await migrateQueue(client, ownerUrl);
  } finally {
    await client.end();
  }
}

/** Whether the database has this version's schema: neither an older nor a newer one. */
export async function isMigrated(ownerUrl: string): Promise<boolean> {
  const client = new Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string | null }>("select to_regclass('public.migration')::text as name");
    if (!rows[0]?.name) return false;
    const applied = await client.query<{ name: string }>('select name from migration');
    const known = new Set(Object.values(migrations).map((migration) => new migration().name));
    return applied.rows.length === known.size && applied.rows.every(({ name }) => known.has(name as never));
  } finally {
    await client.end();
  }
}

async function createRoles(client: Client, secret: string | null): Promise<void> {
  for (const role of [APP_ROLE, JOBS_ROLE, LOOKUP_ROLE]) {
    const name = client.escapeIdentifier(role);
    // Roles belong to the whole server, so another database's migration may be creating them at this moment.
    await client.query(`do $$ begin create role ${name}; exception when duplicate_object or unique_violation then null; end $$`);
    await client.query(`grant ${name} to current_user`);
    if (role === LOOKUP_ROLE) continue;
    const password = secret === null ? 'null' : client.escapeLiteral(rolePassword(role, secret));
    await client.query(`alter role ${name} login password ${password}`);
  }
}

async function migrateTables(ownerUrl: string): Promise<void> {
  const known = Object.values(migrations);
  const dataSource = new DataSource({
    type: 'postgres',
    url: ownerUrl,
    migrations: known,
    migrationsTableName: 'migration',
    synchronize: false,
  });
  await dataSource.initialize();
  try {
    await refuseNewer(
      dataSource,
      known.map((migration) => new migration().name),
    );
    await dataSource.runMigrations({ transaction: 'each' });
  } finally {
    await dataSource.destroy();
  }
}

async function refuseNewer(dataSource: DataSource, known: string[]): Promise<void> {
  const [table] = await dataSource.query<{ name: string | null }[]>(`select to_regclass('public.migration')::text as name`);
  if (!table?.name) return;
  const applied = await dataSource.query<{ name: string }[]>('select name from migration');
  if (applied.every(({ name }) => known.includes(name))) return;
  throw new Refusal(
    'conflict',
    'database_is_newer',
    'This database was last used by a newer version of Omnidesk. Start that version, or choose another data folder.',
  );
}

/** The queue's own migrations run as the role that owns its schema and nothing else. */
async function migrateQueue(client: Client, ownerUrl: string): Promise<void> {
  await client.query(`create schema if not exists graphile_worker authorization ${JOBS_ROLE}`);
  const { pathname } = new URL(ownerUrl);
  const database = client.escapeIdentifier(decodeURIComponent(pathname.slice(1)));
  await client.query(`grant create on database ${database} to ${JOBS_ROLE}`);
  const url = new URL(ownerUrl);
  url.searchParams.set('options', `-c role=${JOBS_ROLE}`);
  await migrateJobQueue({ connectionString: url.toString(), maxPoolSize: 2 });
  await client.query(`revoke create on database ${database} from ${JOBS_ROLE}`);
  await client.query(ENQUEUE_JOB);
}

/**
 * The one way into the queue for the serving role: it may add a job, inside its own transaction, and see none.
 * Kept beside the queue's own migrations because it can only be made after them.
 */
const ENQUEUE_JOB = `
  create or replace function enqueue_job(
    identifier text, payload json, queue_name text, run_at timestamptz, max_attempts int, job_key text
  ) returns bigint language sql security definer set search_path = pg_catalog, pg_temp as $$
    select id from graphile_worker.add_job(identifier, payload, queue_name, run_at, max_attempts, job_key)
  $$;
  grant create on schema public to ${JOBS_ROLE};
  alter function enqueue_job owner to ${JOBS_ROLE};
  revoke create on schema public from ${JOBS_ROLE};
  revoke all on function enqueue_job from public;
  grant execute on function enqueue_job to ${APP_ROLE};
`;
