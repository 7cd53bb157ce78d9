import { setTimeout as pause } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Inject, Injectable } from '@nestjs/common';
import {
  Clock,
  CONFIG,
  type Config,
  Database,
  DATABASE_URLS,
  type DatabaseUrls,
  DAY_MS,
  Log,
  SECOND_MS,
  takeInstallationTurn,
} from '#platform';
import { ChannelError, type OpenConnection } from '../channel.js';
import { ConnectionService } from '../connection.service.js';
import { IntakeService } from '../intake.service.js';
import { FolderCursors, type MailboxKey } from './imap-cursors.js';
import { ImapLine } from './imap-line.js';
import { type ImapServer, imapServerOf } from './imap-server.js';
import { ImapSession, type MailboxLook } from './imap-session.js';
import { ImapSlots } from './imap-slots.js';
import { FETCH_TEMPO, type FetchTempo, ImapWatch, reportLook, type WatchTools } from './imap-watch.js';
import { MailTokens } from './mail-tokens.service.js';
import { MailboxHealth } from './mailbox-health.js';

/** Any constant: it names the lock that makes one process the fetcher while the others stand by. */
const FETCHER_LOCK = 7_266_004;
const STAND_BY_MS = SECOND_MS;
/** A mailbox that was connected while nobody fetched: what came since is its first mail. Longer ago it is its past. */
const FIRST_LOOK_BACK_MS_MAX = DAY_MS;
const FOLDERS_OF_OLD = ['INBOX'];
/** What may wait to be read before a mailbox with much to bring has to be patient. */
const WAITING_MAX = 1_000;

/**
 * Fetches mail over IMAP. One process of the installation watches every mailbox that is to be fetched: on a connection of its own that the
 * server tells of news, as long as there are not too many with one host, and looking into all its folders each minute besides. What is
 * found goes into the log of deliveries, as from any other door. A mailbox that is connected, changed or disconnected is noticed within
 * seconds, by looking at the list of them.
 */
@Injectable()
export class MailFetcher implements BeforeApplicationShutdown {
  /** How often and how patiently; tests are in a hurry. */
  tempo: FetchTempo = FETCH_TEMPO;
  private running: Promise<void> | undefined;
  private readonly stopping = new AbortController();
  private readonly watches = new Map<string, ImapWatch>();
  private readonly tools: WatchTools;

  constructor(
    private readonly db: Database,
    private readonly connections: ConnectionService,
    private readonly intake: IntakeService,
    private readonly tokens: MailTokens,
    private readonly health: MailboxHealth,
    private readonly clock: Clock,
    private readonly log: Log,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(DATABASE_URLS) private readonly urls: DatabaseUrls,
  ) {
    this.tools = {
      slots: new ImapSlots(),
      health,
      clock,
      log,
      tempo: () => this.tempo,
      hostOf: (mailbox) => this.hostOf(mailbox),
      open: (mailbox, signal) => this.open(mailbox, signal),
    };
  }

