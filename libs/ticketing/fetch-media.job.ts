import { Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { Channels } from '#channels';
import type { ChannelKind } from '#contract';
import { defineJob, Jobs } from '#jobs';
import { BlobStore, Database, type TenantId, type TenantTx } from '#platform';
import { Feed } from '#realtime';
import type { ConversationId, MessageId } from './ids.js';

/** Copy what a vendor keeps only for a while. */
export const FetchMedia = defineJob({
  name: 'fetch-media',
  payload: z.object({ tenantId: z.uuid(), attachmentId: z.uuid() }),
  attemptsMax: 8,
  attemptTimeoutMs: 120_000,
});

interface Wanted {
  channel: ChannelKind;
  source_url: string;
  message_id: MessageId;
  conversation_id: ConversationId;
}

@Injectable()
export class FetchMediaJob implements OnModuleInit {
  constructor(
    private readonly db: Database,
    private readonly blobs: BlobStore,
    private readonly channels: Channels,
    private readonly feed: Feed,
    private readonly jobs: Jobs,
  ) {}

  onModuleInit(): void {
    this.jobs.bind(FetchMedia, async ({ tenantId, attachmentId }, { isLastAttempt }) => {
      const wanted = await this.db.inTenant(tenantId as TenantId, (tx) => find(tx, attachmentId));
      if (!wanted) return;
      await this.fetch(tenantId as TenantId, attachmentId, wanted).catch(async (error: unknown) => {
        if (isLastAttempt) await this.store(tenantId as TenantId, attachmentId, wanted, null);
        throw error;
      });
    });
  }

  private async fetch(tenantId: TenantId, attachmentId: string, wanted: Wanted): Promise<void> {
    const media = await this.channels.of(wanted.channel).media(wanted.source_url);
    const blob = media ? await this.blobs.put(tenantId, media.bytes) : null;
    await this.store(
      tenantId,
      attachmentId,
      wanted,
      media && blob ? { blob, mediaType: media.mediaType, sizeBytes: media.bytes.length } : null,
    );
  }

  private async store(
    tenantId: TenantId,
    attachmentId: string,
    wanted: Wanted,
    media: { blob: string; mediaType: string | null; sizeBytes: number } | null,
  ): Promise<void> {
    await this.db.inTenant(tenantId, async (tx) => {
      // The vendor's address is a key to the file for whoever has it; it goes as soon as it is of no more use.
      await tx.query(
        `update attachment set state = $2, blob = $3, media_type = coalesce($4, media_type), size_bytes = $5, source_url = null
         where id = $1 and state = 'fetching'`,
        [attachmentId, media ? 'stored' : 'lost', media?.blob ?? null, media?.mediaType ?? null, media?.sizeBytes ?? null],
      );
      this.feed.append(tx, { type: 'message_changed', conversationId: wanted.conversation_id, messageId: wanted.message_id });
    });
  }
}

async function find(tx: TenantTx, attachmentId: string): Promise<Wanted | null> {
  const [row] = await tx.query<Wanted>(
    `select conversation.channel, attachment.source_url, attachment.message_id, message.conversation_id
     from attachment
     join message on message.tenant_id = attachment.tenant_id and message.id = attachment.message_id
     join conversation on conversation.tenant_id = message.tenant_id and conversation.id = message.conversation_id
     where attachment.id = $1 and attachment.state = 'fetching' and attachment.source_url is not null`,
    [attachmentId],
  );
  return row ?? null;
}
