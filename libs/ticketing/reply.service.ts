import { Injectable } from '@nestjs/common';
import type { Message, Note, Reply, ReplyLimits, ReplyWindow } from '#contract';
import { type Actor, AgentService } from '#accounts';
import { Channels, ConnectionService, type OutboundPlace } from '#channels';
import { Clock, Database, newId, Refusal, SecretBox, type TenantTx } from '#platform';
import { PolicyService } from '#policies';
import { Feed } from '#realtime';
import { demandNotMerged, type LockedConversation, lockConversation, touch } from './conversation.js';
import type { ConversationId, MessageId } from './ids.js';
import { addMessage, PLAIN, previewOf } from './message.js';
import { OutgoingService } from './outgoing.service.js';
import type { OutboxFile } from './outbox.js';
import { ReadService } from './read.service.js';
import { requestDigest, saidBefore } from './said-before.js';
import { demandReachable } from './suppression.js';
import { UploadService } from './upload.service.js';
import { answerAddress } from './waiting-message.js';
import { tidyWritten } from './written-html.js';

export interface Said {
  /** The same key from the same agent stores and sends once. */
  idempotencyKey: string | null;
}

/** What agents say: replies to the contact, notes to each other. */
@Injectable()
export class ReplyService {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly secrets: SecretBox,
    private readonly channels: Channels,
    private readonly connections: ConnectionService,
    private readonly policies: PolicyService,
    private readonly feed: Feed,
    private readonly reads: ReadService,
    private readonly agents: AgentService,
    private readonly uploads: UploadService,
    private readonly outgoing: OutgoingService,
  ) {}

  /**
   * Store a reply and have it sent. Resolves once it is certain that it will be tried. What the channel cannot carry in one message becomes
   * several, in order; the first is the answer.
   *
   * Errors   unprocessable `reply_window_closed`, `text_too_long`, `too_many_attachments`, `attachment_too_large`, `no_such_upload`,
   *          `quick_replies_not_possible`, `copy_not_possible`, `html_not_possible`, `cannot_quote`, `connection_gone`, `no_reply_address`,
   *          `address_suppressed`; conflict `answered_meanwhile`, `controlled_by_other_app`, `conversation_quarantined`,
   *          `conversation_merged`, `idempotency_conflict`; not_found
   * Repeats  the same idempotency key gives the first answer
   */
  async reply(actor: Actor, conversationId: ConversationId, reply: Reply, said: Said): Promise<Message> {
    return this.db.inTenant(actor, async (tx) => {
      const id = await this.replyIn(tx, actor, { conversationId, reply, ...said });
      return this.reads.message(tx, id);
    });
  }

  /** The same inside a transaction: the id of the first message. `files`: bytes that are in blobs already, behind those of uploads. */
  async replyIn(
    tx: TenantTx,
    actor: Actor,
    {
      conversationId,
      reply,
      idempotencyKey,
      files: others = [],
    }: Said & { conversationId: ConversationId; reply: Reply; files?: OutboxFile[] },
  ): Promise<MessageId> {
    const { lastSeenMessageId, ...asked } = reply;
    const digest = requestDigest(this.secrets, ['reply', conversationId, asked]);
    const conversation = await lockConversation(tx, conversationId);
    const earlier = await saidBefore(tx, actor, { idempotencyKey, digest });
    if (earlier) return earlier;
    await demandNotMerged(tx, conversation);
    const uploadIds = [...new Set(reply.attachmentIds)];
    const written = reply.html === undefined ? null : tidyWritten(this.channels.of(conversation.channel), reply.html, uploadIds);
    const text = written?.text ?? reply.text;
    await this.demandSendable(tx, conversation, { ...reply, text });
    const to = conversation.channel === 'email' ? await this.demandAddress(tx, conversation, reply) : null;
    if (lastSeenMessageId !== undefined) await this.demandNothingNew(tx, conversationId, lastSeenMessageId);
    const quoted = reply.replyToMessageId === undefined ? null : await quotable(tx, conversationId, reply.replyToMessageId);
    const uploads = await this.uploads.take(tx, actor, uploadIds);
    return this.outgoing.queue(tx, actor, {
      conversation,
      place: placeOf(conversation, quoted),
      text,
      cc: reply.cc ?? [],
      quickReplies: reply.quickReplies,
      files: [
        ...uploads.map((file, position) => (written?.shown.has(position) ? { ...file, contentId: String(position) } : file)),
        ...others,
      ],
      ...(to === null ? {} : { mail: { to, bcc: reply.bcc ?? [], html: written?.html ?? null, forward: null } }),
      replyToExternalId: conversation.kind === 'comments' ? (quoted ?? conversation.threadExternalId) : quoted,
      idempotencyKey,
      requestDigest: digest,
    });
  }

  /** Store a note, which never leaves the tenant. Errors and repeats as for a reply. */
  async note(actor: Actor, conversationId: ConversationId, { text }: Note, { idempotencyKey }: Said): Promise<Message> {
    const digest = requestDigest(this.secrets, ['note', conversationId, text]);
    return this.db.inTenant(actor, async (tx) => {
      const conversation = await lockConversation(tx, conversationId);
      const earlier = await saidBefore(tx, actor, { idempotencyKey, digest });
      if (earlier) return this.reads.message(tx, earlier);
      await demandNotMerged(tx, conversation);
      const now = this.clock.now();
      const id = newId<MessageId>(now);
      const policies = await this.policies.inForce(tx);
      const recorded = policies.recorder.record({ text }, conversation.channel);
      const { connectionId } = conversation;
      const author = { kind: 'agent' as const, agentId: actor.agentId };
      const note = { ...PLAIN, id, conversationId, connectionId, author, externalId: null, idempotencyKey, sentAt: now };
      await addMessage(tx, { ...note, direction: 'note', kind: 'text' }, recorded, now);
      await tx.query('update message set request_digest = $2 where id = $1', [id, digest]);
      const shown = { direction: 'note' as const, preview: previewOf(recorded), at: now, isPersonSpeaking: false, opensWindow: false };
      await touch(tx, conversation, policies, shown);
      this.feed.append(tx, { type: 'message_added', conversationId, messageId: id });
      return this.reads.message(tx, id);
    });
  }

  /**
   * Where an answer goes, fixed now: whoever writes meanwhile does not get what was meant for another.
   *
   * Errors   unprocessable `no_reply_address`, `address_suppressed`; conflict `conversation_quarantined`
   */
  private async demandAddress(tx: TenantTx, { id, isQuarantined }: LockedConversation, { cc = [], bcc = [] }: Reply): Promise<string> {
    if (isQuarantined) {
      throw new Refusal(
        'conflict',
        'conversation_quarantined',
        'This mail is not from whom it says, so an answer would go to somebody else. Let it in first if you trust it.',
      );
    }
    const to = await answerAddress(tx, id);
    if (to === null || !ADDRESS.test(to)) {
      throw new Refusal('unprocessable', 'no_reply_address', 'This mail names no address that an answer could go to.');
    }
    await demandReachable(tx, [to, ...cc, ...bcc]);
    return to;
  }

  private async demandSendable(tx: TenantTx, conversation: LockedConversation, reply: Reply): Promise<void> {
    const { channel: kind, kind: place, connectionId, lastInboundAt } = conversation;
    const channel = this.channels.of(kind);
    demandCarriable(channel.limits(place), reply);
    await this.connections.demandConnected(tx, connectionId);
    if (place === 'comments') {
      if (await isTopRemoved(tx, conversation)) throw closed({ state: 'closed', closedAt: null, reason: 'removed' });
      return;
    }
    if (conversation.controlledByOther) {
      throw new Refusal(
        'conflict',
        'controlled_by_other_app',
        'Another app or the page’s own inbox has this conversation. Take it over to answer.',
      );
    }
    const { humanAgent } = await this.connections.settingsOf(tx, connectionId);
    const window = channel.replyWindow({ place, lastInboundAt, now: this.clock.now(), writtenBy: 'human', humanAgent });
    if (window.state === 'closed') throw closed(window);
    if (window.state === 'human_agent' && (await wereTagsStopped(tx, conversation))) {
      throw new Refusal(
        'unprocessable',
        'tagged_sends_stopped',
        'Facebook no longer accepts late answers to this person. Wait until they write again.',
      );
    }
  }

  /** Errors: conflict `answered_meanwhile` when somebody answered after the message the agent saw last. */
  private async demandNothingNew(tx: TenantTx, conversationId: ConversationId, lastSeenMessageId: string): Promise<void> {
    const [answer] = await tx.query<{ author_agent_id: string | null }>(
      `select author_agent_id from message
       where conversation_id = $1 and direction = 'out' and kind <> 'forward' and author_kind <> 'system'
         and created_at > (select created_at from message where id::text = $2 and conversation_id = $1)
       order by created_at desc limit 1`,
      [conversationId, lastSeenMessageId],
    );
    if (!answer) return;
    const names = await this.agents.names(tx, [answer.author_agent_id]);
    const who = names.get(answer.author_agent_id ?? '') ?? 'Somebody outside Omnidesk';
    throw new Refusal('conflict', 'answered_meanwhile', `${who} answered meanwhile. Read it first, then send yours if it still helps.`);
  }
}

