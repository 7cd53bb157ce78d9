import { Inject, Injectable, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Server, type Socket } from 'socket.io';
import type { Server as HttpServer } from 'node:http';
import { type Change, type Ready, SocketAuth } from '#contract';
import { type Actor, AddressRefusal, EntranceService, keyIn } from '#accounts';
import { CONFIG, type Config, Log, Refusal, requestSource, SECOND_MS, type Source, type TenantId } from '#platform';
import { DoorbellRelay } from './doorbell-relay.service.js';
import { Feed } from './feed.service.js';

const PACKET_BYTES_MAX = 64 * 1024;
const RECHECK_EVERY_MS = 4 * SECOND_MS;
const SESSION_COOKIE = /(?:^|;\s*)omnidesk_session=([A-Za-z0-9_-]{1,200})/;

interface SocketState {
  actor: Actor;
  source: Source;
  lastSeq: number;
  /** The tenant's newest number when the socket came: how far it has to catch up. */
  newestAtStart: number;
  /** Set while lines are being read and sent, so that two doorbells do not send the same line twice. */
  isSending: boolean;
  isBehind: boolean;
}

interface Emitted {
  change: (change: Change) => void;
  ready: (ready: Ready) => void;
  resync: (ready: Ready) => void;
}

type FeedSocket = Socket<Record<string, never>, Emitted, Record<string, never>, SocketState>;

/** The sockets. A socket is a doorbell: it says what changed, by id, and the browser fetches what it may see. */
@Injectable()
export class FeedGateway implements OnModuleInit, BeforeApplicationShutdown {
  private server: Server | undefined;
  private readonly open = new Map<FeedSocket, SocketState>();
  private recheck: NodeJS.Timeout | undefined;

  constructor(
    private readonly feed: Feed,
    private readonly relay: DoorbellRelay,
    private readonly entrance: EntranceService,
    private readonly log: Log,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  onModuleInit(): void {
    const wakeAll = (tenantId: TenantId) => {
      for (const [socket, state] of this.open) if (state.actor.tenantId === tenantId) this.wake(socket, state);
    };
    this.feed.doorbell.on('here', wakeAll).on('elsewhere', wakeAll);
    this.relay.onReconnected(() => {
      for (const [socket, state] of this.open) this.wake(socket, state);
    });
  }

  /** Listen on the door's HTTP server. */
  attach(http: HttpServer): void {
    this.server = new Server(http, {
      serveClient: false,
      maxHttpBufferSize: PACKET_BYTES_MAX,
      // A page of another origin must not use the agent's cookie, on either transport.
      allowRequest: (request, decide) => {
        const isOwn = this.isOwnOrigin(request.headers.origin, request.headers.host);
        if (!isOwn) this.note(this.entrance.noteForeignOrigin(requestSource(request, this.config.trustedProxies), asked('foreign_origin')));
        decide(null, isOwn);
      },
    });
    this.server.use((socket, next) => {
      this.admit(socket as FeedSocket).then(
        (admitted) => {
          next(admitted ? undefined : new Error('unauthenticated'));
        },
        (error: unknown) => {
          if (error instanceof Refusal) {
            const source = requestSource(socket.request, this.config.trustedProxies);
            if (error instanceof AddressRefusal) this.note(this.entrance.noteAddress(error, source, asked(error.code)));
            next(new Error(error.code));
            return;
          }
          this.log.error('socket_refused', error);
          next(new Error('unavailable'));
        },
      );
    });
    this.server.on('connection', (socket) => {
      this.begin(socket as FeedSocket);
    });
    this.recheck = setInterval(() => void this.closeEnded(), RECHECK_EVERY_MS);
    this.relay.listen();
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.recheck);
    // The HTTP server is the door's to close, once nothing keeps it open.
    this.server?.disconnectSockets(true);
    this.server?.engine.close();
  }

  /** Close the sockets of sessions that have ended. Also called at once where a session is ended in this process. */
  async closeEnded(): Promise<void> {
    for (const [socket, { actor, source }] of this.open) {
      try {
        if (!(await this.entrance.isLive(actor, source))) socket.disconnect(true);
      } catch (error) {
        this.log.error('socket_recheck_failed', error, { tenantId: actor.tenantId });
      }
    }
  }

  private note(written: Promise<void>): void {
    written.catch((error: unknown) => {
      this.log.error('refusal_not_noted', error);
    });
  }

  private async admit(socket: FeedSocket): Promise<boolean> {
    const auth = SocketAuth.safeParse(socket.handshake.auth);
    const { cookie, authorization } = socket.handshake.headers;
    const source = requestSource(socket.request, this.config.trustedProxies);
    const actor = await this.entrance.actorOf({ sessionToken: SESSION_COOKIE.exec(cookie ?? '')?.[1], key: keyIn(authorization) }, source);
    if (!actor || !this.entrance.mayListen(actor) || !auth.success) return false;
    const newest = await this.feed.newest(actor.tenantId);
    const lastSeq = auth.data.lastSeq ?? newest;
    socket.data = { actor, source, lastSeq, newestAtStart: newest, isSending: false, isBehind: false };
    return true;
  }

  private begin(socket: FeedSocket): void {
    const state = socket.data;
    this.open.set(socket, state);
    socket.on('disconnect', () => this.open.delete(socket));
    socket.emit('ready', { seq: state.newestAtStart });
    this.wake(socket, state);
  }

  private wake(socket: FeedSocket, state: SocketState): void {
    state.isBehind = true;
    if (state.isSending) return;
    state.isSending = true;
    this.catchUp(socket, state)
      .catch((error: unknown) => {
        this.log.error('socket_catch_up_failed', error, { tenantId: state.actor.tenantId });
        // A line may be missing now, so the browser must connect again and say where it is.
        socket.disconnect(true);
      })
      .finally(() => {
        state.isSending = false;
      });
  }

  private async catchUp(socket: FeedSocket, state: SocketState): Promise<void> {
    while (state.isBehind && socket.connected) {
      state.isBehind = false;
      const changes = await this.feed.after(state.actor.tenantId, state.lastSeq);
      if (changes === null) {
        state.lastSeq = await this.feed.newest(state.actor.tenantId);
        socket.emit('resync', { seq: state.lastSeq });
        continue;
      }
      for (const change of changes) socket.emit('change', change);
      state.lastSeq = changes.at(-1)?.seq ?? state.lastSeq;
    }
  }

  private isOwnOrigin(origin: string | undefined, host: string | undefined): boolean {
    // Programs send none; a browser always does where it matters.
    if (origin === undefined) return true;
    return origin === new URL(this.config.publicUrl).origin || origin === `http://${host ?? ''}` || origin === `https://${host ?? ''}`;
  }
}

function asked(code: string) {
  return { method: 'CONNECT', route: '/socket.io', code };
}
