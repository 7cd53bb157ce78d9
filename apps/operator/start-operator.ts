import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { OperatorAddressList } from '#accounts';
import { type Config, createServer, type Log } from '#platform';
import { serveConsoleFiles } from './console-files.js';
import { OperatorModule } from './operator.module.js';
import { standWall } from './wall.js';

const CONSOLE_FILES = join(import.meta.dirname, '../../console');

/** Open the operator's door onto a house that runs, and resolve once it answers. */
export async function startOperator(
  house: NestFastifyApplication,
  { config, log }: { config: Config; log: Log },
): Promise<NestFastifyApplication> {
  const app = await createServer(OperatorModule.on(house), log, [], { isHttps: config.operatorUrl?.startsWith('https:') });
  try {
    standWall(app, house.get(OperatorAddressList, { strict: false }), { config, log });
    await serveConsoleFiles(app, CONSOLE_FILES);
    await app.listen(config.operatorPort, config.operatorHost);
    return app;
  } catch (error) {
    await app.close();
    throw error;
  }
}
