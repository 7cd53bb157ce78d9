import { Module } from '@nestjs/common';
import { AccountsModule } from '#accounts';
import { ChannelsModule } from '#channels';
import { PoliciesModule } from '#policies';
import { RealtimeModule } from '#realtime';
import { AgentMailService } from './agent-mail.service.js';
import { AttachmentService } from './attachment.service.js';
import { ChangeService } from './change.service.js';
import { CommentActService } from './comment-act.service.js';
import { CommentService } from './comment.service.js';
import { DeliveryReader } from './delivery-reader.service.js';
import { FetchMediaJob } from './fetch-media.job.js';
import { FetchProfileJob } from './fetch-profile.job.js';
import { FollowUpService } from './follow-up.service.js';
import { MailOutcomeService } from './mail-outcome.service.js';
import { MessageIntakeService } from './message-intake.service.js';
import { OutboundStateService } from './outbound-state.service.js';
import { Outbox } from './outbox.js';
import { OutgoingService } from './outgoing.service.js';
import { PrivateReplyService } from './private-reply.service.js';
import { ReadService } from './read.service.js';
import { ReceiveService } from './receive.service.js';
import { ReleaseParkedJob } from './release-parked.job.js';
import { RemoveBlobJob } from './remove-blob.job.js';
import { ReplyService } from './reply.service.js';
import { ResendService } from './resend.service.js';
import { SendOutboxJob } from './send-outbox.job.js';
import { SignalPersonJob } from './signal-person.job.js';
import { SweepEventsJob } from './sweep-events.job.js';
import { OutageWatch } from './sweep-outage.job.js';
import { SweepOutgoingJob } from './sweep-outgoing.job.js';
import { SweepPageJob } from './sweep-page.job.js';
import { SweepThread } from './sweep-thread.service.js';
import { SweepService } from './sweep.service.js';
import { TakeOverService } from './take-over.service.js';
import { ThreadEventService } from './thread-event.service.js';
import { UploadService } from './upload.service.js';

@Module({
  imports: [AccountsModule, ChannelsModule, PoliciesModule, RealtimeModule],
  providers: [
    AgentMailService,
    AttachmentService,
    ChangeService,
    CommentActService,
    CommentService,
    DeliveryReader,
    FetchMediaJob,
    FetchProfileJob,
    FollowUpService,
    MailOutcomeService,
    MessageIntakeService,
    OutageWatch,
    OutboundStateService,
    Outbox,
    OutgoingService,
    PrivateReplyService,
    ReadService,
    ReceiveService,
    ReleaseParkedJob,
    RemoveBlobJob,
    ReplyService,
    ResendService,
    SendOutboxJob,
    SignalPersonJob,
    SweepEventsJob,
    SweepOutgoingJob,
    SweepPageJob,
    SweepService,
    SweepThread,
    TakeOverService,
    ThreadEventService,
    UploadService,
  ],
  exports: [
    AttachmentService,
    ChangeService,
    CommentActService,
    DeliveryReader,
    OutageWatch,
    PrivateReplyService,
    ReadService,
    ReplyService,
    ResendService,
    SignalPersonJob,
    SweepService,
    TakeOverService,
    UploadService,
  ],
})
export class TicketingModule {}
