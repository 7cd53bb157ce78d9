import { createHash } from 'node:crypto';
import type { Referral } from '#contract';
import type { InboundReferralFacts } from '#channels';
import { newId } from '#platform';
import type { Taking } from './arrival.js';
import type { ConversationId } from './ids.js';

/** What is shown of the ways a person came by. */
export const REFERRALS_SHOWN_MAX = 10;

/** What the policy lets be kept of a referral: the page's own words in a link are content, as are a title and an address. */
export function recordReferral({ policies, arrival }: Taking, facts: InboundReferralFacts): InboundReferralFacts {
  const kept = (text: string | null) => {
    if (text === null) return null;
    const { text: recorded, withheld } = policies.recorder.record({ text }, arrival.channel);
    return withheld ? null : recorded;
  };
  return { source: facts.source, ref: kept(facts.ref), adId: kept(facts.adId), title: kept(facts.title), url: kept(facts.url) };
}

/**
 * Note how the person came into this conversation.
 *
 * Shape    facts: as `recordReferral` left them
 * Repeats  the same referral is noted once
 */
export async function addReferral(
  { tx, arrival, now }: Taking,
  { conversationId, personId, facts, at }: { conversationId: ConversationId; personId: string; facts: InboundReferralFacts; at: Date },
): Promise<boolean> {
  const digest = createHash('sha256')
    .update(JSON.stringify([personId, at, facts.source, facts.ref, facts.adId, facts.title, facts.url]))
    .digest();
  const added = await tx.query(
    `insert into referral (tenant_id, id, conversation_id, connection_id, digest, source, ref, ad_id, title, url, came_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict (tenant_id, connection_id, digest) do nothing returning id`,
    [
      tx.tenantId,
      newId(now),
      conversationId,
      arrival.connectionId,
      digest,
      facts.source,
      facts.ref,
      facts.adId,
      facts.title,
      facts.url,
      at,
    ],
  );
  return added.length > 0;
}

export interface ReferralRow extends InboundReferralFacts {
  cameAt: Date;
}

export const REFERRAL_COLUMNS = 'source, ref, ad_id as "adId", title, url, came_at as "cameAt"';

export function describeReferral({ cameAt, ...facts }: ReferralRow): Referral {
  return { at: cameAt.toISOString(), ...facts };
}
