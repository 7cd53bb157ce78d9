import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { MEDIA_BYTES_MAX } from './media.js';

const TEXT_LENGTH_MAX = 20_000;
const NAME_LENGTH_MAX = 200;
const BASE64_LENGTH_MAX = Math.ceil((MEDIA_BYTES_MAX * 4) / 3) + 4;

export const Text = z.string().min(1).max(TEXT_LENGTH_MAX);
export const Name = z.string().min(1).max(NAME_LENGTH_MAX);
export const WebAddress = z.url({ protocol: /^https?$/ }).max(2000);
/** A file as a page can send it inside JSON. */
export const File = z
  .object({ name: Name, mediaType: Name, base64: z.string().max(BASE64_LENGTH_MAX) })
  .transform(({ name, mediaType, base64 }) => ({ name, mediaType, content: Buffer.from(base64, 'base64') }));

type Handler = (body: unknown, id: string) => unknown;

/** One route: the body is read by the handler's schema, nothing to say is answered as `{}`. */
export function route(api: FastifyInstance, method: 'POST' | 'PUT' | 'DELETE', url: string, handler: Handler): void {
  api.route({
    method,
    url,
    handler: async (request) => (await handler(request.body ?? {}, (request.params as { id?: string }).id ?? '')) ?? {},
  });
}
