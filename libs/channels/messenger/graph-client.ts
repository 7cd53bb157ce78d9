import { createHmac } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { CONFIG, type Config, Egress, EgressFailure, Log } from '#platform';
import { maybeSent, remedyFor, tryLater, type GraphProblem } from './graph-errors.js';
import { readJson } from './vendor-json.js';

const CALL_TIMEOUT_MS = 20_000;

const ErrorBody = z.object({
  error: z.object({
    code: z.coerce.number(),
    error_subcode: z.coerce.number().optional(),
    is_transient: z.boolean().optional(),
    fbtrace_id: z.string().optional(),
  }),
});

export interface GraphCall {
  path: string;
  method?: 'GET' | 'POST' | 'DELETE';
  token: string;
  query?: Record<string, string>;
  body?: unknown;
  /** True where doing it twice shows: then an answer that never came means "maybe". */
  isSend?: boolean;
}

/** Calls of the Graph API, each proved with the app's secret, each "no" turned into a remedy. */
@Injectable()
export class GraphClient {
  constructor(
    private readonly egress: Egress,
    private readonly log: Log,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** The answer's JSON. Errors: ChannelError. */
  async call<Schema extends z.ZodType>(call: GraphCall, schema: Schema): Promise<z.output<Schema>> {
    const { graphUrl, graphVersion } = this.config.facebook;
    const url = new URL(`${graphUrl}/${graphVersion}/${call.path}`);
    for (const [name, value] of Object.entries(call.query ?? {})) url.searchParams.set(name, value);
    const [secret] = this.config.facebook.appSecrets;
    if (secret !== undefined) url.searchParams.set('appsecret_proof', appSecretProof(call.token, secret));
    const answer = await this.request(url, call);
    const body = readJson(answer.body);
    const refused = ErrorBody.safeParse(body);
    // Graph has been seen to say no with status 200, so the body decides.
    if (refused.success) throw this.refusal(refused.data.error, answer.status);
    const parsed = schema.safeParse(body);
    if (answer.status >= 400 || !parsed.success) {
      // Not Graph's own words: something in between. Whether the send got through is anybody's guess.
      throw call.isSend && (answer.status < 400 || answer.status >= 500) ? maybeSent() : remedyFor(noWords, answer.status);
    }
    return parsed.data;
  }

  private async request(url: URL, call: GraphCall) {
    try {
      return await this.egress.request({
        url: url.toString(),
        method: call.method ?? 'GET',
        headers: {
          // In a header, not in the address: addresses end up in logs on the way.
          authorization: `Bearer ${call.token}`,
          ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body: call.body === undefined ? undefined : JSON.stringify(call.body),
        timeoutMs: CALL_TIMEOUT_MS,
      });
    } catch (error) {
      if (!(error instanceof EgressFailure)) throw error;
      this.log.warn('graph_call_failed', { code: error.code });
      throw call.isSend && error.sent ? maybeSent() : tryLater();
    }
  }

  private refusal(error: z.infer<typeof ErrorBody>['error'], status: number) {
    const problem: GraphProblem = {
      code: error.code,
      subcode: error.error_subcode ?? null,
      isTransient: error.is_transient ?? null,
      traceId: error.fbtrace_id ?? null,
    };
    this.log.warn('graph_refused', { code: String(problem.code), subcode: problem.subcode, status, traceId: problem.traceId });
    return remedyFor(problem, status);
  }
}

const noWords: GraphProblem = { code: 0, subcode: null, isTransient: null, traceId: null };

/** Source: https://developers.facebook.com/docs/graph-api/guides/secure-requests */
function appSecretProof(token: string, secret: string): string {
  return createHmac('sha256', secret).update(token).digest('hex');
}
