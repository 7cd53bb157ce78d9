import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Log } from '../log.js';
import { Refusal, type RefusalKind } from '../refusal.js';

const STATUS: Record<RefusalKind, number> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  not_acceptable: 406,
  conflict: 409,
  unprocessable: 422,
  too_large: 413,
  unsupported_type: 415,
  too_many: 429,
  unavailable: 503,
};

// PostgreSQL classes and socket errors that mean "not now" rather than "never".
const OUTAGE_CODES = /^(08|53|57P|ECONNREFUSED|ECONNRESET|ENOENT|ETIMEDOUT)/;

/** Is told of each refusal before it is answered: for writing down what was tried. */
export interface RefusalWitness {
  saw(refusal: Refusal, request: FastifyRequest): Promise<void>;
}

/** Turns whatever was thrown into the one error shape. What is not a refusal is logged, and told to nobody. */
@Catch()
export class RefusalFilter implements ExceptionFilter {
  constructor(
    private readonly log: Log,
    private readonly witness: RefusalWitness | null = null,
  ) {}

  async catch(error: unknown, host: ArgumentsHost): Promise<void> {
    const http = host.switchToHttp();
    const refusal = this.asRefusal(error, http.getRequest<FastifyRequest>());
    const reply = http.getResponse<FastifyReply>();
    if (reply.sent) return;
    // Whether it could be written down or not, the answer is no.
    await this.witness?.saw(refusal, http.getRequest()).catch((unwritten: unknown) => this.log.error('refusal_not_recorded', unwritten));
    if (refusal.retryAfterSeconds !== undefined) void reply.header('retry-after', String(refusal.retryAfterSeconds));
    void reply
      .status(STATUS[refusal.kind])
      // Said here: a route that had named another type for its answer would give it to the refusal.
      .header('content-type', 'application/json; charset=utf-8')
      .header('cache-control', 'no-store')
      .send({ error: { code: refusal.code, message: refusal.message, ...(refusal.fields ? { fields: refusal.fields } : {}) } });
  }

  private asRefusal(error: unknown, request: FastifyRequest): Refusal {
    if (error instanceof Refusal) return error;
    const status = statusOf(error);
    if (status === 404) return new Refusal('not_found', 'not_found', 'There is nothing at this address.');
    if (status === 413) return new Refusal('too_large', 'too_large', 'This is more than is accepted at once.');
    if (status === 415)
      return new Refusal('unsupported_type', 'unsupported_media_type', 'Send JSON, with "Content-Type: application/json".');
    if (status !== undefined && status < 500) return new Refusal('invalid', 'malformed', 'The request could not be read.');
    this.log.error('request_failed', error, { method: request.method, route: request.routeOptions.url ?? '' });
    if (isOutage(error))
      return new Refusal('unavailable', 'unavailable', 'Omnidesk cannot reach its database right now. Try again in a moment.');
    return new Refusal('unavailable', 'internal', 'Something went wrong on our side. It has been recorded; try again.');
  }
}

function statusOf(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  const { statusCode } = (error ?? {}) as { statusCode?: unknown };
  return typeof statusCode === 'number' ? statusCode : undefined;
}

function isOutage(error: unknown): boolean {
  const { code, driverError } = (error ?? {}) as { code?: unknown; driverError?: { code?: unknown; message?: unknown } };
  if (typeof code === 'string' && OUTAGE_CODES.test(code)) return true;
  if (typeof driverError?.code === 'string' && OUTAGE_CODES.test(driverError.code)) return true;
  // The pool says only this when no connection came in time.
  return error instanceof Error && /timeout exceeded when trying to connect|Connection terminated/.test(error.message);
}
