import type { Message, Page } from '#contract';
import type { Tenant, World } from './world.js';

export interface Mailbox {
  address: string;
  connectionId: string;
  webhookUrl: string;
  secret: string;
  /** The thread with somebody, or [] when there is none. `nth` counts the person's conversations, oldest first. */
  thread(address: string, nth?: number): Promise<Message[]>;
  conversationIds(address: string): Promise<string[]>;
}

/** A mailbox of the tenant's that the simulator's people can write to, and that sends through the simulator's mail server. */
export async function connectMailbox(
  world: World,
  tenant: Tenant,
  { address, smtpUrl }: { address: string; smtpUrl?: string },
): Promise<Mailbox> {
  const connected = await world.connectMailbox(tenant, address, smtpUrl);
  const conversationIds = async (person: string) => {
    const rows = await world.rows<{ id: string }>(
      `select conversation.id from conversation join contact_identity known using (contact_id)
       where known.external_id = $1 and conversation.tenant_id = $2 order by conversation.number`,
      [person.toLowerCase(), tenant.id],
    );
    return rows.map(({ id }) => id);
  };
  return {
    address,
    connectionId: connected.connection.id,
    webhookUrl: connected.webhookUrl,
    secret: connected.inboundSecret,
    conversationIds,
    thread: async (person, nth = 0) => {
      const id = (await conversationIds(person))[nth];
      return id === undefined ? [] : (await tenant.owner.get<Page<Message>>(`/api/conversations/${id}/messages?limit=100`)).body.items;
    },
  };
}
