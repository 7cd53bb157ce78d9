import { Button } from '@mantine/core';
import { IconUserShare } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Conversation } from '#contract';
import { api } from '../api.js';
import { refreshConversation } from '../conversations.js';
import { useSession } from '../session.js';
import { sentenceOf } from '../ui/notify.js';
import styles from './control-banner.module.css';

/** Another app of the page has this conversation: one reads along, and can take it over. */
export function ControlBanner({ conversation }: { conversation: Conversation }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { agent } = useSession();
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  const takeOver = async () => {
    setBusy(true);
    setRefusal(null);
    try {
      await api.post<unknown>(`/api/conversations/${encodeURIComponent(conversation.id)}/take-over`, {});
      await refreshConversation(client, conversation.id, agent.id);
    } catch (error) {
      setRefusal(sentenceOf(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className={styles.banner} role="region" aria-label={t('control.takeOver')}>
      <IconUserShare size={18} aria-hidden />
      <div className={styles.words}>
        <p>
          <strong>{conversation.control.app === 'page_inbox' ? t('control.inbox') : t('control.other')}</strong> {t('control.help')}
        </p>
        <p role="alert" className={styles.refusal}>
          {refusal}
        </p>
      </div>
      <Button variant="default" loading={isBusy} onClick={() => void takeOver()}>
        {t('control.takeOver')}
      </Button>
    </div>
  );
}
