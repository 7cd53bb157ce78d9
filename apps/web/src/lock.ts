/**
 * Leaving the desk: after the tenant's minutes without a hand on mouse or keyboard, or at once by Ctrl+L, what is on the screen goes.
 *
 * The server decides: it is told of hands at most every half minute, and locks the session by itself when it hears of none. This here makes
 * the screen follow without being asked, in every tab of the browser at once, and asks the server to lock when the time is up.
 * What was typed and not sent stays in this window's memory, where it was, and is drawn nowhere until the session is unlocked.
 */
import type { QueryClient } from '@tanstack/react-query';
import type { Session } from '#contract';
import { api, onLocked } from './api.js';
import { nowMs } from './clock.js';
import { askedProof } from './proof.js';
import { sessionKey } from './session.js';
import { createStore } from './store.js';
import { announce } from './ui/announce.js';
import { clearNotices } from './ui/notify.js';

const MINUTE_MS = 60_000;
const TELL_EVERY_MS = 30_000;
const TELL_TABS_EVERY_MS = 2_000;
const LOOK_EVERY_MS = 1_000;
const WARN_BEFORE_MS = 30_000;
const ASK_AGAIN_MS = 10_000;
const HANDS = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'] as const;

type TabWord = 'hand' | 'locked' | 'unlocked';

/** How many seconds are left before this desk locks itself; null while that is far. */
export const secondsLeft = createStore<number | null>(null);

const tabs = typeof BroadcastChannel === 'function' ? new BroadcastChannel('omnidesk') : null;
const tellTabs = (word: TabWord) => tabs?.postMessage(word);

/** The screen of a locked session: whatever the server told this window is forgotten, and nothing that names anybody is drawn or read out. */
function hide(client: QueryClient): void {
  client.setQueryData<Session | null>(sessionKey, (session) => session && { ...session, state: 'locked' });
  void client.cancelQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionKey[0] });
  client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionKey[0] });
  secondsLeft.set(null);
  askedProof.get()?.settle(false);
  clearNotices();
  announce('');
}

/** Lock this browser's session, and every tab of it. */
export function lockNow(client: QueryClient): void {
  hide(client);
  tellTabs('locked');
}

/**
 * Make sure that the server has locked the session that this screen hides, for as long as it does. Returns how to stop.
 *
 * Repeats  until the server has answered: whoever reloads the page must find it locked
 */
export function keepLocked(): () => void {
  let again: ReturnType<typeof setTimeout> | undefined;
  let isStopped = false;
  const ask = () => {
    api.post('/api/session/lock', undefined).catch((error: unknown) => {
      const isAnswered = error instanceof Error && 'status' in error && error.status === 401;
      if (!isAnswered && !isStopped) again = setTimeout(ask, ASK_AGAIN_MS);
    });
  };
  ask();
  return () => {
    isStopped = true;
    clearTimeout(again);
  };
}

/** The session is open again: the other tabs may look. */
export function unlocked(client: QueryClient, session: Session): void {
  client.setQueryData(sessionKey, session);
  tellTabs('unlocked');
}

/** Follow what the server and the other tabs say of locking. Once per window. */
export function followLocks(client: QueryClient): void {
  onLocked(() => {
    hide(client);
  });
  tabs?.addEventListener('message', ({ data }: MessageEvent<TabWord>) => {
    if (data === 'locked') hide(client);
    if (data === 'unlocked') void client.invalidateQueries({ queryKey: sessionKey });
  });
}

/** Watch for hands while a session is open, and lock when there have been none for so long. Returns how to stop. */
export function watchHands(client: QueryClient, afterMinutes: number): () => void {
  const limitMs = afterMinutes * MINUTE_MS;
  let lastMs = nowMs();
  let toldMs = 0;
  let toldTabsMs = 0;
  let isUntold = false;
  const tell = (atMs: number) => {
    toldMs = atMs;
    isUntold = false;
    // Unheard, the server locks a little early; that is the safe side.
    api.post('/api/session/activity', undefined).catch(() => undefined);
  };
  const hand = (event: Event) => {
    // What a script or another page's trick makes is nobody's hand.
    if (!event.isTrusted) return;
    const atMs = nowMs();
    // The first hand after a night's sleep is not the one that left.
    if (atMs - lastMs >= limitMs) {
      look();
      return;
    }
    lastMs = atMs;
    isUntold = true;
    if (atMs - toldTabsMs >= TELL_TABS_EVERY_MS) {
      toldTabsMs = atMs;
      tellTabs('hand');
    }
    look();
  };
  const look = () => {
    const atMs = nowMs();
    const leftMs = lastMs + limitMs - atMs;
    if (leftMs <= 0) {
      lockNow(client);
      return;
    }
    secondsLeft.set(leftMs <= WARN_BEFORE_MS ? Math.ceil(leftMs / 1_000) : null);
    if (isUntold && atMs - toldMs >= TELL_EVERY_MS) tell(atMs);
  };
  const heard = ({ data }: MessageEvent<TabWord>) => {
    if (data === 'hand') lastMs = nowMs();
  };
  const looking = setInterval(look, LOOK_EVERY_MS);
  for (const kind of HANDS) document.addEventListener(kind, hand, { capture: true, passive: true });
  document.addEventListener('visibilitychange', look);
  tabs?.addEventListener('message', heard);
  return () => {
    clearInterval(looking);
    for (const kind of HANDS) document.removeEventListener(kind, hand, { capture: true });
    document.removeEventListener('visibilitychange', look);
    tabs?.removeEventListener('message', heard);
    secondsLeft.set(null);
  };
}

/** Lock by Ctrl+L, wherever the keyboard stands. Returns how to stop. */
export function lockByKey(client: QueryClient): () => void {
  const pressed = (event: KeyboardEvent) => {
    if (!event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.key.toLowerCase() !== 'l') return;
    event.preventDefault();
    event.stopPropagation();
    lockNow(client);
  };
  document.addEventListener('keydown', pressed, { capture: true });
  return () => {
    document.removeEventListener('keydown', pressed, { capture: true });
  };
}
