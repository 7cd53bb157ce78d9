import { Injectable } from '@nestjs/common';
import { ConnectionService, type InboundComment } from '#channels';
import { Jobs } from '#jobs';
import { newId } from '#platform';
import type { Recorded } from '#policies';
import { Feed } from '#realtime';
import type { Taking } from './arrival.js';
import { findBranch, findThread, joinThreads, lockPost, nameThread, recount } from './comment-thread.js';
import { hasProfile, identityOf, lockContact, lockPerson, nameOf, rename } from './contact.js';
import { type OpenConversation, openConversation, touch } from './conversation.js';
import { awaitingMessage, type FollowUp, isFollowUp, keepEarly, lockAwaited, type PageComment, settle } from './early-event.js';
import { FetchMedia } from './fetch-media.job.js';
import { FetchProfile } from './fetch-profile.job.js';
import { FollowUpService } from './follow-up.service.js';
import type { ContactId, MessageId } from './ids.js';
import { addAttachments, addMessage, PLAIN, previewOf } from './message.js';
import { orderSending } from './send-order.js';

/** A comment as it is stored, whoever wrote it. */
interface Comment {
  externalId: string;
  parentExternalId: string | null;
  post: { id: string; url: string | null };
  sentAt: Date;
  content: Recorded;
  /** Null for the page's own. */
  author: { id: ContactId; isNew: boolean } | null;
}

/** What is said in public below the page's posts: a conversation for each comment that stands directly under a post. */
@Injectable()
export class CommentService {
  constructor(
    private readonly connections: ConnectionService,
    private readonly feed: Feed,
    private readonly jobs: Jobs,
    private readonly followUps: FollowUpService,
  ) {}

  /** Take in what happened to a comment. Nothing, where the tenant wants no comments. Repeats: a comment is stored once. */
  async comment(taking: Taking, event: InboundComment): Promise<void> {
    const { tx, arrival } = taking;
    const { comments } = await this.connections.settingsOf(tx, arrival.connectionId);
    if (!comments) return;
    await lockPost(tx, arrival.connectionId, event.post.id);
    if (event.act === 'add') await this.added(taking, event);
    else await this.followUps.toMessage(taking, event.externalId, followUpOf(taking, event));
  }

  private async added(taking: Taking, event: InboundComment): Promise<void> {
    const { tx, arrival, policies, now } = taking;
    const { externalId, parentExternalId, actedAt, personId, direction } = event;
    await lockAwaited(tx, arrival.connectionId, awaitingMessage(externalId));
    if (await this.isStored(taking, externalId)) return;
    const content = policies.recorder.record(event.content, arrival.channel);
    const sentAt = event.sentAt ?? actedAt;
    const post = { id: event.post.id, url: storable(event.post.url) };
    if (direction === 'out') {
      await this.pageComment(taking, { type: 'page_comment', at: sentAt, externalId, parentExternalId, post, content });
      return;
    }
    const identity = identityOf(arrival.channel, arrival.connectionId, personId);
    await lockPerson(tx, identity);
    const said = nameOf(personId, content.senderName, sentAt);
    const author = await lockContact(tx, identity, said, now);
    if (!author.isNew && (await rename(tx, author, said))) this.feed.append(tx, { type: 'contact_changed', contactId: author.id });
    await this.store(taking, { externalId, parentExternalId, post, sentAt, content, author });
    if (author.isNew && hasProfile(identity)) await this.jobs.enqueue(tx, FetchProfile, { tenantId: tx.tenantId, ...identity });
  }

  // The page talks to nobody until somebody else says something in the thread: until then its comment waits.
  private async pageComment(taking: Taking, comment: PageComment): Promise<void> {
    const { externalId, parentExternalId, post, at, content } = comment;
    const isStored = await this.store(taking, { externalId, parentExternalId, post, sentAt: at, content, author: null });
    if (isStored) return;
    // Whoever is heard first may answer this comment, or stand beside it below the same one.
    await keepEarly(taking, awaitingMessage(externalId), comment);
    if (parentExternalId !== null) await keepEarly(taking, awaitingMessage(parentExternalId), comment);
  }

