import { withClient } from './ground.js';

export interface Seed {
  tenantId: string;
  connectionId: string;
  /** Those of the tenant's agents who have conversations. */
  agentIds: readonly string[];
  conversations: number;
  /** Messenger when left out. */
  channel?: 'messenger' | 'email';
}

/** One person writes about two and a half times in the time that is kept. */
const CONVERSATIONS_PER_CONTACT = 2.5;

/**
 * Two years of a tenant's conversations, three messages each. Most are closed, three in ten are not; of these a third is nobody's. Written
 * past the tenant's wall and without checking references, because it is only about having them.
 */
export async function seedConversations(ownerUrl: string, { channel = 'messenger', ...seed }: Seed): Promise<void> {
  await withClient(ownerUrl, async (client) => {
    await client.query('set session_replication_role = replica');
    await client.query('set statement_timeout = 0');
    const contacts = Math.ceil(seed.conversations / CONVERSATIONS_PER_CONTACT);
    await client.query('create temp table seeded_contact (n int primary key, id uuid)');
    await client.query("insert into seeded_contact select n, uuidv7(interval '-2 years') from generate_series(0, $1::int - 1) n", [
      contacts,
    ]);
    await client.query(CONTACTS, [seed.tenantId, channel === 'messenger' ? seed.connectionId : '', channel]);
    await client.query(CONVERSATIONS, [seed.tenantId, seed.connectionId, seed.conversations, contacts, seed.agentIds, channel]);
    await client.query(MESSAGES, [seed.tenantId]);
    await client.query('drop table seeded_contact');
  });
}

/** Statistics as a server has them that has run for a while. */
export async function analyse(ownerUrl: string): Promise<void> {
  await withClient(ownerUrl, (client) => client.query('vacuum analyze'));
}

const CONTACTS = `
  with made as (
    insert into contact (tenant_id, id, name, created_at)
    select $1::uuid, id, (array['Sanne', 'Joost', 'Mieke', 'Anna', 'Tom', 'Yasmin', 'Lucas'])[1 + n % 7] || ' ' || (array['de Wit', 'Bakker', 'Jansen', 'Visser'])[1 + n % 4] || ' ' || n,
      now() - interval '2 years'
    from seeded_contact
  )
  insert into contact_identity (tenant_id, channel, scope, external_id, contact_id)
  select $1::uuid, $3::text, $2::text, case when $3::text = 'email' then 'seeded' || n || '@mail.example' else (24680135000000000 + n)::text end, id
  from seeded_contact`;

const CONVERSATIONS = `
  insert into conversation (tenant_id, id, number, channel, connection_id, contact_id, subject, preview, preview_direction, status,
    assignee_id, unread, last_inbound_at, last_message_at, retention_rule_id, retention_anchor_at, created_at)
  select $1::uuid, uuidv7(at - now()), number, $6::text, $2::uuid, seeded_contact.id, '', 'Thank you, that is all I wanted to know about order ' || number, 'in',
    case when number % 10 < 7 then 'closed' when number % 10 < 9 then 'open' when number % 20 < 10 then 'pending' else 'snoozed' end,
    case when number % 3 = 0 then null else ($5::uuid[])[1 + number / 10 % cardinality($5::uuid[])] end,
    number % 5 = 0, at, at, (select id from retention_rule where tenant_id = $1::uuid order by position limit 1), at, at - interval '2 hours'
  from (
    -- Spread over two years in no order of their numbers, as conversations that come back to life are.
    select number, date_trunc('milliseconds', now() - (number::bigint * 7919 % $3::int) * interval '1 second' * (730 * 86400.0 / $3::int)) as at
    from generate_series(1, $3::int) number
  ) numbered
  join seeded_contact on seeded_contact.n = number * 31 % $4::int`;

const MESSAGES = `
  insert into message (tenant_id, id, conversation_id, connection_id, direction, kind, author_kind, author_contact_id, author_agent_id,
    text, recording_version, external_id, vendor_sent_at, delivery_state, delivery_at, sent_at, created_at)
  select conversation.tenant_id, uuidv7(at - now()), conversation.id, connection_id, case when turn = 2 then 'out' else 'in' end, 'text',
    case when turn = 2 then 'agent' else 'contact' end, case when turn = 2 then null else contact_id end,
    case when turn = 2 then assignee_id end, 'Part ' || turn || ' of what was said about order ' || number || ', long enough to be a sentence of a person.',
    1, 'm_' || number || '_' || turn, at, case when turn = 2 then 'read' end, case when turn = 2 then at end, at, at
  from conversation, generate_series(1, 3) turn, lateral (select last_message_at - (3 - turn) * interval '1 hour' as at) moment
  where tenant_id = $1::uuid`;
