import { createHash } from 'node:crypto';
import type { ConnectionId, InboundControl, InboundFact, InboundReceipt, InboundReferralFacts } from '#channels';
import { newId, type TenantTx } from '#platform';
import type { Recorded } from '#policies';
import type { Taking } from './arrival.js';
import { lockName } from './contact.js';

/*
 * Vendors deliver in any order. What is about a message we do not have yet, or about a person who has not written yet, waits here, as the
 * recording policy lets it be kept, and is applied in the very transaction that stores what it waited for. So the end is the same in every
 * order. What waits in vain is swept: the message was never ours to see.
 */

/** What happens to a message after it was said. */
export type FollowUp =
  | { type: 'edit'; at: Date; text: string; withheld: boolean; editNumber: number | null }
  | { type: 'reaction'; at: Date; personId: string; emoji: string | null; isStandby: boolean }
  | { type: 'unsend'; at: Date }
  | { type: 'delivered'; at: Date }
  | { type: 'shown'; at: Date; hidden: boolean }
  | { type: 'liked'; at: Date; liked: boolean };

/** What is about a person's thread as a whole. */
export type ThreadEvent =
  | { type: 'receipt'; at: Date; state: InboundReceipt['state'] }
  | { type: 'control'; at: Date; change: InboundControl['change']; appId: string | null }
  | { type: 'referral'; at: Date; facts: InboundReferralFacts }
  | { type: 'fact'; at: Date; kind: InboundFact['kind']; externalId: string; content: Recorded };

/** A comment of the page's own: it belongs below what somebody else says. */
export interface PageComment {
  type: 'page_comment';
  at: Date;
  externalId: string;
  parentExternalId: string | null;
  post: { id: string; url: string | null };
  content: Recorded;
}

export type EarlyEvent = FollowUp | ThreadEvent | PageComment;

export function isThreadEvent(event: EarlyEvent): event is ThreadEvent {
  return event.type === 'receipt' || event.type === 'control' || event.type === 'referral' || event.type === 'fact';
}

export function isFollowUp(event: EarlyEvent): event is FollowUp {
  return event.type !== 'page_comment' && !isThreadEvent(event);
}

/** How long something waits. */
export const EARLY_EVENT_DAYS_MAX = 7;

/** What waits for a message, or for the first comment below it. */
export function awaitingMessage(externalId: string): string {
  return `message ${externalId}`;
}

/** What waits for the first word of a person. */
export function awaitingPerson(personId: string): string {
  return `person ${personId}`;
}

/**
 * Be alone with what waits under this name until the transaction ends: whoever stores what is waited for holds the same name, so that
 * nothing begins to wait for what has just come.
 */
export async function lockAwaited(tx: TenantTx, connectionId: ConnectionId, waitsFor: string): Promise<void> {
  await lockName(tx, `awaited ${connectionId} ${waitsFor}`);
}

/** Let an event wait. Repeats: the same event waits once. */
export async function keepEarly({ tx, arrival, now }: Taking, waitsFor: string, event: EarlyEvent): Promise<void> {
  const { at, ...said } = event;
  const json = JSON.stringify(said);
  await tx.query(
    `insert into early_event (tenant_id, id, connection_id, waits_for, digest, event, happened_at, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (tenant_id, connection_id, waits_for, digest) do nothing`,
    [tx.tenantId, newId(now), arrival.connectionId, waitsFor, digestOf(json, at), json, at, now],
  );
}

/**
 * Apply everything that waits under these names, in the order it happened; `apply` answers false for what still has to wait. Comments come
 * first: other events may be about them.
 */
export async function settle({ tx, arrival }: Taking, names: string[], apply: (event: EarlyEvent) => Promise<boolean>): Promise<void> {
  const taken = await tx.query<EarlyRow>('delete from early_event where connection_id = $1 and waits_for = any($2) returning *', [
    arrival.connectionId,
    names,
  ]);
  const isComment = ({ event }: EarlyRow) => Number(event.type === 'page_comment');
  taken.sort(
    (one, other) =>
      isComment(other) - isComment(one) ||
      one.happened_at.getTime() - other.happened_at.getTime() ||
      Buffer.compare(one.digest, other.digest),
  );
  for (const row of taken) {
    if (!(await apply({ ...row.event, at: row.happened_at } as EarlyEvent))) await waitOn(tx, row);
  }
}

/** End what has waited in vain. */
export async function sweepEarly(tx: TenantTx, before: Date): Promise<void> {
  await tx.query('delete from early_event where created_at < $1', [before]);
}

interface EarlyRow {
  id: string;
  connection_id: ConnectionId;
  waits_for: string;
  digest: Buffer;
  event: Omit<EarlyEvent, 'at'>;
  happened_at: Date;
  created_at: Date;
}

async function waitOn(tx: TenantTx, row: EarlyRow): Promise<void> {
  await tx.query(
    `insert into early_event (tenant_id, id, connection_id, waits_for, digest, event, happened_at, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (tenant_id, connection_id, waits_for, digest) do nothing`,
    [tx.tenantId, row.id, row.connection_id, row.waits_for, row.digest, JSON.stringify(row.event), row.happened_at, row.created_at],
  );
}

function digestOf(json: string, at: Date): Buffer {
  return createHash('sha256').update(`${json} ${at.toISOString()}`).digest();
}
