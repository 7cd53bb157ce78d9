/**
 * The browser's way to the server: JSON in, JSON out, one error class, a limit on every wait.
 *
 * Reading may be asked again by whoever asked (the query cache does, twice). Writing never repeats itself:
 * a write that creates carries an Idempotency-Key, so that a person may press "try again" without doing it twice.
 */
import type { ErrorBody, FieldProblem } from '#contract';

const REQUEST_TIMEOUT_MS = 20_000;
/** Larger than any answer, over a slow line. */
const FILE_TIMEOUT_MS = 10 * 60 * 1_000;
const SIGNED_OUT_STATUS = 401;

/**
 * A refusal by the server, or the lack of an answer (`status` 0). `message` is for people; `code` is stable: the server's, or our own
 * `offline`, `timeout` and `unreadable` for an answer that never came or made no sense.
 */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly fields: readonly FieldProblem[] = [],
  ) {
    super(message);
  }

  /** Nobody can say whether the server did it: only the same Idempotency-Key makes asking again safe. */
  get unanswered(): boolean {
    return this.status === 0;
  }
}

type SignedOutListener = () => void;
const signedOutListeners = new Set<SignedOutListener>();

/** Be told when the server no longer knows this session. Returns how to stop. */
export function onSignedOut(listener: SignedOutListener): () => void {
  signedOutListeners.add(listener);
  return () => signedOutListeners.delete(listener);
}

/** What the server wants to see proved before it does something; see the doors' `@Fresh`. */
export type ProofNeeded = 'a factor' | 'everything';
const PROOFS: Record<string, ProofNeeded> = { fresh_factor_required: 'a factor', full_proof_required: 'everything' };
let askForProof: ((what: ProofNeeded) => Promise<boolean>) | null = null;

/** Say who asks the person for a proof; it resolves whether it was given. What needed it is then asked again. */
export function onProofNeeded(ask: (what: ProofNeeded) => Promise<boolean>): void {
  askForProof = ask;
}

const mustEnrolListeners = new Set<() => void>();

/** Be told when the tenant lets this agent do nothing but set up a second factor. */
export function onMustEnrol(listener: () => void): void {
  mustEnrolListeners.add(listener);
}

const lockedListeners = new Set<() => void>();

/** Be told when the server lets this session do nothing but be unlocked. */
export function onLocked(listener: () => void): void {
  lockedListeners.add(listener);
}

interface Call {
  body?: unknown;
  idempotencyKey?: string;
  signal?: AbortSignal;
  timeoutMs?: number;
}

function isErrorBody(value: unknown): value is ErrorBody {
  if (typeof value !== 'object' || value === null || !('error' in value)) return false;
  const { error } = value;
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string';
}

async function send(method: string, path: string, call: Call): Promise<Response> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (call.body !== undefined) headers['content-type'] = 'application/json';
  if (call.idempotencyKey !== undefined) headers['idempotency-key'] = call.idempotencyKey;
  const timeout = AbortSignal.timeout(call.timeoutMs ?? REQUEST_TIMEOUT_MS);
  try {
    return await fetch(path, {
      method,
      headers,
      credentials: 'same-origin',
      body: call.body === undefined ? undefined : JSON.stringify(call.body),
      signal: call.signal ? AbortSignal.any([call.signal, timeout]) : timeout,
    });
  } catch (error) {
    if (call.signal?.aborted) throw error;
    if (timeout.aborted) throw new ApiError(0, 'timeout', 'The server did not answer in time.');
    throw new ApiError(0, 'offline', 'There is no connection to the server.');
  }
}

/**
 * What an answer says: its body, or the refusal in it.
 *
 * Errors   ApiError
 */