  /** Fetch from now on, whenever it is this process's turn, until the application shuts down. */
  start(): void {
    this.running = this.run();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /**
   * Look into every folder of one mailbox now, on a connection of its own, and say in its health how it went.
   *
   * Errors   ChannelError; not_found
   */
  async look(mailbox: MailboxKey): Promise<MailboxLook> {
    try {
      const session = await this.open(mailbox, this.stopping.signal);
      try {
        const look = await session.lookAround();
        await reportLook(mailbox, look, this.tools);
        return look;
      } finally {
        await session.end();
      }
    } catch (error) {
      if (error instanceof ChannelError) await this.health.failed(mailbox, error);
      throw error;
    }
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        const turn = await takeInstallationTurn(this.urls.app, FETCHER_LOCK, 'omnidesk-fetcher');
        if (turn !== null) {
          try {
            while (turn.isOurs() && !this.stopping.signal.aborted) {
              await this.follow();
              await this.rest(this.tempo.listEveryMs);
            }
          } finally {
            await this.stopWatching([...this.watches.keys()]);
            await turn.give();
          }
        }
      } catch (error) {
        this.log.error('fetching_failed', error);
      }
      await this.rest(STAND_BY_MS);
    }
  }

  /** Watch what is to be watched, and nothing else. */
  private async follow(): Promise<void> {
    const listed = await this.db.query<{ tenant_id: string; connection_id: string; fingerprint: string }>(
      'select tenant_id, connection_id, fingerprint from mailboxes_to_fetch()',
    );
    const wanted = new Map(listed.map((row) => [`${row.tenant_id} ${row.connection_id}`, row]));
    const outdated = [...this.watches].filter(([key, watch]) => wanted.get(key)?.fingerprint !== watch.fingerprint);
    await this.stopWatching(outdated.map(([key]) => key));
    for (const [key, { tenant_id, connection_id, fingerprint }] of wanted) {
      const mailbox = { tenantId: tenant_id, connectionId: connection_id } as MailboxKey;
      if (!this.watches.has(key)) this.watches.set(key, new ImapWatch(mailbox, fingerprint, this.tools));
    }
  }

  private async stopWatching(keys: readonly string[]): Promise<void> {
    const stopped = keys.map((key) => this.watches.get(key)!);
    for (const watch of stopped) watch.stop();
    await Promise.all(stopped.map((watch) => watch.done));
    for (const key of keys) this.watches.delete(key);
  }

  /** What tells hosts apart before they are asked: connections with one are counted together. */
  private async hostOf(mailbox: MailboxKey): Promise<string> {
    const { connection } = await this.find(mailbox);
    const { mailbox: found, secrets } = connection;
    const { imapUrl } = secrets;
    return imapUrl === undefined && found?.login != null ? found.login : imapServerOf(imapUrl ?? '').host.toLowerCase();
  }

  private async open(mailbox: MailboxKey, signal: AbortSignal): Promise<ImapSession> {
    const { connection, connectedAt, hasFolders } = await this.find(mailbox);
    const line = await this.lineOf(mailbox, connection, signal);
    try {
      const found = connection.mailbox?.folders ?? [];
      const folders = found.length > 0 ? found : FOLDERS_OF_OLD;
      const cursors = new FolderCursors(this.db, mailbox);
      await cursors.keepOnly(folders);
      const now = this.clock.now();
      const isFresh = !hasFolders && now.getTime() - connectedAt.getTime() <= FIRST_LOOK_BACK_MS_MAX;
      return new ImapSession(line, folders, {
        mailbox,
        cursors,
        intake: this.intake,
        isBusy: () => this.isBusy(),
        clock: this.clock,
        log: this.log,
        signal,
        startedAt: isFresh ? connectedAt : now,
      });
    } catch (error) {
      line.close();
      throw error;
    }
  }

  private async find(mailbox: MailboxKey): Promise<{ connection: OpenConnection; connectedAt: Date; hasFolders: boolean }> {
    const { tenantId, connectionId } = mailbox;
    return this.db.inTenant(tenantId, async (tx) => {
      const connection = await this.connections.open(tx, connectionId);
      const [row] = await tx.query<{ created_at: Date; has_folders: boolean }>(
        `select created_at, exists (select 1 from mail_folder where connection_id = $1) as has_folders from connection where id = $1`,
        [connectionId],
      );
      return { connection, connectedAt: row!.created_at, hasFolders: row!.has_folders };
    });
  }

  private async lineOf(
    { tenantId, connectionId }: MailboxKey,
    { secrets, mailbox }: OpenConnection,
    signal: AbortSignal,
  ): Promise<ImapLine> {
    const { config } = this;
    const { imapUrl } = secrets;
    // A login may be there for sending alone.
    if (imapUrl !== undefined || mailbox?.login == null) return ImapLine.open(imapServerOf(imapUrl ?? ''), config, signal);
    const access = await this.tokens.accessToken(tenantId, connectionId);
    const server = ({ token }: { token: string }): ImapServer => ({ ...access.imap, user: access.user, secret: { accessToken: token } });
    try {
      return await ImapLine.open(server(access), config, signal);
    } catch (error) {
      if (!(error instanceof ChannelError) || error.code !== 'sign_in_refused') throw error;
      // A provider may end a token before its time: the next one decides.
      return ImapLine.open(server(await this.tokens.accessToken(tenantId, connectionId, { refused: access.token })), config, signal);
    }
  }

  private async isBusy(): Promise<boolean> {
    const [row] = await this.db.query<{ busy: boolean }>(
      `select count(*) >= $1 as busy from
         (select 1 from delivery where channel = 'email' and quarantined_at is null and retry_at is null limit $1) waiting`,
      [WAITING_MAX],
    );
    return row!.busy;
  }

  private async rest(ms: number): Promise<void> {
    await pause(ms, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }
}
