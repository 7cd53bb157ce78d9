import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyReply } from 'fastify';

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

/** The page of a built web app, and a way to send it that names what it may do. */
export async function builtPage(folder: string): Promise<(reply: FastifyReply) => FastifyReply> {
  const page = await readFile(join(folder, 'index.html'), 'utf8');
  return (reply) => {
    // Never kept: a word that is used twice could be guessed.
    const nonce = randomBytes(NONCE_BYTES).toString('base64');
    return reply
      .header('content-type', 'text/html; charset=utf-8')
      .header('cache-control', 'no-store')
      .header('content-security-policy', policyWith(nonce))
      .send(page.replaceAll(NONCE_PLACE, nonce));
  };
}
