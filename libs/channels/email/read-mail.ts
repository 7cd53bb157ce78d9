import { Worker } from 'node:worker_threads';
import { MAIL_LIMITS, UnreadableMail, type MailLimits, type ParsedMail, type UnreadableMailCode } from './parsed-mail.js';

/** What the thread says: first that it is ready, then one answer per mail. Buffers cross as Uint8Array. */
export type ReadAnswer = { isReady: true } | { mail: ParsedMail } | { refusal: { code: UnreadableMailCode; detail: string } };

export interface MailReaderOptions {
  /** One is enough for most; two keep a slow mail from delaying the next. */
  threads?: number;
  /** Memory of one thread's own heap; the bytes of the mail and its attachments are outside of it. */
  heapMiBMax?: number;
}

const NURSERY_MIB_MAX = 16;
const THREADS = 2;
const HEAP_MIB_MAX = 512;
/** Mails that may wait at once; beyond that a caller reads faster than it can be done, and memory would fill with waiting mail. */
const WAITING_MAX = 200;
/** A thread that has not loaded our own code by then never will; that is no mail's fault. */
const START_MS_MAX = 60_000;

/** A thread that had nothing to do for so long is ended: it holds some 20 MB. */
const IDLE_MS_MAX = 60_000;
/** After a mail of this size its thread is ended at once: what it read lies in its memory until it happens to clean up. */
const LARGE_BYTES = 8 * 1024 * 1024;
/** A mail that takes longer than this holds up nobody: besides the usual threads, others may start, up to twice as many. */
const SLOW_MS = 1_000;

/** A mail, or where its bytes are to be had; then they are read when a thread is free, and go to it as they are. */
export type MailBytes = Buffer | { readonly length: number; read(): Promise<Buffer> };

interface Task {
  raw: MailBytes;
  limits: MailLimits;
  resolve(mail: ParsedMail): void;
  reject(reason: Error): void;
}

interface Thread {
  worker: Worker;
  isReady: boolean;
  task: Task | null;
  timer: NodeJS.Timeout | null;
  /** It has been at the same mail for long. */
  isSlow: boolean;
  slowTimer: NodeJS.Timeout | null;
}

/**
 * Reads mails in threads of its own, so that no mail can stop the program: what takes too long or too much ends its thread, and a new
 * thread reads the next mail.
 *
 * Limits   see `MAIL_LIMITS`; 200 mails waiting; twice the usual threads while some are slow
 * Repeats  the same bytes give the same result
 */
export class MailReader {
  private readonly threadsMax: number;
  private readonly heapMiBMax: number;
  private readonly threads = new Set<Thread>();
  private readonly waiting: Task[] = [];
  private isClosed = false;

  /** Starts nothing: threads begin with the first mail, and do not keep the program alive while they are idle. */
  constructor(options: MailReaderOptions = {}) {
    this.threadsMax = options.threads ?? THREADS;
    this.heapMiBMax = options.heapMiBMax ?? HEAP_MIB_MAX;
  }

  /**
   * The mail, read.
   *
   * Shape    raw: exactly as received; a buffer is copied, and may be used again at once
   * Errors   UnreadableMail when this mail can never be read; any other error says that the reader is closed or overloaded, or that the
   *          bytes could not be had: try later
   */
  async read(raw: MailBytes, limits: Partial<MailLimits> = {}): Promise<ParsedMail> {
    const held = { ...MAIL_LIMITS, ...limits };
    if (raw.length > held.bytesMax) throw new UnreadableMail('too_large', `more than ${held.bytesMax} bytes`);
    if (this.isClosed) throw new Error('The mail reader is closed.');
    if (this.waiting.length >= WAITING_MAX) throw new Error(`More than ${WAITING_MAX} mails are waiting to be read.`);
    return new Promise((resolve, reject) => {
      this.waiting.push({ raw, limits: held, resolve, reject });
      this.dispatch();
    });
  }

  /** End all threads. Mails that are being read or waiting are rejected; they can be read again later. */
  async close(): Promise<void> {
    this.isClosed = true;
    const unread = [...this.waiting.splice(0), ...[...this.threads].flatMap((thread) => thread.task ?? [])];
    await Promise.all([...this.threads].map((thread) => this.end(thread)));
    for (const task of unread) task.reject(new Error('The mail reader was closed.'));
  }

  private dispatch(): void {
    while (this.waiting.length > 0) {
      const thread = [...this.threads].find((candidate) => candidate.task === null) ?? this.startThread();
      if (thread === null) return;
      const task = this.waiting.shift();
      if (task !== undefined) this.begin(thread, task);
    }
  }

