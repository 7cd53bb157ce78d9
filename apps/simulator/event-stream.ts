import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';

const LISTENERS_MAX = 20;
const HEARTBEAT_MS = 15_000;

/** Tells open pages that something changed; they fetch what. Bursts within one turn of the event loop become one line. */
export class EventStream {
  private readonly listeners = new Set<ServerResponse>();
  private readonly heartbeat: NodeJS.Timeout;
  private isDue = false;

  constructor() {
    this.heartbeat = setInterval(() => {
      this.write(': still here\n\n');
    }, HEARTBEAT_MS).unref();
  }

  /** Keeps this answer open for events; the oldest listener goes when there are too many. */
  open(reply: FastifyReply): void {
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    raw.write('retry: 1000\nevent: changed\ndata: {}\n\n');
    raw.once('close', () => this.listeners.delete(raw));
    this.listeners.add(raw);
    if (this.listeners.size > LISTENERS_MAX) this.listeners.values().next().value?.end();
  }

  changed(): void {
    if (this.isDue) return;
    this.isDue = true;
    setImmediate(() => {
      this.isDue = false;
      this.write('event: changed\ndata: {}\n\n');
    });
  }

  close(): void {
    clearInterval(this.heartbeat);
    for (const listener of this.listeners) listener.end();
  }

  private write(line: string): void {
    for (const listener of this.listeners) listener.write(line);
  }
}
