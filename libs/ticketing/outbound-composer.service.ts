import { Injectable } from '@nestjs/common';
import { AgentService } from '#accounts';
import { ChannelError, type OpenConnection, type OutboundFile, type OutboundMessage } from '#channels';
import { BlobStore, type TenantTx } from '#platform';
import type { ConversationId } from './ids.js';
import type { OutboxContent, OutboxFile } from './outbox.js';
import { threadBefore, type Waiting } from './waiting-message.js';

/** Brings together what a message takes along when it goes out: what was said, by whom, and what it continues. */
@Injectable()
export class OutboundComposer {
  constructor(
    private readonly blobs: BlobStore,
    private readonly agents: AgentService,
  ) {}

  async compose(
    tx: TenantTx,
    conversationId: ConversationId,
    { waiting, connection, content }: { waiting: Waiting; connection: OpenConnection; content: OutboxContent },
  ): Promise<OutboundMessage> {
    const { id, toName, agentId, subject, createdAt, lastInboundAt } = waiting;
    const name = (await this.agents.names(tx, [agentId])).get(agentId ?? '') ?? connection.name;
    const { answered, ...thread } = await threadBefore(tx, conversationId, id);
    return {
      ...content,
      ...thread,
      messageId: id,
      conversationId,
      to: content.to ?? waiting.to,
      // Nothing that a stranger wrote goes out by a machine: not his name, nor what he said.
      toName: content.automatic ? '' : toName,
      answered: answered === null || content.automatic ? null : { ...answered, images: answered.files.map((file) => this.readable(file)) },
      agent: { id: agentId, name },
      subject: content.subject ?? subject,
      files: content.files.map((file) => this.readable(file)),
      lastInboundAt,
      createdAt,
    };
  }

  private readable(file: OutboxFile): OutboundFile {
    const lost = () => new ChannelError('give_up', 'attachment_lost', 'The attached file is no longer there. Attach it again.');
    return {
      ...file,
      read: () =>
        this.blobs.read(file.blob).catch((error: unknown) => {
          throw (error as NodeJS.ErrnoException).code === 'ENOENT' ? lost() : error;
        }),
    };
  }
}
