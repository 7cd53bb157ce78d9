import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { isUuid, newId } from './ids.js';
import type { Clock } from './clock.js';
import type { SecretBox } from './secret-box.js';

/** The longest thing kept as one blob: the largest mail that is accepted. */
export const BLOB_BYTES_MAX = 50 * 1024 * 1024;

const KEY = /^([0-9a-f-]{36})\/([0-9a-f-]{36})$/;

/**
 * Bytes on disk, encrypted, each under its owner's folder so that an owner can be ended whole.
 * A blob is written before the row that names it commits; one without a row is an orphan and may be swept, never the other way round.
 */
export class BlobStore {
  constructor(
    private readonly folder: string,
    private readonly secrets: SecretBox,
    private readonly clock: Clock,
  ) {}

  /**
   * Keep `bytes` for `owner` and give back the key to find them by. Resolves once they are on disk.
   *
   * Limits   BLOB_BYTES_MAX
   */
  async put(owner: string, bytes: Buffer): Promise<string> {
    if (bytes.length > BLOB_BYTES_MAX) throw new RangeError('a blob is at most 50 MiB');
    if (!isUuid(owner)) throw new TypeError('a blob belongs to an id');
    const key = `${owner}/${newId<string>(this.clock.now())}`;
    const path = this.pathOf(key);
    const half = `${path}.${randomBytes(4).toString('hex')}.tmp`;
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeDurably(half, this.secrets.seal(bytes, { owner, purpose: key }));
    await rename(half, path);
    await syncFolder(dirname(path));
    return key;
  }

  /** Errors: ENOENT when it was removed; throws when the bytes were tampered with. */
  async read(key: string): Promise<Buffer> {
    return this.secrets.open(await readFile(this.pathOf(key)), { owner: key.slice(0, 36), purpose: key });
  }

  /** Repeats: removing what is gone is fine. */
  async remove(key: string): Promise<void> {
    await rm(this.pathOf(key), { force: true });
  }

  /** Wrap every blob by the newest key. Repeats: what is so already is left alone. */
  async resealAll(): Promise<{ resealed: number; already: number }> {
    const done = { resealed: 0, already: 0 };
    const entries = await readdir(this.folder, { recursive: true, withFileTypes: true }).catch(() => []);
    for (const { name, parentPath } of entries.filter((entry) => entry.isFile() && isUuid(entry.name))) {
      const key = `${relative(this.folder, parentPath).slice(0, 36)}/${name}`;
      const path = this.pathOf(key);
      if (await this.reseal(key, path)) done.resealed++;
      else done.already++;
    }
    return done;
  }

  private async reseal(key: string, path: string): Promise<boolean> {
    const sealed = await readFile(path).catch((error: unknown) => {
      // Removed since it was listed.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    });
    if (sealed === null || this.secrets.isNewest(sealed)) return false;
    const half = `${path}.${randomBytes(4).toString('hex')}.tmp`;
    await writeDurably(half, this.secrets.reseal(sealed, { owner: key.slice(0, 36), purpose: key }));
    await rename(half, path);
    return true;
  }

  private pathOf(key: string): string {
    const parts = KEY.exec(key);
    // Keys come from our own rows; the check keeps a tampered row from naming a file elsewhere.
    if (!parts) throw new TypeError('not a blob key');
    return join(this.folder, parts[1]!, parts[2]!.slice(-2), parts[2]!);
  }
}

async function writeDurably(path: string, bytes: Buffer): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

// The rename itself is only durable once the folder is.
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
