import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { ChannelKind } from '#contract';
import { BlobStore, Clock, Database, type TenantId } from '#platform';

/** One HTTP request or mail from outside, as received. */
export interface Delivery {
  id: string;
  channel: ChannelKind;
  body: Buffer;
  receivedAt: Date;
  /** The mailbox a mail came to; null where only reading the bytes tells. */
  tenantId: TenantId | null;
  connectionId: string | null;
  /** What the door knows of a mail that its bytes do not say; null where it knows nothing. */
  envelope: MailEnvelope | null;
  /** 1 on the first try. */
  attempts: number;
  /** How many tries ended in an error; the rest of the earlier ones ended with their reader. */
  failures: number;
}

export interface NewDelivery {
  channel: ChannelKind;
  body: Buffer;
  tenantId?: TenantId;
  connectionId?: string;
  envelope?: MailEnvelope;
}

/** How a mail came to us, beside its bytes. */
export interface MailEnvelope {
  via: 'smtp' | 'lmtp' | 'webhook' | 'imap';
  /** Who said to send it; '' for the null sender of machines. */
  mailFrom?: string;
  rcptTo?: string[];
  /** Only at our own door with nobody between: then SPF can be checked. */
  peer?: { ip: string; helo: string };
  /** What a provider found out whose word is signed or comes over its own door. */
  found?: { spf?: string; dkim?: string; dmarc?: string; dmarcPolicy?: string };
  /** The folder it was fetched from. */
  folder?: string;
}

interface DeliveryRow {
  id: string;
  channel: ChannelKind;
  body: Buffer | null;
  body_blob: string | null;
  envelope: MailEnvelope | null;
  received_at: Date;
  tenant_id: TenantId | null;
  connection_id: string | null;
  attempts: number;
  failures: number;
}

/** Larger bodies stand in a blob, so that the log's rows stay small. */
const INLINE_BYTES_MAX = 256 * 1024;
/** What fails this often by itself will not be cured by one more try. */
const FAILURES_MAX = 3;
/**
 * A delivery that kills its reader does so every time; a reader may also be killed for reasons of its own, again and again, while it has
 * just begun with the same innocent one. So a death counts for less than a failure.
 */
const DEATHS_MAX = 10;
/**
 * Lets this one commit return before it is on disk. Only for what may be forgotten in a power cut: a try that was counted, a delivery that
 * was read already. Killing the program loses nothing; the server writes it out within a fraction of a second.
 */
const NO_WAIT_FOR_DISK = "(select set_config('synchronous_commit', 'off', true)) is not null";
const CLAIMED_AT_ONCE_MAX = 100;
const NOTHING = Buffer.alloc(0);
const DIGEST_BYTES = 32;

// All bodies come as one parameter, and all digests as another, because those travel as bytes: an array of them would travel as text,
// twice as long, and be written and read digit by digit.
const ADD = `
  insert into delivery (channel, digest, body, body_blob, tenant_id, connection_id, received_at, envelope, body_bytes)
  select channel, substring($2::bytea from (${String(DIGEST_BYTES)} * (n - 1) + 1)::int for ${String(DIGEST_BYTES)}),
    case when blob is null then substring($1::bytea from start + 1 for length) end, blob, tenant_id, connection_id, $3::timestamptz, envelope, bytes
  from unnest($4::text[], $5::int[], $6::int[], $7::text[], $8::uuid[], $9::uuid[], $10::jsonb[], $11::int[]) with ordinality
    as new (channel, start, length, blob, tenant_id, connection_id, envelope, bytes, n)
  on conflict (channel, digest) do nothing`;

/**
 * The durable log of what came in and has not been read. It is the queue of the hot path: the gateway adds rows and answers, one reader at
 * a time takes them in order. A row leaves when it has been read, or stays in quarantine with its bytes.
 */
@Injectable()
export class DeliveryLog {
  constructor(
    private readonly db: Database,
    private readonly blobs: BlobStore,
    private readonly clock: Clock,
  ) {}

