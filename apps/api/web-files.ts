import fastifyStatic from '@fastify/static';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import { builtPage } from '#platform';

const HASHED = /^\/assets\//;
const PAGE = 'index.html';

/**
 * Serve the built web app: its files by their names, and its one page for every address that is the browser's own business.
 * The hashed files never change; the page is asked for each time.
 */
export async function serveWebFiles(app: NestFastifyApplication, folder: string): Promise<void> {
  const sendPage = await builtPage(folder);
  await app.register(fastifyStatic, { root: folder, serve: false, etag: true, cacheControl: false });
  app
    .getHttpAdapter()
    .getInstance()
    .get('/*', async (request, reply) => {
      const path = new URL(request.url, 'http://localhost').pathname;
      if (path.startsWith('/api/') || path.startsWith('/webhooks/') || path.startsWith('/socket.io/') || path.startsWith('/operator/'))
        return notFound(reply);
      if (HASHED.test(path)) return reply.header('cache-control', 'public, max-age=31536000, immutable').sendFile(path.slice(1));
      const isFile = /\.[a-z0-9]{2,5}$/.test(path);
      return isFile && path !== `/${PAGE}` ? reply.header('cache-control', 'no-cache').sendFile(path.slice(1)) : sendPage(reply);
    });
}

function notFound(reply: FastifyReply): FastifyReply {
  return reply.status(404).send({ error: { code: 'not_found', message: 'There is nothing at this address.' } });
}
