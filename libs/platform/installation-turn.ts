import { Client } from 'pg';
import { SECOND_MS } from './clock.js';

const CONNECT_MS_MAX = 5 * SECOND_MS;

/** The right to do what only one process of the installation may do at a time. */
export interface InstallationTurn {
  /** False as soon as we know that it was lost: then stop. */
  isOurs: () => boolean;
  give: () => Promise<void>;
}

/**
 * Take the turn that `lockKey` names, or null while another process has it. The lock is held by a database connection of its own: it is
 * free the moment its holder dies, however it dies.
 *
 * Errors   whatever the database throws
 */
export async function takeInstallationTurn(databaseUrl: string, lockKey: number, name: string): Promise<InstallationTurn | null> {
  const client = new Client({ connectionString: databaseUrl, application_name: name, connectionTimeoutMillis: CONNECT_MS_MAX });
  let isOurs = true;
  client.on('error', () => (isOurs = false));
  client.on('end', () => (isOurs = false));
  try {
    await client.connect();
    const { rows } = await client.query<{ got: boolean }>('select pg_try_advisory_lock($1) as got', [lockKey]);
    if (rows[0]!.got) return { isOurs: () => isOurs, give: () => client.end() };
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
  await client.end();
  return null;
}
