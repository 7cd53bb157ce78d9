import { createTestDatabase, type TestDatabase } from '../../test/test-database.js';

/** What a tenant's wall does not stand around, and why. Every other table of ours has `tenant_id` and is shut. */
const INSTALLATION_TABLES = {
  attempt: 'counts tries before a tenant is known',
  automatic_mail: 'whom our machines write to is counted over all tenants',
  awake_mark: 'the installation sleeps and wakes as one',
  deletion_request: 'whoever asks Facebook to be forgotten is nobody’s yet',
  delivery: 'one delivery may hold several tenants’ messages',
  installation_audit_entry: 'what was done to the installation, or by nobody known',
  installation_audit_head: 'the newest of that',
  installation_audit_personal: 'what of that says something of a person',
  job_worker: 'workers serve all tenants',
  migration: 'which migrations ran',
  operator: 'whoever runs it belongs to no tenant',
  operator_address: 'and comes from there',
  operator_challenge: 'what an operator’s passkey is asked',
  operator_enrolment: 'how a passkey is made',
  operator_key: 'by which an operator signs',
  operator_nonce: 'a signature counts once',
  operator_passkey: 'by which an operator comes in',
  operator_session: 'where an operator is in',
  passkey_challenge: 'whoever signs in with a passkey names no tenant yet',
  route: 'finds the tenant of a delivery',
};
const installationTables = Object.keys(INSTALLATION_TABLES);

