import { Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { ChannelError, Channels, type ConnectionId, ConnectionService } from '#channels';
import { ChannelKind } from '#contract';
import { defineJob, Jobs } from '#jobs';
import { BlobStore, Clock, Database, type TenantId } from '#platform';
import { PolicyService } from '#policies';
import { Feed } from '#realtime';
import type { Identity } from './contact.js';
import type { ContactId } from './ids.js';

/** Ask the vendor who a new contact is. The message that brought the contact has long been stored: a profile is never waited for. */
export const FetchProfile = defineJob({
  name: 'fetch-profile',
  payload: z.object({ tenantId: z.uuid(), channel: ChannelKind, scope: z.string(), externalId: z.string() }),
  attemptsMax: 6,
});

type Profiled = Identity & { tenantId: TenantId };

@Injectable()
export class FetchProfileJob implements OnModuleInit {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly blobs: BlobStore,
    private readonly channels: Channels,
    private readonly connections: ConnectionService,
    private readonly policies: PolicyService,
    private readonly feed: Feed,
    private readonly jobs: Jobs,
  ) {}

  onModuleInit(): void {
    this.jobs.bind(FetchProfile, (payload) => this.run(payload as Profiled));
  }

  private async run(profiled: Profiled): Promise<void> {
    // An address has no profile to ask for.
    if (profiled.scope === '') return;
    const channel = this.channels.of(profiled.channel);
    const { connection, recorder } = await this.db.inTenant(profiled.tenantId, async (tx) => ({
      connection: await this.connections.open(tx, profiled.scope as ConnectionId),
      recorder: (await this.policies.inForce(tx)).recorder,
    }));
    try {
      const profile = await channel.profile(connection, profiled.externalId);
      if (!profile) return;
      const wantsPicture = profile.pictureUrl !== null && recorder.may('sender_picture', profiled.channel);
      const picture = wantsPicture ? await channel.media(profile.pictureUrl!) : null;
      await this.keep(profiled, { name: profile.name, picture: picture?.bytes ?? null });
    } catch (error) {
      // Nobody will ever tell: the fallback name stays.
      if (error instanceof ChannelError && error.remedy !== 'try_later') return;
      throw error;
    }
  }

  private async keep(
    { tenantId, channel, scope, externalId }: Profiled,
    found: { name: string | null; picture: Buffer | null },
  ): Promise<void> {
    const { recorder } = await this.db.inTenant(tenantId, (tx) => this.policies.inForce(tx));
    const recorded = recorder.record({ text: '', senderName: found.name, senderPicture: found.picture }, channel);
    const blob = recorded.senderPicture ? await this.blobs.put(tenantId, recorded.senderPicture) : null;
    const replaced = await this.db.inTenant(tenantId, async (tx) => {
      const [known] = await tx.query<{ contact_id: ContactId }>(
        'update contact_identity set profile_fetched_at = $4 where channel = $1 and scope = $2 and external_id = $3 returning contact_id',
        [channel, scope, externalId, this.clock.now()],
      );
      if (!known) return blob;
      const [before] = await tx.query<{ picture_blob: string | null }>('select picture_blob from contact where id = $1 for update', [
        known.contact_id,
      ]);
      await tx.query(
        `update contact set name = coalesce($2, name), name_at = case when $2::text is null then name_at else $4 end,
           picture_blob = coalesce($3, picture_blob)
         where id = $1`,
        [known.contact_id, recorded.senderName, blob, this.clock.now()],
      );
      this.feed.append(tx, { type: 'contact_changed', contactId: known.contact_id });
      return blob === null ? null : (before?.picture_blob ?? null);
    });
    if (replaced !== null) await this.blobs.remove(replaced);
  }
}
