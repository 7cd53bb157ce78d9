import type { GraphAsk } from './graph-call.js';
import { limitIn, textIn } from './graph-input.js';

export interface Paging<Item> {
  perAnswerMax: number;
  baseUrl: string;
  factsOf: (item: Item, index: number) => object;
}

/** The part of the list that was asked for, with cursors, and the address of the next part as long as there is one. */
export function pagedBy<Item extends { id: string }>(ask: GraphAsk, items: readonly Item[], paging: Paging<Item>): object {
  const after = textIn(ask.values, 'after');
  const from = after === null ? 0 : items.findIndex((item) => cursorOf(item.id) === after) + 1;
  const shown = items.slice(from, from + limitIn(ask.values, paging.perAnswerMax));
  const data = shown.map((item, index) => paging.factsOf(item, from + index));
  const [first, last] = [shown[0], shown.at(-1)];
  if (!first || !last) return { data };
  const cursors = { before: cursorOf(first.id), after: cursorOf(last.id) };
  if (items.at(-1) === last) return { data, paging: { cursors } };
  return { data, paging: { cursors, next: nextUrl(ask, paging.baseUrl, cursors.after) } };
}

export const cursorOf = (id: string): string => Buffer.from(`after-${id}`).toString('base64url');

/** Every parameter of the call again, the token with it, as Meta does; only the place is another. */
function nextUrl(ask: GraphAsk, baseUrl: string, after: string): string {
  const next = new URL(`${baseUrl}/${ask.version}${ask.path}`);
  for (const name of ['fields', 'limit', 'platform', 'user_id', 'folder']) {
    const value = textIn(ask.values, name);
    if (value !== null) next.searchParams.set(name, value);
  }
  next.searchParams.set('access_token', ask.token.token);
  next.searchParams.set('after', after);
  return next.href;
}
