import { io, type Socket } from 'socket.io-client';
import type { Change, Ready } from '#contract';

const WAIT_MS_MAX = 10_000;

export interface SocketOptions {
  cookie?: string | null;
  lastSeq?: unknown;
  transport?: 'websocket' | 'polling';
  origin?: string;
  headers?: Record<string, string>;
}

/** A browser's socket that keeps what it was told, and waits for what a test expects, with a deadline. */
export class SocketClient {
  readonly changes: Change[] = [];
  readonly resyncs: Ready[] = [];
  /** Every packet as it came over the wire. */
  readonly packets: string[] = [];
  ready: Ready | undefined;
  refusal: string | undefined;
  private readonly socket: Socket;
  private readonly closed: Promise<void>;

  constructor(url: string, { cookie = null, lastSeq = null, transport = 'websocket', origin, headers }: SocketOptions) {
    const extraHeaders = { ...(cookie === null ? {} : { cookie }), ...(origin === undefined ? {} : { origin }), ...headers };
    this.socket = io(url, { transports: [transport], reconnection: false, forceNew: true, auth: { lastSeq }, extraHeaders });
    this.socket.on('ready', (ready: Ready) => (this.ready = ready));
    this.socket.on('resync', (at: Ready) => this.resyncs.push(at));
    this.socket.on('change', (change: Change) => this.changes.push(change));
    this.socket.on('connect_error', (error) => (this.refusal = error.message));
    this.socket.io.on('open', () => this.socket.io.engine.on('packet', ({ data }) => this.packets.push(String(data))));
    this.closed = new Promise((resolve) => this.socket.on('disconnect', () => resolve()));
  }

  get seqs(): number[] {
    return this.changes.map(({ seq }) => seq);
  }

  get isConnected(): boolean {
    return this.socket.connected;
  }

  emit(event: string, ...values: unknown[]): void {
    this.socket.emit(event, ...values);
  }

  /** Resolves with the milliseconds it took until the server closed it. */
  async untilClosed(waitMs: number): Promise<number> {
    const startMs = performance.now();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`still open after ${String(waitMs)} ms`)), waitMs);
    });
    try {
      await Promise.race([this.closed, late]);
    } finally {
      clearTimeout(timer);
    }
    return performance.now() - startMs;
  }

  async until(holds: (client: this) => unknown): Promise<this> {
    const giveUpAt = performance.now() + WAIT_MS_MAX;
    while (!holds(this)) {
      if (performance.now() > giveUpAt) throw new Error(`waited in vain: ${holds.toString()}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return this;
  }

  close(): void {
    this.socket.disconnect();
  }
}
