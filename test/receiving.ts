import { AgentMailService } from '../libs/ticketing/agent-mail.service.js';
import { MailOutcomeService } from '../libs/ticketing/mail-outcome.service.js';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import type { RecordingPolicy } from '#contract';
import { Audit } from '#audit';
import { type ConnectionId, ConnectionService, type InboundComment, type InboundEvent, type InboundMessage } from '#channels';
import { AgentService } from '#accounts';
import { Jobs } from '#jobs';
import { BlobStore, Database, Log, MovableClock, newId, SecretBox, type TenantId } from '#platform';
import { PolicyService } from '#policies';
import { Feed } from '#realtime';
import { createTestDatabase, type TestDatabase } from './test-database.js';
import { ConnectionEntity } from '../libs/channels/connection.entity.js';
import type { Arrival } from '../libs/ticketing/arrival.js';
import { CommentService } from '../libs/ticketing/comment.service.js';
import { FollowUpService } from '../libs/ticketing/follow-up.service.js';
import { MailIntakeService } from '../libs/ticketing/mail-intake.service.js';
import { MailLoopService } from '../libs/ticketing/mail-loop.service.js';
import { MessageIntakeService } from '../libs/ticketing/message-intake.service.js';
import { Outbox } from '../libs/ticketing/outbox.js';
import { OutboundStateService } from '../libs/ticketing/outbound-state.service.js';
import { ReceiveService } from '../libs/ticketing/receive.service.js';
import { SuppressionService } from '../libs/ticketing/suppression.service.js';
import { SweepEventsJob } from '../libs/ticketing/sweep-events.job.js';
import { ThreadEventService } from '../libs/ticketing/thread-event.service.js';

export const PAGE = '1000200030004';

/** The taking in of events on a database of its own, with two tenants who have a page each. Nothing else runs. */
export class Receiving {
  private constructor(
    readonly database: TestDatabase,
    readonly db: Database,
    readonly clock: MovableClock,
    readonly receive: ReceiveService,
    readonly sweep: SweepEventsJob,
    private readonly folder: string,
  ) {}

  static async open(): Promise<Receiving> {
    const database = await createTestDatabase();
    const folder = await mkdtemp(join(tmpdir(), 'omnidesk-receiving-'));
    const clock = new MovableClock();
    const secrets = new SecretBox([Buffer.alloc(32, 7).toString('base64')]);
    const source = new DataSource({ type: 'postgres', url: database.urls.app, extra: { max: 8 }, entities: [ConnectionEntity] });
    const db = new Database(await source.initialize());
    const feed = new Feed(db, clock);
    const audit = new Audit(db, clock);
    const jobs = new Jobs(clock);
    const policies = new PolicyService(db, clock);
    const connections = new ConnectionService(db, clock, secrets, feed, jobs, audit);
    const outbound = new OutboundStateService(clock, feed, jobs, new Outbox(secrets, jobs));
    const followUps = new FollowUpService(feed);
    const threads = new ThreadEventService(feed);
    const messages = new MessageIntakeService(feed, jobs, outbound, followUps, threads);
    const comments = new CommentService(connections, feed, jobs, followUps);
    const blobs = new BlobStore(folder, secrets, clock);
    const receive = new ReceiveService(
      db,
      clock,
      blobs,
      policies,
      connections,
      messages,
      comments,
      followUps,
      threads,
      new MailOutcomeService(secrets, feed, new Log(), outbound, new SuppressionService(db, clock, secrets, feed, audit)),
      // No agent answers by mail here.
      Object.create(AgentMailService.prototype) as AgentMailService,
      new MailIntakeService(feed, secrets, new AgentService(db, audit), connections, jobs, new MailLoopService(feed)),
    );
    return new Receiving(database, db, clock, receive, new SweepEventsJob(jobs, db, clock), folder);
  }

  async close(): Promise<void> {
    await this.db.close();
    await this.database.drop();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** A tenant with a page, and what its recording policy changes of the first one. */
  async tenant(rules: Partial<RecordingPolicy['rules']['all']> = {}): Promise<Arrival> {
    const now = this.clock.now();
    const [tenantId, connectionId] = [newId<TenantId>(now), newId<ConnectionId>(now)];
    const policies = new PolicyService(this.db, this.clock);
    await this.db.inTenant(tenantId, async (tx) => {
      await tx.query('insert into tenant (id, name, created_at) values ($1, $2, $3)', [tenantId, 'A shop', now]);
      await policies.begin(tx);
      await tx.query("update recording_policy set rules = jsonb_set(rules, '{all}', (rules -> 'all') || $1)", [JSON.stringify(rules)]);
      await tx.query(
        `insert into connection (tenant_id, id, channel, external_id, name, state, created_at) values ($1, $2, 'messenger', $3, 'Page', 'active', $4)`,
        [tenantId, connectionId, PAGE, now],
      );
    });
    return { tenantId, connectionId, channel: 'messenger' };
  }

  async take(arrival: Arrival, ...events: InboundEvent[]): Promise<void> {
    for (const event of events) await this.receive.event(arrival, event);
  }

  /** What one tenant's tables hold. */
  async rows<Row extends object>({ tenantId }: Pick<Arrival, 'tenantId'>, sql: string, parameters: unknown[] = []): Promise<Row[]> {
    return this.db.inTenant(tenantId, (tx) => tx.query<Row>(sql, parameters));
  }
}

const NOBODY_ELSE = { routeId: PAGE, isStandby: false };

/** An instant of a day in the past, by seconds. */
export function at(second: number): Date {
  return new Date(Date.UTC(2026, 9, 1, 8) + second * 1000);
}

export function message(personId: string, externalId: string, more: Partial<InboundMessage> = {}): InboundMessage {
  return {
    ...NOBODY_ELSE,
    type: 'message',
    personId,
    origin: 'live',
    direction: 'in',
    kind: 'text',
    externalId,
    replyToExternalId: null,
    ownMessageId: null,
    appId: null,
    sentAt: at(0),
    content: { text: `said ${externalId}` },
    mail: null,
    referral: null,
    formerPersonId: null,
    raw: null,
    ...more,
  };
}

export function comment(personId: string, externalId: string, more: Partial<InboundComment> = {}): InboundComment {
  return {
    ...NOBODY_ELSE,
    type: 'comment',
    personId,
    direction: 'in',
    act: 'add',
    externalId,
    parentExternalId: null,
    post: { id: `${PAGE}_1`, url: 'https://facebook.example/post/1' },
    sentAt: at(0),
    actedAt: at(0),
    content: { text: `commented ${externalId}` },
    ...more,
  };
}

/** Whatever else happens, with what every event has. */
export function event<Event extends InboundEvent>(one: Omit<Event, 'routeId' | 'isStandby'> & Partial<Event>): Event {
  return { ...NOBODY_ELSE, ...one } as Event;
}
