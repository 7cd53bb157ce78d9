import { Injectable } from '@nestjs/common';
import { type Upload, UPLOAD_BYTES_MAX } from '#contract';
import type { Actor } from '#accounts';
import { Jobs } from '#jobs';
import { BlobStore, Clock, Database, DAY_MS, newId, Refusal, type TenantTx } from '#platform';
import type { OutboxFile } from './outbox.js';
import { RemoveBlob } from './remove-blob.job.js';

/** Files of one agent that no reply has used yet. */
const WAITING_MAX = 50;
const UNUSED_FOR_MS = DAY_MS;
const NAME_LENGTH_MAX = 200;
const MEDIA_TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}$/;

export interface NewUpload {
  name: string;
  /** As the browser says it; only a claim. */
  mediaType: string;
  bytes: Buffer;
}

/** Files that agents attach: they wait here from the moment they are chosen until a reply takes them along. */
@Injectable()
export class UploadService {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly blobs: BlobStore,
    private readonly jobs: Jobs,
  ) {}

  /**
   * Keep a file for this agent's next reply.
   *
   * Limits   UPLOAD_BYTES_MAX; 50 files at a time; gone after a day
   * Errors   invalid `empty_file`; too_large; too_many `too_many_uploads`
   */
  async keep(actor: Actor, { name, mediaType, bytes }: NewUpload): Promise<Upload> {
    if (bytes.length === 0) throw new Refusal('invalid', 'empty_file', 'This file is empty.');
    if (bytes.length > UPLOAD_BYTES_MAX) throw new Refusal('too_large', 'too_large', 'A file may have at most 25 MB.');
    await this.db.inTenant(actor, (tx) => demandRoom(tx, actor));
    // Before the transaction: a write to disk must not hold locks. One that no row comes to name is an orphan.
    const blob = await this.blobs.put(actor.tenantId, bytes);
    const upload = { id: newId<string>(this.clock.now()), name: fileName(name), mediaType: typeOf(mediaType), sizeBytes: bytes.length };
    await this.db.inTenant(actor, (tx) =>
      tx.query(
        `insert into upload (tenant_id, id, agent_id, name, media_type, size_bytes, blob, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
        [tx.tenantId, upload.id, actor.agentId, upload.name, upload.mediaType, upload.sizeBytes, blob, this.clock.now()],
      ),
    );
    return upload;
  }

  /**
   * Hand these files over to a reply, in the order named: from here on it owns them.
   *
   * Errors   unprocessable `no_such_upload` for one that is used, gone, or another agent's
   */
  async take(tx: TenantTx, actor: Actor, ids: readonly string[]): Promise<OutboxFile[]> {
    if (ids.length === 0) return [];
    const rows = await tx.query<OutboxFile & { id: string; sizeBytes: string }>(
      `delete from upload where id = any($1) and agent_id = $2
       returning id, blob, name, media_type as "mediaType", size_bytes as "sizeBytes"`,
      [ids, actor.agentId],
    );
    const byId = new Map(
      rows.map(({ id, blob, name, mediaType, sizeBytes }) => [id, { blob, name, mediaType, sizeBytes: Number(sizeBytes) }]),
    );
    return ids.map((id) => {
      const file = byId.get(id);
      if (!file) throw new Refusal('unprocessable', 'no_such_upload', 'An attached file is no longer there. Attach it again.');
      return file;
    });
  }

  /** End what nobody used. */
  async sweep(tx: TenantTx): Promise<void> {
    const gone = await tx.query<{ blob: string }>('delete from upload where created_at <= $1 returning blob', [
      new Date(this.clock.now().getTime() - UNUSED_FOR_MS),
    ]);
    for (const { blob } of gone) await this.jobs.enqueue(tx, RemoveBlob, { tenantId: tx.tenantId, blob });
  }
}

async function demandRoom(tx: TenantTx, actor: Actor): Promise<void> {
  const [row] = await tx.query<{ count: string }>('select count(*) as count from upload where agent_id = $1', [actor.agentId]);
  if (Number(row!.count) < WAITING_MAX) return;
  throw new Refusal(
    'too_many',
    'too_many_uploads',
    'Many files wait to be sent already. Send or remove some first; unused ones go after a day.',
  );
}

/** A name for people: no folders, nothing that cannot be seen, nothing that turns the direction of writing. */
function fileName(name: string): string {
  const last = name.split(/[/\\]/).at(-1) ?? '';
  const shown = last
    .replace(/[\p{Cc}\p{Cf}]/gu, '')
    .toWellFormed()
    .trim();
  return shown === '' ? 'file' : shown.slice(0, NAME_LENGTH_MAX).toWellFormed();
}

function typeOf(mediaType: string): string {
  const bare = mediaType.split(';')[0]!.trim().toLowerCase();
  return MEDIA_TYPE.test(bare) ? bare : 'application/octet-stream';
}
