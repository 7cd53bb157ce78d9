import type { ConnectionId } from '#channels';
import type { TenantTx } from '#platform';
import type { ConversationId } from './ids.js';

/** Who is at the other end of a Messenger thread, in the vendor's own id; null where there is none, or the vendor has not said. */
export async function personOf(tx: TenantTx, id: ConversationId): Promise<{ connectionId: ConnectionId; externalId: string } | null> {
  const [row] = await tx.query<{ connectionId: ConnectionId; externalId: string }>(
    `select conversation.connection_id as "connectionId", known.external_id as "externalId" from conversation
     join contact_identity known on known.tenant_id = conversation.tenant_id and known.contact_id = conversation.contact_id
       and known.channel = conversation.channel and known.scope = conversation.connection_id::text
     where conversation.id = $1 and conversation.channel = 'messenger' and conversation.kind = 'messages' and known.external_id not like '%:%'
     limit 1`,
    [id],
  );
  return row ?? null;
}
