import { signInbound } from '#channels';
import type { Message, Page } from '#contract';
import { knock } from './knock.js';
import type { Tenant, World } from './world.js';

export interface Mailbox {
  address: string;
  connectionId: string;
  webhookUrl: string;
  secret: string;
  /** The thread with somebody, or [] when there is none. `nth` counts the person's conversations, oldest first. */
  thread(address: string, nth?: number): Promise<Message[]>;
  conversationIds(address: string): Promise<string[]>;
  /** Posts any bytes as a mail, signed as the mailbox's provider does. Answers the status. */
  post(raw: Buffer): Promise<number>;
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
    post: async (body) => {
      const timestamp = String(Math.floor(world.clock.now().getTime() / 1000));
      const signature = signInbound(body, connected.inboundSecret, timestamp);
      const headers = { 'content-type': 'message/rfc822', 'x-omnidesk-timestamp': timestamp, 'x-omnidesk-signature': signature };
      return (await knock(connected.webhookUrl, { body, headers })).status;
    },
    thread: async (person, nth = 0) => {
      const id = (await conversationIds(person))[nth];
      return id === undefined ? [] : (await tenant.owner.get<Page<Message>>(`/api/conversations/${id}/messages?limit=100`)).body.items;
    },
  };
}
