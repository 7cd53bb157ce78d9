import { Injectable } from '@nestjs/common';
import type { CommentChange, Message } from '#contract';
import type { Actor } from '#accounts';
import { ChannelError, type ConnectionId, ConnectionService, PageActs } from '#channels';
import { Clock, Database, isUuid, Log, notFound, Refusal, type TenantTx } from '#platform';
import { Feed } from '#realtime';
import type { ConversationId, MessageId } from './ids.js';
import { ReadService } from './read.service.js';

interface Comment {
  conversationId: ConversationId;
  connectionId: ConnectionId;
  externalId: string | null;
  isRemoved: boolean;
  hidden: boolean;
  liked: boolean;
}

// With its time, so that an older word of the vendor's that comes later does not undo it.
const HIDDEN = 'update message set hidden = $2, hidden_at = $3 where id = $1 returning conversation_id';
const LIKED = 'update message set liked = $2, liked_at = $3 where id = $1 returning conversation_id';

/** What agents do with a comment in public beside answering it. */
@Injectable()
export class CommentActService {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly connections: ConnectionService,
    private readonly acts: PageActs,
    private readonly feed: Feed,
    private readonly reads: ReadService,
  ) {}

  /**
   * Hide or like a comment, or undo it: at Facebook first, then here.
   *
   * Errors   not_found; unprocessable `not_a_comment`, `comment_removed`, `connection_gone`; conflict with Facebook's refusal;
   *          unavailable `facebook_unavailable`
   * Repeats  what is so already is not asked for again
   */
  async change(actor: Actor, id: MessageId, { hidden, liked }: CommentChange): Promise<Message> {
    if (!isUuid(id)) throw notFound();
    const { comment, connection } = await this.db.inTenant(actor, async (tx) => {
      const found = await find(tx, id);
      await this.connections.demandConnected(tx, found.connectionId);
      return { comment: found, connection: await this.connections.open(tx, found.connectionId) };
    });
    if (comment.isRemoved || comment.externalId === null) {
      throw new Refusal('unprocessable', 'comment_removed', 'This comment is not there any more, or not yet.');
    }
    const { externalId } = comment;
    if (hidden !== undefined && hidden !== comment.hidden) {
      await this.ask(id, () => this.acts.hideComment(connection, externalId, hidden));
      await this.note(actor, id, HIDDEN, hidden);
    }
    if (liked !== undefined && liked !== comment.liked) {
      await this.ask(id, () => this.acts.likeComment(connection, externalId, liked));
      await this.note(actor, id, LIKED, liked);
    }
    return this.db.inTenant(actor, (tx) => this.reads.message(tx, id));
  }

  private async note(actor: Actor, id: MessageId, statement: string, value: boolean): Promise<void> {
    await this.db.inTenant(actor, async (tx) => {
      const [changed] = await tx.query<{ conversation_id: ConversationId }>(statement, [id, value, this.clock.now()]);
      if (changed) this.feed.append(tx, { type: 'message_changed', conversationId: changed.conversation_id, messageId: id });
    });
  }

  private async ask(messageId: MessageId, call: () => Promise<void>): Promise<void> {
    try {
      await call();
    } catch (error) {
      if (!(error instanceof ChannelError)) throw error;
      this.log.warn('comment_act_refused', { messageId, code: error.code });
      if (error.remedy === 'try_later' || error.remedy === 'unknown') {
        throw new Refusal('unavailable', 'facebook_unavailable', 'Facebook does not answer right now. Try again in a moment.');
      }
      throw new Refusal('conflict', error.code, error.code === 'not_accepted' ? 'Facebook did not accept this.' : error.reason);
    }
  }
}

async function find(tx: TenantTx, id: MessageId): Promise<Comment> {
  const [row] = await tx.query<Comment & { kind: string }>(
    `select kind, conversation_id as "conversationId", connection_id as "connectionId", external_id as "externalId",
       unsent_at is not null as "isRemoved", hidden, liked
     from message where id = $1`,
    [id],
  );
  if (!row) throw notFound();
  if (row.kind !== 'comment') throw new Refusal('unprocessable', 'not_a_comment', 'Only a comment can be hidden or liked.');
  return row;
}
