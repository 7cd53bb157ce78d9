import { DEMO_APP, demoPageToken } from './demo-world.js';
import type { Simulator } from './simulator.js';

export interface GraphAnswer {
  status: number;
  body: Record<string, unknown>;
  headers: Headers;
}

export const SPAAK = '100000000000001';
export const LINDEN = '100000000000002';
export const MUSEUM = '100000000000003';
export const SANNE = '24680135790246811';
export const MILA = '24680135790246847';
export const APP_TOKEN = `${DEMO_APP.id}|${DEMO_APP.secret}`;

/** Calls the Graph API as an app would, for the simulator's own tests. */
export class GraphCaller {
  constructor(
    private readonly simulator: Simulator,
    public token = demoPageToken(DEMO_APP.secret, SPAAK),
  ) {}

  get(path: string, values: Record<string, string> = {}): Promise<GraphAnswer> {
    return this.call('GET', path, values);
  }

  delete(path: string): Promise<GraphAnswer> {
    return this.call('DELETE', path, {});
  }

  /** An object as JSON, a form as a form. */
  post(path: string, body: object | FormData | URLSearchParams): Promise<GraphAnswer> {
    return this.call('POST', path, {}, body);
  }

  /** A text to Sanne, or what `more` makes of it. */
  say(text: string, more: object = {}): Promise<GraphAnswer> {
    return this.post(`/${SPAAK}/messages`, { recipient: { id: SANNE }, messaging_type: 'RESPONSE', message: { text }, ...more });
  }

  private async call(method: string, path: string, values: Record<string, string>, body?: object): Promise<GraphAnswer> {
    const url = new URL(`${this.simulator.graphUrl}/v26.0${path}`);
    for (const [name, value] of Object.entries(values)) url.searchParams.set(name, value);
    const isForm = body instanceof FormData || body instanceof URLSearchParams;
    const headers: Record<string, string> = this.token === '' ? {} : { Authorization: `Bearer ${this.token}` };
    if (body && !isForm) headers['Content-Type'] = 'application/json';
    const answer = await fetch(url, { method, headers, ...(body ? { body: isForm ? body : JSON.stringify(body) } : {}) });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown>, headers: answer.headers };
  }
}

/** What an error is known by: status, code and subcode. */
export function errorOf(answer: GraphAnswer): [number, number, number | undefined] {
  const { code, error_subcode: subcode } = answer.body.error as { code: number; error_subcode?: number };
  return [answer.status, code, subcode];
}
