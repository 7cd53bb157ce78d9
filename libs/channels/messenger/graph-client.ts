import { createHash, createHmac } from 'node:crypto';
import { setTimeout as passes } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Clock, CONFIG, type Config, Egress, EgressFailure, type EgressResponse, Log, SECOND_MS } from '#platform';
import { ChannelError } from '../channel.js';
import {
  APP_LIMIT_CODE,
  type GraphProblem,
  isRateLimit,
  maybeSent,
  pagePaused,
  RATE_LIMIT_PAUSE_MS,
  remedyFor,
  tryLater,
} from './graph-errors.js';
import { type GraphFile, writeForm } from './graph-form.js';
import { APP_POOL, type Lane, PageBrake } from './page-brake.js';
import { readUsage } from './usage-headers.js';
import { readJson } from './vendor-json.js';

const CALL_TIMEOUT_MS = 20 * SECOND_MS;
/** A file of the largest size over a slow line. */
const UPLOAD_TIMEOUT_MS = 120 * SECOND_MS;

const ErrorBody = z.object({
  error: z.object({
    code: z.coerce.number(),
    error_subcode: z.coerce.number().optional(),
    is_transient: z.boolean().optional(),
    fbtrace_id: z.string().optional(),
  }),
});
const TokenAnswer = z.object({ data: z.object({ is_valid: z.boolean() }) });

export interface GraphCall {
  path: string;
  method?: 'GET' | 'POST' | 'DELETE';
  /** Left out where Graph is asked before there is one. */
  token?: string;
  query?: Record<string, string>;
  body?: unknown;
  /** Goes as a form, with `body`'s members as its fields. */
  file?: GraphFile;
  /** True where doing it twice shows: then an answer that never came means "maybe". */
  isSend?: boolean;
  /** How it counts at Meta; left out: told by path and method. */
  lane?: Lane;
}

/**
 * Calls of the Graph API, each proved with the app's secret, each held to what Meta allows, each "no" turned into a remedy. That a token
 * is dead is said only after Graph was asked about it a second time: one wrong answer must not cut off a page.
 */
@Injectable()
export class GraphClient {
  private readonly brake: PageBrake;

  constructor(
    private readonly egress: Egress,
    private readonly log: Log,
    @Inject(CONFIG) private readonly config: Config,
    clock: Clock,
  ) {
    this.brake = new PageBrake(clock);
  }

  /**
   * The answer's JSON.
   *
   * Errors   ChannelError; `page_paused` with the time to wait where the page's brake is on
   */
  async call<Schema extends z.ZodType>(call: GraphCall, schema: Schema): Promise<z.output<Schema>> {
    try {
      return await this.braked(call, schema);
    } catch (error) {
      if (error instanceof ChannelError && error.remedy === 'reconnect' && !(await this.isConfirmedDead(call))) throw tryLater();
      throw error;
    }
  }

  private async braked<Schema extends z.ZodType>(call: GraphCall, schema: Schema): Promise<z.output<Schema>> {
    const pool = poolOf(call);
    const admission = this.brake.admit(pool, laneOf(call));
    if ('retryAfterMs' in admission) throw pagePaused(admission.retryAfterMs);
    if (admission.waitMs > 0) await passes(admission.waitMs);
    try {
      const answer = await this.request(call);
      this.hear(pool, answer);
      const read = this.read(call, schema, { answer, pool });
      this.brake.answered(pool);
      return read;
    } catch (error) {
      if (error instanceof ChannelError && !isOutage(error)) this.brake.answered(pool);
      else this.brake.failed(pool);
      throw error;
    }
  }

  private read<Schema extends z.ZodType>(
    call: GraphCall,
    schema: Schema,
    { answer, pool }: { answer: EgressResponse; pool: string },
  ): z.output<Schema> {
    const body = readJson(answer.body);
    const refused = ErrorBody.safeParse(body);
    // Graph has been seen to say no with status 200, so the body decides.
    if (refused.success) throw this.refusal(refused.data.error, answer, pool);
    const parsed = schema.safeParse(body);
    if (answer.status >= 400 || !parsed.success) throw this.wordless(call, answer, pool);
    return parsed.data;
  }