  private startThread(): Thread | null {
    const slow = [...this.threads].filter(({ isSlow }) => isSlow).length;
    if (this.isClosed || this.threads.size - Math.min(slow, this.threadsMax) >= this.threadsMax) return null;
    const worker = new Worker(new URL('./read-mail.worker.js', import.meta.url), {
      // A small nursery: what a mail leaves behind is swept early, instead of lying about until there is more of it.
      resourceLimits: { maxOldGenerationSizeMb: this.heapMiBMax, maxYoungGenerationSizeMb: NURSERY_MIB_MAX },
      // Nothing of the environment is needed to read a mail, and secrets are in it.
      env: {},
    });
    const thread: Thread = { worker, isReady: false, task: null, timer: null, isSlow: false, slowTimer: null };
    worker.on('message', (answer: ReadAnswer) => {
      if ('isReady' in answer) this.makeReady(thread);
      else this.finish(thread, (task) => settle(task, answer));
    });
    worker.on('error', (error: NodeJS.ErrnoException) => {
      this.replace(thread, `the reading thread ended (${error.code ?? error.name})`);
    });
    worker.on('exit', () => {
      this.replace(thread, 'the reading thread ended');
    });
    worker.unref();
    this.threads.add(thread);
    return thread;
  }

  private makeReady(thread: Thread): void {
    thread.isReady = true;
    if (thread.task !== null) this.hand(thread, thread.task);
  }

  private begin(thread: Thread, task: Task): void {
    thread.task = task;
    thread.worker.ref();
    if (thread.timer !== null) clearTimeout(thread.timer);
    if (thread.isReady) this.hand(thread, task);
    else thread.timer = setTimeout(() => this.replace(thread, `no reading thread within ${START_MS_MAX} ms`), START_MS_MAX);
  }

  private hand(thread: Thread, task: Task): void {
    if (thread.timer !== null) clearTimeout(thread.timer);
    const reason = new UnreadableMail('too_slow', `not read within ${task.limits.wallClockMsMax} ms`);
    thread.timer = setTimeout(() => this.replace(thread, reason), task.limits.wallClockMsMax);
    thread.slowTimer = setTimeout(() => {
      thread.isSlow = true;
      this.dispatch();
    }, SLOW_MS);
    void bytesOf(task.raw).then(
      (bytes) => {
        // Else it was given up meanwhile.
        if (thread.task === task) thread.worker.postMessage({ raw: bytes, limits: task.limits }, [bytes.buffer as ArrayBuffer]);
      },
      (error: unknown) => {
        if (thread.task !== task) return;
        this.finish(thread, (unread) => {
          unread.reject(error as Error);
        });
      },
    );
  }

  private finish(thread: Thread, end: (task: Task) => void): void {
    const task = thread.task;
    this.rest(thread);
    // Of more threads than usual the ones that were slow go.
    if ((task?.raw.length ?? 0) >= LARGE_BYTES || this.threads.size > this.threadsMax) void this.end(thread);
    if (task !== null) end(task);
    this.dispatch();
    if (this.threads.has(thread) && thread.task === null) thread.timer = setTimeout(() => void this.end(thread), IDLE_MS_MAX).unref();
  }

  private rest(thread: Thread): void {
    if (thread.timer !== null) clearTimeout(thread.timer);
    if (thread.slowTimer !== null) clearTimeout(thread.slowTimer);
    thread.timer = thread.slowTimer = null;
    thread.isSlow = false;
    thread.task = null;
    thread.worker.unref();
  }

  /** Give this thread up, tell its task why, and let another thread go on. */
  private replace(thread: Thread, reason: UnreadableMail | string): void {
    if (!this.threads.delete(thread)) return;
    // Ending cannot fail in a way that matters: the thread is no longer ours, and `exit` finds it gone.
    void thread.worker.terminate();
    if (this.isClosed) return;
    // A thread that broke while it read (memory, stack) broke over its mail; one that never began to read did not.
    const broke = typeof reason !== 'string' ? reason : thread.isReady ? new UnreadableMail('broken', reason) : new Error(reason);
    this.finish(thread, (task) => {
      task.reject(broke);
    });
  }

  private async end(thread: Thread): Promise<void> {
    this.threads.delete(thread);
    if (thread.timer !== null) clearTimeout(thread.timer);
    if (thread.slowTimer !== null) clearTimeout(thread.slowTimer);
    await thread.worker.terminate();
  }
}

/** Bytes that can be handed over: what is cloned on the way costs the mail twice. */
export async function bytesOf(raw: MailBytes): Promise<Uint8Array> {
  return Buffer.isBuffer(raw) ? new Uint8Array(raw) : raw.read();
}

function settle(task: Task, answer: Exclude<ReadAnswer, { isReady: true }>): void {
  if ('mail' in answer) task.resolve(withBuffers(answer.mail));
  else task.reject(new UnreadableMail(answer.refusal.code, answer.refusal.detail));
}

function withBuffers(mail: ParsedMail): ParsedMail {
  for (const attachment of mail.attachments) {
    const bytes: Uint8Array = attachment.content;
    attachment.content = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  return mail;
}
