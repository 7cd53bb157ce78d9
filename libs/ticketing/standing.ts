import type { ConversationStatus } from '#contract';
import type { RetentionRuleId } from '#policies';
import type { Taking } from './arrival.js';
import { CONTACT_COLUMNS, type Identity, type KnownContact } from './contact.js';
import { type OpenConversation, reopenedSince } from './conversation.js';
import { awaitingMessage, awaitingPerson } from './early-event.js';
import type { ConversationId } from './ids.js';

/** How things stand when a message comes. */
export interface Standing {
  contact: KnownContact | null;
  /** The conversation that the person's next word belongs to. */
  current: (OpenConversation & { controlledByOther: boolean }) | null;
  /** The message is here already. */
  isStored: boolean;
  /** Something waits for this message, or for this person's first word. */
  isAwaited: boolean;
}

/**
 * Everything that decides where a message goes, in one question: every message asks it. The person must be locked, so that nothing of this
 * changes while the message is stored; the contact's row is locked here too, for those who know no more than that.
 */
export async function lookUp(
  { tx, arrival }: Taking,
  { channel, scope, externalId: personId }: Identity,
  { externalId, at }: { externalId: string; at: Date },
): Promise<Standing> {
  const [row] = await tx.queryPrepared<Row>(
    'how-things-stand',
    `select contact.*, conversation.*,
       exists (select 1 from message where connection_id = $4 and external_id = $5) as "isStored",
       exists (select 1 from early_event where connection_id = $4 and waits_for in ($6, $7)) as "isAwaited"
     from (select 1) as nothing left join lateral (
       select ${CONTACT_COLUMNS}
       from contact_identity known join contact on contact.tenant_id = known.tenant_id and contact.id = known.contact_id
       where known.channel = $1 and known.scope = $2 and known.external_id = $3 for update of known
     ) contact on true left join lateral (
       select id as "conversationId", status, retention_rule_id as "retentionRuleId", controlled_by_other as "controlledByOther"
       from conversation where contact_id = contact.id and connection_id = $4 and kind = 'messages' and merged_into_id is null
         and (status <> 'closed' or closed_at > $8)
       order by last_message_at desc limit 1
     ) conversation on true`,
    [channel, scope, personId, arrival.connectionId, externalId, awaitingMessage(externalId), awaitingPerson(personId), reopenedSince(at)],
  );
  const { id, name, nameAt, deliveredWatermarkAt, readWatermarkAt, conversationId, status, retentionRuleId, controlledByOther } = row!;
  return {
    contact: id === null ? null : { id, name, nameAt, deliveredWatermarkAt, readWatermarkAt, isNew: false },
    current: conversationId === null ? null : { id: conversationId, status, retentionRuleId, controlledByOther, isNew: false },
    isStored: row!.isStored,
    isAwaited: row!.isAwaited,
  };
}

interface Row extends Omit<KnownContact, 'id' | 'isNew'> {
  id: KnownContact['id'] | null;
  conversationId: ConversationId | null;
  status: ConversationStatus;
  retentionRuleId: RetentionRuleId;
  controlledByOther: boolean;
  isStored: boolean;
  isAwaited: boolean;
}
