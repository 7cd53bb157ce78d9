import { Module } from '@nestjs/common';
import { ChannelsModule, MAIL_BYTES_MAX, MESSENGER_BODY_BYTES_MAX } from '#channels';
import type { RawBodyDoor } from '#platform';
import { CallbacksController } from './callbacks.controller.js';
import { DeletionController } from './deletion.controller.js';
import { MailController } from './mail.controller.js';
import { MessengerController } from './messenger.controller.js';

/** Signatures are over bytes, so these doors get bytes. */
export const RAW_DOORS: RawBodyDoor[] = [
  { pathPrefix: '/webhooks/messenger', bodyBytesMax: MESSENGER_BODY_BYTES_MAX },
  { pathPrefix: '/webhooks/email/', bodyBytesMax: MAIL_BYTES_MAX },
];

/** Where vendors knock. Verify, keep, answer. */
@Module({ imports: [ChannelsModule], controllers: [MessengerController, CallbacksController, DeletionController, MailController] })
export class GatewayModule {}
