import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { AccountsModule } from '#accounts';
import { AuditModule } from '#audit';
import { ChannelsModule } from '#channels';
import { PoliciesModule } from '#policies';
import { RealtimeModule } from '#realtime';
import { TicketingModule } from '#ticketing';
import { AccountController } from './account.controller.js';
import { AgentsController } from './agents.controller.js';
import { ApiKeysController } from './api-keys.controller.js';
import { AuditController } from './audit.controller.js';
import { ConnectionsController } from './connections.controller.js';
import { ContactsController } from './contacts.controller.js';
import { ConversationsController } from './conversations.controller.js';
import { DoorGuard, SessionGuard } from './door.guard.js';
import { FactorsController } from './factors.controller.js';
import { FilesController } from './files.controller.js';
import { ForwardsController } from './forwards.controller.js';
import { HealthController } from './health.controller.js';
import { LockController } from './lock.controller.js';
import { MailboxesController } from './mailboxes.controller.js';
import { MessagesController } from './messages.controller.js';
import { OperatorGrantsController } from './operator-grants.controller.js';
import { PoliciesController } from './policies.controller.js';
import { QuarantineController } from './quarantine.controller.js';
import { RefusedRequests } from './refused-requests.js';
import { RolesController } from './roles.controller.js';
import { SecurityController } from './security.controller.js';
import { SessionController } from './session.controller.js';
import { SuppressionsController } from './suppressions.controller.js';
import { SweepsController } from './sweeps.controller.js';
import { TeamsController } from './teams.controller.js';
import { UploadsController } from './uploads.controller.js';

/** Where agents knock. */
@Module({
  imports: [AccountsModule, AuditModule, ChannelsModule, PoliciesModule, RealtimeModule, TicketingModule],
  controllers: [
    AccountController,
    AgentsController,
    ApiKeysController,
    AuditController,
    ConnectionsController,
    ContactsController,
    ConversationsController,
    FactorsController,
    FilesController,
    ForwardsController,
    HealthController,
    LockController,
    MailboxesController,
    MessagesController,
    OperatorGrantsController,
    PoliciesController,
    QuarantineController,
    RolesController,
    SecurityController,
    SessionController,
    SuppressionsController,
    SweepsController,
    TeamsController,
    UploadsController,
  ],
  providers: [RefusedRequests, SessionGuard, { provide: APP_GUARD, useClass: DoorGuard }],
})
export class ApiModule {}
