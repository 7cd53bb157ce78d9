import { Injectable } from '@nestjs/common';
import { type ArchivedMessage, type ArchivedThread, type InboundMessage, type OpenConnection, PageArchive } from '#channels';
import { Database, MINUTE_MS, SECOND_MS } from '#platform';
import type { Arrival } from './arrival.js';
import { findAndLock, identityOf, lockPerson } from './contact.js';
import type { MessageId } from './ids.js';
import { OutboundStateService } from './outbound-state.service.js';
import { ReceiveService } from './receive.service.js';
import type { SweepRow, SweepTally } from './sweep.js';

/** How far the vendor's time of a message may be from ours of the same one. */
const SAME_MESSAGE_WITHIN_MS = 10 * MINUTE_MS;

/** Each question costs a second of the page's allowance, and old messages are mostly gone. */
const QUESTIONS_MAX = 100;
const REFUSALS_MAX = 2;

/** A thread to be gone through. */
export interface ThreadVisit {
  sweep: SweepRow;
  arrival: Arrival;
  connection: OpenConnection;
  thread: ArchivedThread;
  /** What was said before this instant is done already. */
  fromMs: number;
  /** True when the step has taken long enough. */
  isTimeUp: () => boolean;
  tally: SweepTally;
}

/** Takes in what is missing of one person's thread, oldest first, each message with its own time. */
@Injectable()
export class SweepThread {
  constructor(
    private readonly db: Database,
    private readonly archive: PageArchive,
    private readonly receive: ReceiveService,
    private readonly outbound: OutboundStateService,
  ) {}

  /**
   * Take in what is missing.
   *
   * Shape    null when the thread is done, else the instant up to which it is
   * Repeats  what is there is left as it is
   */
  async visit(visit: ThreadVisit): Promise<number | null> {
    const { sweep, arrival, connection, thread, fromMs, tally } = visit;
    const { messages: all, isWhole } = await this.archive.messages(connection, thread, sweep.since);
    if (!isWhole) tally.untold++;
    // What is said from the sweep's beginning on is heard as it happens: taken in here first, it would be no news to anybody.
    const messages = all.filter(({ sentAt }) => sentAt.getTime() >= fromMs && sentAt <= sweep.started_at);
    const known = await this.known(visit, messages);
    const told = await this.ask(
      visit,
      messages.filter(({ externalId }) => !known.has(externalId)),
    );
    let before: Date | null = null;
    for (const [nth, archived] of messages.entries()) {
      // Never before the first: a step that does nothing would be repeated for ever.
      if (nth > 0 && archived.sentAt.getTime() > messages[0]!.sentAt.getTime() && visit.isTimeUp()) return archived.sentAt.getTime();
      const sentAt: Date = known.get(archived.externalId) ?? justAfter(before, archived.sentAt);
      before = sentAt;
      tally.seen++;
      tally.externalIds.push(archived.externalId);
      if (known.has(archived.externalId)) continue;
      const message = told.get(archived.externalId);
      if (message) await this.add(arrival, { ...message, origin: sweep.kind, sentAt });
      else tally.untold++;
    }
    return null;
  }

  /** What each of these says. The archive tells it of the newest; of the others it is asked, the newest first, until it tells no more. */
  private async ask({ connection, thread }: ThreadVisit, missing: ArchivedMessage[]): Promise<Map<string, InboundMessage>> {
    const told = new Map<string, InboundMessage>();
    let questions = 0;
    let refusals = 0;
    for (const { externalId, message } of missing.toReversed()) {
      let found = message;
      if (found === null && refusals < REFUSALS_MAX && questions < QUESTIONS_MAX) {
        questions++;
        found = await this.archive.message(connection, thread, externalId);
        refusals = found === null ? refusals + 1 : 0;
      }
      if (found !== null) told.set(externalId, found);
    }
    return told;
  }

  private async add(arrival: Arrival, message: InboundMessage): Promise<void> {
    if (message.direction === 'out' && (await this.isOwn(arrival, message))) return;
    await this.receive.event(arrival, message);
  }

  /** When each of these was said, of those we have. */
  private async known({ arrival }: ThreadVisit, messages: ArchivedMessage[]): Promise<Map<string, Date>> {
    const ids = messages.map(({ externalId }) => externalId);
    const rows = await this.db.inTenant(arrival.tenantId, (tx) =>
      tx.query<{ external_id: string; sent_at: Date }>(
        'select external_id, sent_at from message where connection_id = $1 and external_id = any($2)',
        [arrival.connectionId, ids],
      ),
    );
    return new Map(rows.map(({ external_id, sent_at }) => [external_id, sent_at]));
  }

  /** The archive does not give back our own mark. What says the same, at the same time, as one of which we do not know whether it arrived, is it. */
  private async isOwn(arrival: Arrival, event: InboundMessage): Promise<boolean> {
    const { connectionId } = arrival;
    const { externalId, personId, content, sentAt } = event;
    const identity = identityOf(arrival.channel, connectionId, personId);
    return this.db.inTenant(arrival.tenantId, async (tx) => {
      // As whoever takes in what this person says does: first the person, then the message.
      await lockPerson(tx, identity);
      const [own] = await tx.query<{ id: MessageId }>(
        `select message.id from message
         join conversation on conversation.tenant_id = message.tenant_id and conversation.id = message.conversation_id
         join contact_identity known on known.tenant_id = conversation.tenant_id and known.contact_id = conversation.contact_id
         where known.channel = 'messenger' and known.scope = $1::text and known.external_id = $2
           and conversation.kind = 'messages' and message.connection_id = $1::uuid and message.direction = 'out'
           and message.external_id is null and message.delivery_state in ('unknown', 'sending')
           and message.created_at between $3::timestamptz - $4::interval and $3::timestamptz + $4::interval
           and btrim(message.text) = btrim($5)
           and (btrim($5) <> '' or exists (select 1 from attachment where attachment.message_id = message.id))
         order by message.created_at, message.id limit 1 for update of message`,
        [connectionId, personId, sentAt, `${String(SAME_MESSAGE_WITHIN_MS)} milliseconds`, content.text],
      );
      if (!own) return false;
      await this.outbound.sent(tx, own.id, { externalId });
      const contact = await findAndLock(tx, identity);
      if (contact) await this.outbound.confirm(tx, { arrival, contact, event });
      return true;
    });
  }
}

/** The archive's times are whole seconds: within one, its order decides. */
function justAfter(before: Date | null, at: Date): Date {
  if (before === null || before.getTime() < at.getTime() || before.getTime() >= at.getTime() + SECOND_MS) return at;
  return new Date(Math.min(before.getTime() + 1, at.getTime() + SECOND_MS - 1));
}
