import { Injectable } from '@nestjs/common';
import type { Conversation } from '#contract';
import { type Actor, auditedAs } from '#accounts';
import { Audit } from '#audit';
import { Database, type TenantTx } from '#platform';
import { Feed } from '#realtime';
import { lockConversation } from './conversation.js';
import type { ConversationId } from './ids.js';
import { ReadService } from './read.service.js';

/** Lets conversations out of quarantine into the lists. */
@Injectable()
export class LetInService {
  constructor(
    private readonly db: Database,
    private readonly feed: Feed,
    private readonly reads: ReadService,
    private readonly audit: Audit,
  ) {}

  /**
   * An agent believes it: it is announced as if it had just come. Nothing goes out by itself for it.
   *
   * Errors   not_found
   * Repeats  what was let in stays in
   */
  async conversation(actor: Actor, id: ConversationId): Promise<Conversation> {
    await this.db.inTenant(actor, (tx) => this.letIn(tx, id, actor));
    return this.reads.conversation(actor, id);
  }

  private async letIn(tx: TenantTx, id: ConversationId, actor: Actor): Promise<void> {
    const { isQuarantined, contactId } = await lockConversation(tx, id);
    if (!isQuarantined) return;
    await tx.query('update conversation set quarantined_at = null where id = $1', [id]);
    this.feed.append(tx, { type: 'conversation_opened', conversationId: id, contactId });
    this.audit.append(tx, { act: 'quarantine_released', by: auditedAs(actor), about: { kind: 'conversation', id } });
  }
}
