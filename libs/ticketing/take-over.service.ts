import { Injectable } from '@nestjs/common';
import type { Conversation } from '#contract';
import type { Actor } from '#accounts';
import { ChannelError, ConnectionService, PageActs } from '#channels';
import { Clock, Database, Log, newId, notFound, Refusal } from '#platform';
import { PolicyService } from '#policies';
import { Feed } from '#realtime';
import { noteControl } from './control.js';
import { demandNotMerged, lockConversation } from './conversation.js';
import type { ConversationId, MessageId } from './ids.js';
import { addMessage, PLAIN } from './message.js';
import { personOf } from './person-of.js';
import { ReadService } from './read.service.js';

/** Taking a thread from the app that has it. */
@Injectable()
export class TakeOverService {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly policies: PolicyService,
    private readonly connections: ConnectionService,
    private readonly acts: PageActs,
    private readonly feed: Feed,
    private readonly reads: ReadService,
  ) {}

  /**
   * Take the thread, so that we may answer.
   *
   * Errors   not_found; conflict `take_over_refused` with what the page's owner has to set, `conversation_merged`; unavailable `facebook_unavailable`
   * Repeats  taking what is ours is fine
   */
  async takeOver(actor: Actor, id: ConversationId): Promise<Conversation> {
    const { connection, personId } = await this.db.inTenant(actor, async (tx) => {
      await demandNotMerged(tx, await lockConversation(tx, id));
      const person = await personOf(tx, id);
      if (!person) throw notFound();
      await this.connections.demandConnected(tx, person.connectionId);
      return { connection: await this.connections.open(tx, person.connectionId), personId: person.externalId };
    });
    try {
      await this.acts.takeThread(connection, personId);
    } catch (error) {
      if (!(error instanceof ChannelError)) throw error;
      this.log.warn('take_over_refused', { conversationId: id, code: error.code });
      throw asRefusal(error);
    }
    await this.note(actor, id);
    return this.reads.conversation(actor, id);
  }

  private async note(actor: Actor, conversationId: ConversationId): Promise<void> {
    await this.db.inTenant(actor, async (tx) => {
      const { channel, connectionId } = await lockConversation(tx, conversationId);
      const now = this.clock.now();
      if (!(await noteControl(tx, conversationId, { isOther: false, at: now }))) return;
      const id = newId<MessageId>(now);
      const { recorder } = await this.policies.inForce(tx);
      const line = { ...PLAIN, id, conversationId, connectionId, externalId: null, sentAt: now, fact: 'us' };
      const author = { kind: 'system' as const, agentId: actor.agentId };
      await addMessage(tx, { ...line, direction: 'system', kind: 'control_changed', author }, recorder.record({ text: '' }, channel), now);
      this.feed.append(tx, { type: 'message_added', conversationId, messageId: id });
      this.feed.append(tx, { type: 'conversation_changed', conversationId });
    });
  }
}

function asRefusal({ remedy, reason }: ChannelError): Refusal {
  if (remedy === 'try_later' || remedy === 'unknown') {
    return new Refusal('unavailable', 'facebook_unavailable', 'Facebook does not answer right now. Try again in a moment.');
  }
  if (remedy === 'reconnect') return new Refusal('conflict', 'take_over_refused', reason);
  return new Refusal(
    'conflict',
    'take_over_refused',
    'Facebook did not hand it over. In the page’s settings, under Advanced messaging, conversation routing, Omnidesk must be allowed to take control.',
  );
}
