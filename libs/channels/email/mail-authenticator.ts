import { Worker } from 'node:worker_threads';
import type { DNSResolver } from 'mailauth';
import { undecided, type AuthenticationOptions, type MailAuthentication } from './authentication.js';
import { bytesOf, type MailBytes } from './read-mail.js';

/** What can be asked without a resolver: that stays on this side, and is asked through messages. */
export type SentOptions = Omit<AuthenticationOptions, 'resolve'>;

/** To the thread: a mail, or what the DNS said to one of its questions. */
export type AuthenticatorTask =
  | { mail: number; raw: Uint8Array; options: SentOptions }
  | { mail: number; question: number; records: unknown[] }
  | { mail: number; question: number; code: string };

/** From the thread: that it is ready, a question, or a verdict. */
export type AuthenticatorAnswer =
  { isReady: true } | { mail: number; question: number; name: string; type: string } | { mail: number; verdict: MailAuthentication };

/** Mails whose verdict waits for the DNS at the same time. */
const AT_ONCE_MAX = 50;
/** Mails that may wait besides; beyond that a caller brings more than can be done. */
const WAITING_MAX = 500;
/** From the moment the thread has the mail: its own limits on the DNS end far sooner. */
const WALL_CLOCK_MS_MAX = 20_000;
/** A thread that has not loaded our own code by then never will. */
const START_MS_MAX = 60_000;
const HEAP_MIB_MAX = 512;

interface Waiting {
  raw: MailBytes;
  options: AuthenticationOptions;
  resolve: (found: MailAuthentication) => void;
  reject: (reason: Error) => void;
}

interface Running extends Waiting {
  timer: NodeJS.Timeout;
}

/**
 * Finds out whether From is true, in a thread of its own, so that hashing a large mail stops nobody; many mails at once, because most of
 * the time is spent waiting for the DNS.
 *
 * Limits   50 mails at once, 500 waiting; 20 s per mail
 */
export class MailAuthenticator {
  private worker: Worker | null = null;
  private isReady = false;
  private isClosed = false;
  private startTimer: NodeJS.Timeout | null = null;
  private lastMail = 0;
  private readonly running = new Map<number, Running>();
  private readonly waiting: Waiting[] = [];

  /**
   * The verdict on one mail.
   *
   * Shape    raw: exactly as received; a buffer is copied, and may be used again at once
   * Errors   only of ours: the authenticator is closed or overloaded, or the bytes could not be had: try later. A mail that takes too long is
   *          `temperror`
   */
  async authenticate(raw: MailBytes, options: AuthenticationOptions): Promise<MailAuthentication> {
    if (this.isClosed) throw new Error('The mail authenticator is closed.');
    if (this.waiting.length >= WAITING_MAX) throw new Error(`More than ${WAITING_MAX} mails are waiting to be authenticated.`);
    return new Promise((resolve, reject) => {
      this.waiting.push({ raw, options, resolve, reject });
      this.dispatch();
    });
  }

  /** End the thread. Mails without a verdict are rejected; they can be asked again later. */
  async close(): Promise<void> {
    this.isClosed = true;
    const unfinished = [...this.waiting.splice(0), ...this.running.values()];
    for (const { timer } of this.running.values()) clearTimeout(timer);
    this.running.clear();
    const worker = this.worker;
    this.forget();
    await worker?.terminate();
    for (const { reject } of unfinished) reject(new Error('The mail authenticator was closed.'));
  }

  private dispatch(): void {
    if (this.waiting.length === 0) return;
    const worker = this.worker ?? this.start();
    worker.ref();
    while (this.isReady && this.running.size < AT_ONCE_MAX) {
      const next = this.waiting.shift();
      if (next === undefined) return;
      this.hand(worker, next);
    }
  }

  private hand(worker: Worker, next: Waiting): void {
    this.lastMail += 1;
    const mail = this.lastMail;
    const timer = setTimeout(() => {
      this.replace();
    }, WALL_CLOCK_MS_MAX);
    this.running.set(mail, { ...next, timer });
    const { resolve: _, ...options } = next.options;
    void bytesOf(next.raw).then(
      (raw) => {
        // Else it was given up meanwhile, and the thread with it.
        if (this.running.has(mail)) worker.postMessage({ mail, raw, options } satisfies AuthenticatorTask, [raw.buffer as ArrayBuffer]);
      },
      (error: unknown) => {
        this.finish(mail, ({ reject }) => reject(error as Error));
      },
    );
  }

  private start(): Worker {
    const worker = new Worker(new URL('./mail-authenticator.worker.js', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB_MAX },
      // Nothing of the environment is needed to check a signature, and secrets are in it.
      env: {},
    });
    this.worker = worker;
    this.startTimer = setTimeout(() => {
      this.replace();
    }, START_MS_MAX);
    worker.on('message', (answer: AuthenticatorAnswer) => {
      if (this.worker === worker) this.take(worker, answer);
    });
    const broke = (): void => {
      if (this.worker === worker) this.replace();
    };
    worker.on('error', broke);
    worker.on('exit', broke);
    return worker;
  }

  private take(worker: Worker, answer: AuthenticatorAnswer): void {
    if ('isReady' in answer) {
      this.isReady = true;
      if (this.startTimer !== null) clearTimeout(this.startTimer);
      this.dispatch();
    } else if ('verdict' in answer) this.finish(answer.mail, ({ resolve }) => resolve(answer.verdict));
    else void this.ask(worker, answer);
  }

  private async ask(
    worker: Worker,
    { mail, question, name, type }: { mail: number; question: number; name: string; type: string },
  ): Promise<void> {
    const resolve: DNSResolver | undefined = this.running.get(mail)?.options.resolve;
    if (resolve === undefined) return;
    try {
      const records: unknown[] = await resolve(name, type);
      worker.postMessage({ mail, question, records } satisfies AuthenticatorTask);
    } catch (error) {
      // The code is all a verdict depends on: whether the name does not exist, or nobody answered.
      const code = (error as NodeJS.ErrnoException | undefined)?.code ?? 'ESERVFAIL';
      worker.postMessage({ mail, question, code } satisfies AuthenticatorTask);
    }
  }

  private finish(mail: number, end: (task: Running) => void): void {
    const task = this.running.get(mail);
    this.running.delete(mail);
    if (task === undefined) return;
    clearTimeout(task.timer);
    end(task);
    this.dispatch();
    if (this.running.size === 0 && this.waiting.length === 0) this.worker?.unref();
  }

  /** The thread is stuck or gone: nobody can say over which mail, so all of them may come again. */
  private replace(): void {
    const worker = this.worker;
    // A thread that never became ready would not the next time either.
    const unstarted = this.isReady ? [] : this.waiting.splice(0);
    for (const { reject } of unstarted) reject(new Error('The authenticating thread did not start.'));
    this.forget();
    void worker?.terminate();
    const unfinished = [...this.running.values()];
    this.running.clear();
    for (const { timer, resolve } of unfinished) {
      clearTimeout(timer);
      resolve(undecided());
    }
    this.dispatch();
  }

  private forget(): void {
    if (this.startTimer !== null) clearTimeout(this.startTimer);
    this.startTimer = null;
    this.worker = null;
    this.isReady = false;
  }
}
