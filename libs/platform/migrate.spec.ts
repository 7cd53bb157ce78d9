import { createEmptyDatabase, type TestDatabase } from '../../test/test-database.js';
import { migrate, SCHEMA_VERSION } from './migrate.js';
import { Refusal } from './refusal.js';

const WIDE_SCHEMA = `
  select table_schema, table_name, column_name, data_type from information_schema.columns
  where table_schema in ('public', 'graphile_worker') order by 1, 2, 3`;

describe('migrating', () => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await createEmptyDatabase();
  });
  afterEach(() => database.drop());

  const now = () => migrate({ ownerUrl: database.urls.owner });
  const schema = async () => (await database.owner.query(WIDE_SCHEMA)).rows as unknown[];
  const applied = async () => (await database.owner.query('select name from migration order by id')).rows as { name: string }[];

  it('makes everything from nothing, and nothing the second time', async () => {
    await now();
    const [first, names] = [await schema(), await applied()];
    expect(first.length).toBeGreaterThan(100);
    expect(names).toHaveLength(SCHEMA_VERSION);
    await now();
    expect([await schema(), await applied()]).toEqual([first, names]);
  });

  it('is done once when several processes start at the same moment', async () => {
    await Promise.all([now(), now(), now()]);
    expect(await applied()).toHaveLength(SCHEMA_VERSION);
  });

  it('leaves a database of a newer version alone, and says so', async () => {
    await now();
    await database.owner.query("insert into migration (timestamp, name) values (9990000000001, 'FromTheFuture9990000000001')");
    const before = [await schema(), await applied()];
    const refused: unknown = await now().catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(Refusal);
    expect(refused).toMatchObject({ code: 'database_is_newer', message: expect.stringContaining('newer version') as string });
    expect([await schema(), await applied()]).toEqual(before);
  });

  it('gives the queue’s role no right that it needed for its own migrations alone', async () => {
    await now();
    const [row] = (await database.owner.query("select has_database_privilege('omnidesk_jobs', current_database(), 'create') as creates"))
      .rows as object[];
    expect(row).toEqual({ creates: false });
  });
});
