import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useRouter } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api.js';
import { type ConversationFilter, conversationPath, countsQuery, refreshConversation } from '../conversations.js';
import { useSession } from '../session.js';
import { renewThread } from '../thread.js';
import { notifyDone, notifyFailed, sentenceOf } from '../ui/notify.js';
import { offerUndo } from '../undo.js';
import { conversationIn } from './address.js';

interface Numbered {
  id: string;
  number: number;
}

/** Two conversations of which one goes, or went, into the other. */
export interface Pair {
  part: Numbered;
  whole: Numbered;
}

/** Of two conversations the newer goes into the older. */
export function pairOf(one: Numbered, other: Numbered): Pair {
  return one.number > other.number ? { part: one, whole: other } : { part: other, whole: one };
}

/** Show both as they are now. The feed tells of them too; of two that fetch the same the first gives way, which is no failure. */
async function refresh(client: QueryClient, { part, whole }: Pair, agentId: string): Promise<void> {
  await Promise.allSettled([
    ...[part, whole].flatMap(({ id }) => [refreshConversation(client, id, agentId), renewThread(client, id)]),
    client.invalidateQueries({ queryKey: countsQuery.queryKey }),
  ]);
}

/** Merging, and taking it back. Whoever looks at the one that is empty then is led to where everything is. */
export function useMerging(filter: ConversationFilter) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { agent } = useSession();
  const navigate = useNavigate();
  const router = useRouter();
  const [isBusy, setBusy] = useState(false);
  const follow = async (from: Numbered, to: Numbered) => {
    if (conversationIn(router.latestLocation.pathname) !== from.id) return;
    const search = { status: filter.status, channel: filter.channel, teamId: filter.teamId };
    await navigate({ to: '/inbox/$view/$conversationId', params: { view: filter.view, conversationId: to.id }, search });
  };
  const act = async (what: () => Promise<void>) => {
    setBusy(true);
    try {
      await what();
    } catch (error) {
      notifyFailed(sentenceOf(error));
    } finally {
      setBusy(false);
    }
  };
  const unmerge = (pair: Pair) =>
    act(async () => {
      const { part, whole } = pair;
      await api.post<unknown>(conversationPath(part.id, '/unmerge'), {});
      await refresh(client, pair, agent.id);
      await follow(whole, part);
      notifyDone(t('bars.unmerged', { part: part.number, whole: whole.number }));
    });
  const merge = (pair: Pair) =>
    act(async () => {
      const { part, whole } = pair;
      await api.post<unknown>(conversationPath(part.id, '/merge'), { intoId: whole.id });
      offerUndo(t('bars.merged', { part: part.number, whole: whole.number }), () => unmerge(pair));
      await refresh(client, pair, agent.id);
      await follow(part, whole);
    });
  return { isBusy, merge, unmerge };
}
