import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Outlet, useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Connection, ConversationView, Session } from '#contract';
import styles from './app-frame.module.css';
import { nowMs } from './clock.js';
import { forgetDrafts, hasDrafts } from './drafts.js';
import { startFeed } from './feed.js';
import { FeedLine } from './feed-line.js';
import { speak, withWords } from './i18n/index.js';
import { endForward } from './inbox/forwarding.js';
import { useShortcut } from './keyboard.js';
import { lockByKey, secondsLeft, watchHands } from './lock.js';
import { forgetPending, hasPending, sendWhenBack } from './outbox.js';
import { Rail } from './rail.js';
import { liveGrant, operatorGrantsQuery } from './operator-access.js';
import { may, sessionKey, sessionQuery, useSession } from './session.js';
import { connectionsQuery } from './settings.js';
import { useStore } from './store.js';
import { forgetUndo, undoNewest } from './undo.js';

const ConnectionTrouble = lazy(async () => ({
  default: (await withWords('connections', import('./connection-trouble.js'))).ConnectionTrouble,
}));
const OperatorAccessBanner = lazy(async () => ({
  default: (await withWords('operatorAccess', import('./operator-access-banner.js'))).OperatorAccessBanner,
}));
const EnrolLine = lazy(async () => ({ default: (await withWords('factors', import('./enrol-line.js'))).EnrolLine }));
const loadLockScreen = () => withWords('entrance', withWords('factors', import('./lock-screen.js')));
const LockScreen = lazy(async () => ({ default: (await loadLockScreen()).LockScreen }));
const LockWarning = lazy(async () => ({ default: (await withWords('factors', import('./lock-warning.js'))).LockWarning }));
const ShortcutSheet = lazy(async () => ({ default: (await withWords('rare', import('./shortcut-sheet.js'))).ShortcutSheet }));

const FETCH_LOCK_AFTER_MS = 5_000;

/** What every signed-in screen stands in: the rail, the line that tells how it stands with the server, and the screen itself. */
export function AppFrame() {
  const { data: session } = useQuery(sessionQuery);
  const agentId = session?.agent.id;
  const locale = session?.agent.locale;
  const isOpen = session?.state === 'live';
  useFeed(isOpen ? agentId : undefined);
  useLock(isOpen, session?.lockAfterMinutes ?? null);
  useRights(session);
  useLeaveWarning();
  useEffect(() => {
    if (locale) void speak(locale);
  }, [locale]);
  useSignOutWatch(session === null);
  if (!session) return null;
  if (session.state === 'locked') {
    return (
      <Suspense fallback={null}>
        <LockScreen session={session} />
      </Suspense>
    );
  }
  return <Frame />;
}

function Frame() {
  const { t } = useTranslation();
  const [isSheetOpen, setSheetOpen] = useState(false);
  const [wasSheetOpened, setSheetWasOpened] = useState(false);
  if (isSheetOpen && !wasSheetOpened) setSheetWasOpened(true);
  const navigate = useNavigate();
  const goTo = (view: ConversationView) => void navigate({ to: '/inbox/$view', params: { view } });
  useShortcut('help', () => {
    setSheetOpen(true);
  });
  useShortcut('undo', undoNewest);
  useShortcut('goMine', () => {
    goTo('mine');
  });
  useShortcut('goUnassigned', () => {
    goTo('unassigned');
  });
  useShortcut('goAll', () => {
    goTo('all');
  });
  useShortcut('goQuarantine', () => {
    goTo('quarantine');
  });
  return (
    <div className={styles.frame}>
      <a className={styles.skip} href="#content">
        {t('app.skip')}
      </a>
      <FeedLine />
      <Leaving />
      <Grace />
      <Trouble />
      <OperatorAccess />
      <div className={styles.columns}>
        <Rail
          onShortcuts={() => {
            setSheetOpen(true);
          }}
        />
        <div className={styles.screen}>
          <Outlet />
        </div>
      </div>
      {wasSheetOpened && (
        <Suspense fallback={null}>
          <ShortcutSheet
            isOpen={isSheetOpen}
            onClose={() => {
              setSheetOpen(false);
            }}
          />
        </Suspense>
      )}
    </div>
  );
}

