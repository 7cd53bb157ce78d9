import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What became of mail we sent: which addresses it does not reach; and by which addresses agents answer by mail.
 *
 * Locks    none: new tables
 * Undo     drops the tables
 */
export class MailOutcomes1790000000014 implements MigrationInterface {
  readonly name = 'MailOutcomes1790000000014';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}

const UP = `
  create table suppression (
    tenant_id uuid not null references tenant (id),
    id uuid not null,
    address text not null,
    stream text not null check (stream in ('replies', 'newsletter')),
    reason text not null check (reason in ('hard_bounce', 'soft_bounces', 'complaint')),
    code text,
    -- As in mail_recipient, so that lifting it forgets what was counted.
    address_digest bytea not null check (length(address_digest) = 32),
    since timestamptz not null,
    primary key (tenant_id, id)
  );
  create unique index suppression_address on suppression (tenant_id, address, stream);
  create index suppression_since on suppression (tenant_id, since desc, id desc);
  select shut_to_other_tenants('suppression');

  -- Whom each mail went to, by a keyed digest of the address, and what became of it there. A message is what its recipients make of it, so
  -- that reports may come in any order, and more than once.
  create table mail_recipient (
    tenant_id uuid not null,
    message_id uuid not null,
    address_digest bytea not null check (length(address_digest) = 32),
    -- copy: Cc and Bcc alike.
    role text not null check (role in ('to', 'copy')),
    outcome text check (outcome in ('delayed', 'delivered', 'failed')),
    code text,
    -- Why, in a sentence for people: with the address only where the recording policy keeps addresses.
    reason text,
    -- It did not arrive for the moment: several of these in a few weeks, and the address counts as dead.
    soft_at timestamptz,
    primary key (tenant_id, message_id, address_digest),
    foreign key (tenant_id, message_id) references message (tenant_id, id) on delete cascade
  );
  create index mail_recipient_soft on mail_recipient (tenant_id, address_digest, soft_at) where soft_at is not null;
  select shut_to_other_tenants('mail_recipient');

  -- By which address an agent answers a notification. The digest only: who reads the table cannot answer.
  create table agent_mail_token (
    tenant_id uuid not null,
    digest bytea not null check (length(digest) = 32),
    connection_id uuid not null,
    agent_id uuid not null,
    conversation_id uuid not null,
    expires_at timestamptz not null,
    primary key (tenant_id, digest),
    foreign key (tenant_id, connection_id) references connection (tenant_id, id) on delete cascade,
    foreign key (tenant_id, agent_id) references agent (tenant_id, id) on delete cascade,
    foreign key (tenant_id, conversation_id) references conversation (tenant_id, id) on delete cascade
  );
  create index agent_mail_token_connection on agent_mail_token (tenant_id, connection_id);
  create index agent_mail_token_agent on agent_mail_token (tenant_id, agent_id);
  create index agent_mail_token_conversation on agent_mail_token (tenant_id, conversation_id);
  create index agent_mail_token_expires on agent_mail_token (tenant_id, expires_at);
  select shut_to_other_tenants('agent_mail_token');

  -- When the admins were last told that somebody tried to write as an agent.
  create table agent_mail_alarm (
    tenant_id uuid not null,
    connection_id uuid not null,
    told_at timestamptz not null,
    primary key (tenant_id, connection_id),
    foreign key (tenant_id, connection_id) references connection (tenant_id, id) on delete cascade
  );
  select shut_to_other_tenants('agent_mail_alarm');

  -- What an agent wrote by mail and could not be sent, until it is back with the agent. Sealed: it is content that no policy has seen.
  create table agent_mail_return (
    tenant_id uuid not null,
    id uuid not null,
    agent_id uuid not null,
    connection_id uuid not null,
    code text not null,
    sealed_text bytea not null,
    created_at timestamptz not null,
    primary key (tenant_id, id),
    foreign key (tenant_id, agent_id) references agent (tenant_id, id) on delete cascade,
    foreign key (tenant_id, connection_id) references connection (tenant_id, id) on delete cascade
  );
  create index agent_mail_return_agent on agent_mail_return (tenant_id, agent_id);
  create index agent_mail_return_connection on agent_mail_return (tenant_id, connection_id);
  select shut_to_other_tenants('agent_mail_return');
`;

const DOWN = `
  drop table agent_mail_return, agent_mail_alarm, agent_mail_token, mail_recipient, suppression;
`;