export function readAnswer(status: number, text: string): unknown {
  const isGood = status >= 200 && status < 300;
  if (isGood && text === '') return undefined;
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new ApiError(status, 'unreadable', 'The server gave an answer that could not be read.');
  }
  if (isGood) return body;
  if (!isErrorBody(body)) throw new ApiError(status, 'unreadable', 'The server gave an answer that could not be read.');
  const { code, message, fields } = body.error;
  if (code === 'session_locked') for (const listener of lockedListeners) listener();
  if (code === 'must_enrol') for (const listener of mustEnrolListeners) listener();
  throw new ApiError(status, code, message, fields);
}

let sessionPath = '/api/session';
let asked: Promise<boolean> | null = null;

/** Say where this door tells who is signed in; the agents' own where nobody says so. */
export function sessionIsAt(path: string): void {
  sessionPath = path;
}

/**
 * Whether this browser is signed in after all. A proof gives the session another token: what another tab had under way at that moment came
 * with the one of before, and was refused before anything was done.
 */
function isStillSignedIn(): Promise<boolean> {
  asked ??= send('GET', sessionPath, {})
    .then(
      ({ status }) => status !== SIGNED_OUT_STATUS,
      () => true,
    )
    .finally(() => (asked = null));
  return asked;
}

function call<Answer>(method: string, path: string, options: Call = {}): Promise<Answer> {
  return insist(() => callOnce<Answer>(method, path, options));
}

/** Ask; where it was refused for want of a token or a proof that can be had, get that and ask once more. */
async function insist<Answer>(once: () => Promise<Answer>): Promise<Answer> {
  try {
    return await once();
  } catch (error) {
    if (error instanceof ApiError && error.code === 'not_signed_in') {
      if (await isStillSignedIn()) return once();
      for (const listener of signedOutListeners) listener();
    }
    const what = error instanceof ApiError ? PROOFS[error.code] : undefined;
    if (what === undefined || askForProof === null || !(await askForProof(what))) throw error;
    return once();
  }
}

async function callOnce<Answer>(method: string, path: string, options: Call): Promise<Answer> {
  const response = await send(method, path, options);
  const text = await response.text().catch(() => {
    throw new ApiError(0, 'offline', 'The connection broke while the answer came in.');
  });
  return readAnswer(response.status, text) as Answer;
}

async function fileOnce(path: string): Promise<Blob> {
  const response = await send('GET', path, { timeoutMs: FILE_TIMEOUT_MS });
  try {
    if (!response.ok) readAnswer(response.status, await response.text());
    return await response.blob();
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw new ApiError(0, 'offline', 'The connection broke while the answer came in.');
  }
}

/**
 * Call the server. The answer's type is the contract's word for it; the server has checked it.
 *
 * Limits   20 s for an answer, unless the caller knows that it takes longer
 * Errors   ApiError, always
 */
export const api = {
  get: <Answer>(path: string, signal?: AbortSignal) => call<Answer>('GET', path, { signal }),
  /** For a POST that makes something: `idempotencyKey` stays the same for as long as it is the same wish. */
  create: <Answer>(path: string, body: unknown, idempotencyKey: string, timeoutMs?: number) =>
    call<Answer>('POST', path, { body, idempotencyKey, timeoutMs }),
  post: <Answer>(path: string, body: unknown) => call<Answer>('POST', path, { body }),
  put: <Answer>(path: string, body: unknown) => call<Answer>('PUT', path, { body }),
  patch: <Answer>(path: string, body: unknown) => call<Answer>('PATCH', path, { body }),
  delete: (path: string) => call<undefined>('DELETE', path),
  /** A file, however long it takes within ten minutes. */
  file: (path: string) => insist(() => fileOnce(path)),
};

/** A path with its query; what is undefined is left out. */
export function withQuery(path: string, query: Record<string, string | number | undefined>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) parameters.set(name, String(value));
  return parameters.size === 0 ? path : `${path}?${parameters.toString()}`;
}

/** A fresh Idempotency-Key. */
export function newKey(): string {
  // randomUUID exists only on https and localhost; a desk on a plain http intranet address must still be able to send.
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID();
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
