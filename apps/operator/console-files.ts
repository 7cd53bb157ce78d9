import { existsSync } from 'node:fs';
import fastifyStatic from '@fastify/static';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { builtPage } from '#platform';

const HASHED = /^\/assets\//;
const PAGE = '/index.html';
const FILE = /\.[a-z0-9]{2,5}$/;

/** Serve the built console: its files by their names, and its one page for every address that is the browser's own business. */
export async function serveConsoleFiles(app: NestFastifyApplication, folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  const sendPage = await builtPage(folder);
  await app.register(fastifyStatic, { root: folder, serve: false, etag: true, cacheControl: false });
  app
    .getHttpAdapter()
    .getInstance()
    .get('/*', async (request, reply) => {
      const path = new URL(request.url, 'http://localhost').pathname;
      if (path.startsWith('/operator/')) {
        return reply.status(404).send({ error: { code: 'not_found', message: 'There is nothing at this address.' } });
      }
      if (HASHED.test(path)) return reply.header('cache-control', 'public, max-age=31536000, immutable').sendFile(path.slice(1));
      return FILE.test(path) && path !== PAGE ? reply.sendFile(path.slice(1)) : sendPage(reply);
    });
}
