/**
 * What was said in one conversation: the newest part first, older parts on request, new messages merged in.
 *
 * The server answers from the end of the thread, oldest first within a page. Fetching again means fetching the newest page and laying it
 * over what is here; only when the two do not meet (we were away for more than a page) does the older part go, so that no gap can hide.
 */
import { queryOptions, type QueryClient } from '@tanstack/react-query';
import type { Message, Page } from '#contract';
import { api, withQuery } from './api.js';

/** The loaded part of a thread, oldest first. `olderCursor` is null when nothing older exists. */
export interface Thread {
  messages: Message[];
  olderCursor: string | null;
}

const THREAD_PAGE_ITEMS = 50;
/** So many pages are fetched to renew one old message before the older part is simply dropped. */
const RENEW_PAGES_MAX = 10;

const keyOf = (conversationId: string) => ['thread', conversationId] as const;

function fetchPage(conversationId: string, cursor: string | undefined, signal?: AbortSignal): Promise<Page<Message>> {
  const path = `/api/conversations/${encodeURIComponent(conversationId)}/messages`;
  return api.get<Page<Message>>(withQuery(path, { cursor, limit: THREAD_PAGE_ITEMS }), signal);
}

/** `newest` laid over what was loaded before. */
export function layOver(before: Thread | undefined, newest: Page<Message>): Thread {
  const fresh: Thread = { messages: newest.items, olderCursor: newest.nextCursor };
  const first = newest.items[0];
  if (!before || !first || newest.nextCursor === null) return fresh;
  const meetsAt = before.messages.findIndex(({ id }) => id === first.id);
  if (meetsAt === -1) return fresh;
  return { messages: [...before.messages.slice(0, meetsAt), ...newest.items], olderCursor: before.olderCursor };
}

/** One thread. */
export const threadQuery = (client: QueryClient, conversationId: string) =>
  queryOptions({
    queryKey: keyOf(conversationId),
    queryFn: async ({ signal }): Promise<Thread> => {
      const newest = await fetchPage(conversationId, undefined, signal);
      return layOver(client.getQueryData<Thread>(keyOf(conversationId)), newest);
    },
  });

/** Load the part before the oldest message shown. */
export async function loadOlder(client: QueryClient, conversationId: string): Promise<void> {
  const cursor = client.getQueryData<Thread>(keyOf(conversationId))?.olderCursor;
  if (!cursor) return;
  const page = await fetchPage(conversationId, cursor);
  client.setQueryData<Thread>(keyOf(conversationId), (thread) => {
    // Somebody else loaded it meanwhile, or the thread was renewed: laying it on again would repeat messages.
    if (!thread || thread.olderCursor !== cursor) return thread;
    return { messages: [...page.items, ...thread.messages], olderCursor: page.nextCursor };
  });
}

/** Put one message where it belongs: over its older self, or at the end. */
export function putMessage(client: QueryClient, message: Message): void {
  client.setQueryData<Thread>(keyOf(message.conversationId), (thread) => {
    if (!thread) return thread;
    const isKnown = thread.messages.some(({ id }) => id === message.id);
    const messages = isKnown ? thread.messages.map((each) => (each.id === message.id ? message : each)) : [...thread.messages, message];
    return { ...thread, messages };
  });
}

/** Renew a thread in memory after its messages changed; `messageIds` are the ones the feed named. Does nothing for a thread nobody opened. */
export async function refreshThread(client: QueryClient, conversationId: string, messageIds: ReadonlySet<string>): Promise<void> {
  const query = client.getQueryCache().find<Thread>({ queryKey: keyOf(conversationId) });
  // The first page may be under way with an answer from before the change: let it land, then lay the newer one over it.
  await query?.promise?.catch(() => undefined);
  const before = query?.state.data;
  if (!before) return;
  const wanted = new Set(before.messages.map(({ id }) => id).filter((id) => messageIds.has(id)));
  const fetched: Message[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < RENEW_PAGES_MAX; page += 1) {
    const { items, nextCursor } = await fetchPage(conversationId, cursor);
    fetched.unshift(...items);
    for (const { id } of items) wanted.delete(id);
    cursor = nextCursor ?? undefined;
    if (wanted.size === 0 || cursor === undefined) break;
  }
  client.setQueryData<Thread>(keyOf(conversationId), (thread) => layOver(thread, { items: fetched, nextCursor: cursor ?? null }));
}

/** Fetch a thread in memory anew, from its end: other messages are in it than before. Does nothing for a thread nobody opened. */
export async function renewThread(client: QueryClient, conversationId: string): Promise<void> {
  const query = client.getQueryCache().find<Thread>({ queryKey: keyOf(conversationId) });
  await query?.promise?.catch(() => undefined);
  if (!query?.state.data) return;
  const { items, nextCursor } = await fetchPage(conversationId, undefined);
  client.setQueryData<Thread>(keyOf(conversationId), { messages: items, olderCursor: nextCursor });
}
