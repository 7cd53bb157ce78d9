/**
 * The lists of conversations, kept true without asking for them again.
 *
 * A list is a pile of pages, newest activity first. When the feed names a conversation, that one conversation is fetched and put
 * where it now belongs in every list that is in memory: moved up, taken out, or let in. One request, whatever the lists' length.
 */
import { infiniteQueryOptions, type InfiniteData, type QueryClient, queryOptions } from '@tanstack/react-query';
import type {
  ChannelKind,
  Conversation,
  ConversationChange,
  ConversationCounts,
  ConversationRow,
  ConversationStatus,
  ConversationView,
  Page,
} from '#contract';
import { api, ApiError, withQuery } from './api.js';

/** What a list shows. Without `status`: everything that is not closed. */
export interface ConversationFilter {
  view: ConversationView;
  status?: ConversationStatus;
  channel?: ChannelKind;
  teamId?: string;
}

type ListPages = InfiniteData<Page<ConversationRow>, string | undefined>;

const LIST_PAGE_ITEMS = 50;
const LISTS_KEY = 'conversations';

/** The path of one conversation, and of what lies below it. */
export const conversationPath = (conversationId: string, below = '') => `/api/conversations/${encodeURIComponent(conversationId)}${below}`;
const keyOf = (conversationId: string) => ['conversation', conversationId] as const;

/** One list, page by page. */
export const conversationsQuery = (filter: ConversationFilter) =>
  infiniteQueryOptions({
    queryKey: [LISTS_KEY, filter] as const,
    queryFn: ({ pageParam, signal }) =>
      api.get<Page<ConversationRow>>(withQuery('/api/conversations', { ...filter, cursor: pageParam, limit: LIST_PAGE_ITEMS }), signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  });

/** One conversation, whole. */
export const conversationQuery = (conversationId: string) =>
  queryOptions({
    queryKey: keyOf(conversationId),
    queryFn: ({ signal }) => api.get<Conversation>(conversationPath(conversationId), signal),
  });

/** What stands beside each view. */
export const countsQuery = queryOptions({
  queryKey: ['counts'] as const,
  queryFn: ({ signal }) => api.get<ConversationCounts>('/api/conversations/counts', signal),
});

/** Whether a row belongs in a list. */
export function belongsIn(filter: ConversationFilter, row: ConversationRow, agentId: string): boolean {
  if (filter.status === undefined ? row.status === 'closed' : row.status !== filter.status) return false;
  if (filter.channel !== undefined && row.channel !== filter.channel) return false;
  if (filter.teamId !== undefined && row.team?.id !== filter.teamId) return false;
  // What is not from whom it says is among its like, and nowhere else.
  if (row.quarantined !== (filter.view === 'quarantine')) return false;
  if (filter.view === 'mine') return row.assignee?.id === agentId;
  if (filter.view === 'unassigned') return row.assignee === null;
  return true;
}

/**
 * The list with one conversation put where it belongs, or taken out.
 *
 * Repeats  putting the same row twice changes nothing
 */
export function placeRow(list: ListPages, row: ConversationRow, belongs: boolean): ListPages {
  const pages = list.pages.map((page) => ({ ...page, items: page.items.filter(({ id }) => id !== row.id) }));
  if (!belongs) return { ...list, pages };
  for (const page of pages) {
    const before = page.items.findIndex((item) => item.lastMessageAt < row.lastMessageAt);
    const isLastPage = page.nextCursor === null;
    if (before === -1 && !isLastPage) continue;
    page.items.splice(before === -1 ? page.items.length : before, 0, row);
    return { ...list, pages };
  }
  // Older than everything loaded: it will come with its own page.
  return { ...list, pages };
}

/** Put one conversation into every list in memory. */
export function placeEverywhere(client: QueryClient, row: ConversationRow, agentId: string): void {
  for (const [queryKey, list] of client.getQueriesData<ListPages>({ queryKey: [LISTS_KEY] })) {
    const filter = queryKey[1] as ConversationFilter;
    if (list) client.setQueryData<ListPages>(queryKey, placeRow(list, row, belongsIn(filter, row, agentId)));
  }
}

/** Take a conversation out of everything in memory: it is gone. */
export function forgetConversation(client: QueryClient, conversationId: string): void {
  for (const queryKey of [keyOf(conversationId), ['thread', conversationId]]) client.removeQueries({ queryKey });
  client.setQueriesData<ListPages>(
    { queryKey: [LISTS_KEY] },
    (list) =>
      list && { ...list, pages: list.pages.map((page) => ({ ...page, items: page.items.filter(({ id }) => id !== conversationId) })) },
  );
}

/** Resolves when no list is under way: a row put into a list before its answer comes would be lost to that older answer. */
async function listsArrived(client: QueryClient): Promise<void> {
  const underWay = client.getQueryCache().findAll({ queryKey: [LISTS_KEY], fetchStatus: 'fetching' });
  await Promise.allSettled(underWay.map(async (query) => query.promise));
}

/** Fetch one conversation and put it everywhere. One that is gone (erased, or no longer ours) is taken out everywhere. */
export async function refreshConversation(client: QueryClient, conversationId: string, agentId: string): Promise<void> {
  try {
    // An answer under way may be older than the change we were told of; joining it would show the past as news.
    await client.cancelQueries({ queryKey: keyOf(conversationId) });
    const fresh = await client.query({ ...conversationQuery(conversationId), staleTime: 0 });
    await listsArrived(client);
    placeEverywhere(client, fresh, agentId);
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 404) throw error;
    forgetConversation(client, conversationId);
  }
}

