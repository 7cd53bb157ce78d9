import { queryOptions } from '@tanstack/react-query';
import type { OperatorGrant, Page } from '#contract';
import { api } from './api.js';

/** The feed does not tell when somebody else grants or ends, nor when the time is over. */
const LOOK_EVERY_MS = 60_000;

/** When operators may read what this business keeps, newest first. */
export const operatorGrantsQuery = queryOptions({
  queryKey: ['operator-grants'] as const,
  queryFn: ({ signal }) => api.get<Page<OperatorGrant>>('/api/operator-grants', signal),
  refetchInterval: LOOK_EVERY_MS,
});

/** The grant that is good now and longest. */
export function liveGrant(grants: readonly OperatorGrant[], atMs: number): OperatorGrant | undefined {
  return grants
    .filter(({ isLive, endsAt }) => isLive && Date.parse(endsAt) > atMs)
    .toSorted((one, other) => Date.parse(other.endsAt) - Date.parse(one.endsAt))[0];
}
