import { DataSource } from 'typeorm';
import { Audit, type AuditEntryInput, AuditHeads, AuditPersonal, AuditReader, AuditVerifier } from '#audit';
import { Database, MovableClock, newId, SecretBox, type TenantId, type TenantTx } from '#platform';
import { verifyChain } from '../apps/operator/verify-chain.js';
import { KeptLog } from './kept-log.js';
import { createTestDatabase, type TestDatabase } from './test-database.js';
import { canonical, nextHash } from '../libs/audit/chain.js';

const NOBODY = { kind: 'nobody' } as const;
const SYSTEM = { kind: 'system' } as const;

describe('the audit', () => {
  const clock = new MovableClock();
  const log = new KeptLog();
  let database: TestDatabase;
  let db: Database;
  let audit: Audit;
  let heads: AuditHeads;
  let reader: AuditReader;
  let verifier: AuditVerifier;
  let personal: AuditPersonal;
  let spaak: TenantId;
  let linden: TenantId;

  beforeAll(async () => {
    database = await createTestDatabase();
    db = new Database(await new DataSource({ type: 'postgres', url: database.urls.app, extra: { max: 16 } }).initialize());
  });
  beforeEach(async () => {
    audit = new Audit(db, clock);
    heads = new AuditHeads(db, clock, log, audit, new SecretBox([Buffer.alloc(32, 7).toString('base64')]));
    reader = new AuditReader(db, audit, heads);
    verifier = new AuditVerifier(db, heads, audit);
    personal = new AuditPersonal(db, clock, audit);
    spaak = newId<TenantId>(clock.now());
    linden = newId<TenantId>(clock.now());
    for (const id of [spaak, linden])
      await db.inTenant(id, (tx) => tx.query('insert into tenant values ($1, $2, $3)', [id, 'A shop', clock.now()]));
  });
  afterAll(async () => {
    await db.close();
    await database.drop();
  });

  const entry = (more: Partial<AuditEntryInput> = {}): AuditEntryInput => ({ act: 'signed_in', by: SYSTEM, ...more });
  const seqs = async (tenantId: TenantId) =>
    (await db.inTenant(tenantId, (tx: TenantTx) => tx.query<{ seq: string }>('select seq from audit_entry order by seq'))).map(({ seq }) =>
      Number(seq),
    );
  const fill = async (tenantId: TenantId, count: number) => {
    for (let n = 1; n <= count; n++) {
      await audit.record(tenantId, entry({ facts: { n, role: 'admin' }, personal: { address: `person-${String(n)}@spaak.example` } }));
    }
  };
  const exported = async (tenantId: TenantId) => {
    const lines: string[] = [];
    for await (const part of reader.export(tenantId, SYSTEM)) lines.push(...part.trimEnd().split('\n'));
    return lines;
  };
  /** As somebody who may do everything in the database, past its triggers. */
  const tamper = async (statement: string, parameters: unknown[] = []) => {
    await database.owner.query("set session_replication_role = 'replica'");
    const { rowCount } = await database.owner.query(statement, parameters);
    await database.owner.query("set session_replication_role = 'origin'");
    expect(rowCount).toBeGreaterThan(0);
  };

  describe('writes', () => {
    it('from one, each tenant for itself', async () => {
      await audit.record(spaak, entry());
      await audit.record(linden, entry());
      await audit.record(spaak, entry());
      expect([await seqs(spaak), await seqs(linden)]).toEqual([[1, 2], [1]]);
    });

    it('nothing of a transaction that failed, and leaves no number out for it', async () => {
      await audit.record(spaak, entry());
      const failing = db.inTenant(spaak, async (tx) => {
        audit.append(tx, entry());
        await tx.query('select 1 / 0');
      });
      await expect(failing).rejects.toThrow(/division by zero/);
      await audit.record(spaak, entry());
      expect(await seqs(spaak)).toEqual([1, 2]);
    });

    it('several entries of one transaction in the order in which they were made, and each chain for itself', async () => {
      await db.inTenant(spaak, (tx) => {
        for (const n of [1, 2, 3]) audit.append(tx, entry({ facts: { n } }));
        audit.appendToInstallation(tx, entry({ about: { kind: 'tenant', id: spaak } }));
        return Promise.resolve();
      });
      const { items } = await reader.list(spaak, { limit: 10 });
      expect(items.map(({ facts }) => facts)).toEqual([{ n: 3 }, { n: 2 }, { n: 1 }]);
      expect(await verifier.verify(spaak)).toMatchObject({ verifiedTo: 3, newest: 3, isDone: true, broken: null });
      expect(await verifier.verify('installation')).toMatchObject({ isDone: true, broken: null });
    });

    it('one gapless chain when two hundred are written at once', async () => {
      await Promise.all(
        Array.from({ length: 100 }, (_, n) =>
          db.inTenant(spaak, async (tx) => {
            audit.append(tx, entry({ facts: { n } }));
            await tx.query('select pg_sleep(random() / 100)');
            audit.append(tx, entry({ facts: { n, second: true }, personal: { address: 'a@b.example' } }));
            if (n % 10 === 0) audit.appendToInstallation(tx, entry());
          }),
        ),
      );
      expect(await seqs(spaak)).toEqual(Array.from({ length: 200 }, (_, n) => n + 1));
      expect(await verifier.verify(spaak)).toMatchObject({ verifiedTo: 200, broken: null });
      expect(await verifier.verify('installation')).toMatchObject({ broken: null });
    });

    it('what the database could not keep as it is, and is not stopped by it', async () => {
      await audit.record(spaak, entry({ facts: { odd: 'a\0b\ud800' }, personal: { name: 'c\0d\udfff' } }));
      const { items } = await reader.list(spaak, { limit: 1 });
      expect(items[0]).toMatchObject({ facts: { odd: 'a\ufffdb\ufffd' }, personal: { name: 'c\ufffdd\ufffd' } });
      expect(await verifier.verify(spaak)).toMatchObject({ verifiedTo: 1, broken: null });
      expect(await verifyChain(await exported(spaak))).toMatchObject({ entries: 2, broken: null });
    });

    it('no content: an entry has a limit', async () => {
      await expect(audit.record(spaak, entry({ facts: { said: 'x'.repeat(20_000) } }))).rejects.toThrow(/not content/);
      expect(await seqs(spaak)).toEqual([]);
    });

    it('a few of what anybody can make happen, and counts the others', async () => {
      const knock = () => audit.recordAFew(spaak, 'door bad_signature', entry({ act: 'webhook_refused', by: NOBODY }));
      for (let n = 0; n < 50; n++) await knock();
      await audit.recordAFew(linden, 'door bad_signature', entry());
      expect([await seqs(spaak), await seqs(linden)]).toEqual([[1], [1]]);
      clock.advance({ minutes: 1 });
      await knock();
      const { items } = await reader.list(spaak, { limit: 10 });
      expect(items.map(({ facts }) => facts)).toEqual([{ leftOut: 49 }, {}]);
    });
  });

  describe('cannot be unwritten', () => {
    beforeEach(() => fill(spaak, 3));

    it.each([
      "update audit_entry set entry = replace(entry, 'admin', 'owner')",
      'update audit_entry set hash = hash',
      'delete from audit_entry',
      'truncate audit_entry cascade',
      'delete from audit_head',
      "update audit_personal set value = 'somebody else'",
      'delete from installation_audit_entry',
      'delete from installation_audit_head',
    ])('by the role that serves: %s', async (statement) => {
      await expect(db.inTenant(spaak, (tx) => tx.query(statement))).rejects.toThrow(/permission denied/);
    });

    it.each([
      "update audit_entry set entry = replace(entry, 'admin', 'owner')",
      'delete from audit_entry',
      'truncate audit_entry cascade',
      'update audit_head set seq = seq - 1',
      'delete from audit_head',
    ])('by the owner without meaning it: %s', async (statement) => {
      await expect(database.owner.query(statement)).rejects.toThrow(/only ever added to|only goes on/);
    });

    it('by another tenant, who sees nothing of it', async () => {
      expect(await seqs(linden)).toEqual([]);
      const inserted = db.inTenant(linden, (tx) =>
        tx.query("insert into audit_entry (tenant_id, seq, at, entry, hash) values ($1, 4, now(), '{}', $2)", [spaak, Buffer.alloc(32)]),
      );
      await expect(inserted).rejects.toThrow(/row-level security|null value/);
    });
  });

  describe('shows what was done to it', () => {
    const N = 12;
    beforeEach(() => fill(spaak, N));

    /** Both ways to check: ours over the tables, and the small program over what was exported. */
    const found = async () => {
      const { broken, verifiedTo } = await verifier.verify(spaak);
      const report = await verifyChain(await exported(spaak));
      return { broken, verifiedTo, report: report.broken };
    };
    const rehash = async (from: number) => {
      const { rows } = await database.owner.query<{ seq: string; entry: string; hash: Buffer }>(
        'select seq, entry, hash from audit_entry where tenant_id = $1 order by seq',
        [spaak],
      );
      let previous = rows[from - 2]!.hash;
      for (const row of rows.slice(from - 1)) {
        previous = nextHash(previous, row.entry);
        await tamper('update audit_entry set hash = $3 where tenant_id = $1 and seq = $2', [spaak, row.seq, previous]);
      }
      await tamper('update audit_head set hash = $2 where tenant_id = $1', [spaak, previous]);
    };

    it('nothing, when nothing was done', async () => {
      expect(await found()).toEqual({ broken: null, verifiedTo: N, report: null });
    });

    it('a changed fact', async () => {
      await tamper("update audit_entry set entry = replace(entry, 'admin', 'owner') where tenant_id = $1 and seq = 5", [spaak]);
      expect(await found()).toMatchObject({ broken: { seq: 5, reason: 'changed' }, verifiedTo: 4, report: { seq: 5, reason: 'changed' } });
    });

    it('a changed instant or hash, and an entry in another form', async () => {
      await tamper("update audit_entry set hash = sha256('x') where tenant_id = $1 and seq = 5", [spaak]);
      expect(await found()).toMatchObject({ broken: { seq: 5, reason: 'changed' }, report: { seq: 5, reason: 'changed' } });
      await tamper("update audit_entry set at = at - interval '1 day' where tenant_id = $1 and seq = 3", [spaak]);
      expect((await verifier.verify(spaak)).broken).toEqual({ seq: 3, reason: 'changed' });
      await tamper("update audit_entry set entry = entry || ' ' where tenant_id = $1 and seq = 2", [spaak]);
      await rehash(2);
      expect(await found()).toMatchObject({ broken: { seq: 2, reason: 'changed' }, report: { seq: 2, reason: 'changed' } });
    });

    it('a removed entry', async () => {
      await tamper('delete from audit_personal where tenant_id = $1 and seq = 5', [spaak]);
      await tamper('delete from audit_entry where tenant_id = $1 and seq = 5', [spaak]);
      expect(await found()).toMatchObject({ broken: { seq: 5, reason: 'missing' }, report: { seq: 5, reason: 'missing' } });
    });

    it('a removed entry whose place the later ones took', async () => {
      await tamper('delete from audit_entry where tenant_id = $1 and seq = 5', [spaak]);
      await tamper('update audit_entry set seq = seq + 1000 where tenant_id = $1 and seq > 5', [spaak]);
      await tamper('update audit_entry set seq = seq - 1001 where tenant_id = $1 and seq > 1000', [spaak]);
      await tamper('update audit_head set seq = seq - 1 where tenant_id = $1', [spaak]);
      await rehash(5);
      expect(await found()).toMatchObject({ broken: { seq: 5, reason: 'moved' }, report: { seq: 5, reason: 'moved' } });
    });

    it('two entries that were swapped', async () => {
      await tamper('update audit_entry set seq = 15 - seq + 1000 where tenant_id = $1 and seq in (7, 8)', [spaak]);
      await tamper('update audit_entry set seq = seq - 1000 where tenant_id = $1 and seq > 1000', [spaak]);
      expect(await found()).toMatchObject({ broken: { seq: 7, reason: 'moved' }, report: { seq: 7, reason: 'moved' } });
    });

    it('an inserted entry, also one with the right hash', async () => {
      await tamper('delete from audit_personal where tenant_id = $1', [spaak]);
      await tamper('update audit_entry set seq = seq + 1000 where tenant_id = $1 and seq >= 5', [spaak]);
      await tamper('update audit_entry set seq = seq - 999 where tenant_id = $1 and seq > 1000', [spaak]);
      const forged = canonical({ v: 1, chain: spaak, seq: 5, at: clock.now().toISOString(), act: 'signed_in', by: SYSTEM });
      await tamper(
        "insert into audit_entry (tenant_id, seq, at, entry, hash) values ($1, 5, ($2::text::jsonb ->> 'at')::timestamptz, $2::text, sha256('x'))",
        [spaak, forged],
      );
      await tamper('update audit_head set seq = seq + 1 where tenant_id = $1', [spaak]);
      expect(await found()).toMatchObject({ broken: { seq: 5, reason: 'changed' }, report: { seq: 5, reason: 'changed' } });
      await rehash(5);
      expect(await found()).toMatchObject({ broken: { seq: 6, reason: 'moved' }, report: { seq: 6, reason: 'moved' } });
    });

    it('an entry of another chain', async () => {
      await fill(linden, 5);
      await tamper(
        `update audit_entry set entry = theirs.entry from audit_entry theirs
         where audit_entry.tenant_id = $1 and audit_entry.seq = 5 and theirs.tenant_id = $2 and theirs.seq = 5`,
        [spaak, linden],
      );
      await rehash(5);
      expect(await found()).toMatchObject({ broken: { seq: 5, reason: 'moved' }, report: { seq: 5, reason: 'moved' } });
    });

    it('an end that is gone, while the head knows of it', async () => {
      await tamper('delete from audit_entry where tenant_id = $1 and seq > 9', [spaak]);
      expect((await verifier.verify(spaak)).broken).toEqual({ seq: 10, reason: 'missing' });
    });

    it('entries beyond the head', async () => {
      await tamper(
        'update audit_head set seq = 9, hash = (select hash from audit_entry where tenant_id = $1 and seq = 9) where tenant_id = $1',
        [spaak],
      );
      expect((await verifier.verify(spaak)).broken).toEqual({ seq: 10, reason: 'added' });
    });

    it('an end that was cut off together with the head, once the head was recorded', async () => {
      await heads.recordAll([spaak]);
      await tamper('delete from audit_entry where tenant_id = $1 and seq > 9', [spaak]);
      await tamper(
        'update audit_head set seq = 9, hash = (select hash from audit_entry where tenant_id = $1 and seq = 9) where tenant_id = $1',
        [spaak],
      );
      expect((await verifier.verify(spaak)).broken).toEqual({ seq: 10, reason: 'cut_off' });
      await tamper('delete from audit_personal where tenant_id = $1 and seq > 9', [spaak]);
      // That it was exported is the tenth now.
      expect((await verifyChain(await exported(spaak))).broken).toEqual({ seq: 11, reason: 'cut_off' });
    });

    it('an end that was cut off and grew again, and a chain that was written anew throughout', async () => {
      await heads.recordAll([spaak]);
      await tamper("update audit_entry set entry = replace(entry, 'admin', 'owner') where tenant_id = $1 and seq = 5", [spaak]);
      await rehash(5);
      expect(await found()).toMatchObject({ broken: { seq: N, reason: 'rewritten' }, report: { seq: N, reason: 'rewritten' } });
    });

    it('that a head elsewhere knows better, where nothing here does', async () => {
      const kept = await heads.current(spaak);
      await tamper("update audit_entry set entry = replace(entry, 'admin', 'owner') where tenant_id = $1 and seq = 5", [spaak]);
      await rehash(5);
      const lines = await exported(spaak);
      expect((await verifyChain(lines)).broken).toBeNull();
      expect((await verifyChain(lines, { keptHeads: [kept] })).broken).toEqual({ seq: N, reason: 'rewritten' });
    });

    it('a recorded head that somebody without the key made up', async () => {
      await audit.record('installation', {
        act: 'audit_head_recorded',
        by: SYSTEM,
        about: { kind: 'tenant', id: spaak },
        facts: { seq: 3, hash: 'ab', at: clock.now().toISOString(), signature: 'AAAA' },
      });
      expect(await found()).toMatchObject({ broken: { seq: 3, reason: 'head_forged' }, report: { seq: 3, reason: 'head_forged' } });
    });

    it('a personal value that is not the one of the entry, or was never one', async () => {
      await tamper("update audit_personal set value = 'somebody@else.example' where tenant_id = $1 and seq = 4", [spaak]);
      expect(await found()).toMatchObject({
        broken: { seq: 4, reason: 'personal_changed' },
        report: { seq: 4, reason: 'personal_changed' },
      });
      await tamper("insert into audit_personal values ($1, 2, 'name', 'Somebody', sha256('x'))", [spaak]);
      expect(await found()).toMatchObject({ broken: { seq: 2 }, report: { seq: 2 } });
    });
  });

  describe('lets go of persons', () => {
    it('wholly: value and salt are gone, and the chain holds as before', async () => {
      const by = { kind: 'agent', id: newId(clock.now()) } as const;
      await audit.record(spaak, entry({ by, personal: { address: 'gone@spaak.example', ip: '192.0.2.1' } }));
      await audit.record(spaak, entry({ about: by, personal: { name: 'Gone Person' } }));
      await audit.record(spaak, entry({ personal: { address: 'stays@spaak.example' } }));
      await audit.record(linden, entry({ by, personal: { address: 'of another tenant' } }));
      await db.inTenant(spaak, (tx) => personal.forget(tx, by.id, SYSTEM));
      const { items } = await reader.list(spaak, { limit: 10 });
      expect(items.map((item) => item.personal)).toEqual([
        {},
        { address: 'stays@spaak.example' },
        { name: null },
        { address: null, ip: null },
      ]);
      expect(items[0]).toMatchObject({ act: 'audit_personal_erased', facts: { count: 3 } });
      const everything = JSON.stringify(await exported(spaak));
      expect(everything).not.toMatch(/gone@|Gone Person|192\.0\.2/);
      expect(await verifier.verify(spaak)).toMatchObject({ broken: null });
      expect(await verifyChain(await exported(spaak))).toMatchObject({ broken: null });
      expect((await reader.list(linden, { limit: 1 })).items[0]!.personal).toEqual({ address: 'of another tenant' });
    });

    it('after two years, of every one, and of no other tenant', async () => {
      await fill(spaak, 2);
      clock.advance({ months: 23 });
      await fill(spaak, 1);
      await fill(linden, 1);
      clock.advance({ months: 1, days: 1 });
      await personal.sweep(spaak);
      const { items } = await reader.list(spaak, { limit: 10 });
      expect(items.map((item) => item.personal['address'])).toEqual(['person-1@spaak.example', null, null]);
      expect(await verifier.verify(spaak)).toMatchObject({ verifiedTo: 3, broken: null });
    });
  });

  describe('records heads', () => {
    it('once for each that grew, and says the installation’s own in the log', async () => {
      await fill(spaak, 2);
      await heads.recordAll([spaak, linden]);
      await heads.recordAll([spaak, linden]);
      expect(await heads.recorded(linden)).toEqual([]);
      const recorded = await heads.recorded(spaak);
      expect(recorded).toHaveLength(1);
      expect(recorded[0]).toMatchObject({ chain: spaak, seq: 2 });
      expect(heads.isOurs(recorded[0]!)).toBe(true);
      expect(heads.isOurs({ ...recorded[0]!, seq: 3 })).toBe(false);
      const { seq, hash } = await heads.current('installation');
      expect(log.has('audit_head', { seq, hash })).toBe(true);
    });
  });

  describe('is checked', () => {
    it('part by part, and the parts make the whole', async () => {
      await db.inTenant(spaak, (tx) => {
        for (let n = 0; n < 2500; n++) audit.append(tx, entry({ facts: { n } }));
        return Promise.resolve();
      });
      const first = await verifier.verify(spaak, 0, 1000);
      expect(first).toMatchObject({ verifiedTo: 1000, newest: 2500, isDone: false, broken: null });
      expect(await verifier.verify(spaak, 1000, 1000)).toMatchObject({ verifiedTo: 2000, isDone: false });
      expect(await verifier.verify(spaak, 2000, 1000)).toMatchObject({ verifiedTo: 2500, isDone: true, broken: null });
      expect(await verifier.verify(spaak, 9999)).toMatchObject({ isDone: true, broken: { seq: 9999, reason: 'missing' } });
      expect(await verifyChain(await exported(spaak))).toMatchObject({ entries: 2501, broken: null });
    });

    it('when there is nothing in it', async () => {
      expect(await verifier.verify(spaak)).toEqual({ verifiedTo: 0, verifiedToAt: null, newest: 0, isDone: true, broken: null });
    });

    it('and that it was, and what was found, is in it afterwards', async () => {
      await fill(spaak, 2);
      await verifier.verifyFor(spaak, SYSTEM, 0);
      await tamper("update audit_entry set entry = replace(entry, 'admin', 'owner') where tenant_id = $1 and seq = 1", [spaak]);
      await verifier.verifyFor(spaak, SYSTEM, 0);
      const { items } = await reader.list(spaak, { limit: 2 });
      expect(items.map(({ act, facts }) => [act, facts])).toEqual([
        ['audit_break_found', { seq: 1, reason: 'changed' }],
        ['audit_verified', { verifiedTo: 2 }],
      ]);
    });
  });

  describe('is searched', () => {
    it('by act, by whom, about what and between instants, page by page', async () => {
      const agent = { kind: 'agent', id: newId(clock.now()) } as const;
      const before = clock.now();
      await audit.record(spaak, entry({ by: agent }));
      await audit.record(spaak, entry({ act: 'agent_changed', about: agent }));
      clock.advance({ days: 1 });
      const between = clock.now();
      await audit.record(spaak, entry({ by: agent }));
      const numbers = async (query: object) => (await reader.list(spaak, { limit: 10, ...query })).items.map(({ seq }) => seq);
      expect(await numbers({ act: 'signed_in' })).toEqual([3, 1]);
      expect(await numbers({ by: agent.id })).toEqual([3, 1]);
      expect(await numbers({ about: agent.id })).toEqual([2]);
      expect(await numbers({ from: between.toISOString() })).toEqual([3]);
      expect(await numbers({ from: before.toISOString(), to: between.toISOString() })).toEqual([2, 1]);
      const page = await reader.list(spaak, { limit: 2 });
      expect(page.items.map(({ seq }) => seq)).toEqual([3, 2]);
      expect(await numbers({ cursor: page.nextCursor! })).toEqual([1]);
      await expect(reader.list(spaak, { limit: 2, cursor: 'bm8' })).rejects.toMatchObject({ code: 'bad_cursor' });
      expect((await reader.list(linden, { limit: 10 })).items).toEqual([]);
    });
  });
});
