import { Injectable } from '@nestjs/common';
import type { Conversation } from '#contract';
import type { Actor } from '#accounts';
import { Jobs } from '#jobs';
import { Clock, Database, isUuid, newId, notFound, Refusal, type TenantTx } from '#platform';
import { PolicyService } from '#policies';
import { Feed } from '#realtime';
import { demandNotMerged, type LockedConversation, lockConversation } from './conversation.js';
import type { ConversationId, MessageId } from './ids.js';
import { join, move, moveBack, type Moved, type Pair, setApart } from './merge.js';
import { mayUndo } from './merged.js';
import { addMessage, PLAIN } from './message.js';
import { ReadService } from './read.service.js';
import { orderSending } from './send-order.js';

/**
 * Makes one conversation of two. What was said in the one moves into the other, which is answered as before: to its own contact. The one that
 * is empty now stays as a number that leads there, and so does whatever comes for it later. Contacts stay who they are.
 */
@Injectable()
export class MergeService {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly jobs: Jobs,
    private readonly policies: PolicyService,
    private readonly feed: Feed,
    private readonly reads: ReadService,
  ) {}

  /**
   * Move everything of a conversation into another one, which is the answer.
   *
   * Errors   not_found; unprocessable `merge_into_itself`, `cannot_merge`; conflict `conversation_quarantined`, `conversation_merged` where
   *          either went into a third one before, `being_sent`
   * Repeats  the same merge changes nothing the second time
   */
  async merge(actor: Actor, id: ConversationId, intoId: ConversationId): Promise<Conversation> {
    if (!isUuid(id)) throw notFound();
    await this.demandSeen(actor, [id, intoId]);
    const whole = await this.db.inTenant({ ...actor, connections: null }, (tx) => this.mergeIn(tx, actor, { part: id, whole: intoId }));
    return this.reads.conversation(actor, whole);
  }

  /**
   * Undo a merge: what moved is back where it was, and so is how both stood, except for what was changed since.
   *
   * Errors   not_found; conflict `cannot_unmerge` once something was said since, `being_sent`
   * Repeats  what is not merged stays as it is
   */
  async unmerge(actor: Actor, id: ConversationId): Promise<Conversation> {
    if (!isUuid(id)) throw notFound();
    await this.demandSeen(actor, [id]);
    await this.db.inTenant({ ...actor, connections: null }, (tx) => this.unmergeIn(tx, id));
    return this.reads.conversation(actor, id);
  }

  /** What moves is everything of a conversation, also what came in where this agent sees nothing; so what he sees is asked by itself. */
  private async demandSeen(actor: Actor, ids: readonly ConversationId[]): Promise<void> {
    const wanted = [...new Set(ids)];
    const seen = await this.db.inTenant(actor, (tx) => tx.query('select from conversation where id = any($1)', [wanted]));
    if (seen.length < wanted.length) throw notFound();
  }

  private async mergeIn(tx: TenantTx, actor: Actor, pair: Pair): Promise<ConversationId> {
    const [from, into] = await lockBoth(tx, pair);
    if (pair.part === pair.whole) {
      throw new Refusal('unprocessable', 'merge_into_itself', 'This is one conversation already. Choose another one to merge it into.');
    }
    if (from.mergedIntoId !== null && (from.mergedIntoId === pair.whole || (await wasMergedInto(tx, pair)))) return from.mergedIntoId;
    await demandNotMerged(tx, from);
    await demandNotMerged(tx, into);
    demandMergeable(from, into);
    const at = this.clock.now();
    const policies = await this.policies.inForce(tx);
    const lineIds = { part: newId<MessageId>(at), whole: newId<MessageId>(at) };
    const moved = await move(tx, pair, { at, lineId: lineIds.whole });
    demandNotSending(moved);
    const led = await join(tx, pair, { rule: policies.governingRule(), at });
    const author = { kind: 'system' as const, agentId: actor.agentId };
    const line = { ...PLAIN, direction: 'system' as const, author, externalId: null, sentAt: at };
    const nothing = policies.recorder.record({ text: '' }, into.channel);
    const told = { ...line, id: lineIds.part, conversationId: from.id, connectionId: from.connectionId, fact: into.number };
    await addMessage(tx, { ...told, kind: 'merged_into' }, nothing, at);
    const heard = { ...line, id: lineIds.whole, conversationId: into.id, connectionId: into.connectionId, fact: from.number };
    await addMessage(tx, { ...heard, kind: 'merged_from' }, nothing, at);
    this.tell(tx, pair, led);
    if (moved.isQueued) await orderSending(this.jobs, tx, pair.whole);
    return pair.whole;
  }

  private async unmergeIn(tx: TenantTx, id: ConversationId): Promise<void> {
    const pair = await pairOf(tx, id);
    if (pair === null) {
      const conversation = await lockConversation(tx, id);
      if (conversation.mergedIntoId !== null) throw cannotUnmerge();
      return;
    }
    await lockBoth(tx, pair);
    // Whoever was faster has undone it.
    if ((await pairOf(tx, id)) === null) return;
    if (!(await mayUndo(tx, id))) throw cannotUnmerge();
    const moved = await moveBack(tx, pair);
    demandNotSending(moved);
    this.tell(tx, pair, await setApart(tx, pair));
    if (moved.isQueued) await orderSending(this.jobs, tx, id);
  }

  private tell(tx: TenantTx, pair: Pair, led: readonly ConversationId[]): void {
    for (const conversationId of [pair.part, pair.whole]) {
      this.feed.append(tx, { type: 'messages_moved', conversationId });
      this.feed.append(tx, { type: 'conversation_changed', conversationId });
    }
    for (const conversationId of led) this.feed.append(tx, { type: 'conversation_changed', conversationId });
  }
}

