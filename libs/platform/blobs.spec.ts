import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BLOB_BYTES_MAX, BlobStore } from './blobs.js';
import { Clock } from './clock.js';
import { newId } from './ids.js';
import { SecretBox } from './secret-box.js';

describe('a blob', () => {
  const secrets = new SecretBox([Buffer.alloc(32, 3).toString('base64')]);
  const clock = new Clock();
  const [owner, other] = [newId<string>(clock.now()), newId<string>(clock.now())];
  let folder: string;
  let blobs: BlobStore;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'omnidesk-blobs-'));
    blobs = new BlobStore(folder, secrets, clock);
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const files = async () => {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  };

  it.each([0, 1, 5_000, 3_000_000])('comes back as it was, %d bytes of it', async (length) => {
    const bytes = Buffer.alloc(length, 'abc');
    expect((await blobs.read(await blobs.put(owner, bytes))).equals(bytes)).toBe(true);
  });

  it('lies on the disk unreadable, for its owner’s account alone', async () => {
    await blobs.put(owner, Buffer.from('canary '.repeat(100)));
    const [file] = await files();
    expect((await readFile(file!)).toString('latin1')).not.toContain('canary');
    expect((await stat(file!)).mode & 0o777).toBe(0o600);
  });

  it('is whole or not there: nothing half-written is left', async () => {
    const keys = await Promise.all(Array.from({ length: 20 }, (_, n) => blobs.put(owner, Buffer.alloc(10_000, n))));
    const names = await files();
    expect(names).toHaveLength(20);
    expect(names.filter((name) => name.endsWith('.tmp'))).toEqual([]);
    expect(new Set(keys).size).toBe(20);
  });

  it('does not open once its file was changed, nor in the place of another', async () => {
    const [one, two] = [await blobs.put(owner, Buffer.from('one')), await blobs.put(owner, Buffer.from('two'))];
    const fileOf = async (key: string) => (await files()).find((name) => name.endsWith(key.slice(37)))!;
    await writeFile(await fileOf(one), await readFile(await fileOf(two)));
    await expect(blobs.read(one)).rejects.toThrow();
    const bytes = await readFile(await fileOf(two));
    bytes[bytes.length - 1]! ^= 1;
    await writeFile(await fileOf(two), bytes);
    await expect(blobs.read(two)).rejects.toThrow();
  });

  it('of several pieces does not open either once any of them was changed, or is missing', async () => {
    const key = await blobs.put(owner, Buffer.alloc(3_000_000, 'abc'));
    const [file] = await files();
    const sealed = await readFile(file!);
    for (const at of [0, 50, 130, 1_500_000, sealed.length - 1]) {
      sealed[at]! ^= 1;
      await writeFile(file!, sealed);
      await expect(blobs.read(key)).rejects.toThrow();
      sealed[at]! ^= 1;
    }
    await writeFile(file!, sealed.subarray(0, 2_000_000));
    await expect(blobs.read(key)).rejects.toThrow();
    await writeFile(file!, sealed);
    expect(await blobs.read(key)).toHaveLength(3_000_000);
  });

  it('is found under its own owner alone: another tenant’s name for it finds nothing', async () => {
    const key = await blobs.put(owner, Buffer.from('mine'));
    await expect(blobs.read(key.replace(owner, other))).rejects.toThrow('ENOENT');
  });

  it('can be removed, more than once, without its neighbour', async () => {
    const [key, neighbour] = [await blobs.put(owner, Buffer.from('mine')), await blobs.put(owner, Buffer.from('stays'))];
    await blobs.remove(key);
    await blobs.remove(key);
    await expect(blobs.read(key)).rejects.toMatchObject({ code: 'ENOENT' });
    expect((await blobs.read(neighbour)).toString()).toBe('stays');
  });

  it.each([
    '',
    '../../etc/passwd',
    `${'a'.repeat(36)}/../../x`,
    `${'-'.repeat(36)}/${'-'.repeat(35)}`,
    `/${'a'.repeat(36)}/${'a'.repeat(36)}`,
  ])('is never looked for under the key %j', async (key) => {
    await expect(blobs.read(key)).rejects.toThrow('not a blob key');
    await expect(blobs.remove(key)).rejects.toThrow('not a blob key');
  });

  it('is refused when it is too large, or belongs to nobody', async () => {
    await expect(blobs.put(owner, Buffer.alloc(BLOB_BYTES_MAX + 1))).rejects.toThrow(RangeError);
    await expect(blobs.put('../elsewhere', Buffer.from('x'))).rejects.toThrow(TypeError);
    expect(await files()).toEqual([]);
  });
});
