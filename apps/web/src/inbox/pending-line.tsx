import { Button } from '@mantine/core';
import { IconAlertCircle, IconClock, IconCloudOff, IconPaperclip } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { withWords } from '../i18n/index.js';
import { type Pending, sayAgain, takeBack } from '../outbox.js';
import { sentenceOf } from '../ui/notify.js';
import { LinkedText } from './linked-text.js';
import styles from './pending-line.module.css';

const TryAnyway = lazy(async () => ({ default: (await withWords('mail', import('./try-anyway.js'))).TryAnyway }));

/** What an agent said and the server has not kept yet. The words stay until it has, or until a person takes them back. */
export function PendingLine({ pending }: { pending: Pending }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  return (
    <article className={styles.line} data-kind={pending.kind} data-state={pending.state} aria-busy={pending.state === 'sending'}>
      {pending.text !== '' && (
        <p className={styles.words} dir="auto">
          <LinkedText text={pending.text} />
        </p>
      )}
      {pending.files.length > 0 && (
        <ul className={styles.files}>
          {pending.files.map((file) => (
            <li key={file.key}>
              <IconPaperclip size={13} aria-hidden /> {file.name}
            </li>
          ))}
        </ul>
      )}
      <p className={styles.state} role="status">
        {pending.state === 'sending' && (
          <>
            <IconClock size={13} aria-hidden /> {t('delivery.keeping')}
          </>
        )}
        {pending.state === 'waiting' && (
          <>
            <IconCloudOff size={13} aria-hidden /> {t('delivery.waiting')}
          </>
        )}
        {pending.state === 'failed' && (
          <>
            <IconAlertCircle size={13} aria-hidden />
            {pending.error?.unanswered ? t('delivery.unanswered') : t('delivery.notKept', { reason: sentenceOf(pending.error) })}
          </>
        )}
      </p>
      {pending.error?.fields.map(({ path, message }) => (
        <p key={path} className={styles.state}>
          {message}
        </p>
      ))}
      {pending.state !== 'sending' && (
        <div className={styles.actions}>
          <Suspense fallback={null}>{pending.error?.code === 'address_suppressed' && <TryAnyway pending={pending} />}</Suspense>
          <Button variant="default" size="compact-sm" onClick={() => void sayAgain(client, pending.key)}>
            {t('action.retry')}
          </Button>
          <Button variant="default" size="compact-sm" onClick={() => takeBack(pending)}>
            {t('delivery.edit')}
          </Button>
        </div>
      )}
    </article>
  );
}
