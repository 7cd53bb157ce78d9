import { readFile } from 'node:fs/promises';
import type { FastifyInstance } from 'fastify';

/** Seen from the compiled file: the assets stay where they are written. */
const ASSETS = new URL('../../../apps/simulator/page/', import.meta.url);
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const MEDIA_TYPES: Record<string, string> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
};
const FILES = (
  'index.html page.css page.js chat.js acts.js posts.js mailbox.js mail-acts.js page-drawer.js weather.js parts.js words.js words-en.js ' +
  'words-nl.js favicon.svg'
).split(' ');

/** The simulator's own page, on which a person plays the customers. */
export function simPage(server: FastifyInstance): void {
  for (const file of FILES) {
    const mediaType = MEDIA_TYPES[file.split('.').at(-1) ?? ''] ?? 'application/octet-stream';
    server.get(file === 'index.html' ? '/' : `/${file}`, async (_request, reply) =>
      reply
        .header('Content-Security-Policy', PAGE_POLICY)
        .header('X-Content-Type-Options', 'nosniff')
        .header('Cache-Control', 'no-cache')
        .type(mediaType)
        .send(await readFile(new URL(file, ASSETS))),
    );
  }
}
