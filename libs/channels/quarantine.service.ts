import { Injectable } from '@nestjs/common';
import { Audit, type AuditActor } from '#audit';
import type { AuditAct, Page, QuarantinedDelivery } from '#contract';
import { BlobStore, Database, notFound, Refusal, type TenantTx, type TenantView } from '#platform';
import { PolicyService, type Recorder } from '#policies';
import { Feed } from '#realtime';
import type { ConnectionId } from './connection-id.js';
import { type MailHead, readMailHead } from './email/mail-head.js';
import { IntakeService } from './intake.service.js';
import { quarantineSentence } from './quarantine-words.js';

interface Row {
  digest: Buffer;
  code: string;
  head: Buffer | null;
  bytes: number;
  received_at: Date;
  connection_id: ConnectionId;
  connection_name: string;
}

/** One that was set aside, with its bytes. */
export interface SetAside {
  /** The digest by which the log knows it: the log's own numbers count what all tenants get, and are nobody's to see. */
  id: string;
  connectionId: ConnectionId;
  code: string;
  receivedAt: Date;
  body: Buffer;
  head: MailHead | null;
}

/** One by its id, or all that were set aside for a reason; with neither, all. */
interface Which {
  digest: Buffer | null;
  code: string | null;
  by: AuditActor;
}

const ID = /^[\da-f]{64}$/;
const CURSOR = /^(\d{1,15}) ([\da-f]{64})$/;
/** Removed in one go; more than that in several. */
const REMOVED_AT_ONCE_MAX = 500;

// The log is the installation's and knows no policies: what a connection's line shows of it is what somebody may see.
const OF_A_SEEN_CONNECTION =
  'exists (select from connection where connection.tenant_id = delivery.tenant_id and connection.id = delivery.connection_id)';

/** What came in for a tenant and could not be taken in: to look at, to try again, to end. */
@Injectable()
export class Quarantine {
  constructor(
    private readonly db: Database,
    private readonly blobs: BlobStore,
    private readonly policies: PolicyService,
    private readonly feed: Feed,
    private readonly intake: IntakeService,
    private readonly audit: Audit,
  ) {}

  /** Newest first. What is shown of a mail is what the recording policy lets be kept of it. */
  async list(view: TenantView, { limit, cursor }: { limit: number; cursor?: string | undefined }): Promise<Page<QuarantinedDelivery>> {
    const after = cursor === undefined ? null : readCursor(cursor);
    const { rows, recorder } = await this.db.inTenant(view, async (tx) => ({
      rows: await tx.query<Row>(
        `select digest, delivery.problem as code, head, coalesce(body_bytes, octet_length(body), 0) as bytes, received_at, connection_id,
           connection.name as connection_name
         from delivery join connection on connection.tenant_id = delivery.tenant_id and connection.id = delivery.connection_id
         where delivery.tenant_id = $1 and quarantined_at is not null and ($2::timestamptz is null or (received_at, digest) < ($2, $3::bytea))
         order by received_at desc, digest desc limit $4`,
        [view.tenantId, after?.at ?? null, after?.digest ?? null, limit + 1],
      ),
      recorder: (await this.policies.inForce(tx)).recorder,
    }));
    const shown = rows.slice(0, limit);
    const last = rows.length > limit ? shown.at(-1) : undefined;
    return { items: await Promise.all(shown.map((row) => described(row, recorder))), nextCursor: last ? writeCursor(last) : null };
  }

  /** Errors: not_found. */
  async open(view: TenantView, id: string): Promise<SetAside> {
    const [row] = await this.db.inTenant(view, (tx) =>
      tx.query<Row & { body: Buffer | null; body_blob: string | null }>(
        `select problem as code, head, received_at, connection_id, body, body_blob from delivery
         where digest = $1 and tenant_id = $2 and quarantined_at is not null and ${OF_A_SEEN_CONNECTION}`,
        [digestOf(id), tx.tenantId],
      ),
    );
    if (!row) throw notFound();
    const body = row.body ?? (await this.blobs.read(row.body_blob!));
    const head = row.head === null ? null : await readMailHead(row.head);
    return { id, connectionId: row.connection_id, code: row.code, receivedAt: row.received_at, body, head };
  }

  /** The same for somebody who looks at it. Errors: not_found. */
  async look(view: TenantView, id: string, by: AuditActor): Promise<SetAside> {
    const found = await this.open(view, id);
    await this.audit.record(view.tenantId, { act: 'raw_mail_seen', by, about: { kind: 'delivery', id } });
    return found;
  }

  /** Put one back among what waits to be read, as if it had just come. Errors: not_found. */
  async retry(view: TenantView, id: string, by: AuditActor): Promise<void> {
    if ((await this.putBack(view, { digest: digestOf(id), code: null, by })) === 0) throw notFound();
  }

  /** The same for all, or for all that were set aside for one reason. How many it was. */
  async retryAll(view: TenantView, code: string | null, by: AuditActor): Promise<number> {
    return this.putBack(view, { digest: null, code, by });
  }

  /** End one for good. Errors: not_found. */
  async remove(view: TenantView, id: string, by: AuditActor): Promise<void> {
    if ((await this.end(view, { digest: digestOf(id), code: null, by })) === 0) throw notFound();
  }

