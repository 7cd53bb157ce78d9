import { Module } from '@nestjs/common';
import { AccountsModule } from '#accounts';
import { ChannelsModule } from '#channels';
import { PoliciesModule } from '#policies';
import { RealtimeModule } from '#realtime';
import { AttachmentService } from './attachment.service.js';
import { ChangeService } from './change.service.js';
import { DeliveryReader } from './delivery-reader.service.js';
import { FetchMediaJob } from './fetch-media.job.js';
import { FetchProfileJob } from './fetch-profile.job.js';
import { FollowUpService } from './follow-up.service.js';
import { OutboundStateService } from './outbound-state.service.js';
import { ReadService } from './read.service.js';
import { ReceiveService } from './receive.service.js';
import { ReplyService } from './reply.service.js';
import { SendOutboxJob } from './send-outbox.job.js';

@Module({
  imports: [AccountsModule, ChannelsModule, PoliciesModule, RealtimeModule],
  providers: [
    AttachmentService,
    ChangeService,
    DeliveryReader,
    FetchMediaJob,
    FetchProfileJob,
    FollowUpService,
    OutboundStateService,
    ReadService,
    ReceiveService,
    ReplyService,
    SendOutboxJob,
  ],
  exports: [AttachmentService, ChangeService, DeliveryReader, ReadService, ReplyService],
})
export class TicketingModule {}
