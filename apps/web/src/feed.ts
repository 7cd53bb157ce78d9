/**
 * The doorbell: what changed on the server, and making the screen true again.
 *
 * The socket carries ids only, numbered per tenant without gaps. We remember the last number and say it when we come back; the server
 * replays what we missed, or says `resync` when that is too long ago. Changes are gathered for a blink and applied as one batch, in order.
 * Nothing on the screen is ever blanked: queries are renewed under what is shown.
 */
import type { QueryClient } from '@tanstack/react-query';
import type { Socket } from 'socket.io-client';
import type { Change, Ready } from '#contract';
import { applyChanges } from './feed-changes.js';
import { sessionKey } from './session.js';
import { createStore } from './store.js';

/** How it stands between this screen and the server. `behind`: changes that are known to have happened and are not shown yet. */
export interface FeedStatus {
  phase: 'connecting' | 'live' | 'offline' | 'catching_up';
  behind: number;
}

/** The state of the one feed of this window. */
export const feedStatus = createStore<FeedStatus>({ phase: 'connecting', behind: 0 });

const GATHER_MS = 25;
const RECONNECT_DELAY_MS = 500;
const RECONNECT_DELAY_MS_MAX = 5_000;
const CONNECT_TIMEOUT_MS = 10_000;
const FIRST_SCREEN_QUIET_MS = 200;
const FIRST_SCREEN_WAIT_MS_MAX = 1_500;

/** Renew what was fetched before the bell hung, quietly: it may miss what happened between its reading and the bell's first number. */
async function lookOnceMore(client: QueryClient): Promise<void> {
  const early = client.getQueryCache().findAll({ predicate: ({ queryKey }) => queryKey[0] !== sessionKey[0] });
  await Promise.allSettled(early.map(async (query) => query.promise));
  await Promise.all(early.map((query) => client.invalidateQueries({ queryKey: query.queryKey, exact: true })));
}

/** Where this screen stands in the feed, and what is still to be applied. */
class Feed {
  private lastSeq: number | null = null;
  private newestSeq = 0;
  private waiting: Change[] = [];
  private unapplied = 0;
  private gathering: ReturnType<typeof setTimeout> | undefined;
  private applying: Promise<void> = Promise.resolve();

  constructor(
    private readonly client: QueryClient,
    private readonly agentId: string,
  ) {}

  /** What the socket says when it connects: where we were. */
  get position(): { lastSeq: number | null } {
    return { lastSeq: this.lastSeq };
  }

  begin({ seq }: Ready): void {
    this.newestSeq = Math.max(seq, this.lastSeq ?? seq);
    if (this.lastSeq === null) {
      this.lastSeq = seq;
      void lookOnceMore(this.client);
    } else if (seq < this.lastSeq) {
      // The server's numbers went back: it was restored from a backup, and nothing here can be trusted to still be there.
      this.resync({ seq });
    }
    this.show();
  }

  change(change: Change): void {
    if (this.lastSeq !== null && change.seq <= this.lastSeq) return;
    this.newestSeq = Math.max(this.newestSeq, change.seq);
    if (this.lastSeq !== null && change.seq !== this.lastSeq + 1) {
      this.resync({ seq: change.seq });
      return;
    }
    this.lastSeq = change.seq;
    this.waiting.push(change);
    this.unapplied += 1;
    this.gathering ??= setTimeout(() => {
      this.flush();
    }, GATHER_MS);
  }

  resync(newest: Ready | undefined): void {
    this.lastSeq = newest?.seq ?? this.newestSeq;
    this.newestSeq = this.lastSeq;
    this.unapplied -= this.waiting.length;
    this.waiting = [];
    void this.client.invalidateQueries();
    this.show();
  }

  stop(): void {
    clearTimeout(this.gathering);
  }

  private show(): void {
    const behind = Math.max(0, this.newestSeq - (this.lastSeq ?? this.newestSeq)) + this.unapplied;
    // A message or two on their way to the screen are the ordinary course of things, not catching up.
    const wasAway = feedStatus.get().phase !== 'live';
    feedStatus.set(wasAway && behind > 0 ? { phase: 'catching_up', behind } : { phase: 'live', behind });
  }

  private flush(): void {
    this.gathering = undefined;
    const batch = this.waiting;
    this.waiting = [];
    this.show();
    this.applying = this.applying.then(async () => {
      await applyChanges(this.client, batch, this.agentId);
      this.unapplied -= batch.length;
      this.show();
    });
  }
}

/** Resolves when the first screen has what it asked for, or after a while: the bell must not delay what it rings for. */
async function firstScreenCame(client: QueryClient): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = () => {
      unsubscribe();
      clearTimeout(quiet);
      clearTimeout(deadline);
      resolve();
    };
    // One part of the screen asks after another has been drawn; only when nobody has asked for a moment it is complete.
    const look = () => {
      clearTimeout(quiet);
      if (client.isFetching() === 0) quiet = setTimeout(done, FIRST_SCREEN_QUIET_MS);
    };
    let quiet: ReturnType<typeof setTimeout> | undefined;
    const deadline = setTimeout(done, FIRST_SCREEN_WAIT_MS_MAX);
    const unsubscribe = client.getQueryCache().subscribe(look);
    look();
  });
}

async function connect(feed: Feed): Promise<Socket> {
  const { io } = await import('socket.io-client');
  return io({
    auth: (answer) => {
      answer(feed.position);
    },
    transports: ['websocket', 'polling'],
    reconnectionDelay: RECONNECT_DELAY_MS,
    reconnectionDelayMax: RECONNECT_DELAY_MS_MAX,
    timeout: CONNECT_TIMEOUT_MS,
  });
}

/**
 * Listen until the returned function is called.
 *
 * Repeats  a change that arrives twice is applied once; a gap in the numbers is treated as `resync`
 */
export function startFeed(client: QueryClient, agentId: string): () => void {
  const feed = new Feed(client, agentId);
  let socket: Socket | undefined;
  let isStopped = false;
  let knocking: ReturnType<typeof setTimeout> | undefined;

  const wentAway = () => {
    if (isStopped) return;
    feedStatus.set({ phase: 'offline', behind: 0 });
    // While it is active the socket comes back by itself. When the server closed the door on purpose it does not: we were signed out
    // elsewhere, or the server restarts. The session tells which, and who is still signed in knocks again.
    if (socket?.active) return;
    void client.invalidateQueries({ queryKey: sessionKey });
    knocking = setTimeout(knock, RECONNECT_DELAY_MS_MAX / 2);
  };

  const listen = (connected: Socket) => {
    if (isStopped) {
      connected.disconnect();
      return;
    }
    socket = connected;
    socket.on('ready', (ready: Ready) => {
      feed.begin(ready);
    });
    socket.on('change', (change: Change) => {
      feed.change(change);
    });
    socket.on('resync', (newest?: Ready) => {
      feed.resync(newest);
    });
    socket.on('connect_error', wentAway);
    socket.on('disconnect', wentAway);
  };
  const knock = () => {
    if (socket) socket.connect();
    // A script that could not be fetched is as good as no connection: said so, and tried again.
    else connect(feed).then(listen, wentAway);
  };
  void firstScreenCame(client).then(() => {
    if (!isStopped) knock();
  });

  return () => {
    isStopped = true;
    clearTimeout(knocking);
    feed.stop();
    socket?.off();
    socket?.disconnect();
    feedStatus.set({ phase: 'connecting', behind: 0 });
  };
}
