import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { ChannelKind } from '#contract';
import { Jobs } from '#jobs';
import { BlobStore, Clock, Database, SECOND_MS, type TenantId } from '#platform';
import { Feed } from '#realtime';
import { mailHead } from './email/mail-head.js';
import { AgentMailUnproven } from './follow-up-jobs.js';

/** One HTTP request or mail from outside, as received. */
export interface Delivery {
  id: string;
  channel: ChannelKind;
  body: DeliveryBody;
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
  /** How often it was put off, to be read better later. */
  postponed: number;
  /** Why it was set aside before somebody let it try again; null when it never was. */
  setAsideFor: string | null;
}

export interface DeliveryFigures {
  waiting: number;
  setAside: number;
  lagSeconds: number;
}

/** The bytes of a delivery. Large ones stay on the disk until somebody needs them, and for no longer than he does. */
export interface DeliveryBody {
  readonly length: number;
  /** The bytes, in memory that is the caller's alone: to hand over, or to release. */
  read(): Promise<Buffer>;
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
  /** When it reached the mail server that we fetched it from, in ISO 8601: long ago, where we could not come sooner. */
  arrivedAt?: string;
  /** Why the body is not the whole mail but its header, or what little is known of it: such a delivery can only be set aside. */
  incomplete?: { code: 'too_large' | 'not_fetched'; uid: number; sizeBytes: number | null };
}

