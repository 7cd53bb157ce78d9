import { Injectable } from '@nestjs/common';
import { Audit, type AuditActor } from '#audit';
import type { AuditAct, Page, QuarantinedDelivery } from '#contract';
import { BlobStore, Database, notFound, Refusal, type TenantId, type TenantTx } from '#platform';
import { PolicyService, type Recorder } from '#policies';
import { Feed } from '#realtime';
import type { ConnectionId } from './connection-id.js';
import { type MailHead, readMailHead } from './email/mail-head.js';
import { IntakeService } from './intake.service.js';
import { quarantineSentence } from './quarantine-words.js';

interface Row {
  id: string;
  code: string;
  head: Buffer | null;
  bytes: number;
  received_at: Date;
  connection_id: ConnectionId;
  connection_name: string;
}

/** One that was set aside, with its bytes. */
export interface SetAside {
  id: string;
  connectionId: ConnectionId;
  code: string;
  receivedAt: Date;
  body: Buffer;
  head: MailHead | null;
}

/** One by its id, or all that were set aside for a reason; with neither, all. */
interface Which {
  id: string | null;
  code: string | null;
  by: AuditActor;
}

const ID = /^[1-9]\d{0,17}$/;
/** Removed in one go; more than that in several. */
const REMOVED_AT_ONCE_MAX = 500;

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
  async list(tenantId: TenantId, { limit, cursor }: { limit: number; cursor?: string | undefined }): Promise<Page<QuarantinedDelivery>> {
    if (cursor !== undefined && !ID.test(cursor)) {
      throw new Refusal('invalid', 'bad_cursor', 'This page does not exist. Start from the first one.');
    }
    const { rows, recorder } = await this.db.inTenant(tenantId, async (tx) => ({
      rows: await tx.query<Row>(
        `select delivery.id, delivery.problem as code, head, coalesce(body_bytes, octet_length(body), 0) as bytes, received_at, connection_id,
           connection.name as connection_name
         from delivery join connection on connection.tenant_id = delivery.tenant_id and connection.id = delivery.connection_id
         where delivery.tenant_id = $1 and quarantined_at is not null and ($2::bigint is null or delivery.id < $2)
         order by delivery.id desc limit $3`,
        [tenantId, cursor ?? null, limit + 1],
      ),
      recorder: (await this.policies.inForce(tx)).recorder,
    }));
    const shown = rows.slice(0, limit);
    const items = await Promise.all(shown.map((row) => described(row, recorder)));
    return { items, nextCursor: rows.length > limit ? (shown.at(-1)?.id ?? null) : null };
  }

  /** Errors: not_found. */
  async open(tenantId: TenantId, id: string): Promise<SetAside> {
    if (!ID.test(id)) throw notFound();
    const [row] = await this.db.query<Row & { body: Buffer | null; body_blob: string | null }>(
      `select id, problem as code, head, received_at, connection_id, body, body_blob from delivery
       where id = $1 and tenant_id = $2 and quarantined_at is not null`,
      [id, tenantId],
    );
    if (!row) throw notFound();
    const body = row.body ?? (await this.blobs.read(row.body_blob!));
    const head = row.head === null ? null : await readMailHead(row.head);
    return { id, connectionId: row.connection_id, code: row.code, receivedAt: row.received_at, body, head };
  }

  /** The same for somebody who looks at it. Errors: not_found. */
  async look(tenantId: TenantId, id: string, by: AuditActor): Promise<SetAside> {
    const found = await this.open(tenantId, id);
    await this.audit.record(tenantId, { act: 'raw_mail_seen', by, about: { kind: 'delivery', id } });
    return found;
  }

  /** Put one back among what waits to be read, as if it had just come. Errors: not_found. */
  async retry(tenantId: TenantId, id: string, by: AuditActor): Promise<void> {
    if (!ID.test(id) || (await this.putBack(tenantId, { id, code: null, by })) === 0) throw notFound();
  }

  /** The same for all, or for all that were set aside for one reason. How many it was. */
  async retryAll(tenantId: TenantId, code: string | null, by: AuditActor): Promise<number> {
    return this.putBack(tenantId, { id: null, code, by });
  }

  /** End one for good. Errors: not_found. */
  async remove(tenantId: TenantId, id: string, by: AuditActor): Promise<void> {
    if (!ID.test(id) || (await this.end(tenantId, { id, code: null, by }, 'quarantine_discarded')) === 0) throw notFound();
  }

  /** End one that is in a conversation now. Errors: not_found. */
  async release(tenantId: TenantId, id: string, by: AuditActor): Promise<void> {
    if (!ID.test(id) || (await this.end(tenantId, { id, code: null, by }, 'quarantine_released')) === 0) throw notFound();
  }

  /** End all that were set aside for one reason. How many it was. */
  async removeAll(tenantId: TenantId, code: string, by: AuditActor): Promise<number> {
    let count = 0;
    for (let ended = -1; ended !== 0; count += ended) ended = await this.end(tenantId, { id: null, code, by }, 'quarantine_discarded');
    return count;
  }

  private async putBack(tenantId: TenantId, { id, code, by }: Which): Promise<number> {
    const count = await this.db.inTenant(tenantId, async (tx) => {
      // Why it was set aside stays: what somebody lets through is not stopped for the same reason again.
      const rows = await tx.query<{ connection_id: ConnectionId }>(
        `update delivery set quarantined_at = null, head = null, attempts = 0, failures = 0, postponed = 0, retry_at = null
         where tenant_id = $1 and quarantined_at is not null and ($2::bigint is null or id = $2) and ($3::text is null or problem = $3)
         returning connection_id`,
        [tenantId, id, code],
      );
      this.tell(tx, rows);
      this.write(tx, 'quarantine_retried', { id, code, by, count: rows.length });
      return rows.length;
    });
    if (count > 0) this.intake.doorbell.emit('rung');
    return count;
  }

  private async end(tenantId: TenantId, { id, code, by }: Which, act: 'quarantine_discarded' | 'quarantine_released'): Promise<number> {
    const rows = await this.db.inTenant(tenantId, async (tx) => {
      const gone = await tx.query<{ connection_id: ConnectionId; body_blob: string | null }>(
        `delete from delivery where id in (
           select id from delivery
           where tenant_id = $1 and quarantined_at is not null and ($2::bigint is null or id = $2) and ($3::text is null or problem = $3)
           order by id limit $4 for update)
         returning connection_id, body_blob`,
        [tenantId, id, code, REMOVED_AT_ONCE_MAX],
      );
      this.tell(tx, gone);
      this.write(tx, act, { id, code, by, count: gone.length });
      return gone;
    });
    for (const { body_blob } of rows) if (body_blob !== null) await this.blobs.remove(body_blob);
    return rows.length;
  }

  private write(tx: TenantTx, act: AuditAct, { id, code, by, count }: Which & { count: number }): void {
    if (count === 0) return;
    const about = id === null ? {} : { about: { kind: 'delivery', id } };
    this.audit.append(tx, { act, by, ...about, facts: { count, ...(code === null ? {} : { code }) } });
  }

  private tell(tx: TenantTx, rows: readonly { connection_id: ConnectionId }[]): void {
    for (const connectionId of new Set(rows.map(({ connection_id }) => connection_id))) {
      this.feed.append(tx, { type: 'quarantine_changed', connectionId });
    }
  }
}

async function described(row: Row, recorder: Recorder): Promise<QuarantinedDelivery> {
  return {
    id: row.id,
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
