import { withClient } from './ground.js';

export interface Statement {
  sql: string;
  parameters: unknown[];
}

interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  Plans?: PlanNode[];
}

/** Below this, reading all of a table is as good as an index. */
const LARGE_TABLE_ROWS = 5000;

/** Explain statements as the serving role runs them for a tenant, and tell every reading of a large table from end to end. */
export async function scansOf(appUrl: string, tenantId: string, statements: readonly Statement[]): Promise<string[]> {
  const selects = statements.filter(({ sql }) => /^\s*(select|with)\b/i.test(sql));
  if (selects.length === 0) throw new Error('no statement was seen');
  return withClient(appUrl, async (client) => {
    const { rows } = await client.query<{ relname: string }>('select relname from pg_class where reltuples >= $1', [LARGE_TABLE_ROWS]);
    const large = new Set(rows.map(({ relname }) => relname));
    if (!large.has('conversation') || !large.has('message')) throw new Error('the tables are not large enough to say anything');
    await client.query('begin');
    await client.query("select set_config('app.tenant_id', $1, true)", [tenantId]);
    const scans: string[] = [];
    for (const { sql, parameters } of selects) {
      const explained = await client.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(`explain (format json) ${sql}`, parameters);
      for (const table of scannedIn(explained.rows[0]!['QUERY PLAN'][0].Plan)) if (large.has(table)) scans.push(`${table}: ${sql}`);
    }
    await client.query('rollback');
    return scans;
  });
}

function scannedIn(node: PlanNode): string[] {
  const own = node['Node Type'] === 'Seq Scan' ? [node['Relation Name']!] : [];
  return [...own, ...(node.Plans ?? []).flatMap(scannedIn)];
}
