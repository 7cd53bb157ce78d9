import { createHmac } from 'node:crypto';

const ANSWER_TIMEOUT_MS = 10_000;
const ANSWER_LENGTH_MAX = 4000;

export interface CallbackAnswer {
  /** Null when there was no answer at all. */
  status: number | null;
  body: string;
}

/**
 * What Meta posts when a person removes the app or asks that data be deleted: who, signed with the app secret.
 *
 * Shape    two parts of base64url, joined by a dot: the MAC over the second part as text, and the second part
 * Source   https://developers.facebook.com/docs/development/create-an-app/app-dashboard/data-deletion-callback
 */
export function signedRequest(appSecret: string, { userId, atMs }: { userId: string; atMs: number }): string {
  const facts = { user_id: userId, algorithm: 'HMAC-SHA256', issued_at: Math.floor(atMs / 1000) };
  const payload = Buffer.from(JSON.stringify(facts)).toString('base64url');
  return `${createHmac('sha256', appSecret).update(payload).digest('base64url')}.${payload}`;
}

/** Posts it as the form field that Meta uses. No answer is an answer too. */
export async function sendSignedRequest(url: string, appSecret: string, about: { userId: string; atMs: number }): Promise<CallbackAnswer> {
  const form = new URLSearchParams({ signed_request: signedRequest(appSecret, about) });
  try {
    const answer = await fetch(url, { method: 'POST', body: form, redirect: 'manual', signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
    return { status: answer.status, body: (await answer.text()).slice(0, ANSWER_LENGTH_MAX) };
  } catch (error) {
    return { status: null, body: error instanceof Error ? error.name : 'unknown' };
  }
}
