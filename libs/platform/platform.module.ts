import { join } from 'node:path';
import { type DynamicModule, Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { BlobStore } from './blobs.js';
import { Clock } from './clock.js';
import { CONFIG, type Config } from './config.js';
import { Database, STATEMENT_TIMEOUT_MS } from './database.js';
import type { DatabaseUrls } from './database-roles.js';
import { Egress } from './egress.js';
import { Log } from './log.js';
import { SecretBox } from './secret-box.js';

const POOL_CONNECTIONS_MAX = 16;
const POOL_WAIT_MS_MAX = 10_000;
// A plan made while a table was empty stays slow; a connection that ends takes its plans with it.
const CONNECTION_LIFE_S_MAX = 600;

export const DATABASE_URLS = Symbol('database urls');

export interface Ground {
  config: Config;
  databaseUrls: DatabaseUrls;
  clock?: Clock;
  log?: Log;
}

/** The ground under every room: one per process. */
@Global()
@Module({})
export class PlatformModule {
  static on({ config, databaseUrls, clock = new Clock(), log = new Log() }: Ground): DynamicModule {
    const secrets = new SecretBox(config.secretKeys);
    return {
      module: PlatformModule,
      imports: [
        TypeOrmModule.forRoot({
          type: 'postgres',
          url: databaseUrls.app,
          autoLoadEntities: true,
          synchronize: false,
          logging: false,
          retryAttempts: 0,
          applicationName: 'omnidesk',
          extra: {
            max: POOL_CONNECTIONS_MAX,
            connectionTimeoutMillis: POOL_WAIT_MS_MAX,
            maxLifetimeSeconds: CONNECTION_LIFE_S_MAX,
            statement_timeout: STATEMENT_TIMEOUT_MS,
            idle_in_transaction_session_timeout: STATEMENT_TIMEOUT_MS,
          },
          poolErrorHandler: (error: unknown) => {
            log.error('database_connection_lost', error);
          },
        }),
      ],
      providers: [
        { provide: CONFIG, useValue: config },
        { provide: DATABASE_URLS, useValue: databaseUrls },
        { provide: Clock, useValue: clock },
        { provide: Log, useValue: log },
        { provide: SecretBox, useValue: secrets },
        { provide: BlobStore, useValue: new BlobStore(join(config.dataDir, 'blobs'), secrets, clock) },
        { provide: Egress, useValue: new Egress(trustedOrigins(config)) },
        { provide: Database, useFactory: (dataSource: DataSource) => new Database(dataSource), inject: [DataSource] },
      ],
      exports: [CONFIG, DATABASE_URLS, Clock, Log, SecretBox, BlobStore, Egress, Database],
    };
  }
}

/** What the operator says about vendors' addresses is meant, also where it leads to a private one. */
function trustedOrigins({ facebook, mailLogin, identityOriginsTrusted }: Config): string[] {
  const urls = [facebook.graphUrl, mailLogin.google?.tokenUrl, mailLogin.microsoft?.tokenUrl, ...identityOriginsTrusted];
  return urls.flatMap((url) => (url === undefined ? [] : [new URL(url).origin]));
}
