import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { type Actor, AgentService, may, sees, TenantService } from '#accounts';
import { type AgentMailFile, ConnectionService, type InboundAgentReply } from '#channels';
import { REPLY_LENGTH_MAX } from '#contract';
import { BlobStore, Refusal, type TenantTx } from '#platform';
import type { Taking } from './arrival.js';
import { AgentMailReturnJob } from './agent-mail-return.job.js';
import type { ConversationId } from './ids.js';
import { sameContactNow } from './merged.js';
import type { OutboxFile } from './outbox.js';
import { ReplyService } from './reply.service.js';

/**
 * Agents who answer by mail. What they write becomes an answer of theirs as if they had written it here, with every rule that holds here;
 * what cannot be one goes back to them with the reason, so that nothing they wrote is lost.
 */
@Injectable()
export class AgentMailService {
  constructor(
    private readonly agents: AgentService,
    private readonly tenants: TenantService,
    private readonly connections: ConnectionService,
    private readonly blobs: BlobStore,
    private readonly replies: ReplyService,
    private readonly returns: AgentMailReturnJob,
  ) {}

  /** Repeats: the same mail is one answer. */
  async reply(taking: Taking, event: InboundAgentReply): Promise<void> {
    const { tx, arrival } = taking;
    const { agentId, text, conversationId, externalId } = event;
    if (await wasSaid(tx, event)) return;
    const actor = await this.agents.actorWithoutSession(tx, agentId);
    const code = await this.whyNot(taking, actor, event);
    if (code === null) return;
    await this.returns.order(tx, { agentId, connectionId: arrival.connectionId, code, text, conversationId, externalId });
  }

  /** Answer, or say by which code it is refused. */
  private async whyNot(taking: Taking, actor: Actor | null, event: InboundAgentReply): Promise<string | null> {
    const { tx, arrival } = taking;
    if (!(await this.tenants.isActive(tx))) return 'tenant_suspended';
    if (actor === null || !may(actor, 'conversation:write')) return 'not_allowed';
    const seen = await connectionOf(tx, event);
    if (seen !== null && !sees(actor, seen)) return 'not_allowed';
    const { mailbox } = await this.connections.open(tx, arrival.connectionId);
    if (mailbox?.settings.agentMail !== true) return 'agent_mail_off';
    const text = withoutSignature(event.text);
    const files = event.files ?? [];
    if (text === '' && files.length === 0) return 'nothing_said';
    if (text.length > REPLY_LENGTH_MAX) return 'text_too_long';
    return this.answer(taking, actor, { event, text, files });
  }

  private async answer(
    { tx }: Taking,
    actor: Actor,
    { event, text, files }: { event: InboundAgentReply; text: string; files: AgentMailFile[] },
  ): Promise<string | null> {
    // Nobody waits for what is locked so far but the agent's own mail.
    const kept = await this.keep(actor, files);
    try {
      await this.replies.replyIn(tx, actor, {
        conversationId: await sameContactNow(tx, event.conversationId as ConversationId),
        reply: { text, attachmentIds: [], quickReplies: [] },
        idempotencyKey: keyOf(event),
        files: kept,
      });
      return null;
    } catch (error) {
      for (const { blob } of kept) await this.blobs.remove(blob);
      if (!(error instanceof Refusal)) throw error;
      return error.code;
    }
  }

  private keep({ tenantId }: Actor, files: AgentMailFile[]): Promise<OutboxFile[]> {
    return Promise.all(
      files.map(async ({ name, mediaType, content }) => ({
        blob: await this.blobs.put(tenantId, content),
        name,
        mediaType,
        sizeBytes: content.length,
      })),
    );
  }
}

/** No request of a browser's has such a key: it holds a space. */
function keyOf({ externalId }: InboundAgentReply): string {
  return `mail ${createHash('sha256').update(externalId).digest('hex')}`;
}

/** The connection of the conversation that is answered. Null when it is gone. */
async function connectionOf(tx: TenantTx, { conversationId }: InboundAgentReply): Promise<string | null> {
  const id = await sameContactNow(tx, conversationId as ConversationId);
  const [row] = await tx.query<{ connectionId: string }>('select connection_id as "connectionId" from conversation where id = $1', [id]);
  return row?.connectionId ?? null;
}

// Looked for before anything else: what has been sent does not go back to the agent because it may no longer be.
async function wasSaid(tx: TenantTx, event: InboundAgentReply): Promise<boolean> {
  const rows = await tx.query('select 1 from message where author_agent_id = $1 and idempotency_key = $2', [event.agentId, keyOf(event)]);
  return rows.length > 0;
}

/** Without what stands below the line that mail programs put before a signature (RFC 3676 section 4.3); the house adds its own. */
function withoutSignature(text: string): string {
  const lines = text.split('\n');
  const at = lines.findLastIndex((line) => /^-- ?\r?$/.test(line));
  return (at < 0 ? lines : lines.slice(0, at)).join('\n').trim();
}
