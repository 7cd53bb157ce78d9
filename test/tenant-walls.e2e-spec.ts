import { Database } from '#platform';
import { type Furnished, furnish } from './furnished.js';
import { World } from './world.js';

/** Tables of the installation: what they hold is not one tenant's, or comes before a tenant is known. Every other table is a tenant's. */
const INSTALLATION_TABLES = [
  'attempt',
  'automatic_mail',
  'awake_mark',
  'deletion_request',
  'delivery',
  'installation_audit_entry',
  'installation_audit_head',
  'installation_audit_personal',
  'job_worker',
  'migration',
  'operator',
  'operator_address',
  'operator_challenge',
  'operator_enrolment',
  'operator_key',
  'operator_nonce',
  'operator_passkey',
  'operator_session',
  'passkey_challenge',
  'route',
];

interface Row {
  tenant_id: string;
}

/**
 * What belongs to one tenant can be neither seen nor touched by another, whatever statement a mistake in our code sends: the walls are in
 * the database. Tried on every table, with rows in it.
 */
describe('the walls between tenants', () => {
  let world: World;
  let spaak: Furnished;
  let linden: Furnished;
  let tables: string[];

  const asLinden = <T>(work: (sql: (statement: string, parameters?: unknown[]) => Promise<T[]>) => Promise<unknown>) =>
    world.get(Database).inTenant(linden.id, (tx) => work((statement, parameters) => tx.query<T>(statement, parameters)));
  const tenantColumn = (table: string) => (table === 'tenant' ? 'id' : 'tenant_id');
  const rowOfSpaak = async (table: string) => {
    const [found] = await world.rows<{ row: Row }>(`select to_jsonb(t) as row from ${table} t where ${tenantColumn(table)} = $1 limit 1`, [
      spaak.id,
    ]);
    return found?.row;
  };

  beforeAll(async () => {
    world = await World.open();
    spaak = await furnish(world, await world.tenant(0));
    linden = await furnish(world, await world.tenant(1));
    // The first one's answer was sent while the second was furnished; here both have one that waits.
    await spaak.owner.post(`/api/conversations/${spaak.ids.conversation}/replies`, { text: 'one more answer that waits' });
    const rows = await world.rows<{ name: string }>(
      "select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'",
    );
    tables = rows.map(({ name }) => name).filter((name) => !INSTALLATION_TABLES.includes(name));
  });
  afterAll(() => world.close());

  it('are tried on tables that hold something of both tenants', async () => {
    expect(tables.length).toBeGreaterThan(15);
    for (const table of tables) {
      const [counted] = await world.rows(`select count(distinct ${tenantColumn(table)})::int as tenants from ${table}`);
      expect({ table, ...counted }).toEqual({ table, tenants: 2 });
    }
  });

  it('hide every row of another tenant', async () => {
    for (const table of tables) {
      const seen = await asLinden<Row>(async (sql) => {
        const rows = await sql(`select ${tenantColumn(table)} as tenant_id from ${table}`);
        return [...new Set(rows.map((row) => row.tenant_id))];
      });
      expect({ table, seen }).toEqual({ table, seen: [linden.id] });
    }
  });

  it('hide every row from a transaction that named no tenant', async () => {
    for (const table of tables) {
      const [counted] = await world.get(Database).query(`select count(*)::int as rows from ${table}`);
      expect({ table, ...(counted as object) }).toEqual({ table, rows: 0 });
    }
  });

  it('let nobody change or delete a row of another tenant', async () => {
    for (const table of tables) {
      const column = tenantColumn(table);
      const changing = asLinden((sql) => sql(`update ${table} set ${column} = ${column} where ${column} = $1 returning 1`, [spaak.id]));
      const changed = await changing.catch(nothingWhereNobodyMay(table));
      const deleting = asLinden((sql) => sql(`delete from ${table} where ${column} = $1 returning 1`, [spaak.id]));
      const deleted = await deleting.catch(nothingWhereNobodyMay(table));
      expect({ table, changed, deleted }).toEqual({ table, changed: [], deleted: [] });
    }
  });

  it('let nobody put a row into another tenant, nor hand one over', async () => {
    for (const table of tables) {
      const row = await rowOfSpaak(table);
      const columns = await writtenColumns(table);
      const insert = asLinden((sql) =>
        sql(`insert into ${table} (${columns}) select ${columns} from jsonb_populate_record(null::${table}, $1)`, [JSON.stringify(row)]),
      );
      expect({ table, error: await codeOf(insert) }).toEqual({ table, error: '42501' });
      const handOver = asLinden((sql) => sql(`update ${table} set ${tenantColumn(table)} = $1`, [spaak.id]));
      expect({ table, error: await codeOf(handOver) }).toEqual({ table, error: '42501' });
    }
  });

  // Foreign keys are checked past row-level security, so what keeps a reference inside its tenant is that the tenant is part of the key.
  it('let no row point at a row of another tenant', async () => {
    const tried: string[] = [];
    for (const { name, column } of await referencesInsideTenants()) {
      const [foreign] = await world.rows<{ id: string }>(
        `select ${column} as id from ${name} where tenant_id = $1 and ${column} is not null`,
        [spaak.id],
      );
      if (!foreign) continue;
      const pointed = asLinden((sql) => sql(`update ${name} set ${column} = $1`, [foreign.id]));
      // Where the column is in a unique key and there are several rows, uniqueness may speak before the reference does.
      expect({ name, column, error: await codeOf(pointed) }).toEqual({
        name,
        column,
        error: expect.stringMatching(/^2350[35]$/) as string,
      });
      tried.push(`${name}.${column}`);
    }
    const some = [
      'conversation.contact_id',
      'conversation.retention_rule_id',
      'message.author_agent_id',
      'message.conversation_id',
      'session.agent_id',
    ];
    expect(tried).toEqual(expect.arrayContaining([...some, 'attachment.message_id', 'outbox.message_id']));
  });

  it('hold for the role that serves, which owns nothing and may not pass them', async () => {
    const [role] = await world.get(Database).query(
      `select current_user::text as name, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication
       from pg_roles where rolname = current_user`,
    );
    const no = { rolsuper: false, rolbypassrls: false, rolcreaterole: false, rolcreatedb: false, rolreplication: false };
    expect(role).toEqual({ name: 'omnidesk_app', ...no });
    for (const statement of [
      'alter table agent disable row level security',
      'drop policy own_tenant on agent',
      'set role omnidesk_lookup',
      'create table t ()',
    ]) {
      const refused = world.get(Database).inInstallation((tx) => tx.query(statement));
      expect({ statement, error: await codeOf(refused) }).toEqual({ statement, error: '42501' });
    }
  });

  /** The columns that are not worked out from others. */
  async function writtenColumns(table: string): Promise<string> {
    const [row] = await world.rows<{ columns: string }>(
      `select string_agg(quote_ident(attname), ', ') as columns from pg_attribute
       where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = ''`,
      [table],
    );
    return row!.columns;
  }

  /** Every reference by id to a row of the same tenant. (Version numbers are each tenant's own: there is no foreign one.) */
  function referencesInsideTenants(): Promise<{ name: string; column: string }[]> {
    return world.rows(
      `
      select conrelid::regclass::text as name, attname::text as column
      from pg_constraint cross join unnest(conkey) as key (number) join pg_attribute on attrelid = conrelid and attnum = key.number
      where contype = 'f' and connamespace = 'public'::regnamespace and conrelid::regclass::text <> all($1) and confrelid <> 'tenant'::regclass
        and attname <> 'tenant_id' and atttypid = 'uuid'::regtype order by 1, 2`,
      [INSTALLATION_TABLES],
    );
  }
});

/** What is only ever added to, nobody may even try to change: its own tenant as little as another. */
function nothingWhereNobodyMay(table: string): (error: unknown) => [] {
  return (error) => {
    if (table.startsWith('audit_') && (error as { driverError?: { code: string } }).driverError?.code === '42501') return [];
    throw error;
  };
}

async function codeOf(refused: Promise<unknown>): Promise<string> {
  try {
    await refused;
    return 'nothing was refused';
  } catch (error) {
    // What is only checked at the end is refused by the commit, past TypeORM's own words.
    const { driverError, code } = error as { driverError?: { code: string }; code?: string };
    return driverError?.code ?? code ?? String(error);
  }
}
