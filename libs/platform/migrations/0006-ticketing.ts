import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What contacts and agents said to each other.
 *
 * Locks    none: new tables
 * Undo     drops the tables
 */
export class Ticketing1790000000006 implements MigrationInterface {
  readonly name = 'Ticketing1790000000006';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}

const UP = `
  create table contact (
    tenant_id uuid not null references tenant (id),
    id uuid not null,
    name text not null,
    picture_blob text,
    created_at timestamptz not null,
    primary key (tenant_id, id)
  );
  select shut_to_other_tenants('contact');

  -- A name a contact is known by on a channel. A Messenger id is valid on one page only, so its connection is part of the key.
  create table contact_identity (
    tenant_id uuid not null,
    channel text not null,
    scope text not null,
    external_id text not null,
    contact_id uuid not null,
    profile_fetched_at timestamptz,
    delivered_watermark_at timestamptz,
    read_watermark_at timestamptz,
    primary key (tenant_id, channel, scope, external_id),
    foreign key (tenant_id, contact_id) references contact (tenant_id, id) on delete cascade
  );
  create index contact_identity_contact on contact_identity (tenant_id, contact_id);
  select shut_to_other_tenants('contact_identity');

  create table ticket_counter (
    tenant_id uuid primary key references tenant (id),
    last_number bigint not null
  );
  select shut_to_other_tenants('ticket_counter');

  create table conversation (
    tenant_id uuid not null references tenant (id),
    id uuid not null,
    number bigint not null,
    channel text not null,
    connection_id uuid not null,
    contact_id uuid not null,
    subject text not null,
    preview text not null,
    preview_direction text not null,
    status text not null check (status in ('open', 'pending', 'snoozed', 'closed')),
    assignee_id uuid,
    tags text[] not null default '{}',
    unread boolean not null,
    last_inbound_at timestamptz,
    last_message_at timestamptz not null,
    closed_at timestamptz,
    retention_rule_id uuid not null,
    retention_anchor_at timestamptz not null,
    created_at timestamptz not null,
    primary key (tenant_id, id),
    foreign key (tenant_id, connection_id) references connection (tenant_id, id),
    foreign key (tenant_id, contact_id) references contact (tenant_id, id),
    foreign key (tenant_id, assignee_id) references agent (tenant_id, id),
    foreign key (tenant_id, retention_rule_id) references retention_rule (tenant_id, id)
  );
  create unique index conversation_number on conversation (tenant_id, number);
  create index conversation_newest on conversation (tenant_id, last_message_at desc, id desc) where status <> 'closed';
  create index conversation_by_status on conversation (tenant_id, status, last_message_at desc, id desc);
  create index conversation_by_assignee on conversation (tenant_id, assignee_id, last_message_at desc, id desc) where status <> 'closed';
  create index conversation_by_contact on conversation (tenant_id, contact_id, last_message_at desc);
  create index conversation_by_rule on conversation (tenant_id, retention_rule_id, retention_anchor_at);
  select shut_to_other_tenants('conversation');

  create table message (
    tenant_id uuid not null references tenant (id),
    id uuid not null,
    conversation_id uuid not null,
    connection_id uuid not null,
    direction text not null check (direction in ('in', 'out', 'note', 'system')),
    kind text not null,
    author_kind text not null check (author_kind in ('contact', 'agent', 'outside', 'system')),
    author_contact_id uuid,
    author_agent_id uuid,
    text text not null,
    full_text text,
    html text,
    subject text,
    detail text,
    cc text[] not null default '{}',
    reply_address text,
    edited boolean not null default false,
    withheld boolean not null default false,
    from_stranger boolean not null default false,
    recording_version int not null,
    external_id text,
    reply_to_external_id text,
    vendor_sent_at timestamptz,
    delivery_state text check (delivery_state in ('queued', 'sending', 'sent', 'delivered', 'read', 'failed', 'unknown')),
    delivery_at timestamptz,
    delivery_code text,
    delivery_reason text,
    delivery_remedy text,
    idempotency_key text,
    sent_at timestamptz not null,
    created_at timestamptz not null,
    primary key (tenant_id, id),
    foreign key (tenant_id, conversation_id) references conversation (tenant_id, id) on delete cascade,
    foreign key (tenant_id, connection_id) references connection (tenant_id, id),
    foreign key (tenant_id, author_contact_id) references contact (tenant_id, id),
    foreign key (tenant_id, author_agent_id) references agent (tenant_id, id),
    foreign key (tenant_id, recording_version) references recording_policy (tenant_id, version)
  );
  create index message_thread on message (tenant_id, conversation_id, sent_at desc, id desc);
  -- A message is stored once, however often it arrives.
  create unique index message_external on message (tenant_id, connection_id, external_id);
  create unique index message_idempotency on message (tenant_id, author_agent_id, idempotency_key);
  create index message_author_contact on message (tenant_id, author_contact_id) where author_contact_id is not null;
  select shut_to_other_tenants('message');

  -- Every Message-ID that a mail named, so that a later mail sharing one of them finds the conversation.
  create table mail_reference (
    tenant_id uuid not null,
    message_id_digest bytea not null check (length(message_id_digest) = 32),
    conversation_id uuid not null,
    primary key (tenant_id, message_id_digest, conversation_id),
    foreign key (tenant_id, conversation_id) references conversation (tenant_id, id) on delete cascade
  );
  create index mail_reference_conversation on mail_reference (tenant_id, conversation_id);
  select shut_to_other_tenants('mail_reference');

  create table attachment (
    tenant_id uuid not null,
    id uuid not null,
    message_id uuid not null,
    position int not null,
    kind text not null,
    name text not null,
    media_type text,
    size_bytes bigint,
    state text not null check (state in ('stored', 'fetching', 'lost', 'not_recorded')),
    blob text,
    content_id text,
    source_url text,
    primary key (tenant_id, id),
    foreign key (tenant_id, message_id) references message (tenant_id, id) on delete cascade
  );
  create index attachment_message on attachment (tenant_id, message_id, position);
  select shut_to_other_tenants('attachment');

  create table reaction (
    tenant_id uuid not null,
    message_id uuid not null,
    contact_id uuid not null,
    emoji text not null,
    reacted_at timestamptz not null,
    primary key (tenant_id, message_id, contact_id),
    foreign key (tenant_id, message_id) references message (tenant_id, id) on delete cascade,
    foreign key (tenant_id, contact_id) references contact (tenant_id, id)
  );
  create index reaction_contact on reaction (tenant_id, contact_id);
  select shut_to_other_tenants('reaction');

  -- What an outbound message says until it has been sent, sealed: the policy may forbid keeping it, yet it must survive a crash.
  create table outbox (
    tenant_id uuid not null,
    message_id uuid not null,
    sealed_content bytea not null,
    created_at timestamptz not null,
    primary key (tenant_id, message_id),
    foreign key (tenant_id, message_id) references message (tenant_id, id) on delete cascade
  );
  select shut_to_other_tenants('outbox');
`;

const DOWN = `
  drop table outbox, reaction, attachment, mail_reference, message, conversation, ticket_counter, contact_identity, contact;
`;