/** A domain with a dot: what stands in for nobody's address has none. */
const ADDRESS = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

function demandCarriable(limits: ReplyLimits, { text, html, attachmentIds, quickReplies, cc = [], bcc = [] }: Reply): void {
  const refuse = (code: string, message: string) => new Refusal('unprocessable', code, message);
  if (text.length > limits.textLengthMax) {
    throw refuse('text_too_long', `This channel carries at most ${String(limits.textLengthMax)} characters at once. Send it in parts.`);
  }
  if (attachmentIds.length > limits.attachmentsMax) {
    throw refuse('too_many_attachments', `This channel carries at most ${String(limits.attachmentsMax)} files at once.`);
  }
  if (quickReplies.length > limits.quickRepliesMax) {
    throw refuse('quick_replies_not_possible', 'This channel has no buttons below an answer, or fewer of them.');
  }
  if (text === '' && attachmentIds.length === 0 && html !== undefined) throw refuse('nothing_said', 'Write something or attach a file.');
  if (cc.length + bcc.length > 0 && !limits.cc) throw refuse('copy_not_possible', 'This channel knows no copies.');
}

const WHY_CLOSED: Record<Extract<ReplyWindow, { state: 'closed' }>['reason'], string> = {
  never_wrote: 'Facebook lets a page answer, not write first. Once the person writes you can answer.',
  over: 'The time in which Facebook allows an answer is over. Once the person writes again you can answer.',
  human_agent_missing:
    'Facebook allows answers until 24 hours after the person last wrote. With Meta’s Human Agent permission for this page it would be seven days.',
  removed: 'The comment was removed, so it can no longer be answered.',
};

