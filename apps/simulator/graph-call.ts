import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Behaviour } from './behaviour.js';
import type { CallFaults, FailingAct, FaultDesk, GraphCall } from './faults.js';
import { deadToken, GraphError, missingToken, noPermission, unknownObject } from './graph-error.js';
import { readBody, textIn, type GraphInput } from './graph-input.js';
import type { SimApp, TokenMeaning, TokenOffice } from './graph-token.js';
import type { SimPage } from './page-world.js';
import type { SimClock } from './sim-clock.js';
import { wireJson } from './wire-form.js';

/** One call of the Graph API, read and authorised. */
export interface GraphAsk extends GraphInput {
  method: string;
  /** The id in the path, `me` not yet resolved; of an unknown path all of it. */
  id: string;
  version: string;
  /** Behind the version, without parameters. */
  path: string;
  token: TokenMeaning;
  /** Runs once the answer is out, or the line was cut: never before the caller could have it. */
  afterAnswer: (run: () => void) => void;
}

export type GraphHandler = (ask: GraphAsk) => unknown;

/** What a call is, where its parameters decide. */
export type CallNamer = (values: Record<string, unknown>) => GraphCall;

export interface GraphCallOptions {
  app: SimApp;
  tokens: TokenOffice;
  faults: FaultDesk;
  clock: SimClock;
  behaviour: () => Behaviour;
  onTokenDeath: (page: SimPage, subcode: number) => void;
  /** For what is our own mistake: it is answered with error 1 and told here. */
  onProblem: (error: unknown) => void;
}

/** The page a page token speaks for, when the path names it or says `me`. */
export function pageOf(ask: GraphAsk): SimPage {
  if (ask.token.kind !== 'page') throw noPermission('A page access token is required for this call');
  if (ask.id !== 'me' && ask.id !== ask.token.page.id) throw unknownObject(ask.method, ask.id);
  return ask.token.page;
}

/** What the person who gave the page let the app do with it. */
export function needsScopes(page: SimPage, ...scopes: string[]): void {
  const missing = scopes.filter((scope) => !page.scopes.includes(scope));
  if (missing.length > 0) throw noPermission(`Requires ${missing.join(', ')} permission to manage the object`);
}

export function needsTasks(page: SimPage, ...tasks: string[]): void {
  if (!tasks.every((task) => page.tasks.includes(task)))
    throw noPermission(`This requires the tasks ${tasks.join(' and ')} on page ${page.id}`);
}

/**
 * Wraps a handler into what all calls share: parameters, token and proof, the usage headers, and the faults that are
 * switched on for it. `openTo: 'anyone'` is for the calls that are made before there is a token.
 */
export function graphCall(options: GraphCallOptions, name: GraphCall | CallNamer, handler: GraphHandler, openTo?: 'anyone') {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const after: (() => void)[] = [];
    const ended = (): void => {
      for (const run of after.splice(0)) run();
    };
    reply.raw.once('close', ended);
    const answer = (status: number, body: object): unknown =>
      reply.code(status).header('Content-Type', 'application/json; charset=UTF-8').send(wireJson(body));
    try {
      const input = await inputOf(request);
      const token = tokenOf(options, request, input, openTo === 'anyone');
      const call = typeof name === 'string' ? name : name(input.values);
      const suffered = options.faults.forCall(call, token.kind === 'page' ? token.page.id : null);
      usageHeaders(reply, token, suffered);
      if (suffered.latencyMs > 0) await options.clock.pass(suffered.latencyMs);
      const { failure } = suffered;
      const failed = (act: FailingAct): unknown => {
        if (act.kind === 'token_death' && token.kind === 'page') options.onTokenDeath(token.page, act.subcode);
        if (act.kind === 'silence') setImmediate(ended);
        return fail(request, reply, act, answer);
      };
      if (failure && failure.acceptFirst !== true) return failed(failure);
      const { '*': rest = '', id = rest, version = '' } = request.params as { '*'?: string; id?: string; version?: string };
      const path = (request.url.split('?', 1)[0] ?? '').slice(version.length + 1);
      const body = await handler({ ...input, method: request.method, id, version, path, token, afterAnswer: (run) => after.push(run) });
      if (failure) return failed(failure);
      return answer(200, body as object);
    } catch (error) {
      if (!(error instanceof GraphError)) options.onProblem(error);
      const known = error instanceof GraphError ? error : new GraphError({ code: 1, message: 'An unknown error occurred' });
      return answer(known.httpStatus, known.body());
    }
  };
}

async function inputOf(request: FastifyRequest): Promise<GraphInput> {
  const body: Buffer = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  const { values, file } = await readBody(request.headers['content-type'] ?? 'application/json', body);
  return { values: { ...(request.query as Record<string, unknown>), ...values }, file };
}

function tokenOf(options: GraphCallOptions, request: FastifyRequest, input: GraphInput, open: boolean): TokenMeaning {
  const [, bearer] = /^(?:Bearer|OAuth) (.+)$/i.exec(request.headers.authorization ?? '') ?? [];
  const token = bearer ?? textIn(input.values, 'access_token');
  if (token === null) {
    if (open) return { kind: 'app', token: '' };
    throw missingToken();
  }
  const meaning = options.tokens.read(token);
  options.tokens.checkProof(token, input.values.appsecret_proof, options.behaviour().requireAppSecretProof && meaning.kind !== 'app');
  return meaning;
}

/** Percentages, as Meta gives them: per page for page tokens, of the whole app otherwise. */
function usageHeaders(reply: FastifyReply, token: TokenMeaning, { usage }: CallFaults): void {
  const percent = usage?.percent ?? 1;
  const counts = { call_count: percent, total_cputime: 0, total_time: percent };
  if (token.kind === 'page') {
    const use = { type: 'messenger', ...counts, estimated_time_to_regain_access: usage?.regainMinutes ?? 0 };
    reply.header('X-Business-Use-Case-Usage', JSON.stringify({ [token.page.id]: [use] }));
  } else reply.header('X-App-Usage', JSON.stringify(counts));
}

function fail(
  request: FastifyRequest,
  reply: FastifyReply,
  failure: FailingAct,
  answer: (status: number, body: object) => unknown,
): unknown {
  if (failure.kind === 'cut') {
    reply.hijack();
    request.raw.socket.destroy();
    return reply;
  }
  if (failure.kind === 'silence') {
    reply.hijack();
    return reply;
  }
  if (failure.kind === 'token_death') {
    const error = deadToken(failure.subcode);
    return answer(error.httpStatus, error.body());
  }
  if (failure.kind === 'body')
    return reply
      .code(failure.httpStatus)
      .header('Content-Type', failure.contentType ?? 'text/html; charset=utf-8')
      .send(failure.body);
  const error = new GraphError({ ...failure, message: failure.message ?? `(#${failure.code}) A fault that was switched on` });
  return answer(error.httpStatus, error.body());
}
