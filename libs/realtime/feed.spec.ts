import { randomUUID } from 'node:crypto';
import { DataSource } from 'typeorm';
import { Database, MovableClock, newId, type TenantId, type TenantTx } from '#platform';
import { createTestDatabase, type TestDatabase } from '../../test/test-database.js';
import { Feed, type NewChange, REPLAY_LINES_MAX } from './feed.service.js';

describe('the feed', () => {
  const clock = new MovableClock();
  let database: TestDatabase;
  let db: Database;
  let feed: Feed;
  let spaak: TenantId;
  let linden: TenantId;

  beforeAll(async () => {
    database = await createTestDatabase();
    db = new Database(await new DataSource({ type: 'postgres', url: database.urls.app, extra: { max: 8 } }).initialize());
  });
  beforeEach(async () => {
    feed = new Feed(db, clock);
    spaak = newId<TenantId>(clock.now());
    linden = newId<TenantId>(clock.now());
    for (const id of [spaak, linden])
      await db.inTenant(id, (tx) => tx.query('insert into tenant values ($1, $2, $3)', [id, 'A shop', clock.now()]));
  });
  afterAll(async () => {
    await db.close();
    await database.drop();
  });

  const line = (conversationId: string = randomUUID()): NewChange => ({ type: 'message_added', conversationId });
  const append = (tenantId: TenantId, ...changes: NewChange[]) =>
    db.inTenant(tenantId, (tx) => {
      for (const change of changes) feed.append(tx, change);
      return Promise.resolve();
    });

  it('numbers from one, each tenant for itself', async () => {
    const [one, two, theirs] = [line(), line(), line()];
    await append(spaak, one);
    await append(linden, theirs);
    await append(spaak, two);
    expect(await feed.after(spaak, 0)).toEqual([
      { seq: 1, ...one },
      { seq: 2, ...two },
    ]);
    expect(await feed.after(linden, 0)).toEqual([{ seq: 1, ...theirs }]);
    expect([await feed.newest(spaak), await feed.newest(linden)]).toEqual([2, 1]);
  });

  it('leaves no number out for a transaction that failed', async () => {
    await append(spaak, line());
    const failing = db.inTenant(spaak, async (tx) => {
      feed.append(tx, line());
      await tx.query('select 1 / 0');
    });
    await expect(failing).rejects.toThrow(/division by zero/);
    await append(spaak, line());
    expect((await feed.after(spaak, 0))!.map(({ seq }) => seq)).toEqual([1, 2]);
  });

  it('says one thing once for each transaction, in the order it was first said', async () => {
    const [one, two] = [line(), line()];
    await append(spaak, one, two, { ...one }, two);
    expect(await feed.after(spaak, 0)).toEqual([
      { seq: 1, ...one },
      { seq: 2, ...two },
    ]);
  });

  it('shows a reader no number before all smaller ones, while many write', async () => {
    const seen: number[] = [];
    let isWriting = true;
    const reading = (async () => {
      while (isWriting) seen.push(...(await feed.after(spaak, seen.at(-1) ?? 0))!.map(({ seq }) => seq));
      seen.push(...(await feed.after(spaak, seen.at(-1) ?? 0))!.map(({ seq }) => seq));
    })();
    await Promise.all(
      Array.from({ length: 6 }, async (_, writer) => {
        for (let n = 0; n < 25; n++) await append(spaak, ...Array.from({ length: 1 + ((writer + n) % 3) }, () => line()));
      }),
    );
    isWriting = false;
    await reading;
    expect(seen).toEqual(Array.from({ length: await feed.newest(spaak) }, (_, n) => n + 1));
  });

  it('rings once for each transaction that committed, with its tenant', async () => {
    const rung: TenantId[] = [];
    feed.doorbell.on('here', (tenantId) => rung.push(tenantId));
    await append(spaak, line(), line());
    await expect(
      db.inTenant(linden, (tx: TenantTx) => {
        feed.append(tx, line());
        return Promise.reject(new Error('no'));
      }),
    ).rejects.toThrow('no');
    await append(linden, line());
    expect(rung).toEqual([spaak, linden]);
  });

  it('replays what is near, and says when it cannot', async () => {
    await append(spaak, ...Array.from({ length: REPLAY_LINES_MAX + 2 }, () => line()));
    const newest = REPLAY_LINES_MAX + 2;
    expect(await feed.after(spaak, newest)).toEqual([]);
    expect(await feed.after(spaak, 2)).toHaveLength(REPLAY_LINES_MAX);
    expect([await feed.after(spaak, 1), await feed.after(spaak, newest + 1)]).toEqual([null, null]);
  });

  it('sweeps the old lines of one tenant, goes on counting, and says what can no longer be told', async () => {
    await append(spaak, line(), line());
    await append(linden, line());
    clock.advance({ days: 8 });
    await append(spaak, line());
    await feed.sweep(spaak, new Date(clock.now().getTime() - 1));
    clock.advance({ seconds: 1 });
    expect(await feed.after(spaak, 1)).toBeNull();
    expect(await feed.after(linden, 0)).toHaveLength(1);
    await append(spaak, line());
    expect((await feed.after(spaak, (await feed.newest(spaak)) - 1))!.map(({ seq }) => seq)).toEqual([4]);
  });
});
