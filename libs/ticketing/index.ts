/**
 * TICKETING: what contacts and agents said to each other.
 *
 * Owns      contact, contact_identity, conversation, ticket_counter, message, mail_reference, attachment, reaction, outbox
 * Promises  a message is stored once, however often it arrives; every visible change is in the tenant's feed, in the order it happened;
 *           nothing is stored that the recording policy does not allow; every conversation has one governing rule; a reply is never sent
 *           twice without an agent's word
 * Uses      channels, realtime, accounts, policies, jobs
 * Never     calls a vendor inside a transaction, opens a socket, or knows HTTP
 */
export { AttachmentService, type FileBytes } from './attachment.service.js';
export { ChangeService } from './change.service.js';
export { DeliveryReader } from './delivery-reader.service.js';
export { type AttachmentId, type ContactId, type ConversationId, type MessageId } from './ids.js';
export { ReadService } from './read.service.js';
export { ReplyService } from './reply.service.js';
export { ticketingDataMap } from './data-map.js';
export { TicketingModule } from './ticketing.module.js';
