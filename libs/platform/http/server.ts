import { type IncomingMessage, ServerResponse } from 'node:http';
import fastifyCookie from '@fastify/cookie';
import type { LoggerService, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { GatheredBytes } from '../bytes.js';
import type { Log } from '../log.js';
import { Refusal } from '../refusal.js';
import { BodyRoom, LARGE_BODY_BYTES } from './body-room.js';
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

/** The bytes that a request brought, as they came: what a signature over them is checked by. Null when it brought none, and at doors for bytes. */
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
  { isHttps = false, witness }: { isHttps?: boolean; witness?: Type<RefusalWitness> } = {},
): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit: JSON_BODY_BYTES_MAX,
    requestTimeout: REQUEST_TIMEOUT_MS,
    http: { headersTimeout: HEADERS_TIMEOUT_MS, ServerResponse: guardedAnswer(isHttps) },
    routerOptions: { maxParamLength: PARAMETER_LENGTH_MAX },
    forceCloseConnections: true,
    // Forwarding headers are read in one place, by the list of trusted proxies.
    trustProxy: false,
    // What the router refuses comes past every hook and filter.
    frameworkErrors: (_error: unknown, _request: FastifyRequest, reply: FastifyReply) => {
      void reply.status(400).send({ error: { code: 'malformed', message: 'This address could not be read.' } });
    },
  });
  const fastify: FastifyInstance = adapter.getInstance();
  parseBodies(fastify, rawDoors);
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
  const room = new BodyRoom();
  fastify.addHook('onRequest', (request, reply, done) => {
    const limit = doorOf(request.url)?.bodyBytesMax ?? JSON_BODY_BYTES_MAX;
    const declared = Number(request.headers['content-length'] ?? 0);
    if (declared > limit) done(tooLarge());
    else if (declared < LARGE_BODY_BYTES) done();
    else {
      room.enter(declared).then((leave) => {
        // Answered, or gone: also while it waited.
        if (reply.raw.closed || request.raw.socket.destroyed) leave();
        else reply.raw.once('close', leave);
        done();
      }, done);
    }
  });
  fastify.addContentTypeParser('*', (request, payload, done) => {
    gather(request, payload, (error, body) => {
      if (error) return done(error);
      // The bytes of a door for bytes are its own to keep or to let go.
      if (doorOf(request.url)) return done(null, body);
      if (body.length > 0) bodies.set(request, body);
      if (body.length === 0) done(null, undefined);
      else if (!/^application\/json\b/i.test(request.headers['content-type'] ?? ''))
        done(Object.assign(new Error('not json'), { statusCode: 415 }));
      else parseJson(body, done);
    });
  });
}

const NOTHING = Buffer.alloc(0);

/** The framework would hold a large body twice: in the pieces it came in, and whole. */
function gather(request: FastifyRequest, payload: IncomingMessage, done: (error: Error | null, body: Buffer) => void): void {
  const declared = Number(request.headers['content-length'] ?? Number.NaN);
  const gathered = new GatheredBytes(Number.isNaN(declared) ? 0 : declared);
  const stop = (error: Error | null): void => {
    payload.off('data', add).off('end', end).off('error', broke);
    done(error, error === null ? gathered.take() : NOTHING);
  };
  const add = (piece: Buffer): void => {
    if (gathered.length + piece.length > request.routeOptions.bodyLimit) stop(tooLarge());
    else gathered.add(piece);
  };
  const end = (): void => {
    const isWhole = Number.isNaN(declared) || declared === gathered.length;
    stop(isWhole ? null : Object.assign(new Error('not as long as declared'), { statusCode: 400 }));
  };
  const broke = (error: Error): void => {
    stop(Object.assign(error, { statusCode: 400 }));
  };
  payload.on('data', add).on('end', end).on('error', broke);
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

/** Of everything that is no page: it may do nothing at all. A page names what it needs. */
const NO_PAGE = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/** A year, and every name below ours: a first visit by http must not be repeated. */
const STRICT_TRANSPORT = 'max-age=31536000; includeSubDomains';
/** Of every answer that does not say otherwise. */
const HEADERS = {
  'content-security-policy': NO_PAGE,
  // For browsers that do not read the policy.
  'x-frame-options': 'DENY',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy':
    'camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=(), hid=(), midi=(), display-capture=(), browsing-topics=()',
};

/** An answer that says from its beginning what browsers must not do with it, whoever gives it: sockets come past the framework. */
function guardedAnswer(isHttps: boolean): typeof ServerResponse {
  const headers = isHttps ? { ...HEADERS, 'strict-transport-security': STRICT_TRANSPORT } : HEADERS;
  return class<Request extends IncomingMessage = IncomingMessage> extends ServerResponse<Request> {
    constructor(request: Request) {
      super(request);
      for (const [name, value] of Object.entries(headers)) this.setHeader(name, value);
    }
  };
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
