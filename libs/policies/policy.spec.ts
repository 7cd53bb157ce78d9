import { DataSource } from 'typeorm';
import { RecordingPolicies, RetentionPolicies } from '#contract';
import { Database, MovableClock, newId, type TenantId } from '#platform';
import { createTestDatabase, type TestDatabase } from '../../test/test-database.js';
import { PolicyService } from './policy.service.js';
import { endsAt } from './retention.js';

describe('a tenant’s policies', () => {
  const clock = new MovableClock();
  let database: TestDatabase;
  let db: Database;
  let policies: PolicyService;
  let spaak: TenantId;
  let linden: TenantId;

  const begin = async () => {
    const id = newId<TenantId>(clock.now());
    await db.inTenant(id, async (tx) => {
      await tx.query('insert into tenant values ($1, $2, $3)', [id, 'A shop', clock.now()]);
      await policies.begin(tx);
    });
    return id;
  };

  beforeAll(async () => {
    database = await createTestDatabase();
    db = new Database(await new DataSource({ type: 'postgres', url: database.urls.app }).initialize());
    policies = new PolicyService(db, clock);
    spaak = await begin();
    linden = await begin();
  });
  afterAll(async () => {
    await db.close();
    await database.drop();
  });

  it('are there from the first moment: what is shown is recorded, raw deliveries go, and every conversation has an end', async () => {
    const recording = RecordingPolicies.parse(await policies.recording(spaak));
    expect(recording.current).toMatchObject({
      version: 1,
      rules: { all: { message_text: 'record', raw_deliveries: 'never' } },
      createdBy: null,
    });
    const retention = RetentionPolicies.parse(await policies.retention(spaak));
    expect(retention.current.rules).toMatchObject([{ name: 'Standard', anchor: 'last_message', keepMonths: 24, end: 'erase' }]);
    const inForce = await db.inTenant(spaak, (tx) => policies.inForce(tx));
    expect(inForce.recorder.version).toBe(1);
    expect(inForce.governingRule()).toMatchObject({ policyVersion: 1, keepMonths: 24 });
    expect(inForce.rule(inForce.governingRule().id)).toEqual(inForce.governingRule());
  });

  it('are the tenant’s own: another tenant’s newest version governs nothing here', async () => {
    const rules = { all: { message_text: 'never' }, channels: {} };
    await db.inTenant(linden, (tx) =>
      tx.query('insert into recording_policy (tenant_id, version, rules, created_at) values ($1, 2, $2, $3)', [
        linden,
        JSON.stringify(rules),
        clock.now(),
      ]),
    );
    const versionOf = async (id: TenantId) => (await db.inTenant(id, (tx) => policies.inForce(tx))).recorder.version;
    expect([await versionOf(spaak), await versionOf(linden)]).toEqual([1, 2]);
    expect((await policies.recording(spaak)).versions).toHaveLength(1);
    const [ours, theirs] = [
      (await policies.retention(spaak)).current.rules[0]!.id,
      (await policies.retention(linden)).current.rules[0]!.id,
    ];
    expect(ours).not.toBe(theirs);
  });

  it('cannot be in force where there are none: a tenant without is a mistake, not a tenant without rules', async () => {
    const nobody = newId<TenantId>(clock.now());
    await expect(db.inTenant(nobody, (tx) => policies.inForce(tx))).rejects.toThrow();
  });

  it('end a conversation so many months after its clock started, on that day', () => {
    const end = endsAt(new Date('2026-08-31T10:00:00Z'), { keepMonths: 6 });
    expect(end).toEqual(new Date('2027-02-28T10:00:00Z'));
  });
});
