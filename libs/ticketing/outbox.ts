import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Locale } from '#contract';
import { Jobs } from '#jobs';
import { SecretBox, type TenantTx } from '#platform';
import type { MessageId } from './ids.js';
import { RemoveBlob } from './remove-blob.job.js';

const Place = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('person') }),
  z.object({ kind: z.literal('comment'), commentId: z.string() }),
  z.object({ kind: z.literal('private_reply'), commentId: z.string() }),
]);
const File = z.object({
  blob: z.string(),
  name: z.string(),
  mediaType: z.string(),
  sizeBytes: z.number(),
  /** How the HTML names it. */
  contentId: z.string().nullable().optional(),
});
const Forwarded = z.object({
  to: z.array(z.string()),
  original: z.object({
    from: z.object({ name: z.string(), address: z.string().nullable() }),
    sentAt: z.coerce.date(),
    subject: z.string(),
    to: z.array(z.string()),
    text: z.string(),
    html: z.string().nullable(),
  }),
});

/**
 * What an outbound message says, from the agent's click until the vendor has it. It is apart from the message because the tenant's policy
 * may forbid keeping what was said, and sealed because it is content outside that policy for as long as it waits.
 */
export const OutboxContent = z.object({
  text: z.string(),
  cc: z.array(z.string()),
  files: z.array(File).default([]),
  quickReplies: z.array(z.string()).default([]),
  place: Place.default({ kind: 'person' }),
  replyToExternalId: z.string().nullable().default(null),
  writtenBy: z.enum(['human', 'rule']).default('human'),
  /** A machine answers by itself. */
  automatic: z.boolean().default(false),
  /** Instead of the conversation's. */
  subject: z.string().nullable().default(null),
  /** Whom it answers, where that was certain when it was written; null: found out when it is sent. */
  to: z.string().nullable().default(null),
  bcc: z.array(z.string()).default([]),
  html: z.string().nullable().default(null),
  signature: z.string().default(''),
  forward: Forwarded.nullable().default(null),
  language: Locale.default('nl'),
  /** Everybody else it is for has got it. */
  left: z.array(z.string()).nullable().default(null),
});
export type OutboxContent = z.infer<typeof OutboxContent>;
export type OutboxFile = z.infer<typeof File>;

export interface NewOutboxEntry {
  content: z.input<typeof OutboxContent>;
  /** The first message of the reply this is a part of, and which part. */
  reply: { id: MessageId; position: number };
  /** Files that no attachment may keep: they end with this entry. */
  blobs: string[];
}

/** What agents said and no vendor has yet, and how far it has come. */
@Injectable()
export class Outbox {
  constructor(
    private readonly secrets: SecretBox,
    private readonly jobs: Jobs,
  ) {}

  /** Repeats: what is there is begun anew, with nothing tried. */
  async put(tx: TenantTx, messageId: MessageId, { content, reply, blobs }: NewOutboxEntry, now: Date): Promise<void> {
    await tx.query(
      `insert into outbox (tenant_id, message_id, sealed_content, reply_id, position, blobs, created_at) values ($1, $2, $3, $4, $5, $6, $7)
       on conflict (tenant_id, message_id) do update set sealed_content = excluded.sealed_content, attempts = 0, next_attempt_at = null,
         first_failed_at = null, given_up_at = null, created_at = excluded.created_at`,
      [tx.tenantId, messageId, this.sealed(tx, messageId, content), reply.id, reply.position, blobs, now],
    );
  }

  /** Null once it has been sent or was forgotten. */
  async look(tx: TenantTx, messageId: MessageId): Promise<OutboxContent | null> {
    const [row] = await tx.query<{ sealed_content: Buffer }>('select sealed_content from outbox where message_id = $1', [messageId]);
    if (!row) return null;
    return OutboxContent.parse(JSON.parse(this.secrets.open(row.sealed_content, contextOf(tx, messageId)).toString()));
  }

  /** Try it again then. `counts`: the try that led here was one of those it may have. */
  async plan(tx: TenantTx, messageId: MessageId, { at, counts, now }: { at: Date; counts: boolean; now: Date }): Promise<void> {
    await tx.query(
      `update outbox set next_attempt_at = $2, attempts = attempts + $3, first_failed_at = coalesce(first_failed_at, $4) where message_id = $1`,
      [messageId, at, Number(counts), now],
    );
  }

  /** Look at it again then, and not before. Nothing was tried. */
  async wait(tx: TenantTx, messageId: MessageId, until: Date): Promise<void> {
    await tx.query('update outbox set next_attempt_at = $2 where message_id = $1', [messageId, until]);
  }

  /** Some have got it: from now on it is only for these. */
  async narrow(tx: TenantTx, messageId: MessageId, left: readonly string[]): Promise<void> {
    const content = await this.look(tx, messageId);
    if (content)
      await tx.query('update outbox set sealed_content = $2 where message_id = $1', [
        messageId,
        this.sealed(tx, messageId, { ...content, left: [...left] }),
      ]);
  }

  /** Nothing will be tried by itself any more. What it says is kept for a while, for the agent's word. */
  async giveUp(tx: TenantTx, messageId: MessageId, at: Date): Promise<void> {
    await tx.query('update outbox set given_up_at = $2 where message_id = $1', [messageId, at]);
  }

  /** It has arrived. Its own files go too, once `tx` has committed. */
  async forget(tx: TenantTx, messageId: MessageId): Promise<void> {
    await this.removeFiles(tx, await tx.query<Gone>('delete from outbox where message_id = $1 returning blobs', [messageId]));
  }

  /** Forget what was given up before then. */
  async sweep(tx: TenantTx, before: Date): Promise<void> {
    await this.removeFiles(tx, await tx.query<Gone>('delete from outbox where given_up_at < $1 returning blobs', [before]));
  }

  private sealed(tx: TenantTx, messageId: MessageId, content: NewOutboxEntry['content']): Buffer {
    return this.secrets.seal(JSON.stringify(content), contextOf(tx, messageId));
  }

  private async removeFiles(tx: TenantTx, gone: Gone[]): Promise<void> {
    for (const blob of gone.flatMap(({ blobs }) => blobs)) await this.jobs.enqueue(tx, RemoveBlob, { tenantId: tx.tenantId, blob });
  }
}

interface Gone {
  blobs: string[];
}

function contextOf(tx: TenantTx, messageId: MessageId) {
  return { owner: tx.tenantId, purpose: `outbox ${messageId}` };
}
