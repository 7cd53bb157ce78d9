import { withClient } from './ground.js';
import type { MailHouse } from './mail-house.js';
import { seedConversations } from './seed-conversations.js';

/** Two years of mail in this mailbox: the conversations, and what is remembered of each mail's ids, as taking them in would have left it. */
export async function seedMail({ ground, mailbox, owner }: MailHouse, conversations: number): Promise<void> {
  const { body } = await owner.get<{ tenant: { id: string }; agent: { id: string } }>('/api/session');
  const seed = { tenantId: body.tenant.id, connectionId: mailbox.connection.id, agentIds: [body.agent.id], conversations };
  await seedConversations(ground.urls.owner, { ...seed, channel: 'email' });
  await withClient(ground.urls.owner, async (client) => {
    await client.query('set session_replication_role = replica');
    await client.query('set statement_timeout = 0');
    await client.query(MAILS, [seed.tenantId]);
    await client.query(REFERENCES, [seed.tenantId]);
    await client.query(KNOWN, [seed.tenantId]);
    await client.query(NUMBER, [seed.tenantId, conversations]);
  });
}

const MAILS = `
  update message set external_id = 'seeded-' || replace(external_id, 'm_', '') || '@mail.example ' || substr(md5(external_id), 1, 16),
    subject = 'Order', mail_class = case when direction = 'in' then 'human' end, auth_verdict = case when direction = 'in' then 'pass' end
  where tenant_id = $1`;

const REFERENCES = `
  insert into mail_reference (tenant_id, message_id_digest, conversation_id)
  select tenant_id, sha256(convert_to(split_part(external_id, ' ', 1), 'UTF8')), conversation_id from message where tenant_id = $1`;

const KNOWN = `
  insert into known_mail (tenant_id, digest, message_id, taken_at)
  select tenant_id, sha256(convert_to(external_id, 'UTF8')), id, created_at from message where tenant_id = $1 and direction = 'in'`;

/** The next conversation comes after these. */
const NUMBER = `
  insert into ticket_counter (tenant_id, last_number) values ($1, $2) on conflict (tenant_id) do update set last_number = excluded.last_number`;
