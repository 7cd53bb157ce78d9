/** What came in and could not be taken in: fetching it, and what one can do with it. */
import { infiniteQueryOptions } from '@tanstack/react-query';
import type { Page, QuarantinedDelivery, Released } from '#contract';
import { api, withQuery } from './api.js';
import { QUARANTINE_KEY } from './settings.js';

const PAGE_ITEMS = 50;

/** What was set aside, newest first, page by page. */
export const unreadableQuery = infiniteQueryOptions({
  queryKey: QUARANTINE_KEY,
  queryFn: ({ pageParam, signal }) =>
    api.get<Page<QuarantinedDelivery>>(withQuery('/api/quarantine', { cursor: pageParam, limit: PAGE_ITEMS }), signal),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.nextCursor ?? undefined,
});

const pathOf = (id: string, below = '') => `/api/quarantine/${encodeURIComponent(id)}${below}`;

/** Where the raw bytes are saved from. */
export const rawPath = (id: string) => pathOf(id, '/raw');

export type QuarantineAct = 'retry' | 'release' | 'delete';

/** What became of several. `conversationId`: where the last one that was let in is. */
export interface Done {
  doneIds: Set<string>;
  error: unknown;
  conversationId: string | null;
}

/** Do one thing with several, one after another. What fails does not keep the others from being done. */
export async function actOn(ids: readonly string[], act: QuarantineAct): Promise<Done> {
  const done: Done = { doneIds: new Set(), error: null, conversationId: null };
  for (const id of ids) {
    try {
      if (act === 'delete') await api.delete(pathOf(id));
      else if (act === 'retry') await api.post<unknown>(pathOf(id, '/retry'), {});
      else done.conversationId = (await api.post<Released>(pathOf(id, '/release'), {})).conversationId;
      done.doneIds.add(id);
    } catch (error) {
      done.error = error;
    }
  }
  return done;
}
