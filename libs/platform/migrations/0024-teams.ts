import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Teams, and what of a tenant an agent sees: all of it, but for the connections that are given to teams the agent is not in. The database
 * holds it, under every query there is: a transaction that names the connections it may see sees nothing of the others.
 *
 * Locks    each table of connections and conversations, shortly
 * Undo     drops the teams; everybody sees every connection again
 */
export class Teams1790000000024 implements MigrationInterface {
  readonly name = 'Teams1790000000024';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
    for (const table of OF_A_CONNECTION) await runner.query(shut(table, 'connection_id = any ((select seen_connections())::uuid[])'));
    for (const table of OF_A_CONVERSATION) await runner.query(shut(table, 'conversation_is_seen(conversation_id)'));
    for (const table of OF_A_MESSAGE) await runner.query(shut(table, 'message_is_seen(message_id)'));
    await runner.query(shut('connection', 'id = any ((select seen_connections())::uuid[])'));
    await runner.query(shut('conversation_link', 'conversation_is_seen(conversation_id) and conversation_is_seen(related_id)'));
    await runner.query(shut('suppression', 'address_is_seen(address)'));
    // A person is written down before the first conversation with them, so what is written is not asked whether it is seen.
    await runner.query(shut('contact', 'contact_is_seen(id)', 'true'));
    await runner.query(shut('contact_identity', IDENTITY_SEEN, 'true'));
  }

  async down(runner: QueryRunner): Promise<void> {
    const tables = [...OF_A_CONNECTION, ...OF_A_CONVERSATION, ...OF_A_MESSAGE, ...OTHERS];
    for (const table of tables) await runner.query(`drop policy own_teams on ${table}`);
    await runner.query(DOWN);
  }
}

const OF_A_CONNECTION = [
  'conversation',
  'message',
  'raw_event',
  'early_event',
  'referral',
  'sweep',
  'agent_mail_return',
  'agent_mail_token',
  'agent_mail_alarm',
  'mailbox',
  'mail_folder',
  'mail_grant',
  'mail_key',
  'mail_relay',
  'mail_rest',
  'mail_test',
  'message_mailbox',
  'move_code',
  'persona',
  'vendor_file',
  'webhook_token',
];
const OF_A_CONVERSATION = ['conversation_merge', 'mail_reference'];
const OF_A_MESSAGE = ['attachment', 'message_version', 'reaction', 'mail_recipient', 'outbox'];
const OTHERS = ['connection', 'conversation_link', 'suppression', 'contact', 'contact_identity'];
const IDENTITY_SEEN = `(scope = '' or scope = any ((select seen_connections())::text[])) and contact_is_seen(contact_id)`;

// Restrictive: it takes away from what the tenant's own policy gives. Its first half is a constant of the plan, so that a transaction
// that sees everything pays for a comparison and no more.
function shut(table: string, isSeen: string, mayBeWritten?: string): string {
  const check = mayBeWritten === undefined ? '' : ` with check (${mayBeWritten})`;
  return `create policy own_teams on ${table} as restrictive using ((select seen_connections()) is null or (${isSeen}))${check}`;
}

const UP = `
  create table team (
    tenant_id uuid not null references tenant,
    id uuid not null,
    name text not null,
    created_at timestamptz not null,
    primary key (tenant_id, id)
  );
  create unique index team_name on team (tenant_id, lower(name));
  select shut_to_other_tenants('team');

  create table team_agent (
    tenant_id uuid not null,
    team_id uuid not null,
    agent_id uuid not null,
    primary key (tenant_id, team_id, agent_id),
    foreign key (tenant_id, team_id) references team (tenant_id, id) on delete cascade,
    foreign key (tenant_id, agent_id) references agent (tenant_id, id) on delete cascade
  );
  create index team_agent_agent on team_agent (tenant_id, agent_id);
  select shut_to_other_tenants('team_agent');

  -- A connection with no line here is everybody's.
  create table team_connection (
    tenant_id uuid not null,
    team_id uuid not null,
    connection_id uuid not null,
    primary key (tenant_id, team_id, connection_id),
    foreign key (tenant_id, team_id) references team (tenant_id, id) on delete cascade,
    foreign key (tenant_id, connection_id) references connection (tenant_id, id) on delete cascade
  );
  create index team_connection_connection on team_connection (tenant_id, connection_id);
  select shut_to_other_tenants('team_connection');

  alter table conversation add team_id uuid,
    add foreign key (tenant_id, team_id) references team (tenant_id, id) on delete set null (team_id);
  create index conversation_by_team on conversation (tenant_id, team_id, last_message_at desc, id desc)
    where team_id is not null and status <> 'closed' and quarantined_at is null;

  -- Null: everything. The setting is '' once a transaction that set it has ended.
  create function seen_connections() returns uuid[] language sql stable parallel safe as $$
    select nullif(current_setting('app.connections', true), '')::uuid[]
  $$;

  -- Which connections an agent sees. Null where that is all there are: what nobody set apart costs nothing.
  create function connections_seen_by(agent uuid) returns uuid[] language plpgsql stable as $$
  begin
    if not exists (
      select from team_connection shut where not exists (
        select from team_connection given join team_agent on team_agent.tenant_id = given.tenant_id and team_agent.team_id = given.team_id
        where given.connection_id = shut.connection_id and team_agent.agent_id = agent
      )
    ) then return null; end if;
    return array(
      select connection.id from connection
      where not exists (select from team_connection where team_connection.connection_id = connection.id)
        or exists (
          select from team_connection given join team_agent on team_agent.tenant_id = given.tenant_id and team_agent.team_id = given.team_id
          where given.connection_id = connection.id and team_agent.agent_id = agent
        )
      order by connection.id
    );
  end $$;

  -- Each asks under the policies of the table it reads, so what is seen follows from the connection alone. In a language that is not
  -- unfolded into the statement: planning one that does not need them stays as cheap as it was.
  create function conversation_is_seen(asked uuid) returns boolean language plpgsql stable as $$
  begin return exists (select from conversation where id = asked); end $$;
  create function message_is_seen(asked uuid) returns boolean language plpgsql stable as $$
  begin return exists (select from message where id = asked); end $$;
  create function contact_is_seen(asked uuid) returns boolean language plpgsql stable as $$
  begin
    return exists (select from conversation where contact_id = asked) or exists (select from message where author_contact_id = asked);
  end $$;
  create function address_is_seen(asked text) returns boolean language plpgsql stable as $$
  begin return exists (select from contact_identity where channel = 'email' and scope = '' and external_id = asked); end $$;
`;

const DOWN = `
  drop function address_is_seen;
  drop function contact_is_seen;
  drop function message_is_seen;
  drop function conversation_is_seen;
  drop function connections_seen_by;
  drop function seen_connections;
  alter table conversation drop column team_id;
  drop table team_connection;
  drop table team_agent;
  drop table team;
`;
