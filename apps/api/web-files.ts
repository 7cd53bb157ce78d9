import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';

const HASHED = /^\/assets\//;
const PAGE = 'index.html';
const NONCE_BYTES = 16;
/** Where the build left room for it; see the web app's own configuration. */
const NONCE_PLACE = '__STYLE_NONCE__';

/** What the page may do. Scripts are files of ours; a style element carries this one page's word. */
const policyWith = (nonce: string) =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data: blob:",
    "connect-src 'self'",
    "font-src 'self'",
    "frame-src 'self'",
    "manifest-src 'self'",
    "media-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');

/**
 * Serve the built web app: its files by their names, and its one page for every address that is the browser's own business.
 * The hashed files never change; the page is asked for each time.
 */
export async function serveWebFiles(app: NestFastifyApplication, folder: string): Promise<void> {
  const page = await readFile(join(folder, PAGE), 'utf8');
  await app.register(fastifyStatic, { root: folder, serve: false, etag: true, cacheControl: false });
  app
    .getHttpAdapter()
    .getInstance()
    .get('/*', async (request, reply) => {
      const path = new URL(request.url, 'http://localhost').pathname;
      if (path.startsWith('/api/') || path.startsWith('/webhooks/') || path.startsWith('/socket.io/')) return notFound(reply);
      if (HASHED.test(path)) return reply.header('cache-control', 'public, max-age=31536000, immutable').sendFile(path.slice(1));
      const isFile = /\.[a-z0-9]{2,5}$/.test(path);
      return isFile && path !== `/${PAGE}` ? reply.header('cache-control', 'no-cache').sendFile(path.slice(1)) : sendPage(reply, page);
    });
}

// Never kept: a word that is used twice could be guessed.
function sendPage(reply: FastifyReply, page: string): FastifyReply {
  const nonce = randomBytes(NONCE_BYTES).toString('base64');
  return reply
    .header('content-type', 'text/html; charset=utf-8')
    .header('cache-control', 'no-store')
    .header('content-security-policy', policyWith(nonce))
    .send(page.replaceAll(NONCE_PLACE, nonce));
}

function notFound(reply: FastifyReply): FastifyReply {
  return reply.status(404).send({ error: { code: 'not_found', message: 'There is nothing at this address.' } });
}
