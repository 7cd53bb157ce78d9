import { Button } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { conversationQuery } from '../conversations.js';
import { type Pending, sayAgain } from '../outbox.js';
import { useSession } from '../session.js';
import { notifyFailed, sentenceOf } from '../ui/notify.js';
import { liftSuppression } from './suppression.js';

/** An answer was refused because mail does not reach the address: lift that, and send the very same answer. */
export function TryAnyway({ pending }: { pending: Pending }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { agent } = useSession();
  const { conversationId, key } = pending;
  // The refusal is news: what is here of the conversation may not know of it yet.
  const { data } = useQuery({ ...conversationQuery(conversationId), refetchOnMount: 'always' });
  const [isBusy, setBusy] = useState(false);
  const suppressionId = data?.mail?.suppression?.id;
  if (suppressionId === undefined) return null;
  const send = async () => {
    setBusy(true);
    try {
      await liftSuppression(client, { suppressionId, conversationId, agentId: agent.id });
      await sayAgain(client, key);
    } catch (error) {
      notifyFailed(sentenceOf(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Button size="compact-sm" loading={isBusy} onClick={() => void send()}>
      {t('suppression.tryAnyway')}
    </Button>
  );
}
