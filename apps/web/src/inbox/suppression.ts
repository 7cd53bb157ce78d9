import type { QueryClient } from '@tanstack/react-query';
import { api, ApiError } from '../api.js';
import { refreshConversation } from '../conversations.js';
import { SUPPRESSIONS_KEY } from '../settings.js';

interface Lifting {
  suppressionId: string;
  conversationId: string;
  agentId: string;
}

/**
 * Let mail go to an address again that did not reach it.
 *
 * Errors   ApiError; one that is lifted already is none
 */
export async function liftSuppression(client: QueryClient, { suppressionId, conversationId, agentId }: Lifting): Promise<void> {
  try {
    await api.delete(`/api/suppressions/${encodeURIComponent(suppressionId)}`);
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 404) throw error;
  }
  await Promise.all([refreshConversation(client, conversationId, agentId), client.invalidateQueries({ queryKey: SUPPRESSIONS_KEY })]);
}
