import { Injectable } from '@nestjs/common';
import { newId } from '#platform';
import { Feed } from '#realtime';
import type { Taking } from './arrival.js';
import type { ConversationId, MessageId } from './ids.js';
import { addMessage, PLAIN } from './message.js';

/** Machines have answered each other so often in one conversation: that is a loop. */
const ROUNDS_MAX = 3;

/** Sees when two machines have begun to answer each other, and stops ours. */
@Injectable()
export class MailLoopService {
  constructor(private readonly feed: Feed) {}

  /**
   * Look at a conversation that a mail came to. Where a loop is, nothing goes out by itself any more until an agent writes.
   *
   * Shape    isOurs: the mail carries the mark of our own automatic mail
   * Repeats  a loop that was stopped stays so
   */
  async look(
    taking: Taking,
    conversationId: ConversationId,
    { isByMachine, isOurs }: { isByMachine: boolean; isOurs: boolean },
  ): Promise<void> {
    if (isOurs || (isByMachine && (await this.rounds(taking, conversationId)) >= ROUNDS_MAX)) await this.stop(taking, conversationId);
  }

  private async rounds({ tx }: Taking, conversationId: ConversationId): Promise<number> {
    const [row] = await tx.query<{ rounds: string }>(
      `select least(count(*) filter (where direction = 'out' and author_kind = 'system'),
         count(*) filter (where direction = 'in' and mail_class not in ('human', 'calendar'))) as rounds
       from message where conversation_id = $1`,
      [conversationId],
    );
    return Number(row!.rounds);
  }

  private async stop({ tx, arrival, policies, now }: Taking, conversationId: ConversationId): Promise<void> {
    const stopped = await tx.query('update conversation set loop_stopped_at = $2 where id = $1 and loop_stopped_at is null returning 1', [
      conversationId,
      now,
    ]);
    if (stopped.length === 0) return;
    const id = newId<MessageId>(now);
    const line = { ...PLAIN, id, conversationId, connectionId: arrival.connectionId, externalId: null, sentAt: now };
    const author = { kind: 'system' as const };
    const nothing = policies.recorder.record({ text: '' }, arrival.channel);
    await addMessage(tx, { ...line, direction: 'system', kind: 'loop_stopped', author }, nothing, now);
    this.feed.append(tx, { type: 'conversation_changed', conversationId, quiet: true });
    this.feed.append(tx, { type: 'message_added', conversationId, messageId: id, quiet: true });
  }
}
