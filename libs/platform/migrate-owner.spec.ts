import { Client } from 'pg';
import { createTestDatabase, type TestDatabase } from '../../test/test-database.js';
import { migrate } from './migrate.js';

/** On a server of one's own the owner is rarely a superuser, and row-level security then holds for it too. */
describe('migrating as an owner who is no superuser', () => {
  const database = 't_plain_owner';
  const role = 't_plain_owner_role';
  let any: TestDatabase;
  const url = (name: string, user?: string) => {
    const made = new URL(any.urls.owner);
    made.pathname = `/${name}`;
    if (user !== undefined) made.searchParams.set('user', user);
    return made.toString();
  };

  beforeAll(async () => {
    any = await createTestDatabase();
    await any.owner.query(`create role ${role} login createrole`);
    // The runner's superuser made the roles of this server; on a server of one's own the owner does.
    await any.owner.query(`grant omnidesk_app, omnidesk_jobs, omnidesk_lookup to ${role} with admin option`);
    await any.owner.query(`create database ${database} owner ${role}`);
  });
  afterAll(async () => {
    await any.owner.query(`drop database ${database} with (force)`);
    await any.owner.query(`drop owned by ${role}`);
    await any.owner.query(`drop role ${role}`);
    await any.drop();
  });

  it('makes the whole schema, and once more changes nothing', async () => {
    await migrate({ ownerUrl: url(database, role) });
    await migrate({ ownerUrl: url(database, role) });
    const app = new Client({ connectionString: url(database, 'omnidesk_app') });
    await app.connect();
    try {
      expect((await app.query('select tenant_exists() as made, (select count(*)::int from tenant) as seen')).rows).toEqual([
        { made: false, seen: 0 },
      ]);
      await expect(app.query('select enqueue_job($1, $2, null, now(), 3, null)', ['any', '{}'])).resolves.toBeDefined();
      await expect(app.query('select * from graphile_worker._private_jobs')).rejects.toThrow(/permission denied/);
    } finally {
      await app.end();
    }
  });
});
