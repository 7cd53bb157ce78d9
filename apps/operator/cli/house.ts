import { type DynamicModule, type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AccountsModule, CONSOLE, InvitationService, IpListService, OperatorAccounts, SetupService, TenantService } from '#accounts';
import { AuditModule } from '#audit';
import { ChannelsModule, InstallationDoctor } from '#channels';
import { JobsModule } from '#jobs';
import { type Config, joinGround, Log, PlatformModule, type PreparedGround } from '#platform';
import { TicketingModule, UsageService } from '#ticketing';
import type { Operations } from './operations.js';

const PAGE = 100;

@Module({})
class HouseModule {
  static on(ground: PreparedGround): DynamicModule {
    const imports = [
      PlatformModule.on({ ...ground, log: new Log({ write: () => undefined }) }),
      JobsModule,
      AuditModule,
      AccountsModule,
      ChannelsModule,
      TicketingModule,
    ];
    return { module: HouseModule, imports };
  }
}

/** Open the rooms on the database itself, without a door and without a worker, for as long as `work` takes. */
export async function inHouse<T>(config: Config, work: (house: INestApplicationContext, ground: PreparedGround) => Promise<T>): Promise<T> {
  const ground = await joinGround(config);
  try {
    const house = await NestFactory.createApplicationContext(HouseModule.on(ground), { logger: false });
    try {
      return await work(house, ground);
    } finally {
      await house.close();
    }
  } finally {
    await ground.close();
  }
}

/** The same operations by the console's own hand: whoever has it has the data. */
export function onTheDatabase(house: INestApplicationContext, config: Config): Operations {
  const part = <T>(of: abstract new (...parameters: never[]) => T): T => house.get<T>(of, { strict: false });
  const accounts = part(OperatorAccounts);
  const origin = config.operatorUrl ?? `http://localhost:${String(config.operatorPort)}`;
  return {
    tenants: async () => {
      const items = [];
      let cursor: string | undefined;
      do {
        const page = await part(UsageService).list({ cursor, limit: PAGE });
        items.push(...page.items);
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
      return items;
    },
    createTenant: (tenant) => part(SetupService).byOperator(CONSOLE, tenant),
    suspend: (id, reason) => part(TenantService).suspend(CONSOLE, id, reason),
    resume: (id) => part(TenantService).resume(CONSOLE, id),
    clearAddresses: (id) => part(IpListService).clear(CONSOLE, id),
    invite: (id, invite) => part(InvitationService).inviteFor(CONSOLE, id, invite),
    health: () => part(InstallationDoctor).look(),
    operators: () => accounts.list(),
    createOperator: (operator) => accounts.create(CONSOLE, operator),
    addKey: (id, key) => accounts.addKey(CONSOLE, id, key),
    invitePasskey: (id) => accounts.invitePasskey(CONSOLE, id, origin),
    revoke: (id) => accounts.revoke(CONSOLE, id),
  };
}
