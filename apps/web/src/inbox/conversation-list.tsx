import { Button } from '@mantine/core';
import { IconChecks, IconFilterOff, IconInbox } from '@tabler/icons-react';
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, lazy, Suspense, useCallback, useEffect, useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { ConversationRow } from '#contract';
import { useNowMs } from '../clock.js';
import { type ConversationFilter, conversationQuery, conversationsQuery, rowsOf } from '../conversations.js';
import { withWords } from '../i18n/index.js';
import { useShortcut } from '../keyboard.js';
import { RailButton } from '../rail.js';
import { may, useSession } from '../session.js';
import { useStore } from '../store.js';
import { threadQuery } from '../thread.js';
import { LinkButton } from '../ui/link-button.js';
import { EmptyState, FailedState, Skeleton } from '../ui/states.js';
import styles from './conversation-list.module.css';
import { ConversationRowLink } from './conversation-row.js';
import { cursor, focusRow } from './cursor.js';
import { ListFilter } from './list-filter.js';
import { loadComposer } from './load-composer.js';
import { loadMail } from './load-mail.js';

const quarantine = () => withWords('mail', import('./quarantine-list.js'));
const QuarantineTabs = lazy(async () => ({ default: (await quarantine()).QuarantineTabs }));
const NothingInQuarantine = lazy(async () => ({ default: (await quarantine()).NothingInQuarantine }));

const ROW_HEIGHT_PX = 76;
const OVERSCAN_ROWS = 8;
/** The next page is asked for when so few rows are left below what is drawn. */
const LOAD_AHEAD_ROWS = 15;

interface ConversationListProps {
  filter: ConversationFilter;
  openId: string | undefined;
}

/** The list of one view: only the rows in sight are drawn, the next page is fetched before it is needed. */
export function ConversationList({ filter, openId }: ConversationListProps) {
  const { t } = useTranslation();
  const query = useInfiniteQuery(conversationsQuery(filter));
  const rows = useMemo(() => rowsOf(query.data), [query.data]);
  const { fetchNextPage } = query;
  const more = useCallback(() => void fetchNextPage(), [fetchNextPage]);
  return (
    <section className={styles.list} aria-label={t('list.label')}>
      <header className={styles.header}>
        <RailButton />
        <h1>{t(`rail.${filter.view}`)}</h1>
        <ListFilter filter={filter} />
      </header>
      <Suspense fallback={null}>{filter.view === 'quarantine' && <QuarantineTabs />}</Suspense>
      {query.data === undefined ? (
        query.isError ? (
          <FailedState error={query.error} onRetry={() => void query.refetch()} />
        ) : (
          <Skeleton shape="row" lines={7} />
        )
      ) : rows.length === 0 ? (
        <EmptyList filter={filter} />
      ) : (
        <Rows
          key={`${filter.view} ${filter.status ?? ''} ${filter.channel ?? ''}`}
          rows={rows}
          filter={filter}
          openId={openId}
          hasMore={query.hasNextPage}
          isMoreFailed={query.isFetchNextPageError}
          isLoadingMore={query.isFetchingNextPage}
          onMore={more}
        />
      )}
    </section>
  );
}

interface RowsProps extends ConversationListProps {
  rows: readonly ConversationRow[];
  hasMore: boolean;
  isMoreFailed: boolean;
  isLoadingMore: boolean;
  onMore: () => void;
}