  private async request(call: GraphCall): Promise<EgressResponse> {
    const { token = '' } = call;
    const form = call.file === undefined ? null : await writeForm(call.body, call.file);
    try {
      return await this.egress.request({
        url: this.urlOf(call),
        method: call.method ?? 'GET',
        headers: {
          // In a header, not in the address: addresses end up in logs on the way.
          ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
          ...(form ? { 'content-type': form.contentType } : call.body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body: form ? form.bytes : call.body === undefined ? undefined : JSON.stringify(call.body),
        timeoutMs: form ? UPLOAD_TIMEOUT_MS : CALL_TIMEOUT_MS,
      });
    } catch (error) {
      if (!(error instanceof EgressFailure)) throw error;
      this.log.warn('graph_call_failed', { code: error.code });
      throw call.isSend && error.sent ? maybeSent() : tryLater();
    }
  }

  private urlOf({ path, token = '', query = {} }: GraphCall): string {
    const { graphUrl, graphVersion, appSecrets } = this.config.facebook;
    const url = new URL(`${graphUrl}/${graphVersion}/${path}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const [secret] = appSecrets;
    if (secret !== undefined && token !== '') url.searchParams.set('appsecret_proof', appSecretProof(token, secret));
    return url.toString();
  }

  private refusal(error: z.infer<typeof ErrorBody>['error'], { status }: EgressResponse, pool: string): ChannelError {
    const problem: GraphProblem = {
      code: error.code,
      subcode: error.error_subcode ?? null,
      isTransient: error.is_transient ?? null,
      traceId: error.fbtrace_id ?? null,
    };
    this.log.warn('graph_refused', { code: String(problem.code), subcode: problem.subcode, status, traceId: problem.traceId });
    if (isRateLimit(problem, status)) {
      this.brake.stop(pool, RATE_LIMIT_PAUSE_MS);
      if (problem.code === APP_LIMIT_CODE) this.brake.stop(APP_POOL, RATE_LIMIT_PAUSE_MS);
    }
    return remedyFor(problem, status);
  }

  /** Not Graph's own words: something in between. Whether a send got through is anybody's guess. */
  private wordless(call: GraphCall, answer: EgressResponse, pool: string): ChannelError {
    const isClear = answer.status >= 400 && answer.status < 500;
    if (isClear) return this.refusal({ code: 0 }, answer, pool);
    return call.isSend ? maybeSent() : tryLater();
  }

  private hear(pool: string, { headers }: EgressResponse): void {
    const { app, page } = readUsage(headers);
    if (app) this.brake.hear(APP_POOL, app);
    if (page) this.brake.hear(pool, page);
  }

  /** Ask about a token that was called dead. What cannot be asked about is believed; what cannot be answered now is not. */
  private async isConfirmedDead({ token = '' }: GraphCall): Promise<boolean> {
    const { appId, appSecrets } = this.config.facebook;
    const [secret] = appSecrets;
    const appToken = `${appId}|${secret ?? ''}`;
    if (token === '' || token === appToken || appId === '' || secret === undefined) return true;
    try {
      const { data } = await this.braked({ path: 'debug_token', token: appToken, query: { input_token: token } }, TokenAnswer);
      return !data.is_valid;
    } catch (error) {
      if (error instanceof ChannelError) return error.remedy !== 'try_later';
      throw error;
    }
  }
}

function isOutage({ remedy, code, retryAfterMs }: ChannelError): boolean {
  return remedy === 'unknown' || (remedy === 'try_later' && code === 'try_later' && retryAfterMs === null);
}

/** Calls that speak for a page count for that page; those of the app and of people who log in, for the app. Tokens are known by digest. */
function poolOf({ path, token = '' }: GraphCall): string {
  if (token === '' || token.includes('|') || path.startsWith('oauth/') || path.startsWith('me/accounts')) return APP_POOL;
  return createHash('sha256').update(token).digest('base64url');
}

function laneOf({ lane, path, method = 'GET' }: GraphCall): Lane {
  if (lane !== undefined) return lane;
  if (method === 'POST' && path.endsWith('/messages')) return 'text';
  return /\/conversations$|\/messages$|^[mt]_/.test(path) ? 'conversations' : 'other';
}

/** Source: https://developers.facebook.com/docs/graph-api/guides/secure-requests */
function appSecretProof(token: string, secret: string): string {
  return createHmac('sha256', secret).update(token).digest('hex');
}
