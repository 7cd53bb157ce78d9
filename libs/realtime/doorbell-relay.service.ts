import { setTimeout as pause } from 'node:timers/promises';
import { randomUUID } from 'node:crypto';
import { Inject, Injectable, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Client } from 'pg';
import { Database, DATABASE_URLS, type DatabaseUrls, isUuid, Log, SECOND_MS, type TenantId } from '#platform';
import { Feed } from './feed.service.js';

const CHANNEL = 'omnidesk_feed';
const RECONNECT_MS = SECOND_MS;
const CONNECT_TIMEOUT_MS = 5 * SECOND_MS;

/**
 * Carries the doorbell to other processes, through PostgreSQL. The word is sent after the commit and gathered while one is under way, so
 * a busy tenant costs one notification, not one per message. It may be lost; then the next one, or a reconnect, brings everything: what
 * changed is in the feed, the bell only says "look".
 */
@Injectable()
export class DoorbellRelay implements OnModuleInit, BeforeApplicationShutdown {
  private readonly self = randomUUID();
  private readonly untold = new Set<TenantId>();
  private isTelling = false;
  private reconnected: (() => void) | undefined;
  private listening: Promise<void> | undefined;
  private readonly stopping = new AbortController();

  constructor(
    private readonly db: Database,
    private readonly feed: Feed,
    private readonly log: Log,
    @Inject(DATABASE_URLS) private readonly urls: DatabaseUrls,
  ) {}

  onModuleInit(): void {
    this.feed.doorbell.on('here', (tenantId) => {
      this.untold.add(tenantId);
      void this.tell();
    });
  }

  /** Hear what other processes say, from now on. */
  listen(): void {
    this.listening = this.run();
  }

  /** Called when bells may have been missed. */
  onReconnected(again: () => void): void {
    this.reconnected = again;
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.listening;
  }

  private async tell(): Promise<void> {
    if (this.isTelling) return;
    this.isTelling = true;
    try {
      while (this.untold.size > 0) {
        const tenantIds = [...this.untold];
        this.untold.clear();
        await this.db.query('select pg_notify($1, $2 || told) from unnest($3::text[]) told', [CHANNEL, `${this.self} `, tenantIds]);
      }
    } catch (error) {
      this.log.error('doorbell_not_told', error);
    } finally {
      this.isTelling = false;
    }
  }

  private async run(): Promise<void> {
    for (let isFirst = true; !this.stopping.signal.aborted; isFirst = false) {
      try {
        await this.hear(isFirst);
      } catch (error) {
        this.log.error('doorbell_not_heard', error);
      }
      await pause(RECONNECT_MS, undefined, { signal: this.stopping.signal }).catch(() => undefined);
    }
  }

  private async hear(isFirst: boolean): Promise<void> {
    const client = new Client({
      connectionString: this.urls.app,
      application_name: 'omnidesk-doorbell',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    });
    const ended = new Promise<void>((resolve) => {
      client.once('end', resolve);
      this.stopping.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    client.on('error', (error) => {
      this.log.error('doorbell_connection_lost', error);
    });
    client.on('notification', ({ payload }) => {
      const [sender, tenantId = ''] = (payload ?? '').split(' ');
      if (sender !== this.self && isUuid(tenantId)) this.feed.doorbell.emit('elsewhere', tenantId as TenantId);
    });
    try {
      await client.connect();
      await client.query(`listen ${CHANNEL}`);
      if (!isFirst) this.reconnected?.();
      await ended;
    } finally {
      await client.end();
    }
  }
}
