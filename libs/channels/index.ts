/**
 * CHANNELS: speaks each vendor's language, so that nobody else has to.
 *
 * Owns      connection, route, delivery, page_login, move_code, deletion_request, vendor_file, persona, mailbox and what begins with mail_,
 *           agent_mail_token, agent_mail_alarm
 * Promises  a delivery is on disk before it is answered, and is read at least once, in order per person; a forged one leaves no trace; a
 *           vendor's error is a remedy; a secret is sealed and never shown
 * Uses      realtime, accounts, policies, audit, jobs
 * Never     knows a conversation or a contact; decides what is kept
 */
export {
  type Channel,
  ChannelError,
  type OpenConnection,
  type OutboundFile,
  type OutboundMessage,
  type OutboundPlace,
  type ReplyPart,
  type Sent,
} from './channel.js';
export { channelsDataMap } from './data-map.js';
export { Channels } from './channels.service.js';
export { ChannelsModule } from './channels.module.js';
export type { ConnectionId } from './connection-id.js';
export { ConnectionService } from './connection.service.js';
export { DoctorService } from './doctor.service.js';
export { BODY_BYTES_AT_ONCE_MAX, bodyInMemory, type Delivery, DeliveryLog } from './delivery-log.service.js';
export {
  AgentNotices,
  AgentTokens,
  MAIL_BYTES_MAX,
  MailboxGuess,
  MailboxService,
  MailDoor,
  MailFetcher,
  MailLoginService,
  type MailProvider,
  MailTest,
  MailTokens,
  ProviderDoor,
  signInbound,
} from './email/index.js';
export { ReleaseParked, StartSweep, SWEEP_BACK_DAYS_MAX } from './follow-up-jobs.js';
export * from './inbound.js';
export { Quarantine, type SetAside } from './quarantine.service.js';
export { quarantineSentence } from './quarantine-words.js';
export { InstallationDoctor } from './installation-doctor.service.js';
export { IntakeService } from './intake.service.js';
export {
  type ArchivedMessage,
  type ArchivedThread,
  GrantorService,
  MESSENGER_BODY_BYTES_MAX,
  MessengerDoor,
  PageActs,
  PageArchive,
  PageHealth,
  PageLoginService,
  PageService,
  type PersonSignal,
} from './messenger/index.js';
