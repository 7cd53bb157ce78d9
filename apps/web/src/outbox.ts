/**
 * Replies and notes on their way to the server.
 *
 * A pending item is drawn in the thread at once. It leaves when the server has kept it, and then the real message takes its place.
 * When there is no answer, nobody knows whether it was kept: trying again sends the same words with the same Idempotency-Key, so
 * the contact can never get them twice. While the feed is offline such an item waits, and goes out when the feed is back.
 */
import type { QueryClient } from '@tanstack/react-query';
import type { Message, Note, Reply } from '#contract';
import { api, ApiError, newKey } from './api.js';
import { nowMs } from './clock.js';
import { changeDraft, type DraftFile, type DraftKind, type Quoted } from './drafts.js';
import { feedStatus } from './feed.js';
import { createStore, useStore } from './store.js';
import { putMessage, refreshThread } from './thread.js';

/**
 * `sending`: on its way. `waiting`: no connection, goes out by itself. `failed`: refused or lost, with the reason; a person decides.
 * `held`: somebody answered meanwhile; a person decides.
 */
export type PendingState = 'sending' | 'waiting' | 'failed' | 'held';

/** One reply or note that the server has not kept yet. */
export interface Pending {
  key: string;
  conversationId: string;
  kind: DraftKind;
  text: string;
  cc: readonly string[];
  bcc: readonly string[];
  files: readonly DraftFile[];
  quickReplies: readonly string[];
  replyTo: Quoted | null;
  /** A longer text becomes several messages, of which the server's answer is the first; null: never. */
  partLengthMax: number | null;
  /** The newest message the agent had seen when sending; what is older cannot be this one. */
  lastSeenMessageId: string | null;
  state: PendingState;
  error: ApiError | null;
  createdAtMs: number;
}

const NOTHING: readonly Pending[] = [];
const pending = createStore<readonly Pending[]>(NOTHING);

/** What is on its way in one conversation, oldest first. */
export function usePending(conversationId: string): readonly Pending[] {
  const all = useStore(pending, (items) => items);
  const own = all.filter((item) => item.conversationId === conversationId);
  return own.length === 0 ? NOTHING : own;
}

/** How many items wait for the connection. */
export function useWaitingCount(): number {
  return useStore(pending, (items) => items.filter(({ state }) => state === 'waiting').length);
}

function update(key: string, change: Partial<Pending>): void {
  pending.set((items) => items.map((item) => (item.key === key ? { ...item, ...change } : item)));
}

/** Take an item back before it is kept. */
export function discard(key: string): void {
  pending.set((items) => items.filter((item) => item.key !== key));
}

/** Take an item back before it is kept, and put it into the draft to be changed. */
export function takeBack({ key, kind, conversationId, text, ...rest }: Pending): void {
  discard(key);
  const { cc, bcc, files, quickReplies, replyTo } = rest;
  if (kind === 'note') changeDraft(conversationId, { kind, note: text });
  else changeDraft(conversationId, { kind, reply: text, cc, bcc, files, quickReplies, replyTo });
}

/** Whether anything would be lost by closing the window. */
export function hasPending(): boolean {
  return pending.get().length > 0;
}

async function deliver(client: QueryClient, item: Pending): Promise<void> {
  update(item.key, { state: 'sending', error: null });
  const path = `/api/conversations/${encodeURIComponent(item.conversationId)}/${item.kind === 'reply' ? 'replies' : 'notes'}`;
  const reply: Reply = {
    text: item.text,
    lastSeenMessageId: item.lastSeenMessageId ?? undefined,
    cc: item.cc.length > 0 ? [...item.cc] : undefined,
    bcc: item.bcc.length > 0 ? [...item.bcc] : undefined,
    attachmentIds: item.files.flatMap(({ id }) => (id === null ? [] : [id])),
    quickReplies: [...item.quickReplies],
    replyToMessageId: item.replyTo?.id,
  };
  const note: Note = { text: item.text };
  try {
    const message = await api.create<Message>(path, item.kind === 'reply' ? reply : note, item.key);
    discard(item.key);
    putMessage(client, message);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.code === 'answered_meanwhile') {
      update(item.key, { state: 'held', error });
      // Who answered, and what: that is what one decides on, so it must be on the screen.
      await refreshThread(client, item.conversationId, new Set());
    } else update(item.key, { state: error.unanswered && feedStatus.get().phase === 'offline' ? 'waiting' : 'failed', error });
  }
}

/** What an agent wants said. */
export type Wish = Omit<Pending, 'key' | 'state' | 'error' | 'createdAtMs'>;

/** Send, and show it at once. Resolves when the server has answered or could not be reached; the item's state says which. */
export async function say(client: QueryClient, wish: Wish): Promise<void> {
  const item: Pending = { ...wish, key: newKey(), state: 'sending', error: null, createdAtMs: nowMs() };
  pending.set((items) => [...items, item]);
  await deliver(client, item);
}

/** Try again after a failure. The same words under the same key: kept at most once. */
export async function sayAgain(client: QueryClient, key: string): Promise<void> {
  const item = pending.get().find((each) => each.key === key);
  if (item) await deliver(client, item);
}

/** Send what was held, although somebody answered. Another wish than before, so another key. */
export async function sayAnyway(client: QueryClient, key: string): Promise<void> {
  const item = pending.get().find((each) => each.key === key);
  if (!item) return;
  discard(key);
  await say(client, { ...item, lastSeenMessageId: null });
}

/** Send what waits whenever the connection comes back. Returns how to stop. */
export function sendWhenBack(client: QueryClient): () => void {
  return feedStatus.subscribe(() => {
    if (feedStatus.get().phase === 'offline' || feedStatus.get().phase === 'connecting') return;
    void sendWaiting(client);
  });
}

let isSending = false;

async function sendWaiting(client: QueryClient): Promise<void> {
  if (isSending) return;
  isSending = true;
  try {
    // One after another: two replies must reach the contact in the order they were written.
    for (const item of pending.get().filter(({ state }) => state === 'waiting')) await deliver(client, item);
  } finally {
    isSending = false;
  }
}

/** Forget everything on its way: the agent signed out. */
export function forgetPending(): void {
  pending.set(NOTHING);
}
