/**
 * Files on their way to the server, before the reply that carries them is sent.
 *
 * A file starts on its way when it is chosen, so that sending need not wait for it. The draft is the truth: what is taken out of it is no
 * longer sent, and nothing more is asked. What no reply uses the server forgets after a day.
 */
import type { ReplyLimits, Upload } from '#contract';
import { ApiError, newKey, readAnswer, withQuery } from './api.js';
import { changeDraft, changeFile, type DraftFile, draftOf, drafts } from './drafts.js';

/** A large file over a slow line takes minutes; one that takes longer than this is not on its way any more. */
const UPLOAD_TIMEOUT_MS = 10 * 60 * 1_000;
/** So many go at a time; the rest wait their turn. */
const UPLOADS_AT_ONCE = 2;
const NAME_LENGTH_MAX = 200;

interface Work {
  key: string;
  conversationId: string;
  file: File;
  request: XMLHttpRequest | null;
}

/** By the draft file's key: what is on its way, waits for its turn, or could be tried again. */
const work = new Map<string, Work>();

function send({ key, conversationId, file }: Work): XMLHttpRequest {
  const request = new XMLHttpRequest();
  const ended = (change: Partial<DraftFile>) => {
    const job = work.get(key);
    if (job) job.request = null;
    if (change.state === 'ready') work.delete(key);
    changeFile(conversationId, key, change);
    startWaiting();
  };
  const failed = (error: unknown) => {
    if (!(error instanceof ApiError)) throw error;
    ended({ state: 'failed', error });
  };
  request.upload.onprogress = ({ loaded, total }) => changeFile(conversationId, key, { share: total > 0 ? loaded / total : 0 });
  request.onload = () => {
    try {
      const { id } = readAnswer(request.status, request.responseText) as Upload;
      ended({ state: 'ready', share: 1, id });
    } catch (error) {
      failed(error);
    }
  };
  request.onerror = () => failed(new ApiError(0, 'offline', 'There is no connection to the server.'));
  request.ontimeout = () => failed(new ApiError(0, 'timeout', 'The server did not answer in time.'));
  request.open('POST', withQuery('/api/uploads', { name: file.name.slice(-NAME_LENGTH_MAX) }));
  request.timeout = UPLOAD_TIMEOUT_MS;
  request.setRequestHeader('accept', 'application/json');
  request.setRequestHeader('content-type', file.type === '' ? 'application/octet-stream' : file.type);
  request.send(file);
  return request;
}

function isWaiting({ key, conversationId, request }: Work): boolean {
  return request === null && draftOf(conversationId).files.some((file) => file.key === key && file.state === 'sending');
}

function startWaiting(): void {
  let underWay = [...work.values()].filter(({ request }) => request !== null).length;
  for (const job of work.values()) {
    if (underWay >= UPLOADS_AT_ONCE) return;
    if (!isWaiting(job)) continue;
    job.request = send(job);
    underWay += 1;
  }
}

// What is in no draft any more nobody wants: taken out, or the agent signed out.
drafts.subscribe(() => {
  let freed = false;
  for (const [key, { conversationId, request }] of work) {
    if (draftOf(conversationId).files.some((file) => file.key === key)) continue;
    work.delete(key);
    request?.abort();
    freed = true;
  }
  if (freed) startWaiting();
});

/** Whether the server would refuse a file for its size. Told before it is sent. */
export function problemOf({ size }: Pick<File, 'size'>, { attachmentBytesMax }: ReplyLimits): DraftFile['error'] {
  if (size === 0) return 'empty';
  return size > attachmentBytesMax ? 'too_large' : null;
}

/**
 * Put files into a conversation's reply and start sending them to the server.
 *
 * Returns how many were left out because one answer carries no more.
 */
export function attach(conversationId: string, files: readonly File[], limits: ReplyLimits): number {
  const { files: before } = draftOf(conversationId);
  const room = Math.max(0, limits.attachmentsMax - before.length);
  const added = files.slice(0, room).map((file): DraftFile => {
    const key = newKey();
    const error = problemOf(file, limits);
    if (error === null) work.set(key, { key, conversationId, file, request: null });
    const facts = { key, name: file.name === '' ? 'file' : file.name, sizeBytes: file.size, mediaType: file.type };
    return { ...facts, state: error === null ? 'sending' : 'failed', share: 0, id: null, error };
  });
  if (added.length > 0) changeDraft(conversationId, { kind: 'reply', files: [...before, ...added] });
  startWaiting();
  return files.length - added.length;
}

/** Try a file again that did not reach the server. */
export function attachAgain(conversationId: string, key: string): void {
  changeFile(conversationId, key, { state: 'sending', share: 0, error: null });
  startWaiting();
}

/** Take a file out of the reply; one on its way stops. */
export function detach(conversationId: string, key: string): void {
  changeDraft(conversationId, { files: draftOf(conversationId).files.filter((file) => file.key !== key) });
}
