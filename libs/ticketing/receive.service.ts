import { Injectable } from '@nestjs/common';
import { type ConnectionId, ConnectionService, type InboundEvent } from '#channels';
import { BlobStore, Clock, Database, Refusal, releaseBytes, SECOND_MS, type TenantTx } from '#platform';
import { PolicyService, type Recordable } from '#policies';
import { AgentMailService } from './agent-mail.service.js';
import type { Arrival, Taking } from './arrival.js';
import { CommentService } from './comment.service.js';
import { identityOf, lockPerson } from './contact.js';
import { FollowUpService } from './follow-up.service.js';
import { dropFiles, keepFiles, type StoredAttachment } from './message.js';
import { MailIntakeService } from './mail-intake.service.js';
import { MailOutcomeService } from './mail-outcome.service.js';
import { MessageIntakeService } from './message-intake.service.js';
import { ThreadEventService } from './thread-event.service.js';

/** How exactly it is noted when a connection last brought something: nobody looks closer. */
const RECEIVED_EVERY_MS = 10 * SECOND_MS;

/** An event, and where it came in. */
export interface Arrived {
  arrival: Arrival;
  event: InboundEvent;
}

/** Takes in what happened outside, each event whole or not at all. */
@Injectable()
export class ReceiveService {
  /** When this process last noted, by connection. It only spares statements: what is noted is in the table. */
  private readonly notedAt = new Map<ConnectionId, number>();

  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly blobs: BlobStore,
    private readonly policies: PolicyService,
    private readonly connections: ConnectionService,
    private readonly messages: MessageIntakeService,
    private readonly comments: CommentService,
    private readonly followUps: FollowUpService,
    private readonly threads: ThreadEventService,
    private readonly outcomes: MailOutcomeService,
    private readonly agentMail: AgentMailService,
    private readonly mails: MailIntakeService,
  ) {}

  /**
   * Take in one event. True when it is a message that was not there before. The bytes of its files are given back.
   *
   * Shape    first: what must be true together with it; a refusal there leaves everything as it was
   * Repeats  the same event twice changes nothing the second time
   */
  async event(arrival: Arrival, event: InboundEvent, first?: (tx: TenantTx) => Promise<void>): Promise<boolean> {
    const files = event.type === 'message' ? await this.files(arrival, event.content) : [];
    const isNamed = await this.db
      .inTenant(arrival.tenantId, async (tx) => {
        await first?.(tx);
        return this.take(await this.taking(tx, arrival), event, files);
      })
      .catch(async (error: unknown) => {
        // Whoever refuses does so before the commit: no row can name these bytes.
        if (error instanceof Refusal) await dropFiles(this.blobs, files);
        throw error;
      });
    // What the vendor's archive tells says nothing about whether events come in.
    if (event.type !== 'message' || event.origin === 'live') await this.noteReceived(arrival);
    // A copy of what we have: no row names these bytes, so nothing would ever end them. After an error they stay, because a commit whose
    // answer was lost may have named them.
    if (!isNamed) await dropFiles(this.blobs, files);
    for (const { content } of files) if (content !== null) releaseBytes(content);
    return isNamed;
  }

  /**
   * Take in several events of one tenant, in order, in one transaction: a commit costs the same for one as for many. All of them or none.
   *
   * Limits   only events that `goesWithOthers`
   * Repeats  as for each of them alone
   */
  async together(arrived: readonly Arrived[]): Promise<void> {
    const [first] = arrived;
    if (!first) return;
    await this.db.inTenant(first.arrival.tenantId, async (tx) => {
      const taking = await this.taking(tx, first.arrival);
      for (const { arrival, event } of arrived) await this.take({ ...taking, arrival }, event, []);
    });
    for (const { arrival } of arrived) await this.noteReceived(arrival);
  }

  private async taking(tx: TenantTx, arrival: Arrival): Promise<Taking> {
    return { tx, arrival, policies: await this.policies.inForce(tx), now: this.clock.now() };
  }

  /** True when a new message now names the files. */
  private async take(taking: Taking, event: InboundEvent, files: StoredAttachment[]): Promise<boolean> {
    const { tx, arrival } = taking;
    switch (event.type) {
      case 'message':
        return event.mail === null
          ? this.messages.message(taking, event, files)
          : this.mails.mail(taking, { ...event, mail: event.mail }, files);
      case 'comment':
        await this.comments.comment(taking, event);
        return false;
      case 'restriction':
        await this.connections.markRestriction(tx, arrival.connectionId, event);
        return false;
      case 'self_test':
        await this.connections.markSelfTest(tx, arrival.connectionId, event.nonce, taking.now);
        return false;
      default:
        await lockPerson(tx, identityOf(arrival.channel, arrival.connectionId, event.personId));
        await this.afterwards(taking, event);
        return false;
    }
  }

  private async afterwards(taking: Taking, event: Afterwards): Promise<void> {
    switch (event.type) {
      case 'receipt':
        return this.threads.receipt(taking, event);
      case 'edit':
        return this.followUps.edit(taking, event);
      case 'reaction':
        return this.followUps.reaction(taking, event);
      case 'unsend':
        return this.followUps.unsend(taking, event);
      case 'referral':
        return this.threads.referral(taking, event);
      case 'control':
        return this.threads.control(taking, event);
      case 'fact':
        return this.threads.fact(taking, event);
      case 'bounce':
        return this.outcomes.bounce(taking, event);
      case 'mail_read':
        return this.outcomes.read(taking, event);
      case 'complaint':
        return this.outcomes.complaint(taking, event);
      case 'agent_reply':
        return this.agentMail.reply(taking, event);
      case 'own_mail':
        return;
      default:
        throw new Error(`unreachable: ${event satisfies never}`);
    }
  }

  // In a transaction of its own: whoever takes in several connections' events at once must not wait for their rows.
  private async noteReceived({ tenantId, connectionId }: Arrival): Promise<void> {
    const now = this.clock.now();
    const notedMs = this.notedAt.get(connectionId);
    if (notedMs !== undefined && Math.abs(now.getTime() - notedMs) < RECEIVED_EVERY_MS) return;
    this.notedAt.set(connectionId, now.getTime());
    await this.db.inTenant(tenantId, (tx) => this.connections.markReceived(tx, connectionId, now));
  }

  // The bytes that came with a mail go to disk before the transaction: it must not wait for a disk while others wait for it.
  private async files({ tenantId, channel }: Arrival, content: Recordable): Promise<StoredAttachment[]> {
    if (!bringsBytes(content)) return [];
    const { recorder } = await this.db.inTenant(tenantId, (tx) => this.policies.inForce(tx));
    return keepFiles(this.blobs, tenantId, recorder.record(content, channel));
  }
}

/** What is about something said before. */
type Afterwards = Exclude<InboundEvent, { type: 'message' | 'comment' | 'restriction' | 'self_test' }>;

/**
 * Whether an event may share a transaction: it brings no bytes that have to be on disk first, and waits for nobody's work but that on its
 * own person. Comments wait for everybody below the same post.
 */
export function goesWithOthers({ arrival, event }: Arrived): boolean {
  if (arrival.channel === 'email') return event.type === 'message' && !bringsBytes(event.content);
  return event.type !== 'comment' && event.type !== 'restriction' && event.type !== 'self_test';
}

function bringsBytes({ attachments = [] }: Recordable): boolean {
  return attachments.some(({ content }) => content !== null);
}
