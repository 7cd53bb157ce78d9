import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What a mail is and how far it is believed; every mail that was ever taken in, so that none is taken in twice, not even after it was
 * erased; which conversations may belong together; and how much goes out by itself.
 *
 * Locks    conversation, message and attachment: new columns with constant defaults, briefly; conversation besides while three of its
 *          indexes are made anew without what is in quarantine
 * Undo     drops the tables and columns, and makes the indexes as they were
 */
export class MailThreads1790000000013 implements MigrationInterface {
  readonly name = 'MailThreads1790000000013';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}

const UP = `
  alter table message
    add column mail_class text,
    add column auth_verdict text check (auth_verdict in ('pass', 'fail', 'none', 'temperror')),
    add column auth_by text check (auth_by in ('dkim', 'dmarc', 'spf', 'arc')),
    add column auth_domain text,
    add column mail_flags text[] not null default '{}',
    add column mail_headers jsonb,
    add column calendar jsonb,
    add column bcc text[] not null default '{}';
  alter table attachment add column summary jsonb;
  alter table conversation
    add column quarantined_at timestamptz,
    add column loop_stopped_at timestamptz;

  -- Every mail that was taken in, by a keyed digest of its Message-ID and content. Where the message is gone the row stays behind, naming
  -- nobody, so that a copy of an erased mail is known when it comes again.
  create table known_mail (
    tenant_id uuid not null references tenant (id),
    digest bytea not null check (length(digest) = 32),
    message_id uuid,
    taken_at timestamptz not null,
    primary key (tenant_id, digest),
    -- Looked at by the commit only: the row is there before its message, because whoever comes second must find it.
    foreign key (tenant_id, message_id) references message (tenant_id, id) on delete set null (message_id) deferrable initially deferred
  );
  create index known_mail_message on known_mail (tenant_id, message_id) where message_id is not null;
  select shut_to_other_tenants('known_mail');

  -- Other mailboxes of the tenant that got the same mail.
  create table message_mailbox (
    tenant_id uuid not null,
    message_id uuid not null,
    connection_id uuid not null,
    received_at timestamptz not null,
    primary key (tenant_id, message_id, connection_id),
    foreign key (tenant_id, message_id) references message (tenant_id, id) on delete cascade,
    foreign key (tenant_id, connection_id) references connection (tenant_id, id)
  );
  create index message_mailbox_connection on message_mailbox (tenant_id, connection_id);
  select shut_to_other_tenants('message_mailbox');

  create table conversation_link (
    tenant_id uuid not null,
    conversation_id uuid not null,
    related_id uuid not null,
    how text not null check (how in ('possibly', 'continues')),
    primary key (tenant_id, conversation_id, related_id),
    foreign key (tenant_id, conversation_id) references conversation (tenant_id, id) on delete cascade,
    foreign key (tenant_id, related_id) references conversation (tenant_id, id) on delete cascade
  );
  create index conversation_link_related on conversation_link (tenant_id, related_id);
  select shut_to_other_tenants('conversation_link');

  -- What is in quarantine is in no list but its own, and a flood of it must not make the others slow.
  drop index conversation_newest, conversation_by_status, conversation_by_assignee;
  create index conversation_newest on conversation (tenant_id, last_message_at desc, id desc)
    where status <> 'closed' and quarantined_at is null;
  create index conversation_by_status on conversation (tenant_id, status, last_message_at desc, id desc) where quarantined_at is null;
  create index conversation_by_assignee on conversation (tenant_id, assignee_id, last_message_at desc, id desc)
    where status <> 'closed' and quarantined_at is null;
  create index conversation_quarantined on conversation (tenant_id, last_message_at desc, id desc) where quarantined_at is not null;

  -- One row for each thing that an automatic mail counts for: whom it went to, that and the mailbox, whose it was. Keyed digests, over all
  -- tenants: whoever would have us flood somebody else does not care whose machine does it.
  create table automatic_mail (
    id bigint generated always as identity primary key,
    counted_digest bytea not null check (length(counted_digest) = 32),
    at timestamptz not null
  );
  create index automatic_mail_counted on automatic_mail (counted_digest, at);
  create index automatic_mail_age on automatic_mail (at);

  -- The tables that every mail asks are counted anew with the others.
  create or replace function count_tables_anew() returns void language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
  begin
    analyze public.contact, public.contact_identity, public.conversation, public.message, public.early_event, public.mail_reference,
      public.known_mail, public.conversation_link;
  end $$;
`;

const DOWN = `
  create or replace function count_tables_anew() returns void language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
  begin
    analyze public.contact, public.contact_identity, public.conversation, public.message, public.early_event;
  end $$;
  drop table automatic_mail;
  drop index conversation_newest, conversation_by_status, conversation_by_assignee, conversation_quarantined;
  create index conversation_newest on conversation (tenant_id, last_message_at desc, id desc) where status <> 'closed';
  create index conversation_by_status on conversation (tenant_id, status, last_message_at desc, id desc);
  create index conversation_by_assignee on conversation (tenant_id, assignee_id, last_message_at desc, id desc) where status <> 'closed';
  drop table conversation_link, message_mailbox, known_mail;
  alter table conversation drop column quarantined_at, drop column loop_stopped_at;
  alter table attachment drop column summary;
  alter table message drop column mail_class, drop column auth_verdict, drop column auth_by, drop column auth_domain,
    drop column mail_flags, drop column mail_headers, drop column calendar, drop column bcc;
`;
