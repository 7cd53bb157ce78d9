import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What sending needs beyond a text: files that agents attach, ids of files a vendor has already, the agents’ names at a vendor, and an
 * outbox that knows which message waits for which, until when, and how often it was tried.
 *
 * Locks    message and outbox, briefly: new columns with constant defaults
 * Undo     drops the columns and tables
 */
export class Sending1790000000010 implements MigrationInterface {
  readonly name = 'Sending1790000000010';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}

const UP = `
  alter table message
    add column quick_replies text[] not null default '{}',
    add column human_agent boolean not null default false,
    -- What was asked for under the idempotency key, keyed, so that a repeat is known even where the policy kept nothing of it.
    add column request_digest bytea check (length(request_digest) = 32);

  alter table outbox
    -- The first message of a reply that became several, and which of them this is.
    add column reply_id uuid,
    add column position int not null default 0,
    add column attempts int not null default 0,
    add column next_attempt_at timestamptz,
    -- It was not sent, or nobody knows: what it says is kept for a while, so that it can be sent by the agent’s word.
    add column given_up_at timestamptz,
    -- Files that no attachment may keep: they end with this row.
    add column blobs text[] not null default '{}';
  create index outbox_given_up on outbox (tenant_id, given_up_at) where given_up_at is not null;
  create index outbox_reply on outbox (tenant_id, reply_id, position) where reply_id is not null;
  create index message_on_its_way on message (tenant_id, conversation_id, created_at, id) where delivery_state in ('queued', 'sending', 'unknown');

  create table upload (
    tenant_id uuid not null,
    id uuid not null,
    agent_id uuid not null,
    name text not null,
    media_type text not null,
    size_bytes bigint not null,
    blob text not null,
    created_at timestamptz not null,
    primary key (tenant_id, id),
    foreign key (tenant_id, agent_id) references agent (tenant_id, id) on delete cascade
  );
  create index upload_agent on upload (tenant_id, agent_id);
  create index upload_age on upload (tenant_id, created_at);
  select shut_to_other_tenants('upload');

  create table vendor_file (
    tenant_id uuid not null,
    connection_id uuid not null,
    blob text not null,
    kind text not null check (kind in ('image', 'video', 'audio', 'file')),
    vendor_id text not null,
    uploaded_at timestamptz not null,
    primary key (tenant_id, connection_id, blob),
    foreign key (tenant_id, connection_id) references connection (tenant_id, id) on delete cascade
  );
  create index vendor_file_age on vendor_file (tenant_id, uploaded_at);
  select shut_to_other_tenants('vendor_file');

  create table persona (
    tenant_id uuid not null,
    connection_id uuid not null,
    agent_id uuid not null,
    name text not null,
    vendor_id text not null,
    made_at timestamptz not null,
    primary key (tenant_id, connection_id, agent_id),
    foreign key (tenant_id, connection_id) references connection (tenant_id, id) on delete cascade,
    foreign key (tenant_id, agent_id) references agent (tenant_id, id) on delete cascade
  );
  create index persona_agent on persona (tenant_id, agent_id);
  select shut_to_other_tenants('persona');
`;

const DOWN = `
  drop table persona, vendor_file, upload;
  drop index message_on_its_way, outbox_reply, outbox_given_up;
  alter table outbox drop column reply_id, drop column position, drop column attempts, drop column next_attempt_at, drop column given_up_at,
    drop column blobs;
  alter table message drop column quick_replies, drop column human_agent, drop column request_digest;
`;
