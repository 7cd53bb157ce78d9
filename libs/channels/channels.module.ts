import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { RealtimeModule } from '#realtime';
import { Channels } from './channels.service.js';
import { ConnectionEntity } from './connection.entity.js';
import { ConnectionService } from './connection.service.js';
import { DeliveryLog } from './delivery-log.service.js';
import { EmailChannel, MailboxService, MailDoor } from './email/index.js';
import { IntakeService } from './intake.service.js';
import { GraphClient, MessengerChannel, MessengerDoor, PageService } from './messenger/index.js';

@Module({
  imports: [TypeOrmModule.forFeature([ConnectionEntity]), RealtimeModule],
  providers: [
    Channels,
    ConnectionService,
    DeliveryLog,
    EmailChannel,
    GraphClient,
    IntakeService,
    MailboxService,
    MailDoor,
    MessengerChannel,
    MessengerDoor,
    PageService,
  ],
  exports: [Channels, ConnectionService, DeliveryLog, IntakeService, MailboxService, MailDoor, MessengerDoor, PageService],
})
export class ChannelsModule {}
