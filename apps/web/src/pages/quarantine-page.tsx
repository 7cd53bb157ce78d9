import { Button } from '@mantine/core';
import { IconChecks } from '@tabler/icons-react';
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { QuarantinedDelivery } from '#contract';
import { countsQuery } from '../conversations.js';
import { QuarantineTabs } from '../inbox/quarantine-list.js';
import { actOn, type QuarantineAct, unreadableQuery } from '../quarantine.js';
import { RailButton } from '../rail.js';
import { may, useSession } from '../session.js';
import { ConfirmDialog } from '../ui/confirm-dialog.js';
import { LinkButton } from '../ui/link-button.js';
import { notifyDone, notifyFailed, sentenceOf } from '../ui/notify.js';
import { Card, Page } from '../ui/page.js';
import { EmptyState, FailedState, Skeleton } from '../ui/states.js';
import { QuarantineLine } from './quarantine-line.js';
import styles from './quarantine-page.module.css';

const DONE = { retry: 'quarantine.retried', release: 'quarantine.released', delete: 'quarantine.deleted' } as const;

/** What came in and could not be taken in: why, and what one can do about it. */
export function QuarantinePage() {
  const { t } = useTranslation();
  const query = useInfiniteQuery(unreadableQuery);
  const items = query.data?.pages.flatMap((page) => page.items);
  return (
    <Page menu={<RailButton />} title={t('rail.quarantine')}>
      <div className={styles.top}>
        <QuarantineTabs />
        <p>{t('quarantine.help')}</p>
      </div>
      {items === undefined ? (
        query.isError ? (
          <FailedState error={query.error} onRetry={() => void query.refetch()} />
        ) : (
          <Skeleton shape="card" lines={3} />
        )
      ) : items.length === 0 ? (
        <Card>
          <EmptyState icon={<IconChecks />} title={t('quarantine.unreadableEmptyTitle')} help={t('quarantine.unreadableEmptyHelp')} />
        </Card>
      ) : (
        <Items items={items} />
      )}
      {query.hasNextPage && (
        <div className={styles.more}>
          <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {t('quarantine.more')}
          </Button>
        </div>
      )}
    </Page>
  );
}

/** What one does with one or several, and what became of it. */
function useActing() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [isBusy, setBusy] = useState(false);
  const [openedId, setOpenedId] = useState<string | null>(null);
  const act = async (ids: readonly string[], what: QuarantineAct) => {
    setBusy(true);
    const { doneIds, error, conversationId } = await actOn(ids, what);
    setBusy(false);
    setOpenedId(conversationId);
    if (doneIds.size > 0) notifyDone(t(DONE[what], { count: doneIds.size }));
    if (error !== null) notifyFailed(t('quarantine.notAll', { reason: sentenceOf(error) }));
    await Promise.all([unreadableQuery.queryKey, countsQuery.queryKey].map((queryKey) => client.invalidateQueries({ queryKey })));
  };
  return { isBusy, openedId, act };
}

function Items({ items }: { items: readonly QuarantinedDelivery[] }) {
  const { t } = useTranslation();
  const mayAct = may(useSession(), 'quarantine:manage');
  const { isBusy, openedId, act } = useActing();
  const [chosenIds, setChosenIds] = useState<ReadonlySet<string>>(new Set());
  const [toDelete, setToDelete] = useState<readonly string[] | null>(null);
  const chosen = items.filter(({ id }) => chosenIds.has(id));
  const choose = (id: string, isChosen: boolean) => {
    const next = new Set(chosenIds);
    if (isChosen) next.add(id);
    else next.delete(id);
    setChosenIds(next);
  };
  const idsOf = (some: readonly QuarantinedDelivery[]) => some.map(({ id }) => id);
  return (
    <>
      {openedId !== null && (
        <p role="status">
          <LinkButton to="/inbox/$view/$conversationId" params={{ view: 'all', conversationId: openedId }} variant="default">
            {t('quarantine.open')}
          </LinkButton>
        </p>
      )}
      <div className={styles.box}>
        {mayAct && (
          <div className={styles.bar}>
            <label className={styles.all}>
              <input
                type="checkbox"
                checked={chosen.length === items.length}
                onChange={({ currentTarget }) => setChosenIds(currentTarget.checked ? new Set(idsOf(items)) : new Set())}
              />
              {chosen.length === 0 ? t('quarantine.selectAll') : t('quarantine.chosen', { count: chosen.length })}
            </label>
            {chosen.length > 0 && (
              <span className={styles.acts}>
                <Button variant="default" size="compact-sm" loading={isBusy} onClick={() => void act(idsOf(chosen), 'retry')}>
                  {t('quarantine.retry')}
                </Button>
                <Button
                  variant="default"
                  size="compact-sm"
                  disabled={isBusy || !chosen.some(({ canRelease }) => canRelease)}
                  onClick={() => void act(idsOf(chosen.filter(({ canRelease }) => canRelease)), 'release')}
                >
                  {t('quarantine.release')}
                </Button>
                <Button variant="default" size="compact-sm" disabled={isBusy} onClick={() => setToDelete(idsOf(chosen))}>
                  {t('quarantine.delete')}
                </Button>
              </span>
            )}
          </div>
        )}
        <ul className={styles.list} aria-label={t('quarantine.table')}>
          {items.map((item) => (
            <QuarantineLine
              key={item.id}
              item={item}
              isChosen={chosenIds.has(item.id)}
              mayAct={mayAct}
              isBusy={isBusy}
              onChoose={(isChosen) => choose(item.id, isChosen)}
              onAct={(what) => (what === 'delete' ? setToDelete([item.id]) : void act([item.id], what))}
            />
          ))}
        </ul>
      </div>
      <ConfirmDialog
        isOpen={toDelete !== null}
        isDangerous
        isBusy={isBusy}
        title={t('quarantine.deleteTitle', { count: toDelete?.length ?? 1 })}
        help={t('quarantine.deleteHelp')}
        label={t('quarantine.delete')}
        onConfirm={() => void act(toDelete ?? [], 'delete').then(() => setToDelete(null))}
        onClose={() => setToDelete(null)}
      />
    </>
  );
}
