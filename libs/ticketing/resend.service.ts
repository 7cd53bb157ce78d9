import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import type { Message, MessageAuthor, MessageKind } from '#contract';
import type { Actor } from '#accounts';
import { Channels, ConnectionService } from '#channels';
import { Clock, Database, isUuid, notFound, Refusal, type TenantTx } from '#platform';
import { type LockedConversation, lockConversation } from './conversation.js';
import type { ConversationId, MessageId } from './ids.js';
import { Outbox, OutboxContent } from './outbox.js';
import { OutboundStateService } from './outbound-state.service.js';
import { ReadService } from './read.service.js';
import { demandReachable } from './suppression.js';

interface Doubted {
  conversation_id: ConversationId;
  delivery_state: string | null;
  text: string;
  cc: string[];
  quick_replies: string[];
  reply_to_external_id: string | null;
  withheld: boolean;
  kind: MessageKind;
  author_kind: MessageAuthor['kind'];
  full_text: string | null;
  html: string | null;
  bcc: string[];
  /** Whom it was sent to, as far as that was kept. */
  to: string | null;
}

/** What an agent decides about a message that did not get out, or of which nobody knows. Nothing is sent twice without such a word. */
@Injectable()
export class ResendService {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly channels: Channels,
    private readonly connections: ConnectionService,
    private readonly outbox: Outbox,
    private readonly states: OutboundStateService,
    private readonly reads: ReadService,
  ) {}

  /**
   * Send it again, with the parts of the same reply that failed behind it.
   *
   * Errors   not_found; conflict `not_failed` for one that is on its way or has arrived; unprocessable `nothing_to_send` when what it said
   *          is kept nowhere, `reply_window_closed`, `connection_gone`
   */
  async resend(actor: Actor, id: MessageId): Promise<Message> {
    return this.db.inTenant(actor, async (tx) => {
      const { message, conversation } = await this.lock(tx, id);
      if (message.delivery_state !== 'failed' && message.delivery_state !== 'unknown') {
        throw new Refusal('conflict', 'not_failed', 'This message is on its way or has arrived already.');
      }
      await this.connections.demandConnected(tx, conversation.connectionId);
      const content = (await this.outbox.look(tx, id)) ?? (await fromMessage(tx, id, { message, conversation }));
      if (!content) throw new Refusal('unprocessable', 'nothing_to_send', 'What this message said is no longer kept. Write it again.');
      await this.demandWindow(tx, conversation, content);
      if (conversation.channel === 'email') await demandReachable(tx, content.forward?.to ?? (content.to === null ? [] : [content.to]));
      await this.outbox.put(tx, id, { content, reply: { id, position: 0 }, blobs: [] }, this.clock.now());
      await this.states.again(tx, id);
      return this.reads.message(tx, id);
    });
  }

  /** The agent has seen that it arrived. Errors: not_found; conflict `not_doubted`. */
  async arrived(actor: Actor, id: MessageId): Promise<Message> {
    return this.db.inTenant(actor, async (tx) => {
      await this.lock(tx, id);
      if (!(await this.states.arrived(tx, id))) throw new Refusal('conflict', 'not_doubted', 'What became of this message is known.');
      return this.reads.message(tx, id);
    });
  }

  private async lock(tx: TenantTx, id: MessageId): Promise<{ message: Doubted; conversation: LockedConversation }> {
    if (!isUuid(id)) throw notFound();
    const find = () =>
      tx.query<Doubted>(
        `select conversation_id, delivery_state, text, cc, quick_replies, reply_to_external_id, withheld, kind, author_kind, full_text, html,
           bcc, mail_headers -> 'to' -> 0 ->> 'address' as "to"
         from message
         where id = $1 and direction = 'out'`,
        [id],
      );
    const [named] = await find();
    if (!named) throw notFound();
    const conversation = await lockConversation(tx, named.conversation_id);
    // Read again behind the lock: whoever held it may have changed what became of the message.
    const [message] = await find();
    return { message: message!, conversation };
  }

  private async demandWindow(tx: TenantTx, conversation: LockedConversation, { place }: OutboxContent): Promise<void> {
    const { channel, kind, lastInboundAt, connectionId } = conversation;
    if (place.kind !== 'person') return;
    const { humanAgent } = await this.connections.settingsOf(tx, connectionId);
    const question = { place: kind, lastInboundAt, now: this.clock.now(), writtenBy: 'human' as const, humanAgent };
    if (this.channels.of(channel).replyWindow(question).state !== 'closed') return;
    throw new Refusal(
      'unprocessable',
      'reply_window_closed',
      'The time in which an answer is allowed is over. Once the person writes again you can answer.',
    );
  }
}

/** What a message said, as far as the policy let it be kept; null when something is missing. */
async function fromMessage(
  tx: TenantTx,
  id: MessageId,
  { message, conversation }: { message: Doubted; conversation: LockedConversation },
): Promise<OutboxContent | null> {
  // What a machine said, and what was passed on with the words around it, can only be said anew.
  if (message.withheld || message.kind === 'forward' || message.author_kind === 'system') return null;
  const files = await tx.query<KeptFile>(
    `select blob, name, media_type as "mediaType", size_bytes as "sizeBytes", content_id as "contentId" from attachment
     where message_id = $1 order by position`,
    [id],
  );
  if (files.some(({ blob }) => blob === null) || (message.text === '' && files.length === 0)) return null;
  const { threadExternalId, kind } = conversation;
  const below = message.reply_to_external_id ?? threadExternalId;
  return OutboxContent.parse({
    // The signature is in both already, so none is added.
    text: message.full_text ?? message.text,
    html: message.html,
    to: message.to,
    cc: message.cc,
    bcc: message.bcc,
    quickReplies: message.quick_replies,
    files: files.map(({ blob, name, mediaType, sizeBytes, contentId }) => ({
      blob: blob!,
      name,
      mediaType: mediaType ?? 'application/octet-stream',
      sizeBytes: Number(sizeBytes ?? 0),
      contentId,
    })),
    place: kind === 'comments' ? { kind: 'comment', commentId: below ?? '' } : { kind: 'person' },
    replyToExternalId: message.reply_to_external_id,
  } satisfies z.input<typeof OutboxContent>);
}

interface KeptFile {
  blob: string | null;
  name: string;
  mediaType: string | null;
  sizeBytes: string | null;
  contentId: string | null;
}
