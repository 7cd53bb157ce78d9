import 'reflect-metadata';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { removeEmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.js';
import { migrate } from './migrate.js';

/* Prints the schema that the migrations make from nothing, as `migrations/schema.sql` holds it, so that every change of it shows as a diff. */

const TABLES = `
  select c.oid::regclass::text as name, c.relrowsecurity as secured, c.relforcerowsecurity as forced, c.reloptions as options
  from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' order by 1`;
const COLUMNS = `
  select a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
    || case when a.attidentity = 'a' then ' generated always as identity' else '' end
    || case when a.attnotnull then ' not null' else '' end
    || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '') as line
  from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped order by a.attnum`;
// PostgreSQL 18 keeps NOT NULL as constraints too; the columns say it already.
const CONSTRAINTS = `
  select 'constraint ' || conname || ' ' || pg_get_constraintdef(oid) as line
  from pg_constraint where conrelid = $1::regclass and contype <> 'n' order by contype desc, conname`;
const INDEXES = `
  select pg_get_indexdef(i.indexrelid) as line from pg_index i
  where i.indrelid = $1::regclass and not exists (select 1 from pg_constraint where conindid = i.indexrelid) order by 1`;
const POLICIES = `
  select format('create policy %I on %s for %s to %s using (%s)%s', polname, polrelid::regclass,
    case polcmd when 'r' then 'select' when '*' then 'all' else polcmd::text end,
    (select string_agg(case when role = 0 then 'public' else role::regrole::text end, ', ') from unnest(polroles) role),
    pg_get_expr(polqual, polrelid), coalesce(' with check (' || pg_get_expr(polwithcheck, polrelid) || ')', '')) as line
  from pg_policy where polrelid = $1::regclass order by polname`;
const GRANTS = `
  select format('grant %s on %s to %s', string_agg(privilege_type, ', ' order by privilege_type), table_name, grantee) as line
  from information_schema.table_privileges
  where table_schema = 'public' and grantee like 'omnidesk%' and table_name = $1 group by table_name, grantee order by grantee`;
const COLUMN_GRANTS = `
  select format('grant %s (%s) on %s to %s', privilege_type, string_agg(column_name, ', ' order by column_name), table_name, grantee) as line
  from information_schema.column_privileges
  where table_schema = 'public' and grantee = 'omnidesk_lookup' and table_name = $1 group by privilege_type, table_name, grantee`;
const FUNCTIONS = `
  select pg_get_functiondef(p.oid) || E'\\nalter function ' || p.oid::regprocedure
    || ' owner to ' || case when pg_get_userbyid(p.proowner) like 'omnidesk%' then pg_get_userbyid(p.proowner) else 'owner' end as line
  from pg_proc p where p.pronamespace = 'public'::regnamespace order by 1`;

async function printSchema(ownerUrl: string): Promise<string> {
  const client = new Client({ connectionString: ownerUrl });
  await client.connect();
  const lines = async (query: string, of?: string) =>
    (await client.query<{ line: string }>(query, of === undefined ? [] : [of])).rows.map(({ line }) => line);
  try {
    const parts = ['-- Generated from the migrations. Do not edit: change it by a new migration, then print it again.'];
    const tables = await client.query<{ name: string; secured: boolean; forced: boolean; options: string[] | null }>(TABLES);
    for (const { name, secured, forced, options } of tables.rows) {
      const body = [...(await lines(COLUMNS, name)), ...(await lines(CONSTRAINTS, name))].map((line) => `  ${line}`).join(',\n');
      const after = [
        ...(await lines(INDEXES, name)),
        ...(secured ? [`alter table ${name} enable row level security`] : []),
        ...(forced ? [`alter table ${name} force row level security`] : []),
        ...(options ? [`alter table ${name} set (${options.join(', ')})`] : []),
        ...(await lines(POLICIES, name)),
        ...(await lines(GRANTS, name)),
        ...(await lines(COLUMN_GRANTS, name)),
      ];
      parts.push([`create table ${name} (\n${body}\n)`, ...after].map((statement) => `${statement};`).join('\n'));
    }
    parts.push(...(await lines(FUNCTIONS)).map((statement) => `${statement.trimEnd()};`));
    return `${parts.join('\n\n')}\n`;
  } finally {
    await client.end();
  }
}

const dataDir = await mkdtemp(join(tmpdir(), 'omnidesk-schema-'));
const postgres = await startEmbeddedPostgres({ dataDir, durable: false });
try {
  await migrate({ ownerUrl: postgres.url('postgres') });
  process.stdout.write(await printSchema(postgres.url('postgres')));
} finally {
  await postgres.stop();
  await removeEmbeddedPostgres(dataDir);
  await rm(dataDir, { recursive: true, force: true });
}
