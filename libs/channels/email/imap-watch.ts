import { setTimeout as pause } from 'node:timers/promises';
import { type Clock, HOUR_MS, type Log, MINUTE_MS, SECOND_MS } from '#platform';
import { ChannelError } from '../channel.js';
import type { MailboxKey } from './imap-cursors.js';
import type { ImapSession, MailboxLook } from './imap-session.js';
import type { ImapSlots } from './imap-slots.js';
import type { MailboxHealth } from './mailbox-health.js';

/** How often, and how patiently. */
export interface FetchTempo {
  /** Which mailboxes there are. */
  listEveryMs: number;
  /** Every folder, however quiet: a server may forget to tell, and IDLE is renewed by it long before the 29 minutes of RFC 2177. */
  pollEveryMs: number;
  /** A server that is asked whether it is still there. */
  answerMsMax: number;
  /** After a failure; doubled each time, up to the maximum. */
  restMsFirst: number;
  restMsMax: number;
  /** After the server refused to let us in: people have to do something first. */
  signInAgainMs: number;
}

export const FETCH_TEMPO: FetchTempo = {
  listEveryMs: 2 * SECOND_MS,
  pollEveryMs: MINUTE_MS,
  answerMsMax: 30 * SECOND_MS,
  restMsFirst: 5 * SECOND_MS,
  restMsMax: 15 * MINUTE_MS,
  signInAgainMs: HOUR_MS,
};

/** Where waiting comes in many, they must not all come back at the same moment. */
const JITTER = 0.25;
const THROTTLED_REST_MS_MAX = HOUR_MS;
/** One refusal may be the server's own trouble; whoever is refused twice was refused. */
const REFUSALS_BELIEVED_FROM = 2;
const LOOK_AT_CLOCK_MS = SECOND_MS;

/** What a watch needs of its surroundings. */
export interface WatchTools {
  slots: ImapSlots;
  health: MailboxHealth;
  clock: Clock;
  log: Log;
  tempo: () => FetchTempo;
  hostOf: (mailbox: MailboxKey) => Promise<string>;
  open: (mailbox: MailboxKey, signal: AbortSignal) => Promise<ImapSession>;
}

/** Watches one mailbox, from connection to connection, until it is stopped. */
export class ImapWatch {
  readonly done: Promise<void>;
  private readonly stopping = new AbortController();
  private failures = 0;
  private hasLooked = false;

  constructor(
    private readonly mailbox: MailboxKey,
    /** Differs once the mailbox has to be opened in another way. */
    readonly fingerprint: string,
    private readonly tools: WatchTools,
  ) {
    this.done = this.run();
  }

  stop(): void {
    this.stopping.abort();
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const restMs = await this.stayConnected().then(
        () => this.tools.tempo().pollEveryMs,
        (error: unknown) => this.afterFailure(error),
      );
      await this.rest(restMs);
    }
  }

  /** Until somebody else wants the connection, or it fails. */
  private async stayConnected(): Promise<void> {
    const { signal } = this.stopping;
    this.hasLooked = false;
    const slot = await this.tools.slots.take(await this.tools.hostOf(this.mailbox), signal);
    try {
      const session = await this.tools.open(this.mailbox, signal);
      try {
        await this.stayIn(session, AbortSignal.any([signal, slot.wanted]));
      } finally {
        await session.end();
      }
    } finally {
      slot.give();
    }
  }

  private async stayIn(session: ImapSession, signal: AbortSignal): Promise<void> {
    let polledAtMs = -Infinity;
    do {
      const { pollEveryMs, answerMsMax } = this.tools.tempo();
      const timeoutMs = polledAtMs + pollEveryMs - performance.now();
      if (timeoutMs > 0) {
        if (await session.waitForNews({ timeoutMs, answerMsMax }, signal)) await this.report(await session.lookAtNews());
      } else {
        polledAtMs = performance.now();
        await this.report(await session.lookAround());
      }
    } while (!signal.aborted);
  }

  private async report(look: MailboxLook): Promise<void> {
    if (this.stopping.signal.aborted) return;
    this.hasLooked = true;
    this.failures = 0;
    await reportLook(this.mailbox, look, this.tools);
  }

  /** How long to stay away. */
  private async afterFailure(error: unknown): Promise<number> {
    const { health, log, tempo } = this.tools;
    if (this.stopping.signal.aborted) return 0;
    const { restMsFirst, restMsMax, signInAgainMs } = tempo();
    if (!(error instanceof ChannelError)) {
      log.error('mail_fetch_failed', error, { ...this.mailbox });
      this.failures++;
      return this.growing(restMsFirst, restMsMax);
    }
    log.info('mail_line_ended', { ...this.mailbox, code: error.code });
    // Lines end; servers are restarted. That is nobody's news as long as the next one holds.
    if (this.hasLooked && error.code === 'connection_lost') return withJitter(restMsFirst);
    this.failures++;
    if (error.remedy === 'reconnect' && this.failures < REFUSALS_BELIEVED_FROM) return withJitter(restMsFirst);
    await health
      .failed(this.mailbox, error)
      .catch((failure: unknown) => log.error('mailbox_health_not_kept', failure, { ...this.mailbox }));
    if (error.remedy === 'reconnect') return withJitter(signInAgainMs);
    return error.retryAfterMs === null
      ? this.growing(restMsFirst, restMsMax)
      : this.growing(error.retryAfterMs, Math.max(error.retryAfterMs, THROTTLED_REST_MS_MAX));
  }

  private growing(firstMs: number, maxMs: number): number {
    return withJitter(Math.min(firstMs * 2 ** Math.min(this.failures - 1, 30), maxMs));
  }

  /** By the clock that rules about time go by, so that a test need not wait for hours. */
  private async rest(ms: number): Promise<void> {
    const { signal } = this.stopping;
    const { clock } = this.tools;
    const untilMs = clock.now().getTime() + ms;
    for (let leftMs = ms; leftMs > 0 && !signal.aborted; leftMs = untilMs - clock.now().getTime()) {
      await pause(Math.min(leftMs, LOOK_AT_CLOCK_MS), undefined, { signal }).catch(() => undefined);
    }
  }
}

/** Tell how a look went where people see it. */
export async function reportLook(
  mailbox: MailboxKey,
  { newestArrivedAt, trouble }: MailboxLook,
  { health, clock }: Pick<WatchTools, 'health' | 'clock'>,
): Promise<void> {
  const lagMs = newestArrivedAt === null ? null : clock.now().getTime() - newestArrivedAt.getTime();
  await health.looked(mailbox, { lagMs, trouble });
}

function withJitter(ms: number): number {
  return ms * (1 - JITTER + Math.random() * 2 * JITTER);
}
