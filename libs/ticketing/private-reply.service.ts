import { Injectable } from '@nestjs/common';
import type { Message, PrivateReply } from '#contract';
import type { Actor } from '#accounts';
import { ConnectionService } from '#channels';
import { Clock, Database, DAY_MS, Refusal, SecretBox, type TenantTx } from '#platform';
import { PolicyService } from '#policies';
import { Feed } from '#realtime';
import { findCurrent, type LockedConversation, lockConversation, openConversation } from './conversation.js';
import type { ContactId, ConversationId } from './ids.js';
import { OutgoingService } from './outgoing.service.js';
import { ReadService } from './read.service.js';
import type { Said } from './reply.service.js';
import { requestDigest, saidBefore } from './said-before.js';

/** Source: https://developers.facebook.com/docs/messenger-platform/discovery/private-replies */
const PRIVATE_REPLY_WITHIN_MS = 7 * DAY_MS;

interface Comment {
  externalId: string;
  authorId: ContactId;
  sentAt: Date;
}

/** Answering in private what somebody said in public: once per comment, within seven days. */
@Injectable()
export class PrivateReplyService {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly secrets: SecretBox,
    private readonly policies: PolicyService,
    private readonly connections: ConnectionService,
    private readonly feed: Feed,
    private readonly reads: ReadService,
    private readonly outgoing: OutgoingService,
  ) {}

  /**
   * Store the answer in what the page and the comment's author say to each other, and have it sent.
   *
   * Errors   not_found; unprocessable `not_a_comment`, `comment_removed`, `private_reply_over`, `connection_gone`; conflict
   *          `private_reply_used`, `idempotency_conflict`
   * Repeats  the same idempotency key gives the first answer
   */
  async reply(actor: Actor, id: ConversationId, { messageId, text }: PrivateReply, { idempotencyKey }: Said): Promise<Message> {
    const digest = requestDigest(this.secrets, ['private reply', id, messageId, text]);
    return this.db.inTenant(actor, async (tx) => {
      const thread = await lockConversation(tx, id);
      const earlier = await saidBefore(tx, actor, { idempotencyKey, digest });
      if (earlier) return this.reads.message(tx, earlier);
      await this.connections.demandConnected(tx, thread.connectionId);
      const comment = await this.use(tx, thread, messageId);
      const answerId = await this.outgoing.queue(tx, actor, {
        conversation: await this.conversationWith(tx, thread, comment.authorId),
        place: { kind: 'private_reply', commentId: comment.externalId },
        text,
        cc: [],
        quickReplies: [],
        files: [],
        replyToExternalId: null,
        idempotencyKey,
        requestDigest: digest,
      });
      this.feed.append(tx, { type: 'message_changed', conversationId: id, messageId });
      return this.reads.message(tx, answerId);
    });
  }

  /** The comment, marked as answered in private. */
  private async use(tx: TenantTx, { id }: LockedConversation, messageId: string): Promise<Comment> {
    const [found] = await tx.query<Comment & { isRemoved: boolean; isUsed: boolean }>(
      `select external_id as "externalId", author_contact_id as "authorId", sent_at as "sentAt", unsent_at is not null as "isRemoved",
         private_reply_at is not null as "isUsed"
       from message where id = $1 and conversation_id = $2 and kind = 'comment' and direction = 'in'`,
      [messageId, id],
    );
    if (!found) throw new Refusal('unprocessable', 'not_a_comment', 'Only what somebody commented can be answered in private.');
    if (found.isRemoved) throw new Refusal('unprocessable', 'comment_removed', 'This comment was removed.');
    if (found.isUsed) {
      throw new Refusal('conflict', 'private_reply_used', 'Facebook allows one private answer to a comment. This one has been answered.');
    }
    const now = this.clock.now();
    if (now.getTime() - found.sentAt.getTime() >= PRIVATE_REPLY_WITHIN_MS) {
      throw new Refusal('unprocessable', 'private_reply_over', 'Facebook allows a private answer within seven days of the comment.');
    }
    await tx.query('update message set private_reply_at = $2 where id = $1', [messageId, now]);
    return found;
  }

  private async conversationWith(tx: TenantTx, thread: LockedConversation, contactId: ContactId): Promise<LockedConversation> {
    const { channel, connectionId } = thread;
    const place = { channel, connectionId, contactId, at: this.clock.now() };
    const current = await findCurrent(tx, place);
    if (current) return lockConversation(tx, current.id);
    const rule = (await this.policies.inForce(tx)).governingRule();
    const opened = await openConversation(tx, { ...place, subject: '', rule }, this.clock.now());
    this.feed.append(tx, { type: 'conversation_opened', conversationId: opened.id, contactId });
    return lockConversation(tx, opened.id);
  }
}
