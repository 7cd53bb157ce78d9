/** Source: Meta, "Webhooks": answer within 5 seconds (2026). */
export const ANSWER_TIMEOUT_MS = 5000;
const ANSWER_BYTES_SHOWN = 2000;

export interface PostAnswer {
  /** Null when there was no answer at all. */
  status: number | null;
  body: string;
  /** Why there was none. */
  problem: string | null;
  tookMs: number;
}

/** The system's code for it, such as ECONNREFUSED; fetch hides it one level down. */
function problemOf(error: unknown): string {
  const { cause = error } = (error ?? {}) as { cause?: unknown };
  const { code, name } = (cause ?? {}) as { code?: unknown; name?: unknown };
  return typeof code === 'string' ? code : typeof name === 'string' ? name : 'failed';
}

/** Posts bytes as they are. Never rejects: no answer within `timeoutMs` is a finding too. Redirects are not followed. */
export async function postBytes(
  url: string,
  body: Buffer,
  headers: Record<string, string>,
  { timeoutMs, signal }: { timeoutMs: number; signal?: AbortSignal },
): Promise<PostAnswer> {
  const startedMs = performance.now();
  const tookMs = (): number => Math.round(performance.now() - startedMs);
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const answer = await fetch(url, {
      method: 'POST',
      body: new Uint8Array(body),
      headers,
      redirect: 'manual',
      signal: signal ? AbortSignal.any([timeout, signal]) : timeout,
    });
    const text = await answer.text();
    return { status: answer.status, body: text.slice(0, ANSWER_BYTES_SHOWN), problem: null, tookMs: tookMs() };
  } catch (error) {
    return { status: null, body: '', problem: timeout.aborted ? 'timeout' : problemOf(error), tookMs: tookMs() };
  }
}