function Rows({ rows, filter, openId, hasMore, isMoreFailed, isLoadingMore, onMore }: RowsProps) {
  const { t } = useTranslation();
  const scroller = useRef<HTMLDivElement>(null);
  const cursorId = useStore(cursor, (id) => id);
  const client = useQueryClient();
  const atMs = useNowMs();
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT_PX,
    getItemKey: (index) => rows[index]?.id ?? index,
    overscan: OVERSCAN_ROWS,
  });
  const items = virtualizer.getVirtualItems();
  const lastDrawn = items.at(-1)?.index ?? 0;
  const wantsMore = hasMore && !isLoadingMore && !isMoreFailed && lastDrawn >= rows.length - LOAD_AHEAD_ROWS;
  useEffect(() => {
    if (wantsMore) onMore();
  }, [wantsMore, onMore]);

  const prefetch = (conversationId: string) => {
    // Only a guess at what is wanted next: when it fails, opening says so.
    client.query(conversationQuery(conversationId)).catch(() => undefined);
    client.query(threadQuery(client, conversationId)).catch(() => undefined);
    loadComposer().catch(() => undefined);
    if (rows.some(({ id, channel }) => id === conversationId && channel === 'email')) loadMail().catch(() => undefined);
  };
  const move = (step: 1 | -1) => {
    const from = rows.findIndex(({ id }) => id === (cursorId ?? openId));
    const to = from === -1 ? 0 : Math.min(rows.length - 1, Math.max(0, from + step));
    const row = rows[to];
    if (!row) return;
    virtualizer.scrollToIndex(to, { align: 'auto' });
    focusRow(row.id);
  };
  useShortcut('next', () => {
    move(1);
  });
  useShortcut('previous', () => {
    move(-1);
  });
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    event.preventDefault();
    move(event.key === 'ArrowDown' ? 1 : -1);
  };
  // One stop for Tab: the row the keyboard stands on, else the open one, else the first.
  const stopId = [cursorId, openId].find((id) => rows.some((row) => row.id === id)) ?? rows[0]?.id;
  return (
    <div ref={scroller} className={styles.scroller}>
      <ul className={styles.rows} style={{ height: virtualizer.getTotalSize() }} onKeyDown={onKeyDown}>
        {items.map((item) => {
          const row = rows[item.index];
          return (
            row && (
              <li
                key={item.key}
                ref={virtualizer.measureElement}
                data-index={item.index}
                style={{ transform: `translateY(${item.start}px)` }}
                aria-setsize={hasMore ? -1 : rows.length}
                aria-posinset={item.index + 1}
              >
                <ConversationRowLink row={row} filter={filter} isStop={row.id === stopId} atMs={atMs} onNear={prefetch} />
              </li>
            )
          );
        })}
      </ul>
      <div className={styles.end} role="status">
        {isLoadingMore && t('list.loadingMore')}
        {isMoreFailed && (
          <>
            {t('list.moreFailed')}
            <Button variant="default" onClick={onMore}>
              {t('action.retry')}
            </Button>
          </>
        )}
      </div>
    </div>
  );
}

function EmptyList({ filter }: { filter: ConversationFilter }) {
  const { t } = useTranslation();
  const session = useSession();
  const isFiltered = filter.status !== undefined || filter.channel !== undefined;
  if (isFiltered) {
    return (
      <EmptyState icon={<IconFilterOff />} title={t('list.emptyFilteredTitle')} help={t('list.emptyFilteredHelp')}>
        <LinkButton to="/inbox/$view" params={{ view: filter.view }} variant="default">
          {t('list.clearFilter')}
        </LinkButton>
      </EmptyState>
    );
  }
  if (filter.view === 'quarantine') {
    return (
      <Suspense fallback={null}>
        <NothingInQuarantine />
      </Suspense>
    );
  }
  if (filter.view === 'mine') {
    return (
      <EmptyState icon={<IconInbox />} title={t('list.emptyMineTitle')} help={t('list.emptyMineHelp')}>
        <LinkButton to="/inbox/$view" params={{ view: 'unassigned' }} variant="default">
          {t('list.showUnassigned')}
        </LinkButton>
      </EmptyState>
    );
  }
  if (filter.view === 'unassigned')
    return <EmptyState icon={<IconChecks />} title={t('list.emptyUnassignedTitle')} help={t('list.emptyUnassignedHelp')} />;
  return (
    <EmptyState icon={<IconInbox />} title={t('list.emptyAllTitle')} help={t('list.emptyAllHelp')}>
      {may(session, 'connection:manage') && (
        <LinkButton to="/connections" variant="default">
          {t('list.connect')}
        </LinkButton>
      )}
    </EmptyState>
  );
}