/** Fetch every list and open conversation again: after a gap too long to replay. */
export async function refreshAllConversations(client: QueryClient): Promise<void> {
  await Promise.all([client.invalidateQueries({ queryKey: [LISTS_KEY] }), client.invalidateQueries({ queryKey: ['conversation'] })]);
}

/** The row as any list in memory has it: enough to draw a header before the conversation itself has come. */
export function knownRow(client: QueryClient, conversationId: string): ConversationRow | undefined {
  const whole = client.getQueryData<Conversation>(keyOf(conversationId));
  if (whole) return whole;
  for (const [, list] of client.getQueriesData<ListPages>({ queryKey: [LISTS_KEY] }))
    for (const page of list?.pages ?? []) for (const row of page.items) if (row.id === conversationId) return row;
  return undefined;
}

/** The conversations of a list as they stand one under the other. */
export function rowsOf(list: { pages: Page<ConversationRow>[] } | undefined): ConversationRow[] {
  return list?.pages.flatMap((page) => page.items) ?? [];
}

/** Who stands below a conversation in a list, or else above it: where one goes after closing it. */
export function neighbourOf(client: QueryClient, filter: ConversationFilter, conversationId: string): ConversationRow | undefined {
  const rows = rowsOf(client.getQueryData<ListPages>(conversationsQuery(filter).queryKey));
  const at = rows.findIndex(({ id }) => id === conversationId);
  return at === -1 ? undefined : (rows[at + 1] ?? rows[at - 1]);
}

/** A change as a person makes it: the assignee with the name that is shown until the server confirms. */
export interface WantedChange extends Omit<ConversationChange, 'assigneeId' | 'teamId'> {
  assignee?: { id: string; name: string } | null;
  team?: { id: string; name: string } | null;
}

function show(client: QueryClient, row: ConversationRow, agentId: string): void {
  client.setQueryData<Conversation>(keyOf(row.id), (whole) => whole && { ...whole, ...row });
  placeEverywhere(client, row, agentId);
}

/**
 * Show a change at once, tell the server, and show what the server made of it.
 *
 * Errors   ApiError, after everything on the screen is back as it was
 */
export async function changeConversation(
  client: QueryClient,
  conversationId: string,
  wanted: WantedChange,
  agentId: string,
): Promise<void> {
  const before = knownRow(client, conversationId);
  await client.cancelQueries({ queryKey: keyOf(conversationId) });
  const { assignee, team, ...rest } = wanted;
  if (before)
    show(
      client,
      { ...before, ...rest, assignee: assignee === undefined ? before.assignee : assignee, team: team === undefined ? before.team : team },
      agentId,
    );
  const change: ConversationChange = {
    ...rest,
    ...(assignee === undefined ? {} : { assigneeId: assignee?.id ?? null }),
    ...(team === undefined ? {} : { teamId: team?.id ?? null }),
  };
  try {
    await api.patch<unknown>(conversationPath(conversationId), change);
  } catch (error) {
    if (before) show(client, before, agentId);
    throw error;
  }
  await Promise.all([refreshConversation(client, conversationId, agentId), client.invalidateQueries({ queryKey: countsQuery.queryKey })]);
}

/** Say that an agent has opened what the contact said last. */
export async function markSeen(client: QueryClient, conversationId: string, agentId: string): Promise<void> {
  const row = knownRow(client, conversationId);
  if (row) show(client, { ...row, unread: false }, agentId);
  await api.post<unknown>(conversationPath(conversationId, '/seen'), {});
}
