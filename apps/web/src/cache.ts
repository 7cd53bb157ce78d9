import { QueryClient } from '@tanstack/react-query';
import { ApiError } from './api.js';

const RETRIES_MAX = 2;
const RETRY_DELAY_MS = 400;
const KEPT_UNUSED_MS = 30 * 60 * 1_000;

/** Whether asking again can help: the server was away or stumbled. A refusal stays a refusal. */
function isWorthRetrying(failures: number, error: Error): boolean {
  if (failures >= RETRIES_MAX) return false;
  return error instanceof ApiError && (error.unanswered || error.status >= 500);
}

/**
 * The cache of everything the server told this window.
 *
 * What is here stays true because the feed says what changed; nothing is asked again merely because time passed or the window got focus.
 */
export function startCache(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: Infinity,
        gcTime: KEPT_UNUSED_MS,
        retry: isWorthRetrying,
        retryDelay: (attempt) => RETRY_DELAY_MS * 2 ** attempt,
        refetchOnWindowFocus: false,
        // An unreachable server should be tried and found unreachable, not waited for in silence.
        networkMode: 'always',
      },
      mutations: { retry: false, networkMode: 'always' },
    },
  });
}