  /** End all that were set aside for one reason. How many it was. */
  async removeAll(view: TenantView, code: string, by: AuditActor): Promise<number> {
    let count = 0;
    for (let ended = -1; ended !== 0; count += ended) ended = await this.end(view, { digest: null, code, by });
    return count;
  }

  /**
   * Take one out for what becomes of it in `tx`: of all who act on it at one moment only the first finds it. The blob that its bytes were
   * in, which nothing names any more once `tx` has committed.
   *
   * Errors   not_found
   */
  async takeOut(tx: TenantTx, id: string, by: AuditActor): Promise<string | null> {
    const [gone] = await this.delete(tx, { digest: digestOf(id), code: null, by }, 'quarantine_released');
    if (!gone) throw notFound();
    return gone.body_blob;
  }

  private async putBack(view: TenantView, which: Which): Promise<number> {
    const { digest, code } = which;
    const count = await this.db.inTenant(view, async (tx) => {
      // Why it was set aside stays: what somebody lets through is not stopped for the same reason again.
      const rows = await tx.query<{ connection_id: ConnectionId }>(
        `update delivery set quarantined_at = null, head = null, attempts = 0, failures = 0, postponed = 0, retry_at = null
         where tenant_id = $1 and quarantined_at is not null and ($2::bytea is null or digest = $2) and ($3::text is null or problem = $3)
           and ${OF_A_SEEN_CONNECTION}
         returning connection_id`,
        [tx.tenantId, digest, code],
      );
      this.tell(tx, rows);
      this.write(tx, 'quarantine_retried', which, rows.length);
      return rows.length;
    });
    if (count > 0) this.intake.doorbell.emit('rung');
    return count;
  }

  private async end(view: TenantView, which: Which): Promise<number> {
    const rows = await this.db.inTenant(view, (tx) => this.delete(tx, which, 'quarantine_discarded'));
    for (const { body_blob } of rows) if (body_blob !== null) await this.blobs.remove(body_blob);
    return rows.length;
  }

  private async delete(tx: TenantTx, which: Which, act: 'quarantine_discarded' | 'quarantine_released'): Promise<Gone[]> {
    const gone = await tx.query<Gone>(
      `delete from delivery where id in (
         select id from delivery
         where tenant_id = $1 and quarantined_at is not null and ($2::bytea is null or digest = $2) and ($3::text is null or problem = $3)
           and ${OF_A_SEEN_CONNECTION}
         order by id limit $4 for update)
       returning connection_id, body_blob`,
      [tx.tenantId, which.digest, which.code, REMOVED_AT_ONCE_MAX],
    );
    this.tell(tx, gone);
    this.write(tx, act, which, gone.length);
    return gone;
  }

  private write(tx: TenantTx, act: AuditAct, { digest, code, by }: Which, count: number): void {
    if (count === 0) return;
    const about = digest === null ? {} : { about: { kind: 'delivery', id: digest.toString('hex') } };
    this.audit.append(tx, { act, by, ...about, facts: { count, ...(code === null ? {} : { code }) } });
  }

  private tell(tx: TenantTx, rows: readonly { connection_id: ConnectionId }[]): void {
    for (const connectionId of new Set(rows.map(({ connection_id }) => connection_id))) {
      this.feed.append(tx, { type: 'quarantine_changed', connectionId });
    }
  }
}

interface Gone {
  connection_id: ConnectionId;
  body_blob: string | null;
}

/** Errors: not_found for what is no id of ours. */
function digestOf(id: string): Buffer {
  if (!ID.test(id)) throw notFound();
  return Buffer.from(id, 'hex');
}

function writeCursor({ received_at, digest }: Row): string {
  return Buffer.from(`${String(received_at.getTime())} ${digest.toString('hex')}`).toString('base64url');
}

/** Errors: invalid `bad_cursor` for anything we did not write. */
function readCursor(cursor: string): { at: Date; digest: Buffer } {
  const [, at, digest] = CURSOR.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (at === undefined || digest === undefined) {
    throw new Refusal('invalid', 'bad_cursor', 'This page does not exist. Start from the first one.');
  }
  return { at: new Date(Number(at)), digest: Buffer.from(digest, 'hex') };
}

async function described(row: Row, recorder: Recorder): Promise<QuarantinedDelivery> {
  return {
    id: row.digest.toString('hex'),
    connection: { id: row.connection_id, name: row.connection_name },
    code: row.code,
    message: quarantineSentence(row.code),
    receivedAt: row.received_at.toISOString(),
    sizeBytes: row.bytes,
    mail: asRecorded(row.head === null ? null : await readMailHead(row.head), recorder),
    canRelease: true,
  };
}

function asRecorded(head: MailHead | null, recorder: Recorder): QuarantinedDelivery['mail'] {
  if (head === null) return null;
  const { subject, mailHeaders } = recorder.record({ text: '', subject: head.subject, mailHeaders: { from: head.from?.address } }, 'email');
  const from = (mailHeaders as { from?: string } | null)?.from ?? null;
  return { from, subject: subject ?? '', date: head.date?.toISOString() ?? null };
}
