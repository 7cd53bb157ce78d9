import { Button } from '@mantine/core';
import { IconArrowDown, IconMessageOff } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useVirtualizer } from '@tanstack/react-virtual';
import { lazy, type RefObject, Suspense, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNowMs } from '../clock.js';
import type { Conversation } from '#contract';
import { daysAgo, useFormats } from '../formats.js';
import { withWords } from '../i18n/index.js';
import { usePending } from '../outbox.js';
import { isQuiet } from '../quiet.js';
import { useSession } from '../session.js';
import { loadOlder, type Thread as LoadedThread, threadQuery } from '../thread.js';
import { announce } from '../ui/announce.js';
import { notifyFailed, sentenceOf } from '../ui/notify.js';
import { EmptyState, FailedState, Skeleton } from '../ui/states.js';
import { MessageLine } from './message-line.js';
import { OpenConversation } from './open-conversation.js';
import { PendingLine } from './pending-line.js';
import styles from './thread.module.css';
import { type ThreadRow, threadRows } from './thread-rows.js';

interface ThreadProps {
  conversationId: string;
  /** The conversation itself, once it has come: the thread does not wait for it. */
  whole: Conversation | undefined;
  contact: { name: string; pictureUrl: string | null };
}

const ReferralLine = lazy(async () => ({ default: (await withWords('rare', import('./rare-line.js'))).ReferralLine }));

/** What was said. Starts at the newest, stays where one reads, and follows only who stands at the end. */
export function Thread({ conversationId, whole, contact }: ThreadProps) {
  const { t } = useTranslation();
  const { agent } = useSession();
  const client = useQueryClient();
  const query = useQuery(threadQuery(client, conversationId));
  const pending = usePending(conversationId);
  const referrals = whole?.referrals;
  const rows = useMemo(() => {
    if (!query.data) return [];
    const { messages, olderCursor } = query.data;
    return threadRows({ messages, referrals: referrals ?? [], hasOlder: olderCursor !== null, pending, agentId: agent.id });
  }, [query.data, referrals, pending, agent.id]);
  if (!query.data) {
    return (
      <div className={styles.place}>
        {query.isError ? <FailedState error={query.error} onRetry={() => void query.refetch()} /> : <Skeleton shape="bubble" lines={5} />}
      </div>
    );
  }
  if (rows.length === 0) {
    return (
      <div className={styles.place}>
        <EmptyState icon={<IconMessageOff />} title={t('thread.emptyTitle')} help={t('thread.emptyHelp')} />
      </div>
    );
  }
  return (
    <OpenConversation value={whole}>
      <Lines conversationId={conversationId} thread={query.data} rows={rows} contact={contact} />
    </OpenConversation>
  );
}

const LINE_HEIGHT_PX = 72;
const OVERSCAN_LINES = 8;
/** Within so much of the end one stands at the end. */
const END_PX = 80;
const OLDER_AT_PX = 240;
const TOP_ROOM_PX = 52;

interface LinesProps extends Omit<ThreadProps, 'whole'> {
  thread: LoadedThread;
  rows: readonly ThreadRow[];
}

function Lines({ conversationId, thread, rows, contact }: LinesProps) {
  const { t } = useTranslation();
  const scroller = useRef<HTMLDivElement>(null);
  const [isAtEnd, setAtEnd] = useState(true);
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE_HEIGHT_PX,
    getItemKey: (index) => rows[index]?.key ?? index,
    overscan: OVERSCAN_LINES,
    anchorTo: 'end',
    followOnAppend: true,
    scrollEndThreshold: END_PX,
    paddingStart: TOP_ROOM_PX,
    paddingEnd: 16,
  });
  // Below the virtualizer, which scrolls to the top when it begins.
  const standing = useStayingAtEnd(scroller);
  const older = useOlder(conversationId);
  const unseen = useUnseen(rows, isAtEnd, contact.name);
  const ownPending = rows.filter((row) => 'pending' in row).length;
  useEffect(() => {
    // What one has just said oneself one wants to see, wherever one was reading.
    if (ownPending > 0) standing.goToEnd();
  }, [ownPending, standing]);
  const onScroll = () => {
    const element = scroller.current;
    if (!element) return;
    setAtEnd(standing.scrolled(element));
    if (element.scrollTop < OLDER_AT_PX && element.scrollHeight > element.clientHeight * 1.5 && thread.olderCursor !== null) older.load();
  };
  return (
    <div className={styles.place}>
      {/* Scrolled by keyboard too: it must be able to have the focus. */}
      <div
        ref={scroller}
        className={styles.scroller}
        data-messages
        onScroll={onScroll}
        tabIndex={0}
        role="region"
        aria-label={t('thread.messages')}
      >
        <div className={styles.lines} style={{ height: virtualizer.getTotalSize() }}>
          <div className={styles.top}>
            {thread.olderCursor === null ? (
              t('thread.beginning')
            ) : (
              <Button variant="default" size="compact-sm" loading={older.isLoading} onClick={older.load}>
                {t('thread.loadOlder')}
              </Button>
            )}
          </div>
          <ol>
            {virtualizer.getVirtualItems().map((item) => {
              const row = rows[item.index];
              return (
                row && (
                  <li
                    key={item.key}
                    ref={virtualizer.measureElement}
                    data-index={item.index}
                    style={{ transform: `translateY(${item.start}px)` }}
                  >
                    <Line row={row} contact={contact} />
                  </li>
                )
              );
            })}
          </ol>
        </div>
      </div>
      {!isAtEnd && (
        <button
          type="button"
          className={styles.toEnd}
          data-new={unseen > 0}
          onClick={() => {
            standing.goToEnd();
            scroller.current?.focus({ preventScroll: true });
          }}
        >
          <IconArrowDown size={14} aria-hidden />
          {unseen > 0 ? t('thread.newBelow', { count: unseen }) : t('thread.toNewest')}
        </button>
      )}
    </div>
  );
}

