import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  InvitationService,
  IpListService,
  OperatorAccounts,
  OperatorAddressList,
  OperatorPasskeys,
  OperatorSessions,
  OperatorSignatures,
  SetupService,
  TenantService,
} from '#accounts';
import { Audit, AuditReader, AuditVerifier } from '#audit';
import { InstallationDoctor } from '#channels';
import { FeedGateway } from '#realtime';
import { GrantedRead, UsageService } from '#ticketing';
import { AddressesController } from './addresses.controller.js';
import { GrantedController } from './granted.controller.js';
import { InstallationAuditController } from './installation-audit.controller.js';
import { Metrics } from './metrics.js';
import { OperatorHealthController } from './operator-health.controller.js';
import { OperatorSessionController } from './operator-session.controller.js';
import { OperatorGuard } from './operator.guard.js';
import { OperatorsController } from './operators.controller.js';
import { CLOSE_ENDED_SOCKETS, TenantsController } from './tenants.controller.js';

/** What this door opens onto. They are the running house's own: nothing here has a second database, or a second anything. */
const OF_THE_HOUSE: Type[] = [
  Audit,
  AuditReader,
  AuditVerifier,
  GrantedRead,
  InstallationDoctor,
  InvitationService,
  IpListService,
  OperatorAccounts,
  OperatorAddressList,
  OperatorPasskeys,
  OperatorSessions,
  OperatorSignatures,
  SetupService,
  TenantService,
  UsageService,
];

/** Where operators knock. A server of its own, so that no address of this door exists at the public one. */
@Module({})
export class OperatorModule {
  static on(house: NestFastifyApplication): DynamicModule {
    return {
      module: OperatorModule,
      controllers: [
        AddressesController,
        InstallationAuditController,
        GrantedController,
        OperatorHealthController,
        OperatorSessionController,
        OperatorsController,
        TenantsController,
      ],
      providers: [
        ...OF_THE_HOUSE.map((part) => ({ provide: part, useValue: house.get<unknown>(part, { strict: false }) })),
        // Not the gateway itself: this server would begin and end it a second time.
        { provide: CLOSE_ENDED_SOCKETS, useValue: () => house.get(FeedGateway, { strict: false }).closeEnded() },
        Metrics,
        { provide: APP_GUARD, useClass: OperatorGuard },
      ],
    };
  }
}