  /** False when there is no conversation for it, and it opens none. */
  private async store(taking: Taking, comment: Comment): Promise<boolean> {
    const { tx, arrival, policies, now } = taking;
    const conversation = await this.place(taking, comment);
    if (conversation === null) return false;
    const conversationId = conversation.id;
    const id = newId<MessageId>(now);
    const { externalId, parentExternalId, sentAt, content, author } = comment;
    const isAdded = await addMessage(
      tx,
      {
        ...PLAIN,
        id,
        conversationId,
        connectionId: arrival.connectionId,
        direction: author ? 'in' : 'out',
        kind: 'comment',
        author: author ? { kind: 'contact', contactId: author.id } : { kind: 'outside' },
        externalId,
        replyToExternalId: parentExternalId,
        sentAt,
        ...(author ? {} : { delivery: 'sent', vendorSentAt: sentAt }),
      },
      content,
      now,
    );
    if (!isAdded) return true;
    const attachments = content.attachments.map((attachment) => ({ ...attachment, blob: null }));
    for (const attachmentId of await addAttachments(tx, id, attachments, now)) {
      await this.jobs.enqueue(tx, FetchMedia, { tenantId: tx.tenantId, attachmentId });
    }
    const said = { direction: author ? ('in' as const) : ('out' as const), preview: previewOf(content), at: sentAt };
    await touch(tx, conversation, policies, { ...said, isPersonSpeaking: author !== null, opensWindow: false });
    await recount(tx, conversationId);
    if (conversation.isNew) this.feed.append(tx, { type: 'conversation_opened', conversationId, contactId: author!.id });
    this.feed.append(tx, { type: 'message_added', conversationId, messageId: id });
    await this.settle(taking, externalId);
    // The page's own comment above it has somebody to talk to now.
    if (parentExternalId !== null) await this.settle(taking, parentExternalId);
    return true;
  }

  /** The conversation a comment belongs to, after it has shown what hangs together; opened when a person speaks first. */
  private async place({ tx, arrival, policies, now }: Taking, comment: Comment): Promise<OpenConversation | null> {
    const { connectionId, channel } = arrival;
    const { externalId, parentExternalId, post, sentAt, author } = comment;
    const branch = await findBranch(tx, connectionId, externalId);
    if (parentExternalId === null && branch) return branch;
    if (parentExternalId !== null) {
      const thread = await findThread(tx, connectionId, parentExternalId);
      if (thread && branch && thread.id !== branch.id) {
        await joinThreads(tx, branch.id, thread.id);
        // What an agent wrote in the branch, and has not been sent, goes with it.
        await orderSending(this.jobs, tx, thread.id);
        this.feed.append(tx, { type: 'conversation_changed', conversationId: branch.id });
      } else if (branch) await nameThread(tx, branch.id, parentExternalId);
      if (thread ?? branch) return thread ?? branch;
    }
    if (author === null) return null;
    const thread = { externalId: parentExternalId ?? externalId, post };
    const opened = { channel, connectionId, contactId: author.id, subject: '', rule: policies.governingRule(), at: sentAt, thread };
    return openConversation(tx, opened, now);
  }

  private async settle(taking: Taking, externalId: string): Promise<void> {
    await settle(taking, [awaitingMessage(externalId)], async (early) => {
      if (early.type === 'page_comment') return this.store(taking, { ...early, sentAt: early.at, author: null });
      return isFollowUp(early) ? this.followUps.toKnown(taking, externalId, early) : false;
    });
  }

  private async isStored({ tx, arrival }: Taking, externalId: string): Promise<boolean> {
    const rows = await tx.query('select 1 from message where connection_id = $1 and external_id = $2', [arrival.connectionId, externalId]);
    return rows.length > 0;
  }
}

function followUpOf({ policies, arrival }: Taking, { act, content, actedAt: at }: InboundComment): FollowUp {
  switch (act) {
    case 'hide':
    case 'unhide':
      return { type: 'shown', at, hidden: act === 'hide' };
    case 'remove':
      return { type: 'unsend', at };
    default: {
      const { text, withheld } = policies.recorder.record(content, arrival.channel);
      return { type: 'edit', at, text, withheld, editNumber: null };
    }
  }
}

function storable(text: string | null): string | null {
  return text === null ? null : text.replaceAll('\0', '').toWellFormed();
}