/**
 * Keeps at the end who stands at the end, whatever grows: a picture that comes later, a line whose words come later,
 * the box one writes in. The virtualizer makes up for one line at a time, and loses the end when several grow at once.
 * Only going up oneself leaves the end: by wheel, key, search or screen reader, which is why no gesture is listened for.
 */
function useStayingAtEnd(scroller: RefObject<HTMLDivElement | null>) {
  const [standing] = useState(() => {
    let isAtEnd = true;
    let last = { top: 0, height: 0 };
    const goToEnd = () => {
      const element = scroller.current;
      if (!element) return;
      isAtEnd = true;
      element.scrollTop = element.scrollHeight;
      last = { top: element.scrollTop, height: element.scrollHeight };
    };
    return {
      goToEnd,
      resized: () => {
        if (isAtEnd) goToEnd();
      },
      /** Whether one stands at the end now. To be told of every scroll. */
      scrolled: ({ scrollTop, scrollHeight, clientHeight }: HTMLDivElement) => {
        // What shrinks moves the view up as well, and the virtualizer does where lines turn out lower: that is not leaving.
        const isLeaving = scrollTop < last.top - 1 && scrollHeight === last.height;
        if (scrollHeight - scrollTop - clientHeight < END_PX) isAtEnd = true;
        else if (isLeaving) isAtEnd = false;
        last = { top: scrollTop, height: scrollHeight };
        return isAtEnd;
      },
    };
  });
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    standing.goToEnd();
    const sizes = new ResizeObserver(standing.resized);
    sizes.observe(element);
    for (const child of element.children) sizes.observe(child);
    return () => {
      sizes.disconnect();
    };
  }, [scroller, standing]);
  return standing;
}

function Line({ row, contact }: { row: ThreadRow; contact: ThreadProps['contact'] }) {
  if ('pending' in row) return <PendingLine pending={row.pending} />;
  return (
    <>
      {row.day !== null && <Day instant={row.day} />}
      <Suspense fallback={null}>
        {'referral' in row ? <ReferralLine referral={row.referral} isBack={row.isBack} /> : <MessageLine row={row} contact={contact} />}
      </Suspense>
    </>
  );
}

function Day({ instant }: { instant: string }) {
  const { t } = useTranslation();
  const { weekday, date } = useFormats();
  const atMs = useNowMs();
  const days = daysAgo(instant, atMs);
  const isThisYear = new Date(instant).getFullYear() === new Date(atMs).getFullYear();
  const words = days === 0 ? t('thread.today') : days === 1 ? t('thread.yesterday') : isThisYear ? weekday(instant) : date(instant);
  return (
    <p className={styles.day}>
      <time dateTime={instant}>{words}</time>
    </p>
  );
}

function useOlder(conversationId: string) {
  const client = useQueryClient();
  const [isLoading, setLoading] = useState(false);
  const load = () => {
    if (isLoading) return;
    setLoading(true);
    loadOlder(client, conversationId)
      .catch((error: unknown) => {
        notifyFailed(sentenceOf(error));
      })
      .finally(() => {
        setLoading(false);
      });
  };
  return { isLoading, load };
}

/** How many messages came in below what one reads; and each is told once to whoever listens. */
function useUnseen(rows: readonly ThreadRow[], isAtEnd: boolean, contactName: string): number {
  const { t } = useTranslation();
  const [unseen, setUnseen] = useState(0);
  const told = useRef<string | undefined>(undefined);
  const messages = useMemo(() => rows.flatMap((row) => ('message' in row ? [row.message] : [])), [rows]);
  const newestId = messages.at(-1)?.id;
  useEffect(() => {
    if (told.current === undefined || newestId === undefined) {
      told.current = newestId;
      return;
    }
    if (told.current === newestId) return;
    const toldAt = messages.findIndex(({ id }) => id === told.current);
    told.current = newestId;
    const fresh = messages.slice(toldAt + 1).filter(({ id, direction }) => direction === 'in' && !isQuiet(id));
    const last = fresh.at(-1);
    if (toldAt === -1 || !last) return;
    setUnseen((count) => count + fresh.length);
    const kinds = last.attachments.map(({ kind }) => t(`attachment.${kind}`));
    announce(t('thread.announced', { name: contactName, text: last.text === '' ? kinds.join(', ') : last.text }));
  }, [messages, newestId, contactName, t]);
  if (isAtEnd && unseen > 0) setUnseen(0);
  return isAtEnd ? 0 : unseen;
}
