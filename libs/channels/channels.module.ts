import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AccountsModule } from '#accounts';
import { RealtimeModule } from '#realtime';
import { Channels } from './channels.service.js';
import { ConnectionEntity } from './connection.entity.js';
import { ConnectionService } from './connection.service.js';
import { DeliveryLog } from './delivery-log.service.js';
import { DoctorService } from './doctor.service.js';
import { EmailChannel, InstallationMail, MailboxDoctor, MailboxService, MailDoor } from './email/index.js';
import { IntakeService } from './intake.service.js';
import { NotifyAdminsJob } from './notify-admins.job.js';
import {
  FacebookLogin,
  GrantorService,
  GraphClient,
  MessengerChannel,
  MessengerDoor,
  MessengerSender,
  PageActs,
  PageArchive,
  PageDoctor,
  PageHealth,
  PageLoginService,
  PageService,
  PageSubscription,
  SelfTest,
  TokenCheck,
  Personas,
  SweepVendorFilesJob,
  VendorFiles,
} from './messenger/index.js';

@Module({
  imports: [TypeOrmModule.forFeature([ConnectionEntity]), AccountsModule, RealtimeModule],
  providers: [
    Channels,
    ConnectionService,
    DeliveryLog,
    DoctorService,
    EmailChannel,
    FacebookLogin,
    GrantorService,
    GraphClient,
    InstallationMail,
    IntakeService,
    MailboxDoctor,
    MailboxService,
    MailDoor,
    MessengerChannel,
    MessengerDoor,
    MessengerSender,
    PageActs,
    PageArchive,
    NotifyAdminsJob,
    PageDoctor,
    PageHealth,
    PageLoginService,
    PageService,
    PageSubscription,
    Personas,
    SelfTest,
    SweepVendorFilesJob,
    TokenCheck,
    VendorFiles,
  ],
  exports: [
    Channels,
    ConnectionService,
    DeliveryLog,
    DoctorService,
    GrantorService,
    IntakeService,
    MailboxService,
    MailDoor,
    MessengerDoor,
    PageActs,
    PageArchive,
    PageHealth,
    PageLoginService,
    PageService,
  ],
})
export class ChannelsModule {}