/** The rules that keep tenants apart, asserted over what the database really is, so that a new table cannot forget one. */
describe('the catalogue', () => {
  let database: TestDatabase;
  const rows = async <Row extends object>(sql: string, parameters: unknown[] = []) =>
    (await database.owner.query<Row>(sql, parameters)).rows;

  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  const tenantTables = () =>
    rows<{ name: string; id: number }>(
      `select oid::int as id, relname::text as name from pg_class
       where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and relname <> all($1) order by 2`,
      [installationTables],
    );

  it('has no table that is neither a tenant’s nor one of the few of the installation', async () => {
    const without = await rows<{ name: string }>(
      `select relname::text as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and relname <> 'tenant'
         and not exists (select 1 from pg_attribute where attrelid = pg_class.oid and attname = 'tenant_id' and attnotnull) order by 1`,
    );
    expect(without.map(({ name }) => name)).toEqual(installationTables.filter((name) => name !== 'route'));
  });

  it('forces row-level security on every table of a tenant, with one policy for reading and writing alike', async () => {
    const wanted = (column: string) => `(${column} = ( SELECT current_tenant() AS current_tenant))`;
    for (const { name, id } of await tenantTables()) {
      const [secured] = await rows('select relrowsecurity as enabled, relforcerowsecurity as forced from pg_class where oid = $1', [id]);
      expect({ name, ...secured }).toEqual({ name, enabled: true, forced: true });
      const policies = await rows<{ role: string }>(
        `select polcmd::text as command, polpermissive as permissive, pg_get_expr(polqual, polrelid) as seen,
           pg_get_expr(polwithcheck, polrelid) as written from pg_policy where polrelid = $1 and polname = 'own_tenant'`,
        [id],
      );
      const rule = wanted(name === 'tenant' ? 'id' : 'tenant_id');
      expect({ name, policies }).toEqual({ name, policies: [{ command: '*', permissive: true, seen: rule, written: rule }] });
    }
  });

  it('opens a door in that wall for the lookup role alone, which may read a few columns and cannot sign in', async () => {
    const others = await rows(
      `select polrelid::regclass::text as name, polcmd::text as command, array(select r::regrole::text from unnest(polroles) r) as roles
       from pg_policy where polname not in ('own_tenant', 'own_teams') order by 1`,
    );
    expect(others).toEqual(
      ['agent', 'connection', 'mailbox', 'tenant'].map((name) => ({ name, command: 'r', roles: ['omnidesk_lookup'] })),
    );
    const readable = await rows<{ column: string }>(
      `select table_name || '.' || column_name || ' ' || privilege_type as column from information_schema.column_privileges
       where grantee = 'omnidesk_lookup' order by 1`,
    );
    const agent = ['created_at', 'email', 'id', 'state', 'tenant_id'].map((column) => `agent.${column} SELECT`);
    const connection = ['id', 'state', 'tenant_id'].map((column) => `connection.${column} SELECT`);
    const mailbox = ['connection_id', 'folders', 'inbound', 'revision', 'tenant_id'].map((column) => `mailbox.${column} SELECT`);
    expect(readable.map(({ column }) => column)).toEqual([...agent, ...connection, ...mailbox, 'tenant.id SELECT', 'tenant.state SELECT']);
  });

  it('shows nothing of a connection to a transaction that does not name it, whatever table it is in', async () => {
    // Digests and marks that no screen shows, what is an agent's own, and what the teams themselves are.
    const open = ['feed_line', 'known_mail', 'mail_login', 'team_connection'];
    const hanging = await rows<{ name: string }>(
      `select distinct attrelid::regclass::text as name from pg_attribute join pg_class on pg_class.oid = attrelid
       where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and relname <> all($1)
         and (attname in ('connection_id', 'conversation_id', 'message_id', 'contact_id')
           or relname in ('connection', 'contact', 'conversation', 'message', 'suppression')) order by 1`,
      [installationTables],
    );
    const shut = await rows<{ name: string; permissive: boolean; seen: string }>(
      `select polrelid::regclass::text as name, polpermissive as permissive, pg_get_expr(polqual, polrelid) as seen
       from pg_policy where polname = 'own_teams' order by 1`,
    );
    expect(shut.map(({ name }) => name)).toEqual(hanging.map(({ name }) => name).filter((name) => !open.includes(name)));
    for (const { name, permissive, seen } of shut) {
      expect({ name, permissive }).toEqual({ name, permissive: false });
      // First, so that whoever sees everything pays for this comparison alone.
      expect(seen).toMatch(/^\(\(\( SELECT seen_connections\(\) AS seen_connections\) IS NULL\) OR /);
    }
  });

  it('begins every primary key and every unique index of a tenant’s table with the tenant', async () => {
    for (const { name, id } of await tenantTables()) {
      const firsts = await rows<{ index: string; first: string }>(
        `select indexrelid::regclass::text as index, (select attname::text from pg_attribute where attrelid = indrelid and attnum = indkey[0]) as first
         from pg_index where indrelid = $1 and indisunique`,
        [id],
      );
      expect(firsts.length).toBeGreaterThan(0);
      for (const { index, first } of firsts) expect({ index, first }).toEqual({ index, first: name === 'tenant' ? 'id' : 'tenant_id' });
    }
  });

  it('points at a tenant’s row only together with its tenant', async () => {
    const references = await rows<{ reference: string; pairs: string[] }>(
      `select conrelid::regclass || ' → ' || confrelid::regclass as reference, array(
         select near.attname || '=' || far.attname from unnest(conkey, confkey) as pair (near, far)
         join pg_attribute near on near.attrelid = conrelid and near.attnum = pair.near
         join pg_attribute far on far.attrelid = confrelid and far.attnum = pair.far) as pairs
       from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace and confrelid::regclass::text <> all($1)`,
      [installationTables],
    );
    expect(references.length).toBeGreaterThan(20);
    for (const { reference, pairs } of references) {
      const wanted = reference.endsWith(' → tenant') ? 'tenant_id=id' : 'tenant_id=tenant_id';
      expect({ reference, pairs }).toEqual({ reference, pairs: expect.arrayContaining([wanted]) as string[] });
    }
  });

  it('lets no tenant’s table have an index that mixes tenants, but the one that finds who signs in', async () => {
    const mixed = await rows<{ index: string }>(
      `select indexrelid::regclass::text as index from pg_index join pg_class on pg_class.oid = indrelid
       where relnamespace = 'public'::regnamespace and relname <> all($1) and relname <> 'tenant' and coalesce(
         (select attname::text from pg_attribute where attrelid = indrelid and attnum = indkey[0]), '') <> 'tenant_id'`,
      [installationTables],
    );
    expect(mixed).toEqual([{ index: 'agent_sign_in' }]);
  });

  it('gives the serving roles nothing to own and no way past a policy', async () => {
    const roles = await rows(
      `select rolname::text as name, rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication as mighty, rolcanlogin as login
       from pg_roles where rolname like 'omnidesk%' order by 1`,
    );
    expect(roles).toEqual([
      { name: 'omnidesk_app', mighty: false, login: true },
      { name: 'omnidesk_jobs', mighty: false, login: true },
      { name: 'omnidesk_lookup', mighty: false, login: false },
    ]);
    const owned = await rows(
      `select relname from pg_class where relowner = 'omnidesk_app'::regrole
       union all select proname from pg_proc where proowner = 'omnidesk_app'::regrole
       union all select nspname from pg_namespace where nspowner = 'omnidesk_app'::regrole`,
    );
    expect(owned).toEqual([]);
    const members = await rows(`select roleid::regrole::text from pg_auth_members where member::regrole::text like 'omnidesk%'`);
    expect(members).toEqual([]);
    const [schema] = await rows(
      `select has_schema_privilege('omnidesk_app', 'public', 'create') as creates, has_schema_privilege('omnidesk_app', 'graphile_worker', 'usage') as queues`,
    );
    expect(schema).toEqual({ creates: false, queues: false });
  });

  it('keeps the role of the queue away from every tenant’s table, and the serving role away from the list of migrations', async () => {
    const reached = await rows<{ name: string }>(
      `select relname::text as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'
         and has_any_column_privilege('omnidesk_jobs', oid, 'select, insert, update, references') order by 1`,
    );
    expect(reached).toEqual([{ name: 'job_worker' }]);
    const [migration] = await rows(`select has_table_privilege('omnidesk_app', 'migration', 'insert, update, delete') as writes`);
    expect(migration).toEqual({ writes: false });
  });

  it('knows every function that runs with another role’s rights, and none of them looks its names up where a caller could plant some', async () => {
    const functions = await rows<{ name: string; owner: string; path: string }>(
      `select proname::text as name, proowner::regrole::text as owner, array_to_string(proconfig, ';') as path
       from pg_proc where pronamespace = 'public'::regnamespace and prosecdef order by 1`,
    );
    expect(functions.map(({ name, owner }) => `${name} as ${owner}`)).toEqual([
      // Only who owns a table may have it counted; the function takes nothing and gives nothing.
      'count_tables_anew as postgres',
      'enqueue_job as omnidesk_jobs',
      'mailboxes_to_fetch as omnidesk_lookup',
      'sign_in_candidates as omnidesk_lookup',
      'tenant_counts as omnidesk_lookup',
      'tenant_exists as omnidesk_lookup',
      'tenant_ids as omnidesk_lookup',
    ]);
    for (const { name, path } of functions)
      expect({ name, path }).toEqual({ name, path: expect.stringMatching(/^search_path=.*pg_temp$/) as string });
  });
});