interface DeliveryRow {
  id: string;
  channel: ChannelKind;
  body: Buffer | null;
  body_blob: string | null;
  bytes: number;
  envelope: MailEnvelope | null;
  received_at: Date;
  tenant_id: TenantId | null;
  connection_id: string | null;
  attempts: number;
  failures: number;
  postponed: number;
  problem: string | null;
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
/** Read at once: enough to share the cost of a commit, too few to keep anybody waiting. */
export const CLAIMED_AT_ONCE_MAX = 100;
/** Of the bodies that are being read and taken in at once; a larger one is in hand alone. */
export const BODY_BYTES_AT_ONCE_MAX = 64 * 1024 * 1024;
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

// The postponed ones are found by an index of their own: a thousand that wait for the DNS must not stand before the next that comes.
const CLAIM = `
  with waiting as (
    (select id, attempts, coalesce(body_bytes, octet_length(body), 0) as bytes from delivery
     where channel = $1 and quarantined_at is null and retry_at is null and id <> all($3::bigint[]) order by id limit $2)
    union all
    (select id, attempts, coalesce(body_bytes, octet_length(body), 0) from delivery
     where channel = $1 and quarantined_at is null and retry_at <= $4 and id <> all($3::bigint[]) order by retry_at limit $2)
  ), fitting as (
    select id, attempts, row_number() over (order by id) as nth, sum(bytes) over (order by id) as bytes from waiting
  ), claimed as (
    select id from fitting
    where nth <= $2 and (bytes <= $5 or (nth = 1 and $6))
      and (nth = 1 or id < coalesce((select min(id) from fitting where attempts > 0), 9223372036854775807))
  )
  update delivery set attempts = attempts + 1, retry_at = null where id in (select id from claimed) and ${NO_WAIT_FOR_DISK}
  returning id, channel, body, body_blob, coalesce(body_bytes, octet_length(body), 0) as bytes, received_at, tenant_id, connection_id, envelope, attempts, failures, postponed, problem`;

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
    private readonly feed: Feed,
    private readonly jobs: Jobs,
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
   * Take the oldest waiting deliveries of a channel, counting the try before anything is read: what kills the reader is counted too.
   * One that was tried before comes alone, so that it can harm no other.
   *
   * Limits   100 deliveries, and 64 MiB of bodies with those that are in hand; a larger one comes when nothing is
   */
  async claim(channel: ChannelKind, inHand: readonly Delivery[] = []): Promise<Delivery[]> {
    const bytesInHand = inHand.reduce((sum, { body }) => sum + body.length, 0);
    const rows = await this.db.query<DeliveryRow>(CLAIM, [
      channel,
      CLAIMED_AT_ONCE_MAX,
      inHand.map(({ id }) => id),
      this.clock.now(),
      BODY_BYTES_AT_ONCE_MAX - bytesInHand,
      inHand.length === 0,
    ]);
    rows.sort((one, other) => Number(BigInt(one.id) - BigInt(other.id)));
    return rows.map((row) => this.open(row));
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

  /** Let one wait until it can be read better. The try counts for nothing: it did no harm. */
  async postpone({ id }: Delivery, afterMs: number): Promise<void> {
    await this.db.query(
      'update delivery set retry_at = $2, postponed = postponed + 1, attempts = greatest(attempts - 1, 0) where id = $1',
      [id, new Date(this.clock.now().getTime() + afterMs)],
    );
  }

  /** Let one whose try failed wait, while others go on. */
  async putOff({ id }: Delivery, afterMs: number): Promise<void> {
    await this.db.query('update delivery set retry_at = $2 where id = $1', [id, new Date(this.clock.now().getTime() + afterMs)]);
  }

  /** These were claimed, and nothing was done with them: the try counts for nothing. */
  async giveBack(deliveries: readonly Delivery[]): Promise<void> {
    const ids = deliveries.map(({ id }) => id);
    await this.db.query('update delivery set attempts = greatest(attempts - 1, 0) where id = any($1)', [ids]);
  }

  /** Set one aside, with its bytes and the reason, so that it stops nobody else. The tenant sees it in its quarantine. */
  async quarantine({ id, channel, body, tenantId, connectionId }: Delivery, code: string): Promise<void> {
    const setAside: [string, unknown[]] = [
      'update delivery set quarantined_at = $2, problem = $3, head = $4, retry_at = null where id = $1',
      [id, this.clock.now(), code, channel === 'email' ? mailHead(await body.read()) : null],
    ];
    if (tenantId === null || connectionId === null) {
      await this.db.query(...setAside);
      return;
    }
    await this.db.inTenant(tenantId, async (tx) => {
      await tx.query(...setAside);
      this.feed.append(tx, { type: 'quarantine_changed', connectionId });
      if (code !== 'agent_mail_unproven') return;
      await this.jobs.enqueue(tx, AgentMailUnproven, { tenantId, connectionId }, { onceKey: `agent-mail-unproven:${connectionId}` });
    });
  }

  /** How many wait to be read, those that wait for a better moment left out. */
  async countWaiting(): Promise<number> {
    const [row] = await this.db.query<{ count: string }>(
      'select count(*) as count from delivery where quarantined_at is null and retry_at is null',
    );
    return Number(row!.count);
  }

  /** How much waits, how much is set aside, and for how long the oldest has waited. */
  async figures(): Promise<DeliveryFigures> {
    const [row] = await this.db.query<{ waiting: number; set_aside: number; oldest: Date | null }>(
      `select count(*) filter (where quarantined_at is null)::int as waiting, count(*) filter (where quarantined_at is not null)::int as set_aside,
         min(received_at) filter (where quarantined_at is null and retry_at is null) as oldest from delivery`,
    );
    const { waiting, set_aside, oldest } = row!;
    const lagSeconds = oldest === null ? 0 : Math.max(0, (this.clock.now().getTime() - oldest.getTime()) / SECOND_MS);
    return { waiting, setAside: set_aside, lagSeconds };
  }

  private open(row: DeliveryRow): Delivery {
    return {
      id: row.id,
      channel: row.channel,
      body: row.body === null ? { length: row.bytes, read: () => this.blobs.read(row.body_blob!) } : bodyInMemory(row.body),
      receivedAt: row.received_at,
      envelope: row.envelope,
      tenantId: row.tenant_id,
      connectionId: row.connection_id,
      attempts: row.attempts,
      failures: row.failures,
      postponed: row.postponed,
      setAsideFor: row.problem,
    };
  }
}

/** A body that is in memory. */
export function bodyInMemory(bytes: Buffer): DeliveryBody {
  // The copy lies in memory of its own, not in Node's pool.
  return { length: bytes.length, read: () => Promise.resolve(Buffer.from(new Uint8Array(bytes).buffer)) };
}

// Two mailboxes may get the same mail: each is a delivery of its own.
function digestOf({ body, connectionId }: NewDelivery): Buffer {
  return createHash('sha256')
    .update(connectionId ?? '')
    .update(body)
    .digest();
}
