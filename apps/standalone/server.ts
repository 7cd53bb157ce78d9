import { join } from 'node:path';
import { type DynamicModule, Module, type Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { MailDoor } from '#channels';
import { JobsModule } from '#jobs';
import { type Clock, type Config, createServer, type DatabaseUrls, Log, PlatformModule } from '#platform';
import { FeedGateway } from '#realtime';
import { ApiModule } from '../api/api.module.js';
import { RefusedRequests } from '../api/refused-requests.js';
import { UPLOAD_DOOR } from '../api/uploads.controller.js';
import { serveWebFiles } from '../api/web-files.js';
import { GatewayModule, RAW_DOORS } from '../gateway/gateway.module.js';
import { startOperator } from '../operator/start-operator.js';
import { WorkerModule } from '../worker/worker.module.js';

const WEB_FILES = join(import.meta.dirname, '../../web');

export interface ServerOptions {
  config: Config;
  databaseUrls: DatabaseUrls;
  clock?: Clock;
  log?: Log;
}

export interface RunningServer {
  app: NestFastifyApplication;
  /** Where it listens, also when the configuration said port 0. */
  url: string;
  /** The operator's door; null where this process has none. */
  operator: { app: NestFastifyApplication; url: string } | null;
  /** The SMTP door's port; null where there is none. */
  smtpPort: number | null;
  close(): Promise<void>;
}

@Module({})
class StandaloneModule {
  static with(options: ServerOptions): DynamicModule {
    const { roles } = options.config;
    const doors: Type[] = [ApiModule];
    if (roles.includes('gateway')) doors.push(GatewayModule);
    if (roles.includes('worker')) doors.push(WorkerModule);
    return { module: StandaloneModule, imports: [PlatformModule.on(options), JobsModule, ...doors] };
  }
}

/** Start the doors that the configuration names, in this process, and resolve once they answer. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { config } = options;
  const log = options.log ?? new Log();
  const app = await createServer(StandaloneModule.with({ ...options, log }), log, [...RAW_DOORS, UPLOAD_DOOR], {
    isHttps: config.publicUrl.startsWith('https:'),
    witness: RefusedRequests,
  });
  let operator: NestFastifyApplication | null = null;
  const close = async () => {
    await operator?.close();
    await app.close();
  };
  try {
    if (config.roles.includes('api')) {
      await serveWebFiles(app, WEB_FILES);
      app.get(FeedGateway).attach(app.getHttpServer());
    }
    await app.listen(config.port, config.host);
    const takesMail = config.smtpListen !== null && config.roles.includes('gateway');
    const smtpPort = takesMail ? await app.get(MailDoor).listen(config.smtpListen!) : null;
    if (config.roles.includes('api')) operator = await startOperator(app, { config, log });
    const url = await app.getUrl();
    return { app, url, operator: operator && { app: operator, url: await operator.getUrl() }, smtpPort, close };
  } catch (error) {
    await close();
    throw error;
  }
}
