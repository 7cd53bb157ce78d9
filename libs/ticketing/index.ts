/**
 * TICKETING: what contacts and agents said to each other.
 *
 * Owns      contact, contact_identity, conversation, ticket_counter, message, message_version, mail_reference, attachment, reaction, referral,
 *           early_event, raw_event, outbox, mail_recipient, suppression, agent_mail_return, upload, sweep, awake_mark, known_mail, message_mailbox, conversation_link,
 *           conversation_merge, automatic_mail
 * Promises  a message is stored once, however often it arrives; every visible change is in the tenant's feed, in the order it happened;
 *           nothing is stored that the recording policy does not allow; every conversation has one governing rule; a reply is never sent
 *           twice without an agent's word
 * Uses      channels, realtime, accounts, policies, audit, jobs
 * Never     calls a vendor inside a transaction, opens a socket, or knows HTTP
 */
export { AttachmentService, type FileBytes } from './attachment.service.js';
export { ChangeService } from './change.service.js';
export { DeliveryReader } from './delivery-reader.service.js';
export { EraseService } from './erase.service.js';
export { ForwardService } from './forward.service.js';
export { type AttachmentId, type ContactId, type ConversationId, type MessageId } from './ids.js';
export { GrantedRead } from './granted-read.service.js';
export { LetInService } from './let-in.service.js';
export { MergeService } from './merge.service.js';
export { QuarantineRelease } from './quarantine.service.js';
export { ReadService } from './read.service.js';
export { ReplyService } from './reply.service.js';
export { CommentActService } from './comment-act.service.js';
export { PrivateReplyService } from './private-reply.service.js';
export { ResendService } from './resend.service.js';
export { SuppressionService } from './suppression.service.js';
export { SignalPersonJob } from './signal-person.job.js';
export { TakeOverService } from './take-over.service.js';
export { UploadService } from './upload.service.js';
export { UsageService } from './usage.service.js';
export { ticketingDataMap } from './data-map.js';
export { OutageWatch } from './sweep-outage.job.js';
export { SweepService } from './sweep.service.js';
export { TicketingModule } from './ticketing.module.js';
