import { Button } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useNowMs } from '../clock.js';
import { useFormats } from '../formats.js';
import type { Pending } from '../outbox.js';
import { useSession } from '../session.js';
import { threadQuery } from '../thread.js';
import { LinkedText } from './linked-text.js';
import styles from './held-banner.module.css';

interface HeldBannerProps {
  held: Pending;
  onAnyway: () => void;
  onEdit: () => void;
}

/** Somebody answered while one was writing: nothing has gone out, and one decides knowing that. */
export function HeldBanner({ held, onAnyway, onEdit }: HeldBannerProps) {
  const { t } = useTranslation();
  const { agent } = useSession();
  const { spokenAge } = useFormats();
  const atMs = useNowMs();
  const client = useQueryClient();
  const { data } = useQuery(threadQuery(client, held.conversationId));
  const answer = data?.messages.findLast(({ direction, author }) => direction === 'out' && author.id !== agent.id);
  return (
    <div className={styles.held} role="alert">
      <div className={styles.words}>
        <strong>
          {answer ? t('composer.heldBy', { name: answer.author.name, age: spokenAge(answer.sentAt, atMs) }) : t('composer.heldUnknown')}
        </strong>
        <p className={styles.text}>
          <LinkedText text={held.text === '' ? held.files.map(({ name }) => name).join(', ') : held.text} />
        </p>
      </div>
      <div className={styles.actions}>
        <Button variant="default" onClick={onAnyway}>
          {t('composer.sendAnyway')}
        </Button>
        <Button variant="default" onClick={onEdit}>
          {t('composer.editFirst')}
        </Button>
      </div>
    </div>
  );
}
