/**
 * CHANNELS: speaks each vendor's language, so that nobody else has to.
 *
 * Owns      connection, route, delivery
 * Promises  a delivery is on disk before it is answered, and is read at least once, in order per person; a forged one leaves no trace; a
 *           vendor's error is a remedy; a secret is sealed and never shown
 * Uses      realtime, policies
 * Never     knows a conversation or a contact; decides what is kept
 */
export { type Channel, ChannelError, type OpenConnection, type Sent } from './channel.js';
export { channelsDataMap } from './data-map.js';
export { Channels } from './channels.service.js';
export { ChannelsModule } from './channels.module.js';
export type { ConnectionId } from './connection-id.js';
export { ConnectionService } from './connection.service.js';
export { type Delivery, DeliveryLog } from './delivery-log.service.js';
export { MAIL_BYTES_MAX, MailboxService, MailDoor, signInbound } from './email/index.js';
export * from './inbound.js';
export { IntakeService } from './intake.service.js';
export { MESSENGER_BODY_BYTES_MAX, MessengerDoor, PageService } from './messenger/index.js';
