import { z } from 'zod';
import { type SecretBox, type TenantTx } from '#platform';
import type { MessageId } from './ids.js';

/**
 * What an outbound message says, from the agent's click until the vendor has it. It is apart from the message because the tenant's policy
 * may forbid keeping what was said, and sealed because it is content outside that policy for as long as it waits.
 */
const OutboxContent = z.object({ text: z.string(), cc: z.array(z.string()) });
export type OutboxContent = z.infer<typeof OutboxContent>;

export class Outbox {
  constructor(private readonly secrets: SecretBox) {}

  async put(tx: TenantTx, messageId: MessageId, content: OutboxContent, now: Date): Promise<void> {
    await tx.query('insert into outbox (tenant_id, message_id, sealed_content, created_at) values ($1, $2, $3, $4)', [
      tx.tenantId,
      messageId,
      this.secrets.seal(JSON.stringify(content), contextOf(tx, messageId)),
      now,
    ]);
  }

  /** Null once it has been sent or given up. */
  async look(tx: TenantTx, messageId: MessageId): Promise<OutboxContent | null> {
    const [row] = await tx.query<{ sealed_content: Buffer }>('select sealed_content from outbox where message_id = $1', [messageId]);
    if (!row) return null;
    return OutboxContent.parse(JSON.parse(this.secrets.open(row.sealed_content, contextOf(tx, messageId)).toString()));
  }
}

function contextOf(tx: TenantTx, messageId: MessageId) {
  return { owner: tx.tenantId, purpose: `outbox ${messageId}` };
}
