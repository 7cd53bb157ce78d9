import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { constants, copyFile, type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { releaseBytes } from './bytes.js';
import type { Clock } from './clock.js';
import { isUuid, newId } from './ids.js';
import { SEALED_HEAD_BYTES, type SecretBox, type SecretContext } from './secret-box.js';

/** The longest thing kept as one blob: the largest mail that is accepted. */
export const BLOB_BYTES_MAX = 50 * 1024 * 1024;

/** Sealed and opened in one go: a large blob is never in memory a second time, and keeps nobody waiting while it is turned. */
const PIECE_BYTES = 1024 * 1024;

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
    await writeDurably(half, (file) => this.writeSealed(file, bytes, { owner, purpose: key }));
    await rename(half, path);
    await syncFolder(dirname(path));
    return key;
  }

  /** The bytes, in memory that is the caller's alone. Errors: ENOENT when it was removed; throws when the bytes were tampered with. */
  async read(key: string): Promise<Buffer> {
    const file = await open(this.pathOf(key), 'r');
    try {
      return await this.readSealed(file, { owner: key.slice(0, 36), purpose: key });
    } finally {
      await file.close();
    }
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

  // The head alone is read and written: how large the blob is makes no difference to the memory.
  private async reseal(key: string, path: string): Promise<boolean> {
    const half = `${path}.${randomBytes(4).toString('hex')}.tmp`;
    try {
      const head = await headOf(path);
      if (this.secrets.isNewest(head)) return false;
      const resealed = this.secrets.reseal(head, { owner: key.slice(0, 36), purpose: key });
      await copyFile(path, half, constants.COPYFILE_EXCL);
      await replaceHead(half, resealed);
      await rename(half, path);
      return true;
    } catch (error) {
      await rm(half, { force: true });
      // Removed since it was listed.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    }
  }

  private async writeSealed(file: FileHandle, bytes: Buffer, context: SecretContext): Promise<void> {
    if (bytes.length <= PIECE_BYTES) return file.writeFile(this.secrets.seal(bytes, context));
    const sealing = this.secrets.sealing(context);
    // What stands in front is known last.
    await file.writeFile(Buffer.alloc(SEALED_HEAD_BYTES));
    for (let start = 0; start < bytes.length; start += PIECE_BYTES) {
      const piece = sealing.piece(bytes.subarray(start, start + PIECE_BYTES));
      await file.writeFile(piece);
      releaseBytes(piece);
    }
    const { bytesWritten } = await file.write(sealing.head(), 0, SEALED_HEAD_BYTES, 0);
    assert.equal(bytesWritten, SEALED_HEAD_BYTES, 'the disk took half of a blob’s head');
  }

  private async readSealed(file: FileHandle, context: SecretContext): Promise<Buffer> {
    const { size } = await file.stat();
    if (size <= PIECE_BYTES) return this.secrets.open(await file.readFile(), context);
    const sealed = Buffer.allocUnsafeSlow(PIECE_BYTES);
    const head = await file.read(sealed, 0, SEALED_HEAD_BYTES);
    const opening = this.secrets.opening(sealed.subarray(0, head.bytesRead), context);
    const bytes = Buffer.allocUnsafeSlow(size - SEALED_HEAD_BYTES);
    for (let filled = 0; filled < bytes.length;) {
      const { bytesRead } = await file.read(sealed, 0, PIECE_BYTES);
      // Cut off since it was measured, or grown.
      assert(bytesRead > 0 && filled + bytesRead <= bytes.length, 'a blob changed while it was read');
      const piece = opening.piece(sealed.subarray(0, bytesRead));
      piece.copy(bytes, filled);
      filled += bytesRead;
      releaseBytes(piece);
    }
    opening.end();
    return bytes;
  }

  private pathOf(key: string): string {
    const parts = KEY.exec(key);
    // Keys come from our own rows; the check keeps a tampered row from naming a file elsewhere.
    if (!parts) throw new TypeError('not a blob key');
    return join(this.folder, parts[1]!, parts[2]!.slice(-2), parts[2]!);
  }
}

async function writeDurably(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await write(file);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function headOf(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(SEALED_HEAD_BYTES), 0, SEALED_HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function replaceHead(path: string, head: Buffer): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const { bytesWritten } = await file.write(head, 0, head.length, 0);
    assert.equal(bytesWritten, head.length, 'the disk took half of a blob’s head');
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
