import { Button } from '@mantine/core';
import { IconRepeatOff, IconShieldExclamation } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Conversation } from '#contract';
import { api } from '../api.js';
import {
  type ConversationFilter,
  conversationPath,
  countsQuery,
  forgetConversation,
  neighbourOf,
  refreshConversation,
} from '../conversations.js';
import { may, useSession } from '../session.js';
import { ConfirmDialog } from '../ui/confirm-dialog.js';
import { notifyDone, notifyFailed, sentenceOf } from '../ui/notify.js';
import styles from './conversation-bars.module.css';
import { MergeBars } from './merge-bars.js';

interface BarsProps {
  conversation: Conversation;
  filter: ConversationFilter;
}

/** What one has to know before reading on: that the sender is not proven, where else this may belong or went, that machines were stopped. */
export function ConversationBars({ conversation, filter }: BarsProps) {
  const { t } = useTranslation();
  return (
    <div className={styles.bars} role="region" aria-label={t('bars.label')}>
      {conversation.quarantined && <QuarantineBar conversation={conversation} filter={filter} />}
      <MergeBars conversation={conversation} filter={filter} />
      {conversation.mail?.loopStopped === true && (
        <p className={styles.bar} data-tone="warn">
          <IconRepeatOff size={16} aria-hidden />
          <span>{t('bars.loop')}</span>
        </p>
      )}
    </div>
  );
}

function QuarantineBar({ conversation, filter }: BarsProps) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const session = useSession();
  const [isBusy, setBusy] = useState(false);
  const [isAsking, setAsking] = useState(false);
  const { id, number } = conversation;
  const act = async (what: () => Promise<void>) => {
    setBusy(true);
    try {
      await what();
    } catch (error) {
      notifyFailed(sentenceOf(error));
    } finally {
      setBusy(false);
      setAsking(false);
    }
  };
  const letIn = () =>
    act(async () => {
      await api.post<unknown>(conversationPath(id, '/release'), {});
      notifyDone(t('bars.letInDone', { number }));
      await refreshConversation(client, id, session.agent.id);
      await client.invalidateQueries({ queryKey: countsQuery.queryKey });
    });
  const erase = () =>
    act(async () => {
      const next = neighbourOf(client, filter, id);
      await api.delete(conversationPath(id));
      notifyDone(t('bars.deleted', { number }));
      const search = { status: filter.status, channel: filter.channel, teamId: filter.teamId };
      if (next) await navigate({ to: '/inbox/$view/$conversationId', params: { view: filter.view, conversationId: next.id }, search });
      else await navigate({ to: '/inbox/$view', params: { view: filter.view }, search });
      forgetConversation(client, id);
      await client.invalidateQueries({ queryKey: countsQuery.queryKey });
    });
  return (
    <div className={styles.bar} data-tone="bad">
      <IconShieldExclamation size={17} aria-hidden />
      <div className={styles.words}>
        <p>
          <strong>{t('bars.quarantined')}</strong> {t('bars.quarantinedHelp')}
        </p>
      </div>
      <div className={styles.acts}>
        <Button variant="default" loading={isBusy && !isAsking} onClick={() => void letIn()}>
          {t('bars.letIn')}
        </Button>
        {may(session, 'conversation:erase') && (
          <Button variant="default" disabled={isBusy} onClick={() => setAsking(true)}>
            {t('bars.delete')}
          </Button>
        )}
      </div>
      <ConfirmDialog
        isOpen={isAsking}
        isDangerous
        isBusy={isBusy}
        title={t('bars.deleteTitle', { number })}
        help={t('bars.deleteHelp')}
        label={t('bars.delete')}
        onConfirm={() => void erase()}
        onClose={() => setAsking(false)}
      />
    </div>
  );
}
