import { Button } from '@mantine/core';
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { Suppression } from '#contract';
import { api } from '../api.js';
import { useFormats } from '../formats.js';
import { may, useSession } from '../session.js';
import { SUPPRESSIONS_KEY, suppressionsQuery } from '../settings.js';
import { notifyDone, notifyFailed, sentenceOf } from '../ui/notify.js';
import { Card, Section } from '../ui/page.js';
import { FailedState, Skeleton } from '../ui/states.js';
import styles from './connection-page.module.css';

/** Where mail does not go because it did not get there, with the reason; each can be lifted. */
export function SuppressionsSection() {
  const { t } = useTranslation();
  const query = useInfiniteQuery(suppressionsQuery);
  const items = query.data?.pages.flatMap((page) => page.items);
  return (
    <Section title={t('suppressions.title')} help={t('suppressions.help')}>
      <Card>
        {items === undefined ? (
          query.isError ? (
            <FailedState error={query.error} onRetry={() => void query.refetch()} />
          ) : (
            <Skeleton lines={2} />
          )
        ) : items.length === 0 ? (
          <p className={styles.faint}>{t('suppressions.none')}</p>
        ) : (
          <ul className={styles.lines} aria-label={t('suppressions.list')}>
            {items.map((suppression) => (
              <SuppressionLine key={suppression.id} suppression={suppression} />
            ))}
          </ul>
        )}
        {query.hasNextPage && (
          <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {t('suppressions.more')}
          </Button>
        )}
      </Card>
    </Section>
  );
}

function SuppressionLine({ suppression }: { suppression: Suppression }) {
  const { t } = useTranslation();
  const { shortDate } = useFormats();
  const client = useQueryClient();
  const mayLift = may(useSession(), 'suppression:manage');
  const { id, address, stream, reason, since } = suppression;
  const lift = async () => {
    try {
      await api.delete(`/api/suppressions/${encodeURIComponent(id)}`);
      notifyDone(t('suppressions.lifted', { address }));
    } catch (error) {
      notifyFailed(sentenceOf(error));
    }
    await Promise.all([SUPPRESSIONS_KEY, ['conversation']].map((queryKey) => client.invalidateQueries({ queryKey })));
  };
  const facts = [
    t(`suppressions.reason_${reason}`),
    t(`suppressions.stream_${stream}`),
    t('suppressions.since', { date: shortDate(since) }),
  ];
  return (
    <li className={styles.suppressed}>
      <div>
        <strong>{address}</strong>
        <p className={styles.faint}>{facts.join(' · ')}</p>
      </div>
      {mayLift && (
        <Button variant="default" size="compact-sm" aria-label={t('suppressions.liftOf', { address })} onClick={() => void lift()}>
          {t('suppressions.lift')}
        </Button>
      )}
    </li>
  );
}
