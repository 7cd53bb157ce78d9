import { createHash } from 'node:crypto';
import { Client } from 'pg';
import { withClient } from './ground.js';

/** The log of deliveries under another name: same columns, same indexes, same durability. */
const TABLE = 'bench_one_row';
const ADD = `insert into ${TABLE} (channel, digest, body, received_at) values ('messenger', $1, $2, $3)`;

/** Make the table that one-row commits go to. */
export async function prepareOneRowCommits(ownerUrl: string): Promise<void> {
  await withClient(ownerUrl, async (client) => {
    await client.query(`create table if not exists ${TABLE} (like delivery including all)`);
  });
}

export interface CommitRun {
  perSecond: number;
  latenciesMs: number[];
}

/**
 * How many one-row commits a second this server makes for so many connections: each sends a prepared insert, waits for the commit, and
 * sends the next. It is what pgbench would do with the same row.
 */
export async function runOneRowCommits(
  url: string,
  options: { connections: number; durationMs: number; body: (n: number) => Buffer },
): Promise<CommitRun> {
  const clients = await Promise.all(
    Array.from({ length: options.connections }, async () => {
      const client = new Client({ connectionString: url });
      await client.connect();
      return client;
    }),
  );
  const latenciesMs: number[] = [];
  const startedAt = performance.now();
  const lane = async (client: Client) => {
    while (performance.now() - startedAt < options.durationMs) {
      const sentAt = performance.now();
      const body = options.body(latenciesMs.length);
      await client.query({
        name: 'add',
        text: ADD,
        values: [createHash('sha256').update(body).update(String(sentAt)).digest(), body, new Date()],
      });
      latenciesMs.push(performance.now() - sentAt);
    }
  };
  try {
    await Promise.all(clients.map(lane));
    return { perSecond: (latenciesMs.length * 1000) / (performance.now() - startedAt), latenciesMs };
  } finally {
    await Promise.all(clients.map((client) => client.end()));
  }
}