/** Says on every screen that the desk is about to lock itself. */
function Leaving() {
  const isNear = useStore(secondsLeft, (left) => left !== null);
  return (
    <div role="status" className={styles.line}>
      <Suspense fallback={null}>{isNear && <LockWarning />}</Suspense>
    </div>
  );
}

/** Says on every screen that a second factor has to be set up, to those who still may do without. */
function Grace() {
  const { enrolBy } = useSession();
  return (
    <div role="status" className={styles.line}>
      <Suspense fallback={null}>{enrolBy !== null && <EnrolLine by={enrolBy} />}</Suspense>
    </div>
  );
}

/** Says on every screen which connections are broken or held back, to those who may mend them. */
function Trouble() {
  const isAdmin = may(useSession(), 'connection:manage');
  const { data } = useQuery({ ...connectionsQuery, enabled: isAdmin });
  const broken = isAdmin ? (data?.items.filter(isInTrouble) ?? []) : [];
  return (
    <div role="status" className={styles.line}>
      <Suspense fallback={null}>{broken.length > 0 && <ConnectionTrouble broken={broken} />}</Suspense>
    </div>
  );
}

/** Says on every screen that operators may read, to those who answer for it, for as long as they may. */
function OperatorAccess() {
  const mayKnow = may(useSession(), 'operator_grant:read');
  const { data } = useQuery({ ...operatorGrantsQuery, enabled: mayKnow });
  const grant = mayKnow ? liveGrant(data?.items ?? [], nowMs()) : undefined;
  return (
    <div role="status" className={styles.line}>
      <Suspense fallback={null}>{grant && <OperatorAccessBanner grant={grant} />}</Suspense>
    </div>
  );
}

function isInTrouble({ state, restriction }: Connection): boolean {
  return state === 'needs_reconnecting' || (state === 'active' && restriction !== null);
}

/** What somebody no longer sees leaves the screen, and what he sees now comes: from the moment that his rights are others. */
function useRights(session: Session | null | undefined): void {
  const client = useQueryClient();
  const rights = session ? JSON.stringify([session.agent.id, session.permissions, session.connections]) : undefined;
  const known = useRef(rights);
  useEffect(() => {
    const before = known.current;
    known.current = rights;
    if (before === undefined || rights === undefined || before === rights) return;
    void client.resetQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionKey[0] });
  }, [client, rights]);
}

function useFeed(agentId: string | undefined): void {
  const client = useQueryClient();
  useEffect(() => {
    if (agentId === undefined) return undefined;
    const stopFeed = startFeed(client, agentId);
    const stopSending = sendWhenBack(client);
    return () => {
      stopFeed();
      stopSending();
    };
  }, [client, agentId]);
}

/** Locks itself by Ctrl+L, or when there is no hand on it for so long. The screen for that is fetched before it is needed. */
function useLock(isOpen: boolean, afterMinutes: number | null): void {
  const client = useQueryClient();
  useEffect(() => {
    if (!isOpen) return undefined;
    // Nobody locks the desk in the first seconds, and the first conversation must not wait for it.
    const fetching = setTimeout(() => void loadLockScreen(), FETCH_LOCK_AFTER_MS);
    const stopKey = lockByKey(client);
    return () => {
      clearTimeout(fetching);
      stopKey();
    };
  }, [client, isOpen]);
  useEffect(() => {
    if (!isOpen || afterMinutes === null) return undefined;
    return watchHands(client, afterMinutes);
  }, [client, isOpen, afterMinutes]);
}

/** Signed out, here or elsewhere: nothing of the tenant's stays in this window's memory. */
function useSignOutWatch(isSignedOut: boolean): void {
  const client = useQueryClient();
  const navigate = useNavigate();
  useEffect(() => {
    if (!isSignedOut) return;
    forgetDrafts();
    forgetPending();
    endForward();
    forgetUndo();
    client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionKey[0] });
    void navigate({ to: '/sign-in', search: { next: window.location.pathname + window.location.search } });
  }, [isSignedOut, client, navigate]);
}

function useLeaveWarning(): void {
  useEffect(() => {
    const warn = (event: BeforeUnloadEvent) => {
      if (hasDrafts() || hasPending()) event.preventDefault();
    };
    window.addEventListener('beforeunload', warn);
    return () => {
      window.removeEventListener('beforeunload', warn);
    };
  }, []);
}
