import fastifyCookie from '@fastify/cookie';
import type { LoggerService, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Log } from '../log.js';
import { Refusal } from '../refusal.js';
import { RefusalFilter, type RefusalWitness } from './refusal.filter.js';

/** The largest JSON body of the API. Doors for bytes set limits of their own. */
export const JSON_BODY_BYTES_MAX = 512 * 1024;
const HEADERS_TIMEOUT_MS = 20_000;
const REQUEST_TIMEOUT_MS = 60_000;
const PARAMETER_LENGTH_MAX = 500;

export interface RawBodyDoor {
  /** Requests whose path begins so get their bytes unparsed, as a Buffer. */
  pathPrefix: string;
  bodyBytesMax: number;
}

const bodies = new WeakMap<object, Buffer>();

/** The bytes that a request brought, as they came: what a signature over them is checked by. Null when it brought none. */
export function bytesOf(request: FastifyRequest): Buffer | null {
  return bodies.get(request) ?? null;
}

/**
 * A Nest application on Fastify with what every door needs: the one error shape, security headers, limits and timeouts, and raw bytes
 * for the doors that must check a signature over them.
 *
 * Shape    witness: a provider that is told of every refusal
 */
export async function createServer(
  root: unknown,
  log: Log,
  rawDoors: readonly RawBodyDoor[],
  witness?: Type<RefusalWitness>,
): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit: JSON_BODY_BYTES_MAX,
    requestTimeout: REQUEST_TIMEOUT_MS,
    http: { headersTimeout: HEADERS_TIMEOUT_MS },
    routerOptions: { maxParamLength: PARAMETER_LENGTH_MAX },
    forceCloseConnections: true,
    // Forwarding headers are read in one place, by the list of trusted proxies.
    trustProxy: false,
    // What the router refuses comes past every hook and filter.
    frameworkErrors: (_error: unknown, request: FastifyRequest, reply: FastifyReply) => {
      protect(request, reply);
      void reply.status(400).send({ error: { code: 'malformed', message: 'This address could not be read.' } });
    },
  });
  const fastify: FastifyInstance = adapter.getInstance();
  parseBodies(fastify, rawDoors);
  setHeaders(fastify);
  const app = await NestFactory.create<NestFastifyApplication>(root as Type, adapter, { logger: quiet(log), bodyParser: false });
  app.useGlobalFilters(new RefusalFilter(log, witness ? app.get(witness, { strict: false }) : null));
  await app.register(fastifyCookie as never);
  return app;
}

function parseBodies(fastify: FastifyInstance, rawDoors: readonly RawBodyDoor[]): void {
  const doorOf = (path: string) => rawDoors.find((door) => path.startsWith(door.pathPrefix));
  fastify.removeAllContentTypeParsers();
  // The declared length is checked before a byte is read. What declares none is cut off at its route's own limit, not at the largest.
  fastify.addHook('onRoute', (route) => {
    route.bodyLimit = doorOf(route.url)?.bodyBytesMax ?? JSON_BODY_BYTES_MAX;
  });
  fastify.addHook('onRequest', (request, _reply, done) => {
    const limit = doorOf(request.url)?.bodyBytesMax ?? JSON_BODY_BYTES_MAX;
    const declared = Number(request.headers['content-length'] ?? 0);
    done(declared > limit ? tooLarge() : undefined);
  });
  fastify.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: JSON_BODY_BYTES_MAX }, (request, bytes, done) => {
    const body = bytes as Buffer;
    const door = doorOf(request.url);
    if (body.length > 0) bodies.set(request, body);
    if (door) done(null, body);
    else if (body.length === 0) done(null, undefined);
    else if (!/^application\/json\b/i.test(request.headers['content-type'] ?? ''))
      done(Object.assign(new Error('not json'), { statusCode: 415 }));
    else parseJson(body, done);
  });
}

function parseJson(body: Buffer, done: (error: Error | null, value?: unknown) => void): void {
  try {
    // `__proto__` in a body has no honest use; dropping it keeps it from reaching a prototype.
    done(
      null,
      JSON.parse(body.toString('utf8'), (name, value: unknown) => (name === '__proto__' ? undefined : value)),
    );
  } catch {
    done(new Refusal('invalid', 'malformed', 'The body is not valid JSON.'));
  }
}

function tooLarge(): Refusal & { statusCode: number } {
  return Object.assign(new Refusal('too_large', 'too_large', 'This is more than is accepted at once.'), { statusCode: 413 });
}

const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  // The component library sets its sizes in style elements; scripts are what must never be inline.
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "font-src 'self'",
  "frame-src 'self'",
  "manifest-src 'self'",
  "media-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

function setHeaders(fastify: FastifyInstance): void {
  fastify.addHook('onSend', (request, reply, payload, done) => {
    protect(request, reply);
    done(null, payload);
  });
}

/** What browsers must not do with any answer of ours. */
function protect(request: FastifyRequest, reply: FastifyReply): void {
  reply.header('x-content-type-options', 'nosniff');
  reply.header('referrer-policy', 'no-referrer');
  reply.header('cross-origin-opener-policy', 'same-origin');
  reply.header('cross-origin-resource-policy', 'same-origin');
  if (!reply.hasHeader('content-security-policy')) reply.header('content-security-policy', CONTENT_SECURITY_POLICY);
  if (request.url.startsWith('/api/') && !reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
}

/** Nest's own lines carry free text, so only the fact that it warned is kept. */
function quiet(log: Log): LoggerService {
  return {
    log: () => undefined,
    error: () => {
      log.warn('framework_error');
    },
    warn: () => undefined,
    fatal: () => {
      log.warn('framework_error');
    },
  };
}
