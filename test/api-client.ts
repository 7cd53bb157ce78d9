export interface Answer<Body = unknown> {
  status: number;
  headers: Headers;
  body: Body;
}

const TIMEOUT_MS = 20_000;
const SESSION_COOKIE = 'omnidesk_session';

/**
 * A browser without a page: speaks JSON, keeps its cookie, says nothing else. Whoever gave it the password is asked for it again where the
 * server wants to know whether it is still the same person, as a page would ask.
 */
export class ApiClient {
  private readonly cookies = new Map<string, string>();
  /** Of who sits at it; null: nobody answers when a proof is wanted. */
  password: string | null = null;

  /** What it sends with every request beside its cookie: a key, or what a proxy would add. */
  readonly headers: Record<string, string> = {};

  constructor(readonly url: string) {}

  get sessionCookie(): string | null {
    const value = this.cookies.get(SESSION_COOKIE);
    return value === undefined ? null : `${SESSION_COOKIE}=${value}`;
  }

  /** Put a cookie into it, or take it out; gives back what was there. */
  setCookie(name: string, value: string | undefined): string | undefined {
    const before = this.cookies.get(name);
    if (value === undefined) this.cookies.delete(name);
    else this.cookies.set(name, value);
    return before;
  }

  get<Body = unknown>(path: string, headers: Record<string, string> = {}): Promise<Answer<Body>> {
    return this.request('GET', path, undefined, headers);
  }

  post<Body = unknown>(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer<Body>> {
    return this.request('POST', path, body, headers);
  }

  /** A file: its bytes as they are. */
  bytes<Body = unknown>(path: string, body: Buffer, mediaType: string): Promise<Answer<Body>> {
    return this.request('POST', path, body, { 'content-type': mediaType });
  }

  put<Body = unknown>(path: string, body: unknown): Promise<Answer<Body>> {
    return this.request('PUT', path, body);
  }

  patch<Body = unknown>(path: string, body: unknown): Promise<Answer<Body>> {
    return this.request('PATCH', path, body);
  }

  delete<Body = unknown>(path: string): Promise<Answer<Body>> {
    return this.request('DELETE', path);
  }

  /** Do `work` while nobody sits at it: whatever proof is asked for, none is given. */
  async unattended<T>(work: () => Promise<T>): Promise<T> {
    const { password } = this;
    this.password = null;
    try {
      return await work();
    } finally {
      this.password = password;
    }
  }

  /** Prove once more that it is still the same person: with the password, and a code where there is a second factor. */
  async confirm(password: string, code?: string): Promise<void> {
    const { status } = await this.post('/api/session/confirm', { password, code });
    if (status !== 204) throw new Error(`confirming answered ${String(status)}`);
  }

  async request<Body>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer<Body>> {
    const answer = await this.once<Body>(method, path, body, headers);
    const isProofWanted = answer.status === 403 && (answer.body as { error?: { code: string } }).error?.code === 'fresh_factor_required';
    if (!isProofWanted || this.password === null) return answer;
    await this.confirm(this.password);
    return this.once<Body>(method, path, body, headers);
  }

  private async once<Body>(method: string, path: string, body: unknown, headers: Record<string, string>): Promise<Answer<Body>> {
    const response = await fetch(this.url + path, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(this.cookies.size === 0 ? {} : { cookie: [...this.cookies].map((pair) => pair.join('=')).join('; ') }),
        ...this.headers,
        ...headers,
      },
      body: body === undefined ? undefined : Buffer.isBuffer(body) ? Uint8Array.from(body) : JSON.stringify(body),
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    for (const set of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(set)!;
      this.cookies.set(name!, value!);
    }
    const text = await response.text();
    const isJson = text !== '' && response.headers.get('content-type')?.startsWith('application/json') === true;
    return { status: response.status, headers: response.headers, body: (isJson ? JSON.parse(text) : text) as Body };
  }
}
