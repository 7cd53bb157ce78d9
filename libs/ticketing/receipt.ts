import type { InboundReceipt } from '#channels';
import { MINUTE_MS } from '#platform';
import type { Taking } from './arrival.js';
import type { Identity } from './contact.js';
import type { ConversationId, MessageId } from './ids.js';

/** A vendor's clock may run a little ahead of ours; a watermark beyond that is not believed. */
const CLOCK_SKEW_MS_MAX = 5 * MINUTE_MS;

export interface Changed {
  id: MessageId;
  conversationId: ConversationId;
}

/** Whether the tenant keeps receipts, and this one can be true. */
export function isBelievable({ policies, arrival, now }: Taking, { watermarkAt }: Pick<InboundReceipt, 'watermarkAt'>): boolean {
  return policies.recorder.may('receipts', arrival.channel) && watermarkAt.getTime() <= now.getTime() + CLOCK_SKEW_MS_MAX;
}

/**
 * Everything sent to the person up to the watermark was delivered or read, by the vendor's time of our messages. Null when nobody is
 * known by this name.
 *
 * Repeats  an older watermark changes nothing
 */
export async function advance(
  { tx, arrival }: Taking,
  identity: Identity,
  { state, at }: { state: InboundReceipt['state']; at: Date },
): Promise<Changed[] | null> {
  const [row] = await tx.queryPrepared<{ isKnown: boolean; changed: Changed[] | null }>(
    'advance-to-watermark',
    `with known as (
       update contact_identity set
         delivered_watermark_at = case when $5 = 'delivered' then greatest(delivered_watermark_at, $4) else delivered_watermark_at end,
         read_watermark_at = case when $5 = 'read' then greatest(read_watermark_at, $4) else read_watermark_at end
       where channel = $1 and scope = $2 and external_id = $3 returning contact_id
     ), changed as (
       update message set delivery_state = $5, delivery_at = $4
       from known join conversation on conversation.contact_id = known.contact_id
       where conversation.connection_id = $6 and conversation.kind = 'messages' and message.tenant_id = conversation.tenant_id
         and message.conversation_id = conversation.id and message.direction = 'out' and message.vendor_sent_at <= $4
         and message.delivery_state in ('sent', 'delivered') and (message.delivery_state = 'sent' or $5 = 'read')
       returning message.id, message.conversation_id
     )
     select exists (select 1 from known) as "isKnown",
       (select json_agg(json_build_object('id', id, 'conversationId', conversation_id)) from changed) as changed`,
    [identity.channel, identity.scope, identity.externalId, at, state, arrival.connectionId],
  );
  return row!.isKnown ? (row!.changed ?? []) : null;
}

/** These messages were delivered. Gives back what was changed, and the ids that name nothing we have. */
export async function advanceNamed(
  { tx, arrival, now }: Taking,
  externalIds: string[],
): Promise<{ changed: Changed[]; unknown: string[] }> {
  const [row] = await tx.queryPrepared<{ changed: Changed[] | null; unknown: string[] | null }>(
    'advance-named',
    `with changed as (
       update message set delivery_state = 'delivered', delivery_at = $3
       where connection_id = $1 and external_id = any($2) and direction = 'out' and delivery_state = 'sent' returning id, conversation_id
     )
     select (select json_agg(json_build_object('id', id, 'conversationId', conversation_id)) from changed) as changed,
       (select array_agg(name) from unnest($2::text[]) name
        where not exists (select 1 from message where connection_id = $1 and external_id = name)) as unknown`,
    [arrival.connectionId, externalIds, now],
  );
  return { changed: row!.changed ?? [], unknown: row!.unknown ?? [] };
}