  /** Keep these. Resolves once they are committed. Repeats: bytes that are waiting already are not kept twice. */
  async add(deliveries: readonly NewDelivery[]): Promise<void> {
    const blobs = await Promise.all(
      deliveries.map(async ({ body, tenantId }) =>
        body.length > INLINE_BYTES_MAX && tenantId ? await this.blobs.put(tenantId, body) : null,
      ),
    );
    const inline = deliveries.map(({ body }, at) => (blobs[at] === null ? body : NOTHING));
    let end = 0;
    await this.db.queryPrepared('add-deliveries', ADD, [
      Buffer.concat(inline),
      Buffer.concat(deliveries.map(digestOf)),
      this.clock.now(),
      deliveries.map(({ channel }) => channel),
      inline.map((body) => (end += body.length) - body.length),
      inline.map((body) => body.length),
      blobs,
      deliveries.map(({ tenantId }) => tenantId ?? null),
      deliveries.map(({ connectionId }) => connectionId ?? null),
      deliveries.map(({ envelope }) => envelope ?? null),
      deliveries.map(({ body }) => body.length),
    ]);
  }

  /**
   * Take the oldest waiting deliveries, counting the try before anything is read: what kills the reader is counted too.
   * One that was tried before comes alone, so that it can harm no other.
   */
  async claim(): Promise<Delivery[]> {
    const rows = await this.db.query<DeliveryRow>(
      `with waiting as (
         select id, attempts from delivery where quarantined_at is null order by id limit $1
       ), claimed as (
         select id from waiting
         where id < coalesce((select min(id) from waiting where attempts > 0), 9223372036854775807)
            or id = (select id from waiting order by id limit 1)
       )
       update delivery set attempts = attempts + 1 where id in (select id from claimed) and ${NO_WAIT_FOR_DISK}
       returning id, channel, body, body_blob, received_at, tenant_id, connection_id, envelope, attempts, failures`,
      [CLAIMED_AT_ONCE_MAX],
    );
    rows.sort((one, other) => Number(BigInt(one.id) - BigInt(other.id)));
    return Promise.all(rows.map((row) => this.open(row)));
  }

  /** These have been read: their bytes go. Keeping a copy is the tenant's choice and is made while reading. */
  async remove(deliveries: readonly Delivery[]): Promise<void> {
    const gone = await this.db.query<{ body_blob: string | null }>(
      `delete from delivery where id = any($1) and ${NO_WAIT_FOR_DISK} returning body_blob`,
      [deliveries.map(({ id }) => id)],
    );
    for (const { body_blob } of gone) if (body_blob !== null) await this.blobs.remove(body_blob);
  }

  /** True when its readers died over it so often that it must be what kills them. */
  isDeadly({ attempts, failures }: Delivery): boolean {
    return attempts - 1 - failures >= DEATHS_MAX;
  }

  /** Note that a try ended in an error. True when that was the last one it gets. */
  async countFailure({ id }: Delivery): Promise<boolean> {
    const [row] = await this.db.query<{ failures: number }>(
      'update delivery set failures = failures + 1 where id = $1 returning failures',
      [id],
    );
    return row !== undefined && row.failures >= FAILURES_MAX;
  }

  /** Set one aside, with its bytes and the reason, so that it stops nobody else. */
  async quarantine(delivery: Delivery, code: string): Promise<void> {
    await this.db.query('update delivery set quarantined_at = $2, problem = $3 where id = $1', [delivery.id, this.clock.now(), code]);
  }

  async countWaiting(): Promise<number> {
    const [row] = await this.db.query<{ count: string }>('select count(*) as count from delivery where quarantined_at is null');
    return Number(row!.count);
  }

  private async open(row: DeliveryRow): Promise<Delivery> {
    return {
      id: row.id,
      channel: row.channel,
      body: row.body ?? (await this.blobs.read(row.body_blob!)),
      receivedAt: row.received_at,
      envelope: row.envelope,
      tenantId: row.tenant_id,
      connectionId: row.connection_id,
      attempts: row.attempts,
      failures: row.failures,
    };
  }
}

// Two mailboxes may get the same mail: each is a delivery of its own.
function digestOf({ body, connectionId }: NewDelivery): Buffer {
  return createHash('sha256')
    .update(connectionId ?? '')
    .update(body)
    .digest();
}
