import { DataSource } from 'typeorm';
import { Database, MovableClock, newId, type TenantId, type TenantTx } from '#platform';
import { createTestDatabase, type TestDatabase } from '../../test/test-database.js';
import { Audit, type AuditEntryInput } from './audit.service.js';

describe('the audit', () => {
  const clock = new MovableClock();
  let database: TestDatabase;
  let db: Database;
  let audit: Audit;
  let spaak: TenantId;
  let linden: TenantId;

  beforeAll(async () => {
    database = await createTestDatabase();
    db = new Database(await new DataSource({ type: 'postgres', url: database.urls.app, extra: { max: 8 } }).initialize());
    audit = new Audit(db, clock);
  });
  beforeEach(async () => {
    spaak = newId<TenantId>(clock.now());
    linden = newId<TenantId>(clock.now());
    for (const id of [spaak, linden])
      await db.inTenant(id, (tx) => tx.query('insert into tenant values ($1, $2, $3)', [id, 'A shop', clock.now()]));
  });
  afterAll(async () => {
    await db.close();
    await database.drop();
  });

  const entry = (more: Partial<AuditEntryInput> = {}): AuditEntryInput => ({ act: 'signed_in', by: { kind: 'system' }, ...more });
  const seqs = async (tenantId: TenantId) =>
    (await db.inTenant(tenantId, (tx: TenantTx) => tx.query<{ seq: string }>('select seq from audit_entry order by seq'))).map(({ seq }) =>
      Number(seq),
    );

  it('numbers from one, each tenant for itself', async () => {
    await audit.record(spaak, entry());
    await audit.record(linden, entry());
    await audit.record(spaak, entry());
    expect([await seqs(spaak), await seqs(linden)]).toEqual([[1, 2], [1]]);
  });

  it('keeps nothing of a transaction that failed, and leaves no number out for it', async () => {
    await audit.record(spaak, entry());
    const failing = db.inTenant(spaak, async (tx) => {
      audit.append(tx, entry());
      await tx.query('select 1 / 0');
    });
    await expect(failing).rejects.toThrow(/division by zero/);
    await audit.record(spaak, entry());
    expect(await seqs(spaak)).toEqual([1, 2]);
  });
});
