import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CONSOLE, OperatorAccounts } from '#accounts';
import { BlobStore, Clock, Database, resealTenant, SecretBox, sealedColumns } from '#platform';
import { makeKey } from '../apps/operator/cli/key-file.js';
import { SEALING_ROOMS } from '../apps/operator/cli/rotate-keys.js';
import { runCommand } from '../apps/operator/cli/run-command.js';
import { type Furnished, furnish } from './furnished.js';
import { World } from './world.js';

const PROGRAM = join(import.meta.dirname, '../apps/operator/main.js');
const START_MS_MAX = 60_000;

interface Said {
  code: number;
  out: string;
  error: string;
}

/** What the operator types, and what becomes of it. */
/** What one or another command tells a machine. */
interface Told {
  id: string;
  inviteUrl: string;
  enrolUrl: string;
  lines: { key: string; state: string }[];
  error: { code: string; message: string };
}

describe('the operator’s command line', () => {
  describe('beside a server that runs', () => {
    let world: World;
    let dataDir: string;
    let spaak: Furnished;

    beforeAll(async () => {
      world = await World.open();
      spaak = await furnish(world, await world.tenant(0));
      dataDir = await mkdtemp(join(tmpdir(), 'omnidesk-operator-'));
      const { publicKey } = await makeKey(dataDir);
      const { id } = await world.get(OperatorAccounts).create(CONSOLE, { name: 'Ada', role: 'full' });
      await world.get(OperatorAccounts).addKey(CONSOLE, id, { publicKey, label: 'command line' });
    });
    afterAll(async () => {
      await world.close();
      await rm(dataDir, { recursive: true, force: true });
    });

    /** In this process, with what it writes kept. */
    const type = async (...words: string[]): Promise<Said> => {
      const said = { out: '', error: '' };
      const outlet = { out: (text: string) => void (said.out += text), error: (text: string) => void (said.error += text) };
      const code = await runCommand(words, { OMNIDESK_DATA: dataDir, OPERATOR_URL: world.server.operator!.url }, outlet);
      return { code, ...said };
    };
    const json = async (...words: string[]) => {
      const { code, out } = await type(...words, '--json');
      return { code, value: JSON.parse(out) as Told };
    };

    it('makes a tenant, and shows the owner’s link once, as people or machines read it', async () => {
      const words = ['tenant', 'create', '--name', 'Vlieg Kites', '--owner-name', 'Vera', '--owner-email', 'vera@vlieg.example'];
      const { code, value } = await json(...words);
      expect(code).toBe(0);
      expect(value.inviteUrl).toMatch(/\/invite#[\w-]{64}$/);
      const list = await type('tenant', 'list');
      expect(list.out).toContain('Vlieg Kites');
      expect(list.out).toContain(value.id);
    });

    it('suspends and resumes, and says with its exit code whether it was done', async () => {
      const suspend = ['tenant', 'suspend', spaak.id, '--reason', 'bills unpaid'];
      expect((await type(...suspend)).code).toBe(0);
      expect(await json(...suspend)).toMatchObject({ code: 1, value: { error: { code: 'already_suspended' } } });
      expect((await type('tenant', 'resume', spaak.id)).code).toBe(0);
    });

    it('invites somebody to a tenant', async () => {
      const { value } = await json(
        ...['agent', 'invite', '--tenant', spaak.id, '--email', 'new@spaak.example', '--name', 'New', '--role', 'admin'],
      );
      expect(value.inviteUrl).toMatch(/\/invite#/);
    });

    it('looks after the installation', async () => {
      const { code, value } = await json('doctor');
      expect(code).toBe(0);
      expect(value.lines).toContainEqual(expect.objectContaining({ key: 'database', state: 'good' }));
    });

    it('keeps operators: a link for a passkey, a list, an end', async () => {
      const { value } = await json('operator', 'invite-passkey', '--name', 'Grace');
      expect(value.enrolUrl).toMatch(/\/enrol#[\w-]{43}$/);
      expect((await type('operator', 'list')).out).toContain('Grace');
      expect((await type('operator', 'revoke', '--name', 'Grace')).code).toBe(0);
      expect((await type('operator', 'revoke', '--name', 'Nobody')).code).toBe(1);
    });

    it.each([
      ['a command that there is not', ['tenant', 'destroy']],
      ['an option that there is not', ['tenant', 'list', '--everything']],
      ['what is needed left out', ['tenant', 'create', '--name', 'X']],
      ['a part left out', ['tenant', 'resume']],
      ['more than it takes', ['tenant', 'list', 'all']],
    ])('is not understood with %s, and says how it would be', async (_, words) => {
      const { code, error } = await type(...words);
      expect(code).toBe(2);
      expect(error).toMatch(/tenant/);
    });

    it('says how each command is used, and what there is not yet is not among them', async () => {
      const { code, out } = await type('--help');
      expect(code).toBe(0);
      for (const name of ['tenant suspend', 'audit verify', 'keys rotate', 'operator allow-ip', 'doctor', 'migrate'])
        expect(out).toContain(name);
      expect(out).not.toMatch(/backup|restore|certificate|erasure/);
      expect((await type('tenant', 'suspend', '--help')).out).toContain('--reason');
    });

    it('signs with no other key than one that is registered', async () => {
      const other = await mkdtemp(join(tmpdir(), 'omnidesk-operator-'));
      const { path } = await makeKey(other);
      expect(await json('tenant', 'list', '--key', path)).toMatchObject({ code: 1, value: { error: { code: 'signature_refused' } } });
      expect(await json('tenant', 'list', '--key', join(other, 'nothing.pem'))).toMatchObject({
        code: 1,
        value: { error: { code: 'no_key' } },
      });
      await rm(other, { recursive: true });
    });

    it('says so where no server answers', async () => {
      const { value } = await json('tenant', 'list', '--url', 'http://127.0.0.1:9');
      expect(value.error).toMatchObject({ code: 'no_answer', message: expect.stringContaining('--local') as string });
    });

    describe('rotating keys', () => {
      const old = Buffer.alloc(32, 7).toString('base64');
      const fresh = Buffer.alloc(32, 8).toString('base64');
      const both = new SecretBox([fresh, old]);
      const onlyFresh = new SecretBox([fresh]);

      it('finds every sealed column there is', async () => {
        const inTables = await world.rows<{ name: string }>(
          `select c.relname || '.' || attname as name from pg_attribute join pg_class c on c.oid = attrelid
           where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and attname ~ 'sealed' order by 1`,
        );
        const declared = sealedColumns(SEALING_ROOMS).map(({ table, column }) => `${table}.${column}`);
        expect(declared.toSorted()).toEqual(inTables.map(({ name }) => name));
      });

      it('seals them all anew, once, so that the newest key alone opens them; and again does nothing', async () => {
        // Where the furniture only looks sealed, something sealed takes its place.
        for (const { table, column, by, purpose } of sealedColumns(SEALING_ROOMS)) {
          const rows = await world.rows<{ id: string }>(`select ${by} as id from ${table} where tenant_id = $1 and ${column} = 'sealed'`, [
            spaak.id,
          ]);
          for (const { id } of rows) {
            const sealed = world.get(SecretBox).seal('words', { owner: spaak.id, purpose: `${purpose} ${id}` });
            await world.rows(`update ${table} set ${column} = $2 where ${by} = $1`, [id, sealed]);
          }
        }
        const done = await resealTenant(world.get(Database), both, SEALING_ROOMS, spaak.id);
        expect(done.resealed).toBeGreaterThan(3);
        for (const { table, column, by, purpose } of sealedColumns(SEALING_ROOMS)) {
          const rows = await world.rows<{ id: string; sealed: Buffer }>(
            `select ${by} as id, ${column} as sealed from ${table} where tenant_id = $1 and octet_length(${column}) > 0`,
            [spaak.id],
          );
          for (const { id, sealed } of rows) {
            expect(onlyFresh.open(sealed, { owner: spaak.id, purpose: `${purpose} ${id}` }).length).toBeGreaterThan(0);
          }
        }
        expect(await resealTenant(world.get(Database), both, SEALING_ROOMS, spaak.id)).toEqual({ resealed: 0, already: done.resealed });
      });

      it('wraps files too, and their bytes stay what they were', async () => {
        const folder = await mkdtemp(join(tmpdir(), 'omnidesk-blobs-'));
        const clock = new Clock();
        const before = new BlobStore(folder, new SecretBox([old]), clock);
        const key = await before.put(spaak.id, Buffer.from('what was said'));
        expect(await new BlobStore(folder, both, clock).resealAll()).toEqual({ resealed: 1, already: 0 });
        expect((await new BlobStore(folder, onlyFresh, clock).read(key)).toString()).toBe('what was said');
        expect(await new BlobStore(folder, both, clock).resealAll()).toEqual({ resealed: 0, already: 1 });
        await expect(before.read(key)).rejects.toThrow();
        await rm(folder, { recursive: true });
      });
    });
  });

  describe('on the database itself, where no server runs', () => {
    let outer: string;

    beforeAll(async () => {
      outer = await mkdtemp(join(tmpdir(), 'omnidesk-console-'));
      // When this is root, PostgreSQL's account must get through.
      await chmod(outer, 0o711);
    });
    afterAll(() => rm(outer, { recursive: true, force: true }));

    const type = (...words: string[]): Promise<Said> =>
      new Promise((resolve) => {
        const env = { PATH: process.env['PATH'], OMNIDESK_DATA: join(outer, 'data'), OPERATOR_PORT: '9' };
        execFile(process.execPath, [PROGRAM, ...words], { env, timeout: START_MS_MAX }, (error, out, said) => {
          resolve({ code: error === null ? 0 : Number(error.code), out, error: said });
        });
      });

    it('makes the first operator with a key for its owner alone, then a tenant, and the audit of both holds', async () => {
      const made = await type('operator', 'init', '--name', 'Ada', '--json');
      expect(made).toMatchObject({ code: 0, error: '' });
      const { keyFile } = JSON.parse(made.out) as { keyFile: string };
      expect((await stat(keyFile)).mode & 0o777).toBe(0o600);
      expect(await readFile(keyFile, 'utf8')).toMatch(/^-----BEGIN PRIVATE KEY-----/);
      expect((await type('operator', 'init', '--name', 'Ada')).code).toBe(1);
      const tenant = ['tenant', 'create', '--name', 'Vlieg', '--owner-name', 'Vera', '--owner-email', 'vera@vlieg.example'];
      expect((await type(...tenant, '--local')).code).toBe(0);
      expect((await type('operator', 'allow-ip', '192.0.2.7')).out).toContain('192.0.2.7/32');
      const chains = JSON.parse((await type('audit', 'verify', '--json')).out) as { broken: unknown; newest: number }[];
      expect(chains.map(({ broken }) => broken)).toEqual([null, null]);
      expect(chains[0]!.newest).toBeGreaterThanOrEqual(4);
    }, 180_000);
  });
});
