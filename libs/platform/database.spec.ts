import { DataSource } from 'typeorm';
import { createTestDatabase, type TestDatabase } from '../../test/test-database.js';
import { Database, LAST_STEPS, type TenantTx } from './database.js';
import { newId, type TenantId } from './ids.js';

const at = new Date('2026-05-04T10:00:00Z');
const [ours, theirs] = [newId<TenantId>(at), newId<TenantId>(at)];

/** The tenant is in the door. One connection serves all tenants in turn here, so whatever one leaves behind the next would find. */
describe('a transaction for a tenant', () => {
  let database: TestDatabase;
  let db: Database;

  beforeAll(async () => {
    database = await createTestDatabase();
    db = await connect({ max: 1 });
    for (const id of [ours, theirs]) await db.inTenant(id, (tx) => tx.query('insert into tenant values ($1, $2, $3)', [id, 'A shop', at]));
  });
  afterAll(async () => {
    await db.close();
    await database.drop();
  });

  const connect = async (extra: object) => {
    const dataSource = new DataSource({ type: 'postgres', url: database.urls.app, extra });
    return new Database(await dataSource.initialize());
  };
  const tenantsSeen = (tx: { query: TenantTx['query'] }) => tx.query<{ id: TenantId }>('select id from tenant');
  const counter = async (id: TenantId) => (await database.owner.query('select 1 from ticket_counter where tenant_id = $1', [id])).rowCount;
  const addCounter = (tx: TenantTx, id = tx.tenantId) => tx.query('insert into ticket_counter values ($1, 1)', [id]);

  it('sees the rows of that tenant and no other', async () => {
    expect(await db.inTenant(ours, tenantsSeen)).toEqual([{ id: ours }]);
    expect(await db.inTenant(theirs, tenantsSeen)).toEqual([{ id: theirs }]);
  });

  it('cannot write a row of another tenant', async () => {
    await expect(db.inTenant(ours, (tx) => addCounter(tx, theirs))).rejects.toThrow(/row-level security/);
    expect(await counter(theirs)).toBe(0);
  });

  it('keeps nothing of what was done when the work throws', async () => {
    const failing = db.inTenant(ours, async (tx) => {
      await addCounter(tx);
      throw new RangeError('half way');
    });
    await expect(failing).rejects.toThrow(RangeError);
    expect(await counter(ours)).toBe(0);
  });

  it('keeps nothing when a last step before the commit fails', async () => {
    const failing = db.inTenant(ours, async (tx) => {
      await addCounter(tx);
      tx.beforeCommit('feed', () => Promise.reject(new RangeError('at the end')));
    });
    await expect(failing).rejects.toThrow(RangeError);
    expect(await counter(ours)).toBe(0);
  });

  it('takes the last steps in one order, whatever the order in which they were asked for, and each once', async () => {
    const taken: string[] = [];
    const step = (name: string) => () => {
      taken.push(name);
      return Promise.resolve();
    };
    await db.inTenant(ours, (tx) => {
      for (const name of [...LAST_STEPS, ...LAST_STEPS].reverse()) tx.beforeCommit(name, step(name));
      return Promise.resolve();
    });
    expect(taken).toEqual(LAST_STEPS);
  });

  it('takes no last step that is asked for when they have begun', async () => {
    const late = db.inTenant(ours, (tx) => {
      tx.beforeCommit('feed', () => Promise.resolve(tx.beforeCommit('audit', () => Promise.resolve())));
      return Promise.resolve();
    });
    await expect(late).rejects.toThrow(/have begun/);
  });

  it('tells what follows the commit only once the commit is there', async () => {
    const told: string[] = [];
    await expect(
      db.inTenant(ours, async (tx) => {
        tx.afterCommit(() => told.push('of the one that failed'));
        await tx.query('select 1 / 0');
      }),
    ).rejects.toThrow(/division by zero/);
    await db.inTenant(ours, (tx) => {
      tx.afterCommit(() => told.push('of the one that committed'));
      return Promise.resolve();
    });
    expect(told).toEqual(['of the one that committed']);
  });

  describe('leaves the connection it used knowing no tenant', () => {
    const nothingSeen = async () => {
      expect(await db.query('select id from tenant')).toEqual([]);
      expect(await db.inInstallation(tenantsSeen)).toEqual([]);
      expect(await db.inTenant(theirs, tenantsSeen)).toEqual([{ id: theirs }]);
    };

    it('after it committed', async () => {
      await db.inTenant(ours, tenantsSeen);
      await nothingSeen();
    });

    it('after an error of ours', async () => {
      await expect(db.inTenant(ours, () => Promise.reject(new Error('ours')))).rejects.toThrow('ours');
      await nothingSeen();
    });

    it('after an error of the database', async () => {
      await expect(db.inTenant(ours, (tx) => tx.query('select no_such_column'))).rejects.toThrow(/no_such_column/);
      await nothingSeen();
    });

    it('after an error that was caught inside, with a statement after it', async () => {
      const work = db.inTenant(ours, async (tx) => {
        await tx.query('select no_such_column').catch(() => undefined);
        return tenantsSeen(tx);
      });
      await expect(work).rejects.toThrow(/aborted/);
      await nothingSeen();
    });

    it('after a statement that took too long', async () => {
      const work = db.inTenant(ours, async (tx) => {
        await tx.query("set local statement_timeout = '20ms'");
        await tx.query('select pg_sleep(60)');
      });
      await expect(work).rejects.toThrow(/statement timeout/);
      await nothingSeen();
    });

    it('after the server ended its connection', async () => {
      const work = db.inTenant(ours, async (tx) => {
        const [{ pid }] = (await tx.query('select pg_backend_pid() as pid')) as [{ pid: number }];
        await database.owner.query('select pg_terminate_backend($1, 5000)', [pid]);
        await tenantsSeen(tx);
      });
      await expect(work).rejects.toThrow();
      await nothingSeen();
    });
  });

  it('commits nothing after an error that its own work swallowed', async () => {
    const work = db.inTenant(ours, async (tx) => {
      await addCounter(tx);
      await tx.query('select no_such_column').catch(() => undefined);
    });
    // The server turns such a commit into a rollback; whoever hears "done" must not be wrong about it.
    await expect(work).rejects.toThrow();
    expect(await counter(ours)).toBe(0);
  });

  describe('that hands something over to another tenant', () => {
    it('lets each part see and write its own tenant’s rows alone', async () => {
      const told: string[] = [];
      const seen = await db.handOver(
        { from: ours, to: theirs },
        async (tx) => {
          expect(await tenantsSeen(tx)).toEqual([{ id: ours }]);
          tx.beforeCommit('feed', async () => {
            expect(await tenantsSeen(tx)).toEqual([{ id: ours }]);
          });
          tx.afterCommit(() => told.push('giver'));
        },
        async (tx) => {
          tx.afterCommit(() => told.push('taker'));
          expect(tx.tenantId).toBe(theirs);
          return tenantsSeen(tx);
        },
      );
      expect(seen).toEqual([{ id: theirs }]);
      expect(told.sort()).toEqual(['giver', 'taker']);
      expect(await db.query('select id from tenant')).toEqual([]);
    });

    it('does not let the taker write what is still the giver’s', async () => {
      const work = db.handOver(
        { from: ours, to: theirs },
        () => Promise.resolve(),
        (tx) => addCounter(tx, ours),
      );
      await expect(work).rejects.toThrow(/row-level security/);
    });

    it.each(['giver', 'taker'])('has handed over nothing when the %s fails, and tells nobody', async (who) => {
      const told: string[] = [];
      const part = (name: string) => async (tx: TenantTx) => {
        tx.afterCommit(() => told.push(name));
        await addCounter(tx);
        if (name === who) throw new RangeError(name);
      };
      await expect(db.handOver({ from: ours, to: theirs }, part('giver'), part('taker'))).rejects.toThrow(RangeError);
      expect([await counter(ours), await counter(theirs), told]).toEqual([0, 0, []]);
    });
  });

  it('mixes up no two tenants that work at once', async () => {
    const many = await connect({ max: 4 });
    const seen = await Promise.all(
      Array.from({ length: 200 }, (_, n) => {
        const id = n % 2 === 0 ? ours : theirs;
        return many.inTenant(id, async (tx) => ({ id, rows: [...(await tenantsSeen(tx)), ...(await tenantsSeen(tx))] }));
      }),
    );
    await many.close();
    for (const { id, rows } of seen) expect(rows).toEqual([{ id }, { id }]);
  });

  it.each(['', 'not an id', `${ours}'; drop table tenant; --`, ours.toUpperCase(), `${ours}\n`])(
    'does not begin for a tenant named %j',
    async (name) => {
      await expect(async () => db.inTenant(name as TenantId, tenantsSeen)).rejects.toThrow('a tenant id is a uuid');
    },
  );
});
