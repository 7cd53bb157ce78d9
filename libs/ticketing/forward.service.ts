import { Injectable } from '@nestjs/common';
import type { Forward, Forwarded, MailPerson, Message, MessageAuthor, MessageDirection } from '#contract';
import { type Actor, AgentService } from '#accounts';
import { Channels, ConnectionService } from '#channels';
import { Database, Refusal, SecretBox, type TenantTx } from '#platform';
import { type LockedConversation, lockConversation } from './conversation.js';
import type { ConversationId, MessageId } from './ids.js';
import type { OutboxContent, OutboxFile } from './outbox.js';
import { OutgoingService } from './outgoing.service.js';
import { ReadService } from './read.service.js';
import type { Said } from './reply.service.js';
import { requestDigest, saidBefore } from './said-before.js';
import { demandReachable } from './suppression.js';

interface Original {
  id: MessageId;
  direction: MessageDirection;
  authorKind: MessageAuthor['kind'];
  agentId: string | null;
  contactName: string | null;
  text: string;
  html: string | null;
  subject: string | null;
  sentAt: Date;
  replyAddress: string | null;
  from: MailPerson | null;
  to: MailPerson[] | null;
  withheld: boolean;
}

interface KeptFile {
  name: string;
  mediaType: string | null;
  sizeBytes: string | null;
  state: string;
  blob: string | null;
  contentId: string | null;
}

/**
 * Passing on what somebody said to somebody outside. It goes out as a mail of its own, with nothing of the contact's thread in it, and does
 * not become part of that thread: what comes back finds this conversation by our token, under the name of who wrote it.
 */
@Injectable()
export class ForwardService {
  constructor(
    private readonly db: Database,
    private readonly secrets: SecretBox,
    private readonly agents: AgentService,
    private readonly channels: Channels,
    private readonly connections: ConnectionService,
    private readonly outgoing: OutgoingService,
    private readonly reads: ReadService,
  ) {}

  /**
   * Store what is passed on and have it sent, with the files of that message.
   *
   * Errors   unprocessable `forward_not_possible` where the channel knows none, or nothing of the message is kept; `attachment_too_large`,
   *          `address_suppressed`, `connection_gone`; conflict `idempotency_conflict`; not_found
   * Repeats  the same idempotency key gives the first answer
   */
  async forward(actor: Actor, id: ConversationId, forward: Forward, { idempotencyKey }: Said): Promise<Forwarded> {
    const digest = requestDigest(this.secrets, ['forward', id, forward]);
    return this.db.inTenant(actor, async (tx) => {
      const conversation = await lockConversation(tx, id);
      const original = await this.find(tx, conversation, forward.messageId);
      const { files, missing } = await filesOf(tx, original, forward.withAttachments);
      const earlier = await saidBefore(tx, actor, { idempotencyKey, digest });
      if (earlier) return answerOf(await this.reads.message(tx, earlier), missing);
      await this.connections.demandConnected(tx, conversation.connectionId);
      await demandReachable(tx, [...forward.to, ...forward.cc]);
      const messageId = await this.outgoing.queue(tx, actor, {
        conversation,
        place: { kind: 'person' },
        text: forward.text,
        cc: forward.cc,
        quickReplies: [],
        files,
        mail: { to: null, bcc: [], html: null, forward: await this.passedOn(tx, conversation, { original, to: forward.to }) },
        replyToExternalId: null,
        idempotencyKey,
        requestDigest: digest,
      });
      return answerOf(await this.reads.message(tx, messageId), missing);
    });
  }

  /** Only a message of this very conversation can be passed on. Errors: not_found; unprocessable `forward_not_possible`. */
  private async find(tx: TenantTx, { id, channel, kind }: LockedConversation, messageId: string): Promise<Original> {
    if (!this.channels.of(channel).limits(kind).forward) throw notPossible('Only what came by mail can be passed on by mail.');
    const [original] = await tx.query<Original>(
      `select message.id, message.direction, message.author_kind as "authorKind", message.author_agent_id as "agentId",
         (select name from contact where contact.id = message.author_contact_id) as "contactName",
         coalesce(message.full_text, message.text) as text, message.html, message.subject, message.sent_at as "sentAt",
         message.reply_address as "replyAddress", message.mail_headers -> 'from' as "from", message.mail_headers -> 'to' as "to",
         message.withheld
       from message where message.id = $1 and message.conversation_id = $2 and message.direction in ('in', 'out') and message.unsent_at is null`,
      [messageId, id],
    );
    if (!original) throw new Refusal('not_found', 'not_found', 'This message is not in this conversation.');
    const isEmpty = original.text === '' && original.html === null;
    if (isEmpty && original.withheld) throw notPossible('Nothing of this message is kept, so there is nothing to pass on.');
    return original;
  }

  private async passedOn(
    tx: TenantTx,
    { connectionId, subject }: LockedConversation,
    { original, to }: { original: Original; to: string[] },
  ): Promise<OutboxContent['forward']> {
    const { direction, agentId, contactName, text, html, sentAt } = original;
    const agents = await this.agents.names(tx, [agentId]);
    const connection = await this.connections.open(tx, connectionId);
    const isOurs = direction === 'out';
    const address = isOurs ? connection.externalId : (original.from?.address ?? original.replyAddress);
    const name = isOurs ? (agents.get(agentId ?? '') ?? connection.name) : (original.from?.name ?? contactName ?? address ?? '');
    const receivers = original.to?.map((person) => person.address) ?? [];
    return {
      to,
      original: {
        from: { name, address },
        sentAt,
        subject: original.subject ?? subject,
        to: receivers.length > 0 || isOurs ? receivers : [connection.externalId],
        text,
        html,
      },
    };
  }
}

/** The files of the message itself: those its HTML shows always, the others where they are wanted. And the names of those that are gone. */
async function filesOf(
  tx: TenantTx,
  { id, html }: Original,
  withAttachments: boolean,
): Promise<{ files: OutboxFile[]; missing: string[] }> {
  const rows = await tx.query<KeptFile>(
    `select name, media_type as "mediaType", size_bytes as "sizeBytes", state, blob, content_id as "contentId" from attachment
     where message_id = $1 and kind in ('image', 'video', 'audio', 'file', 'sticker') order by position`,
    [id],
  );
  const wanted = rows.filter(({ contentId }) => withAttachments || (contentId !== null && html !== null));
  const files: OutboxFile[] = [];
  const missing: string[] = [];
  for (const { name, mediaType, sizeBytes, state, blob, contentId } of wanted) {
    if (state !== 'stored' || blob === null) missing.push(name === '' ? 'file' : name);
    else files.push({ blob, name, mediaType: mediaType ?? 'application/octet-stream', sizeBytes: Number(sizeBytes ?? 0), contentId });
  }
  return { files, missing };
}

function answerOf(message: Message, missingFiles: string[]): Forwarded {
  return { ...message, missingFiles };
}

function notPossible(message: string): Refusal {
  return new Refusal('unprocessable', 'forward_not_possible', message);
}
