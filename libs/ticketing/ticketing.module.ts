import { Module } from '@nestjs/common';
import { AccountsModule } from '#accounts';
import { AuditModule } from '#audit';
import { ChannelsModule } from '#channels';
import { PoliciesModule } from '#policies';
import { RealtimeModule } from '#realtime';
import { AgentMailReturnJob } from './agent-mail-return.job.js';
import { AgentMailService } from './agent-mail.service.js';
import { AttachmentService } from './attachment.service.js';
import { AutoReplyJob } from './auto-reply.job.js';
import { ChangeService } from './change.service.js';
import { CommentActService } from './comment-act.service.js';
import { CommentService } from './comment.service.js';
import { DeliveryReader } from './delivery-reader.service.js';
import { EraseService } from './erase.service.js';
import { FetchMediaJob } from './fetch-media.job.js';
import { FetchProfileJob } from './fetch-profile.job.js';
import { FollowUpService } from './follow-up.service.js';
import { ForwardService } from './forward.service.js';
import { GrantedRead } from './granted-read.service.js';
import { LetInService } from './let-in.service.js';
import { MailIntakeService } from './mail-intake.service.js';
import { MailLoopService } from './mail-loop.service.js';
import { MailOutcomeService } from './mail-outcome.service.js';
import { MailRecipients } from './mail-recipient.js';
import { MergeService } from './merge.service.js';
import { MessageIntakeService } from './message-intake.service.js';
import { NotifyAgentJob } from './notify-agent.job.js';
import { OutboundComposer } from './outbound-composer.service.js';
import { OutboundStateService } from './outbound-state.service.js';
import { Outbox } from './outbox.js';
import { OutgoingService } from './outgoing.service.js';
import { PrivateReplyService } from './private-reply.service.js';
import { QuarantineRelease } from './quarantine.service.js';
import { ReadService } from './read.service.js';
import { ReceiveService } from './receive.service.js';
import { ReleaseParkedJob } from './release-parked.job.js';
import { RemoveBlobJob } from './remove-blob.job.js';
import { ReplyService } from './reply.service.js';
import { ResendService } from './resend.service.js';
import { SendOutboxJob } from './send-outbox.job.js';
import { SignalPersonJob } from './signal-person.job.js';
import { SuppressionService } from './suppression.service.js';
import { SweepEventsJob } from './sweep-events.job.js';
import { OutageWatch } from './sweep-outage.job.js';
import { SweepOutgoingJob } from './sweep-outgoing.job.js';
import { SweepPageJob } from './sweep-page.job.js';
import { SweepThread } from './sweep-thread.service.js';
import { SweepService } from './sweep.service.js';
import { TakeOverService } from './take-over.service.js';
import { TenantResumedJob } from './tenant-resumed.job.js';
import { ThreadEventService } from './thread-event.service.js';
import { UploadService } from './upload.service.js';
import { UsageService } from './usage.service.js';

@Module({
  imports: [AccountsModule, AuditModule, ChannelsModule, PoliciesModule, RealtimeModule],
  providers: [
    AgentMailReturnJob,
    AgentMailService,
    AttachmentService,
    AutoReplyJob,
    ChangeService,
    CommentActService,
    CommentService,
    DeliveryReader,
    EraseService,
    FetchMediaJob,
    FetchProfileJob,
    FollowUpService,
    ForwardService,
    GrantedRead,
    LetInService,
    MailIntakeService,
    MailLoopService,
    MailOutcomeService,
    MailRecipients,
    MergeService,
    MessageIntakeService,
    NotifyAgentJob,
    OutageWatch,
    OutboundComposer,
    OutboundStateService,
    Outbox,
    OutgoingService,
    PrivateReplyService,
    QuarantineRelease,
    ReadService,
    ReceiveService,
    ReleaseParkedJob,
    RemoveBlobJob,
    ReplyService,
    ResendService,
    SendOutboxJob,
    SignalPersonJob,
    SuppressionService,
    SweepEventsJob,
    SweepOutgoingJob,
    SweepPageJob,
    SweepService,
    SweepThread,
    TakeOverService,
    TenantResumedJob,
    ThreadEventService,
    UploadService,
    UsageService,
  ],
  exports: [
    AttachmentService,
    ChangeService,
    CommentActService,
    DeliveryReader,
    EraseService,
    ForwardService,
    GrantedRead,
    LetInService,
    MergeService,
    OutageWatch,
    PrivateReplyService,
    QuarantineRelease,
    ReadService,
    ReplyService,
    ResendService,
    SignalPersonJob,
    SuppressionService,
    SweepService,
    TakeOverService,
    UploadService,
    UsageService,
  ],
})
export class TicketingModule {}
