import { VisuallyHidden } from '@mantine/core';
import { IconEraser } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Conversation } from '#contract';
import { ApiError } from '../api.js';
import { conversationQuery, knownRow, markSeen } from '../conversations.js';
import { withWords } from '../i18n/index.js';
import { useShortcut } from '../keyboard.js';
import { useSession } from '../session.js';
import { LinkButton } from '../ui/link-button.js';
import { useWindowTitle } from '../ui/page.js';
import { notifyFailed, sentenceOf } from '../ui/notify.js';
import { threadQuery } from '../thread.js';
import { usePhone, useWideDesk } from '../ui/screen-width.js';
import { EmptyState, FailedState } from '../ui/states.js';
import styles from './conversation-page.module.css';
import { DetailsDrawer } from './details-drawer.js';
import { useFilter } from './inbox-page.js';
import { loadComposer } from './load-composer.js';
import { Thread } from './thread.js';
import { ThreadHeader } from './thread-header.js';

// What was said comes first: what one answers with, and what stands beside it, is fetched when it can be read.
const Composer = lazy(async () => ({ default: (await loadComposer()).Composer }));
const ConversationBars = lazy(async () => ({
  default: (await withWords('mail', import('./conversation-bars.js'))).ConversationBars,
}));
const Details = lazy(async () => ({ default: (await import('./details.js')).Details }));

/** One conversation, open: what was said, where to answer, and beside it who it is and what is kept. */
export function ConversationPage() {
  const { conversationId } = useParams({ from: '/app/inbox/$view/$conversationId' });
  // Another conversation is another page: nothing of the last one may stand in it for a frame.
  return <OpenConversation key={conversationId} conversationId={conversationId} />;
}

function OpenConversation({ conversationId }: { conversationId: string }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const filter = useFilter();
  const query = useQuery(conversationQuery(conversationId));
  const row = query.data ?? knownRow(client, conversationId);
  // Asking again forgets what was wrong; what is said of it stays until there is another answer.
  const [trouble, setTrouble] = useState<Error | null>(null);
  if (query.isError && query.error !== trouble) setTrouble(query.error);
  const isReadable = useReadable(!useQuery(threadQuery(client, conversationId)).isPending);
  const isWide = useWideDesk();
  const [showsDetails, setShowsDetails] = useState(true);
  const [isDrawerOpen, setDrawerOpen] = useState(false);
  // With a column of their own the details need no drawer; it must not come back by itself when the window is made smaller.
  if (isWide && isDrawerOpen) setDrawerOpen(false);
  const toggleDetails = () => {
    if (isWide) setShowsDetails((shown) => !shown);
    else setDrawerOpen((open) => !open);
  };
  useShortcut('details', toggleDetails);
  useWindowTitle(row ? `${row.contact.name} #${row.number}` : '');
  useSeen(conversationId, row?.unread === true);
  const main = useFocusOnPhone();

  if (!row) {
    return (
      <main className={styles.main} id="content" tabIndex={-1} ref={main}>
        {trouble ? <GoneOrFailed error={trouble} onRetry={() => void query.refetch()} /> : <Coming />}
      </main>
    );
  }
  const whole = query.data;
  const composerGhost = <div className={styles.composerGhost} />;
  const details = isReadable && (
    <Suspense fallback={null}>
      <Details row={row} whole={whole} filter={filter} />
    </Suspense>
  );
  return (
    <div className={styles.page}>
      <main className={styles.main} id="content" tabIndex={-1} ref={main} aria-label={t('thread.label', { name: row.contact.name })}>
        <ThreadHeader
          row={row}
          whole={whole}
          filter={filter}
          areDetailsShown={isWide ? showsDetails : isDrawerOpen}
          onDetails={toggleDetails}
        />
        <Suspense fallback={null}>{whole && hasBars(whole) && <ConversationBars conversation={whole} filter={filter} />}</Suspense>
        <Thread conversationId={conversationId} whole={whole} contact={row.contact} />
        {row.mergedInto !== null ? null : whole && isReadable ? (
          <Suspense fallback={composerGhost}>
            <Composer conversation={whole} />
          </Suspense>
        ) : (
          composerGhost
        )}
      </main>
      {isWide && showsDetails && (
        <aside className={styles.details} aria-label={t('details.label')}>
          {details}
        </aside>
      )}
      {!isWide && (
        <DetailsDrawer
          isOpen={isDrawerOpen}
          onClose={() => {
            setDrawerOpen(false);
          }}
        >
          {details}
        </DetailsDrawer>
      )}
    </div>
  );
}

/** The place of a conversation that is on its way. */
function Coming() {
  const { t } = useTranslation();
  return (
    <>
      <VisuallyHidden component="h1">{t('state.loading')}</VisuallyHidden>
      <div className={styles.headerGhost} />
    </>
  );
}

/** Whether there is something to say that the header does not. */
function hasBars({ quarantined, related, merges, mergedInto, mail }: Conversation): boolean {
  return quarantined || related.length > 0 || merges.length > 0 || mergedInto !== null || mail?.loopStopped === true;
}

let wasReadable = false;

/** Whether something was on the screen to be read: from the first time on, what comes beside it comes at once. */
function useReadable(isHere: boolean): boolean {
  const [isReadable, setReadable] = useState(wasReadable);
  useEffect(() => {
    if (!isHere || isReadable) return undefined;
    const timer = setTimeout(() => {
      wasReadable = true;
      setReadable(true);
    });
    return () => clearTimeout(timer);
  }, [isHere, isReadable]);
  return isReadable && isHere;
}

function GoneOrFailed({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const { t } = useTranslation();
  const filter = useFilter();
  if (!(error instanceof ApiError) || error.status !== 404) return <FailedState isScreen error={error} onRetry={onRetry} />;
  return (
    <EmptyState isScreen role="alert" icon={<IconEraser />} title={t('thread.gone')} help={t('thread.goneHelp')}>
      <LinkButton to="/inbox/$view" params={{ view: filter.view }} variant="default">
        {t('thread.backToList')}
      </LinkButton>
    </EmptyState>
  );
}

/** Tell the server what an agent has really had before her eyes: the conversation is open, and the window is looked at. */
function useSeen(conversationId: string, isUnread: boolean): void {
  const client = useQueryClient();
  const { agent } = useSession();
  useEffect(() => {
    if (!isUnread) return undefined;
    const tell = () => {
      if (document.visibilityState !== 'visible') return;
      markSeen(client, conversationId, agent.id).catch((error: unknown) => {
        if (!(error instanceof ApiError && error.unanswered)) notifyFailed(sentenceOf(error));
      });
    };
    tell();
    document.addEventListener('visibilitychange', tell);
    return () => {
      document.removeEventListener('visibilitychange', tell);
    };
  }, [client, conversationId, agent.id, isUnread]);
}

/** On a phone the list disappears with the focus that was in it; the page that took its place gets it. */
function useFocusOnPhone() {
  const main = useRef<HTMLElement>(null);
  const isPhone = usePhone();
  useEffect(() => {
    if (isPhone) main.current?.focus({ preventScroll: true });
  }, [isPhone]);
  return main;
}
