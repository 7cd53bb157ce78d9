import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Watch } from './watch.js';

export interface ReceivedPost {
  path: string;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

/** How the next posts are answered: a status, or not at all. */
export type AnswerPlan = number | 'silence' | 'hang_up';

/** A stand-in for the product, for the simulator's own tests: takes webhooks and mail, keeps them, and answers as told. */
export class ReceivingApp {
  readonly posts: ReceivedPost[] = [];
  readonly watch = new Watch();
  /** Consumed one by one; when it is empty the answer is 200. */
  plan: AnswerPlan[] = [];
  /** The answer once the plan is used up. */
  otherwise: AnswerPlan = 200;
  verifyToken = 'agreed';

  private constructor(private readonly server: Server) {
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const url = new URL(request.url ?? '/', 'http://app');
        if (request.method === 'GET') {
          const fits = url.searchParams.get('hub.mode') === 'subscribe' && url.searchParams.get('hub.verify_token') === this.verifyToken;
          response.writeHead(fits ? 200 : 403).end(fits ? url.searchParams.get('hub.challenge') : 'no');
          return;
        }
        this.posts.push({ path: url.pathname, headers: request.headers, body: Buffer.concat(chunks) });
        const answer = this.plan.shift() ?? this.otherwise;
        if (typeof answer === 'number') response.writeHead(answer).end('ok');
        else if (answer === 'hang_up') request.socket.destroy();
        this.watch.changed();
      });
    });
  }

  static async start(): Promise<ReceivingApp> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new ReceivingApp(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hook`;
  }

  /** Every event so far, with the page and the key it came under. */
  get events(): Record<string, unknown>[] {
    return this.posts.flatMap(({ body }) => eventsIn(body));
  }

  /** What came because the app looks on only. */
  get standby(): Record<string, unknown>[] {
    return this.posts.flatMap(({ body }) => entriesIn(body).flatMap(({ standby = [] }) => standby));
  }

  /** What happened in public: the values of the field `feed`, with the entry's time. */
  get feed(): Record<string, unknown>[] {
    return this.posts.flatMap(({ body }) =>
      entriesIn(body).flatMap(({ time, changes = [] }) => changes.map(({ value }) => ({ ...value, entry_time: time }))),
    );
  }

  /** The events that hold this key, e.g. `message` or `read`. */
  having(key: string): Record<string, unknown>[] {
    return this.events.filter((event) => key in event);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

interface Entry {
  id: string;
  time: number;
  messaging?: Record<string, unknown>[];
  standby?: Record<string, unknown>[];
  changes?: { field: string; value: Record<string, unknown> }[];
}

export const entriesIn = (body: Buffer): Entry[] => (JSON.parse(body.toString()) as { entry: Entry[] }).entry;

/** The events of one webhook body, in order. */
export function eventsIn(body: Buffer): Record<string, unknown>[] {
  return entriesIn(body).flatMap(({ messaging = [] }) => messaging);
}
