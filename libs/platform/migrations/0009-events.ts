import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Everything that happens to a message after it was said, and everything a Messenger thread has beside messages: edits, what came too
 * early, referrals, control, comments.
 *
 * Locks    contact, conversation, message and feed_line, briefly: new columns with constant defaults
 * Undo     drops the columns and tables
 */
export class Events1790000000009 implements MigrationInterface {
  readonly name = 'Events1790000000009';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}

const UP = `
  -- When the name was said; null while it is only a stand-in of ours.
  alter table contact add column name_at timestamptz;

  alter table conversation
    add column kind text not null default 'messages' check (kind in ('messages', 'comments')),
    add column thread_external_id text,
    add column post_id text,
    add column post_url text,
    -- Opened by an import, and nothing has happened in it since.
    add column imported boolean not null default false,
    -- The newest word on who has the thread, and when it was true.
    add column controlled_by_other boolean not null default false,
    add column control_at timestamptz,
    -- The newest sign that it was ours, and the newest time we were told of another app: that app has it still if nothing of ours came since.
    add column control_ours_at timestamptz,
    add column control_app_id text,
    add column control_app_at timestamptz,
    add column control_requested_at timestamptz;
  -- One conversation for what is said below one comment, whoever of its writers is heard first.
  create unique index conversation_thread on conversation (tenant_id, connection_id, thread_external_id) where thread_external_id is not null;

  alter table message
    add column unsent_at timestamptz,
    add column hidden boolean not null default false,
    add column hidden_at timestamptz,
    add column liked boolean not null default false,
    add column liked_at timestamptz,
    add column private_reply_at timestamptz,
    add column app_id text;
  -- Only what an agent says has such a key; the index of everything else would be as large as the table, and in the way of better ones.
  drop index message_idempotency;
  create unique index message_idempotency on message (tenant_id, author_agent_id, idempotency_key) where idempotency_key is not null;
  -- What a receipt may be about.
  create index message_undelivered on message (tenant_id, conversation_id, vendor_sent_at)
    where direction = 'out' and delivery_state in ('sent', 'delivered');

  alter table feed_line add column quiet boolean not null default false;

  -- What a message said, from its first words to its newest. Edits find their place by their own number or instant, in any order of coming.
  create table message_version (
    tenant_id uuid not null,
    message_id uuid not null,
    edit_key text not null,
    edit_number int not null,
    said_at timestamptz not null,
    text text not null,
    primary key (tenant_id, message_id, edit_key),
    foreign key (tenant_id, message_id) references message (tenant_id, id) on delete cascade
  );
  select shut_to_other_tenants('message_version');

  -- What came before the message, or the person's first word, that it is about. It is applied when that comes.
  create table early_event (
    tenant_id uuid not null,
    id uuid not null,
    connection_id uuid not null,
    waits_for text not null,
    digest bytea not null check (length(digest) = 32),
    event jsonb not null,
    happened_at timestamptz not null,
    created_at timestamptz not null,
    primary key (tenant_id, id),
    foreign key (tenant_id, connection_id) references connection (tenant_id, id)
  );
  create unique index early_event_once on early_event (tenant_id, connection_id, waits_for, digest);
  create index early_event_age on early_event (tenant_id, created_at);
  select shut_to_other_tenants('early_event');

  -- How a person came to the page.
  create table referral (
    tenant_id uuid not null,
    id uuid not null,
    conversation_id uuid not null,
    connection_id uuid not null,
    digest bytea not null check (length(digest) = 32),
    source text not null,
    ref text,
    ad_id text,
    title text,
    url text,
    came_at timestamptz not null,
    primary key (tenant_id, id),
    foreign key (tenant_id, conversation_id) references conversation (tenant_id, id) on delete cascade,
    foreign key (tenant_id, connection_id) references connection (tenant_id, id)
  );
  create unique index referral_once on referral (tenant_id, connection_id, digest);
  create index referral_conversation on referral (tenant_id, conversation_id, came_at desc);
  select shut_to_other_tenants('referral');

  -- Events as they came, where they say more than we understand and the tenant wants them kept.
  create table raw_event (
    tenant_id uuid not null,
    id uuid not null,
    connection_id uuid not null,
    message_id uuid,
    digest bytea not null check (length(digest) = 32),
    body bytea not null,
    received_at timestamptz not null,
    primary key (tenant_id, id),
    foreign key (tenant_id, connection_id) references connection (tenant_id, id),
    foreign key (tenant_id, message_id) references message (tenant_id, id) on delete cascade
  );
  create unique index raw_event_once on raw_event (tenant_id, connection_id, digest);
  create index raw_event_message on raw_event (tenant_id, message_id);
  create index raw_event_age on raw_event (tenant_id, received_at);
  select shut_to_other_tenants('raw_event');

  -- The server counts its tables once a minute. Where a whole archive comes in at once, plans made for empty tables read them from end to
  -- end meanwhile; so whoever takes in much may have them counted now.
  create function count_tables_anew() returns void language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
  begin
    analyze public.contact, public.contact_identity, public.conversation, public.message, public.early_event;
  end $$;
  revoke all on function count_tables_anew from public;
  grant execute on function count_tables_anew to omnidesk_app;
`;

const DOWN = `
  drop function count_tables_anew;
  drop index message_undelivered, message_idempotency;
  create unique index message_idempotency on message (tenant_id, author_agent_id, idempotency_key);
  drop table raw_event, referral, early_event, message_version;
  alter table feed_line drop column quiet;
  alter table message drop column unsent_at, drop column hidden, drop column hidden_at, drop column liked, drop column liked_at,
    drop column private_reply_at, drop column app_id;
  drop index conversation_thread;
  alter table conversation drop column kind, drop column thread_external_id, drop column post_id, drop column post_url, drop column imported,
    drop column controlled_by_other, drop column control_at, drop column control_ours_at, drop column control_app_id, drop column control_app_at,
    drop column control_requested_at;
  alter table contact drop column name_at;
`;
