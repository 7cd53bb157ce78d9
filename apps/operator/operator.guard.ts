import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import '@fastify/cookie';
import { mayOperate, type OperatorActor, type OperatorPermission, OperatorSessions, OperatorSignatures } from '#accounts';
import { Audit } from '#audit';
import { bytesOf, OPEN_TO, Refusal, type SignedParts } from '#platform';
import { OPERATOR_COOKIE } from './operator-cookie.js';
import { OPERATOR_PERMISSION, type OperatorRequest, requestOf } from './operator-who.js';

/** More are counted, so that nobody can fill the audit. */
const REFUSALS_NOTED_PER_MINUTE = 60;
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Before every route of the operator's door: either open to whoever gets this far, or for an operator whose role allows it, known by a
 * signature over this very request or by the console's session. A request that carries a signature is judged by it alone.
 */
@Injectable()
export class OperatorGuard implements CanActivate {
  constructor(
    @Inject(Reflector) private readonly reflector: Reflector,
    private readonly signatures: OperatorSignatures,
    private readonly sessions: OperatorSessions,
    private readonly audit: Audit,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = requestOf(context);
    const places = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride<string>(OPEN_TO, places)) return isOwnPage(request);
    const permission = this.reflector.getAllAndOverride<OperatorPermission | undefined>(OPERATOR_PERMISSION, places);
    if (!permission) throw new Refusal('forbidden', 'forbidden', 'This route is open to nobody.');
    const operator = isSigned(request) ? await this.signer(request) : await this.visitor(request);
    if (!mayOperate(operator, permission)) throw new Refusal('forbidden', 'forbidden', 'Your role does not allow this.');
    request.operator = operator;
    return true;
  }

  private async signer(request: OperatorRequest): Promise<OperatorActor> {
    const { headers } = request;
    const signed = {
      input: oneOf(headers['signature-input']),
      signature: oneOf(headers['signature']),
      contentDigest: oneOf(headers['content-digest']),
    };
    const operator = await this.signatures.actorOf(signed, partsOf(request));
    if (operator) return operator;
    const { address } = request.consoleAt;
    const entry = { act: 'operator_signature_refused', by: { kind: 'nobody' }, personal: { address } } as const;
    await this.audit.recordAFew('installation', 'operator_signature_refused', entry, REFUSALS_NOTED_PER_MINUTE);
    throw new Refusal('unauthenticated', 'signature_refused', 'This request is not signed by a key that opens this door.');
  }

  private async visitor(request: OperatorRequest): Promise<OperatorActor> {
    isOwnPage(request);
    const token = request.cookies[OPERATOR_COOKIE];
    const operator = token === undefined ? null : await this.sessions.actorOf(token);
    if (!operator) throw new Refusal('unauthenticated', 'not_signed_in', 'Sign in first.');
    return operator;
  }
}

function isSigned({ headers }: OperatorRequest): boolean {
  return headers['signature'] !== undefined || headers['signature-input'] !== undefined;
}

/** What the signature must be over: the request as it came in, not as anything has read it since. */
function partsOf(request: OperatorRequest): SignedParts {
  const url = request.raw.url ?? '/';
  const at = url.indexOf('?');
  return {
    method: request.method,
    authority: request.headers.host ?? '',
    path: at === -1 ? url : url.slice(0, at),
    query: at === -1 ? '?' : url.slice(at),
    body: bytesOf(request),
  };
}

/** A page of another site can make the browser send a request, but not without saying where it is from. */
function isOwnPage({ method, headers, consoleAt }: OperatorRequest): true {
  if (SAFE_METHODS.has(method)) return true;
  const { origin } = headers;
  const site = headers['sec-fetch-site'];
  const isForeign = (site !== undefined && site !== 'same-origin') || (origin !== undefined && origin !== consoleAt.origin);
  if (isForeign) throw new Refusal('forbidden', 'foreign_origin', 'This request comes from another site.');
  return true;
}

/** A header that came twice is none. */
function oneOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? undefined : header;
}