function closed({ reason }: Extract<ReplyWindow, { state: 'closed' }>): Refusal {
  return new Refusal('unprocessable', 'reply_window_closed', WHY_CLOSED[reason]);
}

/** A comment is answered where it stands: below the one that is quoted, else below the one on top. */
function placeOf({ kind, threadExternalId }: LockedConversation, quoted: string | null): OutboundPlace {
  return kind === 'comments' ? { kind: 'comment', commentId: quoted ?? threadExternalId ?? '' } : { kind: 'person' };
}

/** The vendor's id of a message that can be quoted. Errors: unprocessable `cannot_quote`. */
async function quotable(tx: TenantTx, conversationId: ConversationId, messageId: string): Promise<string> {
  const [message] = await tx.query<{ external_id: string | null }>(
    "select external_id from message where id = $1 and conversation_id = $2 and direction in ('in', 'out') and unsent_at is null",
    [messageId, conversationId],
  );
  if (message?.external_id != null) return message.external_id;
  throw new Refusal('unprocessable', 'cannot_quote', 'This message cannot be quoted: it is gone, or has not been sent yet.');
}

async function isTopRemoved(tx: TenantTx, { id, threadExternalId }: LockedConversation): Promise<boolean> {
  const rows = await tx.query('select 1 from message where conversation_id = $1 and external_id = $2 and unsent_at is not null', [
    id,
    threadExternalId,
  ]);
  return rows.length > 0;
}

/** Meta wants no more late answers to this person since they last wrote. */
async function wereTagsStopped(tx: TenantTx, { id, lastInboundAt }: LockedConversation): Promise<boolean> {
  const rows = await tx.query(
    "select 1 from message where conversation_id = $1 and delivery_code = 'tagged_sends_stopped' and created_at > $2 limit 1",
    [id, lastInboundAt],
  );
  return rows.length > 0;
}