/** Lock both, in an order of their own: of two merges at one moment the second waits for the first. Errors: not_found. */
async function lockBoth(tx: TenantTx, pair: Pair): Promise<[LockedConversation, LockedConversation]> {
  const locked = new Map<ConversationId, LockedConversation>();
  for (const id of [pair.part, pair.whole].toSorted()) locked.set(id, await lockConversation(tx, id));
  return [locked.get(pair.part)!, locked.get(pair.whole)!];
}

async function wasMergedInto(tx: TenantTx, pair: Pair): Promise<boolean> {
  return (await pairOf(tx, pair.part))?.whole === pair.whole;
}

/** What a conversation was merged into at first, wherever that may have gone since; null when it is not merged, or nothing of that is left. */
async function pairOf(tx: TenantTx, id: ConversationId): Promise<Pair | null> {
  const [row] = await tx.query<{ whole: ConversationId }>('select into_id as whole from conversation_merge where conversation_id = $1', [
    id,
  ]);
  return row ? { part: id, whole: row.whole } : null;
}

/** Errors: conflict `conversation_quarantined`; unprocessable `cannot_merge`. */
function demandMergeable(from: LockedConversation, into: LockedConversation): void {
  if (from.isQuarantined || into.isQuarantined) {
    throw new Refusal('conflict', 'conversation_quarantined', 'One of them is in quarantine. Let it in first if you trust it.');
  }
  if (from.channel !== into.channel || from.kind !== into.kind) {
    throw cannotMerge('They came by different ways, so one answer cannot go to both.');
  }
  if (from.kind === 'comments') throw cannotMerge('Each stands below a comment of its own, where anybody may read it.');
  if (from.channel === 'messenger' && (from.contactId !== into.contactId || from.connectionId !== into.connectionId)) {
    throw cannotMerge('On Messenger an answer goes to one person on one page, and these are not the same.');
  }
}

function cannotMerge(why: string): Refusal {
  return new Refusal('unprocessable', 'cannot_merge', `These two cannot be merged. ${why}`);
}

function cannotUnmerge(): Refusal {
  return new Refusal('conflict', 'cannot_unmerge', 'This can no longer be undone: something was said or merged since.');
}

/** Errors: conflict `being_sent`. */
function demandNotSending({ isSending }: Moved): void {
  if (isSending) throw new Refusal('conflict', 'being_sent', 'An answer is being sent at this moment. Try again in a few seconds.');
}
